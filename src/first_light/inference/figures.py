"""What a dimension says about the rows of one fact: their number, first, last and sums. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from first_light.inference import names, star
from first_light.inference.mart_values import Figures, Mart, MartColumn, Summary, import_name
from first_light.inference.values import Key, Reference, Table

_ADDITIVE = re.compile(
    r"(^|_)(amount|total|subtotal|revenue|sales|quantity|qty|tax|fee|freight|cost|paid|betrag|"
    r"umsatz|menge|summe|montant|importe|net|gross|netto|brutto)(_|$)"
)
_NO_SUM = re.compile(
    r"(^|_)(unit|per|each|rate|ratio|percent|pct|avg|average|mean|min|max|balance|running|cumulative|"
    r"price|discount)(_|$)"
)
_UNIT = re.compile(r"(^|_)(currency|curr|ccy|unit|uom|waehrung|devise|moneda|valuta)(_code|_id)?$")
_DECIMAL = re.compile(r"(?:decimal|numeric)\(\d+, *(\d+)\)", re.IGNORECASE)


def of_dimension(
    dimension: Table,
    facts: Sequence[Table],
    keys: Mapping[str, Key],
    references: Sequence[Reference],
) -> Figures | None:
    """The figures of the one fact that certainly refers to a dimension and says when; else None.

    Of several such facts it is the one with amounts. Where several have amounts, nobody but the
    team knows which of them counts.

    Args:
        dimension: the table.
        facts: the facts of the star.
        keys: the key of each table that has one.
        references: references between the tables.
    """
    every = (_of_fact(dimension, fact, keys, references) for fact in facts)
    certain = [figures for figures in every if figures is not None]
    chosen = [figures for figures in certain if figures.sums] or certain
    return chosen[0] if len(chosen) == 1 else None


def added(
    mart: Mart,
    facts: Sequence[Table],
    keys: Mapping[str, Key],
    references: Sequence[Reference],
    types: Mapping[str, Mapping[str, str]],
) -> Mart:
    """A dimension with what it says about the one fact that certainly refers to it.

    Args:
        mart: the dimension.
        facts: the facts of the star.
        keys: the key of each table that has one.
        references: references between the tables.
        types: SQL type of each column of each staging model.
    """
    table = mart.table
    figures = of_dimension(table, facts, keys, references)
    if figures is None:
        return mart
    fact = figures.reference.child
    kinds, row = types[fact], names.singular(fact)
    taken = {import_name(name) for name in types} | {"final"}
    alias = names.distinct(f"{row}_figures", taken)
    of_row = f"of the {names.plain(names.singular(table.name))}"
    many = names.plain(fact)
    time = figures.time.name
    wanted = [
        (f"{row}_count", "count(*)", "bigint", f"Number of {many} {of_row}.", True),
        (f"first_{time}", f"min({time})", kinds[time], f"The earliest {time} {of_row}.", False),
        (f"last_{time}", f"max({time})", kinds[time], f"The latest {time} {of_row}.", False),
    ]
    for column in figures.sums:
        text = f"Sum of {column.name} over all {many} {of_row}."
        kind = sum_type(kinds[column.name])
        wanted.append((f"lifetime_{column.name}", f"sum({column.name})", kind, text, True))
    used = {c.name for c in table.columns} | {c.name for c in mart.columns}
    columns, items = [], []
    for preferred, expression, kind, text, is_sum in wanted:
        name = names.distinct(preferred, used)
        used.add(name)
        columns.append(MartColumn(name, alias, name, kind, text, is_sum=is_sum))
        items.append((expression, name))
    return replace(
        mart,
        columns=(*mart.columns, *columns),
        lent=(*mart.lent, f"figures of its {many}"),
        summary=Summary(alias, figures, tuple(items)),
    )


def sum_type(kind: str) -> str:
    """The SQL type of an exact sum of a column of the type `kind`."""
    decimal = _DECIMAL.fullmatch(kind)
    return f"decimal(38, {decimal[1]})" if decimal else "bigint"


def _of_fact(
    dimension: Table, fact: Table, keys: Mapping[str, Key], references: Sequence[Reference]
) -> Figures | None:
    own = [r for r in references if r.child == fact.name]
    to_dimension = [r for r in own if r.parent == dimension.name]
    times = star.event_times(fact)
    if fact == dimension or len(to_dimension) != 1 or not times:
        return None
    reference = to_dimension[0]
    if not reference.unique:
        return None
    if keys[fact.name].columns == (reference.column,):  # one row for each row of the dimension
        return None
    in_units = any(_UNIT.search(c.name) and c.stats.distinct > 1 for c in fact.columns)
    measures = star.measures(fact, keys[fact.name], {r.column for r in own})
    sums = [
        c
        for c in measures
        if c.cast.kind in {"integer", "decimal"}  # a sum of floating point numbers is not exact
        and _ADDITIVE.search(c.name)
        and not _NO_SUM.search(c.name)
    ]
    return Figures(reference, times[0], () if in_units else tuple(sums))
