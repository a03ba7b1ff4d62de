"""Change a product in a copy of its last commit, and move the result in at the end."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from first_light.project.product import Product
from first_light.project.restoring import forget_half_written, interruptible, restored

_NO_OBJECT = "0" * 40
# A commit in a copy only, in nobody's name.
OWN_COMMIT = (
    *("-c", "user.name=dataops", "-c", "user.email=dataops@localhost"),
    *("commit", "--quiet", "--no-verify", "--allow-empty"),
)


@contextlib.contextmanager
def working_copy(product: Product) -> Iterator[Product]:
    """The last commit in a temporary worktree of the product's repository.

    Until `move_into` nothing in the product changes: a process that is killed leaves a temporary
    folder only. SIGTERM ends the block as Ctrl-C does.

    Args:
        product: a repository without uncommitted changes; ignored files are not in the copy.

    Raises:
        DataopsError: git failed.
    """
    # The hooks of the team are for its own checkouts.
    add = ("-c", f"core.hooksPath={os.devnull}", "worktree", "add", "--quiet", "--detach")
    forget_half_written(product.root)  # all is committed now
    with interruptible():
        try:
            with tempfile.TemporaryDirectory(prefix="dataops-copy-") as folder:
                top = Path(folder).resolve() / product.repository.name
                product.git(*add, str(top), "HEAD")
                yield Product(top / product.prefix)
        finally:
            product.git("worktree", "prune", check=False)  # also of commands that were killed


def move_into(product: Product, copy: Product) -> None:
    """Make the product's files those of the copy; nothing is committed or staged.

    Unmerged paths stay unmerged. A failure changes nothing.

    Args:
        product: the product, as it was when the copy was made.
        copy: its working copy.

    Raises:
        DataopsError: git failed, for instance because a file that git ignores is in the way.
    """
    unmerged = copy.git("ls-files", "--unmerged", "--full-name", "-z")
    ignored = copy.git("ls-files", "--others", "--ignored", "--exclude-standard", "-z").split("\0")
    copy.git("add", "--all")
    tree = copy.git("write-tree")
    with restored(product.root):
        product.git("read-tree", "-m", "-u", "HEAD", tree)
        product.git("reset", "--quiet")
        _mark_unmerged(product, unmerged)
    for path in filter(None, ignored):
        _replace(copy.root / path, product.root / path)


def _mark_unmerged(product: Product, unmerged: str) -> None:
    entries = [entry for entry in unmerged.split("\0") if entry]
    paths = dict.fromkeys(entry.partition("\t")[2] for entry in entries)
    lines = [*(f"0 {_NO_OBJECT}\t{path}" for path in paths), *entries]
    if lines:
        subprocess.run(
            ["git", "update-index", "-z", "--index-info"],
            cwd=product.root,
            input="".join(f"{line}\0" for line in lines).encode("utf-8", "surrogateescape"),
            check=True,
        )


def _replace(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    shutil.copy2(source, partial)
    partial.replace(target)
