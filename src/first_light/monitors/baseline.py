"""What earlier releases held: one step for each delivery of raw, in order, newest last.

Releases that were built from the same raw are one step: only new data says how data moves. Steps
keep a distance, so that a second delivery on the same day does not count as a day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from first_light.history.log import History
from first_light.history.record import PUBLISHED, REAL, RelationProfile
from first_light.utils.timestamps import moment

_RELEASES, _STEPS_KEPT = 150, 60
_MINIMUM_DISTANCE = 0.75  # of the usual time between two deliveries


@dataclass(frozen=True)
class Release:
    """One published production release, as far as monitors care.

    Attributes:
        run: its id.
        number: its place in the order of runs.
        at: when it ended.
        fingerprint: the state of raw; empty where it is unknown.
        relations: its profile by node, as the record writes it; of a source its last delivery.
        anomalies: check, node and column of what was found in it.
        checksums: of the nodes' code.
        deliveries: profiles of what came to each source, oldest first.
        metrics: the value of each metric, and what changes with its definition.
    """

    run: str
    number: int
    at: datetime
    fingerprint: str
    relations: Mapping[str, Mapping[str, Any]]
    anomalies: frozenset[tuple[str, str, str]]
    checksums: Mapping[str, str]
    deliveries: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    metrics: Mapping[str, tuple[float | None, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """What was current after one delivery.

    Attributes:
        release: the last one that was built from it.
        since: when it was first published.
    """

    release: Release
    since: datetime


@dataclass(frozen=True)
class Memory:
    """The past of a candidate.

    Attributes:
        releases: what was published, oldest first.
        steps: the deliveries before the candidate's, oldest first.
        cadence: the usual time between two; None with fewer than two.
        since: when the candidate's state of raw was first published; None when it is new.
        own: the candidate's state of raw; empty where it is unknown.
    """

    releases: tuple[Release, ...]
    steps: tuple[Step, ...]
    cadence: timedelta | None
    since: datetime | None
    own: str = ""

    @property
    def published(self) -> Release | None:
        """The last release that was built from another state of raw: its files are known."""
        others = (r for r in reversed(self.releases) if r.fingerprint != self.own)
        return next(others, None) if self.since else next(reversed(self.releases), None)

    @property
    def before(self) -> Step | None:
        """The delivery before the candidate's."""
        return self.steps[-1] if self.steps else None

    def periods(self, since: datetime, before: datetime) -> int:
        """How many deliveries usually come in a time: at least one."""
        if not self.cadence:
            return 1
        return max(1, round((since - before) / self.cadence))


def read_releases(history: History) -> tuple[Release, ...]:
    """The last published production releases, oldest first."""
    releases: dict[str, Release] = {}
    for text in history.texts():
        # Most of a record is of no use here, and is not looked at.
        if f'"outcome":"{PUBLISHED}"' in text and (one := _release(msgspec.json.decode(text))):
            releases.setdefault(one.run, one)
            if len(releases) == _RELEASES:
                break
    return tuple(sorted(releases.values(), key=lambda one: one.number))


def release_of(profile: Iterable[RelationProfile], **facts: Any) -> Release:
    """A release that need not be read: what a drill keeps in memory."""
    profiles = [as_remembered(relation) for relation in profile]
    relations = {relation["unique_id"]: relation for relation in profiles}
    return Release(relations=relations, deliveries=_deliveries(profiles), **facts)


def as_remembered(profile: RelationProfile) -> dict[str, Any]:
    """A profile as a release that was read holds it."""
    return _relation({**vars(profile), "columns": [vars(column) for column in profile.columns]})


def remember(releases: Sequence[Release], fingerprint: str, at: datetime) -> Memory:
    """The past of a candidate that is built from a state of raw.

    Args:
        releases: oldest first.
        fingerprint: the candidate's state of raw; empty where it is unknown.
        at: when it is judged.
    """
    releases = releases[-_RELEASES:]
    groups: list[Step] = []
    for release in releases:
        if groups and release.fingerprint and groups[-1].release.fingerprint == release.fingerprint:
            groups[-1] = Step(release, groups[-1].since)
        else:
            groups.append(Step(release, release.at))
    own_step = (
        groups.pop() if groups and _is_same(groups[-1].release.fingerprint, fingerprint) else None
    )
    gaps = [following.since - release.since for release, following in pairwise(groups)]
    gaps = sorted(gap for gap in gaps if gap > timedelta())
    cadence = gaps[len(gaps) // 2] if gaps else None
    distance = _MINIMUM_DISTANCE * (cadence or timedelta())
    steps: list[Step] = []
    later_start = own_step.since if own_step else at
    for step in reversed(groups):
        if step.since <= later_start - distance:
            steps.append(step)
            later_start = step.since
    return Memory(
        tuple(releases),
        tuple(reversed(steps[:_STEPS_KEPT])),
        cadence,
        own_step.since if own_step else None,
        fingerprint,
    )


@dataclass(frozen=True)
class Code:
    """How long a node's code, and that of everything above it, has been as it is now.

    Attributes:
        new: no release has been published with it.
        first: the number of the first release with it; None when it is new, or older than memory.
    """

    new: bool
    first: int | None


def code_of(
    releases: Sequence[Release], lineage: Collection[str], checksums: Collection[str]
) -> Code:
    """Since when the code has been as it is now.

    Args:
        releases: oldest first.
        lineage: a node and everything above it, by dbt id.
        checksums: of these, now.
    """
    first_number: int | None = None
    for release in reversed(releases):
        release_checksums = {
            release.checksums[node] for node in lineage if node in release.checksums
        }
        if release_checksums and release_checksums != set(checksums):
            return Code(new=first_number is None, first=first_number)
        if release_checksums:
            first_number = release.number
    return Code(new=False, first=None)


def _is_same(fingerprint: str, candidate: str) -> bool:
    return bool(fingerprint) and fingerprint == candidate


def _release(raw: dict[str, Any]) -> Release | None:
    if (raw["command"], raw["kind"], raw["outcome"]) != ("release", REAL, PUBLISHED):
        return None
    if not raw.get("profile"):
        return None
    profiles = [_relation(relation) for relation in raw["profile"]]
    return Release(
        raw["run"],
        raw["number"],
        moment(raw["ended_at"] or raw["started_at"]),
        raw["raw"].get("fingerprint") or "",
        {relation["unique_id"]: relation for relation in profiles},
        frozenset((f["check"], f["subject"], f["column"]) for f in raw.get("findings") or ()),
        {n["unique_id"]: n["checksum"] for n in raw.get("nodes") or () if n.get("checksum")},
        _deliveries(profiles),
        {m["name"]: (m["value"], m["definition"]) for m in raw.get("metrics") or ()},
    )


def _deliveries(profiles: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Profiles of sources that are files, by node."""
    deliveries: dict[str, list[Mapping[str, Any]]] = {}
    for profile in profiles:
        if profile.get("files") is not None:
            deliveries.setdefault(profile["unique_id"], []).append(profile)
    return deliveries


def _relation(raw: dict[str, Any]) -> dict[str, Any]:
    """A profile with its columns by name."""
    return {**raw, "columns": {column["name"]: column for column in raw.get("columns") or ()}}
