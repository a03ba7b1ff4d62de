-- fmt: off
{#- The product's clock. DATAOPS_NOW (ISO 8601, UTC) replaces the current time, to replay a past day and
    to check the freshness of the sample at the time when it was built. -#}
{% macro duckdb__current_timestamp() -%}
    {%- set now = env_var('DATAOPS_NOW', '') -%}
    {%- if now -%} cast('{{ now }}' as timestamptz) {%- else -%} now() {%- endif -%}
{%- endmacro %}

{% macro postgres__current_timestamp() -%}
    {{ duckdb__current_timestamp() }}
{%- endmacro %}

{#- The business day of a UTC timestamp: the date in the time zone `business_timezone`, a variable in
    dbt_project.yml. -#}
{% macro business_date(timestamp) -%}
    {{ adapter.dispatch('business_date')(timestamp) }}
{%- endmacro %}

{% macro default__business_date(timestamp) -%}
    cast({{ timestamp }} at time zone 'UTC' at time zone '{{ var("business_timezone", "UTC") }}' as date)
{%- endmacro %}
