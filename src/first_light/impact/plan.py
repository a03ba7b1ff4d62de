"""What to build of head, and what it will be compared with."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from first_light.boards.exposures import edited_boards
from first_light.dbt.engine import Engine
from first_light.dbt.manifest import Manifest, read_manifest
from first_light.dbt.project_lineage import with_ancestors
from first_light.impact import classify as judge
from first_light.impact.base import NOT_TESTS, BaseSide, Built, buildable, prepare
from first_light.impact.change import Change, NoBase
from first_light.impact.column_process import SeparateBuild, is_worthwhile, separable
from first_light.impact.current import CurrentSide
from first_light.impact.readable_files import sandbox_of
from first_light.metrics.definitions import Semantics, metrics_to_compare, read_semantics
from first_light.privacy.messages import masked
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import DATABASE_FILE, Relation
from first_light.warehouse.kinds import is_server
from first_light.warehouse.sandbox import Sandbox, remove_code
from first_light.warehouse.scratch import EngineError

# What a change to these does, dbt's state comparison does not see.
_DECIDES_ALL = (
    "profiles.yml",
    "packages.yml",
    "dependencies.yml",
    "package-lock.yml",
    "uv.lock",
    "pyproject.toml",
    "dataops/pyproject.toml",
)
# It does see these parts of dbt_project.yml, node by node; not a variable that a macro reads.
_OBSERVED = frozenset(
    ("models", "seeds", "snapshots", "sources", "data_tests", "tests", "unit_tests", "exposures")
)


@dataclass(frozen=True)
class Plan:
    """What to build of head, and what it will be compared with.

    Attributes:
        change: what git says.
        base: the other side, with all that is needed built.
        head: this side's resources.
        reached: unique ids of all that the change reaches, tests too.
        whole: why everything is built; empty when only what is reached is.
        paired: head's ids → base's.
        built: what base has built.
        here: head's folder, target/check.
        semantics: the metrics of base, and of head.
        beside: the build of base that goes on meanwhile; None when all is built.
    """

    product: Product
    change: Change
    base: BaseSide | CurrentSide
    head: Manifest
    reached: frozenset[str]
    whole: str
    paired: dict[str, str]
    built: dict[str, Built]
    here: Path
    semantics: tuple[Semantics, Semantics] = (Semantics({}), Semantics({}))
    beside: SeparateBuild | None = None

    @property
    def database(self) -> Path:
        return self.here / DATABASE_FILE

    @property
    def second_database(self) -> Path:
        """Of what is built a second time."""
        return self.here / "again" / DATABASE_FILE

    @property
    def files(self) -> Path:
        """The folder that relative paths in head's views mean."""
        return self.base.tree if isinstance(self.base, CurrentSide) else self.product.root

    @property
    def sandbox(self) -> Sandbox | None:
        """What the databases of both sides may read; None where both are built here."""
        if not isinstance(self.base, CurrentSide) or self.base.server:
            return None
        databases = (self.base.database, self.database, self.second_database)
        return sandbox_of(self.product, self.files, self.head, databases)

    @property
    def rows(self) -> list[str]:
        """Ids of the models, snapshots and seeds that are built."""
        return [name for name in judge.holding_rows(self.head) if name in self.reached]

    @property
    def total(self) -> int:
        """Models, snapshots and seeds in head."""
        return len(judge.holding_rows(self.head))

    @property
    def arguments(self) -> list[str]:
        """For `dbt build` of head: what the change reaches, anew, on top of a copy of base."""
        if self.whole:
            # What a release has collected, snapshots above all, is not made again from nothing.
            return ["--full-refresh"] if isinstance(self.base, CurrentSide) else []
        if is_server(self.product) and not self.deferred:
            return []  # nothing of base stands beside it there
        state = self.deferred or ("--state", str(self.base.state))
        return ["--full-refresh", "--select", "state:modified+", *state]

    @property
    def deferred(self) -> tuple[str, ...]:
        """Arguments for dbt where head reads the rest from the release itself."""
        return self.base.deferred if isinstance(self.base, CurrentSide) else ()


def plan(
    product: Product,
    change: Change,
    dbt: Engine,
    folder: Path,
    progress: Callable[[str], None],
    current: CurrentSide | None = None,
) -> Plan | NoBase:
    """Prepare base and say what of head to build. Head is parsed.

    Args:
        product: head.
        change: what git says.
        dbt: head, parsed.
        folder: target/check.
        progress: shows what is being done.
        current: what to compare with in place of base on the sample.

    Raises:
        DataopsError: git or dbt could not run.
    """
    base: BaseSide | CurrentSide | NoBase
    base = current or prepare(product, change.base, folder / "partial_parse.msgpack", progress)
    if isinstance(base, NoBase):
        return base
    head = read_manifest(folder / "manifest.json", packages=True)
    progress("what the change reaches")
    selected, run = dbt.select(
        "--no-write-json", "--select", "state:modified+", "--state", str(base.state)
    )
    full_reason = _full_build_reason(product, change, sample=current is None)
    if not full_reason and not run.ok:
        full_reason = "dbt cannot determine what the change affects"
    reached = frozenset(head.nodes) if full_reason else frozenset(selected)
    semantics = (read_semantics(base.state), read_semantics(folder))
    # What a board reads that is edited, or shows a metric that is, must be built on both sides,
    # though none of it changes.
    reached |= edited_boards(head, change.files, metrics_to_compare(*semantics))
    paired = judge.pairs(base.manifest, head, change.renamed)
    measured = _measured(base.manifest, head, *semantics, reached)
    measured |= _read_by_boards(base.manifest, head, reached)
    needed = _needed_base(base.manifest, head, reached | measured, paired)
    anew = {paired.get(name, name) for name in reached}
    later: list[str] = []
    if isinstance(base, BaseSide) and base.keeps_builds:
        later = separable(base.manifest, needed, anew)
        later = later if is_worthwhile(base, later) else []
    first_names = [name for name in needed if name not in later]
    if current is not None:  # all of it stands; only what is compared need be at hand
        at_hand = anew | {paired.get(name, name) for name in measured}
        first_names = sorted(at_hand & set(buildable(base.manifest)))
    built = base.build(first_names) if first_names else base.built
    failed = sorted(
        base.manifest.nodes[n].name
        for n in first_names
        if n not in anew and not _is_usable(built, n)
    )
    if failed and not full_reason:
        full_reason = f"base does not build {', '.join(failed[:3])} on this sample"
        reached = frozenset(head.nodes)
        built = base.build(_needed_base(base.manifest, head, reached, paired))
        later = []
    plan_ = Plan(
        product, change, base, head, reached, full_reason, paired, built, folder, semantics
    )
    if (current or not full_reason) and base.database.is_file() and not is_server(product):
        # On DuckDB a copy is the cheapest way to have everything upstream.
        copy_database(base.database, plan_.database)
        if current is not None:
            progress("views of the current release, from this branch")
            above = with_ancestors(head, reached | measured)
            _replace_code(plan_, dbt, above - reached)
    if later and isinstance(base, BaseSide):
        progress(f"base: build {len(later)} models beside this branch's")
        return replace(plan_, beside=SeparateBuild(base, later))
    return plan_


def copy_database(database: Path, to: Path) -> None:
    """A closed database, with what DuckDB has written beside it and not yet into it."""
    shutil.copyfile(database, to)
    if (log := database.with_name(f"{database.name}.wal")).is_file():
        shutil.copy(log, to.with_name(f"{to.name}.wal"))


def _replace_code(plan: Plan, dbt: Engine, names: Collection[str]) -> None:
    """Build the views of a copy from head: those in a store are code of whoever can write to it.

    Args:
        plan: the copy is its database.
        dbt: head, parsed.
        names: ids of what is read and not built anyway.

    Raises:
        DataopsError: the copy cannot be read, or dbt could not run.
    """
    try:
        views = remove_code(plan.database)
    except EngineError as error:
        raise DataopsError(
            "The current release cannot be read.",
            where=masked(str(error)),
            fix="uv run dataops status",
        ) from error
    nodes = (plan.head.nodes[name] for name in sorted(names) if name in plan.head.nodes)
    selected = [node.name for node in nodes if Relation(node.schema, node.alias) in views]
    if selected and not plan.whole:
        dbt.build("--no-write-json", *NOT_TESTS, "--select", *selected)


def _full_build_reason(product: Product, change: Change, sample: bool) -> str:
    for path in _DECIDES_ALL:
        if change.touches(path):
            return f"{path} was changed"
    if sample and change.touches(f"{product.sample.name}/"):
        return "the sample was changed"
    if change.touches("dbt_project.yml"):
        before = product.git("show", f"{change.base}:./dbt_project.yml", check=False)
        after = (product.root / "dbt_project.yml").read_text(encoding="utf-8")
        if _settings(before) != _settings(after):
            return "dbt_project.yml was changed"
    return ""


def _settings(text: str) -> dict[str, Any]:
    """What dbt's state comparison does not see of dbt_project.yml."""
    loaded = yaml.safe_load(text)
    if not isinstance(loaded, dict):
        return {}
    return {key: value for key, value in loaded.items() if key not in _OBSERVED}


def _measured(
    base: Manifest, head: Manifest, old: Semantics, new: Semantics, reached: frozenset[str]
) -> frozenset[str]:
    """The models of each metric that was edited or reads what is reached."""
    edited = metrics_to_compare(old, new)
    models: set[str] = set()
    for manifest, semantics in ((base, old), (head, new)):
        for metric in semantics.metrics:
            read = {node.unique_id for node in metric.models(manifest)}
            if metric.name in edited or read & reached:
                models |= read
    return frozenset(models)


def _read_by_boards(base: Manifest, head: Manifest, reached: frozenset[str]) -> frozenset[str]:
    """What the exposures that are reached read, on either side."""
    parents: set[str] = set()
    for manifest in (base, head):
        for node in manifest.of("exposure"):
            if node.unique_id in reached:
                parents.update(node.depends_on)
    return frozenset(parents)


def _needed_base(
    base: Manifest, head: Manifest, reached: Iterable[str], paired: dict[str, str]
) -> list[str]:
    """What base must have built: the counterpart of what is reached, and all that either reads."""
    start: set[str] = set()
    for name in reached:
        node = head.nodes.get(name)
        if node is not None:
            start |= {name, *node.depends_on}
    start |= set(reached) & set(base.nodes)
    names = {paired.get(name, name) for name in start}
    removed = set(buildable(base)) - set(paired.values())
    above = with_ancestors(base, names | removed)
    return sorted(above & set(buildable(base)))


def _is_usable(built: dict[str, Built], name: str) -> bool:
    return name in built and built[name].ok
