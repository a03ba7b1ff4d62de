"""Whether a newer commit is current already: a pipeline that comes late publishes nothing."""

from __future__ import annotations

from first_light.project.product import Product
from first_light.utils.errors import DataopsError


class Overtaken(DataopsError):
    """Not a failure: what this run was to bring is current already, and more."""

    def __init__(self, run: str, head: str) -> None:
        super().__init__(
            "A newer commit is current already, so this one is not published.",
            where=f"commit {head[:7]}; current is {run}, which holds it",
            fix="nothing; to go back on purpose: uv run dataops rollback",
        )


def overtaken(product: Product, current: str) -> bool:
    """Whether the commit that is checked out is an older one of the line that `current` is on.

    Somebody who moves the branch back means it: then `current` is on no branch of the remote any
    more, and nothing is overtaken. Nor is it without git or without a remote.

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
        # Pushed since this pipeline fetched. If it can't be had, what follows finds nothing.
        product.git("fetch", "--quiet", "origin", check=False)
    if product.git("merge-base", head, current, check=False) != head:
        return False
    return bool(product.git("for-each-ref", "--contains", current, "refs/remotes", check=False))
