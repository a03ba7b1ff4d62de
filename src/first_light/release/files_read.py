"""What a release keeps of its models that read each file once, and what the next one makes of it.

`files_read.json` is beside the database of each release; which files there were is in its list of
raw.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace

import msgspec

from first_light.dbt.engine import QueryRunner
from first_light.dbt.fingerprint import Inputs, fingerprints, read_project
from first_light.dbt.manifest import Node
from first_light.history import facts
from first_light.history.raw_location import RawPlace
from first_light.monitors.sources import location
from first_light.project import set_aside
from first_light.release import by_file
from first_light.release.build import built_of, manifest_of, raw_now
from first_light.release.built_from import files_of, versions
from first_light.release.by_file import FilesRead, Increments
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import read_regular
from first_light.utils.sql_names import literal
from first_light.utils.whole_files import write_whole

FILE = "files_read.json"
VARIABLE = "DATAOPS_NEW_FILES"
_READ_BY_FILE = "read by file"  # stands for the data of all sources: files are compared one by one
_MOST = 100_000  # characters of the variable; a process gets no longer ones
_MODELS = 5  # that a message names


def choose(context: Context, draft: Draft) -> Draft:
    """Decide which models continue the current release with new files.

    Raises:
        DataopsError: what the project is built from, or the current release, cannot be read.
    """
    manifest = manifest_of(draft)
    if not (models := by_file.models(manifest)):
        return draft
    code = _code(context, draft, models)
    increments = Increments(code=code)
    if draft.continues_base and not context.options.full_refresh:
        others = [node for node in models if node.unique_id not in draft.carried.relations]
        increments = _increments(context, draft, others, code)
    _say(context, draft, increments)
    return replace(draft, increments=increments)


def from_all_files(draft: Draft) -> Draft:
    """The draft with nothing continued of models that read each file once."""
    obstacles = dict.fromkeys(draft.increments.code, "the current release has not its rows")
    return replace(draft, increments=replace(draft.increments, new={}, obstacles=obstacles))


def environment(draft: Draft) -> dict[str, str]:
    """The variable that names the new files to dbt, once the candidate is there.

    A model of which it names none finds them by comparing every row; so it does where the warehouse
    spells its files in another way.
    """
    new: dict[str, list[str]] = {}
    with draft.engine.connect() as queries:
        for model, files in draft.increments.new.items():
            node = manifest_of(draft).nodes[model]
            found = _found(queries, _source(draft, node), draft.place) if files else set()
            if found.issuperset(files):
                new[model] = [f"{draft.place.spelled}/{name}" for name in files]
    text = json.dumps(new)
    return {VARIABLE: text} if len(text) < _MOST else {}


def write(context: Context, draft: Draft) -> None:
    """Write beside a sealed candidate what its models read.

    Raises:
        DataopsError: raw cannot be read.
        OSError: it cannot be written.
    """
    code = draft.increments.code
    if not code or draft.raw_tables is not None:
        return
    changed = {file.name for file in {*draft.raw_files} ^ {*raw_now(context, draft)}}
    sql = {result.unique_id: result.sql for result in built_of(draft).nodes}
    across = [name for name in code if by_file.works_across_rows(sql.get(name, ""))]
    read = FilesRead(draft.record.run, dict(code), tuple(sorted(changed)), tuple(across))
    path = context.store.candidate(read.run) / FILE
    write_whole(path, msgspec.json.encode(asdict(read)), through_links=False)


def _found(queries: QueryRunner, source: Node, place: RawPlace) -> set[str]:
    """The files that the engine finds for a source, by their paths below raw; none if it cannot."""
    glob = location(source.relation, place.spelled) or "''"
    below = glob[1 + len(literal(place.spelled)[1:-1]) :]
    try:
        rows = queries.run(f"select file from glob({literal(place.absolute)[:-1]}{below})").rows
    except DataopsError:
        return set()
    return {str(row[0])[len(place.absolute) + 1 :] for row in rows}


def _read(context: Context, run: str) -> FilesRead | None:
    try:
        content = read_regular(context.store.releases / run / FILE)
        read = msgspec.json.decode(content, type=FilesRead)
    except (OSError, msgspec.MsgspecError):
        return None
    return read if read.run == run else None


def _increments(
    context: Context, draft: Draft, models: list[Node], code: Mapping[str, str]
) -> Increments:
    base = draft.record.base
    read = _read(context, base)
    files_before = facts.raw_from_json(context.store.releases / base / facts.RAW_LIST)
    left_out = {entry.file for entry in set_aside.read(context.product.root)}
    new: dict[str, tuple[str, ...]] = {}
    obstacles: dict[str, str] = {}
    for node in models:
        source, prefix = _source(draft, node), draft.place.spelled
        before = {file.name: file.hash for file in files_of(source, prefix, files_before)}
        now = {file.name: file.hash for file in files_of(source, prefix, draft.raw_files)}
        if node.depends_on != (source.unique_id,):
            reason = "it reads more than the files of one source"
        elif not now:
            reason = "it is not known which files its source is read from"
        else:
            own = code[node.unique_id]
            own_read = read and _of_source(read, source, prefix)
            reason = by_file.obstacle(node.unique_id, own, own_read, before, now, left_out)
        if reason:
            obstacles[node.unique_id] = reason
        else:
            new[node.unique_id] = tuple(sorted(now.keys() - before.keys()))
    return Increments(code, new, obstacles)


def _of_source(read: FilesRead, source: Node, prefix: str) -> FilesRead:
    """What a release kept, of the files that changed with those of a source alone."""
    files = tuple(facts.RawFile(name, 0, "") for name in read.changed)
    return replace(read, changed=tuple(file.name for file in files_of(source, prefix, files)))


def _source(draft: Draft, node: Node) -> Node:
    """The source that a model reads; the model itself, which has no files, where there is none."""
    parents = (manifest_of(draft).nodes.get(name) for name in node.depends_on)
    return next((parent for parent in parents if parent and parent.kind == "source"), node)


def _code(context: Context, draft: Draft, models: tuple[Node, ...]) -> dict[str, str]:
    """What changes with the code and the configuration of models."""
    project = draft.project or read_project(context.product.root, context.target / "manifest.json")
    sources = {node.unique_id: _READ_BY_FILE for node in manifest_of(draft).of("source")}
    variables = {**os.environ, **draft.engine.environment}
    known = fingerprints(project, Inputs(versions(context, draft), sources, variables))
    return {node.unique_id: known.get(node.unique_id, "") for node in models}


def _say(context: Context, draft: Draft, increments: Increments) -> None:
    manifest = manifest_of(draft)
    for model, reason in increments.obstacles.items():
        one = Increments(obstacles={model: reason})
        below = sorted(
            manifest.nodes[name].name
            for name in one.rebuilt(manifest, draft.carried.origins) - {model}
        )
        others = ", ".join(below[:_MODELS]) + (" …" if len(below) > _MODELS else "")
        context.reporter.say(
            f"Built from all files: {manifest.nodes[model].name}, because {reason}"
            f"{f'; and what continues it: {others}' if others else ''}."
        )
