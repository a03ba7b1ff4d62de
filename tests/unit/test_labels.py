"""Columns with one value in each delivery: which new values follow the one before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone

import pytest

from first_light.history.record import ColumnProfile, FindingRun, RelationProfile
from first_light.monitors.baseline import Release, release_of, remember
from first_light.monitors.judge import judge
from first_light.monitors.levels import ERROR, WARN

FIRST = date(2025, 8, 4)
SOURCE = "source.shop.raw.sales"
Value = Callable[[date], object]


def column(value: object, rows: int) -> ColumnProfile:
    if isinstance(value, str):
        size = len(value)
        counts = {value: rows} if any(letter.isalpha() for letter in value) else {}
        return ColumnProfile(
            "x", "VARCHAR", 0, 1, min_length=size, max_length=size, mean_length=float(size),
            counts=counts,
        )  # fmt: skip
    number = float(str(value))
    return ColumnProfile("x", "BIGINT", 0, 1, number, number, number)


def findings(
    value: Value, days: int, *, now: object = None, deliveries: bool = True, rows: int = 200
) -> tuple[FindingRun, ...]:
    """All that a life with such a column tells; with `now`, what its last day does.

    A day is judged in the morning after it. Of a model its rows of all days are judged.
    """
    past: list[Release] = []
    seen: list[FindingRun] = []
    count, total, all_counts, least, most = 0, 0.0, dict[str, int](), 0.0, 0.0
    for number in range(days):
        day = FIRST + timedelta(days=number)
        at = datetime.combine(day + timedelta(days=1), time(5), timezone.utc)
        is_last = now is not None and number == days - 1
        own = column(now if is_last else value(day), rows + number % 7)
        profile = RelationProfile(
            SOURCE, "raw.sales", rows + number % 7, (own,), files=1, fingerprint=str(number),
            delivery=str(day),
        )  # fmt: skip
        if not deliveries:
            count, total = count + profile.rows, total + (own.mean or 0) * profile.rows
            for each, came in own.counts.items():
                all_counts[each] = all_counts.get(each, 0) + came
            least = min(least, own.min or 0) if number else own.min or 0
            most = max(most, own.max or 0)
            summed = ColumnProfile(
                "x", own.type, 0, number + 1, least, most, total / count, counts=dict(all_counts)
            )
            profile = RelationProfile("model.shop.sales", "sales", count, (summed,))
        result = judge(profile, remember(past[-90:], "", at), at, {}).findings
        seen = [*result] if is_last else [*seen, *result]
        past.append(
            release_of(
                [profile], run=str(number), number=number, at=at, fingerprint=str(number),
                anomalies=frozenset((f.check, f.subject, f.column) for f in result), checksums={},
            )
        )  # fmt: skip
    return tuple(seen)


CALENDAR: dict[str, Value] = {
    "month": lambda day: day.month,
    "week": lambda day: day.isocalendar()[1],
    "quarter": lambda day: (day.month + 2) // 3,
    "day of the week": lambda day: day.isoweekday(),
    "period": lambda day: f"{day:%Y-%m}",
    "week as text": lambda day: f"{day.isocalendar()[0]}-W{day.isocalendar()[1]:02}",
    "quarter as text": lambda day: f"Q{(day.month + 2) // 3} {day.year}",
    "fiscal year": lambda day: f"FY{day.year % 100 + (day.month > 9)}",
    "batch": lambda day: f"B{day:%Y%m%d}",
    "price list": lambda day: f"list {9 + (day - FIRST).days // 23}",
}


@pytest.mark.parametrize("name", CALENDAR)
@pytest.mark.parametrize("deliveries", [True, False])
def test_what_goes_on_with_the_days_is_no_fault(name: str, deliveries: bool) -> None:
    seen = findings(CALENDAR[name], 170, deliveries=deliveries)
    assert [f.message for f in seen if f.level == ERROR] == []
    assert len(seen) <= 1, "a model is told once of many values"


@pytest.mark.parametrize("deliveries", [True, False])
def test_names_of_months_warn_once(deliveries: bool) -> None:
    seen = findings(lambda day: f"{day:%B}", 170, deliveries=deliveries)
    assert {f.level for f in seen} == {WARN}
    assert len({f.message for f in seen if f.check == "category"}) == 1


CONSTANT: list[tuple[object, object]] = [
    ("EUR", "USD"),
    ("EUR", "unknown"),
    (1, 10),
    (19, 190),
    (8, 7),  # the month before
    ("2025-W34 a", "2025-W20 a"),
]


@pytest.mark.parametrize(("usual", "now"), CONSTANT)
def test_another_value_of_what_never_changes_is_one(usual: object, now: object) -> None:
    seen = findings(lambda day: usual, 20, now=now)
    assert seen, "in the middle of a month"
    if isinstance(usual, str) or usual in (1, 19):
        assert ERROR in {f.level for f in seen}


def test_a_currency_that_changes_with_the_month_warns() -> None:
    days = (date(2025, 9, 1) - FIRST).days + 1
    assert {f.level for f in findings(lambda day: "EUR", days, now="USD")} == {WARN}


def test_a_value_that_had_been_there_before_the_last_one_is_a_fault() -> None:
    def list_of(day: date) -> str:
        return f"list {9 + (day - FIRST).days // 15}"

    assert findings(list_of, 40, now="list 9")


def test_a_table_whose_rows_change_has_no_label() -> None:
    """Few accounts are added each day, all active; then all that there are become another one."""

    def accounts(day: date, **counts: int) -> RelationProfile:
        column = ColumnProfile("x", "VARCHAR", 0, len(counts), counts=counts)
        return RelationProfile("model.shop.accounts", "accounts", sum(counts.values()), (column,))

    def judged_at(day: date) -> datetime:
        return datetime.combine(day + timedelta(days=1), time(5), timezone.utc)

    turn = date(2025, 9, 1)
    days = [turn - timedelta(days=back) for back in range(20, 0, -1)]
    past = [
        release_of(
            [accounts(day, active=900 + 3 * n, cancelled=100)], run=str(n), number=n,
            at=judged_at(day), fingerprint=str(n), anomalies=frozenset(), checksums={},
        )
        for n, day in enumerate(days)
    ]  # fmt: skip
    now, at = accounts(turn, unknown=1063), judged_at(turn)
    seen = judge(now, remember(past, "", at), at, {}).findings
    assert ("category", ERROR) in {(f.check, f.level) for f in seen}
