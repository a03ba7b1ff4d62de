{#- prod builds into the layer's own schema (staging, marts, …); every other target puts its own name
    before it (dev_ada_marts, ci_42_marts), so that people, CI and prod never meet in one schema. Names
    such as dev_ada.lovelace become dev_ada_lovelace. To change it, write a generate_schema_name of your
    own in macros/: dbt prefers it. -#}
{% macro default__generate_schema_name(custom_schema_name, node) -%}
    {%- set own = modules.re.sub('[^a-z0-9_]+', '_', target.schema | lower) -%}
    {%- if target.name == 'prod' -%}
        {{ (custom_schema_name or own) | trim }}
    {%- elif custom_schema_name is none -%}
        {{ own }}
    {%- else -%}
        {{ own }}_{{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}

{#- On PostgreSQL prod has a prefix too, the candidate's: `dataops release` renames what passed, and
    repoints the views in staging, marts, …, which are all that readers see. -#}
{% macro postgres__generate_schema_name(custom_schema_name, node) -%}
    {%- if target.name == 'prod' -%}
        {{ target.schema }}_{{ (custom_schema_name or 'main') | trim }}
    {%- else -%}
        {{ default__generate_schema_name(custom_schema_name, node) }}
    {%- endif -%}
{%- endmacro %}
