"""Small charts as SVG in the page: no script, no library, their colours follow the page's theme.

Every chart carries a sentence for those who don't see it; the numbers stand in a table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape


@dataclass(frozen=True)
class Bar:
    """One bar: its height, its class (a colour in the page's style) and what it says on hover."""

    height: float
    kind: str
    title: str


@dataclass(frozen=True)
class Point:
    """One point of a line with the band it was expected in; None where nothing was expected."""

    value: float
    low: float | None = None
    high: float | None = None
    strange: bool = False


@dataclass(frozen=True)
class Span:
    """One row of a timeline."""

    begin: datetime
    end: datetime
    kind: str
    title: str


def bars(given: Sequence[Bar], label: str, width: int = 720, height: int = 120) -> str:
    """Bars side by side; one without height is a thin mark on the ground line."""
    most = max([bar.height for bar in given] + [1.0])
    step = width / max(len(given), 30)
    drawn = []
    for n, bar in enumerate(given):
        tall = max(3.0, (height - 14) * bar.height / most)
        drawn.append(
            f'<rect class="{bar.kind}" x="{n * step:.1f}" y="{height - tall:.1f}" '
            f'width="{max(1.0, step - 1.5):.1f}" height="{tall:.1f}" rx="1">'
            f"<title>{escape(bar.title)}</title></rect>"
        )
    scale = f'<text class="scale" x="0" y="9">{most:g}</text>'
    return _svg(label, width, height, scale + "".join(drawn), "broad")


def line(given: Sequence[Point], label: str, width: int = 300, height: int = 70) -> str:
    """A line over the band that was expected; what was strange is ringed."""
    if not given:
        return ""
    numbers = [point.value for point in given]
    bounds = [edge for point in given for edge in (point.low, point.high) if edge is not None]
    # A band that is far wider than what happened would flatten the line.
    reach = (max(numbers) - min(numbers)) or abs(numbers[-1]) or 1.0
    low = max(min([*numbers, *bounds]), min(numbers) - reach)
    high = min(max([*numbers, *bounds]), max(numbers) + reach)
    size = (high - low) or 1.0
    step = (width - 8) / max(1, len(given) - 1)

    def at(n: int, value: float) -> str:
        inside = min(max(value, low), high)
        return f"{4 + n * step:.1f},{height - 6 - (height - 12) * (inside - low) / size:.1f}"

    banded = [(n, p) for n, p in enumerate(given) if p.low is not None and p.high is not None]
    band = ""
    if len(banded) > 1:
        top = [at(n, p.high or 0.0) for n, p in banded]
        bottom = [at(n, p.low or 0.0) for n, p in reversed(banded)]
        band = f'<polygon class="band" points="{" ".join(top + bottom)}"/>'
    path = " ".join(at(n, point.value) for n, point in enumerate(given))
    rings = "".join(
        '<circle class="bad" cx="{}" cy="{}" r="3.5"/>'.format(*at(n, point.value).split(","))
        for n, point in enumerate(given)
        if point.strange
    )
    last = '<circle class="dot" cx="{}" cy="{}" r="2.5"/>'.format(
        *at(len(given) - 1, given[-1].value).split(",")
    )
    drawn = f'{band}<polyline class="line" points="{path}"/>{last}{rings}'
    return _svg(label, width, height, drawn)


def sparkline(
    values: Sequence[float | None], label: str, width: int = 150, height: int = 34
) -> str:
    """A trend; a gap where there is no value."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, size = min([*known, 0.0]), (max(known) - min([*known, 0.0])) or 1.0
    step = (width - 8) / max(1, len(values) - 1)
    pieces: list[list[str]] = [[]]
    for n, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            tall = (height - 8) * (value - low) / size
            pieces[-1].append(f"{4 + n * step:.1f},{height - 4 - tall:.1f}")
    drawn = ""
    for piece in filter(None, pieces):
        if len(piece) > 1:
            drawn += f'<polyline class="line" points="{" ".join(piece)}"/>'
        x, y = piece[-1].split(",")
        drawn += f'<circle class="dot" cx="{x}" cy="{y}" r="2.5"/>'
    return _svg(label, width, height, drawn)


def timeline(
    given: Sequence[Span], begin: datetime, end: datetime, label: str, width: int = 720
) -> str:
    """One row a span, the first on top."""
    row, whole = 12, max(1.0, (end - begin).total_seconds())
    drawn = []
    for n, span in enumerate(given):
        left = max(0.0, (span.begin - begin).total_seconds()) / whole * width
        right = max(0.0, (min(span.end, end) - begin).total_seconds()) / whole * width
        drawn.append(
            f'<rect class="{span.kind}" x="{left:.1f}" y="{n * row + 2}" '
            f'width="{max(4.0, right - left):.1f}" height="{row - 4}" rx="2">'
            f"<title>{escape(span.title)}</title></rect>"
        )
    ground = max(1, len(given)) * row + 2
    days = (
        f'<text class="scale" x="0" y="{ground + 12}">{begin:%Y-%m-%d}</text>'
        f'<text class="scale" x="{width}" y="{ground + 12}" text-anchor="end">{end:%Y-%m-%d}</text>'
    )
    return _svg(label, width + 4, ground + 16, "".join(drawn) + days, "broad")


def _svg(label: str, width: int, height: int, drawn: str, kind: str = "small") -> str:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    said = f'role="img" aria-label="{escape(label, quote=True)}"'
    return f'<svg class="{kind}" {said} {size}>{drawn}</svg>'
