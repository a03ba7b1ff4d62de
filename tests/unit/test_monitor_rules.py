"""Monitors over values: distributions, counters, early dates, drifts, and files."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import duckdb
import pytest

from first_light.dbt.graph import Graph
from first_light.dbt.manifest import Manifest, Node
from first_light.history.facts import RawFile
from first_light.history.record import ColumnProfile, FindingRun, RelationProfile
from first_light.monitors import profiling
from first_light.monitors.baseline import Memory, release_of, remember
from first_light.monitors.files import check_files
from first_light.monitors.judge import Known, judge
from first_light.monitors.levels import ERROR, WARN
from first_light.monitors.prediction import Past, expect, expect_at
from first_light.monitors.run import judge_all, with_levels_of_sources
from first_light.monitors.sources import deliveries
from first_light.warehouse.dialect import dialect_of

START = datetime(2026, 1, 5, 7, tzinfo=timezone.utc)
DAY = timedelta(days=1)
SOURCE = "source.shop.raw.orders"


def remembered(profiles: Sequence[RelationProfile], last: datetime | None = None) -> Memory:
    """One published release a day; the next is judged the day after."""
    releases = [
        release_of(
            [profile], run=str(n), number=n, at=START + n * DAY, fingerprint=str(n),
            anomalies=frozenset(), checksums={},
        )
        for n, profile in enumerate(profiles)
    ]  # fmt: skip
    return remember(releases, "new", last or START + len(profiles) * DAY)


def judged(
    past: Sequence[RelationProfile], now: RelationProfile, **options: Any
) -> tuple[FindingRun, ...]:
    at = START + len(past) * DAY
    return judge(now, remembered(past), at, {}, **options).findings


def told(findings: Sequence[FindingRun]) -> set[tuple[str, str]]:
    return {(finding.check, finding.level) for finding in findings}


def delivery(rows: int = 200, files: int = 1, **column: Any) -> RelationProfile:
    """What came to a source: one column."""
    facts = {"name": "x", "type": "VARCHAR", "nulls": 0, **column}
    return RelationProfile(
        SOURCE, "raw.orders", rows, (ColumnProfile(**facts),), files=files,
        fingerprint=str(random.random()),
    )  # fmt: skip


def split(chance: random.Random, rows: int, shares: dict[str, float]) -> dict[str, int]:
    drawn = chance.choices(list(shares), list(shares.values()), k=rows)
    return {value: drawn.count(value) for value in shares}


@pytest.mark.parametrize(
    ("key", "check", "usual", "moved"),
    [
        ("counts", "category", {"card": 0.7, "cash": 0.3}, {"card": 0.05, "cash": 0.95}),
        ("hours", "hours", {"9": 0.4, "12": 0.3, "18": 0.3}, {"0": 1.0}),
        ("formats", "format", {"a@a.a": 0.95, "…": 0.05}, {"a": 0.7, "a@a.a": 0.3}),
    ],
)
def test_a_distribution_that_moves_farther_than_ever_rejects(
    key: str, check: str, usual: dict[str, float], moved: dict[str, float]
) -> None:
    chance = random.Random(1)

    def drawn(shares: dict[str, float]) -> RelationProfile:
        column: dict[str, Any] = {key: split(chance, 200, shares)}
        return delivery(**column)

    past = [drawn(usual) for _ in range(20)]
    assert told(judged(past, drawn(usual))) == set()
    (finding,) = judged(past, drawn(moved))
    assert (finding.check, finding.level, finding.column) == (check, ERROR, "x")
    few = judged(past[:4], drawn(moved))
    assert told(few) <= {(check, WARN)}, "with little history nothing is rejected"


@pytest.mark.parametrize(
    ("formats", "lengths", "now", "level"),
    [
        ({"a-0": 12}, {"8": 12}, {"formats": {"a-0": 12}, "lengths": {"8": 7, "7": 5}}, ERROR),
        ({"0": 9, "9": 90}, {"5": 9}, {"formats": {"9": 99}, "lengths": {"5": 90, "4": 9}}, ERROR),
        ({"9": 200}, {"13": 200}, {"formats": {"9": 200}, "lengths": {"13": 194, "12": 6}}, WARN),
        ({"a": 30}, {"…": 30}, {"formats": {"a": 15, "a9": 15}, "lengths": {"…": 30}}, ERROR),
        ({"a-9": 200}, {"7": 200}, {"formats": {"a-9": 99}, "lengths": {"7": 50, "8": 49}}, None),
        ({"9": 200}, {"2": 200}, {"formats": {"9": 200}, "lengths": {"2": 100, "1": 100}}, None),
        ({"a": 99}, {"4": 59, "3": 40}, {"formats": {"a": 99}, "lengths": {"3": 9, "4": 9}}, None),
        ({"a": 200}, {"4": 200}, {"formats": {"a": 200}, "lengths": {"4": 198, "3": 2}}, None),
    ],
)  # fmt: skip
def test_a_form_that_all_values_had_is_expected_of_the_next(
    formats: dict[str, int], lengths: dict[str, int], now: dict[str, Any], level: str | None
) -> None:
    """Lost zeros, a lost character, letters in numbers; not a number that grows by a digit."""
    rows = sum(formats.values())
    past = [delivery(rows, formats=formats, lengths=lengths) for _ in range(20)]
    seen = told(judged(past, delivery(rows, **now)))
    assert {each for check, each in seen if check == "format"} == ({level} if level else set())
    few = judged(past[:5], delivery(rows, **now))
    assert ("format", ERROR) not in told(few), "with little history nothing is rejected"


def test_few_rows_tell_where_no_value_ever_had_another_form() -> None:
    past = [delivery(6, formats={"a-9": 6}) for _ in range(20)]
    assert told(judged(past, delivery(4, formats={"a-9": 1, "9": 3}))) == {("format", ERROR)}
    assert told(judged(past, delivery(4, formats={"a-9": 2, "9": 2}))) == {("format", WARN)}
    assert told(judged(past, delivery(4, formats={"a-9": 3, "9": 1}))) == set()
    longer = [delivery(6, formats={"a-9": 6}) for _ in range(50)]
    assert told(judged(longer, delivery(2, formats={"a-9": 1, "9": 1}))) == {("format", WARN)}
    assert told(judged(longer, delivery(9, formats={"a-9": 8, "9": 1}))) == set()
    varied = [*past, delivery(6, formats={"a-9": 5, "9": 1})]
    assert told(judged(varied, delivery(4, formats={"a-9": 1, "9": 3}))) == set()


@pytest.mark.parametrize(
    ("filled", "level"),
    [([5] * 20, ERROR), (list(range(1, 21)), ERROR), ([1] * 20, WARN), ([3, 9, 1, 6, 2] * 4, WARN)],
)
def test_a_column_that_always_had_some_values_has_none(filled: list[int], level: str) -> None:
    """Leaving dates of staff: few in many rows, so that the share of nulls hardly moves."""
    past = [delivery(160, nulls=160 - count) for count in filled]
    assert ("nulls", level) in told(judged(past, delivery(160, nulls=160)))
    assert told(judged(past, delivery(160, nulls=160 - filled[-1]))) == set()
    none = delivery(160, nulls=160)
    assert ("nulls", level) in told(judged([none, none, *past], none)), "before the first of them"
    some = told(judged([*past[:15], none, *past[16:]], none))
    assert not {("nulls", WARN), ("nulls", ERROR)} & some


def test_small_deliveries_of_the_past_hide_no_move_of_a_large_one() -> None:
    """At weekends few rows come, which scatter more by chance."""
    chance = random.Random(3)
    usual = {str(hour): 1.0 for hour in range(8, 20)}
    moved = {**{str(hour): 1.0 for hour in range(11, 20)}, "20": 1.5, "21": 1.5}
    past = [
        delivery(rows, hours=split(chance, rows, usual))
        for _ in range(4) for rows in (400, 400, 400, 400, 400, 50, 50)
    ]  # fmt: skip

    def hours(rows: int, weights: dict[str, float]) -> set[tuple[str, str]]:
        seen = told(judged(past, delivery(rows, hours=split(chance, rows, weights))))
        return {(check, level) for check, level in seen if check == "hours"}

    assert hours(50, usual) == hours(400, usual) == set()
    assert hours(400, moved) == {("hours", WARN)}
    far = {hour: weight for hour, weight in moved.items() if int(hour) > 13}
    assert hours(400, far) == {("hours", ERROR)}


@pytest.mark.parametrize(
    ("usual", "now", "expected"),
    [
        (1.0, 0.5, {("duplicate", ERROR)}),
        (1.0, 0.85, {("duplicate", WARN)}),
        (1.0, 0.97, set()),
        (0.6, 0.55, set()),
        (None, 0.5, set()),
    ],
)
def test_a_delivery_that_holds_rows_twice_rejects(
    usual: float | None, now: float, expected: set[tuple[str, str]]
) -> None:
    def came(share: float | None) -> RelationProfile:
        return replace(delivery(), different_rows=None if share is None else round(200 * share))

    past = [came(usual) for _ in range(5)]
    assert told(judged(past, came(now))) == expected


def test_what_came_to_a_table_that_grows_is_judged_by_its_hours() -> None:
    def grown(days: int, shifted: int = 0) -> RelationProfile:
        hours = {"9": 100 * days, "15": 100 * days}
        if shifted:
            hours["1"] = shifted
        column = ColumnProfile("x", "TIMESTAMP", 0, hours=hours)
        return RelationProfile("model.shop.orders", "orders", sum(hours.values()), (column,))

    past = [grown(days) for days in range(30, 50)]
    assert told(judged(past, grown(50))) == set()
    assert ("hours", ERROR) in told(judged(past, grown(49, shifted=200)))


def test_a_value_that_always_came_and_is_gone_rejects() -> None:
    usual = {"a": 120, "b": 70, "c": 10}
    past = [delivery(counts=usual) for _ in range(10)]
    assert ("category", ERROR) in told(judged(past, delivery(counts={"a": 130, "c": 10})))
    rare = judged(past, delivery(counts={"a": 125, "b": 75}))
    assert told(rare) == set(), "of a rare value none may come by chance"


def test_shops_that_are_closed_on_sundays_are_a_rhythm() -> None:
    """START is a Monday, and what follows n deliveries comes on day n."""
    chance = random.Random(5)
    open_, sunday = {"A": 0.4, "B": 0.3, "C": 0.3}, {"A": 0.7, "B": 0.3}

    def drawn(day: int, shares: dict[str, float] | None = None) -> RelationProfile:
        closed = day % 7 == 6
        shares = shares or (sunday if closed else open_)
        return delivery(60 if closed else 200, counts=split(chance, 60 if closed else 200, shares))

    past = [drawn(day) for day in range(27)]
    assert told(judged(past, drawn(27))) == set(), "a Sunday like those before"
    assert ("category", ERROR) in told(judged(past, drawn(27, {"B": 1.0})))
    past.append(drawn(27))
    assert ("category", ERROR) in told(judged(past, drawn(28, sunday))), "no Sunday, but like one"
    gone = judged(past, drawn(28, {"A": 0.6, "B": 0.4}))
    assert any(found.level == ERROR and "gone: C" in found.message for found in gone)
    named = [
        replace(drawn(day), delivery=f"{START + day * DAY:%Y-%m-%d}")
        for day in range(28)
        if day % 7 < 6
    ]
    first_sunday = replace(drawn(27), delivery=f"{START + 27 * DAY:%Y-%m-%d}")
    seen = told(judged(named, first_sunday))
    assert {level for check, level in seen if check == "category"} == {WARN}, "the first Sunday"


def test_a_rare_value_is_new_once_enough_rows_were_seen() -> None:
    def told_of(deliveries: int, rows: int) -> set[tuple[str, str]]:
        past = [delivery(5, counts={"basic": 5}) for _ in range(deliveries)]
        return told(judged(past, delivery(5, counts={"basic": 5 - rows, "gold": rows})))

    assert told_of(8, 1) == set(), "one of five, after forty"
    assert told_of(8, 3) == told_of(20, 1) == {("category", WARN)}


def test_half_the_rows_of_a_main_segment_are_missed_though_the_total_hardly_shows_it() -> None:
    chance = random.Random(10)
    stores = {"Berlin": 0.3, "Munich": 0.25, "Ulm": 0.2, "Bonn": 0.15, "Kiel": 0.1}
    totals = [round(600 * chance.gauss(1, 0.1)) for _ in range(30)]
    past = [delivery(total, counts=split(chance, total, stores)) for total in totals]
    counts = split(chance, 600, stores)
    assert told(judged(past, delivery(600, counts=counts))) == set()
    counts["Ulm"] //= 3
    (finding,) = judged(past, delivery(sum(counts.values()), counts=counts))
    assert (finding.check, finding.level) == ("category", ERROR)
    assert "Ulm" in finding.message


def counter(first: int, count: int, kept: float = 1.0) -> RelationProfile:
    rows = round(count * kept)
    return delivery(
        rows, distinct=rows, min=first, max=first + count - 1, mean=first + count / 2,
        min_length=4, max_length=4, mean_length=4.0,
    )  # fmt: skip


def counted() -> tuple[list[RelationProfile], int]:
    """Twenty deliveries whose counter leaves out no number, and the number that comes next."""
    chance = random.Random(2)
    past, first = [], 1
    for _ in range(20):
        count = round(300 * chance.gauss(1, 0.03))
        past.append(counter(first, count))
        first += count
    return past, first


def test_a_counter_with_gaps_rejects_and_one_without_explains_few_rows() -> None:
    past, first = counted()
    assert told(judged(past, counter(first, 300))) == set()
    assert ("counter", ERROR) in told(judged(past, counter(first, 300, kept=0.8)))
    assert told(judged(past, counter(first, 60))) == {("volume", WARN)}, "a holiday"
    assert ("volume", ERROR) in told(judged(past, counter(first + 240, 60))), "its first part lost"


def followed(
    past: Sequence[RelationProfile], now: Sequence[RelationProfile]
) -> set[tuple[str, str, str]]:
    """What is found in deliveries, and in a model without times that has all their rows."""
    model = Node("model.shop.stg", "model", "stg", "stg.sql", depends_on=(SOURCE,))
    manifest = Manifest({**shop().nodes, model.unique_id: model}, {})

    def with_model(came: Sequence[RelationProfile], rows: int) -> list[RelationProfile]:
        rows += sum(profile.rows for profile in came)
        return [*came, RelationProfile(model.unique_id, "stg", rows, ())]

    releases, rows = [], 0
    for n, profile in enumerate(past):
        facts: dict[str, Any] = {"anomalies": frozenset[Any](), "checksums": dict[str, str]()}
        profiles = with_model([profile], rows)
        at = START + n * DAY
        releases.append(
            release_of(profiles, run=str(n), number=n, at=at, fingerprint=str(n), **facts)
        )
        rows += profile.rows
    at = START + len(past) * DAY
    memory = remember(releases, "new", at)
    findings = judge_all(with_model(now, rows), memory, manifest, [], at).findings
    return {(finding.name, finding.check, finding.level) for finding in findings}


def test_a_holiday_in_a_complete_delivery_rejects_nothing_downstream() -> None:
    past, first = counted()
    holiday = followed(past, [counter(first, 60)])
    assert holiday == {("raw.orders", "volume", WARN), ("stg", "volume", WARN)}
    lost = followed(past, [counter(first, 300, kept=0.2)])
    assert {("raw.orders", "counter", ERROR), ("stg", "volume", ERROR)} <= lost


def test_a_mean_over_all_rows_may_move_as_that_of_the_new_ones_does() -> None:
    def grown(rows: int, mean: float) -> RelationProfile:
        facts = {"type": "DOUBLE", "min": 1.0, "max": 99.0, "distinct": 90, "mean": mean}
        return replace(delivery(rows, files=0, **facts), files=None, name="stg")

    chance = random.Random(3)
    past, rows, total = [], 0, 0.0
    for _ in range(9):
        rows, total = rows + 30, total + 30 * chance.uniform(38, 48)
        past.append(grown(rows, total / rows))
    many = (total + 400 * 50) / (rows + 400)
    assert many > 1.1 * total / rows
    assert not {"mean", "length"} & {check for check, _ in told(judged(past, grown(670, many)))}
    scaled = judged(past, grown(rows + 30, 1.19 * total / rows))
    assert "mean" in {check for check, _ in told(scaled)}, "all old rows are others"


def test_times_that_a_model_computes_have_no_rhythm() -> None:
    """The day of a first order: some days bring no new customer."""
    model = Node("model.shop.people", "model", "people", "people.sql", depends_on=(SOURCE,))
    manifest = Manifest({**shop().nodes, model.unique_id: model}, {})

    def day_of(name: str, day: int) -> tuple[ColumnProfile, ...]:
        high = (START + day * DAY).timestamp()
        low, days = START.timestamp(), day + 1
        return (ColumnProfile(name, "DATE", 0, days, min=low, max=high, distinct_days=days),)

    def both(name: str, day: int) -> list[RelationProfile]:
        source = replace(dated(day, 200), columns=day_of("sold_on", day))
        return [source, RelationProfile(model.unique_id, "people", 50, day_of(name, day))]

    def stood_still(name: str) -> set[str]:
        releases = [
            release_of(
                both(name, n), run=str(n), number=n, at=START + n * DAY, fingerprint=str(n),
                anomalies=frozenset(), checksums={},
            )
            for n in range(20)
        ]  # fmt: skip
        at = START + 24 * DAY
        source, _ = both(name, 24)
        now = [source, both(name, 19)[1]]
        findings = judge_all(now, remember(releases, "new", at), manifest, [], at).findings
        return {finding.check for finding in findings if finding.name == "people"}

    assert "freshness" in stood_still("sold_on"), "a column of the source is judged"
    assert "freshness" not in stood_still("first_sold_on")


@pytest.mark.parametrize(
    ("came", "source", "level"),
    [(900.0, "", ""), (900.0, WARN, WARN), (900.0, ERROR, ERROR), (450.0, "", ERROR)],
)
def test_rows_of_a_delivery_are_judged_where_it_comes(came: float, source: str, level: str) -> None:
    graph = Graph({"model.shop.stg": (SOURCE,)})
    own = FindingRun("volume", SOURCE, "raw.orders", "", source, "", 900.0)
    model = FindingRun("volume", "model.shop.stg", "stg", "", ERROR, "", came)
    findings = with_levels_of_sources([*([own] if source else []), model], {SOURCE: 900}, graph)
    levels = [finding.level for finding in findings if finding.subject != SOURCE]
    assert levels == ([level] if level else [])


def test_a_day_without_rows_is_no_gap_where_few_come_on_the_quietest_days() -> None:
    def table(day: int, rows: int, days: int) -> RelationProfile:
        low, high = START.timestamp(), (START + day * DAY).timestamp()
        column = ColumnProfile("issued_on", "DATE", 0, days, low, high, distinct_days=days)
        return RelationProfile("model.shop.invoices", "invoices", rows, (column,))

    def gap(each_day: Sequence[int]) -> set[tuple[str, str]]:
        past, rows = [], 100
        for day in range(20):
            rows += each_day[day % len(each_day)]
            past.append(table(day, rows, day + 1))
        return told(judged(past, table(21, rows + sum(each_day[:2]), 21)))

    assert ("gaps", WARN) in gap([40, 42, 38])
    assert ("gaps", WARN) not in gap([4, 6, 3])


def test_a_time_without_new_rows_may_be_half_as_long_again_where_some_have_none() -> None:
    def came(hours: float, after: int) -> RelationProfile:
        newest = (START + after * DAY).timestamp() - 3600 * hours
        facts: dict[str, Any] = {
            "type": "TIMESTAMP",
            "min": newest - 9e7,
            "max": newest,
            "distinct": 60,
        }
        return delivery(200, name="signed_up_at", **facts)

    rare = [came([9.0, 33.0, 9.0, 9.0][n % 4], n) for n in range(24)]
    assert ("freshness", WARN) not in told(judged(rare, came(55.0, 24)))
    assert ("freshness", WARN) in told(judged(rare, came(81.0, 24)))
    each = [came([9.0, 10.0][n % 2], n) for n in range(24)]
    assert ("freshness", WARN) in told(judged(each, came(33.0, 24)))


def test_a_late_delivery_and_its_double_are_two_downstream_too() -> None:
    chance = random.Random(3)
    past = [delivery(round(200 * chance.gauss(1, 0.04)), distinct_days=1) for _ in range(20)]
    late = [replace(delivery(200, distinct_days=1), delivery=f"2026-01-{day}") for day in (24, 25)]
    assert followed(past, late) == set()
    assert ("stg", "volume", ERROR) in followed(past, [delivery(400, distinct_days=1)])


def test_amounts_are_no_counter() -> None:
    """Many different cents fill a small range: that says nothing of rows."""
    past = [delivery(200, distinct=150, min=1.0, max=99.0, mean=50.0) for _ in range(10)]
    assert told(judged(past, delivery(200, distinct=120, min=1.0, max=99.0, mean=50.0))) == set()


def test_a_mean_of_few_rows_scatters_more() -> None:
    chance = random.Random(8)
    past = [
        delivery(300, type="DOUBLE", min=1.0, max=99.0, mean=50 * chance.gauss(1, 0.03))
        for _ in range(30)
    ]
    few = delivery(30, type="DOUBLE", min=1.0, max=99.0, mean=58.0)
    assert {check for check, _ in told(judged(past, few))} == {"volume"}
    many = delivery(300, type="DOUBLE", min=1.0, max=99.0, mean=59.5)
    assert told(judged(past, many)) == {("mean", WARN)}
    far = delivery(300, type="DOUBLE", min=1.0, max=99.0, mean=66.0)
    assert told(judged(past, far)) == {("mean", ERROR)}


def test_a_mean_is_compared_with_those_of_about_as_many_rows() -> None:
    """On Saturdays a tenth of the rows come, and their mean says little."""
    chance = random.Random(8)
    past = []
    for day in range(42):
        rows, noise = (30, 0.12) if day % 7 == 5 else (300, 0.03)
        mean = 50 * chance.gauss(1, noise)
        past.append(delivery(rows, type="DOUBLE", min=1.0, max=99.0, mean=mean))
    far = delivery(300, type="DOUBLE", min=1.0, max=99.0, mean=66.0)
    assert ("mean", ERROR) in told(judged(past, far))
    saturday = replace(past[5], rows=30)
    assert told(judged([*past, *past[:5]], saturday)) == set()


def test_a_share_of_dates_long_before_all_others_rejects() -> None:
    def dated(early: float = 0.0) -> RelationProfile:
        high = START.timestamp()
        low = 0.0 if early else high - 86_400
        mean = high - 43_200 * (1 - early) - high * early
        return delivery(min=low, max=high, mean_time=mean, distinct_days=1)

    past = [dated() for _ in range(10)]
    assert ("range", ERROR) not in told(judged(past, dated()))
    (finding,) = [f for f in judged(past, dated(0.1)) if f.check == "range"]
    assert finding.level == ERROR
    assert finding.value == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("shift", "expected"), [(0, set()), (8, {("hours", ERROR)}), (-5, None)])
def test_times_that_lie_elsewhere_in_the_day_reject(
    shift: float, expected: set[tuple[str, str]] | None
) -> None:
    """Measured around the clock, hours of the day say nothing."""

    def measured(day: int, hours: float = 0.0, end: float = 24.0) -> RelationProfile:
        begin = (START + day * DAY).replace(hour=0).timestamp() + 3600 * hours
        return replace(
            delivery(min=begin, max=begin + 3600 * end - 60, mean_time=begin + 1800 * end),
            delivery=f"{START + day * DAY:%Y-%m-%d}",
        )

    past = [measured(day) for day in range(10)]
    found = {(check, level) for check, level in told(judged(past, measured(10, shift)))}
    assert found - {("freshness", WARN)} == (
        expected if expected is not None else {("hours", ERROR)}
    )
    early = told(judged(past, measured(10, end=14.0)))
    assert ("hours", ERROR) not in early, "a day that ends early"
    same = replace(past[0], columns=past[0].columns)
    exports = [replace(same, delivery=f"{START + day * DAY:%Y-%m-%d}") for day in range(11)]
    assert ("hours", ERROR) not in told(judged(exports[:10], exports[10])), "a full export"


def test_a_slow_drift_shows_against_what_was_before() -> None:
    chance = random.Random(3)

    def valued(factor: float) -> RelationProfile:
        mean = 50 * factor * chance.gauss(1, 0.02)
        return delivery(type="DOUBLE", min=1.0, max=99.0, mean=mean, distinct=150)

    past = [valued(1.0) for _ in range(30)]
    levels = []
    for n in range(1, 15):
        now = valued(0.97**n)
        levels.append(told(judged(past, now)))
        past.append(now)
    assert ("mean", ERROR) in levels[-1]
    steady = [valued(1.0) for _ in range(45)]
    assert told(judged(steady, valued(1.0))) == set()
    one_day = judged(steady, valued(0.6))
    assert not any("drifted" in finding.message for finding in one_day), "one day is no drift"


SUMMER = [19.8, 20.2, 21.1, 19.9, 20.3, 21.0, 20.8, 22.4, 19.5, 18.8, 19.2, 19.5, 20.5, 20.0,
          18.3, 20.8, 22.8, 20.0, 17.8, 16.9, 17.5, 17.5, 17.4, 17.4, 19.7, 17.8, 16.7, 16.5,
          16.5, 15.0, 15.7]  # fmt: skip


def test_weather_goes_its_way() -> None:
    """A mean that wanders by itself is far from what it was without a fault."""

    def valued(mean: float) -> RelationProfile:
        return delivery(type="DOUBLE", min=-9.0, max=39.0, mean=mean, distinct=150)

    past = [valued(mean) for mean in SUMMER]
    assert ("mean", ERROR) not in told(judged(past, valued(14.0)))
    drifted = judged([*past[:-3], *(valued(mean) for mean in (11.0, 9.5, 8.0))], valued(6.5))
    assert any("drifted" in f.message and f.level == ERROR for f in drifted)


def test_a_mean_is_compared_with_what_it_follows() -> None:
    """A battery that runs down, prices of weekends: earlier values lie far apart, and yet there is
    one for each day that is right."""
    chance = random.Random(5)

    def valued(mean: float) -> RelationProfile:
        scattered = mean * chance.gauss(1, 0.003)
        return delivery(type="DOUBLE", min=1.0, max=99.0, mean=scattered, distinct=150)

    falling = [valued(80 - 0.4 * day) for day in range(40)]
    assert told(judged(falling, valued(64))) == set()
    assert told(judged(falling, valued(64.4))) == set(), "a trend may end"
    assert told(judged(falling, valued(64 * 1.19))) == {("mean", ERROR)}
    weekly = [valued(70 if day % 7 > 4 else 50) for day in range(42)]
    assert told(judged(weekly, valued(50))) == set()
    assert told(judged(weekly, valued(50 * 1.19))) == {("mean", ERROR)}

    drifting = [*falling, *(valued((64 - 0.4 * day) * 0.97**day) for day in range(14))]
    assert ("mean", WARN) in told(judged(drifting, valued(58.4 * 0.97**14)))


def test_times_that_are_not_where_a_delivery_has_them() -> None:
    """A file of the day holds the times of that day."""
    chance = random.Random(4)

    def timed(number: int, rows: int, shift: float = 0.0) -> RelationProfile:
        day = START.replace(hour=0) + number * DAY
        first, middle, last = (
            (day + timedelta(hours=hour + chance.uniform(-1, 1) + shift)).timestamp()
            for hour in (8, 13, 19)
        )
        column: dict[str, Any] = {"min": first, "mean_time": middle, "max": last}
        return replace(delivery(rows, distinct_days=1, **column), delivery=f"{day:%Y-%m-%d}")

    def hours(rows: int, shift: float) -> set[tuple[str, str]]:
        seen = told(judged(past, timed(20, rows, shift)))
        return {(check, level) for check, level in seen if check == "hours"}

    past = [timed(number, 200) for number in range(20)]
    assert hours(200, 0) == hours(200, 1) == set()
    assert hours(200, 5) == hours(200, -5) == {("hours", ERROR)}
    past = [timed(number, 10) for number in range(20)]
    assert hours(8, 5) == {("hours", ERROR)}, "about as few rows as always"
    past = [timed(number, 200) for number in range(20)]
    assert hours(8, 9) == {("hours", WARN)}, (
        "of few rows the next day is certain, the hours are not"
    )
    assert hours(8, 0) == hours(8, 3) == set()


def test_personal_texts_are_measured_by_forms_that_many_share() -> None:
    """An e-mail without its domain is seen, and no value is kept."""
    place = (
        "(select 'anna' || n || '@example.org' as mail, 'Anna ' || n as name from range(200) t(n) "
        "union all select 'x-y.z_q!@a', 'Zoë') rows"
    )
    target = profiling.ProfileTarget(
        SOURCE, "raw.people", place, [("mail", "VARCHAR"), ("name", "VARCHAR")],
        personal=frozenset({"mail", "name"}), formats=frozenset({"mail", "name"}),
    )  # fmt: skip
    query = profiling.query(target, dialect_of("duckdb"))
    row = duckdb.sql(query.sql).fetchone()
    assert row is not None
    mail, name = profiling.read(query, row).columns
    assert mail.formats == {"a9@a a": 199, "…": 2}, "two addresses have forms of their own"
    assert name.lengths == {"8": 100, "7": 90, "6": 10, "…": 1}
    assert (mail.min, mail.min_length, mail.counts) == (None, None, {})


def test_an_export_at_another_hour_warns_and_one_without_its_hour_rejects() -> None:
    past = [delivery(240, hours={"22": 240}) for _ in range(20)]
    assert told(judged(past, delivery(240, hours={"22": 240}))) == set()
    assert told(judged(past, delivery(240, hours={"4": 240}))) == {("hours", WARN)}
    assert told(judged(past, delivery(240, hours={"0": 240}))) == {("hours", ERROR)}
    spread = [delivery(240, hours={"9": 200, "17": 40}) for _ in range(20)]
    assert told(judged(spread, delivery(240, hours={"4": 240}))) == {("hours", ERROR)}


def test_what_so_few_personal_texts_share_that_it_is_kept_of_none_still_counts() -> None:
    """Of a personal column a format is kept that ten rows have: others are 5 of 14, or more."""
    past = [delivery(rows, formats={"a@a a": rows}) for rows in [14] * 15]
    past += [delivery(6, formats={"…": 6})]
    assert told(judged(past, delivery(14, formats={"…": 14}))) == {("format", ERROR)}
    assert told(judged(past, delivery(11, formats={"…": 11}))) == set()


def test_a_campaign_hides_no_lost_rows_and_is_no_fault_itself() -> None:
    """Twice as many rows on two days of a month: they widen no interval downwards, and the third
    such day is nothing new."""
    chance = random.Random(8)
    days = [delivery(round(700 * chance.gauss(1, 0.1))) for _ in range(40)]
    assert ("volume", ERROR) in told(judged(days, delivery(1400))), "there never was such a day"
    days[6] = delivery(1390)
    assert told(judged(days, delivery(1400))) == {("volume", WARN)}
    days[20] = delivery(1320)
    assert told(judged(days, delivery(1400))) == set()
    assert told(judged(days, delivery(2300))) == {("volume", ERROR)}
    assert told(judged(days, delivery(300))) == {("volume", ERROR)}


def test_few_rows_say_much_after_many_deliveries() -> None:
    """Seventeen orders a day: nulls where there never were any, all prices times ten."""
    chance = random.Random(2)

    def orders(nulls: int = 0, factor: float = 1.0) -> RelationProfile:
        mean = 40 * factor * chance.lognormvariate(0, 0.15)
        return delivery(17, type="DOUBLE", nulls=nulls, min=5.0, max=90.0, mean=mean, distinct=17)

    past = [orders() for _ in range(40)]
    assert told(judged(past, orders())) == set()
    assert told(judged(past, orders(nulls=4))) == {("nulls", ERROR)}
    assert told(judged(past, orders(nulls=2))) == {("nulls", WARN)}
    assert told(judged(past, orders(factor=10))) == {("mean", ERROR)}
    assert told(judged(past[:10], orders(factor=10))) == set(), "with little history they do not"


def test_a_table_whose_rows_change_is_judged_whole() -> None:
    """Orders are placed first and completed later: what came is no difference of two counts."""
    chance = random.Random(9)

    def orders(day: int) -> RelationProfile:
        open_ = 40 + chance.randrange(-15, 16)
        counts = {"placed": open_, "completed": 100 * day - open_}
        column = ColumnProfile("x", "VARCHAR", 0, 2, counts=counts)
        return RelationProfile("model.shop.orders", "orders", 100 * day, (column,))

    past = [orders(day) for day in range(10, 40)]
    for _ in range(20):
        assert "category" not in {check for check, _ in told(judged(past, orders(40)))}


def test_one_value_in_all_rows_rejects_where_there_were_several() -> None:
    past = [delivery(distinct=20 + n % 3) for n in range(10)]
    assert ("distinct", ERROR) in told(judged(past, delivery(distinct=1)))
    assert ("distinct", ERROR) not in told(judged(past, delivery(rows=5, distinct=1)))
    few = [delivery(rows=6, distinct=6) for _ in range(20)]
    assert ("distinct", ERROR) in told(judged(few, delivery(rows=6, distinct=1)))
    some = [delivery(rows=2 + n % 6, distinct=2 + n % 6) for n in range(30)]
    assert ("distinct", ERROR) in told(judged(some, delivery(rows=5, distinct=1)))
    assert ("distinct", ERROR) not in told(judged(some, delivery(rows=2, distinct=1)))


def test_a_value_that_never_came_rejects_where_it_has_all_rows() -> None:
    def reasons(*rows: tuple[str, int]) -> RelationProfile:
        return delivery(rows=sum(count for _, count in rows), distinct=2, counts=dict(rows))

    past = [reasons(("late", 2 + n % 3), ("lost", 3)) for n in range(20)]
    assert ("category", ERROR) in told(judged(past, reasons(("unknown", 5))))
    some = told(judged(past, reasons(("unknown", 4), ("late", 1))))
    assert ("category", WARN) in some
    assert ("category", ERROR) not in some
    assert ("category", ERROR) not in told(judged(past, reasons(("unknown", 3))))
    assert ("category", ERROR) not in told(judged(past[:8], reasons(("unknown", 5))))


def test_numbers_of_few_rows_are_no_category() -> None:
    """Invoices of some visits: ten new numbers a day, each once, and none on most visits."""

    def visits(day: int, numbers: int = 10) -> RelationProfile:
        counts = {f"R{day:03}{n}": 1 for n in range(numbers)}
        return delivery(80, nulls=80 - numbers, distinct=numbers, counts=counts)

    past = [visits(day) for day in range(20)]
    assert told(judged(past, visits(20))) == set()
    same = [delivery(80, counts={"a": 40, "b": 40}) for _ in range(20)]
    assert ("category", ERROR) in told(judged(same, delivery(80, counts={"c": 40, "d": 40})))


def test_values_that_come_anew_all_the_time_are_usual() -> None:
    """Campaigns: one starts every fourth day, with few rows."""

    def leads(day: int, new: int = 4) -> RelationProfile:
        counts = {f"C{n}": 10 for n in range(1 + day // 4)}
        counts[f"C{day // 4}"] = new
        return delivery(sum(counts.values()), distinct=len(counts), counts=counts)

    past = [leads(day) for day in range(24)]
    steady = [delivery(60, counts={"C0": 30, "C1": 30}) for _ in range(24)]

    def is_new(past: list[RelationProfile], now: RelationProfile) -> bool:
        return any(found.column == "x" and "new: " in found.message for found in judged(past, now))

    assert not is_new(past, leads(24))
    assert is_new(steady, delivery(64, counts={"C0": 30, "C1": 30, "C9": 4}))
    past_much = judged(past, leads(24, new=60))
    assert ("category", ERROR) in told(past_much), "so many rows of a new one are not usual"


def test_times_of_day_that_lie_elsewhere_reject_though_few_rows_have_them() -> None:
    def calls(chance: random.Random, rows: int, later: float = 0.0) -> RelationProfile:
        hours: dict[str, int] = {}
        for _ in range(rows):
            hour = str(min(23, max(0, round(chance.gauss(14, 4) + later))))
            hours[hour] = hours.get(hour, 0) + 1
        return delivery(rows, hours=hours)

    rejected = 0
    for seed in range(20):
        chance = random.Random(seed)
        past = [calls(chance, chance.randrange(25, 70)) for _ in range(40)]
        assert told(judged(past, calls(chance, 45))) == set(), seed
        seen = told(judged(past, calls(chance, 45, -5.0)))
        assert {check for check, _ in seen} == {"hours"}, seed
        rejected += ("hours", ERROR) in seen
    assert rejected >= 17, rejected
    export = [delivery(45, hours={"6": 45}) for _ in range(40)]
    assert ("hours", ERROR) not in told(judged(export, delivery(45, hours={"20": 45})))


def test_a_mean_near_zero_rejects_however_far_apart_means_were() -> None:
    chance = random.Random(6)
    past = [
        delivery(60, type="DOUBLE", mean=chance.uniform(15, 45), min=0.1, max=150.0)
        for _ in range(20)
    ]
    tiny = delivery(60, type="DOUBLE", mean=0.03, min=0.1, max=150.0)
    assert ("mean", ERROR) in told(judged(past, tiny))
    half = delivery(60, type="DOUBLE", mean=12.0, min=0.1, max=150.0)
    assert ("mean", ERROR) not in told(judged(past, half))


# Rows of campaigns that start and end: a week is stated again each day.
_WANDERING = [
    18, 36, 56, 76, 96, 117, 139, 143, 147, 149, 151, 154, 156, 157, 158, 158, 159, 160, 160, 161,
    161, 161, 161, 159, 155, 151, 147, 144, 142, 141, 140, 140, 140, 136, 131, 126, 121, 116, 112,
    108, 110, 113, 115, 116, 117, 119, 122, 122, 122, 122, 123, 123, 122,
]  # fmt: skip


def test_what_wanders_is_expected_near_the_last_value() -> None:
    past = [delivery(rows) for rows in _WANDERING]
    assert told(judged(past, delivery(120))) == set()
    assert ("volume", ERROR) in told(judged(past, delivery(36)))
    chance = random.Random(8)
    level = [delivery(round(chance.gauss(120, 8))) for _ in _WANDERING]
    low = min(each.rows for each in level)
    assert told(judged([*level, delivery(135)], delivery(low))) == set(), "what scatters does not"


def test_a_total_that_was_steady_for_four_weeks_is_compared_with_all_of_them() -> None:
    """Bills come with the first of a month: between them a sum of them hardly moves."""
    day = datetime(2025, 8, 4, 6, tzinfo=timezone.utc)
    sums = [100.0 + n + (60 if n >= 20 else 0) + (1 if n % 2 else 0) for n in range(52)]
    times = [day + timedelta(days=n) for n in range(53)]
    expected = expect([Past(*each) for each in zip(times, sums)], times[-1])
    assert expected
    assert expected.low < sums[-1] + 61 < expected.high
    seconds, weekdays = [at.timestamp() for at in times[:-1]], [at.weekday() for at in times[:-1]]
    came = expect_at(seconds, weekdays, sums, times[-1])
    assert came
    assert came.high < sums[-1] + 61


def test_a_rhythm_of_the_week_may_grow() -> None:
    chance = random.Random(5)
    rows = [round(chance.gauss(300 if day % 7 < 5 else 120, 8) * 1.01**day) for day in range(57)]
    past, now = [delivery(each) for each in rows[:-1]], rows[-1]
    assert told(judged(past, delivery(now))) == set()
    assert ("volume", ERROR) in told(judged(past, delivery(now // 2)))


def test_what_was_long_ago_says_little_where_the_last_weeks_are_steadier() -> None:
    chance = random.Random(6)
    first = [664, 667, 637, 591, 538, 551, 540, 493, 433, 353, 284, 290, 259, 232]
    lately = [round(chance.gauss(220 if day % 7 < 5 else 170, 6)) for day in range(35)]
    past = [delivery(rows) for rows in (*first, *lately)]
    assert told(judged(past, delivery(218))) == set()
    assert ("volume", ERROR) in told(judged(past, delivery(110)))


def test_a_few_more_nulls_in_a_key_reject_and_elsewhere_warn() -> None:
    chance = random.Random(4)
    past = [delivery(nulls=round(200 * chance.uniform(0.25, 0.35))) for _ in range(20)]
    now = delivery(nulls=100)
    assert told(judged(past, now)) == {("nulls", WARN)}
    assert told(judged(past, now, known=Known(keys={"x"}))) == {("nulls", ERROR)}
    steady = [delivery(nulls=4) for _ in range(20)]
    assert told(judged(steady, delivery(nulls=26))) == {("nulls", ERROR)}


def test_a_tenth_of_the_rows_missing_rejects_where_there_were_always_as_many() -> None:
    past = [delivery(360) for _ in range(10)]
    assert told(judged(past, delivery(320))) == {("volume", ERROR)}
    assert told(judged(past, delivery(420))) == {("volume", WARN)}, "a new store"


def test_deliveries_that_come_together_are_counted_by_what_they_hold() -> None:
    chance = random.Random(5)
    past = [delivery(round(200 * chance.gauss(1, 0.04)), distinct_days=1) for _ in range(20)]
    assert told(judged(past, delivery(400, files=2, distinct_days=2))) == set()
    assert told(judged(past, delivery(400, distinct_days=2))) == set(), "two days in one file"
    assert told(judged(past, delivery(400, distinct_days=1))) == {("volume", ERROR)}, "twice"
    late = START + len(past) * DAY + timedelta(hours=14)
    findings = judge(delivery(200, distinct_days=1), remembered(past, late), late, {}).findings
    assert told(findings) == set(), "another hour of the release changes nothing"


def test_days_of_a_week_that_come_together_are_their_sum() -> None:
    """Sunday and Monday together are not twice a Monday."""
    chance = random.Random(11)
    week = [1000.0, 1000.0, 1000.0, 1000.0, 1000.0, 400.0, 100.0]

    def day(number: int) -> float:
        return week[(START + number * DAY).weekday()] * chance.gauss(1, 0.03)

    past = [delivery(round(day(number)), distinct_days=1) for number in range(41)]
    sunday_and_monday = delivery(round(day(41) + day(42)), files=2, distinct_days=2)
    at = START + 42 * DAY
    assert at.weekday() == 0
    assert told(judge(sunday_and_monday, remembered(past, at), at, {}).findings) == set()
    too_few = delivery(300, files=2, distinct_days=2)
    assert told(judge(too_few, remembered(past, at), at, {}).findings) == {("volume", ERROR)}


def test_ten_rows_where_one_or_two_come_reject_nothing() -> None:
    past = [delivery(rows) for rows in (0, 1, 2, 1, 0, 1, 2, 0, 1, 1, 0, 3, 1, 2)]
    assert ("volume", ERROR) not in told(judged(past, delivery(10)))
    assert ("volume", ERROR) in told(judged(past, delivery(30)))


def test_numbers_of_a_text_may_become_longer() -> None:
    past = [delivery(mean=900.0 + n, min=1.0, max=999.0, mean_length=3.0) for n in range(20)]
    assert told(judged(past, delivery(mean=1010.0, min=1.0, max=1100.0, mean_length=4.0))) == set()


# ── Each delivery by itself ──────────────────────────────────────────────────────────────────────


def dated(day: int, rows: int) -> RelationProfile:
    """What came for one day."""
    name = f"{START + day * DAY:%Y-%m-%d}"
    return replace(delivery(rows), delivery=name, file=f"orders/orders_{name}.csv")


def candidate(past: Sequence[Sequence[RelationProfile]], now: Sequence[RelationProfile]) -> Any:
    """What is judged after so many releases, one a day."""
    releases = [
        release_of(
            profiles, run=str(n), number=n, at=START + n * DAY, fingerprint=str(n),
            anomalies=frozenset(), checksums={},
        )
        for n, profiles in enumerate(past)
    ]  # fmt: skip
    at = START + len(past) * DAY
    return judge_all(now, remember(releases, "new", at), shop(), [], at)


def test_a_bad_file_stays_rejected_when_a_good_one_follows() -> None:
    chance = random.Random(6)
    past = [[dated(day, round(200 * chance.gauss(1, 0.03)))] for day in range(20)]
    good = candidate(past, [dated(20, 200)])
    assert good.findings == ()
    both = candidate(past, [dated(20, 60), dated(21, 205)])
    (finding,) = both.findings
    assert (finding.check, finding.level) == ("volume", ERROR)
    name = f"{START + 20 * DAY:%Y-%m-%d}"
    assert f"raw.orders (orders_{name}.csv): new rows 60" in finding.message
    replaced = candidate(past, [dated(20, 198), dated(21, 205)])
    assert replaced.findings == ()


def test_a_repeated_delivery_that_is_accepted_rejects_no_later_one() -> None:
    """Without an end to it no day could be released."""

    def came(day: int, rows: int = 200) -> RelationProfile:
        return delivery(rows, type="DATE", min=86_400.0 * day, max=86_400.0 * day)

    past = [delivery(200, type="DATE"), *(came(day) for day in range(9))]
    again = replace(came(9), repeated_files=1)
    assert told(judged(past, again)) == {("duplicate", ERROR)}
    assert told(judged(past, again, normal={("duplicate", ""): [0.0]})) == set()
    few = [came(day, rows=6) for day in range(10)]
    assert told(judged(few, replace(came(9, rows=6), repeated_files=1))) == {("duplicate", ERROR)}


def test_an_export_without_a_day_in_it_may_be_the_same_again() -> None:
    again = replace(delivery(200), repeated_files=1)
    assert told(judged([delivery(200) for _ in range(10)], again)) == set()
    always_other = [delivery(200) for _ in range(20)]
    assert told(judged(always_other, again)) == {("duplicate", WARN)}
    quiet = [delivery(200 + day) for day in range(20)]
    assert told(judged(quiet, again)) == set(), "one row comes on most days"
    busy = [delivery(200 + 20 * day) for day in range(20)]
    assert ("duplicate", WARN) in told(judged(busy, replace(busy[-1], repeated_files=1)))


def test_an_archive_that_comes_at_once_is_a_past() -> None:
    chance = random.Random(7)
    archive = [dated(day, round(200 * chance.gauss(1, 0.03))) for day in range(14)]
    second = candidate([archive], [dated(14, 60)])
    assert told(second.findings) == {("volume", ERROR)}
    assert second.lacking == {}
    months = [replace(one, delivery=one.delivery[:7]) for one in archive]
    other = candidate([months], [dated(14, 10)])
    assert other.findings == (), "files of months say nothing of files of days"


def test_files_are_one_delivery_for_each_date_in_their_names() -> None:
    names = ["orders_2026-03-30.csv", "orders_20260331_a.csv", "orders_20260331_b.csv", "rest.csv"]
    now = [RawFile(f"orders/{name}", 10, name) for name in names]
    came = {one.name: [file.name for file in one.files]
            for one in deliveries(shop(), "raw", "raw", now, now[:2]) if one.files}  # fmt: skip
    assert came == {
        "2026-03-31": ["orders/orders_20260331_a.csv", "orders/orders_20260331_b.csv"],
        "": ["orders/rest.csv"],
    }, "the first file of a day is looked at with the second"
    archive = deliveries(shop(), "raw", "raw", now, None)
    assert [one.name for one in archive if one.files] == ["2026-03-30", "2026-03-31"]


def test_a_modified_file_is_compared_only_while_its_day_is_among_the_newest() -> None:
    before = [RawFile(f"orders/orders_2026-03-{day:02d}.csv", 10, str(day)) for day in range(1, 21)]
    undated = RawFile("orders/rest.csv", 10, "rest")
    now = [replace(file, hash="modified") for file in (*before, undated)]
    came = deliveries(shop(), "raw", "raw", now, [*before, undated])
    assert [delivery.name for delivery in came if delivery.files] == [
        "",
        *(f"2026-03-{day:02d}" for day in range(7, 21)),
    ]


# ── Files ────────────────────────────────────────────────────────────────────────────────────────


def shop(place: str = "read_csv('raw/orders/*.csv', all_varchar=true)") -> Manifest:
    source = Node(SOURCE, "source", "orders", "", schema="raw", relation=place,
                  meta={"external_location": place})  # fmt: skip
    other = replace(
        source, unique_id="source.shop.raw.stock", name="stock",
        relation=place.replace("orders", "stock"),
    )  # fmt: skip
    return Manifest({SOURCE: source, other.unique_id: other}, {})


OLD = RawFile("orders/orders_1.csv", 10, "1")


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("orders/orders_2.CSV", "mv raw/orders/orders_2.CSV raw/orders/orders_2.csv"),
        (
            "orders/orders_2.csv.gz",
            "gunzip -c raw/orders/orders_2.csv.gz > raw/orders/orders_2.csv"
            " && rm raw/orders/orders_2.csv.gz",
        ),
        ("new/orders/orders_2.csv", "mv raw/new/orders/orders_2.csv raw/orders/orders_2.csv"),
        (
            "orders/orders_2.xlsx",
            "mv raw/orders/orders_2.xlsx .. && uv run dataops add ../orders_2.xlsx",
        ),
    ],
)
def test_a_file_that_no_source_reads_rejects_and_is_named(name: str, fix: str) -> None:
    files = [OLD, RawFile(name, 10, "2")]
    (finding,) = check_files(shop(), "raw", files, [OLD])
    assert (finding.subject, finding.level, finding.column) == (SOURCE, ERROR, name)
    assert name in finding.message
    assert finding.message.endswith(fix)
    (first,) = check_files(shop(), "raw", files, None)
    assert first.level == WARN, "before the first release"
    assert check_files(shop(), "raw", files, files) == (), "it is no news"


@pytest.mark.parametrize(
    ("place", "fix"),
    [
        ("raw", "fix: mv raw/shops/shops.csv .. && uv run dataops add ../shops.csv"),
        ("s3://bucket/raw", "Move it out of raw, then add it: uv run dataops add PATH"),
    ],
)
def test_a_file_of_a_new_table_is_not_moved_to_another_table(place: str, fix: str) -> None:
    files = [OLD, RawFile("shops/shops.csv", 10, "2")]
    tables = shop(f"read_csv('{place}/orders/*.csv', all_varchar=true)")
    (finding,) = check_files(tables, place, files, [OLD])
    assert finding.message.endswith(fix)


def test_other_files_and_files_that_models_read_are_left_alone() -> None:
    files = [RawFile("README.md", 10, "2"), RawFile("orders/_SUCCESS", 0, "3")]
    assert check_files(shop(), "raw", files, [OLD]) == ()
    spelled_out = f"select * from {shop().nodes[SOURCE].relation}"
    upper = RawFile("orders/orders_2.CSV", 10, "2")
    assert len(check_files(shop(), "raw", [upper], [OLD], [spelled_out])) == 1
    read = RawFile("costs/costs.csv", 10, "2")
    assert check_files(shop(), "raw", [read], [OLD], ["from read_csv('raw/costs/*.csv')"]) == ()
    assert len(check_files(shop(), "raw", [read], [OLD])) == 1


def test_compressed_files_are_read_and_unfinished_ones_reject() -> None:
    place = shop("read_csv('raw/orders/*.csv*', all_varchar=true)")
    packed = RawFile("orders/orders_2.csv.gz", 10, "2")
    assert check_files(place, "raw", [OLD, packed], [OLD]) == ()
    part = RawFile("orders/orders_3.csv.part", 10, "3")
    (finding,) = check_files(place, "raw", [OLD, part], [OLD])
    assert (finding.level, finding.column) == (ERROR, "orders/orders_3.csv.part")


def test_an_empty_file_rejects_unless_it_is_set_aside() -> None:
    empty = RawFile("orders/orders_2.csv", 0, "2")
    (finding,) = check_files(shop(), "raw", [OLD, empty], [OLD])
    assert (finding.level, finding.column) == (ERROR, "orders/orders_2.csv")
    aside = "(from read_csv('raw/orders/*.csv') where file not in ('orders/orders_2.csv'))"
    assert check_files(shop(aside), "raw", [OLD, empty], [OLD]) == ()


def test_parts_of_dates_go_back_to_1_in_a_table_of_days_and_amounts_do_not() -> None:
    first = datetime(2025, 8, 4, tzinfo=timezone.utc)

    def days(count: int, name: str, least: float) -> RelationProfile:
        low, high = first.timestamp(), (first + (count - 1) * DAY).timestamp()
        columns = (
            ColumnProfile("day", "DATE", 0, count, min=low, max=high, distinct_days=count),
            ColumnProfile(name, "INTEGER", 0, 20, min=least, max=52.0, mean=40.0),
        )
        return RelationProfile("model.shop.days", "days", count, columns)

    past = [days(count, "week_number", 32.0) for count in range(120, 150)]
    assert ("range", WARN) not in told(judged(past, days(150, "week_number", 1.0)))
    assert ("range", WARN) in told(judged(past, days(150, "week_number", 0.5)))
    two_rows_a_day = [replace(step, rows=2 * step.rows) for step in past]
    now = replace(days(150, "week_number", 1.0), rows=300)
    assert ("range", WARN) in told(judged(two_rows_a_day, now))


def test_as_many_more_rows_in_another_source_on_the_same_day_are_a_busy_day() -> None:
    other = "source.shop.raw.visits"
    nodes = {name: Node(name, "source", name, "") for name in (SOURCE, other)}
    chance = random.Random(9)

    def day(n: int, orders: int, visits: int) -> list[RelationProfile]:
        name = (START + n * DAY).date().isoformat()
        return [
            replace(delivery(orders), delivery=name),
            replace(delivery(visits), unique_id=other, name="raw.visits", delivery=name),
        ]

    releases = [
        release_of(
            day(n, round(chance.gauss(40, 2)), round(chance.gauss(900, 20))), run=str(n), number=n,
            at=START + n * DAY, fingerprint=str(n), anomalies=frozenset(), checksums={},
        )
        for n in range(22)
    ]  # fmt: skip
    at = START + 22 * DAY

    def level(orders: int, visits: int) -> str:
        memory = remember(releases, "new", at)
        seen = judge_all(day(22, orders, visits), memory, Manifest(nodes, {}), [], at).findings
        own = (each.level for each in seen if (each.name, each.check) == ("raw.orders", "volume"))
        return next(own, "")

    assert level(120, 900) == ERROR
    assert level(120, 2600) == "", "three times as many visits as usual"
    assert level(170, 1500) == WARN, "more than the visits explain"


def test_more_rows_have_more_different_values() -> None:
    past = [delivery(200 + n % 5, distinct=90 + n % 4) for n in range(30)]
    assert ("distinct", WARN) in told(judged(past, delivery(200, distinct=180)))
    assert ("distinct", WARN) not in told(judged(past, delivery(400, distinct=180)))
