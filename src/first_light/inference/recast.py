"""Another type for a column of a staging model: its cast is found and written anew. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from first_light.inference import sql

_CLEANING = frozenset(
    {"cast(", "regexp_replace(", "replace(", "strptime(", "timezone(", "to_timestamp("}
)
"""Calls around a raw value that make it a number or a time; text is read without them."""

_TOKEN = re.compile(
    r"(?P<skip>--[^\n]*|/\*.*?\*/|\{#.*?#\}|\{%.*?%\})|(?P<quoted>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|"
    r"\{\{.*?\}\})|(?P<open>\()|(?P<close>\))|(?P<other>.)",
    re.DOTALL,
)
_HEAD = re.compile(r"[a-z_][a-z0-9_]*$", re.IGNORECASE)
_TYPE = re.compile(r"\s+as\s+([a-z][a-z0-9_ ]*(?:\([0-9, ]+\))?)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class NoCast:
    """That the cast of a column is not where a draft puts it, and the line that has the column."""

    line: int


def recast(text: str, column: str, new_type: str) -> str | NoCast:
    """The file of a staging model in which a column has another type.

    Args:
        text: the file.
        column: the column, as the model names it.
        new_type: the SQL type.

    Returns:
        The new text, the same where the column has this type already; `NoCast` where the column is
        not made by one cast, as in a draft.
    """
    alias = re.compile(rf"\)(\s+as\s+\"?{re.escape(column)}\"?)(?=\s*(?:,|\n|$))", re.IGNORECASE)
    opened = _brackets(text)
    items = [match for match in alias.finditer(text) if match.start() in opened]
    if len(items) != 1:
        return NoCast(_line_of(text, column))
    end = items[0].start()
    head = _HEAD.search(text, 0, opened[end])
    before = text[: head.start()].rstrip() if head else ""
    if head is None or (not before.endswith((",", "select")) and not _follows_comment(before)):
        return NoCast(_line(text, end))
    expression = _parsed(text[head.start() : end + 1])
    changed = _changed(expression, new_type)
    if changed is None:
        return NoCast(_line(text, end))
    if sql.flat(changed) == sql.flat(expression):
        return text
    tail = " " + " ".join(items[0][1].split())
    start = text.rfind("\n", 0, head.start()) + 1
    rest = text[items[0].end() :]
    comma = "," if rest.startswith(",") else ""
    if text[start : head.start()].strip():
        return text[: head.start()] + sql.flat(changed) + tail + rest
    item = sql.laid_out(changed, head.start() - start, tail + comma)
    return text[:start] + item + rest.removeprefix(comma)


def _changed(expression: sql.Sql, new_type: str) -> sql.Sql | None:
    """The expression with another type; None where its outermost call makes no type."""
    if isinstance(expression, str):
        return None
    if is_text(new_type):
        if expression.head not in _CLEANING:
            return None
        value: sql.Sql = expression
        while isinstance(value, sql.Call) and value.head in _CLEANING:
            value = value.items[1] if value.head == "timezone(" else value.items[0]
        return sql.Call("cast(", (value,), f" as {new_type}")
    if expression.head != "cast(":
        return None
    value = expression.items[0]
    if isinstance(value, sql.Call) and value.head == "cast(" and is_whole(value.after):
        value = value.items[0]  # it reads 1.0 as 1, and would round to one decimal
    return sql.Call("cast(", (value,), f" as {new_type}")


def is_text(kind: str) -> bool:
    """Whether a type holds text."""
    return kind in ("varchar", "text")


def is_whole(after: str) -> bool:
    """Whether a cast is the inner one by which a draft reads whole numbers written as 1.0."""
    return after.replace(" ", "") == "asdecimal(38,1)"


def _parsed(text: str) -> sql.Sql:
    """An expression as calls, as far as it is one."""
    text = " ".join(text.split()) if "'" not in text else text.strip()
    head = re.match(r"[a-z_][a-z0-9_]*\(", text, re.IGNORECASE)
    opened = _brackets(text)
    if head is None or opened.get(len(text) - 1) != head.end() - 1:
        return text
    inner = text[head.end() : -1]
    kind = _TYPE.search(inner) if head[0].lower() == "cast(" else None
    after = f" as {' '.join(kind[1].split())}" if kind else ""
    items = _split(inner[: kind.start()] if kind else inner)
    return sql.Call(head[0].lower(), tuple(_parsed(item) for item in items), after)


def _split(text: str) -> list[str]:
    """The parts between the commas outside of brackets and quotes."""
    parts, depth, start = [], 0, 0
    for token in _TOKEN.finditer(text):
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if token[0] == "," and not depth:
            parts.append(text[start : token.start()])
            start = token.end()
    return [*parts, text[start:]]


def _brackets(text: str) -> dict[int, int]:
    """The place of each closing bracket with that of its opening one; quotes and comments aside."""
    stack: list[int] = []
    pairs: dict[int, int] = {}
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "open":
            stack.append(token.start())
        elif token.lastgroup == "close" and stack:
            pairs[token.start()] = stack.pop()
    return pairs


def _follows_comment(before: str) -> bool:
    """Whether the last line is a comment, as above each group of columns, behind an item's end."""
    lines = before.splitlines()
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("--")):
        lines.pop()
    return bool(lines) and lines[-1].rstrip().endswith((",", "select"))


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _line_of(text: str, column: str) -> int:
    """The line that makes a column: the last one that has its name; the first without any."""
    places = [match.start() for match in re.finditer(rf"\b{re.escape(column)}\b", text)]
    return _line(text, places[-1]) if places else 1
