"""A board as its file defines it: `boards/NAME.md`, Markdown with queries, charts and values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from first_light.utils.errors import DataopsError
from first_light.utils.formats import is_format

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

FOLDER = "boards"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FRONT = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
_VALUE = re.compile(r"\{\{(.*?)\}\}")
_REFERENCE = re.compile(r"\s*(\w+)\.(\w+)\s*(?::([^}]*))?")
_KINDS = ("chart", "table", "numbers")
_MOST_PARTS, _MOST_LEVELS = 20_000, 50  # of a block's YAML
_TOO_DEEP = "its YAML is nested too deeply or too large"


@dataclass(frozen=True)
class Value:
    """One value of a query that has one row: the column, and how its number is written."""

    query: str
    column: str
    format: str = ""


@dataclass(frozen=True)
class Query:
    """A block ```sql NAME: its SQL as written, and the line of its fence."""

    name: str
    sql: str
    line: int


@dataclass(frozen=True)
class Chart:
    """A block ```yaml chart.

    Attributes:
        query: whose rows it draws.
        title: what it shows.
        description: for those who don't see it; empty: made from the values.
        empty: what readers see where there are no rows; empty where there must be some.
        spec: the rest: Vega-Lite.
        line: of its fence.
    """

    query: str
    title: str
    description: str
    empty: str
    spec: Mapping[str, Any]
    line: int


@dataclass(frozen=True)
class TableColumn:
    """A column of a table: its name in the query, its heading, and how its numbers are written."""

    name: str
    label: str
    format: str = ""


@dataclass(frozen=True)
class Table:
    """A block ```yaml table; without columns those of the query. The rest is as in a chart."""

    query: str
    title: str
    empty: str
    columns: tuple[TableColumn, ...]
    line: int


@dataclass(frozen=True)
class Figure:
    """A big number.

    Attributes:
        label: what it is.
        value: the number.
        unit: written after it.
        before: the number that it is compared with; None without one.
    """

    label: str
    value: Value
    unit: str = ""
    before: Value | None = None


@dataclass(frozen=True)
class Numbers:
    """A block ```yaml numbers."""

    figures: tuple[Figure, ...]
    line: int


Block = Chart | Table | Numbers


@dataclass(frozen=True)
class Board:
    """A board, read.

    Attributes:
        name: of the file, without its suffix.
        title: of the page.
        description: one sentence; empty without one.
        owner: name and e-mail.
        queries: by name.
        blocks: charts, tables and numbers, by the index of their token.
        tokens: the page as Markdown tokens.
        values: those in the text, with their lines.
        text: the file.
    """

    name: str
    title: str
    description: str
    owner: Mapping[str, str]
    queries: Mapping[str, Query]
    blocks: Mapping[int, Block]
    tokens: tuple[Token, ...] = field(repr=False)
    values: tuple[tuple[Value, int], ...] = ()
    text: str = field(default="", repr=False)

    @property
    def path(self) -> str:
        """Its file, relative to the product."""
        return f"{FOLDER}/{self.name}.md"

    def at(self, line: int) -> str:
        """A place in its file."""
        return f"{self.path}:{line}"


def read_boards(root: Path) -> tuple[Board, ...]:
    """All boards of a product, by name.

    Raises:
        DataopsError: one is not valid; it says where.
    """
    return tuple(
        read_board(path.stem, path.read_text(encoding="utf-8"))
        for path in sorted((root / FOLDER).glob("*.md"))
    )


def read_board(name: str, text: str) -> Board:
    """A board from the text of its file.

    Raises:
        DataopsError: it is not valid; it says where.
    """
    path = f"{FOLDER}/{name}.md"
    if not _NAME.fullmatch(name):
        raise DataopsError(
            "The name of a board has lower-case letters, digits and underscores.",
            where=path,
            fix=f"rename it to {re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_') or 'board'}.md",
        )
    text = text.replace("\r\n", "\n")
    match = _FRONT.match(text)
    if match is None:
        raise _Invalid(path, 1, "it does not begin with `---`, title and owner, `---`")
    front = _mapping(path, 1, match[1])
    unknown = sorted(set(front) - {"title", "description", "owner"})
    if unknown:
        raise _Invalid(path, 1, f"unknown key {unknown[0]}: title, description or owner")
    title, owner = _text(path, 1, front, "title"), front.get("owner")
    if not (isinstance(owner, dict) and owner.get("name") and owner.get("email")):
        raise _Invalid(path, 1, "owner needs name and email")
    skipped = match[0].count("\n")
    tokens = _markdown().parse("\n" * skipped + text[match.end() :])
    queries: dict[str, Query] = {}
    blocks: dict[int, Block] = {}
    values: list[tuple[Value, int]] = []
    for index, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 1
        if token.type == "inline":
            values += [(value, line) for value in _inline_values(path, line, token)]
        if token.type != "fence":
            continue
        language, _, label = token.info.strip().partition(" ")
        label = label.strip()
        if language == "sql" and label:
            if not re.fullmatch(r"[A-Za-z_]\w*", label) or label in queries:
                raise _Invalid(path, line, f"the name {label} of a query is not unique or no word")
            queries[label] = Query(label, token.content, line)
        elif language == "yaml" and label in _KINDS:
            blocks[index] = _block(path, line, label, token.content)
    board = Board(
        name, title, _text(path, 1, front, "description", ""),
        {str(key): str(item) for key, item in owner.items()},
        queries, blocks, tuple(tokens), tuple(values), text,
    )  # fmt: skip
    for query, line in _used_queries(board):
        if query not in queries:
            known = ", ".join(queries) or "none"
            raise _Invalid(path, line, f"there is no query {query} (queries: {known})")
    return board


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


class _Invalid(DataopsError):
    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(
            f"The board is not valid: {reason}.",
            where=f"{path}:{line}",
            fix="see its format: uv run dataops docs board-format",
        )


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt  # only where there are boards

    # HTML stays text; pictures would be files that no release holds.
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return markdown.disable(["image", "html_block", "html_inline"])


def _inline_values(path: str, line: int, token: Token) -> Iterator[Value]:
    for child in token.children or ():
        if child.type == "text":
            try:
                yield from (part for part in values_in(child.content) if isinstance(part, Value))
            except ValueError as error:
                raise _Invalid(path, line, str(error)) from None


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


def _block(path: str, line: int, kind: str, text: str) -> Block:
    if kind == "numbers":
        return _numbers(path, line, _load(path, line, text))
    options = _mapping(path, line, text)
    query, title = _text(path, line, options, "query"), _text(path, line, options, "title")
    empty = _text(path, line, options, "empty", "")
    rest = {k: v for k, v in options.items() if k not in ("query", "title", "empty")}
    if kind == "chart":
        description = str(rest.pop("description", ""))
        if any(key in ("data", "datasets", "url", "href") for key in _keys(rest)):
            reason = "a chart draws the rows of its query: it has no data, url or href"
            raise _Invalid(path, line, reason)
        if not rest.keys() & {"mark", "layer", "hconcat", "vconcat", "concat", "spec"}:
            raise _Invalid(path, line, "a chart needs a mark, such as `mark: line`")
        return Chart(query, title, description, empty, rest, line)
    if unknown := sorted(set(rest) - {"columns"}):
        raise _Invalid(path, line, f"unknown key {unknown[0]}: query, title, columns or empty")
    columns = rest.get("columns") or {}
    if not isinstance(columns, dict):
        raise _Invalid(path, line, "columns are a mapping of names to headings")
    return Table(
        query, title, empty, tuple(_column(path, line, *item) for item in columns.items()), line
    )


def _column(path: str, line: int, name: str, given: Any) -> TableColumn:
    if not isinstance(given, dict):
        return TableColumn(str(name), str(given or name))
    style = str(given.get("format", ""))
    if set(given) - {"label", "format"} or not is_format(style):
        raise _Invalid(path, line, f"column {name} may have a label and a format, such as ,.0f")
    return TableColumn(str(name), str(given.get("label", name)), style)


def _numbers(path: str, line: int, given: Any) -> Numbers:
    entries = given if isinstance(given, list) else [given]
    figures = []
    for entry in entries:
        allowed = {"label", "value", "format", "unit", "before"}
        if not isinstance(entry, dict) or set(entry) - allowed or not entry.get("value"):
            raise _Invalid(path, line, f"a number has {', '.join(sorted(allowed))}")
        style = str(entry.get("format", ""))
        try:
            value = _value(f"{entry['value']}:{style}")
            before = _value(f"{entry['before']}:{style}") if entry.get("before") else None
        except ValueError:
            raise _Invalid(
                path, line, "a number needs `value: query.column`, and a format such as ,.0f"
            ) from None
        label = _text(path, line, entry, "label")
        figures.append(Figure(label, value, str(entry.get("unit", "")), before))
    return Numbers(tuple(figures), line)


def _used_queries(board: Board) -> Iterator[tuple[str, int]]:
    for value, line in board.values:
        yield value.query, line
    for block in board.blocks.values():
        if isinstance(block, Numbers):
            for figure in block.figures:
                yield figure.value.query, block.line
                if figure.before:
                    yield figure.before.query, block.line
        else:
            yield block.query, block.line


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
        raise _Invalid(path, line, _TOO_DEEP) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = line + 1 + (mark.line if mark else 0)
        raise _Invalid(path, place, f"its YAML cannot be read ({_problem(error)})") from None
    if _is_too_large(loaded):
        raise _Invalid(path, line, _TOO_DEEP)
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


def _mapping(path: str, line: int, text: str) -> dict[str, Any]:
    loaded = _load(path, line, text)
    if not isinstance(loaded, dict):
        raise _Invalid(path, line, "its YAML is not a mapping of keys to values")
    return {str(key): value for key, value in loaded.items()}


def _text(
    path: str, line: int, options: Mapping[str, Any], key: str, default: str | None = None
) -> str:
    value = options.get(key, default)
    if value is None or isinstance(value, dict | list) or (default is None and value == ""):
        raise _Invalid(path, line, f"{key} is missing")
    return " ".join(str(value).split())
