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

{#- Without time zone, in UTC, as the times of sources and of snapshots are. -#}
{% macro snowflake__current_timestamp() -%}
    {%- set now = env_var('DATAOPS_NOW', '') -%}
    {%- if now -%} cast(convert_timezone('UTC', cast('{{ now }}' as timestamp_tz)) as timestamp_ntz)
    {%- else -%} cast(convert_timezone('UTC', current_timestamp()) as timestamp_ntz) {%- endif -%}
{%- endmacro %}

{#- Sessions run in UTC. -#}
{% macro spark__current_timestamp() -%}
    {%- set now = env_var('DATAOPS_NOW', '') -%}
    {%- if now -%} cast('{{ now }}' as timestamp) {%- else -%} current_timestamp() {%- endif -%}
{%- endmacro %}

{#- Times without a zone are texts in UTC to it. -#}
{% macro bigquery__current_timestamp() -%}
    {%- set now = env_var('DATAOPS_NOW', '') -%}
    {%- if now -%} cast('{{ now }}' as timestamp) {%- else -%} current_timestamp() {%- endif -%}
{%- endmacro %}

{#- The business day of a UTC timestamp: the date in the time zone `business_timezone`, a variable in
    dbt_project.yml. -#}
{% macro business_date(timestamp) -%}
    {{ adapter.dispatch('business_date')(timestamp) }}
{%- endmacro %}

{% macro default__business_date(timestamp) -%}
    cast({{ timestamp }} at time zone 'UTC' at time zone '{{ var("business_timezone", "UTC") }}' as date)
{%- endmacro %}

{% macro snowflake__business_date(timestamp) -%}
    cast(convert_timezone('UTC', '{{ var("business_timezone", "UTC") }}', {{ timestamp }}) as date)
{%- endmacro %}

{% macro spark__business_date(timestamp) -%}
    cast(from_utc_timestamp({{ timestamp }}, '{{ var("business_timezone", "UTC") }}') as date)
{%- endmacro %}

{% macro bigquery__business_date(timestamp) -%}
    date({{ timestamp }}, '{{ var("business_timezone", "UTC") }}')
{%- endmacro %}

{#- A timestamp and a number of seconds, minutes, hours or days; earlier if the number is negative.
    dbt.dateadd gives another type on BigQuery, and cuts fractions of a second off on Spark. -#}
{% macro add_interval(timestamp, count, unit) -%}
    {{ adapter.dispatch('add_interval')(timestamp, count, unit) }}
{%- endmacro %}

{% macro default__add_interval(timestamp, count, unit) -%}
    {{ timestamp }} {{ '-' if count < 0 else '+' }} interval '{{ count | abs }} {{ unit }}s'
{%- endmacro %}

{% macro bigquery__add_interval(timestamp, count, unit) -%}
    timestamp_add({{ timestamp }}, interval {{ count }} {{ unit }})
{%- endmacro %}

{#- The day of the week by ISO 8601: Monday is 1, Sunday is 7. -#}
{% macro iso_weekday(date) -%}
    {{ adapter.dispatch('iso_weekday')(date) }}
{%- endmacro %}

{% macro default__iso_weekday(date) -%} extract(isodow from {{ date }}) {%- endmacro %}

{% macro snowflake__iso_weekday(date) -%} extract(dayofweekiso from {{ date }}) {%- endmacro %}

{% macro spark__iso_weekday(date) -%} extract(dayofweek_iso from {{ date }}) {%- endmacro %}

{% macro bigquery__iso_weekday(date) -%} mod(extract(dayofweek from {{ date }}) + 5, 7) + 1 {%- endmacro %}

{#- The week of the year by ISO 8601: it belongs to the year of its Thursday. -#}
{% macro iso_week(date) -%}
    {{ adapter.dispatch('iso_week')(date) }}
{%- endmacro %}

{% macro default__iso_week(date) -%} extract(week from {{ date }}) {%- endmacro %}

{% macro snowflake__iso_week(date) -%} extract(weekiso from {{ date }}) {%- endmacro %}

{% macro bigquery__iso_week(date) -%} extract(isoweek from {{ date }}) {%- endmacro %}
