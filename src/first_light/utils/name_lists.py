"""Names in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence


def listed(names: Sequence[str], most: int = 3) -> str:
    """Names for a sentence: `a, b, c and 4 more`."""
    names = [re.sub(r"\s+", " ", name) for name in names]
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
