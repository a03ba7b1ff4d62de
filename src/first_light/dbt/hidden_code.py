"""What a relation holds that its SQL does not show: results of queries or functions, what hooks
write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache

import sqlglot
from sqlglot import exp

from first_light.dbt.manifest import Manifest, Node
from first_light.utils.sql_functions import SETTINGS, called

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
# A function or a macro of SQL that the repository creates.
_CREATED = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?:macro|function)\s+"
    r"(?:if\s+not\s+exists\s+)?((?:\{\{.*?\}\}|[\w.\"])+)",
    re.IGNORECASE | re.DOTALL,
)
_VARIABLES = re.compile(rf"getvariable|{SETTINGS}")
_OF_ALL = frozenset(
    {"filename", "dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to", "dbt_is_deleted"}
)
# A column as a select lists it: before a comma, the end of a line or `from`.
_LISTED = re.compile(r"(?:\"([^\"\n]+)\"|(\w+))\s*(?=,|\n|\bfrom\b|$)", re.IGNORECASE)
_WORDS = re.compile(r"\w+")
_THIS = "this"
_OWN = "macro.dbt."
# Numbers of fewer digits are no values of anybody, and the code of loops.
_SHORT = 4
# In a filter also the ends of periods, and limits.
_LONG, _MOMENT = 6, re.compile(r"\d{4}-\d\d-\d\d([ T][\d:.+ UTCZ-]*)?")
_VIEWS = frozenset({"view", "materialized_view"})


def filled_elsewhere(manifest: Manifest) -> frozenset[str]:
    """The nodes whose relations are written by hooks, or by a materialization of the team."""
    by_others: set[str] = set()
    by_itself: set[str] = set()
    for node in manifest.nodes.values():
        for hook in (*node.hooks, *([node.source_code] if node.kind == "operation" else [])):
            targets = _targets(_with_macros(manifest, hook))
            by_others |= _words(targets)
            # A macro gets the relation under a name of its own.
            if _THIS in _words(targets) or ("{{" in targets and _THIS in _words(hook)):
                by_itself.add(node.unique_id)
    return frozenset(
        node.unique_id
        for node in manifest.nodes.values()
        if node.unique_id in by_itself
        or node.materialized not in _KNOWN
        or (node.kind in ("model", "snapshot", "seed") and _alias(node) in by_others)
    )


def functions(manifest: Manifest) -> frozenset[str]:
    """The functions and macros of SQL that the repository creates, in lower case, without schema.

    Each may return what no query around it shows.
    """
    hooks = (
        text
        for node in manifest.nodes.values()
        for text in (*node.hooks, *([node.source_code] if node.kind == "operation" else []))
    )
    macros = (text for name, text in manifest.macros.items() if not name.startswith(_OWN))
    texts = (*hooks, *macros)
    created = {name for text in texts for name in _CREATED.findall(text)}
    # The last part of a name; where it is Jinja, each word in it may be the name.
    last = {re.split(r"\.(?![^{]*\}\})", name)[-1] for name in created}
    return manifest.functions | _words(" ".join(last))


def calls_hidden(sql: str, functions: frozenset[str]) -> bool:
    """Whether SQL calls one of these functions, or reads a variable or a setting.

    Args:
        sql: compiled; empty where there is none, and Python of a model, which call nothing.
        functions: names in lower case.
    """
    return bool(sql) and _calls(sql, functions)


@cache
def _calls(sql: str, functions: frozenset[str]) -> bool:
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except (sqlglot.errors.SqlglotError, RecursionError):
        return False  # nothing is known of it anyway
    return any(name in functions or _VARIABLES.fullmatch(name) for _, name in called(tree))


def holds_results(manifest: Manifest, node: Node, sql: str) -> bool:
    """Whether compiled SQL selects values that dbt read from a database while it compiled it.

    They are the texts and longer numbers that neither its code nor the macros that it calls hold.
    """
    if not sql or not runs_queries(manifest, node):
        return False
    return _holds_others(sql, _code(manifest, node), _selected)


def keeps_results(manifest: Manifest, node: Node, sql: str) -> bool:
    """Whether a view's definition holds values that dbt read while it compiled it, in a filter too.

    Dates and shorter numbers, such as the end of a period or a count, are not among them.
    """
    if node.materialized not in _VIEWS or not sql or not runs_queries(manifest, node):
        return False
    return _holds_others(sql, _code(manifest, node), _anywhere)


def runs_queries(manifest: Manifest, node: Node) -> bool:
    """Whether its code, or a macro that it calls, reads from a database while dbt compiles it."""
    return bool(node.source_code) and bool(_QUERY.search(_code(manifest, node)))


def named_columns(manifest: Manifest) -> frozenset[str]:
    """The names of columns that the repository holds, in lower case.

    Any other name may be a value: a pivot makes such columns.
    """
    described = {column.name.lower() for node in manifest.nodes.values() for column in node.columns}
    texts = (node.source_code for node in manifest.nodes.values())
    listed = {name.lower() for text in texts for match in _LISTED.findall(text) for name in match}
    return frozenset(described | listed | _OF_ALL)


@cache
def _holds_others(sql: str, code: str, texts_of: Callable[[exp.Expr], list[str]]) -> bool:
    """Whether one of the texts that are taken from SQL is not in the code; if nobody can say."""
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except (sqlglot.errors.SqlglotError, RecursionError):
        return True
    folded = code.lower()
    return any(text.lower() not in folded for text in texts_of(tree))


def _selected(tree: exp.Expr) -> list[str]:
    """What a query selects: literals, without the shortest numbers, and the names of columns."""
    texts = [
        literal.name
        for select in tree.find_all(exp.Select, exp.Values)
        for projection in select.expressions
        for literal in projection.find_all(exp.Literal)
        if literal.is_string or len(literal.name) >= _SHORT
    ]
    return texts + [alias.alias for alias in tree.find_all(exp.Alias)]


def _anywhere(tree: exp.Expr) -> list[str]:
    """The literals of a query, without times and short numbers."""
    return [
        literal.name
        for literal in tree.find_all(exp.Literal)
        if not (_MOMENT.fullmatch(literal.name) if literal.is_string else len(literal.name) < _LONG)
    ]


def _targets(text: str) -> str:
    """The relations that statements in a text write, as it spells them."""
    return " ".join(part for match in _WRITE.findall(text) for part in match)


def _with_macros(manifest: Manifest, text: str) -> str:
    """A text with the macros that it names, and those that these call; without dbt's own."""
    words = _words(text)
    named = [name for name in manifest.macros if name.rsplit(".", 1)[-1].lower() in words]
    return "\n".join([text, *_texts(manifest, [n for n in named if not n.startswith(_OWN)])])


def _code(manifest: Manifest, node: Node) -> str:
    return "\n".join([node.source_code, *_texts(manifest, node.macros)])


def _texts(manifest: Manifest, macros: Iterable[str]) -> list[str]:
    names = set(macros)
    names |= manifest.macro_graph.ancestors(*names)
    return [manifest.macros.get(name, "") for name in sorted(names)]


def _alias(node: Node) -> str:
    return (node.alias or node.name).lower()


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(text.lower()))
