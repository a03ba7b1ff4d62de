{#- The product's clock. DATAOPS_NOW (ISO 8601, UTC) replaces the current time, to replay a past day and
    to check the freshness of the sample at the time when it was built. -#}
{% macro duckdb__current_timestamp() -%}
    {%- set now = env_var('DATAOPS_NOW', '') -%}
    {%- if now -%} cast('{{ now }}' as timestamptz) {%- else -%} now() {%- endif -%}
{%- endmacro %}

{% macro postgres__current_timestamp() -%}
    {{ duckdb__current_timestamp() }}
{%- endmacro %}
