"""Marts: each fact with what its references say in words, the dimensions, the dates. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from first_light.inference import descriptions, figures, names, star
from first_light.inference.mart_values import Dates, Join, Mart, MartColumn, import_name
from first_light.inference.values import Column, Key, Reference, Table
from first_light.project.source_table import without_system
from first_light.utils.sql_names import RESERVED

_DESCRIBES = (
    re.compile(r"^(name|title|label)$"),
    re.compile(r"(_name|_title|_label)$"),
    re.compile(r"^(description|desc|type|category|model|city|country)$"),
)
_PRICE = re.compile(r"(^|_)(price|preis|prix|precio|prezzo|prijs)(_|$)")
_CENTURIES = 150
"""Years that a date dimension spans at most: a stray date would make millions of days."""


@dataclass(frozen=True)
class _Tables:
    """What marts are made of."""

    by_name: Mapping[str, Table]
    keys: Mapping[str, Key]
    references: Sequence[Reference]
    types: Mapping[str, Mapping[str, str]]
    sums: Mapping[str, Mapping[str, str]]
    facts: frozenset[str]


def marts(
    tables: Sequence[Table],
    keys: Mapping[str, Key],
    references: Sequence[Reference],
    types: Mapping[str, Mapping[str, str]],
    sums: Mapping[str, Mapping[str, str]],
    taken: Collection[str],
    prefixes: tuple[str, str],
) -> tuple[tuple[Mart, ...], Dates | None]:
    """The marts of a small star: facts, dimensions, dates.

    Where no table refers to another, each one of events is a fact; if there is none, the one that
    says most.

    Args:
        tables: the tables.
        keys: the key of each table that has one.
        references: references between the tables.
        types: SQL type of each column of each staging model.
        sums: what a column is the sum or product of, in words, by table and column.
        taken: names that no mart may have.
        prefixes: how the names of facts and of dimensions begin.
    """
    found = star.star(tables, keys, references)
    by_name = {table.name: table for table in tables}
    of = _Tables(by_name, keys, references, types, sums, frozenset(t.name for t in found.facts))
    used = set(taken)
    bare = Counter(without_system(table.name) for table in tables)
    drafted = []
    facts, dimensions = found.facts, found.dimensions
    if not facts:
        facts, dimensions = _facts_without_star(tables, keys, references), ()
    for table in (*facts, *dimensions):
        word = without_system(table.name)
        if bare[word] > 1:  # two systems have it
            word = table.name.replace("__", "_")
        name = _name(word, used, prefixes[table not in facts])
        mart = _mart(table, name, table in facts, of)
        if table in dimensions:
            mart = figures.added(mart, found.facts, of.keys, of.references, of.types)
            if mart.summary is None and not star.is_telling(table, keys[table.name]):
                continue
        used.add(name)
        drafted.append(mart)
    dated = tuple(m for m in drafted if m.day and _is_plausible(m))
    if not dated:
        return tuple(drafted), None
    return tuple(drafted), Dates(_name("dates", used, prefixes[1]), dated)


def _facts_without_star(
    tables: Sequence[Table], keys: Mapping[str, Key], references: Sequence[Reference]
) -> tuple[Table, ...]:
    """Tables of events; else the one that refers to others, or has most rows."""
    wanted = [t for t in tables if any(not c.personal for c in t.columns)]

    def rank(table: Table) -> tuple[int, bool, int]:
        parents = {r.parent for r in references if r.child == table.name and r.unique}
        measured = bool(star.event_times(table) or star.measures(table, None, set()))
        return len(parents - {table.name}), measured, table.rows

    ranked = sorted(wanted, key=rank, reverse=True)
    first = tuple(ranked[:1])
    if any(rank(table)[0] for table in first):  # tables refer to others
        return first
    return tuple(t for t in ranked if star.is_event(t, keys.get(t.name))) or first


def _mart(table: Table, name: str, is_fact: bool, of: _Tables) -> Mart:
    key = of.keys.get(table.name)
    own = [r for r in of.references if r.child == table.name]
    refers = {r.column: r for r in own}
    base = import_name(table.name)
    joined = [r for r in own if r.unique and r.parent in of.by_name and r.parent != table.name]
    aliases = _aliases(base, joined)
    columns = [
        MartColumn(
            c.name,
            base,
            c.name,
            of.types[table.name][c.name],
            descriptions.of_column(c, table, key, refers.get(c.name), sums=of.sums.get(table.name)),
            nulls=c.stats.nulls,
        )
        for _, group in ordered(table, key, own)
        for c in group
        if not c.personal
    ]
    used = {c.name for c in columns}
    used |= {c.name for c in table.columns}
    lent: list[MartColumn] = []
    words: list[str] = []
    for reference in joined:
        alias = aliases[reference.column]
        if reference.parent in of.facts:
            more = _from_fact(reference, alias, used, of)
            what = f"time and references of the {names.singular(reference.parent)}"
        else:
            more = _label(reference, alias, used, of)
            what = more[0].name if more else ""
            if is_fact and not star.measures(table, key, set(refers)):
                more += _price(reference, alias, used | {c.name for c in more}, of)
                what = " and ".join(c.name for c in more)
        lent += more
        used |= {c.name for c in more}
        words += [names.plain(what)] if more else []
    made = [*columns, *lent]
    day = _day(table, made, used) if is_fact else None
    if day and day not in made:
        at = next(n for n, c in enumerate(made) if (c.source, c.column) == (day.source, day.column))
        made.insert(at + 1, day)
    if key and not set(key.columns) <= {c.name for c in columns}:
        key = None
    lenders = {c.source for c in lent}
    return Mart(
        name,
        table,
        is_fact,
        key,
        tuple(made),
        tuple(Join(a, r) for r in joined if (a := aliases[r.column]) in lenders),
        day.name if day else "",
        tuple(words),
        tuple(own),
    )


def ordered(
    table: Table, key: Key | None, references: Sequence[Reference]
) -> list[tuple[str, list[Column]]]:
    """The columns in the order of the model, in named groups: key, references, the rest."""
    keyed = key.columns if key else ()
    refers = [r.column for r in references if r.child == table.name]
    groups = {
        "key": [table.column(name) for name in keyed],
        "references": [c for c in table.columns if c.name in refers and c.name not in keyed],
    }
    placed = {c.name for group in groups.values() for c in group}
    groups["values"] = [c for c in table.columns if c.name not in placed]
    return [(name, group) for name, group in groups.items() if group]


def _aliases(base: str, joined: Sequence[Reference]) -> dict[str, str]:
    """The alias of each join by its column: the table, or its role where it is joined twice."""
    aliases: dict[str, str] = {}
    for reference in joined:
        alias = import_name(reference.parent)
        if sum(r.parent == reference.parent for r in joined) > 1:
            alias = names.role(reference.column)
            if alias in RESERVED:
                alias = f"{alias}_{reference.parent}"
        taken = {base, "final", *(import_name(r.parent) for r in joined), *aliases.values()}
        if alias in taken - {import_name(reference.parent)} or alias in aliases.values():
            alias = names.distinct(f"{alias}_{reference.parent}", taken)
        aliases[reference.column] = alias
    return aliases


def _label(reference: Reference, alias: str, used: set[str], of: _Tables) -> list[MartColumn]:
    """The column of a dimension that says in words what a reference means."""
    parent = of.by_name[reference.parent]
    label = _descriptive(parent, reference.key)
    if label is None:
        return []
    return [_lent(label, parent, reference, alias, used, of)]


def _price(reference: Reference, alias: str, used: set[str], of: _Tables) -> list[MartColumn]:
    """The price of a dimension, for a fact without amounts, each of whose rows is one piece."""
    parent = of.by_name[reference.parent]
    prices = [
        c
        for c in parent.columns
        if c.cast.kind in {"integer", "decimal", "double"}
        and not c.personal
        and _PRICE.search(c.name)
    ]
    if len(prices) != 1:  # which of them was paid?
        return []
    return [_lent(prices[0], parent, reference, alias, used, of)]


def _lent(
    column: Column, parent: Table, reference: Reference, alias: str, used: set[str], of: _Tables
) -> MartColumn:
    """A column of a dimension under a name that says what it is in the fact."""
    stem = names.singular(parent.name)
    role = names.role(reference.column)
    word = column.name.removeprefix(f"{stem}_")
    if reference.column == reference.key:  # sku of products says nothing about the role
        role = stem
    name = names.distinct(word if word.startswith(f"{role}_") else f"{role}_{word}", used)
    text = descriptions.of_column(column, parent, of.keys.get(parent.name), None)
    return MartColumn(name, alias, column.name, of.types[parent.name][column.name], text)


def _from_fact(reference: Reference, alias: str, used: set[str], of: _Tables) -> list[MartColumn]:
    """What a line takes over from its head: when it happened, and to what the head refers."""
    parent = of.by_name[reference.parent]
    key = of.keys.get(parent.name)
    refers = {r.column: r for r in of.references if r.child == parent.name}
    wanted = [parent.column(c) for c in refers if c != reference.key]
    wanted = [c for c in wanted if refers[c.name].parent != parent.name]
    wanted += star.event_times(parent)[:1]
    return [
        MartColumn(
            c.name,
            alias,
            c.name,
            of.types[parent.name][c.name],
            descriptions.of_column(c, parent, key, refers.get(c.name)),
        )
        for c in wanted
        if c.name not in used and not c.personal
    ]


def _day(table: Table, made: Sequence[MartColumn], used: set[str]) -> MartColumn | None:
    """The day on which a row happened: a column of its own where there is only a time."""
    times = [c.name for c in star.event_times(table)]
    own = [c for name in times for c in made if c.column == name and c.source == made[0].source]
    lent = [c for c in made if c.type in {"date", "timestamp"} and c.source != made[0].source]
    for column in (*own, *lent):
        if column.type == "date":
            return column
        stem = re.sub(r"_(at|on|ts|time|timestamp|utc)$", "", column.name)
        name = names.distinct(f"{stem}_date", used)
        text = f"Day of {column.name}."
        return replace(column, name=name, type="date", description=text, is_day=True)
    return None


def _is_plausible(mart: Mart) -> bool:
    """Whether the days of a fact are few enough for a table of them."""
    times = [c for c in mart.table.columns if c.cast.kind in {"date", "timestamp"}]
    of_day = {c.column for c in mart.columns if c.name == mart.day}
    times = [c for c in times if c.name in of_day] or times
    bounds = [bound[:4] for c in times for bound in (c.stats.low, c.stats.high) if bound]
    years = [int(text) for text in bounds if text.isdigit()]
    return not years or max(years) - min(years) <= _CENTURIES


def _name(table: str, taken: Collection[str], prefix: str) -> str:
    for name in (f"{prefix}{table}", f"{prefix}{table}_overview"):
        if name not in taken:
            return name
    return names.distinct(f"{prefix}{table}", taken)


def _descriptive(parent: Table, key: str) -> Column | None:
    """The text column of a parent that says best what a row is, if there is one."""
    stem = names.singular(parent.name)
    texts = [
        c
        for c in parent.columns
        if c.cast.kind == "text" and not c.personal and c.name != key and c.cast.form != "json"
        and c.stats.distinct > 0
    ]  # fmt: skip
    for pattern in _DESCRIBES:
        for column in texts:
            if pattern.search(column.name.removeprefix(f"{stem}_")):
                return column
    return next((c for c in texts if not names.identifies(c.name)), None)
