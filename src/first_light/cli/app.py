"""The verbs of a product: parse, call one verb, print."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape

from first_light.cli.output import job_summary as summary
from first_light.project.product import Product
from first_light.utils.errors import DataopsError

app = typer.Typer(
    name="dataops",
    help="Build, audit and release this data product. `uv run dbt build` works without it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 120},
)
# A log has no width of its own: tables need not wrap there.
_LOG_WIDTH = None if sys.stdout.isatty() else 120
out = Console(highlight=False, soft_wrap=True, width=_LOG_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)
_STOPPED = 130  # how a shell calls what Ctrl-C ended


@app.command()
def start(
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="PATH", help="Your own files: a file or a folder."),
    ] = None,
) -> None:
    """Set up the product, check it and make its first release.

    Sets up git, the lockfile and the hooks, runs `dataops check`, makes the first commit and the
    first release. Safe to rerun.

    With --from it drafts sources, staging models, tests, a first mart and a sample from your files:
    CSV, TSV, JSON, NDJSON, Parquet or Excel, each also gzipped or zipped. The files are copied to
    raw/; the originals are only read.
    """
    from first_light.cli.output.console import show_added, show_check
    from first_light.cli.output.release import show_release
    from first_light.commands import start as verb
    from first_light.utils import steps

    product = Product.find()
    with _progress("start") as doing:
        started = verb.start(product, source, _say, doing, lambda added: show_added(out, added))
    show_check(out, started.steps)
    out.print()
    if steps.verdict(started.steps) == steps.FAILED:
        out.print("Nothing was committed. Fix what failed, then: uv run dataops start")
        raise typer.Exit(1)
    if started.released is not None:
        show_release(out, started.released)
        out.print()
    if not started.ok:
        raise typer.Exit(started.released.exit_code if started.released else 1)
    out.print(f"[bold]{escape(product.name)} stands.[/bold] Next:")
    out.print("  read  README.md" + (" and the drafts in models/" if started.added else ""))
    out.print("  try   uv run dbt build")
    push = "git push -u origin HEAD"
    if "origin" not in product.git("remote", check=False).split():
        push = f"git remote add origin URL && {push}"
    out.print(f"  then  {push}")
    out.print("        every push to main is released from then on: docs/deploy.md")


@app.command()
def new(
    path: Annotated[Path, typer.Argument(help="The product's folder; it must be new or empty.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="PATH", help="Your own files: a file or a folder."),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Default: where this package was installed from."),
    ] = None,
) -> None:
    """Create a product from the template and start it.

    Asks the template's questions in a terminal, takes the defaults elsewhere, then does what
    `dataops start` does. With --from the models are drafted from your own files.
    """
    from first_light.commands import new as verb

    raise typer.Exit(verb.new(path, source, template, _say))


@app.command()
def package(
    source: Annotated[
        str | None, typer.Argument(metavar="[git|vendored|index]", help="Default: only show it.")
    ] = None,
    url: Annotated[
        str, typer.Option(metavar="URL", help="The package index, a simple index; with `index`.")
    ] = "",
) -> None:
    """Show or change where the product finds this package.

    git: the template's repository, at the product's commit. vendored: a wheel in vendor/, so that
    pipelines and image builds need no access; repeat it to renew the wheel. index: a package index,
    where `uv lock --upgrade-package first-light` finds newer versions.
    """
    from first_light.commands import package as verb

    product = Product.find()
    if source is None and not url:
        out.print(escape(verb.show(product)))
        return
    with _progress("package") as doing:
        for line in verb.change(product, source or "index", url, doing):
            _say(line)


@app.command()
def add(
    path: Annotated[Path, typer.Argument(help="More files: a file or a folder.")],
) -> None:
    """Draft models and tests from more files.

    Copies the files to raw/ and drafts sources, staging models, tests and a sample from them. A
    file that you edited is never overwritten.
    """
    from first_light.cli.output.console import show_added
    from first_light.commands import add as verb

    product = Product.find()
    with _progress("add") as doing:
        added = verb.add(product, path, doing)
    show_added(out, added)
    out.print()
    # New files are in no diff until git is told that they will come.
    out.print("review the drafts: git add --intent-to-add models && git diff models")
    out.print("then: uv run dataops check")


@app.command()
def sample(
    load: Annotated[
        bool,
        typer.Option("--load", help="PostgreSQL: load sample/ into your schema instead."),
    ] = False,
) -> None:
    """Rebuild the sample from raw, with personal data masked.

    Run it after you changed which columns are marked as personal, or when raw has grown.
    """
    from first_light.cli.output.console import show_sample
    from first_light.commands import sample as verb

    product = Product.find()
    with _progress("sample") as doing:
        if load:
            schema, rows = verb.load(product, doing)
            out.print(f"{escape(schema)}: {len(rows)} tables, {sum(rows.values()):,} rows")
            return
        report = verb.sample(product, doing)
    show_sample(out, report)
    out.print()
    out.print("review it with git diff --stat sample, then: uv run dataops check")


@app.command()
def check(
    base: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Compare with the merge base of HEAD and this commit."),
    ] = None,
    on: Annotated[
        str,
        typer.Option(
            metavar="sample|current", help="Data to build on; current: raw of the release."
        ),
    ] = "sample",
) -> None:
    """Run the checks of CI and report which data changes.

    A branch, with uncommitted changes, is compared with its merge base with the default branch.
    Both sides are built on the sample, limited to the models that the change affects. The report is
    target/check/impact.html. A data change in a public model, or in one that an exposure reads,
    must be declared in a commit message: `Data-Change: MODEL -- why`. A breaking change to a public
    contract needs a new model version.

    With `--on current` the branch is built on the raw data of the current release and compared with
    that release, which is only read. Use it when the sample is too small to show the change.
    """
    from first_light.cli.output.console import show_check
    from first_light.commands import check as verb
    from first_light.utils import steps

    product = Product.find()
    if on not in ("sample", "current") or (base and on == "current"):
        raise typer.BadParameter(
            "say sample or current; with current there is no --base", param_hint="--on"
        )
    with _progress("check") as doing:
        done = verb.check(product, _say, doing, base, on == "current")
    show_check(out, done)
    if steps.verdict(done) == steps.FAILED:
        raise typer.Exit(1)


@app.command()
def preview(
    raw: Annotated[
        bool, typer.Option("--raw", help="Build on raw: contains personal data.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Build this branch into a database file to share.

    Writes a folder in target/preview/ with the database, in the schemas of a release and with
    tables only, so that the file can be copied anywhere; the catalog; and the impact report, if
    `dataops check` has run on this commit. Nothing is published. Previews older than two weeks are
    deleted.

    Exit code 1: models or tests failed; models downstream of a failure are missing.
    """
    from first_light.cli.output.console import show_preview
    from first_light.commands import preview as verb

    product = Product.find()
    with _progress("preview") as doing:
        found = verb.preview(product, doing, raw)
    if json:
        typer.echo(verb.as_json(found))
    else:
        show_preview(out, found)
    raise typer.Exit(1 if found.failed else 0)


@app.command()
def update(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change and why; change nothing.")
    ] = False,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="VERSION", help="Template version; default: the newest."),
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Allow the template's migrations to run.")
    ] = False,
    pull_request: Annotated[
        bool, typer.Option("--pull-request", help="Open a pull request with the update.")
    ] = False,
) -> None:
    """Update the product to the newest version of the template.

    Only managed files are updated; the team's files are never changed.

    Exit code 0: updated, or already up to date. 1: a decision is needed. 2: could not run.
    """
    from first_light.cli.output import update as screen_update
    from first_light.commands import update as verb
    from first_light.commands import update_request

    product = Product.find()
    with _progress("update") as doing:
        if pull_request:
            done = update_request.request(product, doing, _say, to, trust)
        else:
            done = verb.update(product, doing, to, trust, dry_run)
    branch = update_request.BRANCH if pull_request else ""
    for line in screen_update.lines(done, dry_run, branch):
        _say(line)
    raise typer.Exit(0 if done.clean else 1)


@app.command()
def own(
    path: Annotated[str, typer.Argument(help="A managed file.")],
    because: Annotated[str, typer.Option("--because", metavar="REASON", help="Why.")],
) -> None:
    """Take ownership of a managed file; updates skip it.

    The file and the reason are recorded in .copier-answers.yml.
    """
    from first_light.project import managed

    name = managed.own(Product.find(), path, because)
    out.print(f"{escape(name)} is yours now. Commit it together with .copier-answers.yml.")


@app.command()
def release(
    trigger: Annotated[str, typer.Option(help="push, schedule or manual.")] = "manual",
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild from raw alone, without existing state.")
    ] = False,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Include uncommitted changes; it is recorded.")
    ] = False,
    no_disk_check: Annotated[
        bool, typer.Option("--no-disk-check", help="Start even if free disk space looks too small.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Build a release on raw, audit it and publish it.

    A release that fails its audit is rejected: readers keep the previous one. Every run is
    recorded in the history.

    Exit code 0: published, or a newer commit is already current (for push and schedule).
    1: rejected by the audit. 2: could not run.
    """
    from first_light.cli.output.release import (
        overtaken_json,
        release_json,
        release_markdown,
        show_release,
    )
    from first_light.release import pipeline as verb
    from first_light.release.superseded import Overtaken

    if trigger not in verb.TRIGGERS:
        raise typer.BadParameter(f"one of {', '.join(verb.TRIGGERS)}", param_hint="--trigger")
    product = Product.find()
    options = verb.Options(trigger, full_refresh, allow_dirty, not no_disk_check)
    say: Callable[[str], None] = (lambda line: err.print(escape(line))) if json else _say
    try:
        with _progress("release", err if json else None) as doing:
            done = verb.release(product, options, say, doing)
    except Overtaken as told:
        summary.add(summary.told(f"➖ {product.name}: overtaken", str(told)))
        typer.echo(overtaken_json(told)) if json else _say(str(told))
        return
    summary.add(release_markdown(product.name, done))
    if json:
        typer.echo(release_json(done))
    else:
        show_release(out, done)
    raise typer.Exit(done.exit_code)


@app.command()
def rollback(
    release: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Id, number or commit; default: the previous release."),
    ] = None,
) -> None:
    """Make another release current, without building anything."""
    from first_light.cli.output.release import show_rollback
    from first_light.release import rollback as verb

    product = Product.find()
    done = verb.rollback(product, release or None)
    summary.add(f"## {product.name}: current is {done.release.run}\n")
    show_rollback(out, done)


@app.command()
def releases(
    limit: Annotated[int, typer.Option(min=1, help="Number of releases to list.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List published and rejected releases, newest first.

    The arrow → marks the current release.
    """
    from first_light.cli.output.release import releases_json, show_releases
    from first_light.release import listing as verb

    found = verb.releases(Product.find(), limit)
    if json:
        typer.echo(releases_json(found))
    else:
        show_releases(out, found)


@app.command()
def status(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    fail_if_late: Annotated[
        bool,
        typer.Option(
            "--fail-if-late", help="Only check the deadline; record and notify if it was missed."
        ),
    ] = False,
) -> None:
    """Show the current release, its age and open incidents.

    Exit code 0: healthy. 1: late, or a finding or an incident is open. 2: could not be determined.
    """
    from first_light.cli.output.release import show_status, status_json
    from first_light.commands import deadline as late
    from first_light.status import current as verb

    product = Product.find()
    watched = late.watch(product) if fail_if_late else None
    found = watched.status if watched else verb.status(product)
    for warning in watched.warnings if watched else ():
        err.print(escape(warning))
    if json:
        typer.echo(status_json(found))
    else:
        show_status(out, found)
    raise typer.Exit(watched.exit_code if watched else 0 if found.ok else 1)


@app.command()
def report(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Default: target/report.")
    ] = None,
) -> None:
    """Write the health report as a static web page.

    Shows incidents, deadlines, figures, runs and the catalog. The page makes no network requests;
    report.json holds the same data for machines.
    """
    from first_light.report import write as verb

    product = Product.find()
    with _progress("report"), _writing(to):
        written = verb.report(product, to or product.target / "report")
    for warning in written.warnings:
        err.print(escape(warning))
    out.print(f"{escape(str(written.index))}")


@app.command()
def accept(
    finding: Annotated[str, typer.Argument(help="Id, as `release` and `status` print it.")],
    because: Annotated[str, typer.Option("--because", metavar="REASON", help="Why.")],
) -> None:
    """Accept an anomaly as expected and record why.

    Writes the finding and the reason to accepted.yml; commit that file.
    """
    from first_light.history.log import History
    from first_light.monitors.accepted import FILE
    from first_light.monitors.accepted import accept as verb
    from first_light.store.locate import open_store

    product = Product.find()
    found = verb(product.root, History(open_store(product).history), finding, because)
    where = ", column ".join(part for part in (found.subject, found.column) if part)
    seen = f"{found.check} of {found.value:g}" if found.value else f"what {found.check} saw"
    out.print(f"{escape(where)}: {seen} is normal from now on.")
    out.print(f"commit {FILE}, then: uv run dataops release")


@app.command()
def drill(
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="NAME", help="Only this fault; repeatable."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Inject faults into a copy of your data and count detections.

    Replays the last days of raw in a scratch database, then injects each fault into the newest
    delivery. Raw is only read. A drill with every fault is recorded in the history; `dataops score`
    uses it.

    Exit code 0: at least 95 % of the faults are caught before publishing and clean days pass.
    1: they are not. 2: could not run.
    """
    from first_light.cli.output.drill import as_json, show_drill
    from first_light.drill import replay as verb
    from first_light.drill.records import keep

    product = Product.find()
    with _progress("drill") as doing:
        done = verb.drill(product, doing, verb.chosen(fault or ()))
        warnings = keep(product, done)
    for warning in warnings:
        err.print(escape(warning))
    if json:
        typer.echo(as_json(done))
    else:
        show_drill(out, done)
    raise typer.Exit(0 if done.ok else 1)


@app.command()
def score(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    badge: Annotated[
        Path | None,
        typer.Option("--badge", metavar="FILE", help="Write an SVG badge to this file."),
    ] = None,
) -> None:
    """Rate the product on twelve practices, with evidence.

    Computed from the repository and the history, each with the next step. Without evidence a
    practice is rated unknown.
    """
    from first_light.score import evaluate as verb

    product = Product.find()
    with _progress("score"):
        found = verb.score(product)
    if badge is not None:
        badge.write_text(verb.badge(found), encoding="utf-8")
    if json:
        typer.echo(verb.as_json(found))
    else:
        verb.show(out, found)


incident = typer.Typer(
    help="Report, close and list incidents.",
    no_args_is_help=True,
)
app.add_typer(incident, name="incident")


@incident.command("report")
def incident_report(
    text: Annotated[str, typer.Argument(help="What is wrong. No personal data, no values.")],
    model: Annotated[
        str | None, typer.Option(help="The model, source or exposure concerned.")
    ] = None,
    release: Annotated[
        str | None, typer.Option(metavar="ID", help="Release where it was seen; default: current.")
    ] = None,
) -> None:
    """Report an error in published data as an incident.

    It stays open until `dataops incident close`.
    """
    from first_light.commands import incident as verb

    opened, warnings = verb.report(Product.find(), text, model, release)
    for warning in warnings:
        err.print(escape(warning))
    out.print(f"{opened} is open. When it is fixed and released:")
    out.print(f'uv run dataops incident close {opened} --because "…"')


@incident.command("close")
def incident_close(
    id: Annotated[str, typer.Argument(metavar="ID", help="Id, as `incident list` prints it.")],
    because: Annotated[str, typer.Option("--because", metavar="REASON", help="Why.")],
) -> None:
    """Close a manually reported incident.

    Detected incidents close by themselves, with the first run in which their check passes.
    """
    from first_light.commands import incident as verb

    closed, warnings = verb.close(Product.find(), id, because)
    for warning in warnings:
        err.print(escape(warning))
    out.print(f"{closed.incident} is over: {escape(closed.label)}")


@incident.command("list")
def incident_list(
    all: Annotated[bool, typer.Option("--all", help="Include closed incidents.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List open incidents, newest first.

    Shows owner, age and the next command of each.
    """
    from first_light.cli.output.release import show_incidents
    from first_light.commands import incident as verb

    found = verb.listed(Product.find(), all)
    if json:
        typer.echo(verb.as_json(found))
    else:
        show_incidents(out, found)


@contextmanager
def _writing(folder: Path | None) -> Iterator[None]:
    """Say where nothing can be written, if that is where somebody asked for it."""
    try:
        yield
    except OSError as error:
        if folder is None or not Path(error.filename or "").is_relative_to(folder):
            raise
        raise DataopsError(
            "Nothing can be written there.",
            where=f"{error.filename}: {error.strerror}",
            fix="choose another folder: uv run dataops report --to FOLDER",
        ) from error


def _say(line: str) -> None:
    out.print(escape(line))


def _apply_settings() -> None:
    """The team's settings of dataops; outside a product the verb itself says what is wrong."""
    from first_light.project import settings

    try:
        root = Product.find().root
    except DataopsError:
        return
    settings.apply(root)


@contextmanager
def _progress(what: str, on: Console | None = None) -> Iterator[Callable[[str], None]]:
    """A line that says what is being done, where somebody looks; silent in a log.

    It lives on the console that the verb prints on meanwhile: only that one knows to print above.
    """
    console = on or (out if out.is_terminal else err)
    if not console.is_terminal:
        yield lambda line: None
        return
    with console.status(what) as status:
        yield lambda line: status.update(escape(_cut(line, console.width - 4)))


def _cut(line: str, width: int) -> str:
    """The line on one row: one that wraps would leave rows behind when it is wiped."""
    row = " ".join(line.split())
    return row if cell_len(row) <= width else set_cell_size(row, max(width - 1, 0)) + "…"


def main() -> None:
    """Run one verb; exit code 2 and three lines when it could not run."""
    # What dbt makes lives as long as the command. Python looks through all of it for garbage, again
    # and again: a tenth of a release's time.
    gc.set_threshold(50_000, 20, 50)
    try:
        _apply_settings()
        app()
    except DataopsError as error:
        err.print(f"[red]error:[/red] {escape(str(error))}")
        summary.add(summary.told("❌ It could not run", str(error)))
        sys.exit(2)
    except KeyboardInterrupt:
        err.print("stopped")
        sys.exit(_STOPPED)
    except SystemExit as end:
        if end.code == _STOPPED:  # typer has caught the interrupt already, and said nothing
            err.print("stopped")
        raise
    except Exception:  # a fault of ours must not look like a bad verdict, whose exit code is 1
        traceback.print_exc()
        err.print("[red]error:[/red] dataops itself failed; the lines above say where")
        sys.exit(2)
    finally:
        gc.freeze()  # nor is it looked through once more at the end


if __name__ == "__main__":
    main()
