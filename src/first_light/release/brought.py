"""What a release brought in: new files and rows of each table of raw, and whose fault it may be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from first_light.dbt.manifest import Manifest
from first_light.dbt.raw_table import full_name, raw_table
from first_light.history.facts import RawFile
from first_light.history.record import FindingRun, RelationProfile
from first_light.monitors.sources import date_of

_MOST_TOGETHER = 10  # files in one command


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
        full_name(relation.unique_id): relation.rows
        for relation in profile
        if relation.files is not None and not relation.problem
    }
    return tuple(Brought(table, tuple(names), rows.get(table)) for table, names in files.items())


@dataclass(frozen=True)
class Suspects:
    """New files that a failure may come from, by their path below raw.

    Attributes:
        files: all of them.
        delivery: those that are set aside together, at most 10: the files of the deliveries that
            findings are about, or all of one date; else the first.
    """

    files: tuple[str, ...] = ()
    delivery: tuple[str, ...] = ()


def suspects_of_failure(
    subject: str, manifest: Manifest, deliveries: Sequence[Brought]
) -> Suspects:
    """The new files that a node was built from."""
    files = _files_above(subject, manifest, deliveries)
    return Suspects(files, _together(files, is_one=len({date_of(file) for file in files}) == 1))


def suspects_of_findings(
    findings: Sequence[FindingRun], manifest: Manifest, deliveries: Sequence[Brought]
) -> Suspects:
    """The new files of the deliveries that errors are about; without such an error those that the
    node of the first one was built from.

    Args:
        findings: the errors of monitors, the first cause first.
        manifest: the product.
        deliveries: what came to raw.
    """
    files: list[str] = []
    for finding in findings:
        if not finding.subject.startswith("source."):
            continue
        came = _files_above(finding.subject, manifest, deliveries)
        own = [file for file in came if date_of(file) == finding.delivery]
        files += [finding.column] if finding.column in came else own
    if files:
        distinct = tuple(dict.fromkeys(files))
        return Suspects(distinct, _together(distinct, is_one=True))
    first = next((finding.subject for finding in findings), "")
    return suspects_of_failure(first, manifest, deliveries) if first else Suspects()


def _together(files: Sequence[str], is_one: bool) -> tuple[str, ...]:
    return tuple(files if is_one and len(files) <= _MOST_TOGETHER else files[:1])


def _files_above(
    subject: str, manifest: Manifest, deliveries: Sequence[Brought]
) -> tuple[str, ...]:
    by_table = {delivery.table: delivery.files for delivery in deliveries}
    above = manifest.graph.ancestors(subject) | {subject}
    tables = {
        raw_table(node, by_table) for node in manifest.of("source") if node.unique_id in above
    }
    return tuple(name for table in sorted(tables) for name in by_table.get(table, ()))
