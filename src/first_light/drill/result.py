"""The result of a drill: each fault that was replayed, and the clean days before it."""

from __future__ import annotations

from dataclasses import dataclass

from first_light.drill.scratch import Detection
from first_light.history.exercises import DrillFact


@dataclass(frozen=True)
class Replayed:
    """One fault that was replayed.

    Attributes:
        fault: its name.
        description: what goes wrong.
        source: where; empty when no source can have it.
        seen: what noticed it, that a clean day does not show; the rejecting ones first.
        skipped: why it was not replayed; empty when it was.
    """

    fault: str
    description: str
    source: str
    seen: tuple[Detection, ...] = ()
    skipped: str = ""

    @property
    def outcome(self) -> str:
        """rejected and warned come before publishing; missed is what readers would find."""
        if self.skipped:
            return "not replayed"
        if any(detection.rejects for detection in self.seen):
            return "rejected"
        return "warned" if self.seen else "missed"


@dataclass(frozen=True)
class Drilled:
    """How a drill went.

    Attributes:
        days: clean deliveries that were replayed before the faults.
        rejected: those of them that the audit rejected: false alarms, or trouble of the team's own.
            Each with its date and what rejected it.
        warned: those of them that were published with a warning.
        faults: the faults.
        left_out: nodes that a drill does not build.
        alarms: how often it rejected: the same on days in a row is one time.
    """

    days: int
    rejected: tuple[tuple[str, tuple[Detection, ...]], ...]
    warned: int
    faults: tuple[Replayed, ...]
    left_out: tuple[str, ...]
    alarms: int = 0

    @property
    def replayed(self) -> int:
        return sum(not fault.skipped for fault in self.faults)

    @property
    def detected(self) -> int:
        return sum(bool(fault.seen) for fault in self.faults)

    @property
    def ok(self) -> bool:
        """At least 95 % detected, and clean days rejected not more than once."""
        return self.fact.ok

    @property
    def fact(self) -> DrillFact:
        """What is written down of it."""
        missed = (fault for fault in self.faults if fault.outcome == "missed")
        return DrillFact(
            self.days,
            self.alarms,
            self.warned,
            self.replayed,
            self.detected,
            tuple(f"{replayed.fault} in {replayed.source}" for replayed in missed),
        )
