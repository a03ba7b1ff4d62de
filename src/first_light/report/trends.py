"""Trends of relations: their rows and their freshness, each as a chart with its sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from first_light.figures.compute import duration
from first_light.report import charts
from first_light.report.charts import Draw, Picture
from first_light.report.facts import Age, Volume
from first_light.report.words import data_age, time_text

_LARGE, _SMALL = 18, 82  # relations drawn with axes, and those drawn small after them
_WARMING_UP = "warming up: too few runs for an expectation"


@dataclass(frozen=True)
class Trend:
    """One relation over its last runs.

    Attributes:
        name: of the relation.
        kind: source or model; empty when all are of one kind.
        summary: its value now, and what was expected.
        anomalous: whether the last point is an anomaly.
        picture: the chart.
    """

    name: str
    kind: str
    summary: str
    anomalous: bool
    picture: Picture


@dataclass(frozen=True)
class Trends:
    """Trends by how they are shown: with axes, small and folded, and how many are not shown."""

    large: tuple[Trend, ...]
    small: tuple[Trend, ...]
    omitted: int


@dataclass(frozen=True)
class _Series:
    """A trend that is not drawn yet: its words, the chart's sentence, points, oldest first."""

    name: str
    kind: str
    summary: str
    label: str
    points: tuple[charts.Point, ...]
    unit: str = ""


def volumes(series_: Sequence[Volume], draw: Draw) -> Trends:
    """Rows of each relation."""
    return _trends([_volume(volume) for volume in series_], draw)


def ages(series_: Sequence[Age], draw: Draw) -> Trends:
    """Age of the newest row of each relation."""
    return _trends([_age(age) for age in series_], draw)


def _volume(volume: Volume) -> _Series:
    _, rows, expected, _ = volume.points[-1]
    interval = (
        f"{max(0, expected.low):,.0f} to {expected.high:,.0f} expected, by its {expected.by}"
        if expected
        else _WARMING_UP
    )
    points = tuple(
        charts.Point(
            at,
            number,
            f"{time_text(at)}: {number:,} rows",
            max(0.0, limits.low) if limits else None,
            limits.high if limits else None,
            anomalous,
        )
        for at, number, limits, anomalous in volume.points
    )
    label = f"Rows of {volume.name} in the last {len(points)} runs, now {rows:,}; {interval}."
    return _Series(volume.name, "", f"{rows:,} rows; {interval}", label, points)


def _age(age: Age) -> _Series:
    _, last, expected, _ = age.points[-1]
    limit = (
        f"at most {duration(expected.high)} expected"
        if expected and expected.high > 0
        else _WARMING_UP
    )
    size, unit = _unit(max(abs(seconds) for _, seconds, _, _ in age.points))
    points = tuple(
        charts.Point(
            at,
            seconds / size,
            f"{time_text(at)}: {data_age(seconds)}",
            max(0.0, limits.low) / size if limits else None,
            max(0.0, limits.high) / size if limits else None,
            anomalous,
        )
        for at, seconds, limits, anomalous in age.points
    )
    summary = f"newest row {data_age(last)} in the last run; {limit}"
    label = f"Age of {age.kind} {age.name} in the last {len(points)} runs: {summary}."
    return _Series(age.name, age.kind, summary, label, points, unit)


def _trends(series_: Sequence[_Series], draw: Draw) -> Trends:
    """Those with anomalies first."""
    ordered = sorted(
        series_,
        key=lambda s: (not s.points[-1].anomalous, not any(p.anomalous for p in s.points)),
    )

    def drawn(series: _Series, axes: bool) -> Trend:
        chart = charts.line(series.points, series.label, series.unit if axes else "", axes)
        anomalous = series.points[-1].anomalous
        return Trend(series.name, series.kind, series.summary, anomalous, draw(chart))

    return Trends(
        tuple(drawn(series, True) for series in ordered[:_LARGE]),
        tuple(drawn(series, False) for series in ordered[_LARGE : _LARGE + _SMALL]),
        max(0, len(ordered) - _LARGE - _SMALL),
    )


def _unit(longest: float) -> tuple[float, str]:
    """The unit of an axis: its seconds and its sign."""
    for size, name in ((86_400, " d"), (3_600, " h"), (60, " min")):
        if longest >= 2 * size:
            return size, name
    return 1, " s"
