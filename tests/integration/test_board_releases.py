"""Boards in releases: published and rolled back with the data; a blank one rejects the release."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import MakeProduct

from first_light.boards.document import read_board
from first_light.boards.page import Edition, render_page
from first_light.boards.results import Results
from first_light.dbt.engine import QueryResult
from first_light.history.log import History
from first_light.history.record import PUBLISHED, REJECTED
from page_reader import read

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(
    BROWSER is None and os.environ.get("CI") != "true",
    reason="no Chromium here: apt-get install chromium",
)


@pytest.mark.slow
def test_a_blank_board_rejects_a_release(make_product: MakeProduct) -> None:
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
    page = (pages / "weekly_revenue.html").read_text("utf-8")
    reader = read(page)
    assert reader.fetched == []
    text = " ".join("".join(reader.text).split())
    assert f"Release 1 ({(store / 'current').resolve().name})" in text
    assert "data until 2026-03-31" in text
    assert page.count('class="chart broad"') == 5

    board = product.root / "boards" / "returns.md"
    good = board.read_text("utf-8")
    board.write_text(
        good.replace("order by refunded desc", "where order__channel = 'none'"), "utf-8"
    )
    product.commit("A channel that no order has")
    rejected = product.dataops("release", code=1, env=clock).stdout
    assert "The chart Refunds by channel, EUR is empty: channels has no rows." in rejected
    assert "keep 000001" in rejected
    assert (pages / "weekly_revenue.html").read_text("utf-8") == page
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


@needs_browser
def test_hostile_names_are_text_in_a_browser(tmp_path: Path) -> None:
    assert BROWSER is not None, "no Chromium here: apt-get install chromium"
    board = read_board(
        "sales",
        f"---\ntitle: Sales {HOSTILE}\nowner: {{name: a, email: a@b.example}}\n---\n"
        f"Most: {{{{ top.name }}}} {HOSTILE}\n\n```sql top\nselect 1\n```\n"
        "```sql days\nselect 1\n```\n"
        f'```yaml chart\nquery: days\ntitle: "{HOSTILE}"\nmark: line\nencoding:\n'
        "  x: {field: day, type: temporal}\n  y: {field: amount, type: quantitative}\n"
        "  color: {field: name, type: nominal}\n```\n",
    )
    days = [date(2026, 1, 5) + timedelta(days=n) for n in range(3)]
    rows = [(day, 1.0, name) for day in days for name in (HOSTILE, "b")]
    names = ["day", "amount", "name"]
    results = Results(
        board,
        {"top": QueryResult(["name"], [(HOSTILE,)]), "days": QueryResult(names, rows)},
    )
    rendered = render_page(results, Edition("Shop"))
    assert rendered.problems == ()
    file = tmp_path / "page.html"
    file.write_text(rendered.html, "utf-8")
    done = subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", file.as_uri(),
        ],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    reader = read(done.stdout)
    assert reader.fetched == []
    title = done.stdout.partition("<title>")[2].partition("</title>")[0]
    assert title.startswith("Sales &lt;/text&gt;")
    assert sum(HOSTILE in cell for row in reader.rows for cell in row) == len(days)
    assert "".join(reader.text).count(f"Most: {HOSTILE} {HOSTILE}") == 1


@needs_browser
def test_a_filter_shows_the_chosen_rows_without_a_script(tmp_path: Path) -> None:
    assert BROWSER is not None, "no Chromium here: apt-get install chromium"
    board = read_board(
        "sales",
        "---\ntitle: Sales\nowner: {name: a, email: a@b.example}\n---\n"
        "```sql days\nselect 1\n```\n"
        "```yaml table\nquery: days\ntitle: Days\nfilter: {column: name, all: false}\n```\n",
    )
    rows = [(1, "app"), (2, "web")]
    results = Results(board, {"days": QueryResult(["amount", "name"], rows)})
    html = render_page(results, Edition("Shop")).html

    def seen(label: str, html: str) -> bytes:
        file, picture = tmp_path / f"{label}.html", tmp_path / f"{label}.png"
        file.write_text(html, "utf-8")
        subprocess.run(
            [
                str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                f"--user-data-dir={tmp_path / 'profile'}", "--window-size=600,500",
                f"--screenshot={picture}", file.as_uri(),
            ],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        return picture.read_bytes()

    first = seen("first", html)
    assert first == seen("hidden", html.replace(">2<", ">7<")), "rows of web are seen"
    assert first != seen("shown", html.replace(">1<", ">7<")), "rows of app are not seen"
    web = html.replace(" checked> app", "> app").replace("> web<", " checked> web<")
    assert first != seen("web", web), "the choice changes nothing"
