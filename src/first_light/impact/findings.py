"""What a change does, as plain values: the one thing that every report is drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field

from first_light.impact.tables import TableDiff
from first_light.metrics.changes import MetricChange
from first_light.utils.graph_svg import GraphNode

ADDED, REMOVED, MODIFIED, DOWNSTREAM = "added", "removed", "modified", "downstream"


@dataclass(frozen=True)
class ModelImpact:
    """One model, snapshot or seed that the change reaches.

    Attributes:
        unique_id: dbt's id in head; in base for one that was removed.
        name: as people say it, with the version of a versioned model.
        kind: model, snapshot or seed.
        path: its file.
        status: added, removed, modified, or downstream of something that was.
        why: what was modified: SQL, configuration, macro NAME, …; empty when downstream.
        was: its name in base, when it was renamed.
        owner: the group that owns it, with its address.
        access: private, protected or public; empty where it has none.
        contract: whether it promises its columns.
        feeds: labels of the exposures that read it directly.
        metrics: names of the metrics that read it.
        feeds_other: whether something that people outside the product read is downstream of it.
        diff: what differs in its rows; None when there is nothing to compare or it is unknown.
        unknown: why it could not be compared; empty when it was.
        unstable: columns whose values change whenever it is built; "*" stands for its rows.
        notes: what a reviewer should know of it besides, one sentence each.
        breaking: promises of a public contract that it no longer keeps.
        declared: its author's reason; empty when its change was not declared.
        origins: changed column → the changed columns upstream that it is computed from; "(rows)" →
            those that decide which rows there are.
    """

    unique_id: str
    name: str
    kind: str
    path: str
    status: str
    why: tuple[str, ...] = ()
    was: str = ""
    owner: str = ""
    access: str = ""
    contract: bool = False
    feeds: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    feeds_other: bool = False
    diff: TableDiff | None = None
    unknown: str = ""
    unstable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    breaking: tuple[str, ...] = ()
    declared: str = ""
    origins: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def says_other(self) -> bool:
        """Whether its readers see something else where they saw something before."""
        return self.status == REMOVED or (self.diff is not None and self.diff.says_other)

    @property
    def promised(self) -> bool:
        """Whether people outside the product read it: it is public, or feeds an exposure, a board
        or a metric."""
        return self.access == "public" or bool(self.feeds or self.metrics)

    @property
    def must_declare(self) -> bool:
        """Whether its author must say that the change is meant."""
        unclear = bool(self.unknown) and self.status != ADDED
        return self.promised and (self.says_other or unclear)


@dataclass(frozen=True)
class MetricImpact:
    """One metric that the change reaches.

    Attributes:
        name: its name.
        label: its name for people.
        status: added, removed, modified, or downstream of something that was.
        change: its values on both sides.
        owner: of the first model that it reads, with the address.
        unstable: whether it reads a model that changes with every build.
        declared: its author's reason; empty when its change was not declared.
    """

    name: str
    label: str
    status: str
    change: MetricChange
    owner: str = ""
    unstable: bool = False
    declared: str = ""

    @property
    def unknown(self) -> str:
        """Why it could not be computed on both sides; empty if it was."""
        return self.change.unknown

    @property
    def says_other(self) -> bool:
        """Whether its readers see another number."""
        return self.status == REMOVED or self.change.is_moved

    @property
    def must_declare(self) -> bool:
        """Whether its author must say that the change is meant."""
        if self.status == ADDED or self.unstable:
            return False
        return self.says_other or bool(self.unknown)


@dataclass(frozen=True)
class ExposureImpact:
    """One exposure that the change reaches.

    Attributes:
        label: its name for people.
        owner: its name and address.
        status: added, removed, modified or downstream.
        reads: the changed models that it reads directly, each with its changed columns.
        upstream: other changed models that it depends on.
        metrics: the metrics that it depends on and that move.
        url: where people open it; empty for a board.
    """

    label: str
    owner: str
    status: str
    reads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    upstream: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True)
class OtherChange:
    """A change to something that holds no rows: a test, a source, a macro.

    Attributes:
        kind: test, unit test, source or macro.
        name: its name.
        status: added, removed or modified.
        of: the model that it is about; empty where there is none.
    """

    kind: str
    name: str
    status: str
    of: str = ""


@dataclass(frozen=True)
class Impact:
    """What a change does.

    Attributes:
        base: the commit compared with, in full.
        ref: that commit as people call it.
        head: the commit of this branch, in full.
        dirty: whether work that is not committed is part of it.
        whole: why everything was built and compared, not only what the change reaches; else empty.
        sample: how many sample files the change edits.
        total: models, snapshots and seeds in head.
        models: those that the change reaches, in the order they are built.
        exposures: those that the change reaches.
        metrics: those that the change reaches, by name.
        others: tests, sources and macros that were added, removed or modified.
        nodes, edges: the lineage to draw: boxes, and pairs of parent and child.
        idle: models that were declared and do not change.
        unclear: declarations that give no reason.
        said: how both sides came about, in words.
        remarks: what to know of the other side, one sentence each.
    """

    base: str
    ref: str
    head: str
    dirty: bool
    whole: str
    sample: int
    total: int
    models: tuple[ModelImpact, ...]
    exposures: tuple[ExposureImpact, ...] = ()
    metrics: tuple[MetricImpact, ...] = ()
    others: tuple[OtherChange, ...] = ()
    nodes: tuple[GraphNode, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    idle: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    said: str = "built on the same sample"
    remarks: tuple[str, ...] = ()

    def of(self, *status: str) -> tuple[ModelImpact, ...]:
        """The models in one of these states."""
        return tuple(model for model in self.models if model.status in status)

    @property
    def changed(self) -> tuple[ModelImpact, ...]:
        """Models that both sides have and that differ in rows or columns."""
        return tuple(m for m in self.models if m.diff is not None and not m.diff.same)

    @property
    def same(self) -> tuple[ModelImpact, ...]:
        """Models that were compared and do not differ at all."""
        return tuple(m for m in self.models if m.diff is not None and m.diff.same)

    @property
    def unknown(self) -> tuple[ModelImpact, ...]:
        """Models that could not be compared."""
        return tuple(m for m in self.models if m.unknown)

    @property
    def breaking(self) -> tuple[ModelImpact, ...]:
        """Public models that no longer keep their promise."""
        return tuple(m for m in self.models if m.breaking)

    @property
    def undeclared(self) -> tuple[ModelImpact | MetricImpact, ...]:
        """Models and metrics whose change their author must declare and did not."""
        every: tuple[ModelImpact | MetricImpact, ...] = (*self.models, *self.metrics)
        return tuple(one for one in every if one.must_declare and not one.declared)

    @property
    def unprotected(self) -> tuple[ModelImpact, ...]:
        """Models that say something else and that nobody outside the product reads, directly or
        through other models: their authors need not declare it."""
        return tuple(
            model
            for model in self.models
            if model.kind == "model"
            and model.status != REMOVED
            and model.says_other
            and not (model.promised or model.feeds_other)
        )

    @property
    def moved_metrics(self) -> tuple[MetricImpact, ...]:
        """Metrics of which something is to be said."""
        return tuple(
            metric
            for metric in self.metrics
            if metric.says_other or metric.unknown or metric.status == ADDED
        )

    @property
    def unstable(self) -> tuple[ModelImpact, ...]:
        """Models that change whenever they are built."""
        return tuple(m for m in self.models if m.unstable)

    @property
    def allowed(self) -> bool:
        """Whether the change keeps its promises and its author said what it does."""
        return not (self.breaking or self.undeclared)

    @property
    def headline(self) -> str:
        """The whole change in one line."""
        parts = []
        for status in (MODIFIED, ADDED, REMOVED):
            if count := len(self.of(status)):
                parts.append(f"{count} {status}")
        if down := len(self.of(DOWNSTREAM)):
            parts.append(f"{down} downstream")
        edited = ", ".join(parts) or "no model touched"
        says = [m for m in self.models if m.says_other]
        if says:
            data = f"data changes in {_models(len(says))}"
        elif self.unknown:
            data = f"{_models(len(self.unknown))} could not be compared"
        elif self.changed:
            data = "columns added or moved, no data change in the others"
        else:
            data = "no data change"
        if moved := [metric for metric in self.metrics if metric.says_other]:
            data += f", {len(moved)} metric{'s' * (len(moved) != 1)} move"
            data += "s" if len(moved) == 1 else ""
        return f"{edited}: {data}"


def _models(count: int) -> str:
    return f"{count} model" + ("" if count == 1 else "s")
