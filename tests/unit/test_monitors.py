"""Monitors: what is profiled, what is expected, what is caught and what raises no alarm."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

import ops_history as ops
import release_worker as worker
from bench import monitor_power
from connection_queries import ConnectionQueries
from first_light.cli.output.documents import releases as documents
from first_light.cli.output.documents.status import status as status_document
from first_light.cli.output.next_steps import next_command
from first_light.cli.output.release import (
    show_release,
)
from first_light.cli.output.status import show_status
from first_light.cli.terminal import as_json
from first_light.commands.rollback import rollback
from first_light.dbt import driver
from first_light.dbt.driver import ScanLimitExceededError
from first_light.dbt.engine import QueryResult
from first_light.dbt.manifest import Column, Manifest, Node
from first_light.history.decoding import read_record
from first_light.history.facts import RawFile, read_raw
from first_light.history.log import History
from first_light.history.record import ColumnProfile, FindingRun, NodeRun, Record, RelationProfile
from first_light.monitors import profiling
from first_light.monitors.accepted import accept, read_accepted
from first_light.monitors.baseline import Memory, release_of
from first_light.monitors.collect import Raw, profile_all
from first_light.monitors.levels import ERROR, WARN
from first_light.monitors.measures import Measure
from first_light.monitors.past import RelationPast, Series
from first_light.monitors.prediction import Past, expect, quantile
from first_light.monitors.run import MonitorResult, judge_all, recall
from first_light.monitors.settings import levels_of
from first_light.project.product import Product
from first_light.release.listing import releases
from first_light.release.scan_limit import ScanLimit
from first_light.status.current import status
from first_light.utils.errors import DataopsError
from first_light.warehouse.dialect import dialect_of

DAY = timedelta(days=1)
ORDERS = "model.shop.orders"


# ── Expectation ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("degrees", "alpha", "table"),
    [(1, 0.05, 12.706), (2, 0.05, 4.303), (4, 0.01, 4.604), (9, 0.001, 4.781), (30, 0.001, 3.646)],
)
def test_quantiles_are_those_of_the_printed_table(degrees: int, alpha: float, table: float) -> None:
    assert quantile(degrees, alpha) == pytest.approx(table, abs=0.001)


def past(values: Sequence[float]) -> list[Past]:
    return [Past(ops.START + n * DAY, value) for n, value in enumerate(values)]


def test_too_little_history_expects_nothing() -> None:
    assert expect(past([1, 2]), ops.START) is None


def test_the_interval_is_the_textbooks() -> None:
    result = expect(past([9.0, 11.0, 10.0, 9.0, 11.0]), ops.START + 5 * DAY)
    assert result is not None
    reach = quantile(4) * 1.0 * math.sqrt(1 + 1 / 5)
    assert [result.low, result.high] == pytest.approx([10 - reach, 10 + reach])


def test_growth_is_a_trend_and_a_week_has_a_rhythm() -> None:
    growing = expect(past([100 + 5 * n for n in range(20)]), ops.START + 20 * DAY)
    assert growing is not None
    assert growing.by == "trend"
    assert growing.middle == pytest.approx(200)
    week = [100.0, 100.0, 100.0, 100.0, 100.0, 20.0, 10.0]
    weekly = expect(past(week * 5), ops.START + 35 * DAY)
    assert weekly is not None
    assert (weekly.by, weekly.middle) == ("weekday", 100.0)


# ── Profiling ────────────────────────────────────────────────────────────────────────────────────


OTHERS = tuple(
    Column(name, "", "", "") for name in ("amount", "day of", "status", "many", "odd", "since")
)


def manifest(meta: dict[str, object] | None = None) -> Manifest:
    return Manifest(
        {
            "source.shop.raw.orders": Node(
                "source.shop.raw.orders",
                "source",
                "orders",
                "",
                columns=(Column("EMail", "", "", "email"), *OTHERS),
                schema="raw",
                alias="orders",
                relation='"raw"."orders"',
            ),
            "model.shop.stg_orders": Node(
                "model.shop.stg_orders",
                "model",
                "stg_orders",
                "",
                depends_on=("source.shop.raw.orders",),
                materialized="table",
                schema="staging",
                alias="stg_orders",
                relation='"staging"."stg_orders"',
                columns=(Column("mail", "", "", ""), *OTHERS),
                source_code="select email as mail, id, kind, at, loaded from source",
            ),
            ORDERS: Node(
                ORDERS,
                "model",
                "orders",
                "models/marts/orders.sql",
                depends_on=("model.shop.stg_orders",),
                materialized="table",
                schema="marts",
                alias="orders",
                relation='"marts"."orders"',
                meta={"dataops": meta} if meta else {},
                source_code="select mail as contact, length(mail) as size_of_mail from orders",
            ),
        },
        {},
    )


def node_run(checksum: str = "a", rows: int | None = 4) -> NodeRun:
    return NodeRun(
        ORDERS, "model", "orders", "", "", ORDERS, ("model.shop.stg_orders",), "success", 1.0,
        rows, checksum=checksum,
    )  # fmt: skip


REST = 'amount, "day of", status, many, odd, since'
SQL = {
    "model.shop.stg_orders": f'select lower(email) as mail, {REST} from "raw"."orders"',
    ORDERS: f"select mail as contact, length(mail) as size_of_mail, {REST} "
    'from "staging"."stg_orders"',
}


def in_memory(*statements: str) -> ConnectionQueries:
    """A DuckDB far from UTC."""
    connection = duckdb.connect()
    for statement in ("set TimeZone = 'America/New_York'", *statements):
        connection.execute(statement)
    return ConnectionQueries("duckdb", connection)


ROWS = (
    "create schema marts",
    "create table marts.orders as select * from (values "
    "('ada@example.com', 15, 1.5, date '2026-01-01', 'new', [1], 'inf'::double, "
    "timestamptz '2026-01-02 03:00:00+00'), "
    "('bob@example.com', 15, 2.5, date '2026-01-03', 'paid', [2], 1.0, "
    "timestamptz '2026-01-02 22:30:00+00'), "
    "(null, 15, null, null, 'new', null, 'nan'::double, null)) "
    't(contact, size_of_mail, amount, "day of", status, many, odd, since)',
)


def test_one_query_profiles_a_relation_and_no_text_comes_along() -> None:
    warehouse = in_memory(*ROWS)
    (result,) = profile_all(warehouse, manifest(), [node_run()], SQL)
    assert len([query for query in warehouse.queries if "duckdb_columns" not in query]) == 1
    columns = {column.name: column for column in result.columns}
    assert result.rows == 3
    assert columns["contact"] == ColumnProfile("contact", "VARCHAR", 1, 2)
    assert columns["size_of_mail"] == ColumnProfile("size_of_mail", "INTEGER", 0, 1)
    assert columns["amount"] == ColumnProfile("amount", "DECIMAL(2,1)", 1, 2, 1.5, 2.5, 2.0)
    assert columns["day of"].max == datetime(2026, 1, 3, tzinfo=timezone.utc).timestamp()
    assert columns["since"].min == datetime(2026, 1, 2, 3, tzinfo=timezone.utc).timestamp()
    assert columns["since"].distinct_days == 1, "a day of UTC, whatever the connection's zone"
    assert (columns["status"].min_length, columns["status"].max_length) == (3, 4)
    assert columns["many"] == ColumnProfile("many", "INTEGER[]", 1)
    assert (columns["odd"].min, columns["odd"].max) == (1.0, 1.0)
    record = replace(ops.Simulation().run(ops.START), profile=(result,))
    assert read_record(record.to_json()) == record
    assert "paid" not in record.to_json().decode()  # nobody knows yet that it has few values
    assert profile_all(warehouse, manifest({"monitors": False}), [node_run()], SQL) == ()


@pytest.mark.parametrize(("personal", "greatest"), [(True, 424000.0), (False, 424242.42)])
def test_a_record_holds_no_exact_extreme_of_people(personal: bool, greatest: float) -> None:
    target = profiling.ProfileTarget(
        "one", "one", "staff", [("mail", "VARCHAR"), ("salary", "DOUBLE"), ("since", "DATE")],
        frozenset({"mail"} if personal else {}),
    )  # fmt: skip
    warehouse = in_memory(
        "create table staff as select 'ada@example.com' as mail, 424242.42::double as salary, "
        "date '2026-01-03' as since union all select 'bob@example.com', 30000.5, null"
    )
    query = profiling.query(target, dialect_of("duckdb"))
    columns = {c.name: c for c in profiling.read(query, warehouse.run(query.sql).rows[0]).columns}
    assert columns["salary"].max == greatest
    assert columns["salary"].mean == 227121.46
    assert columns["since"].max == datetime(2026, 1, 3, tzinfo=timezone.utc).timestamp()


def test_a_relation_whose_query_would_scan_too_much_is_named() -> None:
    class Limited:
        name = "duckdb"

        def run(self, query: str) -> QueryResult:
            if "duckdb_columns" in query:
                return warehouse.run(query)
            raise ScanLimitExceededError("The query would scan more than it may.")

    warehouse, refused = in_memory(*ROWS), list[str]()
    profiles = profile_all(Limited(), manifest(), [node_run()], SQL, refused=refused.append)
    assert not profiles
    assert refused == [ORDERS]
    limit = ScanLimit(50_000_000_000, 10)
    assert limit.most == 5_000_000_000
    assert ScanLimit(1000, 10).most == 1_000_000_000, "a small build is not limited"
    (finding,) = limit.findings(refused, manifest())
    assert (finding.check, finding.level) == ("scan", "warn")
    assert finding.message == (
        "orders was not profiled: the monitors would have scanned more than 5.0 GB "
        "(monitor-scan-percent)"
    )


def test_a_warehouse_that_nothing_is_known_of_is_asked_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here DuckDB plays one: its columns are told by the adapter, its SQL by sqlglot."""
    (own,) = profile_all(in_memory(*ROWS), manifest(), [node_run()], SQL)
    monkeypatch.setattr(driver, "installed", dict)
    unknown = in_memory(*ROWS)
    (result,) = profile_all(unknown, manifest(), [node_run()], SQL)
    uncounted = tuple(replace(column, hours={}) for column in own.columns)
    assert result == replace(own, columns=uncounted), "only DuckDB and PostgreSQL count by value"
    assert len(unknown.queries) == 2, "its columns, and one query"


@pytest.mark.parametrize(
    ("name", "place", "words"),
    [
        ("snowflake", "SHOP.MARTS.ORDERS", ["DATE_PART('epoch'", 'COUNT("AT")']),
        ("bigquery", "`shop`.`marts`.`orders`", ["AS DATETIME), SECOND)", "COUNT(`AT`)"]),
        ("databricks", "`shop`.`marts`.`orders`", ["AS DOUBLE)", "COUNT(`AT`)"]),
    ],
)
def test_other_warehouses_are_asked_in_their_words(name: str, place: str, words: list[str]) -> None:
    """Only the words: none of these is here to answer."""
    dialect = dialect_of(name)
    columns = [("AT", "TIMESTAMP_NTZ"), ("PRICE", "FLOAT"), ("KIND", "VARCHAR(20)")]
    wanted = profiling.ProfileTarget(
        "one", "one", dialect.relation(place), columns, few=frozenset({"KIND"})
    )
    asked = profiling.query(wanted, dialect).sql
    for word in (*words, "APPROX_COUNT_DISTINCT(", place):
        assert word in asked, asked


# ── Judging ──────────────────────────────────────────────────────────────────────────────────────


def profile(
    rows: int = 1000, nulls: int = 0, mean: float = 50.0, distinct: int = 40, name: str = "amount"
) -> RelationProfile:
    column = ColumnProfile(name, "DOUBLE", nulls, distinct, 0.0, 2 * mean, mean)
    return RelationProfile(ORDERS, "orders", rows, (column,))


class Watch:
    """A product with a past, and a new candidate each time."""

    def __init__(self, folder: Path, meta: dict[str, object] | None = None) -> None:
        self.folder, self.manifest = folder, manifest(meta)
        self.team = ops.Simulation()
        self.team.code(ops.START)
        self.records: list[Record] = []

    def day(self) -> datetime:
        return ops.START + len(self.records) * DAY

    def judge(self, given: RelationProfile, checksum: str = "a") -> MonitorResult:
        return judge_all(
            [given],
            recall(ops.write(self.folder, self.records), "new", self.day()),
            self.manifest,
            [node_run(checksum)],
            self.day(),
            read_accepted(self.folder),
        )

    def publish(
        self, given: RelationProfile, checksum: str = "a", found: MonitorResult | None = None
    ) -> None:
        self._record(given, checksum, "published", found)

    def reject(self, given: RelationProfile, found: MonitorResult) -> None:
        self._record(given, "a", "rejected", found)

    def _record(
        self, given: RelationProfile, checksum: str, outcome: str, found: MonitorResult | None
    ) -> None:
        record = self.team.run(self.day(), outcome=outcome)
        self.records.append(
            replace(
                record,
                nodes=(node_run(checksum),),
                profile=(given,),
                findings=found.findings if found else (),
            )
        )

    def go(self, profiles: Sequence[RelationProfile]) -> None:
        for item in profiles:
            self.publish(item)


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def noisy(count: int, noise: float = 0.03, seed: int = 1) -> list[RelationProfile]:
    chance = random.Random(seed)
    return [
        profile(
            round(1000 * chance.gauss(1, noise)),
            round(max(0, chance.gauss(20, 5))),
            50 * chance.gauss(1, noise),
        )
        for _ in range(count)
    ]


def told(found: MonitorResult) -> list[tuple[str, str]]:
    return [(finding.check, finding.level) for finding in found.findings]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (profile(500, 10), ("volume", ERROR)),
        (profile(2000, 40), ("volume", ERROR)),
        (profile(0), ("volume", ERROR)),
        (profile(700, 15), ("volume", WARN)),
        (profile(1000, 1000), ("nulls", ERROR)),
        (profile(1000, 120), ("nulls", WARN)),
        (profile(1000, 20, 5000), ("mean", ERROR)),
        (profile(1000, 20, 50, 4), ("distinct", WARN)),
        (profile(1000, 20, 50, 40, "sum"), ("schema", ERROR)),
    ],
)
def test_faults_are_caught(watch: Watch, fault: RelationProfile, expected: tuple[str, str]) -> None:
    watch.go(noisy(14))
    result = watch.judge(fault)
    assert expected in told(result)
    assert ("orders" in result.findings[0].message) or expected[0] == "schema"


@pytest.mark.slow
def test_a_quiet_year_raises_no_alarm(watch: Watch) -> None:
    values = noisy(130, seed=3)
    watch.go(values[:10])
    for n, item in enumerate(values[10:]):
        result = watch.judge(item) if n % 6 == 0 else None
        assert result is None or told(result) == []
        watch.publish(item)


def test_growth_weekends_and_month_ends_raise_no_alarm(watch: Watch) -> None:
    chance = random.Random(5)
    for day in range(60):
        weekend = 0.3 if (ops.START + day * DAY).weekday() > 4 else 1.0
        item = profile(round((1000 + 20 * day) * weekend * chance.gauss(1, 0.02)))
        if day > 35 and day % 4 == 0:
            assert told(watch.judge(item)) == []
        watch.publish(item)


def test_half_the_rows_are_caught_when_the_values_alternate(watch: Watch) -> None:
    watch.go([profile(9000 if n % 2 else 11000) for n in range(13)])
    assert told(watch.judge(profile(4500))) == [("volume", ERROR)]


def test_small_changes_of_small_tables_are_nothing(watch: Watch) -> None:
    watch.go([profile(4, distinct=4)] * 10)
    assert told(watch.judge(profile(7, distinct=6))) == []


def test_with_little_history_it_says_how_much_it_lacks(watch: Watch) -> None:
    watch.go([profile()])
    result = watch.judge(profile(400))
    assert result.findings == ()
    assert result.lacking == {"orders": 2}
    assert result.summary() == "1 relations, 1 relations warming up (need up to 2 more loads)"
    assert told(watch.judge(profile(0))) == [("volume", ERROR)]


def test_neither_the_judged_value_nor_past_incidents_are_in_the_baseline(watch: Watch) -> None:
    watch.go(noisy(10))
    for _ in range(10):  # a week of bad candidates, rejected or published with a warning
        bad = profile(500, 10)
        watch.reject(bad, watch.judge(bad))
        warned = profile(700, 15)
        watch.publish(warned, found=watch.judge(warned))
    assert ("volume", ERROR) in told(watch.judge(profile(500, 10)))
    assert ("volume", WARN) in told(watch.judge(profile(700, 15)))


def test_what_changes_with_its_code_is_told_and_becomes_normal(watch: Watch) -> None:
    watch.go([profile(1000)] * 10)
    found = watch.judge(profile(300), checksum="b")
    assert told(found) == [("volume", WARN)]
    watch.publish(profile(300), checksum="b", found=found)
    assert told(watch.judge(profile(310), checksum="b")) == []
    assert told(watch.judge(profile(90), checksum="b")) == [("volume", ERROR)]
    assert told(watch.judge(profile(0), checksum="c")) == [("volume", ERROR)]


def test_what_the_team_accepts_becomes_normal(watch: Watch) -> None:
    watch.go([profile(1000)] * 10)
    step = watch.judge(profile(3000))
    assert "dataops accept volume.model.shop.orders --because" in step.problem
    watch.reject(profile(3000), step)
    history = ops.write(watch.folder, watch.records)
    with pytest.raises(DataopsError, match="no finding with this id"):
        accept(watch.folder, history, "volume.model.shop.other", "we bought a shop")
    with pytest.raises(DataopsError, match="A reason"):
        accept(watch.folder, history, "volume.model.shop.orders", " ")
    accept(watch.folder, history, "monitor.volume.model.shop.orders", "we bought a shop")
    assert told(watch.judge(profile(3100))) == []
    assert told(watch.judge(profile(500))) == [("volume", ERROR)]


def test_one_command_accepts_a_delivery_with_what_it_led_to(watch: Watch) -> None:
    """Two chains merge: the same step shows in the source and in all models below it."""
    staging = replace(node_run(), unique_id="model.shop.stg_orders", depends_on=(SOURCE,))
    nodes = (staging, node_run())

    def judged(rows: int) -> MonitorResult:
        history = ops.write(watch.folder, watch.records)
        memory = recall(history, "new", watch.day())
        given = [came(rows), profile(10 * rows)]
        return judge_all(
            given, memory, watch.manifest, nodes, watch.day(), read_accepted(watch.folder)
        )

    for _ in range(10):
        watch.publish(came(100))
        held = (came(100), profile(1000))
        watch.records[-1] = replace(watch.records[-1], nodes=nodes, profile=held)
    step = judged(300)
    assert [finding.subject for finding in step.findings] == [SOURCE, ORDERS], "the cause is first"
    assert step.problem.splitlines()[1:] == [
        "  with it: orders (volume)",
        f'If this is expected: uv run dataops accept volume.{SOURCE} --because "…"',
    ]
    watch.reject(profile(3000), step)
    watch.records[-1] = replace(watch.records[-1], nodes=nodes)
    history = ops.write(watch.folder, watch.records)
    entries = accept(watch.folder, history, f"volume.{SOURCE}", "two chains merged")
    assert [entry.subject for entry in entries] == [SOURCE, ORDERS]
    assert told(judged(300)) == []


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"monitors": {"volume": "warn"}}, [("volume", WARN)]),
        ({"monitors": {"volume": False}}, []),
        ({"monitors": "off"}, []),
    ],
)
def test_a_model_may_say_otherwise(
    tmp_path: Path, meta: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    watch = Watch(tmp_path, meta)
    watch.go([profile(1000)] * 10)
    assert told(watch.judge(profile(300))) == expected


def test_a_setting_that_there_is_not_is_rejected() -> None:
    with pytest.raises(DataopsError, match="unknown setting"):
        levels_of(manifest({"monitors": {"volumes": "warn"}}).nodes[ORDERS])


# ── What came with a delivery ────────────────────────────────────────────────────────────────────

SOURCE = "source.shop.raw.orders"


def column(name: str = "amount", **facts: Any) -> ColumnProfile:
    return ColumnProfile(**{"name": name, "type": "DOUBLE", "nulls": 0, **facts})


def came(rows: int = 100, files: int = 1, **facts: Any) -> RelationProfile:
    """What came to a source; its fingerprint is another every time, as that of new data."""
    facts = {"fingerprint": str(random.random()), "columns": (column("status"),), **facts}
    return RelationProfile(SOURCE, "raw.orders", rows, files=files, **facts)


def table(rows: int, *columns: ColumnProfile, **facts: Any) -> RelationProfile:
    return RelationProfile(ORDERS, "orders", rows, columns or (column(),), **facts)


def growing(count: int, seed: int = 1, step: float = 200) -> list[RelationProfile]:
    """A table to which about as many rows come every day, on weekends a third of them."""
    chance, rows, result = random.Random(seed), 5000, []
    for day in range(count):
        weekend = 0.33 if (ops.START + day * DAY).weekday() > 4 else 1.0
        rows += round(step * weekend * chance.gauss(1, 0.05))
        result.append(table(rows, column(distinct=40, min=1.0, max=99.0, mean=50.0)))
    return result


def test_half_of_what_came_is_caught_though_the_table_hardly_shows_it(watch: Watch) -> None:
    days = growing(40)
    watch.go(days[:35])
    assert watch.day().weekday() < 5
    before, whole = days[34].rows, days[35].rows
    assert told(watch.judge(days[35])) == []
    half = watch.judge(table(before + (whole - before) // 2, *days[34].columns))
    assert told(half) == [("volume", ERROR)]
    assert "new rows" in half.findings[0].message
    assert 100 < (half.findings[0].expected_low or 0) < 200
    nothing = watch.judge(days[34])
    assert told(nothing) == [("volume", WARN)], "late is told: what readers have is still right"


def test_the_end_of_a_month_is_compared_with_ends_of_months(watch: Watch) -> None:
    rows, chance = 5000, random.Random(4)

    def next_day() -> RelationProfile:
        end = (watch.day() + DAY).day == 1
        return table(rows + round(200 * chance.gauss(1, 0.05) * (2.5 if end else 1)))

    seen = []
    for _ in range(90):
        item = next_day()
        rows = item.rows
        found = watch.judge(item) if (watch.day() + DAY).day == 1 else None
        if found is not None:
            seen.append(told(found))
        watch.publish(item, found=found)
    assert len(seen) >= 3
    assert seen[-1] == [], "the third end of a month is like the others"
    assert told(watch.judge(table(rows + 500))) == [("volume", ERROR)], "any other day is not"


def test_the_first_weekend_rejects_nothing(watch: Watch) -> None:
    monday = next(n for n in range(7) if (ops.START + n * DAY).weekday() == 0)
    watch.records = []
    for day in range(monday, monday + 5):
        record = watch.team.run(ops.START + day * DAY)
        held = table(5000 + 200 * day + day % 2)
        watch.records.append(replace(record, nodes=(node_run(),), profile=(held,)))
    saturday = ops.START + (monday + 5) * DAY
    memory = recall(ops.write(watch.folder, watch.records), "new", saturday)
    few = table(5000 + 200 * (monday + 4) + 60)
    result = judge_all([few], memory, watch.manifest, [node_run()], saturday)
    assert told(result) == [("volume", WARN)]


def test_what_comes_and_goes_is_warned_of_once_a_day_of_the_week(watch: Watch) -> None:
    """Before there is a rhythm of the week, a weekend is compared with the one before."""
    warned: list[int] = []
    rows = 5000
    for day in range(28):
        is_weekend = day > 8 and watch.day().weekday() > 4
        if len(warned) == 2 and watch.day().weekday() == 0:
            few = watch.judge(table(rows + 140))
            assert told(few) == [("volume", WARN)], "a Monday is no Sunday"
        rows += (140 if is_weekend else 200) + watch.day().day % 4
        found = watch.judge(table(rows))
        if found.findings:
            assert is_weekend, found.findings
            warned.append(watch.day().weekday())
        watch.publish(table(rows), found=found)
    assert sorted(warned) == [5, 6], "each day of the first weekend"


def test_the_first_billing_run_is_warned_of_and_stays_in_the_table(watch: Watch) -> None:
    """Hundreds of invoices on the first days of a month, and a few on all others."""
    rows = 100
    levels: dict[str, set[str]] = {}
    while watch.day().day < 6:  # the history begins in the month
        watch.records.append(replace(watch.team.run(watch.day(), outcome="rejected"), profile=()))
    for _ in range(80):
        day = watch.day().day
        rows += {1: 390, 2: 150, 3: 66}.get(day, 2 + day % 3)
        found = watch.judge(table(rows))
        if found.findings:
            levels[f"{watch.day():%m-%d}"] = {finding.level for finding in found.findings}
        watch.publish(table(rows), found=found)
    assert {day[3:] for day in levels} <= {"01", "02", "03"}, levels
    first = min(levels)[:2]
    assert all(levels[f"{first}-0{day}"] == {WARN} for day in (1, 2, 3)), levels


@pytest.mark.parametrize(("day", "level"), [(1, WARN), (20, ERROR)])
def test_what_a_first_billing_run_moves_is_warned_of(watch: Watch, day: int, level: str) -> None:
    """The table of accounts has as many rows as ever, and half as many without an invoice."""
    begin = datetime(2026, 1, 6, tzinfo=timezone.utc)
    until = begin.replace(month=2, day=day)
    nodes = (replace(node_run(), unique_id="model.shop.stg_orders"), node_run())
    for number in range((until - begin).days):
        held = (came(10 + number % 3), profile(1000, 800 + number % 5))
        record = watch.team.run(begin + number * DAY)
        watch.records.append(replace(record, nodes=nodes, profile=held))
    memory = recall(ops.write(watch.folder, watch.records), "new", until)
    result = judge_all([came(400), profile(1000, 350)], memory, watch.manifest, nodes, until)
    assert {finding.level for finding in result.findings} == {level}
    assert {finding.subject for finding in result.findings} == {SOURCE, ORDERS}
    if level == WARN:  # readers have it: the next release is not rejected for it, and still warns
        record = replace(watch.team.run(until), nodes=nodes, findings=result.findings)
        watch.records.append(replace(record, profile=(came(400), profile(1000, 350))))
        later = until + 5 * DAY
        memory = recall(ops.write(watch.folder, watch.records), "newer", later)
        after = judge_all([came(11), profile(1000, 352)], memory, watch.manifest, nodes, later)
        assert told(after) == [("nulls", WARN)]
        other = judge_all([came(11), profile(1000, 20)], memory, watch.manifest, nodes, later)
        assert told(other) == [("nulls", ERROR)], "another value is another fault"
        return
    lost = judge_all([came(11), profile(1000, 350)], memory, watch.manifest, nodes, until)
    assert told(lost) == [("nulls", ERROR)], "nothing came that would explain it"


def test_a_warning_of_another_release_of_the_same_raw_is_looked_at() -> None:
    """All that was published was built from the candidate's own raw: no delivery came before."""
    at, total = datetime(2026, 1, 8, tzinfo=timezone.utc), Measure("volume", "rows", "")
    strange = {total: Series.of([(at.timestamp(), at.weekday(), 700.0)])}
    alone = RelationPast((), (), {}, strange, {}, None)
    assert alone.eased(WARN, total, profile(705), 705, at) == ""
    assert alone.eased(WARN, total, profile(400), 400, at) == WARN
    assert alone.eased(ERROR, total, profile(705), 705, at) == ERROR


def test_a_warning_that_stays_is_told_each_day(watch: Watch) -> None:
    watch.go(noisy(10))
    for _ in range(9):
        warned = profile(700, 15)
        found = watch.judge(warned)
        assert ("volume", WARN) in told(found)
        watch.publish(warned, found=found)


def test_two_days_at_once_are_two_days(watch: Watch) -> None:
    days = growing(40, step=400)
    watch.go(days[:28])
    rejected = replace(watch.team.run(watch.day(), outcome="rejected"), profile=())
    watch.records.append(rejected)  # yesterday's release was rejected: today brings both days
    assert told(watch.judge(days[29])) == []


def test_a_second_release_of_the_same_raw_is_no_day_without_rows(watch: Watch) -> None:
    days = growing(20)
    watch.go(days)
    same = ops.write(watch.folder, watch.records)
    memory = recall(same, watch.records[-1].raw.fingerprint, watch.day() - 20 * DAY / 24)
    result = judge_all([days[-1]], memory, watch.manifest, [node_run()], watch.day())
    assert told(result) == []
    shrunk = replace(days[-1], rows=days[-1].rows // 3)
    result = judge_all([shrunk], memory, watch.manifest, [node_run()], watch.day())
    assert ("volume", ERROR) in told(result)


def test_nulls_and_means_of_what_came(watch: Watch) -> None:
    base = [table(1000 + 100 * n, column(nulls=0, distinct=40, mean=50.0, min=0, max=99))
            for n in range(20)]  # fmt: skip
    watch.go(base)
    nulls = table(3000, column(nulls=60, distinct=40, mean=50.0, min=0, max=99))
    assert told(watch.judge(nulls)) == [("nulls", ERROR)]  # 2 of 100 in all, 60 of 100 that came
    # The mean of 2,900 rows is 50; of 3,000 it is 215 when the last hundred are a hundredfold.
    cents = table(3000, column(nulls=0, distinct=40, mean=(2900 * 50 + 100 * 5000) / 3000,
                               min=0, max=99))  # fmt: skip
    assert ("mean", ERROR) in told(watch.judge(cents))


def time_column(day: int, days: int, ahead: float = 0) -> ColumnProfile:
    """Holds each of `days` days up to day number `day`, seconds since 1970 at midnight."""
    last = ops.START.replace(hour=0).timestamp() + 86_400 * (day + ahead)
    return ColumnProfile(
        "ordered_at", "TIMESTAMP", 0, days, last - 86_400 * (day + 10), last, distinct_days=days
    )


def test_a_missing_day_an_old_one_and_one_that_has_not_come(watch: Watch) -> None:
    for day in range(12):
        watch.publish(table(1000 + 100 * day, time_column(day, day + 11)))
    fine = table(2200, time_column(12, 23))
    assert told(watch.judge(fine)) == []
    gap = table(2200, time_column(12, 22))
    assert told(watch.judge(gap)) == [("gaps", WARN)]
    old = table(2201, time_column(11, 22))
    assert told(watch.judge(old)) == [("freshness", WARN)]
    future = table(2200, time_column(12, 23, ahead=300))
    assert ("freshness", ERROR) in told(watch.judge(future))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"new": 60, "paid": 130, "sent": 10}, []),
        ({"new": 60, "paid": 120, "sent": 10, "b2b": 10}, [("category", WARN)]),
        ({"new": 190, "sent": 10}, [("category", ERROR)]),
        ({"new": 20, "paid": 170, "sent": 10}, [("category", WARN)]),
    ],
)
def test_new_vanished_and_shifted_categories(
    watch: Watch, counts: dict[str, int], expected: list[tuple[str, str]]
) -> None:
    usual = {"new": 62, "paid": 128, "sent": 10}
    watch.go([came(200, columns=(column("status", counts=usual),)) for _ in range(10)])
    result = watch.judge(came(200, columns=(column("status", counts=counts),)))
    assert told(result) == expected
    assert not expected or "status" in result.findings[0].message


def test_a_delivery_that_comes_again_is_told_apart_from_a_stale_one(watch: Watch) -> None:
    def dated(day: int, **facts: Any) -> RelationProfile:
        columns = (column("status"), column("day", min=float(day), max=float(day)))
        return came(columns=columns, **facts)

    watch.go([dated(day) for day in range(8)])
    again = replace(dated(8), fingerprint=watch.records[3].profile[0].fingerprint)
    assert told(watch.judge(dated(8))) == []
    assert told(watch.judge(again)) == [("duplicate", ERROR)]
    assert told(watch.judge(dated(8, repeated_files=1))) == [("duplicate", ERROR)]
    assert told(watch.judge(dated(8, files=2, repeated_files=1))) == [("duplicate", WARN)]
    assert told(watch.judge(came(0, files=0, columns=()))) == [("delivery", WARN)]
    assert told(watch.judge(came(0))) == [("volume", ERROR)]
    unreadable = watch.judge(came(0, problem="It could not be read."))
    assert told(unreadable) == [("delivery", WARN)]


def test_rows_that_come_dated_too_early_are_told_however_few(watch: Watch) -> None:
    def rows(back: int = 0, share: float = 1.0) -> RelationProfile:
        newest = (watch.day() - back * DAY).timestamp() - 3600 * share
        at = ColumnProfile(
            "at", "VARCHAR", 0, 5, newest - 86_400, newest, min_length=10, max_length=19
        )
        return came(5, columns=(at,))

    for day in range(12):
        watch.publish(rows(share=1 + day % 4))
    assert told(watch.judge(rows())) == []
    assert told(watch.judge(rows(back=30))) == [("freshness", WARN)]


def test_where_the_same_always_comes_again_nothing_is_said(watch: Watch) -> None:
    watch.go([came(fingerprint="1") for _ in range(8)])
    assert told(watch.judge(came(fingerprint="1"))) == []


def test_what_always_changed_and_did_not_is_told(watch: Watch) -> None:
    days = [table(1000, column(distinct=40, mean=50.0 + n % 5, min=0, max=99)) for n in range(10)]
    watch.go(days)
    assert told(watch.judge(days[-1])) == [("stale", WARN)]
    assert told(watch.judge(days[0])) == []


def test_references_that_lead_nowhere(watch: Watch) -> None:
    watch.go([table(1000, orphans={"customer_id -> customers": 2 + n % 2}) for n in range(10)])
    assert told(watch.judge(table(1000, orphans={"customer_id -> customers": 3}))) == []
    result = watch.judge(table(1000, orphans={"customer_id -> customers": 200}))
    assert told(result) == [("orphans", ERROR)]


def test_a_text_that_becomes_longer_and_columns_in_another_order(watch: Watch) -> None:
    watch.go(
        [table(1000, column("a", mean_length=6.0), column("b", mean_length=3.0)) for _ in range(10)]
    )
    longer = table(1000, column("a", mean_length=8.0), column("b", mean_length=3.0))
    assert told(watch.judge(longer)) == [("length", WARN)]
    turned = table(1000, column("b", mean_length=3.0), column("a", mean_length=6.0))
    assert told(watch.judge(turned)) == [("schema", WARN)]


def test_a_warning_becomes_a_rejection_where_the_team_wants_it(tmp_path: Path) -> None:
    watch = Watch(tmp_path, {"monitors": {"length": "error"}})
    watch.go([table(1000, column("a", mean_length=6.0)) for _ in range(10)])
    assert told(watch.judge(table(1000, column("a", mean_length=8.0)))) == [("length", ERROR)]


def test_the_page_says_what_is_caught() -> None:
    """The tables in docs/reference/monitors.md are computed; one line of each is computed again."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "monitors.md").read_text(
        encoding="utf-8"
    )
    for fault in monitor_power.FAULTS:
        assert monitor_power.line(fault, "Gaussian", 30) in page, fault.title


# ── Sources and categories, asked of a real warehouse ────────────────────────────────────────────


def test_only_new_files_of_a_source_are_read(tmp_path: Path) -> None:
    raw, orders = tmp_path / "raw", tmp_path / "raw" / "orders"
    orders.mkdir(parents=True)
    for day in (1, 2, 3):
        date = f"2026-01-0{day}"
        lines = [f"{day}{n},{'ab'[n % 2]}@example.org,{'xy'[n % 2]},{n}.5,{date} 07:00,{date}"
                 for n in range(30)]  # fmt: skip
        head = "id,EMail,kind,amount,at,loaded\n"
        (orders / f"{day}.csv").write_text(head + "\n".join(lines))
    (orders / "4.csv").write_bytes((orders / "2.csv").read_bytes())
    place = f"read_csv('{raw}/orders/*.csv', header=true, all_varchar=true, union_by_name=true)"
    product = manifest()
    node = replace(
        product.nodes[SOURCE], schema="raw", relation=place, meta={"external_location": place},
        loaded_at="cast(loaded as timestamp)",
    )  # fmt: skip
    product.nodes[SOURCE] = node
    files = read_raw(raw, tmp_path / "cache.json")
    warehouse = in_memory()

    def profiled(before: tuple[RawFile, ...] | None, memory: Memory) -> RelationProfile:
        given = Raw(str(raw), str(raw), files, before)
        (result,) = profile_all(warehouse, product, [], {}, given, memory)
        return result

    first = profiled(None, Memory((), (), None, None))
    assert (first.files, first.rows) == (1, 30), "before the first release: the newest file"
    release = release_of(
        [first], run="1", number=1, at=ops.START, fingerprint="1",
        anomalies=frozenset(), checksums={},
    )  # fmt: skip
    second = profiled(files[:1], Memory((release,), (), None, None))
    assert (second.files, second.repeated_files, second.rows, second.name) == (
        3,
        1,
        60,
        "raw.orders",
    )
    columns = {item.name: item for item in second.columns}
    assert columns["amount"].mean == pytest.approx(15.0)
    assert columns["kind"].counts == {"x": 30, "y": 30}
    assert columns["EMail"] == ColumnProfile(
        "EMail", "VARCHAR", 0, 2, formats={"a@a a": 60}, lengths={"13": 60}
    ), "personal: only counts, and what many values have in common"
    assert columns["loaded"].counts == {}
    seven = datetime(2026, 1, 3, 7, tzinfo=timezone.utc).timestamp()
    assert columns["at"].max == seven, "a time, though it is written as text"
    learned = {item.name: item for item in first.columns}
    assert learned["at"].max is not None, "read again with what the first look said"
    assert learned["kind"].counts == {"x": 15, "y": 15}
    assert learned["EMail"].counts == {}
    assert second.newest == datetime(2026, 1, 3, tzinfo=timezone.utc).timestamp()
    record = replace(ops.Simulation().run(ops.START), profile=(second,))
    assert "@example.org" not in record.to_json().decode()
    again = profiled(files[:3], Memory((), (), None, None))
    assert (again.files, again.repeated_files) == (1, 1)
    both = profiled((files[0], files[2]), Memory((), (), None, None))
    assert again.fingerprint == both.fingerprint, "the rows count, not the name of their file"
    last = (orders / "3.csv").read_text(encoding="utf-8")
    (orders / "3.csv").write_text(last.replace("2026-01-03 07", "around 07", 1), encoding="utf-8")
    mixed = profiled(files[:1], Memory((release,), (), None, None))
    assert {item.name: item for item in mixed.columns}["at"].max is None, "not each is a time"
    (orders / "3.csv").write_bytes(b"")
    broken = replace(node, relation=place.replace("header=true", "columns={'a': 'date'}"))
    product.nodes[SOURCE] = broken
    assert "could not be read" in profiled(files[:1], Memory((), (), None, None)).problem


def test_a_warning_of_the_current_release_is_named_with_how_to_accept_it(
    tmp_path: Path,
) -> None:
    root = worker.make_product(tmp_path / "product")
    done = worker.quick_release(root)
    seen = FindingRun("volume", "model.shop.one", "one", "", WARN, "model one has 3 rows", 3.0)
    record = replace(done.record, findings=(seen,))
    result = replace(status(Product(root)), current=record)
    console = Console(record=True, width=200)
    show_status(console, result)
    show_release(console, replace(done, record=record))
    how = 'uv run dataops accept volume.model.shop.one --because "…"'
    output = console.export_text()
    assert output.count(how) == output.count("model one has 3 rows") == 2
    for document in (status_document(result), documents.release(replace(done, record=record))):
        assert '"id": "volume.model.shop.one"' in as_json(document)
    assert result.ok


# ── In a release ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_candidate_that_lost_its_rows_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = worker.make_product(tmp_path / "product")
    for _ in range(4):
        assert worker.quick_release(root).exit_code == 0
    before = (root / "store" / "current").resolve()
    monkeypatch.setenv("DBT_ROWS", "1")
    done = worker.quick_release(root)
    assert done.exit_code == 1
    assert {finding.check for finding in done.record.findings if finding.level == ERROR} >= {
        "volume"
    }
    assert "dataops accept" in done.record.problem
    assert "uv run dbt show -q --select " in next_command(done)
    console = Console(record=True, width=200)
    show_status(console, status(Product(root)))
    told = console.export_text()
    finding = next(word for word in told.split() if word.startswith("monitor."))
    with pytest.raises(DataopsError, match="was rejected; it is not a release"):
        rollback(Product(root), "5")
    listed = releases(Product(root), 1)
    assert [(item.record.number, item.current) for item in listed] == [(4, True)]
    accept(root, History(root / "store" / "history"), finding, "that is all there is")
    assert read_accepted(root)[0].because == "that is all there is"
    assert (root / "store" / "current").resolve() == before
    kept = json.loads((root / "store/history/runs" / f"{done.record.run}.json").read_text())
    assert {item["name"] for item in kept["profile"]} == {"one", "two", "log"}
    assert kept["findings"]
