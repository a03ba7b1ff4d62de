"""What `status` and `incidents` print, for people; no decisions."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from first_light.cli.output.lines import (
    BAD,
    GOOD,
    MARGIN,
    SHOWN,
    age,
    is_rehearsal,
    line,
    moved_metrics,
    next_for_raw,
    open_to,
    time_text,
    warned_findings,
    warned_tests,
)
from first_light.figures.compute import basis_text, value_text
from first_light.history.carried import build_counts
from first_light.history.record import PUBLISHED, RUNNING
from first_light.history.warned import tests_that_warned
from first_light.incidents.derive import Incident, oldest_first
from first_light.status.current import Status
from first_light.status.freshness import data_line


def show_status(out: Console, status: Status) -> None:
    """What is current, how the last run went, what is late."""
    current, last = status.current, status.last
    if current is None:
        line(out, "current", "nothing was published yet", BAD)
    else:
        label = " · REHEARSAL on the sample" if is_rehearsal(current) else ""
        dirty = " with uncommitted changes" if current.git.dirty else ""
        line(out, "current", f"{current.run}{label}")
        line(out, "", f"commit {current.git.commit[:7] or 'unknown'}{dirty}")
        line(out, "published", f"{time_text(current.ended_at)}, {age(status.age)} ago")
        if data := data_line(status.sources, status.at):
            line(out, "data", data)
        if (built := build_counts(current)).carried_over:
            line(out, "nodes", str(built))
        if status.address:
            line(out, "address", status.address)
        if status.boards:
            line(out, "boards", status.boards)
        for n, entry in enumerate(current.raw.set_aside):
            line(out, "" if n else "set aside", entry)
        if is_rehearsal(current):
            line(out, "from raw", next_for_raw(current))
        moved_metrics(out, status.moves)
    if status.open_to:
        line(out, "warning", open_to(status.open_to))
    if status.readers.problem:
        line(out, "readers", status.readers.problem, BAD)
    template = f"template {status.template}, " if status.template else ""
    line(out, "versions", f"{template}package {status.package}")
    figures = [figure for figure in status.figures if figure.value is not None]
    for n, figure in enumerate(figures):
        text = f"{figure.title.lower()}: {value_text(figure)} ({basis_text(figure)})"
        line(out, "90 days" if n == 0 else "", text)
    if last is None:
        line(out, "last run", "nothing has run yet: uv run dataops release", BAD)
    else:
        good = last.outcome in (PUBLISHED, RUNNING, "rolled back")
        when = time_text(last.ended_at or last.started_at)
        line(out, "last run", f"{last.outcome}, {when}", GOOD if good else BAD)
        if last.problem:
            line(out, "", last.problem)
        if last.command == "rollback" and last.base:
            line(out, "", f"from {last.base} to {last.current}")
    if status.late:
        days = len(status.late)
        since = time_text(status.late[0].isoformat())
        times = "1 deadline" if days == 1 else f"{days} deadlines"
        line(out, "late", f"{times} passed without a new release, since {since}", BAD)
        if status.missing:
            line(out, "missing", f"{len(status.missing)} of these had no run at all", BAD)
    for n, source in enumerate(status.stale[:SHOWN]):
        line(out, "" if n else "stale", source.problem, BAD)
    if len(status.stale) > SHOWN:
        line(out, "", f"and {len(status.stale) - SHOWN} more")
    if not (status.late or status.stale):
        line(out, "deadline", "nothing is late")
    for fault in oldest_first(status.open)[:SHOWN]:
        line(out, "open", fault.summary(), BAD)
        if fault.kind != "monitor":
            line(out, "", f"next: {fault.next}")
        else:
            accept = f'uv run dataops accept {fault.check} --because "…"'
            line(out, "", f"if expected: {accept}")
        if fault.echoes:
            line(out, "", _echoes(fault))
        if fault.impact:
            line(out, "", f"downstream: {', '.join(fault.impact[:5])}")
    on_raw = current is not None and not is_rehearsal(current)
    warned_tests(out, tests_that_warned(current), on_raw)
    warned_findings(out, status.warned)
    for run in status.damaged:
        line(
            out, "damaged", f"the record of {run}: the next release fixes it or puts it aside", BAD
        )


def show_incidents(out: Console, incidents: Sequence[Incident]) -> None:
    """Each incident with its owner, duration and next step; a closed one in one line."""
    if not incidents:
        out.print("no incidents")
    for incident in incidents:
        colour = BAD if incident.open else GOOD
        end = "open" if incident.open else "closed"
        out.print(f"[{colour}]{end:<{MARGIN}}[/] {escape(incident.incident)}")
        line(out, "", f"{incident.summary()}, detected by {incident.detected_by}")
        if incident.open:
            line(out, "", incident.between)
            if incident.echoes:
                line(out, "", _echoes(incident))
            line(out, "next", incident.next)


def _echoes(fault: Incident) -> str:
    count = len(fault.echoes)
    return f"and {count} more that it may have caused: {_labels(fault.echoes)}"


def _labels(incidents: Sequence[Incident]) -> str:
    more = " …" if len(incidents) > SHOWN else ""
    return ", ".join(incident.label for incident in incidents[:SHOWN]) + more
