"""How a release begins: its kind, its id, its first record."""

from __future__ import annotations

from first_light.dbt.engine import Engine, open_engine
from first_light.history import facts
from first_light.history.raw_location import RawPlace, raw_place, sample_place
from first_light.history.record import REAL, REHEARSAL, RUNNING, Record
from first_light.project import settings
from first_light.project.product import now
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.release.in_git import raise_if_in_git
from first_light.store.run_ids import run_id
from first_light.utils.errors import DataopsError
from first_light.utils.timestamps import utc


def begin(context: Context) -> Draft:
    """Give the run its id, and record that it is running.

    Raises:
        DataopsError: there is no raw where there was some; the store is in git, and the team has
            not allowed that for raw; or the store cannot be written.
    """
    store, product = context.store, context.product
    if context.options.full_refresh:  # it needs no state of a release that is lost
        store.forget_lost_release()
    base = store.current() or ""
    raw_tables = context.warehouse.raw()
    kind = kind_of_release(context, raw_tables)
    if kind == REAL:
        raise_if_in_git(context)
    newest = next(context.history.newest(), None)
    number = store.next_number(context.history.highest())
    git = facts.git_facts(product, _last_published_commit(context))
    started = utc(now())
    commit = (git.commit[:7] or "nogit").lower()
    record = Record(
        run=run_id(number, started, commit + store.tag),
        number=number,
        product=product.slug,
        command="release",
        trigger=context.options.trigger,
        outcome=RUNNING,
        started_at=started,
        kind=kind,
        base=base,
        current=base,
        warehouse=context.warehouse.name,
        full_refresh=context.options.full_refresh,
        git=git,
        tools=facts.tools(),
    )
    place = sample_place(product) if kind == REHEARSAL else raw_place(product)
    draft = Draft(
        record=record,
        engine=_engine(context, record.run, kind, place),
        place=place,
        base_release=context.published(base) if base else None,
        raw_tables=raw_tables,
    )
    if newest and newest.started_at > started:
        sentence = (
            f"The clock went back: run {newest.run} has a later start than this one, "
            "which is recorded after it all the same."
        )
        context.reporter.warn(sentence)
        draft = draft.with_note(sentence)
    store.write_record(record.run, draft.record.to_json())
    return draft


def kind_of_release(context: Context, raw_tables: tuple[facts.RawFile, ...] | None) -> str:
    """From raw, or a rehearsal on the sample where there is no raw yet.

    A project without raw has no sample either: what it builds is what readers get.

    Raises:
        DataopsError: raw was there and is gone, or is not where DATAOPS_RAW says.
    """
    if settings.current().without_raw:
        return REAL
    is_files = raw_tables is None
    if raw_tables or (is_files and not raw_place(context.product).is_empty()):
        return REAL
    setting = settings.current().raw
    releases = (context.published(run) for run in context.store.retained())
    had_raw = any(release and release.kind == REAL for release in releases)
    if not is_files and had_raw:
        raise DataopsError(
            "All tables in raw are empty, but earlier releases were built from raw.",
            where="schema raw",
            fix="load it, then repeat the command; readers keep the current release",
        )
    if is_files and (setting or had_raw):
        raise DataopsError(
            "There are no files in raw"
            + (", though earlier releases were built from it." if had_raw else "."),
            where=f"DATAOPS_RAW={setting}" if setting else "raw/",
            fix="set DATAOPS_RAW to the folder or URL of the landing data, and repeat the "
            "command; readers keep the current release",
        )
    return REHEARSAL


def _last_published_commit(context: Context) -> str:
    releases = (context.published(run) for run in reversed(context.store.retained()))
    return next((release.git.commit for release in releases if release), "")


def _engine(context: Context, run: str, kind: str, place: RawPlace) -> Engine:
    """dbt for this candidate, with what is known before it has read the project."""
    rehearsal, product = kind == REHEARSAL, context.product
    environment = {"DATAOPS_RAW": place.spelled, **context.warehouse.environment(run, rehearsal)}
    if rehearsal and not settings.current().now and product.as_of:
        environment["DATAOPS_NOW"] = product.as_of
    return open_engine(
        product.root,
        "prod",
        context.target,
        environment,
        progress=lambda line: context.reporter.doing(f"dbt: {line}"),
        log=True,
        writes_files=True,
    )
