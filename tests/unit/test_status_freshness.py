"""Which sources have stopped: the rhythm of deliveries, and the rules for the age of their data."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from first_light.dbt.manifest import Node
from first_light.history.record import FreshnessRun
from first_light.status.deliveries import due_after
from first_light.status.freshness import ages
from records import make_record

FIRST = datetime(2026, 3, 1, 14, tzinfo=timezone.utc)  # a Sunday: the first load, by hand


def days(*numbers: int, hour: float = 5.75) -> list[datetime]:
    """The first load, then deliveries on days since then."""
    begin = FIRST.replace(hour=0)
    return [FIRST, *(begin + timedelta(days=n, hours=hour) for n in numbers)]


WEEKDAYS = [n for n in range(1, 20) if (FIRST + timedelta(days=n)).weekday() < 5]


@pytest.mark.parametrize(
    ("arrivals", "due"),
    [
        pytest.param(days(*range(1, 8)), "2026-03-09T06:15", id="daily"),
        pytest.param(days(*WEEKDAYS), "2026-03-23T06:15", id="from Friday to Monday"),
        pytest.param(days(*WEEKDAYS[:-1]), "2026-03-20T06:15", id="from Thursday to Friday"),
        pytest.param(days(1, 8, 15, 22, 29), "2026-04-06T06:15", id="Mondays"),
        pytest.param(days(1, 15, 29, 43, 57, 71), "2026-05-27T15:21", id="every second Monday"),
        pytest.param(days(1, 2, 3, *range(5, 18)), "2026-03-19T06:15", id="after an outage"),
        pytest.param(
            [*days(*range(1, 12)), *days(12, hour=15)[1:], *days(13)[1:]],
            "2026-03-15T06:15",
            id="one came late",
        ),
        pytest.param(days(1, 2, 5, 6, 16, 17, 29), None, id="no rhythm"),
        pytest.param(days(1, 2, 3), None, id="too few"),
    ],
)
def test_the_next_delivery_is_due_by_the_rhythm_of_the_earlier_ones(
    arrivals: list[datetime], due: str | None
) -> None:
    result = due_after(arrivals)
    assert (result.strftime("%Y-%m-%dT%H:%M") if result else None) == due


def test_deliveries_around_midnight_and_of_each_hour_have_a_rhythm() -> None:
    regular = days(*range(1, 9), hour=23.9)
    midnight = [at + timedelta(minutes=20 * (n % 2)) for n, at in enumerate(regular)]
    due = due_after(midnight)
    assert due is not None
    assert timedelta(hours=24) <= due - midnight[-1] < timedelta(hours=25.5)
    hourly = [FIRST + timedelta(hours=n) for n in range(20)]
    assert due_after(hourly) == hourly[-1] + timedelta(hours=2.5)


def test_data_older_than_its_rule_is_stale_though_no_run_has_said_so() -> None:
    loaded = datetime(2026, 3, 1, tzinfo=timezone.utc)
    source = Node(
        "source.shop.raw.orders", "source", "orders", "models/raw.yml", fresh=(None, 86_400.0)
    )
    checked = FreshnessRun(source.unique_id, "orders", "pass", loaded.isoformat(), 60.0)
    record = make_record(1, freshness=(checked,))
    (fresh,) = ages({}, record, [source], loaded + timedelta(hours=23))
    assert fresh.problem == ""
    (stale,) = ages({}, record, [source], loaded + timedelta(hours=49))
    assert stale.problem == (
        "orders: its newest row is 2.0 days old; its freshness rule allows 24.0 h."
    )
    off = {"dataops": {"monitors": {"delivery": "off"}}}
    silent = Node("source.shop.raw.log", "source", "log", "models/raw.yml", meta=off)
    (age,) = ages({"log": days(*range(1, 8))}, record, [silent], loaded + timedelta(days=30))
    assert (age.due_at, age.problem) == (None, "")
