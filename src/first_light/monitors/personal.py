"""Which columns of a model may hold personal values: what the sources name, followed downstream."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from first_light.dbt.manifest import Manifest

_WORD = re.compile(r"\w+")


def personal_columns(manifest: Manifest, sql: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Names of columns, in lower case, by node.

    Marked columns (`pii` in their meta) keep their mark under every name that is derived from
    them. That is judged by name, on the safe side: `count(email) as mails` is marked too, and a
    column of another table with the name of a marked one. In SQL that the parser cannot read every
    name is marked.

    Args:
        manifest: the product.
        sql: compiled SQL by node.
    """
    names_by_node: dict[str, frozenset[str]] = {}

    for name in manifest.graph.in_order():
        if (node := manifest.nodes.get(name)) is None:
            continue
        names = {column.name.lower() for column in node.columns if column.pii}
        names = names.union(*(names_by_node.get(parent, ()) for parent in node.depends_on))
        names_by_node[name] = frozenset(names | _renamed(sql.get(name, ""), names))
    return names_by_node


def _renamed(sql: str, names: set[str]) -> set[str]:
    """New names of these columns, also of new names of new names."""
    words = set(_WORD.findall(sql.lower()))
    if not names or not sql.strip():
        return set()
    tree = _parsed(sql)
    if tree is None:
        return words
    all_names = set(names)
    while new := {name for name in _derived(tree, all_names) if name} - all_names:
        all_names |= new
    return all_names


@lru_cache(maxsize=256)
def _parsed(sql: str) -> Any:
    """The syntax tree; None for what the parser does not read."""
    import sqlglot  # only where something is marked

    from first_light.warehouse.scratch import DIALECT

    try:
        return sqlglot.parse_one(sql, read=DIALECT)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return None


def _derived(tree: Any, names: set[str]) -> Iterator[str]:
    """What a query calls the expressions that these columns are in."""
    from sqlglot import exp

    for select in tree.find_all(exp.Select):
        rows = {table.alias_or_name.lower() for table in select.find_all(exp.Table, exp.Subquery)}
        for projection in select.expressions:
            read = {column.name.lower() for column in projection.find_all(exp.Column)}
            if read & (names | rows):  # the name of a table is a whole row
                yield projection.alias_or_name.lower()
    for union in tree.find_all(exp.SetOperation):
        for first, second in zip(union.left.named_selects, union.right.named_selects):
            if second.lower() in names:
                yield first.lower()
    for alias in tree.find_all(exp.TableAlias):
        if columns := [column.name.lower() for column in alias.args.get("columns") or ()]:
            yield from _listed(alias.parent, columns, names)


def _listed(source: Any, columns: list[str], names: set[str]) -> Iterator[str]:
    """The names in a list such as `as t(a, b)` whose columns are these."""
    from sqlglot import exp

    if isinstance(source, exp.Values):
        return
    query = source.this if isinstance(source, exp.CTE | exp.Subquery) else None
    selected = query.named_selects if isinstance(query, exp.Query) else ["*"]
    if "*" in selected:  # their order is not known here
        yield from columns
    else:
        for column, name in zip(columns, selected):
            if name.lower() in names:
                yield column
