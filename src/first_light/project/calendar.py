"""Public holidays of the country that a product is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

import yaml

from first_light.project import settings
from first_light.project.product import Product
from first_light.utils.errors import DataopsError

# A day that is a public holiday in such a share of all countries counts where the country is
# unknown: New Year, Good Friday, Easter Monday, the first of May, Christmas.
_MOST_COUNTRIES = 0.4
_CHRISTMAS, _LAST_WEEK = (12, 25), 24  # from this day of December, if Christmas is a holiday
_PARTS_SHOWN = 60
_TIMEZONE = "business_timezone"


@dataclass(frozen=True)
class Calendar:
    """The days on which less happens than on others.

    Attributes:
        region: a country, or a part of it (ISO 3166), such as `DE` or `DE-BY`; empty where nobody
            knows.
    """

    region: str = ""

    def holiday(self, day: date) -> str:
        """The name of a public holiday; `end of the year` for the last week of December where
        Christmas is one; empty on other days."""
        if name := _names(self.region, day.year).get(day):
            return name
        is_last_week = day.month == _CHRISTMAS[0] and day.day >= _LAST_WEEK
        has_christmas = date(day.year, *_CHRISTMAS) in _names(self.region, day.year)
        return "end of the year" if is_last_week and has_christmas else ""

    def holidays_between(self, after: date, until: date) -> int:
        """How many public holidays there are after one day, until another one and on it."""
        days = (after + timedelta(days=n + 1) for n in range((until - after).days))
        return sum(bool(self.holiday(day)) for day in days)

    def countries_with_holiday(self, day: date) -> tuple[str, ...]:
        """Codes of countries in which a day is a public holiday, where the region is unknown."""
        if self.region:
            return ()
        return tuple(sorted(c for c in _countries() if day in _names(c, day.year)))


def calendar_of(product: Product) -> Calendar:
    """The calendar of a product: that of its setting, else of its business time zone.

    Raises:
        DataopsError: the setting names a country or part that is unknown.
    """
    wanted = settings.current().holidays
    if not wanted:
        return Calendar(country_of_zone(_business_timezone(product)))
    import holidays  # not for a command that only imports the monitors

    country, _, part = wanted.partition("-")
    known = holidays.list_supported_countries(include_aliases=True)
    place = f"pyproject.toml, [tool.dataops]: {settings.key('holidays')}: {wanted}"
    if country not in known:
        raise DataopsError(
            "The setting holidays names a country without a calendar.",
            where=place,
            fix="use a country's code by ISO 3166 such as DE, or with a part such as DE-BY",
        )
    if part and part not in known[country]:
        parts = ", ".join(f"{country}-{name}" for name in known[country][:_PARTS_SHOWN])
        raise DataopsError(
            "The setting holidays names a part of a country that has no calendar of its own.",
            where=place,
            fix=f"use {country}, or one of its parts: {parts or 'it has none'}",
        )
    return Calendar(wanted)


def country_of_zone(zone: str) -> str:
    """The code of the country of a time zone such as Europe/Berlin; empty where it has none."""
    if not zone:
        return ""
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        fields = line.split("\t")
        if len(fields) > 2 and fields[2] == zone:
            return fields[0] if fields[0] in _countries() else ""
    return ""


def _business_timezone(product: Product) -> str:
    """The variable in dbt_project.yml, of all projects or of this one; empty without one."""
    path = product.root / "dbt_project.yml"
    try:
        project: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError:
        return ""  # dbt says what is wrong with the file
    variables = (project or {}).get("vars") or {}
    own = variables.get((project or {}).get("name"))
    value = variables.get(_TIMEZONE) or (isinstance(own, Mapping) and own.get(_TIMEZONE)) or ""
    return str(value)


@cache
def _countries() -> frozenset[str]:
    import holidays

    return frozenset(holidays.list_supported_countries(include_aliases=False))


@cache
def _names(region: str, year: int) -> Mapping[date, str]:
    """The public holidays of a year, with their names in English where they have some."""
    if region:
        import holidays

        country, _, part = region.partition("-")
        return dict(
            holidays.country_holidays(country, subdiv=part or None, years=year, language="en_US")
        )
    counts = Counter(day for country in _countries() for day in _names(country, year))
    names = {**_names("GB", year), **_names("DE", year)}
    most = [day for day, count in counts.items() if count >= _MOST_COUNTRIES * len(_countries())]
    return {day: names.get(day, "public holiday") for day in most}
