"""A release in the making, as a value: each phase takes one and returns the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from first_light.catalog.facts import Relation as CatalogRelation
from first_light.dbt.engine import DbtRun, Engine, NodeResult
from first_light.dbt.fingerprint import Inputs, Project
from first_light.dbt.manifest import Manifest
from first_light.history.facts import RawFile
from first_light.history.raw_location import RawPlace
from first_light.history.record import REAL, REHEARSAL, Record
from first_light.release.by_file import Increments
from first_light.release.carry_over import CarriedOver
from first_light.utils.steps import Step
from first_light.warehouse.base import Relation


@dataclass(frozen=True)
class Verdict:
    """How a run ended.

    Attributes:
        outcome: published, rejected, failed or stopped, as the record says it.
        problem: why it is not published; empty when it is.
    """

    outcome: str
    problem: str = ""


@dataclass(frozen=True)
class Draft:
    """What is known of a release so far.

    Attributes:
        record: the run's record, as far as it goes.
        engine: dbt, on this candidate.
        place: where the files are that it reads: raw's, or in a rehearsal the sample's.
        base_release: the record of the release that was current at the start; None if none was.
        raw_tables: raw, where the warehouse holds it; None where raw is files.
        raw_files: what raw, or in a rehearsal the sample, was made of when it was read.
        manifest: dbt's, once it has read the project.
        project, inputs: what its nodes are built from; None where nothing is carried over.
        carried: what is taken from the current release.
        increments: what is decided about models that read each file once.
        built: what `dbt build` did, with what is carried over; None before it ran.
        failed: what the audit rejected, most upstream first.
        steps: what was done, with verdicts.
        verdict: how the run ended; None while it goes on.
        withheld: the columns that readers do not get; the record has no names that may be values.
        catalog: the relations of its catalog.
    """

    record: Record
    engine: Engine
    place: RawPlace
    base_release: Record | None = None
    raw_tables: tuple[RawFile, ...] | None = None
    raw_files: tuple[RawFile, ...] = ()
    manifest: Manifest | None = None
    project: Project | None = None
    inputs: Inputs | None = None
    carried: CarriedOver = field(default_factory=CarriedOver)
    increments: Increments = field(default_factory=Increments)
    built: DbtRun | None = None
    failed: tuple[NodeResult, ...] = ()
    steps: tuple[Step, ...] = ()
    verdict: Verdict | None = None
    withheld: Mapping[Relation, tuple[str, ...]] = field(default_factory=dict)
    catalog: tuple[CatalogRelation, ...] = ()

    @property
    def is_rehearsal(self) -> bool:
        """Whether it is built from the sample."""
        return self.record.kind == REHEARSAL

    @property
    def is_real(self) -> bool:
        """Whether it is built from raw."""
        return self.record.kind == REAL

    @property
    def continues_base(self) -> bool:
        """Whether current's state is this one's; what a rehearsal collected was the sample's."""
        return self.base_release is not None and self.base_release.kind == self.record.kind

    def with_facts(self, **facts: object) -> Draft:
        """The same draft with these fields of its record set."""
        return replace(self, record=replace(self.record, **facts))  # type: ignore[arg-type]

    def with_note(self, sentence: str) -> Draft:
        """The same draft with one more note in its record."""
        return self.with_facts(notes=(*self.record.notes, sentence))

    def with_step(self, step: Step) -> Draft:
        """The same draft with one more step."""
        return replace(self, steps=(*self.steps, step))

    def with_seconds(self, phase: str, seconds: float) -> Draft:
        """The same draft with the time of a phase added to its record."""
        phases = dict(self.record.phases)
        phases[phase] = round(phases.get(phase, 0.0) + seconds, 3)
        return self.with_facts(phases=phases)

    def ended(self, outcome: str, problem: str = "") -> Draft:
        """The same draft with its verdict."""
        return replace(self, verdict=Verdict(outcome, problem))
