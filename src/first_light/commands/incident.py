"""`dataops incident`: errors that a person found, recorded with a beginning and an end."""

from __future__ import annotations

from first_light.dbt.lookup import matches_of
from first_light.dbt.manifest import Manifest
from first_light.history.events import add_event
from first_light.history.log import History
from first_light.history.record import CLOSED, PUBLISHED, REPORTED, IncidentFact
from first_light.incidents.derive import Incident, by_fault, incidents
from first_light.notify.send import notify
from first_light.privacy.messages import masked_sentence
from first_light.project.product import Product
from first_light.release.rollback import choose
from first_light.status.current import manifest_of, open_ledger
from first_light.store.locate import store_of
from first_light.utils.errors import DataopsError

_KINDS = ("model", "source", "snapshot", "seed", "exposure")


def listed(product: Product, include_closed: bool = False) -> tuple[Incident, ...]:
    """The open incidents, or all of them, one a fault; the newest first.

    Raises:
        DataopsError: the store can't be read.
    """
    with open_ledger(product) as book:
        store = store_of(product)
        all_incidents = incidents(book, manifest_of(store, store.current()))
    return tuple(fault for fault in by_fault(all_incidents) if include_closed or fault.open)


def report(
    product: Product, text: str, model: str | None = None, release: str | None = None
) -> tuple[str, tuple[str, ...]]:
    """Record an error that was published and that somebody found.

    Args:
        product: the product.
        text: what is wrong; what stands in quotes is masked, it may be personal.
        model: the model, source or exposure it is about; None for the product as a whole.
        release: where it was seen: id, number or commit; None for current.

    Returns:
        The incident's id, and what somebody should know besides.

    Raises:
        DataopsError: the description is empty, the model or release is unknown, or the record can't
            be written.
    """
    if not text.strip():
        raise DataopsError(
            "A description of the error is missing.", fix='uv run dataops incident report "…"'
        )
    store = store_of(product)
    if not store.exists():
        raise DataopsError(
            "Nothing has been released yet, so there is no published error.",
            where=store.place,
            fix="uv run dataops release",
        )
    with store.lock():
        history = History(store.history)
        current = store.current() or ""
        seen_in = current
        if release is not None:
            published = sorted(r.run for r in history.newest() if r.outcome == PUBLISHED)
            seen_in = choose(published, current, release)
        subject = _subject(manifest_of(store, store.current()), model) if model else ""
        fact = IncidentFact(subject=subject, release=seen_in, text=masked_sentence(text.strip()))
        record = add_event(product, store, history, "incident", REPORTED, incident=fact)
        warnings = notify(product, store, history)
        store.push()
    return f"{REPORTED}@{record.number}", warnings


def close(product: Product, incident_id: str, because: str) -> tuple[Incident, tuple[str, ...]]:
    """Say that an incident which a person reported is over.

    Args:
        product: the product.
        incident_id: its id, or only its number.
        because: why it is over, for those who come after.

    Returns:
        The incident, and what somebody should know besides.

    Raises:
        DataopsError: no reason, no such open incident, or one that only a run can end.
    """
    if not because.strip():
        raise DataopsError(
            "A reason is missing.", fix='uv run dataops incident close ID --because "REASON"'
        )
    store = store_of(product)
    if not store.exists():
        raise DataopsError("No incident is recorded.", where=store.place)
    with store.lock():
        history = History(store.history)
        matches = [
            incident
            for incident in listed(product)
            if incident_id in (incident.incident, incident.incident.split("@")[-1])
        ]
        reported = [incident for incident in matches if incident.kind == REPORTED]
        if not matches:
            raise DataopsError(
                "There is no open incident with this id.",
                where=incident_id,
                fix="uv run dataops incident list",
            )
        if not reported:
            raise DataopsError(
                "A detected incident closes with the first run in which its check passes.",
                where=f"{incident_id}: {matches[0].label}",
                fix=matches[0].next,
            )
        fact = IncidentFact(incident=reported[0].incident, text=masked_sentence(because.strip()))
        add_event(product, store, history, "incident", CLOSED, incident=fact)
        warnings = notify(product, store, history)
        store.push()
    return reported[0], warnings


def _subject(manifest: Manifest | None, name: str) -> str:
    if manifest is None:
        raise DataopsError(
            "The current release has no list of models.", fix="repeat the command without --model"
        )
    nodes = [node for node in manifest.nodes.values() if node.kind in _KINDS]
    matches, suggestions = matches_of(nodes, name)
    if len(matches) != 1:
        hint = "" if matches or not suggestions else "did you mean "
        raise DataopsError(
            "No model, source or exposure matches this name."
            if not matches
            else "Several nodes match this name.",
            where=name + (f": {hint}{', '.join(suggestions)}" if suggestions else ""),
            fix="copy its full name from: uv run dbt ls",
        )
    return matches[0].unique_id
