"""The fleet in one table and on one page: what is outdated and drifted comes first."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from rich.table import Table

from first_light.utils.addresses import without_credentials
from tools.fleet.examine import Seen, Summary

_HEADINGS = (
    *("product", "group", "version", "package", "state", "score", "open incidents"),
    *("missed deadlines", "baseline", "edited managed files", "kept as its own"),
)


def state(seen: Seen, newest: str) -> str:
    """One or two words on a product."""
    if seen.problem:
        return "unknown"
    words = ["outdated"] * (numbers(seen.version) < numbers(newest)) + ["drifted"] * bool(
        seen.drifted
    )
    return " and ".join(words) or "good"


def ordered(fleet: Iterable[Seen], newest: str) -> list[Seen]:
    """What can't be examined, then what is furthest behind, then what drifted, then the rest."""
    return sorted(
        fleet,
        key=lambda seen: (
            not seen.problem,
            numbers(seen.version) >= numbers(newest),
            numbers(seen.version),
            -len(seen.drifted),
            seen.member.name,
        ),
    )


def table(fleet: Sequence[Seen], newest: str) -> Table:
    """The fleet for the terminal, without columns in which nothing is."""
    rows = [_row(seen, newest) for seen in ordered(fleet, newest)]
    used = [n for n in range(len(_HEADINGS)) if any(row[n] for row in rows)]
    drawn = Table(box=None, pad_edge=False)
    for n in used:
        drawn.add_column(_HEADINGS[n], overflow="fold")
    for row in rows:
        drawn.add_row(*(row[n] for n in used))
    return drawn


def page(fleet: Sequence[Seen], newest: str) -> str:
    """The fleet as one self-contained page."""
    output = summary(fleet, newest)
    head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _row(seen, newest)) + "</tr>\n"
        for seen in ordered(fleet, newest)
    )
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Fleet</title>\n'
        "<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}"
        "th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #ddd}</style>\n"
        f"<h1>{len(fleet)} products</h1><p>newest template: {escape(newest)}; {output}</p>\n"
        f"<table><tr>{head}</tr>\n{rows}</table></html>\n"
    )


def summary(fleet: Iterable[Seen], newest: str) -> str:
    """How many products are in each state, and have incidents, late data or a baseline."""
    seen = list(fleet)
    counts = Counter(state(each, newest) for each in seen)
    states = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    known = [each.summary for each in seen if each.summary]
    troubles = {
        "with open incidents": sum(bool(each.open_incidents) for each in known),
        "late": sum(bool(each.late) for each in known),
        "with findings in the baseline": sum(bool(each.findings) for each in seen),
    }
    more = ", ".join(f"{count} {name}" for name, count in troubles.items() if count)
    return f"{states}; {more}" if more else states


def as_json(fleet: Sequence[Seen], newest: str) -> str:
    """The fleet for machines."""
    products = [_fields(seen, newest) for seen in ordered(fleet, newest)]
    return json.dumps({"newest": newest, "products": products}, indent=2, ensure_ascii=False)


def as_csv(fleet: Sequence[Seen], newest: str) -> str:
    """The fleet for a spreadsheet, a product a line; paths are separated by spaces."""
    text = io.StringIO()
    rows = [_fields(seen, newest) for seen in ordered(fleet, newest)]
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: " ".join(v) if isinstance(v, list) else v for k, v in row.items()})
    return text.getvalue()


def _fields(seen: Seen, newest: str) -> dict[str, str | int | list[str] | None]:
    summary = seen.summary
    return {
        "product": seen.member.name,
        "url": without_credentials(seen.member.url),
        "folder": seen.member.folder,
        "group": seen.member.group,
        "version": seen.version,
        "package": seen.package,
        "state": state(seen, newest),
        "problem": seen.problem,
        "score": summary.score if summary else "",
        "open_incidents": summary.open_incidents if summary else None,
        "missed_deadlines": summary.late if summary else None,
        "baseline": seen.findings,
        "edited_managed_files": list(seen.drifted),
        "kept_as_its_own": list(seen.kept),
    }


def numbers(version: str) -> tuple[int, ...]:
    """A version's numbers, for comparing: v1.10.0 is newer than v1.9.0."""
    return tuple(int(number) for number in re.findall(r"\d+", version.split("-")[0]))


def _numbers(seen: Seen) -> tuple[str, str, str]:
    summary = seen.summary or Summary("")
    known = (summary.open_incidents, summary.late)
    incidents, late = ("unknown" if number is None else str(number or "") for number in known)
    return incidents, late, str(seen.findings or "")


def _row(seen: Seen, newest: str) -> tuple[str, ...]:
    drifted = ", ".join(seen.drifted[:3]) + (" …" if len(seen.drifted) > 3 else "")
    return (
        seen.member.name,
        seen.member.group,
        seen.version or "?",
        seen.package or "?",
        seen.problem or state(seen, newest),
        seen.summary.score if seen.summary else "unknown",
        *_numbers(seen),
        drifted,
        ", ".join(seen.kept),
    )
