"""The phase that writes the catalog of the candidate: what the release holds, as one page."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace

from first_light.catalog.columns import Built
from first_light.catalog.facts import Release, collect
from first_light.catalog.page import PAGE, catalog_page
from first_light.dbt.hidden_code import runs_queries
from first_light.dbt.kept_lineage import KeptLineage
from first_light.dbt.manifest import Manifest
from first_light.metrics.definitions import read_semantics
from first_light.release.boards import edition_of
from first_light.release.build import built_of, manifest_of
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.release.withhold import withheld_now
from first_light.utils import steps
from first_light.utils.regular_files import read_regular
from first_light.utils.steps import Step
from first_light.utils.whole_files import write_whole
from first_light.warehouse.withheld_columns import Place

CATALOG = "catalog"
_LINEAGE = "lineage.json"  # in a release, for the next one


def write_catalog(context: Context, draft: Draft) -> Draft:
    """The page becomes part of the release.

    Raises:
        DataopsError: the columns of the candidate or its metrics cannot be read.
        OSError: the page cannot be written.
    """
    begin, manifest, record = time.monotonic(), manifest_of(draft), draft.record
    edition = edition_of(context, draft)
    lineage = _earlier_lineage(context, draft)
    withheld = withheld_now(context, draft)
    built = Built(
        columns={(r.schema, r.name): c for r, c in context.warehouse.columns(record.run).items()},
        withheld=withheld,
        types={
            profile.unique_id: {column.name.lower(): column.type for column in profile.columns}
            for profile in record.profile
        },
        sql={result.unique_id: result.sql for result in built_of(draft).nodes},
        lineage=lineage,
    )
    release = Release(edition.release, edition.facts, built, record)
    catalog = collect(context.product, manifest, read_semantics(context.target), release)
    page = context.store.candidate(record.run) / PAGE
    write_whole(page, catalog_page(catalog).encode(), through_links=False)
    if draft.project is not None:  # the next release may carry over
        kept = lineage.to_json(nodes_without_values(manifest, withheld))
        write_whole(context.store.candidate(record.run) / _LINEAGE, kept, through_links=False)
    metrics = len(catalog.metrics)
    remark = f"{len(catalog.relations)} relations, {metrics} metric{'' if metrics == 1 else 's'}"
    step = Step(CATALOG, steps.PASSED, time.monotonic() - begin, remark)
    context.reporter.step(step)
    return replace(draft, catalog=catalog.relations).with_step(step)


def _earlier_lineage(context: Context, draft: Draft) -> KeptLineage:
    """What the current release traced; nothing where this one builds everything."""
    if not draft.carried.results:
        return KeptLineage()
    try:
        return KeptLineage.from_json(
            read_regular(context.store.releases / draft.record.base / _LINEAGE)
        )
    except OSError:
        return KeptLineage()


def nodes_without_values(manifest: Manifest, withheld: Collection[Place]) -> frozenset[str]:
    """The nodes of which readers get all columns, as of what they read, and the whole SQL.

    Args:
        manifest: the project.
        withheld: the relations with columns that readers do not get.
    """
    places = {(schema.lower(), name.lower()) for schema, name in withheld}

    def is_whole(name: str) -> bool:
        node = manifest.nodes.get(name)
        return node is None or (node.schema.lower(), node.alias.lower()) not in places

    return frozenset(
        name
        for name, node in manifest.nodes.items()
        if all(map(is_whole, (name, *node.depends_on))) and not runs_queries(manifest, node)
    )
