-- fmt: off
{#- A part of the value matches the regular expression; use ^ and $ to match the whole value. Nulls pass. -#}
{% test matches_pattern(model, column_name, pattern) %}

    select *
    from {{ model }}
    where not {{ adapter.dispatch('matches')(column_name, pattern) }}

{% endtest %}

{#- How each warehouse matches a regular expression. -#}
{% macro default__matches(column_name, pattern) %}
    {{- return("regexp_like(" ~ column_name ~ ", '" ~ (pattern | replace("'", "''")) ~ "')") -}}
{% endmacro %}

{% macro duckdb__matches(column_name, pattern) %}
    {{- return("regexp_matches(" ~ column_name ~ ", '" ~ (pattern | replace("'", "''")) ~ "')") -}}
{% endmacro %}

{% macro postgres__matches(column_name, pattern) %}
    {{- return("(" ~ column_name ~ " ~ '" ~ (pattern | replace("'", "''")) ~ "')") -}}
{% endmacro %}

{#- Its regexp_like matches the whole value, and a backslash escapes in its texts. -#}
{% macro snowflake__matches(column_name, pattern) %}
    {%- set text = pattern | replace("\\", "\\\\") | replace("'", "''") %}
    {{- return("(regexp_instr(" ~ column_name ~ ", '" ~ text ~ "') > 0)") -}}
{% endmacro %}

{% macro spark__matches(column_name, pattern) %}
    {%- set text = pattern | replace("\\", "\\\\") | replace("'", "\\'") %}
    {{- return("(" ~ column_name ~ " rlike '" ~ text ~ "')") -}}
{% endmacro %}

{% macro bigquery__matches(column_name, pattern) %}
    {%- set text = pattern | replace("\\", "\\\\") | replace("'", "\\'") %}
    {{- return("regexp_contains(" ~ column_name ~ ", '" ~ text ~ "')") -}}
{% endmacro %}
