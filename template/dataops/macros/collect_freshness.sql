-- fmt: off
{#- As dbt's own. A development build reads the sample, whose clock is sample/as_of.txt: without
    DATAOPS_NOW its age is counted up to then. -#}
{% macro duckdb__collect_freshness(source, loaded_at_field, filter) %}
    {%- set clock = current_timestamp() -%}
    {%- set file = 'sample/as_of.txt' -%}
    {%- if target.name != 'prod' and not env_var('DATAOPS_RAW', '') and not env_var('DATAOPS_NOW', '') -%}
        {%- if run_query("select 1 from glob('" ~ file ~ "')").rows | length -%}
            {%- set clock = "(select cast(trim(content) as timestamptz) from read_text('" ~ file ~ "'))" -%}
        {%- endif -%}
    {%- endif -%}
    {% call statement('collect_freshness', fetch_result=True, auto_begin=False) -%}
    select
        max({{ loaded_at_field }}) as max_loaded_at,
        {{ clock }} as snapshotted_at
    from {{ source }}
    {% if filter %}
    where {{ filter }}
    {% endif %}
    {%- endcall %}
    {{ return(load_result('collect_freshness')) }}
{% endmacro %}
