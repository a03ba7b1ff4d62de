"""Values as text: the formats that Python and d3, which draws the charts, have in common."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

_FORMAT = re.compile(r"\+?,?(\.\d{1,2})?[dfe%]?")
MISSING = "–"  # in the place of a value that is null


def is_format(style: str) -> bool:
    """Whether this is a format such as `,.0f`, `+.1%` or `d`; an empty one is the default."""
    return bool(_FORMAT.fullmatch(style)) and not re.fullmatch(r".*\.\d+d", style)


def number(value: Any) -> float | None:
    """A value as a number; None where it is none, or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return float(value) if math.isfinite(value) else None


def formatted(value: Any, style: str = "") -> str:
    """A value as readers see it.

    Args:
        value: as the warehouse's driver gives it.
        style: a format of numbers; without one, thousands have a comma, and fractions up to two
            digits.
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return MISSING
    if number(value) is not None:
        if style:
            if style[-1] not in "dfe%":
                style += "f" if "." in style else ""
            if style.endswith("d") or style[-1] in "+,":
                value = round(value)
            return _minus(format(value, style))
        if isinstance(value, int):
            return _minus(f"{value:,}")
        return _minus(f"{value:,.2f}" if value % 1 else f"{value:,.0f}")
    if isinstance(value, datetime):
        if value.tzinfo:
            value = value.astimezone(timezone.utc).replace(tzinfo=None)
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return f"{value:%Y-%m-%d}" if midnight else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def change(before: float, after: float) -> str:
    """From one number to another, in percent; where there is no percentage, the difference."""
    if before == after:
        return "no change"
    if before == 0:
        return f"{_minus(f'{after - before:+,.2f}'.replace('.00', ''))}"
    share = (after - before) / abs(before)
    return _minus(f"{share:+,.1%}".replace("%", "\u00a0%"))


def _minus(text: str) -> str:
    return text.replace("-", "−")
