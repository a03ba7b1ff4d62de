"""The default branch of a product's repository."""

from __future__ import annotations

from first_light.project.product import ANSWERS, Product

ANSWER = "branch"
USUAL = "main"
USUAL_NAMES = (USUAL, "master", "trunk", "develop")
_REMOTE = "origin/"


def recorded(product: Product) -> str:
    """The branch that the product's pipelines release; the usual one without any answers."""
    has_answers = (product.root / ANSWERS).is_file()
    return str((product.answers.get(ANSWER) if has_answers else "") or USUAL)


def remote_default(product: Product) -> str:
    """The default branch of the remote, as this clone knows it; empty if it does not."""
    name = product.git("rev-parse", "--abbrev-ref", f"{_REMOTE}HEAD", check=False)
    return name.removeprefix(_REMOTE) if name.startswith(_REMOTE) and name != "origin/HEAD" else ""


def default_branch(product: Product) -> str:
    """The default branch of the repository: the remote's, else a usual name, else the present."""
    if name := remote_default(product):
        return name
    listed = product.git("for-each-ref", "--format=%(refname:short)", "refs/heads", check=False)
    branches = listed.splitlines()
    if usual := next((name for name in USUAL_NAMES if name in branches), ""):
        return usual
    return product.git("branch", "--show-current", check=False) or recorded(product)
