"""`dataops incident draft`: what would have stopped an error that readers found.

A unit test that today's SQL passes and the SQL of the release with the error fails, and the faults
of a drill that look like it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from first_light.commands.incident import listed
from first_light.dbt.manifest import Manifest
from first_light.drill.alike import similar_faults
from first_light.history.record import REPORTED, Record, RelationProfile
from first_light.impact.base import prepare
from first_light.impact.change import NoBase
from first_light.incidents.derive import Incident
from first_light.metrics.recorded import recorded_release
from first_light.mutation.drafts_file import write
from first_light.mutation.earlier import Compared, Earlier, compare
from first_light.project.product import Product
from first_light.status.current import manifest_of
from first_light.store.locate import store_of
from first_light.utils.errors import DataopsError

FILE = Path("target", "incident", "unit_tests.yml")


@dataclass(frozen=True)
class Drafted:
    """What would have stopped an incident.

    Attributes:
        incident: which.
        compared: the models that were changed since, with drafted unit tests.
        file: with the drafts, relative to the product; None without any.
        faults: names of faults of a drill that look like it.
        remarks: what could not be drafted and why, one sentence each.
    """

    incident: Incident
    compared: Compared
    file: Path | None
    faults: tuple[str, ...]
    remarks: tuple[str, ...]


def draft(product: Product, incident_id: str, progress: Callable[[str], None]) -> Drafted:
    """Draft a unit test from the sample, which holds no personal data, and name faults alike.

    Args:
        product: with the correction, released or not.
        incident_id: id or number of an incident that a person reported, open or closed.
        progress: shows what is being done.

    Raises:
        DataopsError: there is no such incident, its release is not known, or the product cannot be
            built on its sample.
    """
    incident = _reported(product, incident_id)
    store = store_of(product)
    wrong = recorded_release(store, incident.good_run)
    if wrong is None or not wrong.git.commit:
        raise DataopsError(
            "The release in which the error was seen is not known any more.",
            where=f"{incident.incident}: {incident.good_run or 'no release'}",
            fix="write a unit test by hand: uv run dataops docs test-strength",
        )
    base = prepare(product, wrong.git.commit, product.target / "no-parse", progress)
    if isinstance(base, NoBase):
        raise DataopsError(
            "The commit of the release with the error cannot be compiled.", where=base.why
        )
    earlier = Earlier(
        base.folder / "tree",
        f"incident_{incident.incident.rpartition('@')[2]}",
        f"TODO: say what must hold here. It failed in release {wrong.run}, {incident.incident}.",
    )
    compared = compare(product, earlier, incident.subject, progress)
    current = store.current() or ""
    right = recorded_release(store, current)
    faults = _faults(incident, wrong, right, manifest_of(store, current))
    return Drafted(
        incident,
        compared,
        write(product, FILE, compared.drafts),
        faults,
        tuple(remarks(compared, wrong.run, has_later_release=current != wrong.run)),
    )


def remarks(compared: Compared, release: str, *, has_later_release: bool) -> list[str]:
    """What could not be drafted and why."""
    sentences = []
    if not compared.changed:
        sentences.append(
            f"No SQL that the incident is about has changed since {release}: correct it, then "
            "repeat this command."
        )
    elif not compared.drafts:
        models = ", ".join(compared.changed)
        sentences.append(
            f"The change of {models} shows in no few rows of the sample: add rows like those of "
            "the error to sample/, without personal data, then repeat this command."
        )
    if not has_later_release:
        sentences.append(
            "No release was published since, so no fault of a drill can be compared with it."
        )
    return sentences


def _reported(product: Product, incident_id: str) -> Incident:
    matches = [
        incident
        for incident in listed(product, include_closed=True)
        if incident_id in (incident.incident, incident.incident.rpartition("@")[2])
    ]
    reported = [incident for incident in matches if incident.kind == REPORTED]
    if reported:
        return reported[0]
    if matches:
        raise DataopsError(
            "This incident was detected: a check stops it already.",
            where=f"{incident_id}: {matches[0].label}",
        )
    raise DataopsError(
        "There is no incident with this id.",
        where=incident_id,
        fix="uv run dataops incident list --all",
    )


def _faults(
    incident: Incident, wrong: Record, right: Record | None, manifest: Manifest | None
) -> tuple[str, ...]:
    """From the most upstream relation on: a drill's faults are those of deliveries."""
    if right is None or right.run == wrong.run or manifest is None:
        return ()
    scope = {incident.subject, *manifest.graph.ancestors(incident.subject)}
    is_whole = incident.subject not in manifest.nodes
    order = {name: place for place, name in enumerate(manifest.graph.in_order())}

    def place(profile: RelationProfile) -> int:
        return order.get(profile.unique_id, len(order))

    profiles = [p for p in wrong.profile if is_whole or p.unique_id in scope]
    return similar_faults(sorted(profiles, key=place), right.profile)
