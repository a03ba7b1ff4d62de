"""The report: its numbers are the records', it asks nobody anything, and a browser shows it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page
from rich.console import Console

import ops_history as ops
import release_worker as worker
from browser import browser, complaints, show
from first_light.cli.app import app
from first_light.cli.output.status import show_status
from first_light.dbt.manifest import CalledTest, Column, Manifest, Node
from first_light.figures.compute import NAMES, ledger, value_text
from first_light.history.exercises import StrengthFact
from first_light.history.record import FindingRun, Record, RelationProfile
from first_light.incidents.derive import Incident, incidents
from first_light.project.product import Product
from first_light.report.answers import answers
from first_light.report.facts import Age, Facts, Volume, coverage, gather
from first_light.report.page import page
from first_light.report.write import report, report_json
from first_light.status.current import Readers, Status, status
from first_light.utils.chart_process import library
from first_light.utils.timestamps import moment
from page_reader import read
from plain_figures import Plain
from shop_manifest import MANIFEST

__all__ = ["browser"]

_ANSWERS = {"team": "Data <team>", "contact": "data@example.com"}
_BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(
    _BROWSER is None and os.environ.get("CI") != "true",
    reason="no Chromium here: apt-get install chromium",
)


_ELSEWHERE = '<img alt="" src="http://elsewhere.example/x.png">'


def past(runs: int) -> list[Record]:
    """So many runs, with volumes that vary; the last one is rejected, if there are many."""
    if not runs:
        return []
    records = ops.simulate(runs * 2, 3, seed=runs)[:runs]
    if runs == 1:
        team = ops.Simulation()
        team.code(ops.START, "orders")
        records = [team.run(ops.START)]
    chance = random.Random(runs)
    filled = []
    for n, record in enumerate(records):
        if record.command == "release" and record.nodes:
            failing = ["test.shop.stg_orders"] if n == len(records) - 1 and runs > 1 else []
            document = ops.nodes({}, failing) if failing else record.nodes
            profile = tuple(
                RelationProfile(f"model.shop.{name}", name, round(chance.gauss(9e5, 2e4) + 200 * n))
                for name in ops.MODELS
            )
            outcome = "rejected" if failing else record.outcome
            record = replace(record, nodes=document, profile=profile, outcome=outcome)
        filled.append(record)
    return filled


def facts_of(folder: Path, records: list[Record]) -> Facts:
    at = moment(records[-1].started_at) + timedelta(minutes=30) if records else ops.START
    published = [r for r in records if r.outcome == "published"]
    current = published[-1] if published else None
    with ledger(ops.write(folder, records), ops.DEADLINE, at) as book:
        still = tuple(incident for incident in incidents(book, MANIFEST) if incident.open)
        result = Status(
            at=at,
            current=current,
            age=at - moment(current.ended_at) if current else None,
            last=records[-1] if records else None,
            late=(),
            missing=(),
            damaged=(),
            open=still,
        )
        return gather(book, result, MANIFEST, "Shop & Söhne", _ANSWERS, ops.DEADLINE)


@pytest.mark.parametrize("runs", [0, 1, 30, 1000])
def test_the_page_holds_the_figures_and_fetches_nothing(tmp_path: Path, runs: int) -> None:
    facts = facts_of(tmp_path, past(runs))
    html = page(facts)
    assert len(html.encode()) < 1_000_000
    result = read(html)
    assert result.fetched == []
    assert "url(" not in html
    assert "@import" not in html
    assert "Data <team>" in "".join(result.text)
    document = {row[0]: row[1] for row in result.rows if len(row) == 4}
    assert len([name for name in NAMES if name]) == len(facts.figures)
    for figure, _ in facts.figures:
        assert document[figure.title].startswith(value_text(figure))
    if not runs:
        assert "No release yet" in html
        assert "No production run yet" in html
    if runs > 1:
        assert "Open incidents" in html
        assert "board" in html
        output = [
            f"{run.at:%Y-%m-%d %H:%M} UTC: {run.outcome}, {run.errors} " for run in facts.runs
        ]
        bars = re.findall(r"<title>([^<]*) errors?</title>", html)
        assert bars[: len(output)] == [
            item.strip() for item in output
        ]  # a bar a run, then a phone's


def test_the_page_of_many_models_stays_small_and_draws_the_strange_ones_first(
    tmp_path: Path,
) -> None:
    facts = facts_of(tmp_path, past(90))
    known = facts.volumes[0].points
    ring = (*known[:-1], (*known[-1][:3], True))
    volumes = tuple(
        Volume(f"stg_some_model_{n:03}", ring if n == 77 else known) for n in range(150)
    )
    ages = tuple(
        Age(item.name, "model", tuple((at, 3600.0 * n, wide, odd) for at, n, wide, odd in points))
        for item, points in zip(volumes, [known] * 120)
    )
    html = page(replace(facts, volumes=volumes, ages=ages))
    assert len(html.encode()) < 1_000_000
    drawn = re.findall(r'aria-label="Rows of (\w+)', html)
    assert drawn == [f"stg_some_model_{n:03}" for n in (77, *range(77), *range(78, 100))]
    assert "50 more are in the records." in html
    assert "20 more are in the records." in html


def test_the_front_never_calls_good_what_nobody_knows_to_be_good(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, past(1))
    assert [card.state for card in answers(facts)] == ["good", "good", "good"]
    stood = facts.status
    assert stood.current is not None
    rehearsal = replace(stood, current=replace(stood.current, kind="rehearsal"))
    document = answers(replace(facts, status=rehearsal))
    assert [card.state for card in document] == ["calm", "calm", "good"]
    seen = FindingRun("volume", "model.a.one", "one", "", "warn", "model one has 3 rows")
    warned = replace(stood, current=replace(stood.current, findings=(seen,)))
    document = answers(replace(facts, status=warned))
    assert [card.state for card in document] == ["good", "good", "calm"]
    assert "model one has 3 rows" in document[2].reason
    assert "dataops accept volume.model.a.one --because" in page(replace(facts, status=warned))
    error = Incident(
        "reported@2", "reported", "reported", "orders twice", "run", "", "", "", facts.at, "", 1,
        "run", 60.0, "", None, stood.current.run, False, False, detected_by="person",
    )  # fmt: skip
    document = answers(replace(facts, status=replace(stood, open=(error,))))
    assert [card.state for card in document] == ["bad", "good", "bad"]
    assert "reported: orders twice" in document[0].reason
    for readers, kind in ((Readers("000009", "see 000009"), "bad"), (Readers(None, "no"), "calm")):
        assert answers(replace(facts, status=replace(stood, readers=readers)))[0].state == kind
    late = replace(stood, late=(facts.at,))
    assert answers(replace(facts, status=late))[1].state == "bad"


def test_hostile_names_stay_text(tmp_path: Path, browser: Browser) -> None:
    run = "document.documentElement.setAttribute(`data-ran`, 1)"
    hostile = f"\"'></title></style></svg><script>{run}</script><b>x</b>{{{{ 7 * 7 }}}}"
    hostile += f"<img src=x onerror='{run}'><svg onload='{run}'><a href='javascript:{run}'>y</a>"
    facts = facts_of(tmp_path, past(30))
    lineage = facts.lineage
    nodes = tuple(replace(node, label=hostile) for node in lineage.nodes)
    html = page(
        replace(
            facts,
            product=hostile,
            team=hostile,
            contact=hostile,
            volumes=tuple(replace(volume, name=hostile) for volume in facts.volumes),
            lineage=replace(lineage, nodes=nodes),
            slow=((hostile, 1.0),),
        ),
        links=[("catalog.html", hostile)],
    )
    assert "<script" not in html
    assert "<b>x" not in html
    assert "49" not in "".join(re.findall(r"<h1>.*?</h1>", html))
    assert html.count("</style>") == 1
    assert f"<h1>{hostile}" in "".join(f"<h1>{text}" for text in read(html).text)
    file = tmp_path / "report.html"
    file.write_text(html, encoding="utf-8")
    with contextlib.closing(browser.new_page()) as tab:
        tab.goto(file.as_uri())
        assert ran(tab) is None
        # The same browser with a policy that allows it does run what is not escaped.
        file.write_text(
            re.sub(r"<meta http-equiv=.Content-Security-Policy.[^>]*>", "", html).replace(
                "</main>", f"<script>{run}</script></main>"
            ),
            encoding="utf-8",
        )
        tab.goto(file.as_uri())
        assert ran(tab) == "1"


def ran(tab: Page) -> object:
    """Whether a script ran that marks the document, and nothing in the page could run one."""
    handlers = "[...document.querySelectorAll('*')].some(e => [...e.attributes].some(a => "
    handlers += "/^on/i.test(a.name) || /^javascript:/i.test(a.value)))"
    assert tab.evaluate(handlers) is False
    return tab.evaluate("document.documentElement.getAttribute('data-ran')")


def test_every_chart_says_what_it_shows(tmp_path: Path) -> None:
    html = page(facts_of(tmp_path, past(30)))
    drawn = re.findall(r"<svg[^>]*>", html)
    assert len(drawn) > 15
    for item in drawn:
        assert re.search(r'role="img" aria-label="[^"]{10,}"', item)
    assert '<html lang="en">' in html


def test_coverage_counts_models_columns_and_what_feeds_an_exposure() -> None:
    nodes = dict(MANIFEST.nodes)
    nodes["model.shop.orders"] = replace(
        nodes["model.shop.orders"], columns=(Column("Id", "", "", ""), Column("day", "", "", ""))
    )
    nodes["test.shop.a"] = Node(
        "test.shop.a", "test", "a", "", attached_to="model.shop.orders",
        call=CalledTest("unique", "id", {}),
    )  # fmt: skip
    result = coverage(Manifest(nodes, {}))
    assert result == (
        ("models", 1, 5),
        ("columns", 1, 2),
        ("models that feed an exposure", 1, 5),
    )


def test_the_strength_of_the_tests_is_shown_once_it_was_measured(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, past(3))
    assert "Test strength" not in page(facts)
    assert json.loads(report_json(facts))["test_strength"] is None
    measured = replace(facts, strength=StrengthFact(84, 83, 57))
    shown = " ".join("".join(read(page(measured)).text).split())
    assert "83 of 84 changes of the product's own SQL are stopped (98 %), 57 of them" in shown
    assert json.loads(report_json(measured))["test_strength"]["stopped"] == 83


def test_an_exposure_is_shown_with_its_address_its_owner_and_what_fails(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, *ops.MODELS)
    team.run(ops.START)
    team.run(ops.START + timedelta(days=1), failing=["test.shop.revenue"])
    board = replace(
        MANIFEST.nodes["exposure.shop.board"], label="The <board>",
        owner={"name": "Ada", "email": "ada@example.com"}, url="https://bi.example/7",
    )  # fmt: skip
    manifest = replace(MANIFEST, nodes={**MANIFEST.nodes, board.unique_id: board})
    at = ops.START + timedelta(days=2)
    with ledger(ops.write(tmp_path, team.records), ops.DEADLINE, at) as book:
        open_now = tuple(i for i in incidents(book, manifest) if i.open)
        status_ = Status(
            at=at, current=None, age=None, last=None, late=(), missing=(), damaged=(),
            open=open_now,
        )  # fmt: skip
        facts = gather(book, status_, manifest, "Shop", _ANSWERS, ops.DEADLINE)
    result = read(page(facts))
    assert "https://bi.example/7" in result.fetched
    (row,) = (row for row in result.rows if row[0] == "The <board>")
    assert row == ["The <board>", "Ada <ada@example.com>", "unique_revenue"]
    hostile = replace(facts.exposures[0], url="javascript:alert(1)")
    assert read(page(replace(facts, exposures=(hostile,)))).fetched == []


def test_a_released_product_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = worker.make_product(tmp_path / "product")
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-02T06:00:00+00:00")
    product = Product(root)
    early = report(product, tmp_path / "site")  # before anything was released
    assert early.facts.status.current is None
    assert worker.quick_release(root).exit_code == 0
    monkeypatch.setenv("DBT_FAILS", "test")
    assert worker.quick_release(root).exit_code == 1
    written = report(product, tmp_path / "site")
    index, facts = written.index, written.facts
    assert written.warnings == ()
    assert {path.name for path in index.parent.iterdir()} >= {"index.html", "report.json"}
    assert (index.parent / "catalog.html").is_file()
    assert (index.parent / "badge.svg").is_file()
    assert read(index.read_text(encoding="utf-8")).fetched == ["catalog.html"]
    output = json.loads((index.parent / "report.json").read_text(encoding="utf-8"))
    assert output["figures"]["errors_per_run"]["value"] == 0.5
    assert output["open_incidents"] == [item.incident for item in facts.status.open]
    result = status(product)
    assert [item.check for item in result.open] == ["test.shop.unique_one"]
    assert result.open[0].owner == "Data team <data@example.com>"
    assert not result.ok
    document = result.to_dict()["figures"]
    assert isinstance(document, dict)
    assert {name: item["value"] for name, item in document.items()} == {
        name: item["value"] for name, item in output["figures"].items()
    }
    console = Console(record=True, width=120)
    show_status(console, result)
    assert "errors per run: 0.50 (1 error in 2 runs)" in console.export_text()


@pytest.fixture
def other_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Sets the module that is imported in place of the chart library."""

    def set_library(text: str) -> None:
        (tmp_path / "vl_convert.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        library.close()  # the next chart starts it anew

    yield set_library
    library.close()


def test_a_chart_library_that_fails_is_said_and_the_numbers_stand(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    other_library: Callable[[str], None],
) -> None:
    product = Product(worker.make_product(tmp_path / "product"))
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-02T06:00:00+00:00")
    assert worker.quick_release(product.root).exit_code == 0
    good = report(product, tmp_path / "site").index.read_text(encoding="utf-8")
    other_library("raise ImportError('no wheel <here>')")
    written = report(product, tmp_path / "site")
    (output,) = written.warnings
    assert re.fullmatch(r"\d+ charts of the report are not drawn: no wheel <here>", output)
    html = written.index.read_text(encoding="utf-8")
    assert "at most 0. (Not drawn: no wheel &lt;here&gt;)" in html
    assert read(html).rows[0] == read(good).rows[0]
    monkeypatch.chdir(product.root)
    capfd.readouterr()
    app(["report"], standalone_mode=False)
    document = capfd.readouterr()
    assert "not drawn: no wheel <here>" in document.err
    assert document.out.strip().endswith("index.html")


def test_charts_are_drawn_in_silence_and_in_utc(tmp_path: Path) -> None:
    """In a process of its own, elsewhere in the world: the first one loads the library."""
    code = (
        "import datetime\nfrom pathlib import Path\n"
        "from first_light.report.charts import Chart, Point, Span\n"
        "from first_light.report.charts import draw, line, timeline\n"
        "from first_light.utils.vega import ChartError\n"
        "at = datetime.datetime(2026, 3, 1, 23, 30, tzinfo=datetime.timezone.utc)\n"
        "points = [Point(at + n * datetime.timedelta(days=9), n, 'so') for n in range(2)]\n"
        "Path('drawn').write_text(draw(line(points, 'Age of orders.', ' h')))\n"
        "pasted = Span('orders \\x0btwice', at, at, 'bad', 'so')\n"
        "assert 'orders \\ufffdtwice' in draw(timeline([pasted], at, at, 'x', 'broad', 300))\n"
        "try:\n  draw(Chart('x', {'mark': 'no such'}))\nexcept ChartError:\n  print('rejected')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, env={**os.environ, "TZ": "Asia/Tokyo"}, capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("rejected\n", "")
    drawn = (tmp_path / "drawn").read_text(encoding="utf-8")
    assert re.findall(r">(\d+ \w+)<", drawn) == ["1 Mar", "10 Mar", "0 h", "1 h"]


@needs_browser
def test_a_browser_reads_the_true_figures_and_asks_nobody(tmp_path: Path) -> None:
    assert _BROWSER is not None, "no Chromium here: apt-get install chromium"
    records, asked = past(30), list[str]()
    facts = facts_of(tmp_path / "history", records)
    index = tmp_path / "index.html"
    index.write_text(page(facts), encoding="utf-8")

    class Proxy(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def answer(self) -> None:
            if not re.search(r"\bgoogle(apis)?\.com", self.path):  # the browser's own errands
                asked.append(self.path)
            self.send_error(502)

        do_GET = do_POST = do_CONNECT = do_HEAD = answer

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()

        def dom(address: str) -> str:
            done = subprocess.run(
                [
                    str(_BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                    "--disable-dev-shm-usage", "--disable-background-networking",
                    "--disable-component-update", "--disable-sync",
                    f"--user-data-dir={tmp_path / 'profile'}",
                    f"--proxy-server=http://127.0.0.1:{proxy.server_port}",
                    "--dump-dom", address,
                ],
                capture_output=True, text=True, timeout=120,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            return done.stdout

        html = dom(index.as_uri())
        assert asked == []
        # The same browser with the same page and one picture from elsewhere does ask.
        leak = html.replace("img-src data:", "img-src *").replace("</main>", _ELSEWHERE + "</main>")
        index.write_text(leak, encoding="utf-8")
        dom(index.as_uri())
        assert asked == ["http://elsewhere.example/x.png"]
        proxy.shutdown()
    plain, since = Plain(records, facts.at), facts.at - timedelta(days=90)
    document = {row[0]: row[1] for row in read(html).rows if len(row) == 4}
    for item, _ in facts.figures:
        value = plain.figure(item.name, since, facts.at + timedelta(seconds=1))
        assert document[item.title].startswith(value_text(replace(item, value=value))), item.name


READERS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1000), ("dark", 390))


@pytest.mark.parametrize(
    "runs", [pytest.param(n, marks=() if n == 30 else pytest.mark.slow) for n in (0, 1, 30, 1000)]
)
def test_a_browser_shows_it_without_a_complaint(
    tmp_path: Path, runs: int, browser: Browser
) -> None:
    index = tmp_path / "index.html"
    index.write_text(page(facts_of(tmp_path / "history", past(runs))), encoding="utf-8")
    said: list[str] = []
    with contextlib.closing(browser.new_page()) as shown:
        shown.on("console", lambda message: said.append(message.text))
        shown.goto(index.as_uri())
        for scheme, width in READERS:
            show(shown, scheme, width, "screen")
            assert complaints(shown) == [], (scheme, width)
            if keep := os.environ.get("KEEP_PICTURES"):
                shown.screenshot(path=f"{keep}/{runs}-{scheme}-{width}.png", full_page=True)
    assert said == []
