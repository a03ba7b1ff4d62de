"""Which nodes a release need not build: they are taken from the current release as they are.

`plan` decides, from fingerprints and the record of the current release. Nothing here reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from first_light.dbt.engine import DbtRun, NodeResult
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.plain_views import PlainView
from first_light.history.record import NodeRun, Record
from first_light.release.selectors import name_of as _name
from first_light.release.selectors import selectors
from first_light.utils.timestamps import moment
from first_light.warehouse.base import Relation

_COPIED = frozenset({"table", "incremental", "seed", "snapshot"})  # how copies are materialized
_TESTS = frozenset({"test", "unit_test"})
_BUILT = frozenset({"model", "snapshot", "seed", *_TESTS})
_NOT_BUILT = "exposure"  # in dbt's results, though nothing is built
_GOOD = frozenset({"success", "pass", "warn"})
_SELECTABLE = re.compile(r"[\w.-]+\Z")  # a name that means nothing else in dbt's --select


@dataclass(frozen=True)
class Built:
    """What a release was built from, as it keeps it.

    Attributes:
        run: its id.
        full_at: when everything was last built (ISO 8601).
        data: what changes when its database is replaced.
        nodes: fingerprints by unique id.
    """

    run: str
    full_at: str
    data: str
    nodes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CarriedOver:
    """What is taken from the current release.

    Attributes:
        relations: what is copied: seeds, tables and snapshots, by unique id.
        sources: those whose data and definition are the same, by unique id.
        unchanged: views of the same code over unchanged inputs: made again, but not tested again.
        views: those of them that need no build of dbt, by unique id.
        results: what dbt said of all that is carried over, tests too.
        origins: by which release each of them was built.
        obstacle: why everything is built; empty where something is carried over, or nothing is the
            same.
    """

    relations: Mapping[str, Relation] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()
    unchanged: frozenset[str] = frozenset()
    views: Mapping[str, PlainView] = field(default_factory=dict)
    results: tuple[NodeResult, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
    obstacle: str = ""

    @property
    def profiled(self) -> frozenset[str]:
        """The relations that hold what they held."""
        return self.unchanged | self.relations.keys()

    def selection(self, manifest: Manifest) -> tuple[str, ...]:
        """dbt's arguments to build the rest; empty to build everything.

        dbt adds no tests by what they test, since some of them are carried.
        """
        if not self.results:
            return ()
        rest = self.rest(manifest)
        models = [manifest.nodes[node.attached_to] for node in rest if node.kind == "unit_test"]
        criteria = selectors({node.unique_id for node in (*rest, *models)}, manifest)
        only_built = ("--exclude", f"resource_type:{_NOT_BUILT}")
        return ("--indirect-selection", "empty", *only_built, "--select", *criteria)

    def rest(self, manifest: Manifest) -> tuple[Node, ...]:
        """What dbt has to build."""
        return tuple(node for node in _buildable(manifest) if node.unique_id not in self.origins)

    def without_views(self) -> CarriedOver:
        """The same where dbt makes all views."""
        return replace(
            self,
            views={},
            results=tuple(r for r in self.results if r.unique_id not in self.views),
            origins={name: run for name, run in self.origins.items() if name not in self.views},
        )

    def added_to(self, run: DbtRun) -> DbtRun:
        """dbt's run with the results that are carried over."""
        built = {node.unique_id for node in run.nodes}
        carried = (result for result in self.results if result.unique_id not in built)
        return replace(run, nodes=(*run.nodes, *carried))


def obstacle(record: Record | None, built: Built | None, at: datetime, days: int) -> str:
    """Why everything has to be built, as far as the record of the current release says it.

    Args:
        record: of the current release; None if there is none, or none of this kind.
        built: what it was built from; None if it does not say so.
        at: now.
        days: after so many days everything is built again.
    """
    if record is None or not record.run:
        return "there is no current release to continue"
    if built is None or built.run != record.run or not built.full_at:
        return "the current release does not say what it was built from"
    if at - moment(built.full_at) >= timedelta(days=days):
        return f"everything was last built {built.full_at[:10]}, and is every {days} days"
    return ""


def plan(
    manifest: Manifest,
    now: Mapping[str, str],
    record: Record,
    built: Built,
    code: Mapping[str, str],
    complete: Collection[Relation],
    plain: Mapping[str, PlainView] | None = None,
) -> CarriedOver:
    """What is carried over from the current release.

    Args:
        manifest: the project.
        now: the fingerprint of each node.
        record: of the current release.
        built: what it was built from.
        code: its compiled SQL by node.
        complete: the relations of which the current release holds every column, here.
        plain: the views that can be made without a build of dbt, by unique id.
    """
    runs = {run.unique_id: run for run in record.nodes}
    same = {
        node.unique_id
        for node in _buildable(manifest)
        if now.get(node.unique_id)
        and built.nodes.get(node.unique_id) == now[node.unique_id]
        and node.unique_id in runs
        and runs[node.unique_id].status in _GOOD
        and (node.kind in ("seed", "unit_test") or code.get(node.unique_id))
    }
    same -= _with_models(same, manifest)
    nodes = [manifest.nodes[name] for name in sorted(same)]
    relations = {
        node.unique_id: Relation(node.schema, node.alias)
        for node in nodes
        if node.kind not in _TESTS and _is_copied(node, complete)
    }
    unchanged = {node.unique_id for node in nodes if node.materialized == "view"}
    kept = relations.keys() | unchanged
    tests = {
        node.unique_id
        for node in nodes
        if node.kind in _TESTS and not node.relation and _reads_only(node, kept, manifest)
    }
    if not relations and not tests:
        return CarriedOver()
    plain = plain or {}
    views = {name: plain[name] for name in _readable(unchanged & plain.keys(), relations, manifest)}
    carried = relations.keys() | views.keys() | tests
    if unnamed := [
        node.name
        for node in _buildable(manifest)
        if node.unique_id not in carried and not _SELECTABLE.match(_name(node))
    ]:
        return CarriedOver(obstacle=f"dbt cannot select {unnamed[0]} by its name")
    carried |= {
        name for name, node in manifest.nodes.items() if node.kind == _NOT_BUILT and name in runs
    }
    return CarriedOver(
        relations=relations,
        sources=frozenset(
            node.unique_id
            for node in manifest.of("source")
            if now.get(node.unique_id) and built.nodes.get(node.unique_id) == now[node.unique_id]
        ),
        unchanged=frozenset(unchanged),
        views=views,
        results=tuple(_result(runs[name], code.get(name, "")) for name in sorted(carried)),
        origins={name: runs[name].carried_from or record.run for name in sorted(carried)},
    )


def left_out(carried: CarriedOver, manifest: Manifest, run: DbtRun) -> tuple[str, ...]:
    """What dbt was told by name to build and did not; nothing where it failed or built all."""
    if not (run.ok and carried.results):
        return ()
    results = {result.unique_id for result in run.nodes}
    rest = carried.rest(manifest)
    return tuple(sorted(node.name for node in rest if node.unique_id not in results))


def _buildable(manifest: Manifest) -> list[Node]:
    return [
        node
        for node in manifest.nodes.values()
        if node.kind in _BUILT and node.materialized != "ephemeral"
    ]


def _readable(wanted: Collection[str], relations: Collection[str], manifest: Manifest) -> list[str]:
    """Those of the wanted views of which everything that they read is there before dbt builds."""
    views: list[str] = []
    for name in manifest.graph.in_order(only=wanted):
        if _reads_only(manifest.nodes[name], {*relations, *views}, manifest):
            views.append(name)
    return views


def _with_models(same: Collection[str], manifest: Manifest) -> frozenset[str]:
    """What is built with unit tests that are not the same: dbt runs them with their models."""
    models = [test.attached_to for test in manifest.of("unit_test") if test.unique_id not in same]
    return manifest.graph.descendants(*models) | frozenset(models)


def _is_copied(node: Node, complete: Collection[Relation]) -> bool:
    """Whether a copy of its relation is all that a build of it would make.

    Foreign keys lead to relations that may be built again, and privileges are not copied.
    """
    kinds = {kind for kind, _ in node.constraints}
    kinds |= {kind for column in node.columns for kind in column.constraints}
    return (
        node.materialized in _COPIED
        and "foreign_key" not in kinds
        and not node.grants
        and Relation(node.schema, node.alias) in complete
    )


def _reads_only(node: Node, kept: Collection[str], manifest: Manifest) -> bool:
    """Whether everything that a test reads holds what it held."""
    return all(
        name in kept
        or (name in manifest.nodes and manifest.nodes[name].kind == "source")
        or (
            name in manifest.nodes
            and manifest.nodes[name].materialized == "ephemeral"
            and _reads_only(manifest.nodes[name], kept, manifest)
        )
        for name in node.depends_on
    )


def _result(run: NodeRun, sql: str) -> NodeResult:
    return NodeResult(
        unique_id=run.unique_id,
        kind=run.resource_type,
        name=run.name,
        path=run.original_file_path,
        status=run.status,
        seconds=0.0,
        failures=run.failures,
        message=run.message,
        sql=sql,
        depends_on=run.depends_on,
    )
