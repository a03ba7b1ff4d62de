"""Alerts: one message a run, a word when it recovers, silence while nothing changes, no secrets."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import ops_history as ops
import release_worker as worker
from first_light.commands.deadline import watch
from first_light.commands.rollback import rollback
from first_light.dbt.manifest import Column, Manifest
from first_light.figures.compute import ledger
from first_light.history.log import History
from first_light.incidents.derive import incidents
from first_light.notify.messages import MessageText
from first_light.notify.pending import Due, due
from first_light.project.product import Product
from first_light.release.outcome import Released
from first_light.utils.timestamps import moment
from shop_manifest import MANIFEST

SECRET = "s3cr3t-t0k3n"


@dataclass
class Host:
    """A webhook and a forge: what they were told, and whether they reject."""

    port: int
    messages: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    reject: bool = False

    def titles(self) -> list[str]:
        return [str(message["title"]) for message in self.messages]


@pytest.fixture
def host() -> Iterator[Host]:
    this: Host

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def answer(self, said: object, code: int = 200) -> None:
            self.send_response(500 if this.reject else code)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def act(self) -> None:
            length = int(self.headers["Content-Length"] or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            url = urlsplit(self.path)
            parts = url.path.strip("/").split("/")
            this.calls.append(f"{self.command} {url.path}")
            if this.reject:
                self.answer({})
            elif parts[0] == "hook":
                this.messages.append(body)
                self.answer({})
            elif parts[-1] in ("comments", "notes"):
                said = this.comments.setdefault(int(parts[-2]), [])
                if self.command == "POST":
                    said.append({"id": len(said) + 1, **body})
                self.answer(said if self.command == "GET" else said[-1])
            elif parts[-1] != "issues":
                closed = body == {"state": "closed"} or body == {"state_event": "close"}
                this.issues[int(parts[-1]) - 1]["state"] = "closed" if closed else "?"
                self.answer({})
            elif self.command == "GET":
                asked = parse_qs(url.query)
                (since,) = asked["since" if "repos" in parts else "updated_after"]
                assert moment(since) <= moment("2026-03-02T00:00:00Z")
                self.answer(list(reversed(this.issues)) if asked["page"] == ["1"] else [])
            else:
                number = len(this.issues) + 1
                state = "open" if "repos" in parts else "opened"
                this.issues.append({"number": number, "iid": number, "state": state, **body})
                self.answer(this.issues[-1], 201)

        do_GET = do_POST = do_PATCH = do_PUT = act

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    this = Host(server.server_port)
    yield this
    server.shutdown()


@pytest.fixture
def shop(tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A product that was released on 1 March at 06:00 and tells a webhook."""
    for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN", "CI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    url = f"json://me:{SECRET}@127.0.0.1:{host.port}/hook"
    monkeypatch.setenv("DATAOPS_NOTIFY_URLS", url)
    root = worker.make_product(tmp_path / "shop")
    run(root, monkeypatch, "2026-03-01T06:00:00")
    assert host.messages == []
    return root


def run(root: Path, monkeypatch: pytest.MonkeyPatch, when: str, fails: str = "") -> Released:
    monkeypatch.setenv("DATAOPS_NOW", f"{when}+00:00")
    monkeypatch.setenv("DBT_FAILS", fails)
    return worker.quick_release(root)


def test_one_message_a_run_a_word_at_the_end_and_silence_between(
    shop: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(shop, monkeypatch, "2026-03-02T06:00:00", "test")
    assert host.titles() == ["Shop: 1 new incident"]
    output = host.messages[0]["message"]
    for word in (
        "open: test unique_one of one",
        "owner: Data team <data@example.com>",
        "cause: model one; no new data",
        "impact: two",
        "age: 0 s, 1 run",
        "next: (export DATAOPS_DB=target/on_raw.db DATAOPS_RAW=${DATAOPS_RAW:-raw}; uv run ",
        "--select +unique_one ",
    ):
        assert word in output, output
    assert "Ada" not in output
    run(shop, monkeypatch, "2026-03-02T06:30:00", "test")
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-03T08:00:00+00:00")
    assert watch(Product(shop)).opened == "late@5"
    assert host.titles()[1:] == ["Shop: 1 new incident"]
    assert "a release that did not come" in host.messages[1]["message"]
    assert "still open: 1, already notified" in host.messages[1]["message"]
    watch(Product(shop))
    run(shop, monkeypatch, "2026-03-03T09:00:00", "test")
    assert len(host.messages) == 2
    run(shop, monkeypatch, "2026-03-03T10:00:00")
    run(shop, monkeypatch, "2026-03-04T06:00:00")
    assert host.titles()[2:] == ["Shop: 2 recovered"]
    assert "after 28.0 h" in host.messages[2]["message"]
    assert "no incident is open" in host.messages[2]["message"]
    rollback(Product(shop), None)
    assert host.titles()[3:] == ["Shop: rolled back"]
    for record in History(shop / "store/history").newest():
        assert SECRET not in record.to_json().decode()
        assert str(host.port) not in record.to_json().decode()


def test_a_channel_that_fails_changes_no_verdict_is_said_and_tried_again(
    shop: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.reject = True
    done = run(shop, monkeypatch, "2026-03-02T06:00:00", "test")
    assert done.exit_code == 1
    assert done.recorded
    (warning,) = [warning for warning in done.warnings if "could not be notified" in warning]
    assert SECRET not in warning
    assert "it answered 500" in warning
    newest = next(History(shop / "store/history").newest())
    assert newest.command == "notify"
    assert newest.notes == (warning,)
    host.reject = False
    assert not run(shop, monkeypatch, "2026-03-02T06:10:00", "test").warnings
    assert host.titles() == ["Shop: 1 new incident"]
    assert "age: 10.0 min, 2 runs" in host.messages[0]["message"]

    host.reject = True  # what is over before it was ever told is not told at all
    assert run(shop, monkeypatch, "2026-03-02T06:20:00").exit_code == 0
    run(shop, monkeypatch, "2026-03-02T06:30:00", "test")
    host.reject = False
    run(shop, monkeypatch, "2026-03-02T06:40:00")
    assert host.titles()[1:] == ["Shop: 1 recovered"]
    run(shop, monkeypatch, "2026-03-02T06:50:00")
    assert len(host.messages) == 2


def test_the_deadline_tries_again_what_a_run_could_not_tell(
    shop: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.reject = True
    run(shop, monkeypatch, "2026-03-02T06:00:00", "test")
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-02T07:30:00+00:00")
    assert "could not be notified" in watch(Product(shop)).warnings[0]
    host.reject = False
    result = watch(Product(shop))
    assert (result.opened, result.warnings, result.exit_code) == ("", (), 1)
    assert host.titles() == ["Shop: 1 new incident"]


def test_an_address_that_is_none_is_said_without_it(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAOPS_NOTIFY_URLS", f"nosuch://{SECRET} {SECRET}")
    done = run(shop, monkeypatch, "2026-03-02T06:00:00", "test")
    document = [warning for warning in done.warnings if "could not be notified" in warning]
    assert len(document) == 2
    assert SECRET not in "".join(document)


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_one_issue_an_incident_is_opened_commented_and_closed(
    shop: Path, host: Host, monkeypatch: pytest.MonkeyPatch, forge: str
) -> None:
    monkeypatch.delenv("DATAOPS_NOTIFY_URLS")
    api = f"http://127.0.0.1:{host.port}"
    folder = {
        "github": {"GITHUB_REPOSITORY": "t/p", "GITHUB_API_URL": api, "GITHUB_TOKEN": SECRET},
        "gitlab": {"CI_PROJECT_ID": "7", "CI_API_V4_URL": api, "DATAOPS_ISSUES_TOKEN": SECRET},
    }[forge]
    for name, value in folder.items():
        monkeypatch.setenv(name, value)
    run(shop, monkeypatch, "2026-03-02T06:00:00", "test")
    (issue,) = host.issues
    assert issue["title"] == "Shop: test unique_one of one"
    text = str(issue.get("body") or issue.get("description"))
    assert "owner: Data team" in text
    calls = len(host.calls)
    run(shop, monkeypatch, "2026-03-02T06:10:00", "test")
    assert len(host.calls) == calls
    # A record of what was told that was lost makes no second issue: the mark finds the first.
    for path in (shop / "store/history/runs").glob("*-told.json"):
        path.unlink()
    run(shop, monkeypatch, "2026-03-02T06:20:00", "test")
    assert len(host.issues) == 1
    run(shop, monkeypatch, "2026-03-02T06:30:00")
    assert issue["state"] == "closed"
    assert "recovered: test unique_one of one, after 30.0 min" in host.comments[1][0]["body"]
    run(shop, monkeypatch, "2026-03-02T06:40:00", "test")
    assert host.issues[0]["state"] == "closed"
    assert len(host.issues) == 2
    rollback(Product(shop), "1")
    assert "readers see 000001" in host.comments[2][0]["body"]
    host.reject = True
    run(shop, monkeypatch, "2026-03-02T06:50:00")
    host.reject = False
    run(shop, monkeypatch, "2026-03-02T07:00:00")
    assert {issue["state"] for issue in host.issues} == {"closed"}


def test_nothing_of_a_personal_column_is_told(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, *ops.MODELS)
    team.run(ops.START)
    strange = replace(ops.finding("range", "orders"), column="email", message="ada@example.com")
    numbers = replace(ops.finding("range", "orders"), column="amount", message="3, 5 expected")
    team.run(ops.START + timedelta(days=1), findings=[strange, numbers])
    nodes = dict(MANIFEST.nodes)
    source = nodes["model.shop.stg_orders"]
    nodes[source.unique_id] = replace(
        source,
        columns=(Column("email", "", "", "email"), Column("amount", "", "", "")),
        schema="staging",
        relation="staging.stg_orders",
    )
    orders = nodes["model.shop.orders"]
    code = "select email, amount from staging.stg_orders"
    nodes[orders.unique_id] = replace(orders, materialized="table", code=code)
    manifest = Manifest(nodes, MANIFEST.groups)
    with ledger(ops.write(tmp_path, team.records), ops.DEADLINE, ops.START) as book:
        result = tuple(incident for incident in incidents(book, manifest) if incident.open)
    words = MessageText("Shop", {}, manifest)
    output = "\n".join(words.opened(item) for item in result)
    assert len(result) == 2
    assert "ada@example.com" not in output
    assert "seen: 3, 5 expected" in output
    (fault,) = due((), result, None).opened  # they share a cause
    assert "with it: 1 more, from the same cause: " in words.opened(fault)
    blind = MessageText("Shop", {"team": "Data", "contact": "d@example.com"}, None)
    assert "seen:" not in blind.text(Due(opened=result, open=result))
    assert blind.owner == "Data <d@example.com>"
