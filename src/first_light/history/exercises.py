"""What records hold of exercises: a drill, a measurement of the strength of the tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DrillFact:
    """The result of a drill with every fault."""

    clean_days: int = 0
    """Clean deliveries that were replayed before the faults; 0 in records of other commands."""
    false_alarms: int = 0
    """How often the audit rejected some of them; the same on consecutive days counts once."""
    warned_days: int = 0
    """How many of them were published with a warning."""
    replayed: int = 0
    """Faults that the product's data can have."""
    detected: int = 0
    """How many of those were detected before publishing."""
    missed: tuple[str, ...] = ()
    """The others, each as `fault in source`."""

    @property
    def ok(self) -> bool:
        """At least 95 % detected, and clean days rejected not more than once."""
        return self.detected >= 0.95 * self.replayed > 0 and self.false_alarms <= 1


@dataclass(frozen=True)
class StrengthFact:
    """The strength of the tests, measured over all models."""

    changed: int = 0
    """Changes of the product's own SQL that alter a result; 0 in records of other commands."""
    stopped: int = 0
    """How many of those something would stop before readers meet them."""
    tested: int = 0
    """How many of these a build, a contract or a test stops; a declaration stops the others."""
    survivors: tuple[str, ...] = ()
    """The first of the others, each as `file:line change`."""
