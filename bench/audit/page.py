"""Results of the bench of the audit, kept as files, and the tables of the page from them."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from bench.audit.faults import Injected

REJECTED, WARNING, MISSED = "rejected", "warned", "missed"
VERDICTS = (REJECTED, WARNING, MISSED)
_KEPT = Path(__file__).parent / "results"
_PAGE = Path(__file__).resolve().parents[2] / "docs/reference/monitors.md"
_BEGIN, _END = "<!-- written by python -m bench.audit --save -->\n", "<!-- end of the table -->"


@dataclass(frozen=True)
class Outcome:
    """What one fault met.

    Attributes:
        shop: where.
        fault: what was wrong.
        verdict: rejected, warned or missed.
        first: what the audit says first; empty when it says nothing.
        right: whether that names the table at fault.
    """

    shop: str
    fault: Injected
    verdict: str
    first: str
    right: bool


@dataclass(frozen=True)
class Result:
    """One shop.

    Attributes:
        shop: its name.
        days: clean days.
        false_rejections: of them, rejected, with what was said first.
        false_warnings: of them, warned, with what was said first.
        outcomes: the faults.
    """

    shop: str
    days: int
    false_rejections: tuple[str, ...]
    false_warnings: tuple[str, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class Kept:
    """One fault of a shop as it is kept.

    Attributes:
        kind: which fault.
        size: how large; empty where it has no size.
        place: table and column.
        harmful: whether readers would get something wrong.
        verdict: rejected, warned or missed.
        right: whether the table at fault is named first.
    """

    kind: str
    size: str
    place: str
    harmful: bool
    verdict: str
    right: bool


@dataclass(frozen=True)
class Shop:
    """What is kept of a shop.

    Attributes:
        shop: its name.
        measured: the day, ISO 8601.
        seed: of the faults.
        days: clean days.
        rejected_days: of them, rejected.
        warned_days: of them, warned.
        faults: the faults.
    """

    shop: str
    measured: str
    seed: int
    days: int
    rejected_days: int
    warned_days: int
    faults: tuple[Kept, ...]


def save(result: Result, seed: int) -> None:
    """Keep a shop's result in the place of its last one."""
    kept = Shop(
        result.shop,
        datetime.now(timezone.utc).date().isoformat(),
        seed,
        result.days,
        len(result.false_rejections),
        len(result.false_warnings),
        tuple(
            Kept(
                one.fault.kind,
                one.fault.size,
                f"{one.fault.source} {one.fault.column}".strip(),
                one.fault.harmful,
                one.verdict,
                one.right,
            )
            for one in result.outcomes
        ),
    )
    _KEPT.mkdir(exist_ok=True)
    path = _KEPT / f"{result.shop}.json"
    path.write_text(json.dumps(asdict(kept), indent=1) + "\n", encoding="utf-8")


def read_kept() -> list[Shop]:
    """The last result of each shop, by name."""
    shops = []
    for path in sorted(_KEPT.glob("*.json")):
        loaded = json.loads(path.read_text(encoding="utf-8"))
        faults = tuple(Kept(**fault) for fault in loaded.pop("faults"))
        shops.append(Shop(**loaded, faults=faults))
    return shops


def write_page() -> None:
    """Write the tables of all results that are kept into the documentation."""
    text = _PAGE.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise SystemExit(f"{_PAGE} has no place for the table")
    _PAGE.write_text(f"{before}{begin}\n{tables(read_kept())}\n{end}{after}", encoding="utf-8")


def tables(shops: Sequence[Shop]) -> str:
    """The shops, one a line, then the faults by kind and size over all of them."""
    lines = [
        "| shop | measured | harmful faults | rejected | rejected or warned, right table first "
        "| harmless, rejected | clean days | rejected | warned |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for shop in shops:
        harmful = [fault for fault in shop.faults if fault.harmful]
        harmless = [fault for fault in shop.faults if not fault.harmful]
        cells = (
            shop.shop, shop.measured, len(harmful), _count(harmful, REJECTED),
            sum(fault.right and fault.verdict != MISSED for fault in harmful),
            f"{_count(harmless, REJECTED)} of {len(harmless)}",
            shop.days, shop.rejected_days, shop.warned_days,
        )  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += [
        "",
        "| fault | size | tried | rejected | warned | missed |",
        "|---|---|---|---|---|---|",
    ]
    groups: dict[tuple[bool, str, str], list[Kept]] = defaultdict(list)
    for shop in shops:
        for fault in shop.faults:
            groups[not fault.harmful, fault.kind, size_class(fault.size)].append(fault)
    for (harmless_, kind, size), faults in sorted(groups.items()):
        label = f"{kind} (harmless)" if harmless_ else kind
        counts = " | ".join(str(_count(faults, verdict)) for verdict in VERDICTS)
        lines.append(f"| {label} | {size} | {len(faults)} | {counts} |")
    return "\n".join(lines) + "\n"


def size_class(size: str) -> str:
    """Shares by class; signs and units of other sizes as they are, without values of data."""
    if match := re.fullmatch(r"(\d+)%", size):
        share = int(match[1])
        return "up to 25 %" if share <= 25 else "26 to 50 %" if share <= 50 else "over 50 %"
    return size if re.fullmatch(r"× \S+|[+-]\d+ h|\d+ days", size) else ""


def _count(faults: Iterable[Kept], verdict: str) -> int:
    return Counter(fault.verdict for fault in faults)[verdict]
