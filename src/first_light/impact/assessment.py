"""What the difference between two built sides means: an impact."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from first_light.dbt.graph import Graph
from first_light.dbt.manifest import Node
from first_light.dbt.personal_columns import personal_columns
from first_light.dbt.project_lineage import Traced, trace
from first_light.impact import classify as judge
from first_light.impact.base import Built
from first_light.impact.compare import compare_tables
from first_light.impact.current import CurrentSide
from first_light.impact.findings import (
    ADDED,
    DOWNSTREAM,
    MODIFIED,
    REMOVED,
    ExposureImpact,
    Impact,
    ModelImpact,
)
from first_light.impact.metrics import models_of_metrics
from first_light.impact.plan import Plan
from first_light.impact.sides import Sides
from first_light.impact.tables import TableDiff
from first_light.project.product import now
from first_light.utils.graph_svg import GraphNode
from first_light.warehouse.kinds import is_server

_BASE, _HEAD, _REPEATED = "base", "head", "again"


class Assessment:
    """Base and head, both built, on their way to an impact."""

    def __init__(self, plan: Plan, built: dict[str, Built], sides: Sides) -> None:
        self._plan = plan
        self._built = built
        self._sides = sides
        self._old = judge.holding_rows(plan.base.manifest)
        self._new = judge.holding_rows(plan.head)
        self._reached = [
            name
            for name in plan.head.graph.in_order(only=self._new)
            if name in plan.reached or plan.paired.get(name, "") != name
        ]
        self._unknown: dict[str, str] = {}
        self._diffs: dict[str, TableDiff] = {}
        self._unstable: dict[str, tuple[str, ...]] = {}
        self._metrics = models_of_metrics((plan.base.manifest, plan.head), plan.semantics)
        self._traced: Traced
        self._personal: tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]

    def attach(self) -> None:
        """Open both databases, and trace the columns of what will be compared."""
        plan, sides = self._plan, self._sides
        common = [name for name in self._reached if name in plan.paired]
        for name in common:
            was = plan.built.get(plan.paired[name])
            built_head = self._built.get(name)
            if was is None or not was.ok:
                # Not dbt's message: it may quote a value.
                self._unknown[name] = "base does not build it on this sample"
            elif built_head is None or not built_head.ok:
                self._unknown[name] = "this branch does not build it"
        readable = [name for name in common if name not in self._unknown]
        old_nodes = [self._old[plan.paired[name]] for name in readable]
        new_nodes = [self._new[name] for name in readable]
        problems = sides.add(_BASE, plan.base.database, plan.base.tree, old_nodes)
        head_names = {old: new for new, old in plan.paired.items()}
        self._unknown |= {head_names[name]: f"base: {reason}" for name, reason in problems.items()}
        self._unknown |= sides.add(_HEAD, plan.database, plan.files, new_nodes)
        base, head = plan.base.manifest, plan.head

        def sql_of(name: str) -> str:
            built_head = self._built.get(name)
            if built_head is not None and built_head.sql:
                return built_head.sql
            built_base = plan.built.get(name)
            return built_base.sql if built_base else ""

        def base_columns(node: Node) -> list[str]:
            return self._columns(_BASE, node, plan.base.tree)

        def head_columns(node: Node) -> list[str]:
            return self._columns(_HEAD, node, plan.files)

        self._personal = (
            personal_columns(
                base, lambda name: plan.built[name].sql if name in plan.built else "", base_columns
            ),
            personal_columns(head, sql_of, head_columns),
        )
        self._traced = trace(head, self._reached, sql_of, head_columns)

    def _columns(self, side: str, node: Node, files: Path) -> list[str]:
        if node.kind == "source" and not is_server(self._plan.product):
            return self._sides.columns_of_file(node.relation, files) if node.relation else []
        return self._sides.columns(side, node)

    def compare(self) -> None:
        """Compare every model that both sides have built."""
        for name in self._reached:
            if name in self._plan.paired and name not in self._unknown:
                self._diffs[name] = self._diff(name, _BASE, self._plan.paired[name])

    def _diff(
        self, name: str, side: str, other_side: str, ignored: Iterable[str] = ()
    ) -> TableDiff:
        plan = self._plan
        before, after = self._personal
        keys = judge.keys_of(self._new[name], plan.head)
        keys += judge.keys_of(self._old[plan.paired[name]], plan.base.manifest)
        hidden = before.get(plan.paired[name], frozenset()) | after.get(name, frozenset())
        return compare_tables(
            self._sides.connection,
            self._sides.relation(side, other_side),
            self._sides.relation(_HEAD, name),
            list(dict.fromkeys(keys)),
            hidden,
            tuple(ignored),
        )

    def to_build_again(self) -> list[str]:
        """The names of models that seem to have other rows: they may differ whenever built."""
        return sorted(
            self._new[name].name
            for name, diff in self._diffs.items()
            if diff.rows_differ and self._new[name].kind == "model"
        )

    def rebuild_and_compare(self, database: Path, rebuilt: set[str]) -> None:
        """Take back what also differs between two builds of the same side."""
        names = [n for n, d in self._diffs.items() if d.rows_differ and n in rebuilt]
        problems = self._sides.add(
            _REPEATED, database, self._plan.files, [self._new[n] for n in names]
        )
        for name in names:
            if name in problems:
                continue
            second_diff = self._diff(name, _REPEATED, name)
            if not second_diff.rows_differ:
                continue
            if second_diff.added or second_diff.removed:
                self._unstable[name] = ("*",)
                continue
            columns = tuple(c.name for c in second_diff.columns if c.differs)
            self._unstable[name] = columns
            self._diffs[name] = self._diff(name, _BASE, self._plan.paired[name], columns)

    def impact(self) -> Impact:
        """Everything that was found, decided."""
        plan, product = self._plan, self._plan.product
        declared, unclear = self._declarations
        today = product.as_of or now().isoformat()
        feeds = self._feeds()
        reached = (self._model(name, declared, today, feeds) for name in self._reached)
        paired = set(plan.paired.values())
        old_order = plan.base.manifest.graph.in_order(only=self._old)
        removed_names = [name for name in old_order if name not in paired]
        models_ = (
            *(model for model in reached if model is not None),
            *(self._removed_model(name, declared, today, feeds) for name in removed_names),
        )
        moved = {
            label
            for model in models_
            if model.says_other or model.unknown or model.breaking
            for label in (model.name, model.name.rsplit(".v", 1)[0], model.was)
        }
        # What a board shows is judged beside, by the step `boards`.
        moved |= {node.name for node in plan.head.of("exposure")}
        idle = tuple(name for name in declared if name not in moved)
        nodes, edges = self._graph(models_)
        return Impact(
            base=plan.change.base,
            ref=plan.change.ref,
            head=product.git("rev-parse", "HEAD"),
            dirty=bool(product.git("status", "--porcelain", *product.pathspec)),
            whole=plan.whole,
            sample=0 if isinstance(plan.base, CurrentSide) else self._sample_files(),
            total=len(self._new),
            models=models_,
            exposures=self._exposures(models_),
            others=judge.other_changes(plan.base.manifest, plan.head),
            nodes=nodes,
            edges=edges,
            idle=idle,
            unclear=unclear,
            said=plan.base.said,
            remarks=plan.base.remarks,
        )

    @property
    def declared(self) -> dict[str, str]:
        """What the commits of the change declare: model or metric → why."""
        return self._declarations[0]

    @cached_property
    def _declarations(self) -> tuple[dict[str, str], tuple[str, ...]]:
        log = self._plan.product.git("log", "--format=%B", f"{self._plan.change.base}..HEAD")
        return judge.declared_in(log)

    def _sample_files(self) -> int:
        folder = f"{self._plan.product.sample.name}/"
        return sum(name.startswith(folder) for name in self._plan.change.files)

    def _feeds(self) -> dict[str, tuple[str, ...]]:
        """Model id → the exposures, of either side, that read it directly."""
        feeds: dict[str, dict[str, None]] = {}
        for manifest in (self._plan.base.manifest, self._plan.head):
            for exposure in manifest.of("exposure"):
                for parent in exposure.depends_on:
                    feeds.setdefault(parent, {})[exposure.name] = None
        return {name: tuple(labels) for name, labels in feeds.items()}

    def _model(
        self, name: str, declared: dict[str, str], today: str, feeds: dict[str, tuple[str, ...]]
    ) -> ModelImpact | None:
        plan, node = self._plan, self._new[name]
        old = self._old.get(plan.paired.get(name, ""))
        diff, unstable = self._diffs.get(name), self._unstable.get(name, ())
        reasons_ = judge.reasons(node, plan.head, old, plan.base.manifest) if old else ()
        status = ADDED if old is None else MODIFIED if reasons_ else DOWNSTREAM
        was = judge.label_of(old) if old and old.name != node.name else ""
        if plan.whole and status == DOWNSTREAM and diff is not None and diff.same:
            return None  # built with everything else, and not reached by the change
        before = feeds.get(plan.paired.get(name, ""), ())
        notes: tuple[str, ...] = ()
        if old is not None:
            notes = judge.notes(old, node, diff, bool(reasons_))
        if name in self._built and status != DOWNSTREAM:
            notes += judge.unsteady(self._built[name].sql)
        if "*" in unstable:
            diff = None
        return ModelImpact(
            unique_id=name,
            name=judge.label_of(node),
            kind=node.kind,
            path=node.path,
            status=status,
            why=reasons_,
            was=was,
            owner=judge.owner(node, plan.head),
            access=node.access,
            contract=node.contract,
            feeds=tuple(dict.fromkeys((*feeds.get(name, ()), *before))),
            metrics=self._metrics.get(name, ()),
            feeds_other=self._feeds_other(name),
            diff=diff,
            unknown="" if old is None else self._unknown.get(name, ""),
            unstable=unstable,
            notes=notes,
            breaking=judge.breaking(old, node, today) if old else (),
            declared=judge.reason_for(judge.label_of(node), was, declared),
            origins=self._origins(name) if diff is not None else {},
        )  # fmt: skip

    def _feeds_other(self, name: str) -> bool:
        """Whether a public model, an exposure or a metric depends on a model of head."""
        head = self._plan.head
        below = (head.nodes[child] for child in head.graph.descendants(name) - {name})
        return any(
            node.kind == "exposure" or node.access == "public" or node.unique_id in self._metrics
            for node in below
        )

    def _removed_model(
        self, name: str, declared: dict[str, str], today: str, feeds: dict[str, tuple[str, ...]]
    ) -> ModelImpact:
        node, base = self._old[name], self._plan.base.manifest
        return ModelImpact(
            unique_id=name,
            name=judge.label_of(node),
            kind=node.kind,
            path=node.path,
            status=REMOVED,
            owner=judge.owner(node, base),
            access=node.access,
            contract=node.contract,
            feeds=feeds.get(name, ()),
            metrics=self._metrics.get(name, ()),
            breaking=judge.breaking(node, None, today),
            declared=judge.reason_for(judge.label_of(node), "", declared),
        )

    def _origins(self, name: str) -> dict[str, tuple[str, ...]]:
        """Changed column → the changed columns upstream that it is computed from; "(rows)" → those
        that decide which rows there are, when these changed."""
        lineage = self._traced.columns.get(name, {})
        diff = self._diffs[name]
        origins = {c.name: self._moved(lineage.get(c.name.lower(), ())) for c in diff.columns}
        if diff.added or diff.removed:
            origins["(rows)"] = self._moved(self._traced.rows.get(name, ()))
        return {column: upstream for column, upstream in origins.items() if upstream}

    def _moved(self, columns: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """Those of some (parent id, column) whose values differ, for people."""
        return tuple(
            f"{self._plan.head.nodes[parent].name}.{column}"
            for parent, column in sorted(columns)
            if parent in self._diffs
            and any(c.name.lower() == column for c in self._diffs[parent].columns)
        )

    def _exposures(self, models: tuple[ModelImpact, ...]) -> tuple[ExposureImpact, ...]:
        base, head = self._plan.base.manifest, self._plan.head
        moved = {m.unique_id: m for m in models if m.says_other or m.unknown or m.unstable}
        exposures = []
        for name in sorted({n for m in (base, head) for n in m.nodes if n.startswith("exposure.")}):
            old, new = base.nodes.get(name), head.nodes.get(name)
            node, side = (new, head) if new is not None else (old, base)
            assert node is not None
            status = ADDED if old is None else REMOVED if new is None else DOWNSTREAM
            if old and new and (old.depends_on, old.owner) != (new.depends_on, new.owner):
                status = MODIFIED
            reads = {
                moved[parent].name: tuple(c.name for c in _columns_of(moved[parent]))
                for parent in node.depends_on
                if parent in moved
            }
            above = side.graph.ancestors(name) & set(moved) - set(node.depends_on)
            if status != DOWNSTREAM or reads:
                upstream = tuple(sorted(moved[parent].name for parent in above))
                exposures.append(
                    ExposureImpact(
                        node.name, judge.owner(node, side), status, reads, upstream, url=node.url
                    )
                )
        return tuple(exposures)

    def _graph(
        self, models: tuple[ModelImpact, ...]
    ) -> tuple[tuple[GraphNode, ...], tuple[tuple[str, str], ...]]:
        base, head = self._plan.base.manifest, self._plan.head
        states = {m.unique_id: _state(m) for m in models}
        all_nodes: dict[str, Node] = {**base.nodes, **head.nodes}
        shown = set(states)
        for name in states:
            shown |= {p for p in all_nodes[name].depends_on if p in all_nodes}
        for name, node in all_nodes.items():
            if node.kind == "exposure" and shown & set(node.depends_on) & set(states):
                shown.add(name)
        shown_nodes = {name: all_nodes[name] for name in shown}
        parents = {
            name: [p for p in shown_nodes[name].depends_on if p in shown_nodes]
            for name in sorted(shown_nodes)
        }
        ranks = Graph(parents).ranks()
        nodes = tuple(
            GraphNode(
                n,
                judge.label_of(shown_nodes[n]),
                shown_nodes[n].kind,
                states.get(n, "context"),
                rank,
            )
            for n, rank in ranks.items()
        )
        edges = tuple((parent, name) for name in ranks for parent in parents[name])
        return nodes, edges


def _columns_of(model: ModelImpact) -> tuple[Any, ...]:
    return model.diff.columns if model.diff is not None else ()


def _state(model: ModelImpact) -> str:
    """How a box is coloured."""
    if model.breaking:
        return "breaking"
    if model.status in (ADDED, REMOVED):
        return model.status
    if model.unknown or "*" in model.unstable:
        return "unknown"
    if model.says_other:
        return "changed"
    return "same" if model.diff is not None and model.diff.same else "columns"
