"""Whether a run comes too late: a newer commit is current, or a person rolled this one back."""

from __future__ import annotations

from first_light.history import facts
from first_light.history.record import REAL, Record
from first_light.history.rolled_back import (
    code_rejection,
    data_rejection,
    files_left,
    taken_back,
)
from first_light.project.product import Product
from first_light.release.build import read_files
from first_light.release.context import Context
from first_light.utils.errors import DataopsError


class Superseded(DataopsError):
    """Not a failure: what this run was to publish is current already, with newer commits."""

    def __init__(self, run: str, head: str) -> None:
        super().__init__(
            "A newer commit is current already, so this one is not published.",
            where=f"commit {head[:7]}; current is {run}, which contains it",
            fix="no action needed; to return to an earlier release: uv run dataops rollback",
        )


def defer_to_newer(context: Context) -> None:
    """Do not undo what is newer, or what a person decided, unless a person asks for it.

    Raises:
        Superseded: a newer commit is current already.
        DataopsError: this is a schedule, and a person rolled back from this commit or data.
    """
    trigger, product = context.options.trigger, context.product
    run = context.store.current() if trigger != "manual" else None
    record = context.published(run) if run else None
    if run and record and is_superseded(product, record.git.commit):
        raise Superseded(run, product.git("rev-parse", "HEAD"))
    if trigger == "schedule" and run and record:
        _raise_if_taken_back(context, record)


def _raise_if_taken_back(context: Context, current: Record) -> None:
    """A new commit ends it; with the current release's commit, new data without the bad files.

    Raises:
        DataopsError: a person rolled back from what would be published.
    """
    rollbacks = taken_back(context.history.newest(), context.published, current.run)
    if not rollbacks:
        return
    commit = facts.git_facts(context.product, "").commit
    for release, rollback in rollbacks:
        if release.git.commit != commit:
            continue
        if commit != current.git.commit:
            raise code_rejection(commit, rollback)
        if release.kind != REAL:
            continue
        rolled_back, kept = (_files_of(context, run) for run in (release.run, current.run))
        # Not where the data is the same, the list is deleted, or a table holds what came later too.
        is_known = set(rolled_back) != set(kept) and context.warehouse.raw() is None
        left = files_left(rolled_back, kept, read_files(context)) if is_known else ()
        if left or not is_known:
            raise data_rejection(left, rollback)


def _files_of(context: Context, run: str) -> tuple[facts.RawFile, ...]:
    return facts.raw_from_json(context.store.releases / run / facts.RAW_LIST)


def is_superseded(product: Product, current: str) -> bool:
    """Whether the commit that is checked out is an older one of the line that `current` is on.

    A branch that was moved back was moved on purpose: then `current` is on no branch of the remote
    any more, and nothing is superseded. Nor is it without git or without a remote.

    Args:
        product: the product, its commit checked out.
        current: the commit of the current release; empty when there is none.
    """
    if not current or not product.in_git:
        return False
    head = product.git("rev-parse", "--verify", "--quiet", "HEAD", check=False)
    if current == head:
        return False
    if product.git("cat-file", "-t", current, check=False) != "commit":
        # Pushed since this pipeline fetched. If it can't be had, the commands below find nothing.
        product.git("fetch", "--quiet", "origin", check=False)
    if product.git("merge-base", head, current, check=False) != head:
        return False
    return bool(product.git("for-each-ref", "--contains", current, "refs/remotes", check=False))
