"""The phase that renders the boards from the candidate: readers never get one that is blank."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from first_light.boards.document import FOLDER, Board, read_boards
from first_light.boards.exposures import exposure_of, raise_if_outdated
from first_light.boards.page import Edition
from first_light.boards.render import Rendered, render_boards, write_pages
from first_light.boards.results import BROKEN
from first_light.boards.sql import columns_without
from first_light.dbt.manifest import Manifest
from first_light.dbt.profile import read_type
from first_light.figures.compute import duration
from first_light.history.carried import build_counts
from first_light.history.record import REJECTED, FindingRun
from first_light.metrics.definitions import read_semantics
from first_light.monitors.accepted import read_accepted
from first_light.privacy.messages import masked
from first_light.project.product import Product, now
from first_light.release.build import manifest_of
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.release.withhold import withheld_now
from first_light.utils import steps
from first_light.utils.chart_process import library
from first_light.utils.errors import DataopsError
from first_light.utils.steps import Step
from first_light.warehouse.kinds import CHECKS
from first_light.warehouse.translated import translated

BOARDS = "boards"
CHECK = "board"
_MOST = 3  # problems that the verdict names


def prepare(product: Product) -> None:
    """Load the chart library while dbt builds, if there are boards."""
    if any((product.root / FOLDER).glob("*.md")):
        library.start()


def render(context: Context, draft: Draft) -> Draft:
    """Render every board with what readers get of the candidate.

    What readers would see as blank or broken rejects the release; a series that ends before the
    others warns. The pages become part of the release.
    """
    begin, manifest = time.monotonic(), manifest_of(draft)
    try:
        boards = read_boards(context.product.root)
        raise_if_outdated(context.product.root, boards)
    except DataopsError as error:
        context.reporter.step(Step(BOARDS, steps.FAILED, time.monotonic() - begin))
        return draft.ended(REJECTED, str(error))
    if not boards:
        return draft
    built = context.warehouse.columns(draft.record.run)
    withheld = withheld_now(context, draft)
    general = edition_of(context, draft)
    with draft.engine.connect() as queries:
        runner, named = translated(queries, manifest, _checked_on(context.product))
        rendered = render_boards(
            boards,
            named,
            read_semantics(context.target),
            runner,
            columns_without({(r.schema, r.name): names for r, names in built.items()}, withheld),
            lambda board: replace(general, facts=(*general.facts, _age(draft, manifest, board))),
            {name: columns for (_, name), columns in withheld.items()},
            masked,
        )
    folder = context.store.candidate(draft.record.run) / FOLDER
    write_pages(rendered, general, folder)
    known = _accepted(context.product.root)
    findings = _findings(rendered, manifest, known)
    rejecting = [finding for finding in findings if finding.level == "error"]
    verdict = steps.FAILED if rejecting else steps.WARNED if findings else steps.PASSED
    charts = sum(len(board.board.blocks) for board in rendered)
    remark = f"{_count(len(boards), 'board')} with {_count(charts, 'block')}"
    if findings:
        remark += f", {_count(len(findings), 'finding')}"
    step = Step(BOARDS, verdict, time.monotonic() - begin, remark)
    context.reporter.step(step)
    for finding in findings:
        context.reporter.say(f"{finding.level:<8}{finding.message}")
    draft = draft.with_facts(findings=(*draft.record.findings, *findings)).with_step(step)
    if not rejecting:
        return draft
    lines = [finding.message for finding in rejecting[:_MOST]]
    more = len(rejecting) - len(lines)
    sentence = f"{_count(len(rejecting), 'finding')} on boards:"
    return draft.ended(
        REJECTED, "\n".join([sentence, *lines, *([f"and {more} more"] if more else [])])
    )


def _checked_on(product: Product) -> str:
    """The kind of warehouse whose SQL boards are written in; empty if no target says it."""
    with contextlib.suppress(DataopsError):  # a team may have other targets
        return read_type(product.root, CHECKS)
    return ""


def _accepted(root: Path) -> frozenset[tuple[str, str]]:
    """The exposure and the query of each finding on a board that the team has accepted.

    Raises:
        DataopsError: the file is not what `dataops accept` writes.
    """
    accepted = read_accepted(root)
    return frozenset((entry.subject, entry.column) for entry in accepted if entry.check == CHECK)


def _findings(
    rendered: Sequence[Rendered],
    manifest: Manifest,
    accepted: Collection[tuple[str, str]],
) -> tuple[FindingRun, ...]:
    """The problems as findings about the boards' exposures, each once.

    Of an accepted query only a failure remains: nobody expects that.
    """
    findings: dict[tuple[str, str], FindingRun] = {}
    for board in rendered:
        node = exposure_of(board.board, manifest)
        subject = node.unique_id if node else ""
        for problem in board.problems:
            if (subject, problem.query) in accepted and problem.kind != BROKEN:
                continue
            finding = FindingRun(
                check=CHECK,
                subject=subject,
                name=board.board.name,
                column=problem.query,
                level=problem.level,
                message=f"{board.board.at(problem.line)}: {problem.message}",
            )
            findings.setdefault((finding.id, finding.level), finding)
    return tuple(findings.values())


def edition_of(context: Context, draft: Draft) -> Edition:
    """Of which release the pages are that it publishes."""
    record = draft.record
    commit = record.git.commit[:7] or "no commit"
    commit += " with uncommitted changes" if record.git.dirty else ""
    source = "built from the sample" if draft.is_rehearsal else "built"
    facts = [f"{source} {_minute(record.started_at)} UTC", commit]
    if (built := build_counts(record)).carried_over:
        facts.append(str(built))
    return Edition(context.product.name, f"Release {record.number} ({record.run})", tuple(facts))


def _age(draft: Draft, manifest: Manifest, board: Board) -> str:
    """Until when the board's data go, and how old they were when it was rendered."""
    node = exposure_of(board, manifest)
    above = manifest.graph.ancestors(node.unique_id) if node else set()
    moments = [
        (result.max_loaded_at, result.name)
        for result in draft.record.freshness
        if result.unique_id in above and result.max_loaded_at
    ]
    if not moments:
        return "age of the data unknown: none of its sources has a loaded_at_field"
    oldest, source = min(moments)
    moment = datetime.fromisoformat(oldest.replace("Z", "+00:00"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    seconds = max(0.0, (now() - moment).total_seconds())
    return f"data until {_minute(oldest)} UTC ({source}), {duration(seconds)} old when built"


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
