"""What an update of the template changed in managed files that a team keeps as its own."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from pathlib import Path

from first_light.project.product import Product
from first_light.project.render import rendered
from first_light.utils.whole_files import write_whole

FILE = Path("target") / "update" / "kept.diff"
_NONE = "/dev/null"


def between(
    answers: tuple[Mapping[str, object], Mapping[str, object]],
    digests: tuple[Mapping[str, str], Mapping[str, str]],
    paths: Collection[str],
) -> dict[str, str]:
    """The template's changes of files between two versions.

    Args:
        answers: the product's, before and after the update.
        digests: the template's list of managed files, before and after; files that it lists
            unchanged are not rendered.
        paths: the files that the team keeps as its own.

    Returns:
        A unified diff by path; unchanged files are not in it.

    Raises:
        DataopsError: Copier could not render them.
    """
    before, after = digests
    changed = sorted(path for path in paths if before.get(path) != after.get(path))
    if not changed:
        return {}
    old, new = (rendered(side, changed) for side in answers)
    diffs = {path: diff(path, old.get(path), new.get(path)) for path in changed}
    return {path: text for path, text in diffs.items() if text}


def diff(path: str, old: bytes | None, new: bytes | None) -> str:
    """What leads from a content to another, as a unified diff; None is no file."""
    before, after = ((side or b"").decode("utf-8", "replace").splitlines() for side in (old, new))
    names = (_NONE if old is None else f"a/{path}", _NONE if new is None else f"b/{path}")
    return "\n".join(difflib.unified_diff(before, after, *names, lineterm=""))


def size(text: str) -> str:
    """The added and removed lines of a diff, such as +3 -1."""
    lines = text.splitlines()[2:]
    added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    return f"+{added} -{removed}"


def write(product: Product, diffs: Mapping[str, str]) -> None:
    """Write the diffs of an update to target/update/kept.diff, or remove those of an earlier one.

    Args:
        product: the product, not its working copy.
        diffs: by path.
    """
    file = product.root / FILE
    if not diffs:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, "".join(f"{text}\n" for text in diffs.values()).encode())
