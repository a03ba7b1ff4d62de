"""Public holidays: which days are some, and how little may come on them."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from first_light.dbt.manifest import Manifest, Node
from first_light.history.record import ColumnProfile, FindingRun, RelationProfile
from first_light.monitors.baseline import release_of, remember
from first_light.monitors.levels import ERROR, WARN
from first_light.monitors.quiet_days import business_day
from first_light.monitors.run import judge_all
from first_light.project.calendar import Calendar, calendar_of, country_of_zone
from first_light.project.product import Product
from first_light.project.settings import Settings, use
from first_light.utils.errors import DataopsError

SOURCE, MODEL = "source.shop.raw.orders", "model.shop.stg"
DAY = timedelta(days=1)
UNITY_DAY = date(2025, 10, 3)  # a Friday
FIRST = UNITY_DAY - 60 * DAY
GERMANY = Calendar("DE")


def came(day: date, rows: int, lag: int = 0) -> RelationProfile:
    """The rows of one day, in a file whose name has a later day."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=timezone.utc).timestamp()
    facts = {"distinct": rows, "min": noon, "max": noon, "distinct_days": 1}
    columns = (ColumnProfile("at", "TIMESTAMP", 0, **facts),)  # type: ignore[arg-type]
    return RelationProfile(
        SOURCE, "raw.orders", rows, columns, files=1,
        delivery=(day + lag * DAY).isoformat(), fingerprint=f"{day} {rows}",
    )  # fmt: skip


def usual(day: date, chance: random.Random) -> int:
    """Rows: few on Sundays."""
    return round(chance.gauss(300 if day.weekday() < 6 else 90, 12))


def findings(now: RelationProfile, day: date, calendar: Calendar, lag: int = 0) -> list[FindingRun]:
    """What is found the morning after, after sixty days of deliveries."""
    chance, total, releases = random.Random(5), 0, []
    nodes = {
        SOURCE: Node(SOURCE, "source", "orders", "s.yml"),
        MODEL: Node(MODEL, "model", "stg", "stg.sql", depends_on=(SOURCE,)),
    }
    for n in range((day - FIRST).days):
        delivery = came(FIRST + n * DAY, usual(FIRST + n * DAY, chance), lag)
        total += delivery.rows
        releases.append(
            release_of(
                [delivery, RelationProfile(MODEL, "stg", total, ())], run=str(n), number=n,
                at=morning(FIRST + (n + 1 + lag) * DAY), fingerprint=str(n), anomalies=frozenset(),
                checksums={},
            )
        )  # fmt: skip
    model = RelationProfile(MODEL, "stg", total + now.rows, ())
    at = morning(day + (1 + lag) * DAY)
    past = remember(releases, "new", at)
    return list(
        judge_all([now, model], past, Manifest(nodes, {}), [], at, calendar=calendar).findings
    )


def morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 6, 45, tzinfo=timezone.utc)


def levels(
    now: RelationProfile, day: date, calendar: Calendar, lag: int = 0
) -> dict[tuple[str, str], str]:
    return {(each.name, each.check): each.level for each in findings(now, day, calendar, lag)}


def test_a_holiday_may_be_like_a_sunday() -> None:
    few = came(UNITY_DAY, 92)
    assert levels(few, UNITY_DAY, GERMANY) == {}
    thursday = UNITY_DAY - DAY
    assert levels(came(thursday, 92), thursday, GERMANY)["raw.orders", "volume"] == ERROR
    assert levels(few, UNITY_DAY, Calendar("AT"))["raw.orders", "volume"] == ERROR


def test_fewer_rows_than_on_a_sunday_warn_on_a_holiday_and_name_it() -> None:
    seen = findings(came(UNITY_DAY, 20), UNITY_DAY, GERMANY)
    assert {each.level for each in seen} == {WARN}
    assert {each.name for each in seen} >= {"raw.orders"}, "nothing would be said of 20 rows"
    assert all("It is a public holiday: German Unity Day." in each.message for each in seen)


def test_more_rows_than_ever_are_judged_on_a_holiday_as_on_other_days() -> None:
    assert levels(came(UNITY_DAY, 900), UNITY_DAY, GERMANY)["raw.orders", "volume"] == ERROR


def test_where_the_country_is_unknown_the_rejection_says_what_to_set() -> None:
    seen = findings(came(UNITY_DAY, 92), UNITY_DAY, Calendar())
    (cause, *_) = seen
    assert (cause.name, cause.check, cause.level) == ("raw.orders", "volume", ERROR)
    assert "2025-10-03 is a public holiday in CN, DE, HN, KR, NP" in cause.message
    assert "set holidays under [tool.dataops]" in cause.message


def test_a_file_of_the_day_after_that_holds_the_rows_of_the_holiday_is_about_it() -> None:
    thursday = UNITY_DAY - DAY
    assert levels(came(UNITY_DAY, 92, lag=1), UNITY_DAY, GERMANY, lag=1) == {}
    named_as_holiday = levels(came(thursday, 92, lag=1), thursday, GERMANY, lag=1)
    assert named_as_holiday["raw.orders", "volume"] == ERROR, "its rows are of the day before"


def test_a_time_beyond_the_calendar_says_nothing_of_the_day() -> None:
    few = came(UNITY_DAY, 92)
    (at,) = few.columns
    far = replace(at, name="valid_until", min=-1e15, max=9e12)
    both = replace(few, columns=(at, far))
    assert business_day(both, morning(UNITY_DAY + DAY)) == UNITY_DAY


def test_nothing_need_come_on_a_holiday() -> None:
    empty = replace(came(UNITY_DAY, 0), columns=())
    assert levels(empty, UNITY_DAY, GERMANY)["raw.orders", "volume"] == WARN
    none = replace(empty, files=0, delivery="", fingerprint="")
    assert ("raw.orders", "delivery") not in levels(none, UNITY_DAY, GERMANY)
    assert levels(none, UNITY_DAY, Calendar("AT"))["raw.orders", "delivery"] == WARN


def test_a_day_that_is_a_holiday_in_most_countries_counts_without_a_country() -> None:
    world = Calendar()
    assert world.holiday(date(2026, 1, 1)) == "New Year's Day"
    assert world.holiday(date(2026, 4, 3)) == "Good Friday"
    assert not world.holiday(UNITY_DAY)
    assert Calendar("JP").holiday(date(2025, 12, 29)) == "", "no Christmas, no week after it"
    assert Calendar("DE").holiday(date(2025, 12, 29)) == "end of the year"


@pytest.mark.parametrize(
    ("zone", "country"),
    [("Europe/Berlin", "DE"), ("America/Chicago", "US"), ("UTC", ""), ("Nowhere/City", "")],
)
def test_a_time_zone_says_which_country_it_is(zone: str, country: str) -> None:
    assert country_of_zone(zone) == country


def test_the_setting_comes_before_the_time_zone(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text(
        "name: shop\nvars: {shop: {business_timezone: Europe/Vienna}}\n"
    )
    assert calendar_of(Product(tmp_path)).region == "AT"
    with use(Settings(holidays="DE-BY")):
        assert calendar_of(Product(tmp_path)).holiday(date(2026, 1, 6)) == "Epiphany"


@pytest.mark.parametrize(("value", "fix"), [("XX", "ISO 3166"), ("DE-XY", "DE-BY")])
def test_a_country_without_a_calendar_is_refused_with_what_there_is(
    tmp_path: Path, value: str, fix: str
) -> None:
    with use(Settings(holidays=value)), pytest.raises(DataopsError) as error:
        calendar_of(Product(tmp_path))
    assert value in (error.value.where or "")
    assert fix in (error.value.fix or "")
