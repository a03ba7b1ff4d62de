"""The phase that writes the catalog of the candidate: what the release holds, as one page."""

from __future__ import annotations

import time
from dataclasses import replace

from first_light.catalog.columns import Built
from first_light.catalog.facts import Release, collect
from first_light.catalog.page import PAGE, catalog_page
from first_light.metrics.definitions import read_semantics
from first_light.release.boards import edition_of
from first_light.release.build import built_of, manifest_of
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.release.withhold import withheld_now
from first_light.utils import steps
from first_light.utils.steps import Step
from first_light.utils.whole_files import write_whole

CATALOG = "catalog"


def write_catalog(context: Context, draft: Draft) -> Draft:
    """The page becomes part of the release.

    Raises:
        DataopsError: the columns of the candidate or its metrics cannot be read.
        OSError: the page cannot be written.
    """
    begin, manifest, record = time.monotonic(), manifest_of(draft), draft.record
    edition = edition_of(context, draft)
    built = Built(
        columns={(r.schema, r.name): c for r, c in context.warehouse.columns(record.run).items()},
        withheld=withheld_now(context, draft),
        types={
            profile.unique_id: {column.name.lower(): column.type for column in profile.columns}
            for profile in record.profile
        },
        sql={result.unique_id: result.sql for result in built_of(draft).nodes},
    )
    release = Release(edition.release, edition.facts, built, record)
    catalog = collect(context.product, manifest, read_semantics(context.target), release)
    page = context.store.candidate(record.run) / PAGE
    write_whole(page, catalog_page(catalog).encode(), through_links=False)
    metrics = len(catalog.metrics)
    remark = f"{len(catalog.relations)} relations, {metrics} metric{'' if metrics == 1 else 's'}"
    step = Step(CATALOG, steps.PASSED, time.monotonic() - begin, remark)
    context.reporter.step(step)
    return replace(draft, catalog=catalog.relations).with_step(step)
