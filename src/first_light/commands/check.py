"""`dataops check`: everything that CI asks of a change, on the sample."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from first_light.dbt import accepted_warnings
from first_light.dbt.by_hand import rows_command
from first_light.dbt.engine import DbtRun, Engine, NodeResult, forget_last_run
from first_light.dbt.manifest import Manifest, read_manifest
from first_light.dbt.source_plan import raise_if_read
from first_light.forge import job_summary as summary
from first_light.forge import repository_files
from first_light.hooks.debt import Debt
from first_light.hooks.listing import FindingsFile, problems, read_findings
from first_light.hooks.project_rules import open_descriptions, rule_findings, rules
from first_light.impact import elsewhere_step
from first_light.impact.base import open_side_engine, side_environment
from first_light.impact.change import Change, NoBase, find_change
from first_light.impact.check_step import BOARDS, ImpactStep, files_to_check
from first_light.impact.check_step import NAME as IMPACT
from first_light.impact.current import CurrentSide, open_current
from first_light.monitors.queries import built_columns
from first_light.mutation import check_step as mutation_step
from first_light.privacy.messages import masked
from first_light.project import managed, set_aside, settings
from first_light.project.hook_run import HookResult, HookRun, hook_command
from first_light.project.product import Product
from first_light.release import definitions, external
from first_light.sampling import personal_step
from first_light.utils import steps
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, NO_FRESHNESS, PASSED, SKIPPED, WARNED, Problem, Step
from first_light.warehouse.base import DATABASE_FILE
from first_light.warehouse.kinds import is_server
from first_light.warehouse.withheld_columns import withheld_columns

# What the check does itself, in the process that has dbt loaded already.
_HOOKS_DONE_HERE = ("dbt-parse", "rules")
_ROWS_SHOWN = 5


def check(
    product: Product,
    print_line: Callable[[str], None],
    report_progress: Callable[[str], None],
    base: str | None = None,
    on_current: bool = False,
) -> list[Step]:
    """Run every check on the sample, in a database of its own, and write the report.

    Of a change, only what it reaches is built and looked at, and compared with its merge base.
    On current it is built on the raw of the current release, and compared with that.

    Args:
        product: the product to check.
        print_line: prints a line that stays.
        report_progress: shows what is being done right now.
        base: the commit to compare with; the merge base with the default branch if None.
        on_current: compare with the current release on its raw instead.

    Returns:
        One step each, in order; the report is in target/check/ (report.md, report.json,
        impact.md, impact.html, impact.json; comment.md for the pull request).

    Raises:
        DataopsError: the check could not run.
    """
    _raise_if_not_in_git(product)
    raise_if_read(product.root, set_aside.read(product.root))
    folder = product.target / "check"
    finished_steps: list[Step] = []
    current = None
    if on_current:
        forget_last_run(folder)
        compared_change, current = open_current(product, folder)
    else:
        compared_change = find_change(product, base)
        forget_last_run(folder)  # not before: a base that is no commit leaves the last report alone
    change = compared_change.files if isinstance(compared_change, Change) else ()
    if isinstance(compared_change, Change):
        debt = Debt(product, compared_change.base, compared_change.ref, change)
    else:
        debt = Debt(product, "", "", ())
    files = files_to_check(compared_change)
    hooks = HookRun(product.root, _HOOKS_DONE_HERE, files, change, debt.excluded)
    findings = FindingsFile(product.root)
    try:
        built = _dbt_steps(
            product, compared_change, folder, report_progress, current, debt, findings, hooks
        )
        of_top = repository_files.step(product)
        of_git = filter(None, (of_top, repository_files.branch_step(product)))
        for step in chain((managed.step(product),), of_git, built):
            print_line(steps.line(step))
            finished_steps.append(step)
        report_progress("hooks")
        for hook in hooks.wait():
            if hook.id not in _HOOKS_DONE_HERE:
                step = _hook_step(hook, findings, debt)
                print_line(steps.line(step))
                finished_steps.append(step)
        if mutation_step.is_wanted() and current is None:
            has_failed = steps.verdict(finished_steps) == FAILED
            of_strength = mutation_step.step(product, folder, change, has_failed, report_progress)
            print_line(steps.line(of_strength))
            finished_steps.append(of_strength)
        if (step_of_debt := debt.step()) is not None:
            print_line(steps.line(step_of_debt))
            finished_steps.append(step_of_debt)
    finally:
        hooks.stop()
    _write_report(product, folder, finished_steps)
    return finished_steps


def _raise_if_not_in_git(product: Product) -> None:
    if product.in_git:
        return
    for folder in (product.root, *product.root.parents):
        repository = folder / ".git"
        if repository.is_dir():
            os.listdir(repository)  # without the right git takes it for none
        if repository.exists():
            product.git("rev-parse", "--show-toplevel")  # fails: git says what is wrong
            break
    raise DataopsError(
        "The product is not a git repository yet.",
        where=str(product.root),
        fix="uv run dataops start",
    )


def _dbt_steps(
    product: Product,
    compared_change: Change | NoBase,
    folder: Path,
    report_progress: Callable[[str], None],
    current: CurrentSide | None,
    debt: Debt,
    findings: FindingsFile,
    hooks: HookRun,
) -> Iterator[Step]:
    database = folder / DATABASE_FILE
    progress: Callable[[str], None] = lambda line: report_progress(f"dbt: {line}")  # noqa: E731
    try:
        environment = side_environment(product, database.relative_to(product.root))
        if current is not None and isinstance(compared_change, Change):
            dbt = current.dbt(product, folder, progress)
        else:
            current = None
            dbt = open_side_engine(product, product.root, folder, environment, progress)
    except DataopsError as error:  # such as a profile that cannot be read: the rest is checked
        yield Step(_PARSE, FAILED, 0.0, "", (str(error),))
        yield from (Step(name, SKIPPED) for name in _AFTER_PARSE)
        return

    report_progress("dbt parse")
    with _clock() as seconds:
        parsed = dbt.parse()
    yield _parse_step(parsed, seconds())
    if not parsed.ok:
        yield from (Step(name, SKIPPED) for name in _AFTER_PARSE)
        return

    report_progress("project rules")
    manifest = read_manifest(folder / "manifest.json")
    yield _rules_step(manifest, debt, findings)

    report_progress("personal values")
    yield personal_step.step(product, manifest)

    if dbt.reads_once:  # hooks rewrite files; elsewhere they wait until dbt is done
        hooks.start()

    if current is not None:
        report_progress(external.STEP)
        external_files = _external_step(dbt, folder)
        yield external_files
        if external_files.verdict == FAILED:  # a build would write them
            yield from (Step(name, SKIPPED) for name in _AFTER_EXTERNAL)
            return

    if current is None and not settings.current().check_build:
        yield from (Step(name, SKIPPED, 0.0, "check-build = false") for name in _AFTER_RULES)
        return

    impact = ImpactStep(product, compared_change, dbt, folder, report_progress, current)
    try:
        arguments = impact.prepare()
        with _clock() as seconds:
            built = dbt.build(*arguments)
        yield _build_step(built, seconds(), None if current else dbt, impact.reached)
        yield impact.judge(built)
        if (of_views := _definitions_step(product, manifest, built, dbt)) is not None:
            yield of_views
        yield impact.judge_boards(built)
        if (unproven := elsewhere_step.step(product, manifest)) is not None:
            yield unproven

        if current is None:
            report_progress("source freshness")
            with _clock() as seconds:
                fresh = dbt.freshness()
            yield _freshness_step(fresh, seconds(), product.as_of)
        else:
            yield Step(_FRESHNESS, SKIPPED, 0.0, "checked by a release")

    finally:
        impact.stop()
        dbt.clean_up()


_PARSE, _RULES = "dbt parse, warnings are errors", "project rules"
_BUILD = "dbt build on the sample"
_BUILD_ON_RAW = "dbt build on the current release's raw"
_FRESHNESS = "source freshness"
_AFTER_RULES = (_BUILD, IMPACT, BOARDS, _FRESHNESS)
_AFTER_PARSE = (_RULES, personal_step.NAME, *_AFTER_RULES)
_AFTER_EXTERNAL = (_BUILD_ON_RAW, IMPACT, BOARDS, _FRESHNESS)


def _parse_step(run: DbtRun, seconds: float) -> Step:
    repeat = hook_command("dbt-parse")
    if run.ok:
        return Step(_PARSE, PASSED, seconds, accepted_warnings.summary())
    return Step(_PARSE, FAILED, seconds, "", (run.problem,), repeat)


def _build_step(run: DbtRun, seconds: float, on_sample: Engine | None, reached: str = "") -> Step:
    """The build; when it was not on the sample, it was on raw, whose values are shown nowhere."""
    name = _BUILD if on_sample else _BUILD_ON_RAW
    kinds = {"model": "models", "snapshot": "snapshots", "test": "tests", "unit_test": "unit tests"}
    counts = [
        f"{count} {plural if count != 1 else plural[:-1]}"
        for kind, plural in kinds.items()
        if (count := sum(node.kind == kind for node in run.nodes))
    ]
    summary = (
        (", ".join(counts) or "no models to build")
        if not reached
        else (f"{', '.join(counts) or 'nothing'} {reached}")
    )
    if run.warned:
        summary += f", {len(run.warned)} warned"
    if run.skipped:
        summary += f", {len(run.skipped)} skipped"
    if run.ok:
        details = tuple(_node_detail(node, on_sample) for node in run.warned)
        return Step(name, WARNED if run.warned else PASSED, seconds, summary, details)
    problem = run.problem if on_sample else masked(run.problem)  # such as of a hook
    details = tuple(_node_detail(node, on_sample) for node in run.failed) or (problem,)
    repeat = _repeat_build(run.failed) if on_sample else ""
    return Step(
        name,
        FAILED,
        seconds,
        summary,
        details,
        repeat,
        problems=tuple(_node_problem(node, on_sample) for node in run.failed),
    )


def _repeat_build(failed: Sequence[NodeResult]) -> str:
    names = " ".join(f"+{node.name}" for node in failed[:5])
    return f"uv run dbt build --select {names}" if names else "uv run dbt build"


def _node_detail(node: NodeResult, on_sample: Engine | None) -> str:
    message = node.message if on_sample else masked(node.message)
    lines = [f"{node.kind} {node.name} {node.status} ({node.path})", message]
    if on_sample and node.kind == "test" and node.sql:
        lines.append(_failing_rows(node, on_sample))
    return "\n".join(line for line in lines if line)


def _node_problem(node: NodeResult, on_sample: Engine | None) -> Problem:
    message = node.message if on_sample else masked(node.message)
    fix = f"uv run dbt build --select +{node.name}" if on_sample else ""
    if on_sample and node.kind == "test":
        fix = rows_command(node.name, False)
    return Problem(f"{node.kind} {node.name} {node.status}: {message}".strip(": "), node.path, fix)


def _failing_rows(node: NodeResult, dbt: Engine) -> str:
    """The first rows that fail a test; they come from the sample, which holds no personal data."""
    try:
        with dbt.connect() as queries:
            query = f"select * from ({node.sql}\n) as asked limit {_ROWS_SHOWN}"
            names, rows = queries.run(query)
    except DataopsError as error:
        return f"(the failing rows could not be read: {error.where})"
    return "\n".join([" | ".join(names), *(" | ".join(map(str, row)) for row in rows)])


def _freshness_step(run: DbtRun, seconds: float, as_of: str | None) -> Step:
    """Whether the age of each source can be read; how old the sample is, no change decides."""
    repeat = "uv run dbt source freshness"
    if not run.nodes and run.ok:
        return Step(_FRESHNESS, SKIPPED, seconds, NO_FRESHNESS)
    summary = f"{len(run.nodes)} source{'s' * (len(run.nodes) != 1)}" + (
        f" at {as_of}" if as_of else ""
    )
    late = [node for node in (*run.failed, *run.warned) if node.age is not None]
    if broken := [node for node in run.failed if node.age is None]:
        details = tuple(
            f"source {node.name} {node.status} ({node.path})\n{node.message}".strip()
            for node in broken
        )
        return Step(_FRESHNESS, FAILED, seconds, summary, details, repeat)
    if not run.ok and not late:
        return Step(_FRESHNESS, FAILED, seconds, summary, (run.problem,), repeat)
    if late:
        names = ", ".join(node.name for node in late)
        summary += f"; older than their rule in the sample, which a release judges: {names}"
    return Step(_FRESHNESS, PASSED, seconds, summary)


def _rules_step(manifest: Manifest, debt: Debt, findings: FindingsFile) -> Step:
    repeat = hook_command("rules")
    with _clock() as seconds:
        violations = debt.judged(rule_findings(manifest))
    if violations:
        details = findings.add(_RULES, violations)
        listed = problems(violations, repeat)
        summary = f"{len(violations)} broken"
        return Step(_RULES, FAILED, seconds(), summary, details, repeat, problems=listed)
    undescribed = len(open_descriptions(manifest))
    todo = f", {undescribed} TODO in descriptions" if undescribed else ""
    return Step(_RULES, PASSED, seconds(), f"{len(rules())} rules{todo}")


def _hook_step(hook: HookResult, findings: FindingsFile, debt: Debt) -> Step:
    verdict = {"Passed": PASSED, "Skipped": SKIPPED}.get(hook.status, FAILED)
    if verdict != FAILED:
        debt.note_clean(hook.id)
        return Step(hook.name, verdict, hook.seconds)
    repeat = hook_command(hook.id) if hook.id else ""
    listed = read_findings(hook.output)
    details = findings.add(hook.name, listed) or (hook.output,)
    return Step(
        hook.name, verdict, hook.seconds, "", details, repeat, problems=problems(listed, repeat)
    )


def _external_step(dbt: Engine, folder: Path) -> Step:
    """Whether external models would write personal columns of raw, as a release asks."""
    with _clock() as seconds:
        manifest = read_manifest(folder / "manifest.json", packages=True)
        problem = external.external_problem(manifest, dbt, folder)
    if not problem:
        return Step(external.STEP, PASSED, seconds())
    return Step(external.STEP, FAILED, seconds(), "personal columns", tuple(problem.splitlines()))


def _definitions_step(
    product: Product, manifest: Manifest, built: DbtRun, dbt: Engine
) -> Step | None:
    """Views that a release would reject, since they hold what dbt read of people; None without."""
    with _clock() as seconds:
        sql = {node.unique_id: node.sql for node in built.nodes if node.sql}
        problems = definitions.views_with_values(manifest, sql, ())
        if problems and not is_server(product):  # readers get a table where columns are withheld
            with dbt.connect() as queries:
                columns = built_columns(queries, manifest.nodes.values())
            withheld = withheld_columns(manifest, sql, columns)
            problems = definitions.views_with_values(manifest, sql, withheld)
    if not problems:
        return None
    return Step(definitions.STEP, FAILED, seconds(), "values in a definition", problems)


def _write_report(product: Product, folder: Path, finished_steps: list[Step]) -> None:
    title = f"Check of {product.name}"
    pages = (folder / name for name in ("impact.md", "boards.md"))
    texts = [page.read_text(encoding="utf-8") for page in pages if page.is_file()]
    impact = "".join(f"\n{text}" for text in texts)
    text = steps.markdown(title, finished_steps) + impact
    (folder / "comment.md").write_text(
        steps.brief(title, finished_steps) + impact, encoding="utf-8"
    )
    (folder / "report.md").write_text(text, encoding="utf-8")
    (folder / "report.json").write_text(steps.as_json(finished_steps), encoding="utf-8")
    summary.add(text)


@contextmanager
def _clock() -> Iterator[Callable[[], float]]:
    begin = time.monotonic()
    end: list[float] = []
    yield lambda: (end[0] if end else time.monotonic()) - begin
    end.append(time.monotonic())
