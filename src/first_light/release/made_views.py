"""The views that are carried over: made again from what dbt compiles now, without a build of dbt.

They are not copied: a copied view would run code of whoever can write to the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from first_light.dbt.manifest import Manifest
from first_light.dbt.plain_views import PlainView
from first_light.release.carry_over import CarriedOver
from first_light.release.draft import Draft
from first_light.release.selectors import selectors
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.warehouse.base import Relation
from first_light.warehouse.dialect import dialect_of

_ALL = "config.materialized:view"
_ANSWER = "select 1"  # what is run has to have a result


def with_views(draft: Draft, manifest: Manifest) -> CarriedOver:
    """What is carried over, with its views made and their SQL as it is compiled now.

    Where that is not possible, without them: then dbt makes them, and says what is wrong.
    """
    carried = draft.carried
    if not carried.views:
        return carried
    rest = {node.unique_id for node in carried.rest(manifest)}
    excluded = ("--exclude", *selectors(rest, manifest)) if rest else ()
    run = draft.engine.compile(
        *("--no-write-json", "--no-populate-cache", "--indirect-selection", "empty"),
        *("--select", _ALL, *excluded),
    )
    compiled = {result.unique_id: result.sql for result in run.nodes if result.sql}
    if not run.ok or not carried.views.keys() <= compiled.keys():
        return carried.without_views()
    code = {name: compiled[name] for name in carried.views}
    try:
        _make(draft, manifest, code, carried.views)
    except DataopsError:
        return carried.without_views()
    results = (
        replace(result, sql=code[result.unique_id]) if result.unique_id in code else result
        for result in carried.results
    )
    return replace(carried, results=tuple(results))


def _make(
    draft: Draft, manifest: Manifest, code: Mapping[str, str], views: Mapping[str, PlainView]
) -> None:
    """Make the views in one transaction, each after those that it reads.

    Raises:
        DataopsError: the warehouse rejected one.
    """
    nodes = [manifest.nodes[name] for name in manifest.graph.in_order(only=code)]
    schemas = sorted({node.schema for node in nodes})
    with draft.engine.connect() as queries:
        dialect = dialect_of(queries.name)
        created = [f"create schema if not exists {quoted(schema)}" for schema in schemas]
        for node in nodes:
            created.append(dialect.view(views[node.unique_id].relation, code[node.unique_id]))
        for statement in ("begin", *created):
            queries.run(f"{statement}; {_ANSWER}")
        columns: dict[Relation, list[str]] = {}
        for schema, name, column, *_ in queries.run(dialect.columns(schemas)).rows:
            columns.setdefault(Relation(schema, name), []).append(column)
        for node in nodes:
            existing = columns.get(Relation(node.schema, node.alias), ())
            for statement in views[node.unique_id].comments(existing):
                queries.run(f"{statement}; {_ANSWER}")
        queries.run(f"commit; {_ANSWER}")
