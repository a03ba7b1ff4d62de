-- fmt: off
{#- Every value of a source table is held exactly by the type that staging casts it to. What is not
    would be rounded, cut or shifted in silence: 1.5 in an integer, a time in a date, a third decimal,
    the zero of a code such as 01067.
    One row a column and file, with the number of values, the first of them (masked where personal)
    and what they are, from which a release derives the type that holds them.

    columns: by name a type, or {type, value, format, zone, personal}:
        value     SQL for the text that is cast; the column of that name by default
        format    how a date or time is written, as strptime has it
        zone      whether times carry an offset
        personal  whether examples are left out
    records: SQL for which rows are records; totals and the like are not looked at -#}
{% test converts_exactly(model, columns, records='true') %}

    {{- config(fail_calc='coalesce(sum(n_values), 0)') }}
    {%- set source = model | string %}
    {%- if source.startswith('(select * from read_') %}
        {%- set source = source.replace('(select *', '(select *, filename', 1) %}
    {%- endif %}
    {%- set file_name = 'filename' if source.startswith(('read_', '(select *, filename from read_'))
        else adapter.dispatch('file_column')(model) %}
    {%- set text_type = adapter.dispatch('text_type')() %}
    {%- set checks = [] %}
    {%- for name, target in columns.items() %}
        {%- set target = {'type': target} if target is string else target %}
        {%- set text = 'cast(' ~ target.get('value', name) ~ ' as ' ~ text_type ~ ')' %}
        {%- do checks.append({
            'name': name,
            'type': target['type'],
            'text': text,
            'example': "'…'" if target.get('personal') else 'min(value_' ~ loop.index ~ ')',
            'holds': holds_exactly(text, target['type'] | lower, target.get('format'), target.get('zone'))
        }) %}
    {%- endfor %}
    with inexact as {{ adapter.dispatch('computed_once')() }}(

        select
            {{ file_name or 'cast(null as ' ~ text_type ~ ')' }} as file_name
            {%- for check in checks %},
            case when not ({{ check['holds'] }}) then {{ check['text'] }} end as value_{{ loop.index }}
            {%- endfor %}
        from {{ source }}
        where
            ({{ records }})
            and (
                false
                {%- for check in checks %}
                or not ({{ check['holds'] }})
                {%- endfor %}
            )

    )
    {% for check in checks %}
    select
        '{{ check['name'] | replace("'", "''") }}' as column_name,
        regexp_replace(file_name, '^.*/', '') as file_name,
        count(value_{{ loop.index }}) as n_values,
        {{ check['example'] }} as example,
        '{{ check['type'] }}' as type_name,
        {{ kinds_of_values('value_' ~ loop.index) | indent(8) }}
    from inexact
    group by file_name
    having count(value_{{ loop.index }}) > 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}

{% endtest %}

{#- SQL for how many values of a group are numbers, how many times, and how long the numbers are. -#}
{% macro kinds_of_values(text) %}
    {%- set is_number = adapter.dispatch('matches')(text, '^ *[+-]?((0|[1-9][0-9]*)[.]?[0-9]*|[.][0-9]+) *$') %}
    {%- set part = adapter.dispatch('text_part') %}
    {%- set whole = "regexp_replace(" ~ part('trim(' ~ text ~ ')', 1) ~ ", '^[+0-]+', '')" %}
    {%- set fraction = "regexp_replace(" ~ part('trim(' ~ text ~ ')', 2) ~ ", '0+$', '')" %}
    {{- 'count(case when ' ~ is_number ~ ' then 1 end) as n_numbers,\n' }}
    {{- 'count(case when ' ~ holds_exactly(text, 'timestamp') ~ ' and ' ~ text
        ~ ' is not null then 1 end) as n_times,\n' }}
    {{- 'max(case when ' ~ is_number ~ ' then length(' ~ whole ~ ') end) as n_digits,\n' }}
    {{- 'max(case when ' ~ is_number ~ ' then length(' ~ fraction ~ ') end) as n_decimals' }}
{%- endmacro %}

{#- SQL for whether a text is held exactly by a type. -#}
{% macro holds_exactly(text, type, format=none, zone=none) %}
    {%- set matches = adapter.dispatch('matches') %}
    {%- if type in ('smallint', 'integer', 'int', 'bigint') %}
        {%- set most = {'smallint': 32767, 'bigint': 9223372036854775807}.get(type, 2147483647) %}
        {%- set whole = "cast(" ~ adapter.dispatch('text_part')('trim(' ~ text ~ ')', 1) ~ " as decimal(38, 0))" %}
        {{- 'case when ' ~ matches(text, '^ *[+-]?(0|[1-9][0-9]{0,18})([.]0*)? *$') ~ ' then ' ~ whole
            ~ ' between ' ~ (-most - 1) ~ ' and ' ~ most ~ ' else ' ~ text ~ ' is null end' }}
    {%- elif type.startswith(('decimal(', 'numeric(')) %}
        {%- set size = type.split('(')[1].rstrip(')').split(',') %}
        {%- set scale = size[1] | trim | int if size | length > 1 else 0 %}
        {%- set digits = size[0] | trim | int - scale %}
        {%- set pattern = '^ *[+-]?0*[0-9]{0,' ~ digits ~ '}([.][0-9]{0,' ~ scale ~ '}0*)? *$' %}
        {{- 'coalesce(' ~ matches(text, pattern) ~ ', true)' }}
    {%- elif type in ('double', 'double precision', 'float') %}
        {%- set mantissa = "replace(regexp_replace(" ~ text ~ ", '[eE].*$', ''), '.', '')" %}
        {%- set digits = "regexp_replace(" ~ mantissa ~ ", '^[ +0-]+', '')" %}
        {%- set number = '^ *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-2]?[0-9]{1,2})? *$' %}
        {{- 'coalesce(' ~ matches(text, number) ~ ' and length(regexp_replace(' ~ digits ~ ", '[0 ]+$', '')) <= 17, true)" }}
    {%- elif type in ('date', 'timestamp', 'timestamp without time zone') %}
        {{- 'case when ' ~ matches(text, time_pattern(type, format, zone)) ~ ' then '
            ~ adapter.dispatch('is_time')(text, type, format) ~ ' else ' ~ text ~ ' is null end' }}
    {%- elif type == 'boolean' %}
        {{- 'coalesce(' ~ matches('lower(' ~ text ~ ')', '^ *(true|false|t|f|yes|no|y|n|1|0) *$') ~ ', true)' }}
    {%- elif type in ('varchar', 'text') %}
        {{- 'true' }}
    {%- else %}
        {{- exceptions.raise_compiler_error('converts_exactly knows no type ' ~ type) }}
    {%- endif %}
{%- endmacro %}

{#- A regular expression for the texts that are dates or times of a type. -#}
{% macro time_pattern(type, format, zone) %}
    {%- if format %}
        {%- set ns = namespace(pattern=format | replace('.', '[.]')) %}
        {%- set parts = {
            '%Y': '[0-9]{4}', '%m': '[0-9]{1,2}', '%d': '[0-9]{1,2}', '%H': '[0-9]{1,2}',
            '%I': '[0-9]{1,2}', '%M': '[0-9]{2}', '%S': '[0-9]{2}', '%p': '[AaPp][Mm]',
            '%b': '[A-Za-z]+', '%B': '[A-Za-z]+'
        } %}
        {%- for part, digits in parts.items() %}
            {%- set ns.pattern = ns.pattern | replace(part, digits) %}
        {%- endfor %}
        {{- '^ *' ~ ns.pattern ~ ' *$' }}
    {%- else %}
        {%- set day = '[0-9]{4}-[0-9]{2}-[0-9]{2}' %}
        {%- set clock = '[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6}0*)?)?' if type != 'date'
            else '00:00(:00([.]0+)?)?' %}
        {%- set offset = '(Z|[+-][0-9]{2}(:?[0-9]{2})?)' if zone else '(Z|[+]00(:?00)?)?' %}
        {{- '^ *' ~ day ~ ('[T ]' ~ clock ~ offset if zone else '([T ]' ~ clock ~ offset ~ ')?') ~ ' *$' }}
    {%- endif %}
{%- endmacro %}

{#- Whether a text of the right pattern is a day or time that exists; where the warehouse cannot ask
    without an error, its cast says so loudly. -#}
{% macro default__is_time(text, type, format) %}
    {{- return('true') -}}
{% endmacro %}

{% macro duckdb__is_time(text, type, format) %}
    {%- if format %}
        {{- return("try_strptime(trim(" ~ text ~ "), '" ~ format ~ "') is not null") -}}
    {%- else %}
        {{- return('try_cast(' ~ text ~ ' as timestamp) is not null') -}}
    {%- endif %}
{% endmacro %}

{#- Its casts of text to time stop at the first value that is none, so the calendar is asked. -#}
{% macro postgres__is_time(text, type, format) %}
    {%- set form = format or '%Y-%m-%d' %}
    {%- set digits = {'%Y': '[0-9]{4}', '%m': '[0-9]{1,2}', '%d': '[0-9]{1,2}', '%b': '[A-Za-z]+', '%B': '[A-Za-z]+'} %}
    {%- set found = {} %}
    {%- for part in digits %}
        {%- set ns = namespace(pattern=form.split(' %H')[0].split(' %I')[0] | replace('.', '[.]')) %}
        {%- for other, pattern in digits.items() %}
            {%- set ns.pattern = ns.pattern | replace(other, '(' ~ pattern ~ ')' if other == part else pattern) %}
        {%- endfor %}
        {%- do found.update({part: "substring(" ~ text ~ " from '^ *" ~ ns.pattern ~ "')"}) %}
    {%- endfor %}
    {%- set year = 'cast(' ~ found['%Y'] ~ ' as integer)' %}
    {%- set day = 'cast(' ~ found['%d'] ~ ' as integer)' %}
    {%- set month = 'cast(' ~ found['%m'] ~ ' as integer)' %}
    {%- if '%b' in form or '%B' in form %}
        {%- set word = found['%b'] if '%b' in form else found['%B'] %}
        {%- set month = "(strpos('janfebmaraprmayjunjulaugsepoctnovdec', lower(left(" ~ word ~ ", 3))) + 2) / 3" %}
    {%- endif %}
    {{- return(
        "(" ~ year ~ " > 0 and " ~ month ~ " between 1 and 12 and " ~ day ~ " between 1 and "
        ~ "case when " ~ month ~ " in (4, 6, 9, 11) then 30 when " ~ month ~ " <> 2 then 31 when "
        ~ year ~ " % 4 = 0 and (" ~ year ~ " % 100 <> 0 or " ~ year ~ " % 400 = 0) then 29 else 28 end"
        ~ " and not " ~ adapter.dispatch('matches')(text, '[T ](2[5-9]|[3-9][0-9]):|[T ]24:(0[1-9]|[1-5])|:[6-9][0-9]') ~ ")"
    ) -}}
{% endmacro %}

{#- The column of a table of raw in which the loader keeps the path of each row's file; or nothing. -#}
{% macro default__file_column(relation) %}{{ return('') }}{% endmacro %}

{% macro postgres__file_column(relation) %}
    {%- set columns = [] if relation is string else adapter.get_columns_in_relation(relation) %}
    {{- return('filename' if 'filename' in columns | map(attribute='name') | list else '') -}}
{% endmacro %}

{#- The type of texts, and how a part of a query is computed once where it is not by itself. -#}
{% macro default__text_type() %}{{ return('varchar') }}{% endmacro %}

{% macro bigquery__text_type() %}{{ return('string') }}{% endmacro %}

{% macro spark__text_type() %}{{ return('string') }}{% endmacro %}

{#- A part of a text that a point divides, by its number; empty where there is none. -#}
{% macro default__text_part(text, number) %}{{ return("split_part(" ~ text ~ ", '.', " ~ number ~ ")") }}{% endmacro %}

{% macro bigquery__text_part(text, number) %}
    {{- return("coalesce(split(" ~ text ~ ", '.')[safe_ordinal(" ~ number ~ ")], '')") -}}
{% endmacro %}

{% macro default__computed_once() %}{{ return('') }}{% endmacro %}

{% macro duckdb__computed_once() %}{{ return('materialized ') }}{% endmacro %}

{% macro postgres__computed_once() %}{{ return('materialized ') }}{% endmacro %}
