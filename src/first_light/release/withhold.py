"""What readers do not get: columns with personal data, which stay in the private state."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from first_light.dbt.hidden_code import named_columns
from first_light.dbt.manifest import Manifest
from first_light.dbt.packages import unasked_nodes
from first_light.history.record import REJECTED, WithheldRun
from first_light.release.build import built_of, manifest_of
from first_light.release.context import Context
from first_light.release.definitions import views_with_values
from first_light.release.draft import Draft
from first_light.release.nodes import rebuildable, stateful
from first_light.utils import steps
from first_light.utils.steps import Step
from first_light.warehouse.base import Relation
from first_light.warehouse.withheld_columns import (
    PERMISSION,
    UNNAMED,
    Place,
    withheld_columns,
)

STEP = "personal columns"
_MOST = 5  # relations that a message names


def withhold(context: Context, draft: Draft) -> Draft:
    """Decide which columns readers do not get, and record it. A rehearsal holds no personal data.

    Raises:
        DataopsError: a model's permission is not valid, or the columns cannot be read.
    """
    if not draft.is_real:
        return draft
    begin, manifest = time.monotonic(), manifest_of(draft)
    withheld = withheld_now(context, draft)
    unasked = unasked_nodes(manifest, draft.record.product)
    of_packages = _places(manifest, unasked, context.warehouse.columns(draft.record.run))
    withheld |= of_packages
    ids = {(n.schema, n.alias): n.unique_id for n in manifest.nodes.values() if n.alias}
    named = named_columns(manifest)
    facts = tuple(
        WithheldRun(ids.get(place, ""), *place, _recorded(columns, named))
        for place, columns in sorted(withheld.items())
    )
    draft = replace(
        draft.with_facts(withheld=facts),
        withheld={Relation(*place): columns for place, columns in withheld.items()},
    )
    if problem := _views_with_values(context, draft):
        step = Step(STEP, steps.FAILED, time.monotonic() - begin, "values in a definition")
        context.reporter.step(step)
        return draft.with_step(step).ended(REJECTED, problem)
    if not facts:
        return draft
    personal = [fact for fact in facts if (fact.schema, fact.name) not in of_packages]
    counts = {fact: len(withheld[(fact.schema, fact.name)]) for fact in personal}
    count = sum(counts.values())
    remark = f"{count} not published, in {len(personal)} relation{'s' * (len(personal) != 1)}"
    if of_packages:
        remark += f"; {len(of_packages)} relations of dbt packages"
    step = Step(STEP, steps.PASSED, time.monotonic() - begin, remark)
    context.reporter.step(step)
    for fact in personal:
        context.reporter.say(f"private  {fact.name}: {_listed(fact.columns, counts[fact])}")
    draft = draft.with_step(step)
    places = {Relation(fact.schema, fact.name) for fact in personal}
    lost = [r for r in stateful(manifest) if r in places and r not in rebuildable(manifest)]
    if lost and context.warehouse.in_store and context.store.private.place is None:
        return draft.ended(
            REJECTED,
            f"{names_of(lost)}: the history cannot be built again from raw, and holds personal "
            f"columns, which are not stored in {context.store.place}. Leave them out of the "
            f"snapshot, permit them with `config.meta.{PERMISSION}`, or set "
            "DATAOPS_PRIVATE_STATE to a folder that is there for every release.",
        )
    return draft


def _views_with_values(context: Context, draft: Draft) -> str:
    """What is wrong with definitions of views; where readers get another file, a view with withheld
    columns is a table in it.
    """
    sql = {result.unique_id: result.sql for result in built_of(draft).nodes}
    tables = {(r.schema, r.name) for r in draft.withheld} if context.warehouse.in_store else set()
    return "\n".join(views_with_values(manifest_of(draft), sql, tables))


def withheld_now(context: Context, draft: Draft) -> dict[Place, tuple[str, ...]]:
    """The columns of the candidate that readers do not get, or in a rehearsal would not get.

    Raises:
        DataopsError: a model's permission is not valid, or the columns cannot be read.
    """
    built = context.warehouse.columns(draft.record.run)
    earlier = {
        (relation.schema, relation.name): columns
        for relation, columns in _withheld_before(draft).items()
        if relation in continued(context, draft)
    }
    return withheld_columns(
        manifest_of(draft),
        {result.unique_id: result.sql for result in built_of(draft).nodes},
        {(relation.schema, relation.name): columns for relation, columns in built.items()},
        earlier,
    )


def _places(
    manifest: Manifest,
    nodes: Collection[str],
    built: Mapping[Relation, Sequence[str]],
) -> dict[tuple[str, str], tuple[str, ...]]:
    """The relations of nodes, with all their columns."""
    named = {
        (node.schema.lower(), (node.alias or node.name).lower())
        for node in manifest.nodes.values()
        if node.unique_id in nodes
    }
    return {
        (relation.schema, relation.name): tuple(columns)
        for relation, columns in built.items()
        if (relation.schema.lower(), relation.name.lower()) in named
    }


def continued(context: Context, draft: Draft) -> list[Relation]:
    """The stateful relations of which the current release holds everything, here."""
    if not draft.continues_base or context.options.full_refresh:
        return []
    before, base = _withheld_before(draft), draft.record.base
    return [
        relation
        for relation in stateful(manifest_of(draft))
        if relation not in before or context.warehouse.keeps_state(base, relation)
    ]


def _withheld_before(draft: Draft) -> dict[Relation, tuple[str, ...]]:
    facts = draft.base_release.withheld if draft.base_release else ()
    return {Relation(fact.schema, fact.name): fact.columns for fact in facts}


def _recorded(columns: Sequence[str], named: Collection[str]) -> tuple[str, ...]:
    """The columns by name, and `*` for those of which only the data has the name."""
    names = tuple(name for name in columns if name.lower() in named)
    return names if len(names) == len(columns) else (*names, UNNAMED)


def _listed(columns: Sequence[str], count: int) -> str:
    names = [name for name in columns if name != UNNAMED]
    others = count - len(names)
    return ", ".join([*names, *([f"{others} that the repository does not name"] if others else [])])


def names_of(relations: list[Relation]) -> str:
    names = [relation.name for relation in relations]
    return ", ".join(names[:_MOST]) + (" …" if len(names) > _MOST else "")
