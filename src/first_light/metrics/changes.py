"""How metrics differ between two builds: in total, and by the dimensions that move most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from first_light.metrics.values import MetricValue
from first_light.utils.number_changes import figure, moved, rounded, sole_cause, transition

_MOST_PARTS, _MOST_DIMENSIONS = 3, 2


@dataclass(frozen=True)
class MetricChange:
    """A metric on two sides.

    Attributes:
        name: its name.
        before: on the earlier side; None if it did not exist.
        after: on the later side; None if it does not exist any more.
        is_redefined: whether its definition is known to be another.
    """

    name: str
    before: MetricValue | None
    after: MetricValue | None
    is_redefined: bool = False

    @property
    def unknown(self) -> str:
        """Why the sides cannot be compared; empty if they can, or if only one exists."""
        if self.before is None or self.after is None:
            return self.after.problem if self.after else ""
        if self.before.problem:
            return f"before: {self.before.problem}"
        return self.after.problem

    @property
    def parts(self) -> dict[str, dict[str, tuple[float | None, float | None]]]:
        """Dimension → its values that differ, with the metric on both sides."""
        if self.before is None or self.after is None or self.unknown:
            return {}
        changes = {
            name: moved(self.before.parts[name], self.after.parts[name])
            for name in self.after.parts
            if name in self.before.parts
        }
        return {name: values for name, values in changes.items() if values}

    @property
    def is_moved(self) -> bool:
        """Whether the number differs, in total or in a part."""
        if self.before is None or self.after is None or self.unknown:
            return False
        return rounded(self.before.total) != rounded(self.after.total) or bool(self.parts)

    @property
    def sentence(self) -> str:
        """The change in a line, without the metric's name."""
        if self.unknown:
            return f"not computed: {self.unknown}"
        if self.before is None:
            return f"new: {figure(self.after.total) if self.after else ''}"
        if self.after is None:
            return f"removed, was {figure(self.before.total)}"
        if not self.is_moved:
            return f"{figure(self.after.total)}, no change"
        redefined = ["its definition changed"] if self.is_redefined else []
        return "; ".join(
            [transition(self.before.total, self.after.total), *self._where(), *redefined]
        )

    def _where(self) -> list[str]:
        """The one value of each dimension that moved; without one, the values that move most."""
        assert self.before
        assert self.after
        causes = []
        for name, values in self.parts.items():
            every = {**self.before.parts[name], **self.after.parts[name]}
            if cause := sole_cause(name, values, every):
                causes.append(cause)
        if causes:
            return causes[:_MOST_DIMENSIONS]
        several = {name: values for name, values in self.parts.items() if len(values) > 1}
        return [f"by {name}: {_listed(values)}" for name, values in list(several.items())[:1]]


def _listed(values: Mapping[str, tuple[float | None, float | None]]) -> str:
    shown = [f"{name} {transition(*both)}" for name, both in list(values.items())[:_MOST_PARTS]]
    more = len(values) - len(shown)
    return ", ".join([*shown, *([f"and {more} more"] if more else [])])
