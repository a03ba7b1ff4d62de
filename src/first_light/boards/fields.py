"""Which columns a Vega-Lite specification reads, and as what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_SERIES = ("color", "detail", "stroke", "strokeDash", "shape", "fill", "row", "column", "facet")
_VALUES = ("y", "x", "theta", "size", "radius")
_COUNTS = frozenset({"count", "valid", "missing", "distinct"})


def used_fields(spec: Mapping[str, Any]) -> set[str]:
    """The names that encodings read."""
    return {name for _, channel in _channels(spec) if isinstance(name := channel.get("field"), str)}


def produced_fields(spec: Any) -> set[str]:
    """The names that transforms make."""
    names: set[str] = set()
    if isinstance(spec, Mapping):
        for key, value in spec.items():
            if key == "as":
                names |= {str(name) for name in (value if isinstance(value, list) else [value])}
            elif key == "fold":
                names |= {"key", "value"}
            names |= produced_fields(value)
    elif isinstance(spec, list):
        for item in spec:
            names |= produced_fields(item)
    return names


def value_fields(spec: Mapping[str, Any]) -> set[str]:
    """The quantitative fields: what a chart shows nothing without."""
    return {
        str(channel["field"])
        for name, channel in _channels(spec)
        if name in _VALUES
        and isinstance(channel.get("field"), str)
        and channel.get("type") == "quantitative"
        and channel.get("aggregate") not in _COUNTS
    }


def place_fields(spec: Mapping[str, Any]) -> set[str]:
    """The fields that say where a mark is and of what, not how much."""
    return {
        str(channel["field"])
        for _, channel in _channels(spec)
        if isinstance(channel.get("field"), str)
        and channel.get("type") in ("nominal", "ordinal", "temporal")
    }


def series_fields(spec: Mapping[str, Any]) -> tuple[str, list[str], list[str]] | None:
    """Of a chart over time: its time, its values, and what parts it into series; else None."""
    times = {
        str(channel["field"])
        for name, channel in _channels(spec)
        if name == "x" and channel.get("type") == "temporal" and "field" in channel
    }
    values = sorted(value_fields(spec) - times)
    if len(times) != 1 or not values or "transform" in spec:
        return None
    parts = {
        str(channel["field"]): None
        for name, channel in _channels(spec)
        if name in _SERIES
        and isinstance(channel.get("field"), str)
        and channel.get("type") in ("nominal", "ordinal")
    }
    return next(iter(times)), values, list(parts)


def _channels(spec: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every channel of every encoding, with its name."""
    if isinstance(spec, Mapping):
        for key, value in spec.items():
            if key == "encoding" and isinstance(value, Mapping):
                for name, channel in value.items():
                    for entry in channel if isinstance(channel, list) else [channel]:
                        if isinstance(entry, Mapping):
                            yield str(name), entry
            elif key == "facet" and isinstance(value, Mapping):
                yield "facet", value
            else:
                yield from _channels(value)
    elif isinstance(spec, list):
        for item in spec:
            yield from _channels(item)
