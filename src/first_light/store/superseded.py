"""The file with the time at which each release stopped being current."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path

from first_light.utils.regular_files import read_regular


def read_times(path: Path) -> dict[str, float]:
    """Seconds since 1970, by release; empty if the file cannot be read: then counted from now."""
    try:
        times = json.loads(read_regular(path))
        # A time in the future was written with a wrong clock.
        now = time.time()
        return {run: min(float(at), now) for run, at in times.items() if math.isfinite(at)}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError, OverflowError):
        return {}


def times_text(times: Mapping[str, float]) -> bytes:
    """The text of the file."""
    return (json.dumps({run: round(at, 3) for run, at in sorted(times.items())}) + "\n").encode()
