"""What a release brought in: new files and rows of each table of raw, and whose fault it may be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from first_light.dbt.manifest import Manifest
from first_light.dbt.raw_table import raw_table
from first_light.history.facts import RawFile
from first_light.history.record import RelationProfile


@dataclass(frozen=True)
class Brought:
    """What came to one table of raw since the current release.

    Attributes:
        table: the table.
        files: new or changed files, by their path below raw; where raw is tables, the table.
        rows: how many rows they hold; None where nobody counted.
    """

    table: str
    files: tuple[str, ...]
    rows: int | None = None


def brought(
    now: Iterable[RawFile], before: Iterable[RawFile], profile: Iterable[RelationProfile]
) -> tuple[Brought, ...]:
    """What came to each table.

    Args:
        now: what raw was made of when it was read.
        before: what the current release was built from; empty before the first.
        profile: the profiles of the run, with those of new data in sources.
    """
    files: dict[str, list[str]] = defaultdict(list)
    for file in sorted(set(now) - set(before), key=lambda file: file.name):
        files[file.name.partition("/")[0]].append(file.name)
    rows = {
        relation.unique_id.rpartition(".")[2]: relation.rows
        for relation in profile
        if relation.files is not None and not relation.problem
    }
    return tuple(Brought(table, tuple(names), rows.get(table)) for table, names in files.items())


def suspects(subject: str, manifest: Manifest, deliveries: Sequence[Brought]) -> tuple[str, ...]:
    """The new files that a node was built from, by their path below raw."""
    by_table = {delivery.table: delivery.files for delivery in deliveries}
    above = manifest.graph.ancestors(subject) | {subject}
    tables = {
        raw_table(node, by_table) for node in manifest.of("source") if node.unique_id in above
    }
    return tuple(name for table in sorted(tables) for name in by_table.get(table, ()))
