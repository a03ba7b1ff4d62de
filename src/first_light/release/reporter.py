"""What a release shows while it runs, and the warnings that its result repeats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from first_light.utils.steps import Step, line


@dataclass(frozen=True)
class Reporter:
    """Where a release reports to.

    Attributes:
        say: prints a line that stays.
        doing: shows what is being done right now.
    """

    say: Callable[[str], None]
    doing: Callable[[str], None]
    _warnings: list[str] = field(default_factory=list)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Every warning so far, one sentence each."""
        return tuple(self._warnings)

    def warn(self, sentence: str) -> None:
        """Print a warning, and keep it for the result."""
        self._warnings.append(sentence)
        self.say(sentence)

    def step(self, step: Step) -> None:
        """Print a step that has ended."""
        self.say(line(step))
