"""What the commands print for people: short, plain, ending with the next command to type."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from first_light.privacy.kinds import KINDS
from first_light.project import layers
from first_light.utils import steps
from first_light.utils.name_lists import listed
from first_light.utils.steps import FAILED, WARNED, Step

if TYPE_CHECKING:  # drafting and sampling are loaded only where they run
    from first_light.commands.add import Added
    from first_light.commands.preview import Preview
    from first_light.dbt.source_plan import MarkedColumn
    from first_light.inference import Reference
    from first_light.project.source_table import SourceTable
    from first_light.sampling.cut import SampleReport


_MOST_LINES = 25
"""Lines of one kind that are printed, so that all of them fit on about a screen."""


def show_check(out: Console, result: Sequence[Step]) -> None:
    """The failing rows and lines, then the verdict; each step was printed when it ended."""
    for step in result:
        if step.details and step.verdict in (FAILED, WARNED):
            out.print()
            out.print(f"[bold]{step.verdict}: {escape(step.name)}[/bold]")
            for detail in step.details:
                out.print(escape(detail))
            if step.repeat and step.verdict == FAILED:
                out.print(f"repeat just this: {escape(step.repeat)}")
    out.print()
    verdict = steps.verdict(result)
    if verdict == FAILED:
        for step in sorted(result, key=lambda step: step.verdict != FAILED):
            if step.page:
                out.print(f"look at: {step.page} ({escape(step.name)})")
        failed = ", ".join(step.name for step in result if step.verdict == FAILED)
        out.print(f"[red]check failed[/red]: {escape(failed)}")
        return
    out.print(f"[green]check passed[/green]{' with warnings' if verdict == WARNED else ''}")
    for step in result:
        if step.page:
            out.print(f"look at: {step.page} ({escape(step.name)})")


def show_preview(out: Console, preview: Preview) -> None:
    """Where it is, what it holds, what is missing."""
    work = ", with work that is not committed" if preview.dirty else ""
    out.print(f"[bold]{escape(preview.branch)}[/bold] at {preview.commit[:7] or 'no commit'}{work}")
    out.print(f"database  {escape(str(preview.database))}")
    for page in preview.pages:
        out.print(f"page      {escape(str(preview.folder / page))}")
    if preview.branch == preview.released_branch and not preview.dirty:
        out.print("this is what its release publishes; to change something, create a branch first")
    elif "impact.html" not in preview.pages:
        out.print("what it changes: commit, uv run dataops check, and repeat")
    if preview.built_from == "raw":
        out.print("It contains production data: share it accordingly.")
    if preview.pruned:
        out.print(f"deleted, for their age: {escape(', '.join(preview.pruned))}")
    for name in preview.failed[:10]:
        out.print(f"[red]failed[/red]    {escape(name)}")
    if (more := len(preview.failed) - 10) > 0:
        out.print(f"          and {more} more")


def show_added(out: Console, added: Added) -> None:
    """What became of the team's files: raw, drafts, sample."""
    tables = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, justify in (("table", "left"), ("rows", "right"), ("columns", "right")):
        tables.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for heading in ("newest", "key", "tests", "personal"):
        tables.add_column(heading)
    for drafted in added.drafts.tables:
        tables.add_row(
            drafted.name,
            f"{drafted.rows:,}",
            str(drafted.columns),
            drafted.newest or "unknown",
            escape(", ".join(drafted.key)) or "none found",
            str(sum(drafted.tests.values())),
            escape(", ".join(drafted.personal)) or "none found",
        )
    if added.drafts.tables:
        out.print(tables)
    for table in added.tables:
        if table.name in added.known:
            out.print(escape(_delivered(table)))
    for note, names in _alike((note, table.name) for table in added.tables for note in table.notes):
        out.print(escape(f"{names}: {note}"))
    references = [
        reference
        for drafted in added.drafts.tables
        for reference in drafted.references
        if reference.child == drafted.name
    ]
    for reference in references[:_MOST_LINES]:
        out.print(f"reference: {escape(_arrow(reference))}")
    if (more := len(references) - _MOST_LINES) > 0:
        out.print(f"and {more} more references, as tests in {layers.first_folder()}/")
    questions = _alike(
        (doubt.why, f"{doubt.table}.{doubt.column}" if doubt.column else doubt.table)
        for drafted in added.drafts.tables
        for doubt in drafted.undecided
    )
    for why, places in questions[:_MOST_LINES]:
        out.print(f"left to you: {escape(places)}: {escape(why)}")
    if (more := len(questions) - _MOST_LINES) > 0:
        out.print(f"and {more} more questions, as comments in {layers.first_folder()}/")
    for reference in added.drafts.suggestions:
        out.print(f"you may want to test as well: {escape(_arrow(reference))}")
    if added.sample is not None:
        show_sample(out, added.sample)
    written = added.written
    if not added.drafts.files:
        return
    out.print(
        f"drafts: {len(written.new)} new, {len(written.same)} as they were, "
        f"{len(written.beside)} next to files that you edited"
    )
    for name in written.beside:
        out.print(f"  {escape(name)} is yours and stays; the new draft is {escape(name)}.draft:")
        out.print(escape(written.diffs[name]))


def confirm_marks(
    out: Console,
    doubtful: Sequence[MarkedColumn],
    certain: Sequence[MarkedColumn],
    can_ask: bool = True,
) -> bool:
    """Whether the marks of personal columns are right.

    All are named. Where one is doubtful, somebody is asked in a terminal; elsewhere that is a no.
    Without a yes it says how to correct them, and how to go on.
    """
    if certain:
        count = "1 column holds" if len(certain) == 1 else f"{len(certain)} columns hold"
        out.print(f"{count} personal data, masked in the sample:")
        _show_marks(out, certain)
    if not doubtful:
        return True
    count = "1 column" if len(doubtful) == 1 else f"{len(doubtful)} columns"
    out.print(
        f"[bold]Nothing was committed yet:[/bold] {count} may hold personal data, and history "
        "keeps what it once has."
    )
    _show_marks(out, doubtful)
    out.print("The values of all other columns are in the sample and in tests as they are.")
    if (
        can_ask
        and sys.stdin.isatty()
        and typer.confirm("Are these all, and are they right?", default=False)
    ):
        return True
    out.print("  personal as well:     add `config: {meta: {pii: KIND}}` to the column there")
    out.print("  not personal:         delete that line of the column")
    out.print("  then cut the sample:  uv run dataops sample")
    out.print(f"  kinds:                {', '.join(sorted(KINDS))}")
    out.print("If all are right, this goes on and commits: uv run dataops start --yes")
    return False


def _show_marks(out: Console, marks: Sequence[MarkedColumn]) -> None:
    for mark in marks:
        place = f"{mark.table}.{mark.name}"
        out.print(f"  {escape(place)}: {escape(mark.kind)} ({escape(mark.where)})")


def _alike(items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is said, once each, with the names of what it is said of."""
    names: dict[str, list[str]] = {}
    for text, name in items:
        names.setdefault(text, []).append(name)
    return [(text, listed(several)) for text, several in names.items()]


def _delivered(table: SourceTable) -> str:
    """What came to a table that the product has."""
    names = [path.name for path in table.added]
    if not names:
        return f"{table.name}: nothing new; raw has these files already"
    listed = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    files = f"{len(names)} new file{'' if len(names) == 1 else 's'} in raw ({listed})"
    return f"{table.name}: {files}; models and sample stay as they are"


def show_sample(out: Console, sample: SampleReport) -> None:
    """What the sample holds and what was masked in it."""
    rows = ", ".join(f"{table.name} {table.rows:,}" for table in sample.tables)
    out.print(f"sample: {sample.bytes / 1000:,.0f} KB; rows: {escape(rows)}")
    for note in sample.notes:
        out.print(escape(note))
    for column in sample.masked:
        out.print(
            f"masked in the sample: {escape(column.table)}.{escape(column.column)} ({column.kind})"
        )
    if sample.masked:
        out.print(
            "If that is wrong, correct `config.meta.pii` of the sources in "
            f"{layers.first_folder()}/, then: uv run dataops sample"
        )
        out.print("Masks change when raw grows; a long secret in DATAOPS_MASK_KEY keeps them.")


def _arrow(reference: Reference) -> str:
    ends = f"{reference.child}.{reference.column} → {reference.parent}.{reference.key}"
    return f"{ends} ({reference.evidence})"
