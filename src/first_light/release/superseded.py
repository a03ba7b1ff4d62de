"""Whether a run comes too late: a newer commit is current, or a person rolled this one back."""

from __future__ import annotations

from first_light.history import facts
from first_light.history.rolled_back import rejection, taken_back
from first_light.project.product import Product
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
        DataopsError: this is a schedule, and a person rolled back from this commit.
    """
    trigger, product = context.options.trigger, context.product
    run = context.store.current() if trigger != "manual" else None
    record = context.published(run) if run else None
    if run and record and is_superseded(product, record.git.commit):
        raise Superseded(run, product.git("rev-parse", "HEAD"))
    if trigger == "schedule":
        current_commit = record.git.commit if record else ""
        rollbacks = taken_back(context.history.newest(), context.published, current_commit)
        if rollbacks and (commit := facts.git_facts(product, "").commit) in rollbacks:
            raise rejection(commit, rollbacks[commit])


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
