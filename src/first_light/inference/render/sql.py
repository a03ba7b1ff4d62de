"""The SQL files of the draft, in dbt's usual layout and as `sqlfluff fix` leaves it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from first_light.inference import sql
from first_light.inference.mart import Mart
from first_light.inference.record_conditions import alternatives
from first_light.inference.sql import WIDTH
from first_light.inference.values import Column, Table
from first_light.utils.sql_names import quoted

SOURCE = "raw"

_STAGING = """\
with source as (

    select * from {source}{records}

),

renamed as (

    select{columns}
    from source

)

select * from renamed
"""


def staging(
    table: Table,
    groups: Sequence[tuple[str, Sequence[Column]]],
    spelled: Callable[[sql.Sql], sql.Sql],
) -> str:
    """The file of a staging model; `spelled` puts its expressions into the warehouse's words."""
    return _STAGING.format(
        source=f"{{{{ source('{SOURCE}', '{table.name}') }}}}",
        records=_records(table),
        columns=_listed([[_item(c, spelled) for c in group] for _, group in groups], groups),
    )


def _records(table: Table) -> str:
    """The condition that leaves out what is no record, with the reasons."""
    if not table.no_records:
        return ""
    reasons = [line for rule in table.no_records for line in textwrap.wrap(rule.why, WIDTH - 7)]
    lines = [*(f"    -- {reason}" for reason in reasons), "    where"]
    several = len(table.no_records) > 1
    indent = " " * (12 if several else 8)
    for nth, rule in enumerate(table.no_records):
        first, *others = alternatives(rule)
        body = [f"{indent}{first}", *(f"{indent}or {other}" for other in others)]
        if several:
            body = [f"        {'and ' if nth else ''}(", *body, "        )"]
        lines += body
    return "\n" + "\n".join(lines)


def staging_query(table: Table, relation: str) -> str:
    """The same select for DuckDB over the table `relation`, in file order; rows are numbered."""
    columns = [
        f"{sql.flat(sql.column_sql(c.cast, c.leaf, rendered=True))} as {quoted(c.name)}"
        for c in table.columns
    ]
    return f"select {', '.join(columns)}, rowid as {sql.ROW} from {relation}"


def _item(column: Column, spelled: Callable[[sql.Sql], sql.Sql]) -> tuple[sql.Sql, str]:
    expression = spelled(sql.column_sql(column.cast, column.leaf))
    same = isinstance(expression, str) and expression == column.name
    if same and column.leaf.path[-1] != column.name:
        # DuckDB would hand on the file's own spelling (Vorname): another column to a contract.
        same_name = sql.Call("cast(", (expression,), f" as {column.cast.type}")
        return spelled(same_name), f" as {column.name}"
    return expression, "" if same else f" as {column.name}"


def _listed(
    groups: Sequence[Sequence[tuple[sql.Sql, str]]], names: Sequence[tuple[str, Sequence[Column]]]
) -> str:
    if sum(len(group) for group in groups) == 1:
        # sqlfluff wants a single column beside its select, unless it takes several lines.
        alone = sql.laid_out(groups[0][0][0], 8, groups[0][0][1])
        return f"\n{alone}" if "\n" in alone else f" {alone.lstrip()}"
    lines = [""]
    last = len(groups) - 1
    for at, (items, (name, _)) in enumerate(zip(groups, names, strict=True)):
        if len(groups) > 1:
            lines.append(f"{'' if at == 0 else chr(10)}        -- {name}")
        for nth, (expression, alias) in enumerate(items):
            end = "" if at == last and nth == len(items) - 1 else ","
            lines.append(sql.laid_out(expression, 8, alias + end))
    return "\n".join(lines)


def mart(mart: Mart) -> str:
    """The file of the mart: import CTEs, one left join a parent, one final select."""
    fact = mart.fact.model
    imports = [fact] + sorted({f"stg_{j.reference.parent}" for j in mart.joins} - {fact})
    ctes = ",\n\n".join(
        f"{name} as (\n\n    select * from {{{{ ref('{name}') }}}}\n\n)" for name in imports
    )
    if not mart.joins:
        columns = ",\n        ".join(c.name for c in mart.columns)
        first = " " if len(mart.columns) == 1 else "\n        "
        body = f"select{first}{columns}\n    from {fact}"
    else:
        listed = [f"        {fact}.{c.name}" for c in mart.columns]
        listed += [_lent(join.role, join.column.name, join.name) for join in mart.joins]
        joins = "".join(
            f"\n    left join stg_{j.reference.parent} as {j.role}\n"
            f"        on {fact}.{j.reference.column} = {j.role}.{j.reference.key}"
            for j in mart.joins
        )
        body = "select\n" + ",\n".join(listed) + f"\n    from {fact}{joins}"
    return f"with {ctes},\n\nfinal as (\n\n    {body}\n\n)\n\nselect * from final\n"


def _lent(role: str, column: str, name: str) -> str:
    return f"        {role}.{column}" + ("" if name == column else f" as {name}")


def keeps_every_row(mart: Mart) -> str:
    """A singular test: the mart's joins neither double nor lose a row of the fact."""
    return f"""\
-- {mart.name} has one row for each row of {mart.fact.model}: its joins double none and lose none.
with mart as (

    select count(*) as n_rows from {{{{ ref('{mart.name}') }}}}

),

fact as (

    select count(*) as n_rows from {{{{ ref('{mart.fact.model}') }}}}

)

select
    mart.n_rows as mart_rows,
    fact.n_rows as fact_rows
from mart
cross join fact
where mart.n_rows <> fact.n_rows
"""
