"""What a relation holds that its compiled SQL does not show: results of queries, hooks' writes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import sqlglot
from sqlglot import exp

from first_light.dbt.manifest import Manifest, Node

# What dbt's own materializations do is known; a team's may fill a table with anything.
_KNOWN = frozenset(
    {"", "table", "view", "incremental", "snapshot", "external", "materialized_view", "ephemeral"}
    | {"seed", "test", "unit"}
)
_QUERY = re.compile(r"\b(run_query|statement|load_result|adapter\s*\.\s*execute)\b")
# The relation that a statement writes, or what stands for it in Jinja.
_WRITE = re.compile(
    r"\b(?:insert\s+(?:or\s+\w+\s+)?into|update|merge\s+into"
    r"|create\s+or\s+replace\s+(?:table|view))\s+(\{\{.*?\}\}|[\w.\"]+)"
    r"|\bcopy\s+(\{\{.*?\}\}|[\w.\"]+)[^;]*?\bfrom\b",
    re.IGNORECASE | re.DOTALL,
)
_WORDS = re.compile(r"\w+")
_THIS = "this"
_OWN = "macro.dbt."
# Numbers of fewer digits are no values of anybody, and the code of loops.
_SHORT = 4


def filled_elsewhere(manifest: Manifest) -> frozenset[str]:
    """The nodes whose relations are written by hooks, or by a materialization of the team."""
    by_others: set[str] = set()
    by_itself: set[str] = set()
    for node in manifest.nodes.values():
        for hook in (*node.hooks, *([node.source_code] if node.kind == "operation" else [])):
            words = _written(_with_macros(manifest, hook))
            by_others |= words
            by_itself |= {node.unique_id} if _THIS in words else set()
    return frozenset(
        node.unique_id
        for node in manifest.nodes.values()
        if node.unique_id in by_itself
        or node.materialized not in _KNOWN
        or (node.kind in ("model", "snapshot", "seed") and _alias(node) in by_others)
    )


def holds_results(manifest: Manifest, node: Node, sql: str) -> bool:
    """Whether compiled SQL selects values that dbt read from a database while it compiled it.

    They are the texts and longer numbers that neither its code nor the macros that it calls hold.
    """
    if not sql or not node.source_code:
        return False
    code = "\n".join([node.source_code, *_texts(manifest, node.macros)])
    return bool(_QUERY.search(code)) and _selects_others(sql, code)


@cache
def _selects_others(sql: str, code: str) -> bool:
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except (sqlglot.errors.SqlglotError, RecursionError):
        return True
    texts = [
        literal.name
        for select in tree.find_all(exp.Select, exp.Values)
        for projection in select.expressions
        for literal in projection.find_all(exp.Literal)
        if literal.is_string or len(literal.name) >= _SHORT
    ]
    texts += [alias.alias for alias in tree.find_all(exp.Alias)]
    folded = code.lower()
    return any(text.lower() not in folded for text in texts)


def _written(text: str) -> frozenset[str]:
    """The words of the relations that statements in a text write."""
    return _words(" ".join(part or "" for match in _WRITE.findall(text) for part in match))


def _with_macros(manifest: Manifest, text: str) -> str:
    """A text with the macros that it names, and those that these call; without dbt's own."""
    words = _words(text)
    named = [name for name in manifest.macros if name.rsplit(".", 1)[-1].lower() in words]
    return "\n".join([text, *_texts(manifest, [n for n in named if not n.startswith(_OWN)])])


def _texts(manifest: Manifest, macros: Iterable[str]) -> list[str]:
    names = set(macros)
    names |= manifest.macro_graph.ancestors(*names)
    return [manifest.macros.get(name, "") for name in sorted(names)]


def _alias(node: Node) -> str:
    return (node.alias or node.name).lower()


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(text.lower()))
