"""Which columns of a model may hold personal values: what the sources name, followed downstream."""

from __future__ import annotations

import re
from collections.abc import Mapping

from first_light.dbt.manifest import Manifest

_BETWEEN_COLUMNS = re.compile(r",[ \t]*\n|\bselect\b|\bfrom\b", re.IGNORECASE)
_AS = re.compile(r'\bas\s+"?(\w+)"?', re.IGNORECASE)


def personal_columns(manifest: Manifest, sql: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Names of columns, in lower case, by node.

    Marked columns (`pii` in their meta) keep their mark under every name that is derived from
    them. That is judged by the text, on the safe side: `count(email) as mails` is marked too.

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
    all_names = set(names)
    pieces = _BETWEEN_COLUMNS.split(sql) if all_names else []
    while True:
        word_sets = [set(re.findall(r"\w+", piece.lower())) for piece in pieces]
        new = {
            name.lower()
            for piece, words_ in zip(pieces, word_sets)
            if words_ & all_names
            for name in _AS.findall(piece)
        }
        if new <= all_names:
            return all_names
        all_names |= new
