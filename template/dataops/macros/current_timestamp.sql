{#- The product's clock: DATAOPS_NOW (ISO 8601, UTC) stands in for now, so that a past day can be
    replayed and the sample's freshness is judged at the time it was cut. -#}
{% macro duckdb__current_timestamp() -%}
    {%- set now = env_var('DATAOPS_NOW', '') -%}
    {%- if now -%} cast('{{ now }}' as timestamptz) {%- else -%} now() {%- endif -%}
{%- endmacro %}

{% macro postgres__current_timestamp() -%}
    {{ duckdb__current_timestamp() }}
{%- endmacro %}
