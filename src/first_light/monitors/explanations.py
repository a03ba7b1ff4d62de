"""What explains an unusual value: chance, or that more rows came."""

from __future__ import annotations

import math

from first_light.monitors.measures import Measure, Value
from first_light.monitors.past import RelationPast, Series

CAME, DELIVERED = Measure("volume", "came", ""), Measure("volume", "delivered", "")
AS_BUSY = 1.3
"""Times the factor of rows that explains a value."""

# One of so many deliveries is as quiet, and how likely a day without rows is no surprise at most.
_QUIETEST, _GAP_BY_CHANCE = 10, 0.001


def is_gap_by_chance(days: float, past: RelationPast) -> bool:
    """Whether so many days without rows are no surprise, since few rows come on the quietest."""
    came = past.series.get(CAME)
    if came is None or not came.values:
        return False
    few = sorted(came.values)[len(came.values) // _QUIETEST]
    return math.exp(-max(0.0, few) * days) >= _GAP_BY_CHANCE


def is_of_more_rows(measure_: Measure, value: Value, series: Series, past: RelationPast) -> bool:
    """Whether a delivery has more different values than usual since it has more rows."""
    rows = past.series.get(DELIVERED)
    if (measure_.check, measure_.metric) != ("distinct", "count") or rows is None:
        return False
    if series.middle <= 0 or rows.middle <= 0 or value.value <= series.middle:
        return False
    return value.value / series.middle <= AS_BUSY * value.rows / rows.middle
