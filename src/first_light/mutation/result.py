"""What became of each mutant."""

from __future__ import annotations

from dataclasses import dataclass

from first_light.history.exercises import StrengthFact
from first_light.mutation.operators import Mutant

BUILD, CONTRACT, UNIT_TEST, DATA_TEST, DECLARATION = (
    "build",
    "contract",
    "unit test",
    "data test",
    "declaration",
)
_LISTED = 20
_LONG = 60  # characters


@dataclass(frozen=True)
class Stop:
    """What stops a mutant before readers meet it.

    Attributes:
        by: build, contract, unit test, data test or declaration.
        name: the test, or the node.
    """

    by: str
    name: str


@dataclass(frozen=True)
class Judged:
    """One mutant that changes what a model holds on the sample.

    Attributes:
        model: its name.
        path: its file, relative to the product.
        line: the line there, from 1; 0 where it is unknown.
        mutant: the change.
        stops: what stops it; a declaration only where nothing else does.
        draft: a unit test that would stop it; empty where none was drafted.
    """

    model: str
    path: str
    line: int
    mutant: Mutant
    stops: tuple[Stop, ...]
    draft: str = ""

    @property
    def place(self) -> str:
        """Its file, with the line where that is known."""
        return f"{self.path}:{self.line}" if self.line else self.path

    @property
    def change(self) -> str:
        """What was changed, as one sentence."""
        after = f"`{_short(self.mutant.after)}`" if self.mutant.after else "nothing"
        return f"{self.mutant.operator}: `{_short(self.mutant.before)}` becomes {after}"

    @property
    def is_stopped(self) -> bool:
        return bool(self.stops)

    @property
    def is_tested(self) -> bool:
        """Whether something stops it that nobody has to read."""
        return any(stop.by != DECLARATION for stop in self.stops)


@dataclass(frozen=True)
class Strength:
    """How much of a product's own SQL its tests hold.

    Attributes:
        judged: the mutants that change a result.
        without_effect: how many change nothing on the sample.
        not_tried: how many were left out by the limit.
        left_out: models that were not changed, with the reason.
        failing: names of tests that fail, or cannot run, without any change; they stop nothing.
    """

    judged: tuple[Judged, ...]
    without_effect: int
    not_tried: int
    left_out: dict[str, str]
    failing: tuple[str, ...] = ()

    @property
    def stopped(self) -> int:
        return sum(mutant.is_stopped for mutant in self.judged)

    @property
    def survivors(self) -> tuple[Judged, ...]:
        """Mutants that nothing stops."""
        return tuple(mutant for mutant in self.judged if not mutant.is_stopped)

    @property
    def tested(self) -> int:
        return sum(mutant.is_tested for mutant in self.judged)

    @property
    def share(self) -> float | None:
        """Stopped mutants ÷ mutants that change a result; None without any."""
        return self.stopped / len(self.judged) if self.judged else None

    @property
    def fact(self) -> StrengthFact:
        """What is recorded of it."""
        listed = self.survivors[:_LISTED]
        return StrengthFact(
            len(self.judged),
            self.stopped,
            self.tested,
            tuple(f"{judged.place} {judged.mutant.operator}" for judged in listed),
        )


def _short(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
