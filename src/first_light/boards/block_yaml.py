"""The YAML of a board's blocks, and the values in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from first_light.boards.blocks import (
    Block,
    Chart,
    Figure,
    Filter,
    Numbers,
    Table,
    TableColumn,
    Value,
)
from first_light.utils.errors import DataopsError
from first_light.utils.formats import is_format

KINDS = ("chart", "table", "numbers")
_VALUE = re.compile(r"\{\{(.*?)\}\}")
_REFERENCE = re.compile(r"\s*(\w+)\.(\w+)\s*(?::([^}]*))?")
_MOST_PARTS, _MOST_LEVELS = 20_000, 50  # of a block's YAML
_TOO_DEEP = "its YAML is nested too deeply or too large"


class InvalidBoard(DataopsError):
    """A board that is not as the format says.

    Args:
        path: of its file.
        line: the place in it.
        reason: what is wrong, in words.
    """

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(
            f"The board is not valid: {reason}.",
            where=f"{path}:{line}",
            fix="see its format: uv run dataops docs board-format",
        )


def values_in(text: str) -> Iterator[str | Value]:
    """A text in parts: what is written, and the values in it.

    Raises:
        ValueError: what is between the braces is not `query.column` or `query.column:format`.
    """
    end = 0
    for match in _VALUE.finditer(text):
        yield text[end : match.start()]
        yield _value(match[1])
        end = match.end()
    yield text[end:]


def _value(text: str) -> Value:
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{{{{{text}}}}} is not {{{{ query.column }}}} or {{{{ query.column:format }}}}"
        )
    style = (match[3] or "").strip()
    if not is_format(style):
        raise ValueError(f"{style} is not a format of numbers, such as ,.0f or .1%")
    return Value(match[1], match[2], style)


def read_block(path: str, line: int, kind: str, text: str) -> Block:
    """A block from its YAML.

    Args:
        path: of the board.
        line: of the block's fence.
        kind: one of KINDS.
        text: the YAML.

    Raises:
        InvalidBoard: it is not as the format says.
    """
    if kind == "numbers":
        return _numbers(path, line, _load(path, line, text))
    options = mapping_in(path, line, text)
    query, title = text_in(path, line, options, "query"), text_in(path, line, options, "title")
    empty = text_in(path, line, options, "empty", "")
    follows = options.get("filter") is not False
    choice = filter_in(path, line, options.get("filter") if follows else None)
    rest = {k: v for k, v in options.items() if k not in ("query", "title", "empty", "filter")}
    if kind == "chart":
        description = str(rest.pop("description", ""))
        if any(key in ("data", "datasets", "url", "href") for key in _keys(rest)):
            reason = "a chart draws the rows of its query: it has no data, url or href"
            raise InvalidBoard(path, line, reason)
        if not rest.keys() & {"mark", "layer", "hconcat", "vconcat", "concat", "spec"}:
            raise InvalidBoard(path, line, "a chart needs a mark, such as `mark: line`")
        return Chart(query, title, description, empty, rest, line, choice, follows)
    if unknown := sorted(set(rest) - {"columns"}):
        raise InvalidBoard(
            path, line, f"unknown key {unknown[0]}: query, title, columns, filter or empty"
        )
    columns = rest.get("columns") or {}
    if not isinstance(columns, dict):
        raise InvalidBoard(path, line, "columns are a mapping of names to headings")
    shown = tuple(_column(path, line, *item) for item in columns.items())
    return Table(query, title, empty, shown, line, choice, follows)


def filter_in(path: str, line: int, given: Any) -> Filter | None:
    """A filter: the name of a column, or more about it; None where there is none.

    Raises:
        InvalidBoard: it is not as the format says.
    """
    if given is None:
        return None
    options = given if isinstance(given, dict) else {"column": given}
    column = options.get("column")
    if set(options) - {"column", "label", "all"} or not isinstance(column, str):
        raise InvalidBoard(path, line, "a filter has a column, and may have label and all")
    every = options.get("all", Filter.every)
    label = str(options.get("label") or column.replace("_", " ").capitalize())
    return Filter(column, label, "" if every is False else str(every))


def _column(path: str, line: int, name: str, given: Any) -> TableColumn:
    if not isinstance(given, dict):
        return TableColumn(str(name), str(given or name))
    style = str(given.get("format", ""))
    if set(given) - {"label", "format"} or not is_format(style):
        raise InvalidBoard(path, line, f"column {name} may have a label and a format, such as ,.0f")
    return TableColumn(str(name), str(given.get("label", name)), style)


def _numbers(path: str, line: int, given: Any) -> Numbers:
    entries = given if isinstance(given, list) else [given]
    figures = []
    for entry in entries:
        allowed = {"label", "value", "format", "unit", "before"}
        if not isinstance(entry, dict) or set(entry) - allowed or not entry.get("value"):
            raise InvalidBoard(path, line, f"a number has {', '.join(sorted(allowed))}")
        style = str(entry.get("format", ""))
        try:
            value = _value(f"{entry['value']}:{style}")
            before = _value(f"{entry['before']}:{style}") if entry.get("before") else None
        except ValueError:
            raise InvalidBoard(
                path, line, "a number needs `value: query.column`, and a format such as ,.0f"
            ) from None
        label = text_in(path, line, entry, "label")
        figures.append(Figure(label, value, str(entry.get("unit", "")), before))
    return Numbers(tuple(figures), line)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


def _load(path: str, line: int, text: str) -> Any:
    try:
        loaded = yaml.safe_load(text)
    except RecursionError:
        raise InvalidBoard(path, line, _TOO_DEEP) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = line + 1 + (mark.line if mark else 0)
        raise InvalidBoard(path, place, f"its YAML cannot be read ({_problem(error)})") from None
    if _is_too_large(loaded):
        raise InvalidBoard(path, line, _TOO_DEEP)
    return loaded


def _is_too_large(value: Any) -> bool:
    """Whether a YAML value is deeper or larger than any board; one that holds itself is both."""
    open_values, count = [(value, 0)], 0
    while open_values:
        item, depth = open_values.pop()
        count += 1
        if count > _MOST_PARTS or depth > _MOST_LEVELS:
            return True
        if isinstance(item, Mapping | list):
            parts = item.values() if isinstance(item, Mapping) else item
            open_values += [(part, depth + 1) for part in parts]
    return False


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", "") or type(error).__name__)


def mapping_in(path: str, line: int, text: str) -> dict[str, Any]:
    """YAML that is a mapping.

    Raises:
        InvalidBoard: it is none.
    """
    loaded = _load(path, line, text)
    if not isinstance(loaded, dict):
        raise InvalidBoard(path, line, "its YAML is not a mapping of keys to values")
    return {str(key): value for key, value in loaded.items()}


def text_in(
    path: str, line: int, options: Mapping[str, Any], key: str, default: str | None = None
) -> str:
    """The text of a key, on one line.

    Raises:
        InvalidBoard: it is missing and has no default, or is no text.
    """
    value = options.get(key, default)
    if value is None or isinstance(value, dict | list) or (default is None and value == ""):
        raise InvalidBoard(path, line, f"{key} is missing")
    return " ".join(str(value).split())
