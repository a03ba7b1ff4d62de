"""The files of marts: SQL in dbt's usual layout as `sqlfluff fix` leaves it, and YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from first_light.inference import descriptions, names
from first_light.inference.mart_values import Dates, Mart, MartColumn, Summary, import_name
from first_light.inference.render.semantic import Semantics, semantics
from first_light.inference.render.yaml_text import comment, config, prose, scalar, test_lines
from first_light.inference.values import Key, Test
from first_light.project.layers import staging_model

_DATES = """\
select
        date_day,
        cast(extract(year from date_day) as integer) as year_number,
        cast(extract(quarter from date_day) as integer) as quarter_number,
        cast(extract(month from date_day) as integer) as month_number,
        cast({{ iso_week('date_day') }} as integer) as week_number,
        cast({{ iso_weekday('date_day') }} as integer) as weekday_number,
        {{ iso_weekday('date_day') }} in (6, 7) as is_weekend
    from days"""
_DATE_COLUMNS = (
    ("date_day", "date", "Day, to which facts refer by their date."),
    ("year_number", "integer", "Year."),
    ("quarter_number", "integer", "Quarter, 1 to 4."),
    ("month_number", "integer", "Month, 1 to 12."),
    ("week_number", "integer", "Week of the year by ISO 8601, 1 to 53."),
    ("weekday_number", "integer", "Day of the week by ISO 8601: Monday is 1, Sunday is 7."),
    ("is_weekend", "boolean", "Whether it is a Saturday or a Sunday."),
)


def sql(mart: Mart) -> str:
    """The file of a mart: import CTEs, one left join a parent, one final select."""
    base = mart.columns[0].source
    sources = {base: mart.table.model}
    relation = {j.alias: import_name(j.reference.parent) for j in mart.joins}
    parents = [join.reference.parent for join in mart.joins]
    sources |= {import_name(parent): staging_model(parent) for parent in parents}
    models = [(base, sources.pop(base)), *sorted(sources.items())]
    if mart.summary:
        fact = mart.summary.figures.reference.child
        models.append((import_name(fact), staging_model(fact)))
    imports = [_cte(n, f"select * from {{{{ ref('{m}') }}}}") for n, m in dict.fromkeys(models)]
    if mart.summary:
        imports.append(_cte(mart.summary.alias, _summed(mart.summary)))
    if not mart.joins and not mart.summary:
        listed = ",\n        ".join(_item(c, "") for c in mart.columns)
        first = " " if len(mart.columns) == 1 else "\n        "
        body = f"select{first}{listed}\n    from {base}"
    else:
        listed = ",\n".join(f"        {_item(c, f'{c.source}.')}" for c in mart.columns)
        joins = "".join(
            f"\n    left join {_aliased(relation[j.alias], j.alias)} "
            f"on {base}.{j.reference.column} = {j.alias}.{j.reference.key}"
            for j in mart.joins
        )
        if mart.summary:
            alias, reference = mart.summary.alias, mart.summary.figures.reference
            joins += (
                f"\n    left join {alias} on {base}.{reference.key} = {alias}.{reference.column}"
            )
        body = f"select\n{listed}\n    from {base}{joins}"
    return f"with {''.join(imports)}{_cte('final', body, last=True)}select * from final\n"


def _summed(summary: Summary) -> str:
    """The rows of a fact by what they refer to."""
    column = summary.figures.reference.column
    items = [column, *(f"{expression} as {name}" for expression, name in summary.items)]
    listed = ",\n        ".join(items)
    fact = import_name(summary.figures.reference.child)
    return f"select\n        {listed}\n    from {fact}\n    group by {column}"


def _cte(name: str, body: str, last: bool = False) -> str:
    return f"{name} as (\n\n    {body}\n\n){'' if last else ','}\n\n"


def _aliased(relation: str, alias: str) -> str:
    return relation if relation == alias else f"{relation} as {alias}\n       "


def _item(column: MartColumn, source: str) -> str:
    item = f"{source}{column.column}"
    if column.is_sum:
        return f"cast(coalesce({item}, 0) as {column.type}) as {column.name}"
    if column.is_day:
        item = f"cast({item} as date)"
    return (
        item if not column.is_day and column.column == column.name else f"{item} as {column.name}"
    )


def yaml(mart: Mart, group: str, is_public: bool, measured: Semantics | None = None) -> str:
    """The YAML beside a mart, with its contract, the test of its grain, and of a fact in time its
    metrics."""
    key = mart.key
    lines = ["models:", f"  - name: {scalar(mart.name)}"]
    lines += prose("    ", "description", f"{_rows(mart)}.")
    if not is_public:
        lines += comment("    ", "protected until it is certain what identifies a row")
    lines += config("    ", group, "public" if is_public else "protected", contract=True)
    if key and len(key.columns) > 1:
        arguments: dict[str, str | int | list[str]] = {"combination_of_columns": list(key.columns)}
        test = Test("unique_combination_of_columns", "", key.severity, key.evidence, arguments)
        lines += test_lines("    ", [test])
    lines += measured.model_lines() if measured else []
    lines.append("    columns:")
    fullest = min(mart.columns, key=lambda c: (c.source != mart.columns[0].source, c.nulls))
    for column in mart.columns:
        keyed = key is not None and column.name in key.columns
        certain = keyed and key is not None and key.severity == "error"
        lines += _contracted(column.name, column.description, column.type, certain)
        lines += measured.column_lines(column) if measured else []
        lines += test_lines("        ", _tests(mart, key, column, keyed, column == fullest))
    lines += measured.metric_lines() if measured else []
    return "\n".join(lines) + "\n"


def _tests(
    mart: Mart, key: Key | None, column: MartColumn, keyed: bool, is_fullest: bool
) -> list[Test]:
    tests = []
    if keyed and key is not None:
        if len(key.columns) == 1:
            tests.append(Test("unique", column.name, key.severity, key.evidence))
        if key.severity != "error":
            tests.append(Test("not_null", column.name, key.severity, key.evidence))
    elif not key and is_fullest:
        evidence = f"{mart.table.rows:,} rows, {column.nulls:,} nulls"
        tests.append(Test("not_null", column.name, "warn", evidence, allowed=column.nulls))
    return tests


def _rows(mart: Mart) -> str:
    text = descriptions.of_rows(mart.table, mart.key, mart.references)
    if not mart.lent or text.startswith("TODO"):
        return text
    listed = [f"the {word}" for word in mart.lent]
    last = f" and {listed[-1]}" if len(listed) > 1 else listed[-1]
    return f"{text}, with {', '.join(listed[:-1])}{last}"


def _contracted(name: str, description: str, kind: str, certain: bool) -> list[str]:
    lines = [f"      - name: {scalar(name)}", *prose("        ", "description", description)]
    lines.append(f"        data_type: {kind}")
    if certain:
        lines += ["        constraints:", "          - type: not_null"]
    return lines


def keeps_every_row(mart: Mart) -> str:
    """A singular test: the mart's joins neither double nor lose a row; for one without a key."""
    return f"""\
-- {mart.name} has one row for each row of {mart.table.model}: its joins double none and lose none.
with mart as (

    select count(*) as n_rows from {{{{ ref('{mart.name}') }}}}

),

fact as (

    select count(*) as n_rows from {{{{ ref('{mart.table.model}') }}}}

)

select
    mart.n_rows as mart_rows,
    fact.n_rows as fact_rows
from mart
cross join fact
where mart.n_rows <> fact.n_rows
"""


def sums_are_exact(mart: Mart, summary: Summary) -> str:
    """A singular test: each sum is that of the fact's rows; a type that rounds it fails."""
    reference = summary.figures.reference
    sums = [c.name for c in mart.columns if c.is_sum]
    items = {name: expression for expression, name in summary.items}
    listed = ",\n        ".join(f"{items[name]} as {name}" for name in sums)
    differ = "\n    or ".join(f"mart.{n} <> coalesce(fact.{n}, 0)" for n in sums)
    return f"""\
-- The sums of {mart.name} are those of {reference.child}: its types round none.
with mart as (

    select * from {{{{ ref('{mart.name}') }}}}

),

fact as (

    select
        {reference.column},
        {listed}
    from {{{{ ref('{staging_model(reference.child)}') }}}}
    group by {reference.column}

)

select mart.{reference.key}
from mart
left join fact on mart.{reference.key} = fact.{reference.column}
where
    {differ}
"""


def dates_sql(dates: Dates) -> str:
    """The file of the date dimension."""
    days = "\n    union all\n    ".join(
        f"select {m.day} as date_day from {{{{ ref('{m.name}') }}}}" for m in dates.facts
    )
    return "".join(
        (
            "with ",
            _cte("fact_days", days),
            _cte(
                "bounds",
                "select\n"
                "        min(date_day) as first_day,\n"
                "        max(date_day) as last_day\n"
                "    from fact_days",
            ),
            _cte("numbers", "-- 358 years\n    {{ dbt.generate_series(131072) }}"),
            _cte(
                "series",
                "select\n"
                "        bounds.first_day,\n"
                "        bounds.last_day,\n"
                "        cast(numbers.generated_number - 1 as integer) as day_number\n"
                "    from bounds\n"
                "    cross join numbers",
            ),
            _cte(
                "dated",
                "select\n"
                "        last_day,\n"
                "        cast(\n"
                "            {{ dbt.dateadd('day', 'day_number', 'first_day') }} as date\n"
                "        ) as date_day\n"
                "    from series",
            ),
            _cte(
                "days",
                "select date_day\n"
                "    from dated\n"
                "    where date_day <= last_day\n\n"
                "    union distinct\n\n"
                "    select date_day\n"
                "    from fact_days\n"
                "    where date_day is not null",
            ),
            _cte("final", _DATES, last=True),
            "select * from final\n",
        )
    )


def dates_yaml(dates: Dates, group: str, is_spine: bool = False) -> str:
    """The YAML beside the date dimension.

    Args:
        dates: the dimension.
        group: its dbt group.
        is_spine: whether metrics use it as their time spine.
    """
    facts = [names.plain(names.singular(m.table.name)) for m in dates.facts]
    listed = facts[0] if len(facts) == 1 else f"{', '.join(facts[:-1])} or {facts[-1]}"
    text = f"One row per day between the first and the last {listed}."
    lines = ["models:", f"  - name: {scalar(dates.name)}", *prose("    ", "description", text)]
    lines += config("    ", group, "public", contract=True)
    if is_spine:
        lines += ["    time_spine:", "      standard_granularity_column: date_day"]
    lines.append("    columns:")
    for name, kind, meaning in _DATE_COLUMNS:
        lines += _contracted(name, meaning, kind, certain=True)
        if name == "date_day":
            lines += ["        granularity: day"] if is_spine else []
            lines += ["        data_tests:", "          - unique"]
    return "\n".join(lines) + "\n"


def files(
    marts: Sequence[Mart],
    dates: Dates | None,
    group: str,
    folder: str,
    spines: Sequence[str] = (),
) -> Mapping[str, str]:
    """Path and text of all files of marts.

    Args:
        marts: the marts.
        dates: the date dimension, if there is one.
        group: the dbt group of the models.
        folder: where marts are.
        spines: paths of the YAML that names a time spine already.
    """
    drafted: dict[str, str] = {}
    certain = [m for m in marts if m.key is not None and m.key.severity == "error"]
    measured = {mart.name: semantics(mart, dates) for mart in marts}
    for mart in marts:
        is_public = mart in certain or (not certain and mart == marts[0])
        drafted[f"{folder}/{mart.name}.sql"] = sql(mart)
        drafted[f"{folder}/{mart.name}.yml"] = yaml(mart, group, is_public, measured[mart.name])
        if mart.joins and mart.key is None:
            drafted[f"tests/{mart.name}_keeps_every_row.sql"] = keeps_every_row(mart)
        if mart.summary and mart.summary.figures.sums:
            exact = sums_are_exact(mart, mart.summary)
            drafted[f"tests/{mart.name}_sums_are_exact.sql"] = exact
    if dates:
        drafted[f"{folder}/{dates.name}.sql"] = dates_sql(dates)
        path = f"{folder}/{dates.name}.yml"
        is_spine = any(measured.values()) and not set(spines) - {path}
        drafted[path] = dates_yaml(dates, group, is_spine)
    return drafted
