"""The phase that opens a candidate: with the state of the current release, as far as it is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from first_light.history.facts import RAW_LIST, raw_from_json
from first_light.history.record import Record
from first_light.project import set_aside
from first_light.release import files_read
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
    draft = files_read.choose(context, draft)
    state = _state(context, draft) if keeps_state else []
    base_run = draft.record.base if keeps_state else ""
    environment = _begin(context, draft, base_run, state)
    if wrong := _wrong_rows(context, draft):
        context.reporter.warn(
            f"Everything is built: {names_of(wrong)} of the current release "
            f"{'has' if len(wrong) == 1 else 'have'} not the rows that its record names."
        )
        draft = files_read.from_all_files(replace(draft, carried=CarriedOver()))
        state = _state(context, draft) if keeps_state else []
        environment = _begin(context, draft, base_run, state)
    if draft.is_rehearsal:
        context.warehouse.load_sample()
    draft = replace(draft, engine=draft.engine.with_environment(environment))
    if draft.increments.new:
        engine = draft.engine.with_environment(files_read.environment(draft))
        draft = replace(draft, engine=engine)
    base = draft.base_release
    if keeps_state and base and _reads_other_files(context, draft, base):
        rebuilt = _rebuilt(draft)
        kept = [relation for relation in stateful(manifest_of(draft)) if relation not in rebuilt]
        models = sorted(relation.name for relation in kept)
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
    """The copies that must be whole with other rows than the record of current names."""
    nodes = manifest_of(draft).nodes
    copies = dict(draft.carried.relations)
    found = continued(context, draft)
    for name in draft.increments.new:
        relation = Relation(nodes[name].schema, nodes[name].alias)
        if relation in found:
            copies[name] = relation
    if not copies:
        return []
    assert draft.base_release is not None
    recorded = {node.unique_id: node.rows for node in draft.base_release.nodes}
    rows = context.warehouse.rows(draft.record.run, list(copies.values()))
    return [
        relation
        for unique_id, relation in copies.items()
        if rows.get(relation) is None or rows[relation] != recorded.get(unique_id)
    ]


def _rebuilt(draft: Draft) -> set[Relation]:
    """The stateful relations that raw is read for again, and those that continue them."""
    manifest = manifest_of(draft)
    names = draft.increments.rebuilt(manifest, draft.carried.origins)
    nodes = (manifest.nodes[name] for name in names)
    return {Relation(node.schema, node.alias) for node in nodes}


def _state(context: Context, draft: Draft) -> list[Relation]:
    """The stateful relations that go on from the current release; the others are built in full.

    Raises:
        DataopsError: the private state of one is not here that cannot be built again from raw.
    """
    manifest, rebuilt = manifest_of(draft), _rebuilt(draft)
    state = [relation for relation in stateful(manifest) if relation not in rebuilt]
    found = [relation for relation in continued(context, draft) if relation not in rebuilt]
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
