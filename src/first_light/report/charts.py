"""Charts: values become Vega-Lite specifications, and one function draws them as SVG in the page.

Colours are the page's own CSS variables, so one drawing follows its light and its dark theme. Each
is one image with a sentence for those who don't see it; what a mark means is its hover text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from first_light.utils.vega import as_text, drawn

_FONT = 11
_SIGN, _GAP = 0.58 * _FONT, 8  # the width of a sign, and the space between labels, in pixels
_DAY = timedelta(days=1)
_QUIET: dict[str, object] = {"axis": None}
_CONFIG: dict[str, object] = {
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "grid": False,
        "title": None,
        "labelColor": "var(--dim)",
        "labelFontSize": _FONT,
        "tickColor": "var(--calm)",
        "domainColor": "var(--calm)",
        "tickSize": 4,
    },
    "axisY": {"domain": False, "grid": True, "gridColor": "var(--rule)", "ticks": False},
}


@dataclass(frozen=True)
class Chart:
    """What is to be drawn.

    Attributes:
        label: what it shows, one sentence.
        spec: the Vega-Lite specification.
        kind: the picture's class in the page's style.
    """

    label: str
    spec: Mapping[str, object]
    kind: str = "small"


@dataclass(frozen=True)
class Picture:
    """A chart on a page: its sentence, and its SVG or why there is none."""

    label: str
    svg: Markup | None = None
    problem: str = ""


Draw = Callable[[Chart], Picture]


@dataclass(frozen=True)
class Bar:
    """One run: when it ended, how many errors it had, its colour's name, what it says on hover."""

    at: datetime
    height: int
    colour: str
    title: str


@dataclass(frozen=True)
class Point:
    """One point of a line with the band it was expected in; None where nothing was expected."""

    at: datetime
    value: float
    title: str
    low: float | None = None
    high: float | None = None
    anomalous: bool = False


@dataclass(frozen=True)
class Span:
    """Something that lasted: the row it is drawn in, its colour's name, what it says on hover."""

    row: str
    begin: datetime
    end: datetime
    colour: str
    title: str


def draw(chart: Chart) -> str:
    """The chart as SVG for an HTML page.

    Raises:
        ChartError: the library can't be loaded or can't draw it.
    """
    return as_text(drawn(chart.spec, chart.kind, chart.label))


def picture(chart: Chart) -> Picture:
    """The chart as a page shows it.

    Raises:
        ChartError: the library can't be loaded or can't draw it.
    """
    return Picture(chart.label, Markup(draw(chart)))


def bars(points: Sequence[Bar], label: str, kind: str, width: int, dates: int) -> Chart:
    """A bar a run from left to right, its errors above the ground and its colour below it too.

    Args:
        points: the runs, oldest first.
        label: what it shows.
        kind: the picture's class.
        width: in pixels.
        dates: how many runs have their date below them, at most about; fewer where they would
            overlap.
    """
    most = max(bar.height for bar in points)
    height, places = 110 if most > 2 else 64, max(len(points), 30)
    longest = max(map(len, _dates([points[0].at, points[-1].at])))
    label_places = math.ceil((longest * _SIGN + _GAP) / (width / places))
    step = max(1, -(-len(points) // dates), min(label_places, len(points)))
    days = _dates([points[n].at for n in range(step // 2, len(points), step)])
    labels = dict(zip(range(step // 2, len(points), step), days))
    x_axis = {
        "values": list(labels),
        "labelExpr": f"{json.dumps(labels)}[datum.value]",
        "labelAngle": 0,
        "offset": 9,
        "domain": False,
    }
    scale = {"domain": list(range(places)), "paddingInner": 0.2, "paddingOuter": 0}
    spec = {
        "width": width,
        "height": height,
        "data": {
            "values": [
                {"n": n, "errors": bar.height, "colour": _colour(bar.colour), "title": bar.title}
                for n, bar in enumerate(points)
            ]
        },
        "mark": {"type": "bar", "aria": True, "y2Offset": 8},
        "encoding": {
            "x": {"field": "n", "type": "ordinal", "scale": scale, "axis": x_axis},
            "y": {
                "field": "errors",
                "type": "quantitative",
                "scale": {"domain": [0, max(1, most)], "nice": True},
                "axis": {"tickCount": min(3, max(1, most)), "format": "~s"},
            },
            "y2": {"datum": 0},
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "description": {"field": "title"},
        },
    }
    return Chart(label, _full_spec(spec), kind)


def line(points: Sequence[Point], label: str, unit: str = "", axes: bool = True) -> Chart:
    """A line over the band that was expected; what was anomalous is ringed.

    Args:
        points: the points, oldest first; at least one.
        label: what it shows.
        unit: said after each number of the axis.
        axes: whether numbers and dates stand beside it.
    """
    begin, end = points[0].at, points[-1].at
    low, high = _domain(points)
    ends = [begin, end] if begin < end else [begin]
    labels = dict(zip(map(_ms, ends), _dates(ends)))
    around = [begin, end] if begin < end else [begin - _DAY, end + _DAY]
    x = {
        "field": "at",
        "type": "temporal",
        "scale": {"type": "utc", "domain": list(map(_ms, around)), "round": True},
        "axis": {
            "values": list(labels),
            "labelExpr": f"{json.dumps(labels)}[time(datum.value)]",
            "labelFlush": True,
        }
        if axes
        else None,
    }
    y = {
        "type": "quantitative",
        "scale": {"domain": [low, high], "zero": False, "nice": False, "clamp": True},
        "axis": {
            "tickCount": 3,
            "tickMinStep": 1,
            "labelExpr": f"format(datum.value, '~s') + {json.dumps(unit)}",
            "minExtent": 34,
            "maxExtent": 34,
        }
        if axes
        else None,
    }
    last = points[-1]
    layers: list[dict[str, object]] = [
        {
            "mark": {"type": "line", "color": "var(--line)", "strokeWidth": 1.8},
            "encoding": {"x": x, "y": {"field": "value", **y}},
        },
        _marks([last], x, y, {"filled": True, "color": "var(--line)", "size": 22}),
    ]
    if sum(point.low is not None for point in points) > 1:
        band = {
            "mark": {"type": "area", "color": "var(--band)"},
            "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}},
        }
        layers.insert(0, band)
    if rings := [point for point in points if point.anomalous]:
        ring = {"filled": False, "color": "var(--bad)", "strokeWidth": 2, "size": 45}
        layers.append(_marks(rings, x, y, ring))
    values = [{"at": _ms(p.at), "value": p.value, "low": p.low, "high": p.high} for p in points]
    size = {"width": 250, "height": 70} if axes else {"width": 150, "height": 26}
    return Chart(label, _full_spec({**size, "data": {"values": values}, "layer": layers}))


def sparkline(points: Sequence[tuple[float | None, str]], label: str) -> Chart:
    """A trend of values, each with what it says on hover; a gap where there is no value."""
    numbers = [value for value, _ in points if value is not None]
    ground, top = min([*numbers, 0.0]), max([*numbers, 0.0])
    x = {"field": "n", "type": "quantitative", "scale": {"domain": [0, len(points) - 1]}, **_QUIET}
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [ground, top if top > ground else ground + 1]},
        **_QUIET,
    }
    values = [{"n": n, "value": value, "title": title} for n, (value, title) in enumerate(points)]
    spec = {
        "width": 150,
        "height": 30,
        "data": {"values": values},
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": {"type": "line", "color": "var(--line)", "strokeWidth": 1.6}},
            {
                "transform": [{"filter": "isValid(datum.value)"}],
                "mark": {"type": "circle", "aria": True, "opacity": 1, "size": 14},
                "encoding": {
                    "color": {"value": "var(--line)"},
                    "description": {"field": "title"},
                },
            },
        ],
    }
    return Chart(label, _full_spec(spec))


def timeline(
    spans: Sequence[Span], begin: datetime, end: datetime, label: str, kind: str, width: int
) -> Chart:
    """What lasted how long, each in its row; the rows in the order they come."""
    rows = list(dict.fromkeys(span.row for span in spans))
    values = [
        {
            "row": span.row,
            "begin": _ms(max(span.begin, begin)),
            "end": _ms(min(span.end, end)),
            "colour": _colour(span.colour),
            "title": span.title,
        }
        for span in spans
    ]
    spec = {
        "width": width,
        "height": {"step": 18},
        # The reader's font may be wider than the one that the rows' names were measured in.
        "padding": {"left": 24, "right": 6, "top": 6, "bottom": 6},
        "data": {"values": values},
        # A round cap shows what was over in a minute.
        "mark": {"type": "rule", "aria": True, "strokeWidth": 8, "strokeCap": "round"},
        "encoding": {
            "x": {
                "field": "begin",
                "type": "temporal",
                "scale": {"type": "utc", "domain": [_ms(begin), _ms(end)]},
                "axis": {
                    "tickCount": max(3, width // 110),
                    "format": "%-d %b",
                    "grid": True,
                    "gridColor": "var(--rule)",
                },
            },
            "x2": {"field": "end"},
            "y": {
                "field": "row",
                "type": "nominal",
                "scale": {"domain": rows},
                "axis": {"grid": False, "labelLimit": 60 + width // 3, "labelPadding": 8},
            },
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "description": {"field": "title"},
        },
    }
    return Chart(label, _full_spec(spec), kind)


def _full_spec(spec: Mapping[str, object]) -> dict[str, object]:
    return {"background": None, "padding": 6, "config": _CONFIG, **spec}


def _marks(
    points: Sequence[Point],
    x: Mapping[str, object],
    y: Mapping[str, object],
    style: Mapping[str, object],
) -> dict[str, object]:
    """A layer that shows single points and says what they are."""
    values = [{"at": _ms(p.at), "value": p.value, "title": p.title} for p in points]
    return {
        "data": {"values": values},
        "mark": {"type": "point", "aria": True, "opacity": 1, **style},
        "encoding": {"x": x, "y": {"field": "value", **y}, "description": {"field": "title"}},
    }


def _domain(points: Sequence[Point]) -> tuple[float, float]:
    """The axis's ends: a band far wider than what happened would flatten the line."""
    numbers = [point.value for point in points]
    bounds = [edge for point in points for edge in (point.low, point.high) if edge is not None]
    reach = (max(numbers) - min(numbers)) or abs(numbers[-1]) or 1.0
    low = max(min([*numbers, *bounds]), min(numbers) - reach)
    high = min(max([*numbers, *bounds]), max(numbers) + reach)
    air = (high - low) / 12 or reach
    return (low - air if low < 0 else max(0.0, low - air)), high + air


def _dates(given: Sequence[datetime]) -> list[str]:
    """Short, yet not the same: with the time in less than two days, with seconds in less than two
    minutes, the year in more than one."""
    span = given[-1] - given[0] if given else timedelta()
    if len(given) > 1 and span < timedelta(minutes=2):
        return [f"{at:%H:%M:%S}" for at in given]
    if len(given) > 1 and span < 2 * _DAY:
        return [f"{at.day} {at:%b %H:%M}" for at in given]
    return [f"{at:%b %Y}" if span > 366 * _DAY else f"{at.day} {at:%b}" for at in given]


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _colour(name: str) -> str:
    return f"var(--{name})"
