-- fmt: off
{#- As dbt's own, except that `dbt show` shows all rows that an incremental model selects, not only
    those that the next run would add. -#}
{% macro is_incremental() %}
    {%- do return(flags.WHICH != 'show' and dbt.is_incremental()) -%}
{% endmacro %}

{#- For a staging model that reads each file once: a condition on the source's column `filename` that
    is true for the files of which the model has no rows yet. Where it is not incremental, or built
    with --full-refresh, that is every file. A release names the files, so that no other is opened;
    it builds the model from all files where that would give another result. -#}
{% macro is_new_file() -%}
    {%- if not (execute and is_incremental()) -%}
        true
    {%- else -%}
        {%- set files = fromjson(env_var('DATAOPS_NEW_FILES', '{}')).get(model.unique_id) -%}
        {%- if files -%}
            filename in (
            {%- for file in files -%}
                '{{ file | replace("'", "''") }}'{{ ', ' if not loop.last }}
            {%- endfor -%}
            )
        {%- elif files is none -%}
            filename not in (select filename from {{ this }})
        {%- else -%}
            false
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- dbt v2 (2.0.0a4) spells the types of a query unlike those of a table, so that every incremental model with
    on_schema_change would seem to change. Here the database describes both. -#}
{% macro duckdb__check_for_schema_changes(source_relation, target_relation) -%}
    {%- if not dbt_version.startswith('2.') or model['language'] == 'python' -%}
        {{- return(default__check_for_schema_changes(source_relation, target_relation)) -}}
    {%- endif -%}
    {%- set described -%}
        select
            column_name,
            column_type as data_type,
            cast(null as integer) as character_maximum_length,
            cast(null as integer) as numeric_precision,
            cast(null as integer) as numeric_scale
        from (describe ({{ compiled_code }}))
    {%- endset -%}
    {%- set source_columns = sql_convert_columns_in_relation(run_query(described)) -%}
    {%- set target_columns = adapter.get_columns_in_relation(target_relation) -%}
    {%- set added = diff_columns(source_columns, target_columns) -%}
    {%- set removed = diff_columns(target_columns, source_columns) -%}
    {%- set types = diff_column_data_types(source_columns, target_columns) -%}
    {{- return({
        'schema_changed': added != [] or removed != [] or types != [],
        'source_not_in_target': added,
        'target_not_in_source': removed,
        'source_columns': source_columns,
        'target_columns': target_columns,
        'new_target_types': types,
    }) -}}
{%- endmacro %}

{#- dbt-spark does not see that a table of the session catalog is an Iceberg table: the catalog of Hive says
    `Provider: hive`. A snapshot would refuse to continue it. -#}
{% macro spark__get_or_create_relation(database, schema, identifier, type) -%}
    {%- set exists, relation = default__get_or_create_relation(database, schema, identifier, type) -%}
    {%- if exists and 'table_type=ICEBERG' in (relation.information or '') -%}
        {%- set relation = api.Relation.create(
            schema=schema, identifier=identifier, type=type, is_iceberg=true
        ) -%}
    {%- endif -%}
    {{- return([exists, relation]) -}}
{%- endmacro %}

{#- The types of a contract, as Spark spells them. -#}
{% macro spark__get_empty_schema_sql(columns) -%}
    {%- set types = {'varchar': 'string', 'text': 'string', 'double precision': 'double'} -%}
    {%- set spelled = {} -%}
    {%- for name, column in columns.items() -%}
        {%- set type = types.get(column['data_type'] | lower, column['data_type']) -%}
        {%- do spelled.update({name: dict(column, data_type=type)}) -%}
    {%- endfor -%}
    {{- default__get_empty_schema_sql(spelled) -}}
{%- endmacro %}

{#- A unit test asks for the rows of the statement that creates its view; PyHive cannot read that there are
    none. -#}
{% macro spark__get_create_table_as_sql(temporary, relation, sql) -%}
    {%- if temporary -%}
        {%- call statement('create_temporary_view') -%} {{ create_table_as(true, relation, sql) }} {%- endcall -%}
        select 1 as created
    {%- else -%}
        {{ default__get_create_table_as_sql(temporary, relation, sql) }}
    {%- endif -%}
{%- endmacro %}
