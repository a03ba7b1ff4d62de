"""Boards: their format, what their queries may read, what readers would miss, and their pages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from jsonschema import Draft202012Validator

from first_light.boards.blocks import Chart
from first_light.boards.chart import pictures
from first_light.boards.compare import changes
from first_light.boards.document import Board, read_board
from first_light.boards.exposures import FILE, exposures_yaml, raise_if_outdated, write_exposures
from first_light.boards.metric_tables import MetricTables
from first_light.boards.page import Edition, render_page
from first_light.boards.render import render_boards
from first_light.boards.results import Results, run
from first_light.boards.sql import columns_without, references
from first_light.dbt.engine import QueryResult
from first_light.dbt.manifest import Manifest, Node
from first_light.metrics.definitions import Semantics
from first_light.utils.chart_process import ChartError, ChartProcess, ChartProcesses
from first_light.utils.errors import DataopsError
from first_light.utils.formats import change, formatted, is_format
from first_light.warehouse.copied import on_copies
from page_reader import read

HEAD = "---\ntitle: Sales\nowner: {name: Shop, email: shop@example.com}\n---\n"
SQL = "```sql days\nselect day, channel, amount from {{ ref('sales') }} order by 1, 2\n```\n"
CHART = (
    "```yaml chart\nquery: days\ntitle: Sales by day\nmark: line\nencoding:\n"
    "  x: {field: day, type: temporal}\n  y: {field: amount, type: quantitative}\n"
    "  color: {field: channel, type: nominal}\n```\n"
)
TOTAL = "```sql total\nselect sum(amount) as amount, max(day) as day from {{ ref('sales') }}\n```\n"
NUMBERS = "```yaml numbers\nlabel: Amount\nvalue: total.amount\nformat: ',.0f'\nunit: EUR\n```\n"
TEXT = "Until {{ total.day }}: **{{ total.amount:,.1f }}** EUR.\n\n"
WHOLE = HEAD + TEXT + TOTAL + NUMBERS + SQL + CHART
SALES = Node(
    "model.shop.sales", "model", "sales", "models/sales.sql",
    schema="main", alias="sales", relation='"memory"."main"."sales"',
)  # fmt: skip
MANIFEST = Manifest({SALES.unique_id: SALES}, {})
BUILT = {("main", "sales"): ["day", "channel", "amount", "email"]}
DAYS = [date(2026, 1, 5) + timedelta(days=n) for n in range(4)]
ROWS = [(day, channel, 10.0) for day in DAYS for channel in ("app", "web")]


class Shop:
    """A warehouse with one table; `queries` runs on it."""

    name = "duckdb"

    def __init__(self, rows: Sequence[tuple[date, str, float | None]]) -> None:
        self._connection = duckdb.connect()
        self._connection.execute(
            "create table sales (day date, channel varchar, amount double, email varchar)"
        )
        for row in rows:
            self._connection.execute("insert into sales values (?, ?, ?, 'a@b.example')", row)

    def run(self, query: str) -> QueryResult:
        try:
            cursor = self._connection.execute(query)
        except duckdb.Error as error:
            raise DataopsError(
                "The query failed in the warehouse.", where=str(error).splitlines()[0]
            ) from error
        return QueryResult([column[0] for column in cursor.description], cursor.fetchall())


def results_of(
    text: str,
    rows: Sequence[tuple[date, str, float | None]] = ROWS,
    withheld: Mapping[tuple[str, str], Sequence[str]] | None = None,
) -> Results:
    columns = columns_without(BUILT, withheld or {})
    metrics = MetricTables(Semantics({}), MANIFEST, "duckdb")
    return run(read_board("sales", text), MANIFEST, columns, Shop(rows).run, metrics)


def messages(results: Results) -> list[tuple[str, str]]:
    """What is wrong with a board: how bad, and the sentence."""
    page = render_page(results, Edition("Shop"))
    return [(problem.level, problem.message) for problem in page.problems]


# ── The format ───────────────────────────────────────────────────────────────────────────────────


def test_a_board_is_read() -> None:
    board = read_board("sales", WHOLE)
    assert (board.title, board.owner["email"]) == ("Sales", "shop@example.com")
    assert list(board.queries) == ["total", "days"]
    assert [type(block).__name__ for block in board.blocks.values()] == ["Numbers", "Chart"]
    assert [(value.column, value.format, line) for value, line in board.values] == [
        ("day", "", 5),
        ("amount", ",.1f", 5),
    ]
    assert board.queries["total"].line == 7


@pytest.mark.parametrize(
    ("text", "reason", "place"),
    [
        ("# Sales\n", "does not begin with", "boards/sales.md:1"),
        ("---\ntitle: Sales\n---\n", "owner needs name and email", "boards/sales.md:1"),
        (HEAD.replace("title", "tilte"), "unknown key tilte", "boards/sales.md:1"),
        (HEAD + "\n{{ total.x | upper }}\n", "is not {{ query.column }}", "boards/sales.md:6"),
        (HEAD + "{{ total.x:>10 }}\n", "is not a format", "boards/sales.md:5"),
        (HEAD + "{{ nosuch.x }}\n", "there is no query nosuch", "boards/sales.md:5"),
        (HEAD + SQL + SQL, "is not unique", "boards/sales.md:8"),
        (HEAD + SQL + CHART.replace("mark: line\n", ""), "needs a mark", "boards/sales.md:8"),
        (HEAD + SQL + CHART.replace("title: Sales by day\n", ""), "title is missing", ":8"),
        (HEAD + SQL + CHART.replace("mark: line", "mark: [line"), "YAML cannot be read", ":12"),
        (
            HEAD + SQL + CHART.replace("mark: line", "mark: line\ndata: {url: http://x.example}"),
            "it has no data, url or href",
            "boards/sales.md:8",
        ),
        (
            HEAD + SQL + CHART.replace("encoding:", "encoding:\n  href: {field: channel}"),
            "it has no data, url or href",
            "boards/sales.md:8",
        ),
    ],
)
def test_what_is_not_valid_says_where(text: str, reason: str, place: str) -> None:
    with pytest.raises(DataopsError) as error:
        read_board("sales", text)
    assert reason in error.value.message
    assert error.value.where.endswith(place)


def test_the_name_of_a_file_is_that_of_an_exposure() -> None:
    with pytest.raises(DataopsError, match="lower-case letters") as error:
        read_board("Sales-2", HEAD)
    assert error.value.fix == "rename it to sales_2.md"


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (1234567, "", "1,234,567"),
        (-1234.5, "", "−1,234.50"),
        (2.0, "", "2"),
        (0.256, ".1%", "25.6%"),
        (1234.5, ",d", "1,234"),
        (1.5, ",.2", "1.50"),
        (None, ",d", "–"),
        (float("nan"), "", "–"),
        (True, "", "yes"),
        (date(2026, 1, 5), "", "2026-01-05"),
        ("<b>", "", "<b>"),
    ],
)
def test_values_as_readers_see_them(value: Any, style: str, text: str) -> None:
    assert is_format(style)
    assert formatted(value, style) == text


def test_changes_in_percent() -> None:
    assert change(41_210, 38_900) == "−5.6\u00a0%"
    assert change(0, 5) == "+5"
    assert change(5, 5) == "no change"


def test_the_sql_of_a_server_runs_on_copies_of_its_tables() -> None:
    sql = """
        select to_char(day, 'YYYY-MM') as month, sum(amount) filter (where channel = 'app') as a
        from "server"."main"."sales" group by 1"""
    result = on_copies(Shop(ROWS), "postgres").run(sql)
    assert (result.columns, [tuple(row) for row in result.rows]) == (
        ["month", "a"], [("2026-01", 40.0)],
    )  # fmt: skip
    with pytest.raises(DataopsError, match="cannot be read"):
        on_copies(Shop(ROWS), "postgres").run("select from where")
    shop = Shop(ROWS)
    assert on_copies(shop, "duckdb") is shop


# ── Filters ──────────────────────────────────────────────────────────────────────────────────────


FILTER = CHART.replace("mark: line\n", "mark: line\nfilter: {column: channel, label: Way}\n")
TABLE = "```yaml table\nquery: days\ntitle: Days\nfilter: {column: channel, all: false}\n```\n"


def test_every_choice_of_a_filter_is_on_the_page() -> None:
    page = render_page(results_of(HEAD + SQL + FILTER + TABLE), Edition("Shop"))
    assert page.problems == ()
    assert re.findall(r'radio" name="([^"]*)"( checked)?> ([^<]*)<', page.html) == [
        ("filter-8", " checked", "All"), ("filter-8", "", "app"), ("filter-8", "", "web"),
        ("filter-18", " checked", "app"), ("filter-18", "", "web"),
    ]  # fmt: skip
    chart, table = page.html.split('<figure class="board choices">')[1:]
    rows = [re.findall(r"<td[^>]*>(app|web)<", part) for part in chart.split('"choice"')[1:]]
    assert rows == [["app", "web"] * 4, ["app"] * 4, ["web"] * 4]
    assert re.findall(r'chosen">([^<]*)<', chart) == ["Way: All", "Way: app", "Way: web"]
    assert re.findall(r'chosen">([^<]*)<', table) == ["Channel: app", "Channel: web"]
    # Alone, a series has the colour that it has among all.
    lines = [set(re.findall(r'stroke="(var\(--c\d\))"', part)) for part in chart.split('"choice"')]
    assert lines[1:] == [{"var(--c1)", "var(--c2)"}, {"var(--c1)"}, {"var(--c2)"}]
    assert read(page.html).fetched == []


@pytest.mark.parametrize(
    ("channel", "reason"),
    [
        ("null", "has no values: channel is null in every row"),
        ("'c' || row_number() over ()", "has 13 values of channel: 12 are possible"),
        ("[channel]", "cannot use channel: it holds lists"),
    ],
)
def test_a_filter_that_readers_cannot_use_rejects(channel: str, reason: str) -> None:
    sql = f"select day, {channel} as channel, amount from {{{{ ref('sales') }}}}"
    rows = [(DAYS[0], "web", 1.0)] * 13
    board = f"{HEAD}```sql days\n{sql}\n```\n{FILTER}"
    ((level, message),) = messages(results_of(board, rows))
    assert (level, reason in message) == ("error", True), message


def test_a_choice_that_shows_nothing_rejects() -> None:
    rows = [*ROWS, (DAYS[0], "shop", None)]
    ((level, message),) = messages(results_of(HEAD + SQL + FILTER, rows))
    assert level == "error"
    assert message == "The chart Sales by day: shop is blank: no row of days is drawn."


PAGE_FILTER = HEAD.replace("owner", "filter: {column: channel, label: Way}\nowner")
FEW = "```sql few\nselect channel, 1 as n from {{ ref('sales') }} where channel = 'app'\n```\n"
TABLES = "".join(
    f"```yaml table\nquery: {query}\ntitle: {title}\n{more}```\n"
    for query, title, more in (("few", "Few", ""), ("days", "Whole", "filter: false\n"))
)


def test_a_filter_of_the_page_applies_to_all_that_have_its_column() -> None:
    results = results_of(PAGE_FILTER + TOTAL + NUMBERS + SQL + FEW + CHART + TABLES)
    page = render_page(results, Edition("Shop"))
    assert page.problems == ()
    assert re.findall(r'radio" name="([^"]*)"( checked)?> ([^<]*)<', page.html) == [
        ("filter-page", " checked", "All"), ("filter-page", "", "app"), ("filter-page", "", "web"),
    ]  # fmt: skip
    assert "Numbers and text show all." in page.html
    chart, few = page.html.split('<figure class="board follows">')[1:]
    few, _, whole = few.partition("Whole")
    rows = [re.findall(r"<td[^>]*>(app|web)<", part) for part in chart.split('"choice"')[1:]]
    assert rows == [["app", "web"] * 4, ["app"] * 4, ["web"] * 4]
    assert few.count("<td>app<") == 8, "all rows, and those of app"
    assert few.count("No rows: web.") == 1
    assert (whole.count("<td>app<"), whole.count('"choice"')) == (4, 0)


def test_a_filter_of_the_page_that_nothing_has_rejects() -> None:
    text = PAGE_FILTER.replace("channel", "country") + SQL + CHART
    ((level, message),) = messages(results_of(text))
    assert level == "error"
    assert message == "The filter of the page has no effect: no chart or table has country."


def test_a_filter_of_the_page_that_nobody_can_use_rejects() -> None:
    sql = "select day, null as channel, amount from {{ ref('sales') }}"
    results = results_of(f"{PAGE_FILTER}```sql days\n{sql}\n```\n{CHART}")
    assert [p.message for p in results.problems] == [
        "The filter of the page has no values: channel is null in every row."
    ]
    assert "filter-page" not in render_page(results, Edition("Shop")).html


def test_a_filter_reads_a_column_of_its_query() -> None:
    text = HEAD + SQL + FILTER.replace("column: channel", "column: country")
    ((_, message),) = messages(results_of(text))
    assert "has no column country" in message
    with pytest.raises(DataopsError, match="a filter has a column"):
        read_board("sales", HEAD + SQL + FILTER.replace("column: channel", "columns: channel"))


# ── What queries may read ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "sql",
    [
        "select * from {{ ref('sales') }}",
        "with sales as (select * from {{ ref('sales') }}) select * from sales",
        "select s.* from {{ ref('sales') }} as s, unnest([1]) as t (x)",
    ],
)
def test_readers_get_no_personal_column(sql: str) -> None:
    results = results_of(f"{HEAD}```sql q\n{sql}\n```\n", withheld={("main", "sales"): ["EMAIL"]})
    assert not results.problems
    assert "email" not in results.rows["q"].columns
    assert {"day", "channel", "amount"} <= set(results.rows["q"].columns)


def test_a_query_of_a_personal_column_fails_and_says_why() -> None:
    board = read_board("sales", f"{HEAD}```sql q\nselect email from {{{{ ref('sales') }}}}\n```\n")
    hidden = {("main", "sales"): ("email",)}
    (rendered,) = render_boards(
        [board],
        MANIFEST,
        Semantics({}),
        Shop(ROWS),
        columns_without(BUILT, hidden),
        lambda board: Edition("Shop"),
        {"sales": ("email",)},
    )
    (problem,) = rendered.problems
    assert problem.level == "error"
    assert "sales.email holds personal data, which readers do not get" in problem.message
    assert "a@b.example" not in rendered.page.html


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select * from sales", "reads sales, which is no ref()"),
        ("select * from main.sales", "which is no ref()"),
        ("select * from 'raw/x.csv'", "which is no ref()"),
        ("select * from read_csv('raw/x.csv')", "reads read_csv, which is no ref()"),
        ("select * from query('select 1')", "which is no ref()"),
        ("with sales as (select * from sales) select * from sales", "reads sales, which is no"),
        ("select (with t as (select 1 as x) select x from t), email from t", "reads t, which is"),
        ("select query_to_xml('select email from sales', true, false, '')", "reads query_to_xml"),
        ("select pg_read_file('/etc/passwd')", "reads pg_read_file"),
        ("select current_setting('s3_secret_access_key')", "reads current_setting"),
        ("drop table sales", "is not one select"),
        ("select 1; select 2", "is not one select"),
        ("select * from {{ source('raw', 'x') }}", "can use ref(), metric() and nothing else"),
        ("select * from {{ ref('nosuch') }}", "There is no model nosuch"),
        ("select from where", "cannot be read"),
    ],
)
def test_queries_read_models_and_nothing_else(sql: str, reason: str) -> None:
    results = results_of(f"{HEAD}```sql q\n{sql}\n```\n")
    (problem,) = results.problems
    assert reason in problem.message
    assert problem.level == "error"


# ── What readers would miss ──────────────────────────────────────────────────────────────────────


def test_nothing_is_wrong_with_a_good_board() -> None:
    results = results_of(WHOLE)
    assert messages(results) == []
    page = read(render_page(results, Edition("Shop")).html)
    assert page.fetched == []
    text = " ".join(" ".join(page.text).split())
    assert "Until 2026-01-08: 80.0 EUR." in text
    assert "80 EUR" in text
    assert ["2026-01-05", "app", "10"] in page.rows


@pytest.mark.parametrize(
    ("text", "rows", "level", "message"),
    [
        (WHOLE, [], "error", "The chart Sales by day is empty: days has no rows."),
        (WHOLE, [], "error", "The number Amount is null."),
        (WHOLE, [], "error", "total.day is null."),
        (
            WHOLE,
            [(day, channel, None) for day, channel, _ in ROWS],
            "error",
            "The chart Sales by day is blank: amount is null in every row.",
        ),
        (
            WHOLE,
            ROWS[:1],
            "error",
            "The chart Sales by day is blank: no row of days is drawn.",
        ),
        (
            WHOLE,
            [row for row in ROWS if row[1] == "app" or row[0] < DAYS[2]],
            "warn",
            "In the chart Sales by day the series web ends at 2026-01-06; "
            "the others go on to 2026-01-08.",
        ),
        (
            WHOLE.replace("field: amount", "field: amuont"),
            ROWS,
            "error",
            "The query days has no column amuont (columns: day, channel, amount).",
        ),
        (
            WHOLE.replace("total.amount\n", "days.amount\n"),
            ROWS,
            "error",
            "The number Amount needs a query with one row; days has 8.",
        ),
        (
            WHOLE.replace("mark: line", "mark: lien"),
            ROWS,
            "error",
            "The chart Sales by day cannot be drawn",
        ),
        (
            WHOLE.replace(
                "from {{ ref('sales') }} order", "from {{ ref('sales') }}, range(9999) order"
            ),
            ROWS,
            "error",
            "The query days has more than 5,000 rows",
        ),
    ],
)
def test_what_readers_would_miss(
    text: str, rows: Sequence[tuple[date, str, float | None]], level: str, message: str
) -> None:
    seen = messages(results_of(text, rows))
    assert any(entry[0] == level and entry[1].startswith(message) for entry in seen), seen


def test_a_last_step_without_a_value_is_no_ended_series() -> None:
    rows = [row for row in ROWS if row[1] == "app" or row[0] < DAYS[3]]
    assert messages(results_of(WHOLE, rows)) == []


def test_bars_of_zero_are_no_blank_chart() -> None:
    text = HEAD + SQL + CHART.replace("mark: line", "mark: bar")
    assert messages(results_of(text, [(day, "app", 0.0) for day in DAYS])) == []


def test_a_chart_may_be_empty_where_its_author_says_so() -> None:
    text = HEAD + SQL + CHART.replace("mark:", "empty: No sales yet.\nmark:")
    results = results_of(text, [])
    assert messages(results) == []
    assert "No sales yet." in render_page(results, Edition("Shop")).html


# ── The page ─────────────────────────────────────────────────────────────────────────────────────

HOSTILE = "</text><script>document.title='bad'</script><img src=x onerror=alert(1)>{{ total.day }}"


def test_values_and_names_are_never_markup() -> None:
    rows = [(day, channel, amount) for day, _, amount in ROWS for channel in (HOSTILE, "\x0b*a*")]
    text = (WHOLE + "<script>alert(1)</script> [a](javascript:alert(1))\n\n").replace(
        "title: Sales\n", "title: <script>alert(2)</script>\n"
    )
    text += "```sql names\nselect max(channel) as name from {{ ref('sales') }}\n```\n"
    text += "**{{ names.name }}**\n"
    page = render_page(results_of(text, rows), Edition("<i>Shop"))
    assert page.problems == ()
    reader = read(page.html)
    assert reader.fetched == []
    assert [HOSTILE in cell for row in reader.rows for cell in row].count(True) == len(ROWS)
    assert "<i>" not in page.html
    assert "javascript:" not in re.sub(r">[^<]*<", "><", page.html)


@pytest.mark.parametrize(
    "options",
    [
        "mark: {type: bar, fill: 'url(https://evil.example/x)'}",
        "background: 'URL( https://evil.example/x)'\nmark: bar",
        "mark: {type: text, font: 'url(https://evil.example/x)'}",
        "mark: {type: bar, color: {gradient: linear, stops: "
        "[{offset: 0, color: 'url(https://evil.example/x)'}]}}",
    ],
)
def test_a_picture_names_no_address(options: str) -> None:
    address = "url(https://evil.example/x)"
    rows = [(day, address, amount) for day, _, amount in ROWS]
    chart = CHART.replace("mark: line", options).replace(
        "type: nominal}", "type: nominal, scale: null}"
    )
    assert chart.count("scale: null") == 1
    page = render_page(results_of(HEAD + SQL + chart, rows), Edition("Shop"))
    assert not page.problems
    attributes = re.findall(r"<[^>]*>", page.html.partition("<body")[2])
    assert not [tag for tag in attributes if "evil" in tag]


@pytest.mark.parametrize(
    "options",
    [
        "mark: &a\n  type: bar\n  x: *a",
        "encoding: " + "{x: " * 900 + "1" + "}" * 900,
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}]\n" for a, b in pairwise("abcdefghij")),
    ],
)
def test_a_block_of_any_depth_is_rejected_in_words(options: str) -> None:
    block = f"```yaml chart\nquery: days\ntitle: t\n{options}\n```\n"
    with pytest.raises(DataopsError, match="nested too deeply or too large"):
        read_board("sales", HEAD + SQL + block)


def test_a_chart_that_needs_too_much_ends_its_own_process_only() -> None:
    library = ChartProcess()
    good = {
        "mark": "bar",
        "data": {"values": [{"a": 1}]},
        "encoding": {"x": {"field": "a", "type": "quantitative"}},
    }
    try:
        assert library.svg(good).startswith("<svg")
        with pytest.raises(ChartError, match="too much memory or time"):
            library.svg({**good, "width": 1_000_000_000}, 2)
        assert library.svg(good).startswith("<svg")
        with pytest.raises(ChartError, match="conversion failed"):
            library.svg({**good, "mark": "no such"})
    finally:
        library.close()


def test_processes_that_draw_at_once_give_each_chart_its_own_answer() -> None:
    library = ChartProcesses(2)
    try:
        library.start()
        specs = [
            {"mark": "text", "data": {"values": [{}]}, "encoding": {"text": {"value": f"no {n}"}}}
            for n in range(6)
        ]
        with ThreadPoolExecutor(6) as threads:
            svgs = list(threads.map(library.svg, specs))
        assert [f"no {n}" in svg for n, svg in enumerate(svgs)] == [True] * 6
    finally:
        library.close()


def test_pictures_share_no_id_and_say_what_they_show() -> None:
    text = HEAD + SQL + CHART + CHART.replace("Sales by day", "Again")
    html = render_page(results_of(text), Edition("Shop")).html
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    labels = re.findall(r'role="img" aria-label="([^"]+)"', html)
    assert labels[0] == (
        "Sales by day. Chart of 8 rows; amount from 10 to 10; the values are in the table below it."
    )
    assert html.count('class="chart broad"') == html.count('class="chart narrow"') == 2


def test_an_axis_of_time_has_few_labels_whatever_the_number_of_days() -> None:
    days = [DAYS[0] + timedelta(days=n) for n in range(200)]
    board = read_board("sales", HEAD + SQL + CHART)
    (chart,) = board.blocks.values()
    assert isinstance(chart, Chart)
    rows = QueryResult(["day", "channel", "amount"], [(day, "web", 1000.0) for day in days])
    svg, _ = pictures(chart, rows)
    broad, narrow = (part.count("<text") for part in svg.split("</svg>")[:2])
    assert broad <= 24, "about 8 labels of days, 6 of amounts, and titles"
    assert narrow <= 18


def test_every_bar_and_month_has_its_name_as_long_as_they_fit() -> None:
    def hidden(spec: str, names: list[str], rows: list[tuple[Any, ...]]) -> list[str]:
        (block,) = read_board(
            "s", f"{HEAD}{SQL}```yaml chart\nquery: days\ntitle: T\n{spec}```\n"
        ).blocks.values()
        assert isinstance(block, Chart)
        broad = pictures(block, QueryResult(names, rows))[0].split("</svg>")[0]
        return re.findall(r'opacity="0">([^<]+)<', broad)

    y = "y: {field: name, type: nominal, title: null}\n"
    x = "x: {field: amount, type: quantitative, title: null}\n"
    bars: list[tuple[Any, ...]] = [(f"{'Long ' * (n % 4)}name {n}", n + 1) for n in range(16)]
    spec = f"mark: bar\nheight: {{step: 24}}\nencoding:\n  {y}  {x}"
    assert hidden(spec, ["name", "amount"], bars) == []
    assert hidden(spec.replace("{step: 24}", "60"), ["name", "amount"], bars) != []
    first = date(2012, 12, 31)
    weeks: list[tuple[Any, ...]] = [(first + timedelta(weeks=n), n) for n in range(53)]
    time = (
        "x: {field: day, type: temporal, title: null}\n  y: {field: amount, type: quantitative}\n"
    )
    assert hidden(f"mark: line\nencoding:\n  {time}", ["day", "amount"], weeks) == []
    # Side by side each second name is hidden, where one is too long.
    names = [(f"a long name {n}" if n == 4 else f"name {n}", n + 1) for n in range(12)]
    side = "mark: bar\nencoding:\n  x: {field: name, type: nominal, axis: {labelAngle: 0}}\n"
    side += "  y: {field: amount, type: quantitative}\n"
    assert hidden(side, ["name", "amount"], names) == [name for name, _ in sorted(names)[1::2]]


# ── Exposures ────────────────────────────────────────────────────────────────────────────────────


def test_boards_are_exposures_and_drift_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    text = WHOLE.replace("title: Sales\n", "title: 'A {{b}}: c'\n", 1)
    boards: list[Board] = [read_board("sales", text)]
    (exposure,) = yaml.safe_load(exposures_yaml(boards))["exposures"]
    assert exposure["label"] == "A {{b}}: c"
    assert exposure["depends_on"] == ["ref('sales')"]
    assert "{{" not in exposures_yaml(boards), "dbt would render it"
    assert write_exposures(tmp_path, boards)
    assert not write_exposures(tmp_path, boards)
    raise_if_outdated(tmp_path, boards)
    with pytest.raises(DataopsError, match=FILE):
        raise_if_outdated(tmp_path, [])
    assert write_exposures(tmp_path, [])
    assert not (tmp_path / FILE).exists()


# ── Two sides ────────────────────────────────────────────────────────────────────────────────────


def test_a_change_is_said_in_numbers() -> None:
    before = results_of(WHOLE)
    after = results_of(WHOLE, [(d, c, a / 2 if c == "web" else a) for d, c, a in ROWS])
    text, numbers, chart = changes(before, after)
    assert text.sentences == ("total.amount: 80.0 → 60.0 (−25.0\u00a0%)",)
    assert numbers.sentences == ("Amount: 80 → 60 EUR (−25.0\u00a0%)",)
    assert chart.title == "Sales by day"
    assert chart.sentences == (
        "amount: 80 → 60 (−25.0\u00a0%) in total; 4 of 8 rows differ; all of it channel = web",
    )
    assert changes(before, before) == ()


def test_charts_that_come_go_or_are_drawn_in_another_way() -> None:
    before = results_of(HEAD + SQL + CHART)
    after = results_of(HEAD + SQL + CHART.replace("Sales by day", "Sales"))
    assert [(c.title, c.kind) for c in changes(before, after)] == [
        ("Sales", "added"),
        ("Sales by day", "removed"),
    ]
    bars = results_of(HEAD + SQL + CHART.replace("mark: line", "mark: bar"))
    assert changes(before, bars)[0].sentences == ("it is drawn in another way",)
    assert changes(None, before)[0].kind == "added"
    fewer = results_of(HEAD + SQL + CHART, ROWS[:6])
    assert changes(before, fewer)[0].sentences[0] == "rows: 8 → 6 (2 removed)"


# ── Help of editors ──────────────────────────────────────────────────────────────────────────────


REPOSITORY = Path(__file__).parents[2]
SCHEMA = json.loads((REPOSITORY / "docs/reference/board.schema.json").read_text("utf-8"))


def is_of_schema(kind: str, text: str) -> bool:
    schema = {**SCHEMA, "$ref": f"#/$defs/{kind}"}
    return bool(Draft202012Validator(schema).is_valid(yaml.safe_load(text)))


def is_accepted(kind: str, text: str) -> bool:
    try:
        if kind == "head":
            read_board("sales", f"---\n{text}\n---\n")
        else:
            block = f"```yaml {kind}\n{text}\n```\n"
            read_board("sales", HEAD + SQL + "```sql total\nselect 1 as amount\n```\n" + block)
    except DataopsError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "text", "good"),
    [
        ("head", "title: a\nowner: {name: b, email: c}", True),
        ("head", "title: a\nowner: {name: b}", False),
        ("head", "title: a\nowner: {name: b, email: c}\nauthor: d", False),
        ("head", "title: a\nfilter: channel\nowner: {name: b, email: c}", True),
        ("head", "title: a\nfilter: {label: b}\nowner: {name: b, email: c}", False),
        ("chart", "query: days\ntitle: a\nmark: bar\nfilter: channel\nwidth: 300", True),
        ("chart", "query: days\ntitle: a", False),
        ("chart", "query: days\nmark: bar", False),
        ("chart", "query: days\ntitle: a\nmark: bar\ndata: {values: []}", False),
        ("chart", "query: days\ntitle: a\nmark: bar\nfilter: {label: b}", False),
        ("chart", "query: days\ntitle: a\nmark: bar\nfilter: {column: b, all: false}", True),
        ("table", "query: days\ntitle: a\ncolumns: {day: , amount: {format: '.1f'}}", True),
        ("table", "query: days\ntitle: a\ncolumns: {amount: {format: 'x'}}", False),
        ("table", "query: days\ntitle: a\nfilter: false", True),
        ("table", "query: days\ntitle: a\nmark: bar", False),
        ("numbers", "{label: a, value: total.amount, unit: EUR}", True),
        ("numbers", "[{label: a, value: total.amount, before: total.amount}]", True),
        ("numbers", "{label: a, value: total}", False),
        ("numbers", "{label: a, value: total.amount, colour: red}", False),
    ],
)
def test_the_schema_accepts_what_is_a_board(kind: str, text: str, good: bool) -> None:
    assert is_accepted(kind, text) == good
    assert is_of_schema(kind, text) == good


def test_the_snippets_of_the_editor_make_a_board() -> None:
    file = REPOSITORY / "template/.vscode/boards.code-snippets"
    snippets = json.loads(file.read_text("utf-8"))
    parts = []
    for name in ("Board", "Query", "Metric", "Chart", "Table", "Numbers"):
        text = "\n".join(snippets[name]["body"]).replace("$0", "")
        text = re.sub(r"\$\{\d+\|([^,|]*)[^}]*\}", r"\1", text)
        parts.append(re.sub(r"\$\{\d+:([^}]*)\}", r"\1", text))
    board = read_board("sales", "\n".join(parts) + "\n```sql total\nselect 1 as revenue\n```\n")
    assert len(board.blocks) == 3
    assert references(board).metrics == ("revenue",)
