"""A board as one static HTML page: no script, nothing loaded, values never markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from first_light.boards.block_yaml import values_in
from first_light.boards.blocks import Block, Chart, Numbers, Table, Value
from first_light.boards.chart import pictures, with_colour
from first_light.boards.filters import Choice, choices
from first_light.boards.results import BLANK, BROKEN, Problem, Results
from first_light.dbt.engine import QueryResult
from first_light.utils.formats import change, formatted, number
from first_light.utils.templates import render
from first_light.utils.vega import ChartError

if TYPE_CHECKING:
    from markdown_it.token import Token

_TABLE_ROWS = 100  # of a table; of the values beneath a chart
_TEMPLATE = "boards/templates/board.html.j2"


@dataclass(frozen=True)
class Edition:
    """Of which release a page is.

    Attributes:
        product: its name.
        release: such as `release 12`; empty for a page that is not published.
        facts: what else to say of it, a sentence each: commit, times, age of the data.
        reload: seconds after which a page that is edited loads itself again; None for never.
    """

    product: str
    release: str = ""
    facts: tuple[str, ...] = ()
    reload: int | None = None


@dataclass(frozen=True)
class Page:
    """A rendered board: its page, and all that is wrong with it."""

    html: str
    problems: tuple[Problem, ...] = field(default=())


@dataclass(frozen=True)
class _Card:
    label: str
    text: str
    unit: str
    note: str
    missing: bool


def render_page(results: Results, edition: Edition) -> Page:
    """The page of a board from the rows of its queries."""
    problems = list(results.problems)
    parts: list[Markup] = []
    tokens: list[Token] = []

    def flush() -> None:
        if tokens:
            parts.append(_prose(tokens, results))
            tokens.clear()

    for index, token in enumerate(results.board.tokens):
        if token.type == "fence" and token.info.strip().startswith("sql "):
            continue
        if (block := results.board.blocks.get(index)) is None:
            tokens.append(token)
            continue
        flush()
        part, problem = block_html(block, results)
        parts.append(part)
        problems += [problem] if problem else []
    flush()
    html = render(
        _TEMPLATE,
        board=results.board,
        choices=_page_choices(results),
        has_numbers=bool(results.board.values) or _has_numbers(results),
        edition=edition,
        parts=parts,
        problems=problems,
    )
    return Page(html, tuple(problems))


def block_html(block: Block, results: Results) -> tuple[Markup, Problem | None]:
    """A block as it is on the page, and what is wrong with how it is drawn."""
    if isinstance(block, Numbers):
        return _numbers(block, results), None
    if isinstance(block, Table):
        return _table(block, results), None
    return _chart(block, results)


def _page_choices(results: Results) -> list[str]:
    """The names of what readers can choose for the whole page."""
    filter_, values = results.board.filter, results.page_values
    every = [filter_.every] if filter_ and filter_.every else []
    return [*every, *map(formatted, values)] if values else []


def _has_numbers(results: Results) -> bool:
    return any(isinstance(block, Numbers) for block in results.board.blocks.values())


def _prose(tokens: Sequence[Token], results: Results) -> Markup:
    """Text between blocks, with the values in it."""
    from markdown_it import MarkdownIt

    filled = []
    for token in tokens:
        if token.type == "inline" and token.children:
            children = [
                replace(child, content=_with_values(child.content, results))
                if child.type == "text"
                else child
                for child in token.children
            ]
            token = replace(token, children=children)
        filled.append(token)
    renderer = MarkdownIt("commonmark", {"html": False}).renderer
    return Markup(renderer.render(filled, MarkdownIt("commonmark").options, {}))


def _with_values(text: str, results: Results) -> str:
    return "".join(
        _text(part, results) if isinstance(part, Value) else part for part in values_in(text)
    )


def _text(value: Value, results: Results) -> str:
    given = results.value(value)
    return formatted(given, value.format if number(given) is not None else "")


def _numbers(block: Numbers, results: Results) -> Markup:
    cards = []
    for figure in block.figures:
        note = ""
        if figure.before is not None:
            before, after = (
                number(results.value(value)) for value in (figure.before, figure.value)
            )
            if before is not None and after is not None:
                # The change of a share in percent of it would mislead.
                moved = change(before, after)
                if figure.value.format.endswith("%"):
                    moved = f"{formatted(100 * (after - before), '+.1f')} points"
                elif figure.unit.startswith("%"):
                    moved = f"{formatted(after - before, '+.1f')} points"
                note = f"{moved} from {_text(figure.before, results)}"
        missing = results.value(figure.value) is None
        text = _text(figure.value, results)
        cards.append(_Card(figure.label, text, figure.unit, note, missing))
    return Markup(render("boards/templates/numbers.html.j2", cards=cards))


def _table(block: Table, results: Results) -> Markup:
    result, reason = results.rows.get(block.query), _blank(block, results)
    columns = list(block.columns)
    heads = [column.label for column in columns]
    styles = [column.format for column in columns]
    if result is None:
        return _rows(block.title, heads, styles, [], reason)
    names = [column.name for column in columns] or result.columns
    heads, styles = heads or list(names), styles or [""] * len(names)
    at = [result.columns.index(name) if name in result.columns else None for name in names]

    def rows(given: QueryResult, title: str, reason: str = "", label: str = "") -> Markup:
        cells = [tuple(None if i is None else row[i] for i in at) for row in given.rows]
        return _rows(title, heads, styles, cells, reason, label)

    parts = [] if reason else _choices(block, results)
    if not parts:
        return rows(result, block.title, reason)
    shown = [
        rows(part.result, "", _nothing(block, part), f"{block.title}: {part.label}")
        for part in parts
    ]
    return _filtered(block, results, parts, shown)


def _chart(block: Chart, results: Results) -> tuple[Markup, Problem | None]:
    result, reason = results.rows.get(block.query), _blank(block, results)
    if result is None or reason:
        return _figure(block, result, Markup(), reason, block.title), None
    parts, filter_ = _choices(block, results), results.filter_of(block)
    if not parts or not filter_:
        return _picture(block, result, block.title)
    drawn: list[tuple[Markup, Problem | None]] = []
    for position, part in enumerate(parts, start=-1 if filter_.every else 0):
        chart = replace(block, title=f"{block.title}: {part.label}")
        if position >= 0:
            chart = with_colour(chart, filter_.column, position)
        if reason := _nothing(block, part):
            drawn.append((_figure(chart, part.result, Markup(), reason), None))
        else:
            drawn.append(_picture(chart, part.result))
    problems = [problem for _, problem in drawn if problem]
    html = _filtered(block, results, parts, [html for html, _ in drawn])
    return html, next(iter(problems), None)


def _choices(block: Chart | Table, results: Results) -> tuple[Choice, ...]:
    """What readers can choose in a block; nothing without a filter that they can use."""
    filter_, result = results.filter_of(block), results.rows.get(block.query)
    values = results.filter_values(block) if filter_ else []
    return choices(filter_, result, values) if filter_ and result and values else ()


def _nothing(block: Chart | Table, part: Choice) -> str:
    """What stands in the place of a choice of the page that has no row here."""
    return "" if part.result.rows else block.empty or f"No rows: {part.label}."


def _picture(block: Chart, result: QueryResult, title: str = "") -> tuple[Markup, Problem | None]:
    """A chart of some rows, and what is wrong with how it is drawn."""
    svg, reason, kind = Markup(), "", BROKEN
    try:
        svg, shows = pictures(block, result)
    except ChartError as error:
        reason = f"The chart {block.title} cannot be drawn: {error}"
    else:
        if not shows:
            reason = f"The chart {block.title} is blank: no row of {block.query} is drawn."
            kind = BLANK
    problem = Problem(kind, block.query, reason, block.line) if reason else None
    return _figure(block, result, svg, reason, title), problem


def _figure(
    block: Chart, result: QueryResult | None, svg: Markup, reason: str, title: str = ""
) -> Markup:
    values = Markup()
    if result is not None and result.rows:
        styles = [""] * len(result.columns)
        values = _rows("", result.columns, styles, result.rows, "", f"Values: {block.title}")
    return Markup(
        render(
            "boards/templates/chart.html.j2",
            title=title,
            svg=svg,
            reason=reason,
            values=values,
        )
    )


def _filtered(
    block: Chart | Table, results: Results, parts: Sequence[Choice], shown: Sequence[Markup]
) -> Markup:
    """All choices of a filter; the page's style shows the chosen one, without it all are shown."""
    filter_ = results.filter_of(block)
    return Markup(
        render(
            "boards/templates/filter.html.j2",
            title=block.title,
            label=filter_.label if filter_ else "",
            name=f"filter-{block.line}" if block.filter else "",
            choices=list(zip((choice.label for choice in parts), shown)),
        )
    )


def _blank(block: Chart | Table, results: Results) -> str:
    """What stands in the place of a block that shows nothing; empty where it shows something."""
    result = results.rows.get(block.query)
    if result is None:
        return f"Not available: the query {block.query} failed."
    if not result.rows:
        return block.empty or "No rows."
    broken = [p for p in results.problems if p.line == block.line and p.kind in (BROKEN, BLANK)]
    return broken[0].message if broken else ""


def _rows(
    title: str,
    heads: Sequence[str],
    styles: Sequence[str],
    rows: Sequence[Sequence[Any]],
    reason: str,
    label: str = "",
) -> Markup:
    shown = rows[:_TABLE_ROWS]
    numbers = {
        i
        for i in range(len(heads))
        if shown and all(row[i] is None or number(row[i]) is not None for row in shown)
    }
    times = {i for i in range(len(heads)) if any(isinstance(row[i], date) for row in shown)}
    cells = [
        [
            formatted(cell, styles[i] if number(cell) is not None else "")
            for i, cell in enumerate(row)
        ]
        for row in shown
    ]
    left_out = len(rows) - len(shown)
    return Markup(
        render(
            "boards/templates/table.html.j2",
            title=title,
            label=title or label,
            heads=heads,
            rows=cells,
            numbers=numbers,
            times=times,
            reason=reason,
            more=f"The first {len(shown)} of {len(rows):,} rows." if left_out else "",
        )
    )


def index_page(boards: Mapping[str, str], edition: Edition) -> str:
    """The list of boards.

    Args:
        boards: the title of each, by name.
        edition: of which release they are.
    """
    links = [(f"{name}.html", title) for name, title in boards.items()]
    return render("boards/templates/index.html.j2", links=links, edition=edition)


__all__ = ["Edition", "Page", "index_page", "render_page"]
