{#- As dbt's own, except that `dbt show` shows all rows that an incremental model selects, not only
    those that the next run would add. -#}
{% macro is_incremental() %}
    {%- do return(flags.WHICH != 'show' and dbt.is_incremental()) -%}
{% endmacro %}
