-- fmt: off
{#- Values are between min_value and max_value; one of them may be omitted. Nulls pass.
    The bounds are SQL: numbers, or for example "date '2020-01-01'". -#}
{% test accepted_range(model, column_name, min_value=none, max_value=none, inclusive=true) %}

    {%- if min_value is none and max_value is none -%}
        {{ exceptions.raise_compiler_error(
            "accepted_range on " ~ column_name ~ " needs min_value, max_value or both") }}
    {%- endif -%}
    {%- set or_equal = '=' if inclusive else '' %}

    select *
    from {{ model }}
    where
        false
        {%- if min_value is not none %}
            or not {{ column_name }} >{{ or_equal }} {{ min_value }}
        {%- endif %}
        {%- if max_value is not none %}
            or not {{ column_name }} <{{ or_equal }} {{ max_value }}
        {%- endif %}

{% endtest %}
