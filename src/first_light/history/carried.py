"""How much of a release was built, and how much it took over from the one before."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from first_light.history.record import Record


class BuildCounts(NamedTuple):
    """Results of a run: models, snapshots, seeds and tests."""

    built: int
    carried_over: int

    def __str__(self) -> str:
        return f"{self.built:,} built, {self.carried_over:,} carried over"


def build_counts(record: Record) -> BuildCounts:
    """How many nodes a run built, and how many it carried over."""
    carried = sum(bool(node.carried_from) for node in record.nodes)
    return BuildCounts(len(record.nodes) - carried, carried)


def built_statuses(record: Record) -> Counter[str]:
    """How many nodes dbt built in a run, by status."""
    return Counter(node.status for node in record.nodes if not node.carried_from)
