"""What the release line's commands print, for people; one function a command, no decisions."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from first_light.cli.output.lines import (
    BAD,
    GOOD,
    SHOWN,
    is_rehearsal,
    line,
    moved_metrics,
    next_for_raw,
    open_to,
    time_text,
    warned_findings,
    warned_tests,
)
from first_light.cli.output.next_steps import next_steps, reason
from first_light.dbt.by_hand import rows_command
from first_light.history.carried import build_counts
from first_light.history.record import PUBLISHED, REAL
from first_light.history.warned import tests_that_warned
from first_light.release.brought import Brought
from first_light.release.listing import Listed
from first_light.release.outcome import Released, is_missing_delivery
from first_light.release.rollback import RolledBack
from first_light.utils.templates import render

_FILES_SHOWN = 3


def show_release(out: Console, released: Released) -> None:
    """The verdict; for a rejected release also its failures, root cause, owner and next steps.

    Each step was printed when it ended.
    """
    record = released.record
    out.print()
    good = record.outcome == PUBLISHED
    colour = GOOD if good else BAD
    verdict = f"{record.outcome}, as a rehearsal on the sample" if is_rehearsal(record) else ""
    out.print(f"[bold {colour}]{verdict or record.outcome}[/]  {record.run}")
    _brought(out, released)
    if (built := build_counts(record)).carried_over:
        line(out, "nodes", str(built))
    moved_metrics(out, released.moves)
    if good:
        line(out, "address", released.address)
        if released.boards:
            line(out, "boards", released.boards)
        if is_rehearsal(record):
            line(out, "from raw", f"{next_for_raw(record)}, then repeat")
        if released.open_to:
            line(out, "warning", open_to(released.open_to))
        warned_tests(out, tests_that_warned(record), record.kind == REAL)
        warned_findings(out, record.warned)
        return
    line(out, "readers", f"keep {record.current}" if record.current else "see no release yet")
    for n, fault in enumerate(released.faults[:SHOWN]):
        line(out, "" if n else "problem", fault.message)
    if released.failed:
        for result in released.failed[:SHOWN]:
            place = f" ({result.path})" if result.path else ""
            line(out, "failed", f"{result.kind} {result.name}: {result.status}{place}")
            if message := reason(result):
                line(out, "", message)
        if more := [result.name for result in released.failed[SHOWN:]]:
            line(out, "", f"and {len(more)} more: {', '.join(more)}")
    else:
        line(out, "problem", record.problem)
    if cause := released.cause:
        of = "" if cause.result.unique_id == cause.subject else f" of {cause.name}"
        alone = (
            "the only one"
            if len(released.failed) == 1
            else f"most upstream of {len(released.failed)}"
        )
        text = f"{cause.result.kind} {cause.result.name}{of}, {alone}"
        if released.faults:
            first = released.faults[0]
            came = "what did not come to" if is_missing_delivery(first) else "what came to"
            text = f"{came} {first.name}; {text}, reads it"
        line(out, "root cause", text)
        line(out, "owner", cause.owner or "no owner: set a group")
        line(out, "downstream", ", ".join(cause.models) or "no model")
        line(out, "exposures", ", ".join(cause.exposures) or "none")
    warned_tests(out, tests_that_warned(record), record.kind == REAL)
    if released.log.exists():
        line(out, "full log", "target/release/logs/dbt.log")
    for n, step in enumerate(next_steps(released)):
        line(out, "next" if n == 0 else "", step)


def _brought(out: Console, released: Released) -> None:
    """What came to raw since the release that was current: files and rows of each table."""
    if released.record.kind != REAL:
        return
    if not released.brought:
        line(out, "new data", "none")
        return
    texts = [_brought_text(delivery) for delivery in released.brought[:SHOWN]]
    if more := len(released.brought) - SHOWN:
        texts += [f"and {more} more tables"] if more > 0 else []
    line(out, "new data", "; ".join(texts))


def _brought_text(delivery: Brought) -> str:
    names = [name.rpartition("/")[2] for name in delivery.files]
    files = names[0] if len(names) == 1 else f"{len(names):,} files"
    rows = "" if delivery.rows is None else f" with {delivery.rows:,} rows"
    return delivery.table if names == [delivery.table] else f"{delivery.table} {files}{rows}"


def release_markdown(name: str, result: Released) -> str:
    """The verdict as Markdown: what happened, to whom, what to do next."""
    record = result.record
    return render(
        "cli/output/templates/release.md.j2",
        name=name,
        done=result,
        record=record,
        good=record.outcome == PUBLISHED,
        load_raw=next_for_raw(record) if is_rehearsal(record) else "",
        open_to=open_to(result.open_to) if result.open_to else "",
        next_steps=next_steps(result),
        rows_commands=[
            (test, rows_command(test.name, record.kind == REAL))
            for test in tests_that_warned(record)[:SHOWN]
        ],
        new_data="; ".join(_brought_text(delivery) for delivery in result.brought),
        built=build_counts(record),
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
    out.print(f"[bold {GOOD}]current is {after.run}[/]  {time_text(after.ended_at)}")
    if before:
        line(out, "was", before)
        moved_metrics(out, result.moves)
        line(out, "undo", f"uv run dataops rollback {int(before.split('-')[0])}")
    caution = "the next release publishes the default branch as it is: revert or fix it first"
    line(out, "warning", caution)


def show_releases(out: Console, releases: Sequence[Listed]) -> None:
    """A table, newest first."""
    if not releases:
        out.print("nothing was released yet: uv run dataops release")
        return
    rows = [("", "run", "verdict", "when (UTC)", "commit", "trigger", "")]
    for release in releases:
        record = release.record
        remark = record.kind if is_rehearsal(record) else ""
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
