"""The state of one release while it is made."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from first_light.dbt.engine import DbtRun, NodeResult
from first_light.dbt.manifest import Manifest
from first_light.history import facts
from first_light.history.log import History, record_in
from first_light.history.raw_location import RawPlace, raw_place, sample_place
from first_light.history.record import REHEARSAL, Record
from first_light.project.product import Product
from first_light.release.nodes import summary
from first_light.release.signals import Signals
from first_light.store.locate import FolderStore
from first_light.utils import steps
from first_light.utils.steps import Step
from first_light.warehouse.base import Warehouse

TRIGGERS = ("push", "schedule", "manual")


@dataclass(frozen=True)
class Options:
    """How a release is asked for.

    Attributes:
        trigger: push, schedule or manual.
        full_refresh: rebuild from raw alone, without current's state.
        allow_dirty: with uncommitted changes.
        check_disk: look first whether the disk will hold it.
    """

    trigger: str = "manual"
    full_refresh: bool = False
    allow_dirty: bool = False
    check_disk: bool = True


@dataclass
class Run:
    """One run's state, and what all its phases do: say, time and note things."""

    product: Product
    options: Options
    store: FolderStore
    history: History
    warehouse: Warehouse
    signals: Signals
    say: Callable[[str], None]
    doing: Callable[[str], None]
    done: list[Step] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failed: list[NodeResult] = field(default_factory=list)
    manifest: Manifest | None = None
    raw_files: tuple[facts.RawFile, ...] = ()
    tables: tuple[facts.RawFile, ...] | None = None  # raw, where the warehouse holds it
    record: Record = field(init=False)
    environment: dict[str, str] = field(default_factory=dict)
    recorded: bool = False
    began: float = field(default_factory=time.monotonic)

    @property
    def target(self) -> Path:
        """Where dbt writes; the candidate gets copies of what is to stay."""
        return self.product.target / "release"

    @property
    def place(self) -> RawPlace:
        """Where the files are that this release reads: raw's, or in a rehearsal the sample's."""
        rehearsal = self.record.kind == REHEARSAL
        return sample_place(self.product) if rehearsal else raw_place(self.product)

    @cached_property
    def base_release(self) -> Record | None:
        """What the release says of itself that was current when this run began."""
        return self.published(self.record.base) if self.record.base else None

    def published(self, run: str) -> Record | None:
        return record_in(self.store.releases / run)

    def step(self, name: str, act: Callable[[], DbtRun], nothing: str = "") -> DbtRun:
        """One step of dbt; `nothing` is why it was none, where it looked at no node."""
        self.signals.look()
        self.doing(name)
        begin = time.monotonic()
        with self.phase(name):
            run = act()
        self.signals.look()
        seconds = time.monotonic() - begin
        verdict = steps.PASSED if run.ok else steps.FAILED
        if run.ok and run.warned:
            verdict = steps.WARNED
        told = summary(run)
        if nothing and run.ok and not run.nodes:
            verdict, told = steps.SKIPPED, nothing
        step = Step(name, verdict, seconds, told)
        self.done.append(step)
        self.say(f"{step.verdict:<8}{step.name} {seconds:.1f} s")
        return run

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        begin = time.monotonic()
        try:
            yield
        finally:
            phases = dict(self.record.phases)
            phases[name] = round(phases.get(name, 0.0) + time.monotonic() - begin, 3)
            self.record = replace(self.record, phases=phases)

    def write_down(self) -> None:
        self.store.write_down(self.record.run, self.record.to_json())

    def note(self, sentence: str) -> None:
        self.record = replace(self.record, notes=(*self.record.notes, sentence))
        self.warn(sentence)

    def warn(self, sentence: str) -> None:
        self.warnings.append(sentence)
        self.say(sentence)
