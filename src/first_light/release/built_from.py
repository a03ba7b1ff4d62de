"""What a release was built from, beside it: the next one compares it with what it would build."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from importlib import metadata

import msgspec

from first_light.dbt import outside_reads
from first_light.dbt.determinism import is_uncertain_sql
from first_light.dbt.fingerprint import Inputs, Project, fingerprints, read_project
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.plain_views import plain_views
from first_light.history import facts
from first_light.history.facts import RawFile
from first_light.monitors.sources import location, pattern
from first_light.project import settings
from first_light.project.product import now
from first_light.release.build import built_of, manifest_of, raw_now
from first_light.release.carry_over import Built, CarriedOver, obstacle, plan
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.utils.regular_files import read_regular
from first_light.utils.whole_files import write_whole
from first_light.warehouse.base import Relation
from first_light.warehouse.dialect import dialect_of

FILE = "built_from.json"
_LIBRARIES = ("dbt-adapters", "dbt-common")
_ONE_CALL = 1  # of a function that reads files, in what a source is read from


def choose(context: Context, draft: Draft) -> Draft:
    """Decide what is carried over from the current release: what the same build would make again.

    Raises:
        DataopsError: what the project is built from, or the current release, cannot be read.
    """
    if not settings.current().carry_over or not draft.is_real:
        return draft
    project = read_project(context.product.root, context.target / "manifest.json")
    inputs = Inputs(
        versions(context, draft),
        _states(context, draft, draft.raw_files),
        {**os.environ, **draft.engine.environment},
    )
    draft = replace(draft, project=project, inputs=inputs)
    carried = _carried(context, draft, project, inputs)
    if carried.obstacle:
        context.reporter.say(f"Everything is built: {carried.obstacle}.")
    return replace(draft, carried=carried)


def write(context: Context, draft: Draft) -> None:
    """Write beside a sealed candidate what it was built from.

    Raises:
        DataopsError: raw or the candidate cannot be read.
        OSError: it cannot be written.
    """
    if draft.project is None or draft.inputs is None:
        return
    run, manifest = draft.record.run, manifest_of(draft)
    states = _states(context, draft, raw_now(context, draft))
    same = {
        name: state for name, state in draft.inputs.sources.items() if states.get(name) == state
    }
    uncertain = frozenset(
        result.unique_id
        for result in built_of(draft).nodes
        if result.sql
        and result.unique_id not in draft.carried.origins
        and _is_uncertain(result.sql, manifest.nodes.get(result.unique_id), manifest)
    )
    nodes = fingerprints(draft.project, replace(draft.inputs, sources=same), uncertain)
    base = read(context, draft.record.base) if draft.carried.results else None
    built = Built(
        run=run,
        full_at=base.full_at if base else draft.record.started_at,
        data=context.warehouse.data_state(run),
        nodes={name: text for name, text in sorted(nodes.items()) if text},
    )
    content = msgspec.json.encode(asdict(built))
    write_whole(context.store.candidate(run) / FILE, content, through_links=False)


def read(context: Context, run: str) -> Built | None:
    """What a release was built from; None if it does not say so."""
    try:
        content = read_regular(context.store.releases / run / FILE)
        return msgspec.json.decode(content, type=Built)
    except (OSError, msgspec.MsgspecError):
        return None


def _carried(context: Context, draft: Draft, project: Project, inputs: Inputs) -> CarriedOver:
    if context.options.full_refresh:
        return CarriedOver(obstacle="--full-refresh")
    if project.obstacle:
        return CarriedOver(obstacle=project.obstacle)
    record = draft.base_release if draft.continues_base else None
    built = read(context, record.run) if record else None
    days = settings.current().full_build_days
    if reason := obstacle(record, built, now(), days):
        return CarriedOver(obstacle=reason)
    assert record is not None
    assert built is not None
    context.store.fetch_release(record.run)
    if not built.data or context.warehouse.data_state(record.run) != built.data:
        return CarriedOver(obstacle="the data of the current release are not those that it built")
    manifest = manifest_of(draft)
    withheld = {Relation(fact.schema, fact.name) for fact in record.withheld}
    complete = {
        relation
        for node in manifest.nodes.values()
        if (relation := Relation(node.schema, node.alias)) not in withheld
        or context.warehouse.keeps_state(record.run, relation)
    }
    return plan(
        manifest,
        fingerprints(project, inputs),
        record,
        built,
        _code(context, record.run),
        complete,
        plain_views(project.content) if dialect_of(context.warehouse.name).view("", "") else {},
    )


def _code(context: Context, run: str) -> dict[str, str]:
    """The compiled SQL of a release: of its private state, where there is one."""
    private = context.store.private.file(run, "manifest.json")
    path = private or context.store.releases / run / "manifest.json"
    try:
        content = msgspec.json.decode(read_regular(path))
    except (OSError, msgspec.MsgspecError):
        return {}
    return {name: str(entry.get("compiled_code") or "") for name, entry in content["nodes"].items()}


def versions(context: Context, draft: Draft) -> dict[str, str]:
    """What builds: tools, libraries and, where it is a server, the warehouse."""
    versions = dict(draft.record.tools)
    versions |= {name: metadata.version(name) for name in _LIBRARIES}
    if not context.warehouse.in_store:
        with draft.engine.connect() as queries:
            version = dialect_of(queries.name).version
            versions["server"] = str(queries.run(f"select {version}").rows[0][0])
    return versions


def _states(context: Context, draft: Draft, files: tuple[RawFile, ...]) -> dict[str, str]:
    """The state of the data of each source; without those of which nobody knows what they read."""
    sources = manifest_of(draft).of("source")
    if draft.raw_tables is not None:
        tables = context.warehouse.raw_states()
        return {
            node.unique_id: tables[node.alias]
            for node in sources
            if node.schema == "raw" and node.alias in tables
        }
    return {
        node.unique_id: facts.raw_facts(read_files, ()).fingerprint
        for node in sources
        if (read_files := tuple(files_of(node, draft.place.spelled, files)))
    }


def files_of(node: Node, prefix: str, files: tuple[RawFile, ...]) -> Iterator[RawFile]:
    """The files that a source reads; none where it may read others."""
    place = node.relation if node.meta.get("external_location") else ""
    if location(place, prefix) is None or outside_reads.calls(place) > _ONE_CALL:
        return
    is_match = pattern(place, prefix).match
    yield from (file for file in files if is_match(file.name))


def _is_uncertain(sql: str, node: Node | None, manifest: Manifest) -> bool:
    if node is None or is_uncertain_sql(sql):
        return True
    return outside_reads.in_sql(sql, [node, *_read_by(node, manifest)])


def _read_by(node: Node, manifest: Manifest) -> Iterator[Node]:
    """What a node reads, also through ephemeral models, which become part of its SQL."""
    for name in node.depends_on:
        if parent := manifest.nodes.get(name):
            yield parent
            if parent.materialized == "ephemeral":
                yield from _read_by(parent, manifest)
