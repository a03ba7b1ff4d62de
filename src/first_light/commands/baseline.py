"""`dataops baseline`: record the findings of a project that was adopted, once; then shrink it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from first_light.dbt import accepted_warnings
from first_light.dbt.manifest import read_manifest
from first_light.hooks import present, project_rules
from first_light.impact.base import open_side_engine, side_environment
from first_light.project import baseline
from first_light.project.baseline import RULES, Baseline
from first_light.project.hook_run import files_in_git
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import DATABASE_FILE

# When one of these changes, a file may have other findings although it did not change.
_TOOLS = (".sqlfluff", ".yamllint", "uv.lock")


@dataclass(frozen=True)
class Recorded:
    """What the command did.

    Attributes:
        baseline: as it is now.
        before: the number of findings before; None if this is the first record.
        new_rules: rules that were recorded now, because an update brought them.
        dbt_warnings: the names of dbt's warnings that fail the check and are not accepted.
    """

    baseline: Baseline
    before: int | None
    new_rules: tuple[str, ...] = ()
    dbt_warnings: tuple[str, ...] = ()


def record(product: Product, progress: Callable[[str], None]) -> Recorded:
    """Record all findings where there is no baseline; else remove those that no longer apply.

    A project rule that the baseline does not know yet is recorded as well.

    Args:
        product: the product.
        progress: shows what is being done.

    Raises:
        DataopsError: dbt could not parse the project, or a tool could not run.
    """
    before = baseline.read(product.root)
    progress("project rules")
    violated, warnings = _project_rules(product)
    files = files_in_git(product.root, "--cached", "--others")
    if before is None:
        findings = dict(violated)
        for hook in present.HOOKS:
            progress(f"hook {hook}")
            findings |= present.findings(product.root, hook, files)
        recorded = Recorded(Baseline(findings), None, dbt_warnings=warnings)
    else:
        kept = before.shrunk(RULES, violated, {*files, *before.files_of(RULES)})
        findings = {rule: dict(numbers) for rule, numbers in kept.findings.items()}
        new = {rule: numbers for rule, numbers in violated.items() if rule not in before.findings}
        known = {rule: findings.get(rule, {}) for rule in violated if rule in before.findings}
        result = Baseline({**findings, **known, **new})
        changed = _changed_files(product, files)
        for hook in present.HOOKS:
            if names := before.files_of(hook) & changed:
                progress(f"hook {hook}")
                now = present.findings(product.root, hook, names.intersection(files))
                result = result.shrunk(hook, now, names)
        new_rules = tuple(rule for rule, n in new.items() if n)
        recorded = Recorded(result, before.total, new_rules, warnings)
    baseline.write(product.root, recorded.baseline)
    return recorded


def _project_rules(product: Product) -> tuple[dict[str, dict[str, int]], tuple[str, ...]]:
    """What violates the rules, and the warnings of dbt."""
    folder = product.target / "baseline"
    # dbt says nothing of a file that it has read before.
    (folder / "partial_parse.msgpack").unlink(missing_ok=True)
    environment = side_environment(product, (folder / DATABASE_FILE).relative_to(product.root))
    dbt = open_side_engine(product, product.root, folder, environment, lambda _: None)
    parsed = dbt.parse(warnings_are_errors=False)
    if not parsed.ok:
        raise DataopsError(
            "dbt cannot parse the project.",
            where=parsed.problem,
            fix="correct it, then: uv run dataops baseline",
        )
    manifest = read_manifest(folder / "manifest.json")
    warnings = tuple(name for name in parsed.warnings if name not in accepted_warnings.names())
    return project_rules.numbers(project_rules.rule_findings(manifest)), warnings


def _changed_files(product: Product, files: Collection[str]) -> frozenset[str]:
    """The files that may have other findings than the last commit of the baseline knew.

    Deleted files are among them.
    """
    commit = product.git("log", "-1", "--format=%H", "--", baseline.FILE, check=False)
    recorded = baseline.read(product.root)
    everything = frozenset(files) | (recorded.files if recorded else frozenset())
    if not commit:
        return everything
    listed = product.git("diff", "--name-only", "-z", "--relative", commit).split("\0")
    changed = frozenset(name for name in listed if name)
    if any(name in _TOOLS or name.endswith("/.sqlfluff") for name in changed):
        return everything
    return changed
