{% test accepted_range(model, column_name, min_value) %}
    {{ return(adapter.dispatch('test_accepted_range', 'dbt_utils')(model, column_name, min_value)) }}
{% endtest %}

{% macro default__test_accepted_range(model, column_name, min_value) %}
select * from {{ model }} where {{ column_name }} < {{ min_value }}
{% endmacro %}
