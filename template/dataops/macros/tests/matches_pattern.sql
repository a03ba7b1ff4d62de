{#- Values match the regular expression somewhere; anchor it with ^ and $ to match as a whole. Nulls pass. -#}
{% test matches_pattern(model, column_name, pattern) %}

    select *
    from {{ model }}
    where not {{ adapter.dispatch('matches')(column_name, pattern) }}

{% endtest %}

{#- The one place where warehouses differ: the spelling of "matches a regular expression". -#}
{% macro default__matches(column_name, pattern) %}
    {{- return("regexp_like(" ~ column_name ~ ", '" ~ (pattern | replace("'", "''")) ~ "')") -}}
{% endmacro %}

{% macro duckdb__matches(column_name, pattern) %}
    {{- return("regexp_matches(" ~ column_name ~ ", '" ~ (pattern | replace("'", "''")) ~ "')") -}}
{% endmacro %}

{% macro postgres__matches(column_name, pattern) %}
    {{- return("(" ~ column_name ~ " ~ '" ~ (pattern | replace("'", "''")) ~ "')") -}}
{% endmacro %}
