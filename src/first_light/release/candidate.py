"""The phase that opens a candidate: with the state of the current release, as far as it is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from first_light.history.facts import RAW_LIST, raw_from_json
from first_light.history.record import Record
from first_light.project import set_aside
from first_light.release.build import manifest_of
from first_light.release.carry_over import CarriedOver
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.release.nodes import rebuildable, stateful
from first_light.release.withhold import continued, names_of
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation


def open_candidate(context: Context, draft: Draft) -> Draft:
    """Make the place where the candidate is built, with current's state unless asked otherwise.

    Raises:
        DataopsError: it cannot be made, or state is missing that raw is not enough to build again.
    """
    keeps_state = draft.continues_base and not context.options.full_refresh
    state = _state(context, draft) if keeps_state else []
    base_run = draft.record.base if keeps_state else ""
    environment = _begin(context, draft, base_run, state)
    if draft.carried.relations and (wrong := _wrong_rows(context, draft)):
        context.reporter.warn(
            f"Everything is built: {names_of(wrong)} of the current release "
            f"{'has' if len(wrong) == 1 else 'have'} not the rows that its record names."
        )
        draft = replace(draft, carried=CarriedOver())
        environment = _begin(context, draft, base_run, state)
    if draft.is_rehearsal:
        context.warehouse.load_sample()
    draft = replace(draft, engine=draft.engine.with_environment(environment))
    base = draft.base_release
    if keeps_state and base and _reads_other_files(context, draft, base):
        models = sorted(relation.name for relation in stateful(manifest_of(draft)))
        if models:
            sentence = (
                "The files that are set aside have changed; models that keep rows may still hold "
                f"some of theirs ({', '.join(models[:3])}): uv run dataops release --full-refresh"
            )
            context.reporter.warn(sentence)
            draft = draft.with_note(sentence)
    return draft


def _reads_other_files(context: Context, draft: Draft, base: Record) -> bool:
    """Whether a file was set aside, or is read again, since the current release was built."""
    if draft.raw_tables is not None:  # the rows of a server's table are filtered in staging
        return base.raw.set_aside != draft.record.raw.set_aside
    before = raw_from_json(context.store.releases / draft.record.base / RAW_LIST)
    return set_aside.is_read_differently(
        {file.name for file in before},
        {file.name for file in draft.raw_files},
        set_aside.read(context.product.root),
        base.raw.set_aside,
    )


def _begin(context: Context, draft: Draft, base: str, state: Sequence[Relation]) -> dict[str, str]:
    """Make the place, with copies of the base's state and of what is carried over."""
    copies = list(dict.fromkeys([*state, *draft.carried.relations.values()]))
    return context.warehouse.begin(draft.record.run, base, copies)


def _wrong_rows(context: Context, draft: Draft) -> list[Relation]:
    """The copies with other rows than the record of the current release names."""
    assert draft.base_release is not None
    recorded = {node.unique_id: node.rows for node in draft.base_release.nodes}
    carried = draft.carried.relations
    rows = context.warehouse.rows(draft.record.run, list(carried.values()))
    return [
        relation
        for unique_id, relation in carried.items()
        if rows.get(relation) is None or rows[relation] != recorded[unique_id]
    ]


def _state(context: Context, draft: Draft) -> list[Relation]:
    """The stateful relations that go on from the current release; the others are built in full.

    Raises:
        DataopsError: the private state of one is not here that cannot be built again from raw.
    """
    state, manifest = stateful(manifest_of(draft)), manifest_of(draft)
    found = continued(context, draft)
    missing = [relation for relation in state if relation not in found]
    if lost := [relation for relation in missing if relation not in rebuildable(manifest)]:
        raise DataopsError(
            "The private state of the current release is not here, and a history cannot be built "
            "again from raw.",
            where=f"{names_of(lost)}: {context.store.private.place or 'no private state is kept'}",
            fix="set DATAOPS_PRIVATE_STATE to the folder that the current release used; to begin "
            "the history again: uv run dataops release --full-refresh",
        )
    if missing:
        context.reporter.say(
            f"Built in full, because their personal columns are not in {context.store.place}: "
            f"{names_of(missing)}"
        )
    return found
