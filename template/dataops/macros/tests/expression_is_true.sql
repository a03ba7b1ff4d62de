-- fmt: off
{#- The SQL expression is true in each row: subtotal + tax = total. Nulls pass. -#}
{% test expression_is_true(model, expression) %}

    select *
    from {{ model }}
    where not ({{ expression }})

{% endtest %}
