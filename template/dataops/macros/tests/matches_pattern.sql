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
