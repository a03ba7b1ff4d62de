"""Boards in releases: published and rolled back with the data; a blank one rejects the release."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import MakeProduct
from playwright.sync_api import Browser, Page

from browser import browser, complaints, show
from first_light.boards.document import read_board
from first_light.boards.page import Edition, render_page
from first_light.boards.results import Results
from first_light.dbt.engine import QueryResult
from first_light.history.log import History
from first_light.history.record import PUBLISHED, REJECTED
from page_reader import read

__all__ = ["browser"]


@pytest.mark.slow
def test_a_blank_board_rejects_a_release(make_product: MakeProduct, page: Page) -> None:
    product = make_product()
    product.commit("good")
    clock = {"DATAOPS_NOW": (product.root / "sample/as_of.txt").read_text().strip()}
    published = product.dataops("release", env=clock).stdout
    store = product.root / "store"
    pages = store / "current" / "boards"
    assert str(pages / "index.html") in published
    assert {path.name for path in pages.iterdir()} == {
        "index.html", "returns.html", "weekly_revenue.html",
    }  # fmt: skip
    revenue_page = (pages / "weekly_revenue.html").read_text("utf-8")
    reader = read(revenue_page)
    assert reader.fetched == []
    text = " ".join("".join(reader.text).split())
    assert f"Release 1 ({(store / 'current').resolve().name})" in text
    assert "data until 2026-03-31" in text
    assert revenue_page.count('class="chart broad"') == 5
    for file in (*pages.iterdir(), store / "current" / "catalog.html"):
        page.goto(file.as_uri())
        assert complaints(page) == [], file.name

    board = product.root / "boards" / "returns.md"
    good = board.read_text("utf-8")
    board.write_text(
        good.replace("order by refunded desc", "where order__channel = 'none'"), "utf-8"
    )
    product.commit("A channel that no order has")
    rejected = product.dataops("release", code=1, env=clock).stdout
    assert "The chart Refunds by channel, EUR is empty: channels has no rows." in rejected
    assert "keep 000001" in rejected
    assert (pages / "weekly_revenue.html").read_text("utf-8") == revenue_page
    record = next(History(store / "history").newest())
    assert record.outcome == REJECTED
    findings = {finding.id for finding in record.findings}
    assert "board.exposure.my_product.returns.channels" in findings
    assert {finding.name for finding in record.findings} == {"returns"}
    revenue = next(metric for metric in record.metrics if metric.name == "revenue")
    assert revenue.value
    assert revenue.value > 0

    for finding in sorted(findings):
        product.dataops("accept", finding, "--because", "no order was cancelled yet")
    product.commit("Accept the empty board")
    product.dataops("release", env=clock)
    record = next(History(store / "history").newest())
    assert (record.outcome, record.findings) == (PUBLISHED, ())
    assert {metric.name for metric in record.metrics} >= {"revenue", "refund_rate"}
    # A query that fails is never expected.
    broken = good.replace("refunds as refunded,\n    100", "no_column as refunded,\n    100")
    board.write_text(broken, "utf-8")
    product.commit("A column that does not exist")
    assert "The query channels failed" in product.dataops("release", code=1, env=clock).stdout


RUN = "document.title='bad'"
HOSTILE = f"</text></svg><script>{RUN}</script><img src=x onerror={RUN}>"
DAYS = [date(2026, 1, 5) + timedelta(days=n) for n in range(3)]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of the browser, which fails the test if it complains of what it shows."""
    said: list[str] = []
    with contextlib.closing(browser.new_page()) as page:
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: said.append(request.url))
        yield page
    assert [text for text in said if not text.startswith(("file:", "data:"))] == []


def test_hostile_names_are_text_in_a_browser(tmp_path: Path, page: Page) -> None:
    board = read_board(
        "sales",
        f"---\ntitle: Sales {HOSTILE}\nowner: {{name: a, email: a@b.example}}\n---\n"
        f"Most: {{{{ top.name }}}} {HOSTILE}\n\n```sql top\nselect 1\n```\n"
        "```sql days\nselect 1\n```\n"
        f'```yaml chart\nquery: days\ntitle: "{HOSTILE}"\nmark: line\nencoding:\n'
        "  x: {field: day, type: temporal}\n  y: {field: amount, type: quantitative}\n"
        "  color: {field: name, type: nominal}\n```\n",
    )
    rows = [(day, 1.0, name) for day in DAYS for name in (HOSTILE, "b")]
    names = ["day", "amount", "name"]
    results = Results(
        board,
        {"top": QueryResult(["name"], [(HOSTILE,)]), "days": QueryResult(names, rows)},
    )
    rendered = render_page(results, Edition("Shop"))
    assert rendered.problems == ()
    file = tmp_path / "page.html"
    file.write_text(rendered.html, "utf-8")
    page.goto(file.as_uri())
    assert page.title() == f"Sales {HOSTILE}"
    reader = read(page.content())
    assert reader.fetched == []
    assert sum(HOSTILE in cell for row in reader.rows for cell in row) == len(DAYS)
    assert "".join(reader.text).count(f"Most: {HOSTILE} {HOSTILE}") == 1


# A board with one of everything.
BOARD = """---
title: Sales
description: By day.
owner: {name: a, email: a@b.example}
filter: {column: channel, label: Channel}
---
Until **{{ total.day }}**, with [a link](https://x.example/).

```sql total
select 1
```

```sql days
select 1
```

```sql names
select 1
```

```yaml numbers
- {label: Amount, value: total.amount, before: total.earlier, unit: EUR}
```

```yaml chart
query: days
title: Amount by day
mark: line
encoding:
  x: {field: day, type: temporal}
  y: {field: amount, type: quantitative}
  color: {field: channel, type: nominal}
```

```yaml table
query: days
title: Days
```

## Names

```yaml table
query: names
title: Names by kind
filter: {column: kind, all: false}
```
"""


@pytest.fixture
def board_file(tmp_path: Path) -> Path:
    """The page of that board."""
    days = [(day, name, 1.0 + n) for n, day in enumerate(DAYS) for name in ("app", "web")]
    rows = {
        "total": QueryResult(["day", "amount", "earlier"], [(DAYS[0], 2, 1)]),
        "days": QueryResult(["day", "channel", "amount"], days),
        "names": QueryResult(["kind", "name"], [("one", "Ada"), ("two", "Grace" * 30)]),
    }
    rendered = render_page(Results(read_board("sales", BOARD), rows), Edition("Shop", "Release 1"))
    assert rendered.problems == ()
    file = tmp_path / "sales.html"
    file.write_text(rendered.html, "utf-8")
    return file


def test_a_board_is_for_every_reader(board_file: Path, page: Page) -> None:
    page.goto(board_file.as_uri())
    show(page, "light", 1100, "screen")
    assert complaints(page) == []
    assert page.locator(".chart.broad:visible").count() == 1
    main = page.locator("main").aria_snapshot()
    for part in (
        'group "Channel": - text: Channel - radio "All" [checked]',
        'figure "Amount by day":',
        'img "Amount by day: All. Chart of 6 rows; amount from 1 to 3; the values are in',
        'columnheader "amount"',
        'heading "Names" [level=2]',
        'group "Kind: one"',
    ):
        assert part in " ".join(main.split()), main

    show(page, "dark", 1100, "screen")
    assert complaints(page) == []
    show(page, "light", 390, "screen")
    assert complaints(page) == []
    assert page.locator(".chart.narrow:visible").count() == 1

    # On paper: dark on white whatever the screen, no controls, and what was chosen in words.
    show(page, "dark", 790, "print")
    assert complaints(page) == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("fieldset:visible, details:visible, .page-filter:visible").count() == 0
    assert page.locator(".chosen:visible").all_inner_texts() == [
        "Channel: All", "Channel: All", "Kind: one",
    ]  # fmt: skip


def test_a_filter_shows_the_chosen_rows_without_a_script(board_file: Path, page: Page) -> None:
    page.goto(board_file.as_uri())

    def shown() -> list[list[str]]:
        """The second column of the rows in each part that is seen."""
        parts = page.locator(".choice:visible").all()
        cells = [part.locator("td:nth-child(2)").all_text_contents() for part in parts]
        return [sorted(set(texts)) for texts in cells]

    assert shown() == [["app", "web"], ["app", "web"], ["Ada"]]
    page.get_by_role("radio", name="web").check()
    assert shown() == [["web"], ["web"], ["Ada"]]
    page.get_by_role("radio", name="two").check()
    assert shown() == [["web"], ["web"], ["Grace" * 30]]


def test_a_page_that_excludes_readers_is_noticed(board_file: Path, page: Page) -> None:
    html = board_file.read_text("utf-8")
    faults = {
        "html-has-lang": (' lang="en"', ""),
        "svg-img-alt": (' role="img" aria-label="', ' role="img" title-="'),
        "heading-order": ("<h2>", "<h4>"),
        "color-contrast": ("--dim: #5c6066", "--dim: #b0b0b0"),
        "pixels wider": ("<main>", '<main><div style="width: 3000px">x</div>'),
    }
    for text, other in faults.values():
        assert text in html
        html = html.replace(text, other)
    board_file.write_text(html, "utf-8")
    page.goto(board_file.as_uri())
    show(page, "light", 1100, "screen")
    found = complaints(page)
    assert [rule for rule in faults if not any(rule in text for text in found)] == []
