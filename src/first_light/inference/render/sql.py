"""The SQL files of the draft, in dbt's usual layout and as `sqlfluff fix` leaves it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from first_light.inference import sql
from first_light.inference.record_conditions import alternatives
from first_light.inference.sql import WIDTH
from first_light.inference.values import Column, Table
from first_light.utils.sql_names import identifier, quoted

_STAGING = """\
with source as (

    select * from {source}{records}

),

{deliveries}renamed as (

    select{columns}
    from {rows}

)

select * from renamed
"""

_DELIVERIES = """\
deliveries as (

    -- Each file is a full export: of each key, the row of the newest file counts.
    select
        *,
        rank() over (
            partition by {key}
            order by {order}
        ) as delivery_rank
    from source

),

"""


def staging(
    table: Table,
    groups: Sequence[tuple[str, Sequence[Column]]],
    spelled: Callable[[sql.Sql], sql.Sql],
) -> str:
    """The file of a staging model; `spelled` puts its expressions into the warehouse's words."""
    export = table.source.export
    deliveries = ""
    if export:
        key = ", ".join(identifier(name) for name in export.key)
        order = ", ".join(f"{expression} desc" for expression in export.order)
        deliveries = _DELIVERIES.format(key=key, order=order)
    return _STAGING.format(
        deliveries=deliveries,
        rows="deliveries\n    where delivery_rank = 1" if export else "source",
        source=f"{{{{ source('{table.source.source}', '{table.source.table}') }}}}",
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
