"""How a number differs between two sides, and where the difference lies."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from first_light.utils.formats import change, formatted

_MOST_VALUES = 50  # of a column that could say where a change comes from


def rounded(value: float | None) -> float | None:
    """Without the digits in which two sums of the same numbers may differ."""
    return None if value is None else float(f"{value:.12g}")


def figure(value: float | None) -> str:
    """A number as people read it: small ones, such as rates, with three digits that count."""
    if value is None or value % 1 == 0 or abs(value) >= 1:
        return formatted(rounded(value))
    return f"{value:.3g}".replace("-", "−")


def transition(before: float | None, after: float | None) -> str:
    """From one number to another, with the percentage."""
    text = f"{figure(before)} → {figure(after)}"
    if before is None or after is None:
        return text
    return f"{text} ({change(before, after)})"


def moved(
    before: Mapping[str, float | None], after: Mapping[str, float | None]
) -> dict[str, tuple[float | None, float | None]]:
    """The parts that differ, each with both numbers; those that move most come first."""
    pairs = {name: (before.get(name), after.get(name)) for name in {**before, **after}}
    different = {
        name: (old, new) for name, (old, new) in pairs.items() if rounded(old) != rounded(new)
    }
    return dict(
        sorted(different.items(), key=lambda item: -abs((item[1][1] or 0) - (item[1][0] or 0)))
    )


def sole_cause(column: str, parts: Collection[Any], every: Collection[Any]) -> str:
    """The one value of a column in which all of a change lies; empty if there is none.

    Args:
        column: its name.
        parts: the values in which something differs.
        every: all values on either side.
    """
    if len(parts) != 1 or not 1 < len(every) <= _MOST_VALUES:
        return ""
    return f"all of it {column} = {formatted(next(iter(parts)))}"
