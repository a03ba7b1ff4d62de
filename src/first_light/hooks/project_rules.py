"""Project rules: requirements for the models, sources and exposures of a product.

A rule is a function of the manifest; users read its docstring.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

from first_light.dbt.manifest import Manifest, Node, read_manifest
from first_light.hooks import installed_rules
from first_light.hooks.listing import Finding
from first_light.project import baseline, layers
from first_light.project.baseline import Baseline
from first_light.project.settings import current, read_settings, use
from first_light.utils.errors import DataopsError

Violations = Iterator[tuple[Node, str]]
Rule = Callable[[Manifest], Violations]
_YAML = (".yml", ".yaml")

TODO = "TODO"
"""How a description begins that somebody has to write."""


def owner(manifest: Manifest) -> Violations:
    """Every model and snapshot has an owner: a group from models/_groups.yml."""
    for node in (*manifest.of("model"), *manifest.of("snapshot")):
        if not node.group:
            yield (
                node,
                "has no owner: give it `config: {group: …}`, or its folder in dbt_project.yml",
            )


def description(manifest: Manifest) -> Violations:
    """Every model, snapshot, source and exposure is described."""
    for kind in ("model", "snapshot", "source", "exposure"):
        for node in manifest.of(kind):
            if not node.description.strip():
                yield node, f"has no description: describe one row of the {kind} in its YAML"


def column_descriptions(manifest: Manifest) -> Violations:
    """Every column that a model's YAML lists is described."""
    for node in (*manifest.of("model"), *manifest.of("snapshot")):
        for column in node.columns:
            if not column.description.strip():
                yield node, f"column {column.name} has no description"


def test(manifest: Manifest) -> Violations:
    """Every model has a test."""
    for node in manifest.of("model"):
        if not manifest.tests_of(node.unique_id):
            yield node, "has no test: add `data_tests:` to one of its columns"


def contract(manifest: Manifest) -> Violations:
    """Every public SQL model enforces a contract."""
    for node in manifest.of("model"):
        if node.access == "public" and not node.contract and not _is_python(node):
            yield node, "is public without a contract: add `config: {contract: {enforced: true}}`"


def python_contract(manifest: Manifest) -> Violations:
    """Every public Python model types its columns and tests its key: dbt enforces no contract."""
    for node in manifest.of("model"):
        if node.access != "public" or not _is_python(node):
            continue
        untyped = [column.name for column in node.columns if not column.data_type]
        if untyped or not node.columns:
            yield node, f"is public: give `data_type` to {', '.join(untyped) or 'its columns'}"
        if not node.primary_key:
            yield node, "is public: add `data_tests: [not_null, unique]` to its key"


def _is_python(node: Node) -> bool:
    return node.path.endswith(".py")


def documented_in_folder(manifest: Manifest) -> Violations:
    """A model's YAML is in its folder."""
    for node in manifest.of("model"):
        if node.patch_path and Path(node.patch_path).parent != Path(node.path).parent:
            yield node, f"is described in {node.patch_path}: move that to the model's folder"


def layer_names(manifest: Manifest) -> Violations:
    """Names begin with a prefix of their layer, such as stg_ in staging: the setting layers."""
    for node in manifest.of("model"):
        folder, prefixes = layers.layer_of(node.path) or ("", ())
        if prefixes and not node.name.startswith(prefixes):
            names = " or ".join(f"{prefix}{node.name}" for prefix in prefixes)
            yield node, f"is in {folder}: rename it to {names}"


def mart_names(manifest: Manifest) -> Violations:
    """Marts are named as the setting mart-names says: plain, or fct_ and dim_ in front."""
    *_, (folder, of_layer) = layers.prefixes()
    prefixes = (layers.FACT, layers.DIMENSION)
    prefixed = current().mart_names == "prefixed"
    for node in manifest.of("model"):
        is_mart = not of_layer and node.path.startswith(f"{folder}/")
        if not is_mart or node.name.startswith(prefixes) == prefixed:
            continue
        if prefixed:
            yield node, f"is a mart: rename it to fct_{node.name} or dim_{node.name}"
        else:
            yield (
                node,
                f'is a mart: rename it to {node.name[4:]}, or set `mart-names = "prefixed"` '
                "under [tool.dataops] in pyproject.toml",
            )


def sources_only_in_staging(manifest: Manifest) -> Violations:
    """Only the first layer, staging, reads sources; everything else reads staging."""
    folder = layers.first_folder()
    for node in manifest.of("model"):
        if not node.path.startswith(f"{folder}/"):
            for parent in node.depends_on:
                if parent.startswith("source."):
                    yield node, f"reads {parent}: read its model in {folder} instead"


def exposure_owner(manifest: Manifest) -> Violations:
    """Every exposure has an owner with an e-mail address."""
    for node in manifest.of("exposure"):
        if not node.owner.get("email"):
            yield node, "has no owner with an e-mail address"


def snapshot_key(manifest: Manifest) -> Violations:
    """Every snapshot has a unique key."""
    for node in manifest.of("snapshot"):
        if not node.unique_key:
            yield node, "has no unique_key, which identifies its rows"


_RULES: tuple[Rule, ...] = (
    owner,
    description,
    column_descriptions,
    test,
    contract,
    python_contract,
    documented_in_folder,
    layer_names,
    mart_names,
    sources_only_in_staging,
    exposure_owner,
    snapshot_key,
)


def rules() -> dict[str, Rule]:
    """All rules by name: those of the package, then those of other installed packages.

    Raises:
        DataopsError: two rules have the same name.
    """
    own = {rule.__name__: rule for rule in _RULES}
    others = installed_rules.installed()
    if taken := sorted(own.keys() & others.keys()):
        raise DataopsError(
            "An installed package has a rule with the name of a rule of dataops.",
            where=", ".join(f"{name} ({others[name].value})" for name in taken),
            fix="rename the rule in that package",
        )
    return own | {
        name: partial(installed_rules.violations, entry) for name, entry in others.items()
    }


def open_descriptions(manifest: Manifest) -> list[str]:
    """What is still described by TODO: one name a model, source or column, of the product's own.

    That violates no rule: a draft asks where neither names nor values give a meaning.
    """
    described = [
        (name, text)
        for kind in ("model", "snapshot", "source")
        for node in manifest.of(kind)
        for name, text in (
            (node.name, node.description),
            *((f"{node.name}.{c.name}", c.description) for c in node.columns),
        )
    ]
    return [name for name, text in described if text.lstrip().startswith(TODO)]


def rule_findings(manifest: Manifest) -> tuple[Finding, ...]:
    """Every violation: its rule, the file that defines the node, and a line about it."""
    return tuple(
        Finding(
            name,
            node.path,
            f"{node.kind} {node.name} {reason} ({node.patch_path or node.path})",
        )
        for name, rule in rules().items()
        for node, reason in rule(manifest)
    )


def recorded_as(rule: str) -> str:
    """The name of a project rule in the baseline."""
    return f"{baseline.RULES}/{rule}"


def numbers(findings: Collection[Finding]) -> dict[str, dict[str, int]]:
    """The number of violations by rule, as the baseline names it, and file; all rules are there."""
    counted = baseline.counted([(recorded_as(f.rule), f.file) for f in findings])
    return {recorded_as(name): {} for name in rules()} | counted


def judged(
    findings: Sequence[Finding], recorded: Baseline | None, touched: Collection[str]
) -> tuple[Finding, ...]:
    """The violations that are not accepted by the baseline.

    Args:
        findings: all violations.
        recorded: the baseline.
        touched: files to which the baseline does not apply. A resource in a YAML file is only
            judged when violations of a rule were added to the file.
    """
    if recorded is None:
        return tuple(findings)
    present = numbers(findings)

    def is_accepted(finding: Finding) -> bool:
        rule, file = recorded_as(finding.rule), finding.file
        is_touched = file in touched and Path(file).suffix not in _YAML
        return not is_touched and present[rule][file] <= recorded.number(rule, file)

    return tuple(finding for finding in findings if not is_accepted(finding))


def rule_violations(manifest: Manifest) -> list[str]:
    """One line for each violation: node, reason, file."""
    return [f"{finding.text} [{finding.rule}]" for finding in rule_findings(manifest)]


def main() -> int:
    """The hook: check the manifest that `dbt parse` has just written.

    A commit is checked for its own files, or for every model if it contains dbt_project.yml;
    `dataops check` reports all violations.
    """
    files = sys.argv[1:]
    of_all = not files or "dbt_project.yml" in files
    try:
        manifest = read_manifest(Path("target") / "manifest.json")
        with use(read_settings(Path(), os.environ)):
            findings = rule_findings(manifest)
        violations = judged(findings, baseline.read(Path()), () if of_all else files)
    except DataopsError as error:
        print(error, file=sys.stderr)
        return 2
    described = {node.path: node.patch_path for node in manifest.nodes.values()}
    shown = [f for f in violations if of_all or {f.file, described.get(f.file)} & set(files)]
    for finding in shown:
        print(f"{finding.text} [{finding.rule}]")
    return 1 if shown else 0


if __name__ == "__main__":
    sys.exit(main())
