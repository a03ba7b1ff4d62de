"""The first public mart: the central table with what its references say in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from first_light.inference import names
from first_light.inference.values import Column, Key, Reference, Table

_DESCRIBES = (
    re.compile(r"^(name|title|label)$"),
    re.compile(r"(_name|_title|_label)$"),
    re.compile(r"^(description|desc|type|category|model|city|country)$"),
)


@dataclass(frozen=True)
class Join:
    """A parent that lends one column: `parent`, joined on its unique key, is called `role`."""

    role: str
    reference: Reference
    column: Column
    name: str


@dataclass(frozen=True)
class Mart:
    """A mart: the fact's columns that aren't personal, and one column of each parent."""

    name: str
    fact: Table
    key: Key | None
    columns: tuple[Column, ...]
    joins: tuple[Join, ...]


def first(
    tables: Sequence[Table],
    keys: Mapping[str, Key],
    references: Sequence[Reference],
    taken: Collection[str],
) -> Mart | None:
    """The mart of the table that refers to most others, or has most rows; None without a table.

    Only parents whose key is certainly unique are joined, so that no row is doubled.
    """
    wanted = [t for t in tables if any(not c.personal for c in t.columns)]
    if not wanted:
        return None
    by_name = {table.name: table for table in tables}

    def rank(table: Table) -> tuple[int, int]:
        parents = {r.parent for r in references if r.child == table.name and r.unique}
        parents -= {table.name}
        return len(parents), table.rows

    fact = max(wanted, key=rank)
    key = keys.get(fact.name)
    groups = ordered(fact, key, references)
    columns = tuple(c for _, group in groups for c in group if not c.personal)
    used = {c.name for c in columns}
    roles = {"source", "joined", fact.model}
    joins = []
    for reference in references:
        parent = by_name.get(reference.parent)
        if reference.child != fact.name or parent is None or not reference.unique:
            continue
        label = _descriptive(parent, reference.key)
        if label is None:
            continue
        role = names.distinct(names.role(reference.column), roles)
        word = label.name
        name = names.distinct(word if word.startswith(f"{role}_") else f"{role}_{word}", used)
        roles.add(role)
        used.add(name)
        joins.append(Join(role, reference, label, name))
    if key and not set(key.columns) <= {c.name for c in columns}:
        key = None
    return Mart(_name(fact.name, taken), fact, key, columns, tuple(joins))


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


def _name(table: str, taken: Collection[str]) -> str:
    for name in (table, f"{table}_overview"):
        if name not in taken:
            return name
    return names.distinct(table, taken)


def _descriptive(parent: Table, key: str) -> Column | None:
    """The text column of a parent that says best what a row is, if there is one."""
    texts = [
        c
        for c in parent.columns
        if c.cast.kind == "text" and not c.personal and c.name != key and c.cast.form != "json"
        and c.stats.distinct > 0
    ]  # fmt: skip
    for pattern in _DESCRIBES:
        for column in texts:
            if pattern.search(column.name):
                return column
    return next((c for c in texts if not names.identifies(c.name)), None)
