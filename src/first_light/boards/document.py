"""A board as its file defines it: `boards/NAME.md`, Markdown with queries, charts and values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from first_light.boards.block_yaml import (
    KINDS,
    InvalidBoard,
    filter_in,
    mapping_in,
    read_block,
    text_in,
    values_in,
)
from first_light.boards.blocks import Block, Filter, Numbers, Value
from first_light.utils.errors import DataopsError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

FOLDER = "boards"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FRONT = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)


@dataclass(frozen=True)
class Query:
    """A block ```sql NAME: its SQL as written, and the line of its fence."""

    name: str
    sql: str
    line: int


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
        filter: what readers can choose for all charts and tables that have its column.
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
    filter: Filter | None = None

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
        raise InvalidBoard(path, 1, "it does not begin with `---`, title and owner, `---`")
    front = mapping_in(path, 1, match[1])
    unknown = sorted(set(front) - {"title", "description", "owner", "filter"})
    if unknown:
        raise InvalidBoard(
            path, 1, f"unknown key {unknown[0]}: title, description, owner or filter"
        )
    title, owner = text_in(path, 1, front, "title"), front.get("owner")
    if not (isinstance(owner, dict) and owner.get("name") and owner.get("email")):
        raise InvalidBoard(path, 1, "owner needs name and email")
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
                raise InvalidBoard(
                    path, line, f"the name {label} of a query is not unique or no word"
                )
            queries[label] = Query(label, token.content, line)
        elif language == "yaml" and label in KINDS:
            blocks[index] = read_block(path, line, label, token.content)
    board = Board(
        name, title, text_in(path, 1, front, "description", ""),
        {str(key): str(item) for key, item in owner.items()},
        queries, blocks, tuple(tokens), tuple(values), text,
        filter_in(path, 1, front.get("filter")),
    )  # fmt: skip
    for query, line in _used_queries(board):
        if query not in queries:
            known = ", ".join(queries) or "none"
            raise InvalidBoard(path, line, f"there is no query {query} (queries: {known})")
    return board


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
                raise InvalidBoard(path, line, str(error)) from None


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
