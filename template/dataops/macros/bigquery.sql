-- fmt: off
{#- BigQuery has no varchar and no double, and accepts no digits of a decimal in a cast. Models are written in
    the SQL of checks, so their casts and the types of contracts are spelled for it: here, and in dbt's own
    macros for tables, views, merges, tests and contracts, which receive the SQL of a model. -#}
{% macro bigquery_casts(sql) -%}
    {%- set re = modules.re -%}
    {%- set quoted = "'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|--[^\\n]*|/[*].*?[*]/" -%}
    {%- set types = 'varchar(?:\\s*[(][^()]*[)])?|text|double(?:\\s+precision)?|(?:decimal|numeric)\\s*[(][^()]*[)]' -%}
    {%- set brackets = '(?P<open>(?:\\b(?:safe_)?cast\\s*)?[(])|(?P<close>[)])' -%}
    {%- set pattern = quoted ~ '|' ~ brackets ~ '|\\bas\\s+(?P<type>' ~ types ~ ')(?=\\s*[)])' -%}
    {%- set casts, edits, built = [], [], namespace(sql='', at=0) -%}
    {%- for token in re.finditer('(?is)' ~ pattern, sql) -%}
        {%- if token.lastgroup == 'open' -%}
            {%- do casts.append({'at': token.start(), 'is_cast': token.group(0) | length > 1, 'scale': none}) -%}
        {%- elif token.lastgroup == 'type' and casts and casts[-1]['is_cast'] -%}
            {%- set type = token.group('type') | lower -%}
            {%- if type.startswith(('decimal', 'numeric')) -%}
                {%- set digits = re.findall('[0-9]+', type) -%}
                {%- set scale = digits[1] | int if digits | length > 1 else 0 -%}
                {%- set is_small = scale <= 9 and digits[0] | int - scale <= 29 -%}
                {%- do casts[-1].update({'scale': scale}) -%}
                {%- set spelled = 'numeric' if is_small else 'bignumeric' -%}
            {%- else -%}
                {%- set spelled = 'float64' if type.startswith('double') else 'string' -%}
            {%- endif -%}
            {%- do edits.append([token.start('type'), token.end('type'), spelled]) -%}
        {%- elif token.lastgroup == 'close' and casts -%}
            {%- set ended = casts.pop() -%}
            {%- if ended['scale'] is not none -%}
                {%- do edits.append([ended['at'], ended['at'], 'round(']) -%}
                {%- do edits.append([token.end(), token.end(), ', ' ~ ended['scale'] ~ ')']) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for start, end, text in edits | sort -%}
        {%- set built.sql = built.sql ~ sql[built.at:start] ~ text -%}
        {%- set built.at = end -%}
    {%- endfor -%}
    {{- return(built.sql ~ sql[built.at:]) -}}
{%- endmacro %}

{% macro bigquery_columns(columns) -%}
    {%- set spelled = {} -%}
    {%- for name, column in columns.items() -%}
        {%- set type = modules.re.sub('(?i)^(varchar|text)\\b', 'string', column['data_type'] or '') -%}
        {%- set type = modules.re.sub('(?i)^double( precision)?$', 'float64', type) -%}
        {%- do spelled.update({name: dict(column, data_type=type) if type else column}) -%}
    {%- endfor -%}
    {{- return(spelled) -}}
{%- endmacro %}

{% macro bigquery__get_empty_schema_sql(columns) -%}
    {{- return(dbt.bigquery__get_empty_schema_sql(bigquery_columns(columns))) -}}
{%- endmacro %}

{% macro bigquery__get_table_columns_and_constraints() -%}
    {%- set columns = adapter.render_raw_columns_constraints(raw_columns=bigquery_columns(model['columns'])) -%}
    {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
    ({{ (columns + constraints) | join(', ') }})
{%- endmacro %}

{% macro bigquery__get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
    {{- return(dbt.bigquery__get_empty_subquery_sql(bigquery_casts(select_sql), select_sql_header)) -}}
{%- endmacro %}

{% macro bigquery__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- set code = bigquery_casts(compiled_code) if language == 'sql' else compiled_code -%}
    {{- return(dbt.bigquery__create_table_as(temporary, relation, code, language)) -}}
{%- endmacro %}

{% macro bigquery__create_view_as(relation, sql) -%}
    {{- return(dbt.bigquery__create_view_as(relation, bigquery_casts(sql))) -}}
{%- endmacro %}

{% macro bigquery__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
    {{- bigquery_casts(dbt.default__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates)) -}}
{%- endmacro %}

{% macro bigquery__get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header) -%}
    {%- set sql = dbt.default__get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header) -%}
    {{- bigquery_casts(sql) -}}
{%- endmacro %}

{% macro bigquery__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    {{- dbt.default__get_test_sql(bigquery_casts(main_sql), fail_calc, warn_if, error_if, limit) -}}
{%- endmacro %}

{% macro bigquery__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
    {{- dbt.default__get_unit_test_sql(
        bigquery_casts(main_sql), bigquery_casts(expected_fixture_sql), expected_column_names
    ) -}}
{%- endmacro %}
