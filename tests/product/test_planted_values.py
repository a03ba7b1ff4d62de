"""Sixty distinctive values of twenty kinds: in a product's first week, none leaves raw.

The kinds are listed here on their own: what the detector misses, a team marks when it reviews
the drafts, and from then on it must not be anywhere.
"""

from __future__ import annotations

import csv
import gzip
import http.server
import re
import subprocess
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
import yaml

import harness

ROWS = 40


class Kind(NamedTuple):
    """Where values of one kind are planted, what the rows around them hold, and their mark."""

    table: str
    column: str
    planted: tuple[str, str, str]
    ordinary: Callable[[int], str]
    mark: str


def _letters(n: int) -> str:
    return "".join("bdfgklmnprst"[n // 12**i % 12] + "aeiou"[(n + i) % 5] for i in range(4))


KINDS = {
    "e-mail": Kind("customers", "email", ("zaphod.b@heartofgold.net", "trillian@magrathea.org",
        "s.bartfast@fjords.no"), lambda n: f"{_letters(n)}@post.net", "email"),
    "full name": Kind("customers", "full_name", ("Zaphod Beeblebrox", "Tricia McMillan",
        "Slarti Bartfast"), lambda n: f"{_letters(n)} {_letters(n + 77)}".title(), "person"),
    "telephone": Kind("customers", "phone", ("+44 20 79460991", "+44 20 79460992",
        "+44 20 79460993"), lambda n: f"+44 20 7{n:03}1{n:03}", "phone"),
    "street": Kind("customers", "street", ("Cottington Lane 155a", "Galaxyring 4242",
        "Vogonenweg 7777"), lambda n: f"{_letters(n).title()}weg {n + 1}", "address"),
    "birth": Kind("customers", "born_on", ("1887-03-17", "1888-04-19", "1889-05-23"),
        lambda n: f"19{50 + n % 40}-0{n % 9 + 1}-1{n % 10}", "birth_date"),
    "login": Kind("logins", "login", ("zbeeble42x", "tmcmil43x", "sbartf44x"),
        lambda n: f"{_letters(n)}{n}", "user_name"),
    "IPv4": Kind("logins", "client_ip", ("203.0.113.201", "203.0.113.202", "203.0.113.203"),
        lambda n: f"198.51.100.{n + 1}", "ip"),
    "IPv6": Kind("logins", "client_ip6", ("2001:470:1:18::a42", "2001:470:1:18::a43",
        "2001:470:1:18::a44"), lambda n: f"2001:470:2:9::{n + 16:x}", "ip"),
    "MAC": Kind("devices", "mac", ("00:16:3e:aa:42:01", "00:16:3e:aa:42:02", "00:16:3e:aa:42:03"),
        lambda n: f"00:16:3e:00:{n:02x}:10", "device"),
    "coordinates": Kind("devices", "position", ("51.9402314,-2.2591837", "48.0017263,11.8830921",
        "59.3362718,18.0713342"), lambda n: f"50.{n:04}1,8.{n:04}2", "free_text"),
    "IBAN": Kind("payments", "iban", ("DE68210501700012345678", "DE02120300000000202051",
        "DE02500105170137075030"), lambda n: f"GB{10 + n}ABCD{n:014}", "bank_account"),
    "card": Kind("payments", "card_number", ("4929420000004242", "5294200000042425",
        "4539420000424204"), lambda n: f"411111{n:010}", "card"),
    "social security": Kind("staff", "ssn", ("899-42-4242", "899-43-4343", "899-44-4444"),
        lambda n: f"1{n:02}-20-3{n:03}", "national_id"),
    "passport": Kind("staff", "passport_no", ("X42ZB4242", "X43TM4343", "X44SB4444"),
        lambda n: f"C01X00T{n:02}", "national_id"),
    "salary": Kind("staff", "salary", ("424242.42", "434343.43", "444444.44"),
        lambda n: f"{30000 + 100 * n}.50", "secret"),
    "religion": Kind("staff", "religion", ("Pastafarian", "Jediism", "Discordian"),
        lambda n: _letters(n).title(), "free_text"),
    "plate": Kind("claims", "plate", ("HH-ZB 4242", "HH-TM 4343", "HH-SB 4444"),
        lambda n: f"B-AA {1000 + n}", "national_id"),
    "diagnosis": Kind("claims", "diagnosis", ("Gargle blaster poisoning, acute",
        "Improbable transformation of the sofa", "Chronic fjord fatigue of the left hand"),
        lambda n: f"Cold number {_letters(n)} in the head", "free_text"),
    "URL with a name": Kind("visits", "page_url", ("https://shop.test/u/zaphod-beeblebrox-42",
        "https://shop.test/u/tricia-mcmillan-43", "https://shop.test/u/slarti-bartfast-44"),
        lambda n: f"https://shop.test/u/{_letters(n)}-{n}", "free_text"),
    "search text": Kind("searches", "query_text", ("where is heart of gold parked",
        "towel shop near islington flat", "award for crinkly norwegian coast"),
        lambda n: f"buy {_letters(n)} and {_letters(n + 5)}", "free_text"),
}  # fmt: skip
PEOPLE = "select\n    customer_id,\n    full_name as who\nfrom {{ ref('stg_customers') }}\n"
PLANTED = {value: kind for kind, spec in KINDS.items() for value in spec.planted}


def test_the_list_is_as_long_as_it_says() -> None:
    assert len(KINDS) == 20
    assert len(PLANTED) == 60
    assert len({spec.table for spec in KINDS.values()}) == 8


@dataclass
class Week:
    """The product after its first week, and all that its commands said."""

    product: harness.Product
    said: dict[str, str] = field(default_factory=dict)

    def dataops(self, *command: str, code: int | None = 0, **env: str) -> None:
        done = self.product.dataops(*command, code=code, env={**self.environment, **env})
        self.said[f"{len(self.said)} dataops {' '.join(command)}"] = done.stdout + done.stderr

    @property
    def environment(self) -> dict[str, str]:
        return {"GITHUB_STEP_SUMMARY": str(self.product.root.with_name("summary.md"))}


def _write(folder: Path, day: int, bad: bool = False) -> None:
    """One delivery of every table; a bad one has planted values where numbers belong."""
    columns: dict[str, list[Kind]] = defaultdict(list)
    for spec in KINDS.values():
        columns[spec.table].append(spec)
    for table, specs in columns.items():
        path = folder / table / f"{table}_2026-03-0{day}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "loaded_at", "amount", *(spec.column for spec in specs)])
            for n in range(ROWS):
                at = (day - 1) * ROWS + n
                wrong = bad and n == 5
                amount = specs[0].planted[0] if wrong else f"{n % 7}.{10 + n}"
                values = [
                    spec.planted[n // 10] if n in (3, 13, 23) and day == 1 else spec.ordinary(at)
                    for spec in specs
                ]
                rows.writerow([at + 1, f"2026-03-0{day} 06:00:00", amount, *values])


def _mark(product: harness.Product) -> None:
    """As a team reviews the drafts: whatever the detector missed is marked."""
    for spec in KINDS.values():
        path = product.root / "models" / "staging" / f"raw_{spec.table}.yml"
        content = yaml.safe_load(path.read_text("utf-8"))
        for column in content["sources"][0]["tables"][0]["columns"]:
            if column["name"] == spec.column:
                meta = column.setdefault("config", {}).setdefault("meta", {})
                meta.setdefault("pii", spec.mark)
        path.write_text(yaml.safe_dump(content, sort_keys=False, width=10_000), encoding="utf-8")


@contextmanager
def _channel(messages: list[str]) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"json://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    """Start, a second release, a rejected one, an incident, a report, a drill, a new sample."""
    folder = tmp_path_factory.mktemp("week")
    _write(folder / "files", day=1)
    week = Week(harness.product(folder / "product", {"content": "empty"}))
    product = week.product
    week.dataops("start", "--from", str(folder / "files"), code=1)
    assert product.git("ls-files") == ""
    _mark(product)
    week.dataops("sample")
    week.dataops("start", "--yes")

    product.git("switch", "-q", "-c", "change")
    model = product.root / "models" / "marts" / "people.sql"
    model.parent.mkdir(exist_ok=True)
    model.write_text(PEOPLE)
    product.commit("Add people")
    week.dataops("check", code=None)
    product.git("commit", "-q", "-a", "--no-verify", "--allow-empty", "-m", "Style")
    messages: list[str] = []
    with _channel(messages) as channel:
        _write(product.root / "raw", day=2)
        week.dataops("release", DATAOPS_NOTIFY_URLS=channel)
        week.dataops("export", "--format", "csv")
        _write(product.root / "raw", day=3, bad=True)
        week.dataops("release", code=None, DATAOPS_NOTIFY_URLS=channel)
        assert re.search(r"rejected|failed", list(week.said.values())[-1])
    for path in (product.root / "raw").rglob("*_2026-03-03.csv"):
        path.unlink()
    week.dataops("incident", "report", "Some amounts are wrong.", code=None)
    week.dataops("status", "--json", code=None)
    week.dataops("report")
    week.dataops("drill", code=None)
    week.dataops("sample")
    week.dataops("check", code=None)
    week.said["messages"] = "\n".join(messages)
    week.said["summary"] = product.root.with_name("summary.md").read_text("utf-8")
    return week


def found(text: str) -> set[str]:
    """The kinds whose planted values are in a text, in any case."""
    lowered = text.lower()
    return {kind for value, kind in PLANTED.items() if value.lower() in lowered}


def _text(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    return content.decode("utf-8", errors="replace")


def _rows(database: Path) -> Iterator[tuple[str, str]]:
    """Every table and view of a database as text, by its name."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables order by all"
        ).fetchall()
        for schema, name in names:
            rows = connection.execute(f'from "{schema}"."{name}"').fetchall()
            yield f"{schema}.{name}", repr(rows)


@pytest.mark.slow
def test_no_planted_value_is_in_a_file_a_commit_or_a_message(week: Week) -> None:
    root = week.product.root
    # The week was one: values came in, a release was rejected, and the sample holds masks.
    raw = "".join(_text(path) for path in (root / "raw").rglob("*.csv"))
    assert found(raw) == set(KINDS)
    leaks = {name: kinds for name, text in week.said.items() if (kinds := found(text))}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if not path.is_file() or path.is_symlink() or name.startswith(("raw/", ".git/objects/")):
            continue
        # Databases are the private state of releases, checks and development; what readers get
        # has a test of its own.
        if ".duckdb" not in path.name and (kinds := found(f"{name}\n{_text(path)}")):
            leaks[name] = kinds
    objects = subprocess.run(
        ["git", "cat-file", "--batch-all-objects", "--batch"], cwd=root, capture_output=True
    ).stdout.decode("utf-8", errors="replace")
    assert "pii: email" in objects
    if kinds := found(objects):
        leaks["git"] = kinds
    assert leaks == {}


@pytest.mark.slow
def test_no_planted_value_is_in_what_readers_get(week: Week) -> None:
    (database,) = (week.product.root / "store" / "current").resolve().glob("*.duckdb")
    assert {name: kinds for name, text in _rows(database) if (kinds := found(text))} == {}
