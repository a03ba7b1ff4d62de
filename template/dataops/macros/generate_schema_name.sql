-- fmt: off
{#- prod builds into the schema of the layer (staging, marts, …). Other targets add their name as a
    prefix (dev_ada_marts, ci_42_marts), so that development, CI and prod use different schemas. In a lake
    prod adds that of the release. Names such as dev_ada.lovelace become dev_ada_lovelace. To change this,
    add a macro generate_schema_name in macros/; dbt uses it instead. -#}
{% macro default__generate_schema_name(custom_schema_name, node) -%}
    {%- set own = modules.re.sub('[^a-z0-9_]+', '_', target.schema | lower) -%}
    {%- if target.name == 'prod' and modules.re.search('_r[0-9]{6,}$', own) -%}
        {{ own }}_{{ (custom_schema_name or 'main') | trim }}
    {%- elif target.name == 'prod' -%}
        {{ (custom_schema_name or own) | trim }}
    {%- elif custom_schema_name is none -%}
        {{ own }}
    {%- else -%}
        {{ own }}_{{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}

{#- On PostgreSQL prod has the prefix of the candidate. `dataops release` renames the schemas after the
    audit and repoints the views in staging, marts, …, which readers use. -#}
{% macro postgres__generate_schema_name(custom_schema_name, node) -%}
    {%- if target.name == 'prod' -%}
        {{ target.schema }}_{{ (custom_schema_name or 'main') | trim }}
    {%- else -%}
        {{ default__generate_schema_name(custom_schema_name, node) }}
    {%- endif -%}
{%- endmacro %}

{#- On Spark too: all schemas of a release begin with its number. -#}
{% macro spark__generate_schema_name(custom_schema_name, node) -%}
    {{ postgres__generate_schema_name(custom_schema_name, node) }}
{%- endmacro %}

{#- And on BigQuery, where they are datasets. -#}
{% macro bigquery__generate_schema_name(custom_schema_name, node) -%}
    {{ postgres__generate_schema_name(custom_schema_name, node) }}
{%- endmacro %}
