"""A chart block as pictures: a broad one and one for small screens, in the colours of the page."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

from first_light.boards.blocks import Chart
from first_light.boards.fields import value_fields
from first_light.dbt.engine import QueryResult
from first_light.utils.formats import formatted, number
from first_light.utils.vega import as_text, drawn, has_marks

SIZES: Mapping[str, tuple[int, int]] = {"broad": (800, 280), "narrow": (310, 220)}
_COMPOSED = ("facet", "hconcat", "vconcat", "concat", "repeat", "spec")
_COLOURS = [f"var(--c{n})" for n in range(1, 9)]
_CONFIG: dict[str, Any] = {
    "aria": False,
    "view": {"stroke": None},
    "font": "sans-serif",
    "mark": {"color": _COLOURS[0]},
    "line": {"strokeWidth": 2},
    "rule": {"color": "var(--dim)"},
    "text": {"color": "var(--ink)"},
    "range": {"category": _COLOURS},
    "axis": {
        "labelColor": "var(--dim)",
        "titleColor": "var(--dim)",
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "tickColor": "var(--calm)",
        "domainColor": "var(--calm)",
        "gridColor": "var(--rule)",
        "tickSize": 4,
        "labelOverlap": "greedy",
        "labelSeparation": 6,
    },
    "axisYBand": {"labelSeparation": 0},  # each bar has its name, as long as they fit
    # Names side by side: every second one goes, not single ones. Browsers' letters are broader than
    # the library's.
    "axisXBand": {"labelOverlap": "parity", "labelSeparation": 12},
    "axisX": {"grid": False},
    "axisY": {"domain": False, "ticks": False},
    "legend": {
        "labelColor": "var(--ink)",
        "titleColor": "var(--dim)",
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "orient": "top",
    },
    "header": {"labelColor": "var(--ink)", "titleColor": "var(--dim)"},
}


def pictures(chart: Chart, result: QueryResult) -> tuple[Markup, bool]:
    """The chart as SVG, in each size, and whether it shows anything; bars of zero do.

    Raises:
        ChartError: it can't be drawn.
    """
    label = described(chart, result)

    def picture(kind: str) -> ElementTree.Element:
        return drawn(full_spec(chart, result, *SIZES[kind]), kind, label)

    with ThreadPoolExecutor(len(SIZES)) as threads:
        roots = list(threads.map(picture, SIZES))
    names = value_fields(chart.spec) & set(result.columns)
    at = [result.columns.index(name) for name in names]
    is_zero = bool(at) and all(number(row[i]) == 0 for row in result.rows for i in at)
    return Markup("\n").join(Markup(as_text(root)) for root in roots), has_marks(
        roots[0]
    ) or is_zero


def full_spec(chart: Chart, result: QueryResult, width: int, height: int) -> dict[str, Any]:
    """The specification with the rows, the size and the colours of the page."""
    rows = [dict(zip(result.columns, map(_plain, row))) for row in result.rows]
    size = {} if any(key in chart.spec for key in _COMPOSED) else {"width": width, "height": height}
    config = _merged(_merged(_CONFIG, _axes(width)), chart.spec.get("config") or {})
    spec = {k: v for k, v in chart.spec.items() if k != "config"}
    fitted = {"autosize": {"type": "fit-x", "contains": "padding"}} if size else {}
    return {
        "background": None,
        "padding": 4,
        **size,
        **fitted,
        **spec,
        "config": config,
        "data": {"values": rows},
    }


def _axes(width: int) -> dict[str, Any]:
    """How axes of numbers and times are labelled: few labels, none of which is ever cut.

    The library measures each label several times, which is most of what a chart costs.
    """
    return {
        "axisTemporal": {"tickCount": max(4, width // 100), "labelLimit": 0},
        "axisQuantitative": {"tickCount": 5, "labelLimit": 0},
    }


def described(chart: Chart, result: QueryResult) -> str:
    """What the chart shows, in words: as its author wrote it, else from its values."""
    if chart.description:
        return f"{chart.title}. {chart.description}"
    parts = [f"{len(result.rows):,} rows" if len(result.rows) != 1 else "1 row"]
    for name in sorted(value_fields(chart.spec) & set(result.columns))[:3]:
        at = result.columns.index(name)
        numbers = [row[at] for row in result.rows if number(row[at]) is not None]
        if numbers:
            low, high = formatted(min(numbers)), formatted(max(numbers))
            parts.append(f"{name} from {low} to {high}")
    return f"{chart.title}. Chart of {'; '.join(parts)}; the values are in the table below it."


def with_colour(chart: Chart, column: str, position: int) -> Chart:
    """A chart of one series alone, in the colour that it has among all.

    Args:
        chart: the chart.
        column: what tells its series apart.
        position: of the series, in order.
    """
    encoding = chart.spec.get("encoding")
    colour = encoding.get("color") if isinstance(encoding, Mapping) else None
    if not isinstance(encoding, Mapping) or not isinstance(colour, Mapping):
        return chart
    if colour.get("field") != column or "scale" in colour:
        return chart
    scale = {"range": [_COLOURS[position % len(_COLOURS)]]}
    coloured = {**encoding, "color": {**colour, "scale": scale}}
    return replace(chart, spec={**chart.spec, "encoding": coloured})


def _plain(value: Any) -> Any:
    """A value as JSON has it. Times have no zone, so that they are drawn as they are."""
    if value is None or isinstance(value, bool | str):
        return value
    if (plain := number(value)) is not None:
        return int(plain) if plain == int(plain) and abs(plain) < 2**53 else plain
    if isinstance(value, datetime):
        moment = value.astimezone(timezone.utc) if value.tzinfo else value
        return moment.replace(tzinfo=None).isoformat()
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    return None if isinstance(value, float) else str(value)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        was = merged.get(key)
        both = isinstance(was, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(was, value) if both else value  # type: ignore[arg-type]
    return merged
