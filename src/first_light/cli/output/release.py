"""What the release line's commands print, for people; one function a command, no decisions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from rich.console import Console
from rich.markup import escape

from first_light.dbt.engine import NodeResult
from first_light.figures.compute import basis_text, value_text
from first_light.history.record import PUBLISHED, REHEARSAL, REJECTED, RUNNING, FindingRun, Record
from first_light.incidents.derive import Incident, by_cause
from first_light.privacy.messages import masked
from first_light.release.inexact import retype_command
from first_light.release.listing import Listed
from first_light.release.outcome import Released
from first_light.release.rollback import RolledBack
from first_light.release.superseded import Superseded
from first_light.status.current import Status
from first_light.status.freshness import data_line
from first_light.utils import steps
from first_light.utils.templates import render
from first_light.utils.timestamps import moment
from first_light.warehouse.server import how_to_load

_SHOWN = 10
_MARGIN = 12
_GOOD, _BAD = "green", "red"


def show_release(out: Console, released: Released) -> None:
    """The verdict; for a rejected release also its failures, root cause, owner and next steps."""
    record = released.record
    out.print()
    out.print(steps.table(released.steps))
    out.print()
    good = record.outcome == PUBLISHED
    colour = _GOOD if good else _BAD
    verdict = f"{record.outcome}, as a rehearsal on the sample" if _rehearsal(record) else ""
    out.print(f"[bold {colour}]{verdict or record.outcome}[/]  {record.run}")
    if good:
        _line(out, "address", released.address)
        if _rehearsal(record):
            _line(out, "from raw", f"{how_to_load(record.warehouse)} and repeat")
        if released.open_to:
            _line(out, "warning", _open_to(released.open_to))
        _warned(out, record.warned)
        return
    _line(out, "readers", f"keep {record.current}" if record.current else "see no release yet")
    if released.failed:
        for result in released.failed[:_SHOWN]:
            place = f" ({result.path})" if result.path else ""
            _line(out, "failed", f"{result.kind} {result.name}: {result.status}{place}")
            if message := _reason(result):
                _line(out, "", message)
        if len(released.failed) > _SHOWN:
            _line(out, "", f"and {len(released.failed) - _SHOWN} more")
    else:
        _line(out, "problem", record.problem)
    if cause := released.cause:
        of = "" if cause.result.unique_id == cause.subject else f" of {cause.name}"
        alone = (
            "the only one"
            if len(released.failed) == 1
            else f"most upstream of {len(released.failed)}"
        )
        _line(out, "root cause", f"{cause.result.kind} {cause.result.name}{of}, {alone}")
        _line(out, "owner", cause.owner or "no owner: set a group")
        _line(out, "downstream", ", ".join(cause.models) or "no model")
        _line(out, "exposures", ", ".join(cause.exposures) or "none")
    if released.log.exists():
        _line(out, "full log", "target/release/logs/dbt.log")
    for n, step in enumerate(next_steps(released)):
        _line(out, "next" if n == 0 else "", step)


def _warned(out: Console, findings: Sequence[FindingRun]) -> None:
    """The warnings of the monitors, each with the command that accepts it."""
    for finding in findings[:_SHOWN]:
        _line(out, "warned", finding.message, "yellow")
        _line(out, "", f'if expected: uv run dataops accept {finding.id} --because "…"')
    if len(findings) > _SHOWN:
        _line(out, "", f"and {len(findings) - _SHOWN} more")


def _reason(result: NodeResult) -> str:
    if result.kind != "source" or result.message:
        return masked(result.message)
    if result.age is None:
        return "no row has a load time"
    return f"its newest row is {_age(timedelta(seconds=result.age))} old"


def next_command(result: Released) -> str:
    """What to type after a release that was not published."""
    if result.cause is not None:
        raw = "" if result.record.kind == REHEARSAL else "DATAOPS_RAW=${DATAOPS_RAW:-raw} "
        if result.cause.result.kind == "source":
            return f"{raw}uv run dbt source freshness --target prod"
        return f"{raw}uv run dbt build --select +{result.cause.name}"
    if bad := [finding for finding in result.record.findings if finding.level == "error"]:
        if bad[0].subject.startswith("source."):
            return f"check the newest files of {bad[0].name}"
        return f"uv run dbt show --select {bad[0].name}, and check the new files in raw"
    if result.record.outcome == "rejected":
        return "uv run dataops check"
    return "uv run dataops release"


def next_steps(result: Released) -> tuple[str, ...]:
    """The commands that show what failed, then those that continue."""
    steps_ = [next_command(result)]
    if result.cause is not None and (retype := retype_command(result.cause.result.message)):
        return retype, "review git diff and commit, then: uv run dataops release"
    if result.cause is not None and result.cause.result.kind == "test":
        raw = steps_[0].partition("uv run")[0]
        steps_.append(f"{raw}uv run dbt show --select {result.cause.result.name}  (its rows)")
    if result.record.outcome == REJECTED:
        steps_.append("fix it and commit, then: uv run dataops release")
    return tuple(steps_)


def release_json(released: Released) -> str:
    """The same, for machines."""
    cause = released.cause and {
        "node": released.cause.result.unique_id,
        "subject": released.cause.subject,
        "owner": released.cause.owner,
        "group": released.cause.group,
        "models": released.cause.models,
        "exposures": released.cause.exposures,
    }
    record = released.record
    return json.dumps(
        {
            "run": record.run,
            "outcome": record.outcome,
            "kind": record.kind,
            "problem": record.problem,
            "current": record.current,
            "base": record.base,
            "commit": record.git.commit,
            "seconds": record.seconds,
            "recorded": released.recorded,
            "steps": [asdict(step) for step in released.steps],
            "failed": [
                {
                    "node": result.unique_id,
                    "status": result.status,
                    "failures": result.failures,
                    "message": _reason(result),
                }
                for result in released.failed
            ],
            "root_cause": cause,
            "findings": [
                {"id": finding.id, "message": finding.message} for finding in record.warned
            ],
            "warnings": released.warnings,
        },
        indent=2,
        ensure_ascii=False,
    )


def superseded_json(error: Superseded) -> str:
    """A run that gave way to a newer one, for machines."""
    content = {"run": "", "outcome": "superseded", "problem": error.message, "where": error.where}
    return json.dumps(content, indent=2, ensure_ascii=False)


def release_markdown(name: str, result: Released) -> str:
    """The verdict as Markdown: what happened, to whom, what to do next."""
    record = result.record
    return render(
        "cli/output/templates/release.md.j2",
        name=name,
        done=result,
        record=record,
        good=record.outcome == PUBLISHED,
        load_raw=how_to_load(record.warehouse) if _rehearsal(record) else "",
        open_to=_open_to(result.open_to) if result.open_to else "",
        next_command=next_command(result),
    )


def show_rollback(out: Console, result: RolledBack) -> None:
    """What is current now, and what the next release will do about it."""
    for sentence in result.warnings:
        out.print(escape(sentence))
    after = result.release
    if result.record is None:
        out.print(f"[bold]{after.run}[/bold] was current already, and is.")
        return
    before = result.record.base
    out.print(f"[bold {_GOOD}]current is {after.run}[/]  {_time_text(after.ended_at)}")
    if before:
        _line(out, "was", before)
        _line(out, "undo", f"uv run dataops rollback {int(before.split('-')[0])}")
    _line(out, "warning", "the next release publishes main as it is: revert or fix it first")


def show_releases(out: Console, releases: Sequence[Listed]) -> None:
    """A table, newest first."""
    if not releases:
        out.print("nothing was released yet: uv run dataops release")
        return
    rows = [("", "run", "verdict", "when (UTC)", "commit", "trigger", "")]
    for release in releases:
        record = release.record
        remark = record.kind if _rehearsal(record) else ""
        if record.command == "rollback":
            remark = f"to {record.current}"
        elif record.outcome == PUBLISHED and not release.kept:
            remark = ", ".join(filter(None, (remark, "deleted since")))
        elif record.problem:
            remark = record.problem.splitlines()[0][:60]
        rows.append(
            (
                "→" if release.current else "",
                record.run,
                record.outcome,
                (record.ended_at or record.started_at)[:16].replace("T", " "),
                record.git.commit[:7] + ("*" if record.git.dirty else ""),
                record.trigger,
                remark,
            )
        )
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]) - 1)]
    room = max(out.width - sum(widths) - 2 * len(widths), 12) if out.is_terminal else 60
    rows = [(*r[:-1], r[-1] if len(r[-1]) <= room else r[-1][: room - 1] + "…") for r in rows]
    for n, row in enumerate(rows):
        text = escape(
            "  ".join(cell.ljust(width) for cell, width in zip(row, (*widths, 0))).rstrip()
        )
        style = "dim" if n == 0 else "bold" if row[0] else ""
        out.print(f"[{style}]{text}[/]" if style else text)


def releases_json(releases: Sequence[Listed]) -> str:
    """The same, for machines."""
    return json.dumps(
        [
            {
                "run": release.record.run,
                "command": release.record.command,
                "outcome": release.record.outcome,
                "kind": release.record.kind,
                "trigger": release.record.trigger,
                "commit": release.record.git.commit,
                "started_at": release.record.started_at,
                "ended_at": release.record.ended_at,
                "problem": release.record.problem,
                "kept": release.kept,
                "current": release.current,
            }
            for release in releases
        ],
        indent=2,
        ensure_ascii=False,
    )


def status_json(status: Status) -> str:
    """The same as `show_status`, for machines."""
    return json.dumps(status.to_dict(), indent=2, ensure_ascii=False)


def show_status(out: Console, status: Status) -> None:
    """What is current, how the last run went, what is late."""
    current, last = status.current, status.last
    if current is None:
        _line(out, "current", "nothing was published yet", _BAD)
    else:
        label = " · REHEARSAL on the sample" if _rehearsal(current) else ""
        dirty = " with uncommitted changes" if current.git.dirty else ""
        _line(out, "current", f"{current.run}{label}")
        _line(out, "", f"commit {current.git.commit[:7] or 'unknown'}{dirty}")
        _line(out, "published", f"{_time_text(current.ended_at)}, {_age(status.age)} ago")
        if data := data_line(status.sources, status.at):
            _line(out, "data", data)
        _line(out, "address", status.address)
        for n, entry in enumerate(current.raw.set_aside):
            _line(out, "" if n else "set aside", entry)
        if _rehearsal(current):
            _line(out, "from raw", how_to_load(current.warehouse))
    if status.open_to:
        _line(out, "warning", _open_to(status.open_to))
    if status.readers.problem:
        _line(out, "readers", status.readers.problem, _BAD)
    if last is None:
        _line(out, "last run", "nothing has run yet: uv run dataops release", _BAD)
    else:
        good = last.outcome in (PUBLISHED, RUNNING, "rolled back")
        when = _time_text(last.ended_at or last.started_at)
        _line(out, "last run", f"{last.outcome}, {when}", _GOOD if good else _BAD)
        if last.problem:
            _line(out, "", last.problem)
        if last.command == "rollback" and last.base:
            _line(out, "", f"from {last.base} to {last.current}")
    if status.late:
        days = len(status.late)
        since = _time_text(status.late[0].isoformat())
        times = "1 deadline" if days == 1 else f"{days} deadlines"
        _line(out, "late", f"{times} passed without a new release, since {since}", _BAD)
        if status.missing:
            _line(out, "missing", f"{len(status.missing)} of these had no run at all", _BAD)
    for n, source in enumerate(status.stale[:_SHOWN]):
        _line(out, "" if n else "stale", source.problem, _BAD)
    if len(status.stale) > _SHOWN:
        _line(out, "", f"and {len(status.stale) - _SHOWN} more")
    if not (status.late or status.stale):
        _line(out, "deadline", "nothing is late")
    for group in by_cause(status.open)[:_SHOWN]:
        _line(out, "open", group[0].summary(), _BAD)
        if group[0].kind == "monitor":
            accept = f'uv run dataops accept {group[0].check} --because "…"'
            _line(out, "", f"if expected: {accept}")
        if len(group) > 1:
            _line(out, "", f"and {len(group) - 1} more that it may have caused")
        if group[0].impact:
            _line(out, "", f"downstream: {', '.join(group[0].impact[:5])}")
    _warned(out, status.warned)
    figures = [figure for figure in status.figures if figure.value is not None]
    for n, figure in enumerate(figures):
        line = f"{figure.title.lower()}: {value_text(figure)} ({basis_text(figure)})"
        _line(out, "90 days" if n == 0 else "", line)
    for run in status.damaged:
        _line(
            out, "damaged", f"the record of {run}: the next release fixes it or puts it aside", _BAD
        )


def show_incidents(out: Console, incidents: Sequence[Incident]) -> None:
    """Each incident with its owner, duration and next step; a closed one in one line."""
    if not incidents:
        out.print("no incidents")
    for incident in incidents:
        colour = _BAD if incident.open else _GOOD
        end = "open" if incident.open else "closed"
        out.print(f"[{colour}]{end:<{_MARGIN}}[/] {escape(incident.incident)}")
        _line(out, "", f"{incident.summary()}, detected by {incident.detected_by}")
        if incident.open:
            _line(out, "", incident.between)
            _line(out, "next", incident.next)


def _open_to(audience: str) -> str:
    return (
        f"{audience} can read this data, made from raw; to keep it elsewhere, "
        "set DATAOPS_STORE to a bucket or a folder and delete the branch: "
        "uv run dataops docs stores"
    )


def _rehearsal(record: Record) -> bool:
    return record.kind == REHEARSAL


def _line(out: Console, head: str, text: str, colour: str = "") -> None:
    lines = text.splitlines() or [""]
    for n, line in enumerate(lines):
        first = f"[dim]{head if n == 0 else '':<{_MARGIN}}[/dim] "
        out.print(first + (f"[{colour}]{escape(line)}[/]" if colour else escape(line)))


def _time_text(text: str) -> str:
    try:
        time: datetime = moment(text)
    except ValueError:
        return "at an unknown time"
    return time.strftime("%Y-%m-%d %H:%M UTC")


def _age(age: timedelta | None) -> str:
    if age is None:
        return "unknown"
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"
