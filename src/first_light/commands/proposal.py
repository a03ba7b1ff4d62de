"""An update as data between two jobs: patches and the text of the pull request.

The job that makes the update runs code that the update brought, and holds no token. The job that
opens the pull request holds a token, and takes the update from here as data.
Standard library only: the second job installs nothing else.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import open_regular
from first_light.utils.visible_text import inert

BRANCH = "template-update"
TITLE = "Update the template to"
FORMAT = "Format"
FOLDER = Path("target") / "update"
_PATCHES = ("update.patch", "format.patch")
_REQUEST, _TEXT = "request.json", "pull_request.md"
_SUBJECT = re.compile(rf"{re.escape(TITLE)} [A-Za-z0-9][\w.+/-]{{0,99}}", re.ASCII)
_TREE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LARGEST_PATCH = 256 << 20  # bytes; a wheel in vendor/ is in it
_LARGEST_TEXT = 60_000  # bytes; a forge takes 65,536 characters
_CUT = "\n\n**Truncated: the text is too long.**\n"


@dataclass(frozen=True)
class Patch:
    """One commit of an update.

    Attributes:
        content: the output of `git diff-tree --patch --binary`.
        tree: the id of the tree that it leads to.
    """

    content: bytes
    tree: str


@dataclass(frozen=True)
class Proposal:
    """The pull request of an update.

    Attributes:
        title: its title, and the subject of the first commit.
        text: its text, Markdown.
        draft: whether it has conflicts that somebody must resolve.
        patches: its commits, oldest first: the update, and what the formatters made of it.
    """

    title: str
    text: str
    draft: bool
    patches: Sequence[Patch]

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subject of each commit."""
        return (self.title, FORMAT)[: len(self.patches)]


def patch_between(root: Path, before: str, after: str) -> Patch:
    """What leads from one commit or tree to another, whatever git's settings are."""
    command = ["git", "diff-tree", "--patch", "--binary", "--full-index", "--no-renames"]
    command += ["--no-ext-diff", "--no-textconv", "--no-color", before, after]
    content = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, check=True).stdout
    peel = ["git", "rev-parse", f"{after}^{{tree}}"]
    tree = subprocess.run(peel, cwd=root, stdout=subprocess.PIPE, check=True).stdout
    return Patch(content, tree.decode().strip())


def write(folder: Path, proposal: Proposal) -> None:
    """Write a proposal into an empty or new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, patch in zip(_PATCHES, proposal.patches):
        (folder / name).write_bytes(patch.content)
    (folder / _TEXT).write_text(proposal.text, encoding="utf-8")
    trees = [patch.tree for patch in proposal.patches]
    request = {"title": proposal.title, "draft": proposal.draft, "trees": trees}
    (folder / _REQUEST).write_text(json.dumps(request), encoding="utf-8")


def clear(folder: Path) -> None:
    """Remove the files of an earlier proposal."""
    for name in (_REQUEST, _TEXT, *_PATCHES):
        (folder / name).unlink(missing_ok=True)


def read(folder: Path, subject: re.Pattern[str] = _SUBJECT) -> Proposal | None:
    """The proposal in a folder; None if there is none.

    Args:
        folder: comes from a job that ran foreign code: nothing in it is trusted.
        subject: what its title must match.

    Raises:
        DataopsError: it is not what `write` writes.
    """
    if any(path.is_symlink() for path in (folder, folder.parent)):
        raise _invalid(folder, "a link")
    if not (folder / _REQUEST).exists() and not (folder / _REQUEST).is_symlink():
        return None
    try:
        request: Any = json.loads(_content(folder / _REQUEST, _LARGEST_TEXT))
        title, draft, trees = request["title"], request["draft"], request["trees"]
        valid = subject.fullmatch(title) and isinstance(draft, bool) and isinstance(trees, list)
        valid = valid and len(trees) in (1, 2) and all(_TREE.fullmatch(tree) for tree in trees)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _invalid(folder / _REQUEST, "not a title, a draft mark and trees") from error
    if not valid:
        raise _invalid(folder / _REQUEST, "not a title, a draft mark and trees")
    contents = [_content(folder / name, _LARGEST_PATCH) for name in _PATCHES[: len(trees)]]
    text = _content(folder / _TEXT, _LARGEST_PATCH)
    if len(text) > _LARGEST_TEXT:
        text = text[:_LARGEST_TEXT] + _CUT.encode()
    return Proposal(
        title,
        inert(text.decode("utf-8", errors="replace").replace("\0", "\ufffd")),
        draft,
        [Patch(content, tree) for content, tree in zip(contents, trees)],
    )


def _content(path: Path, largest: int) -> bytes:
    """A plain file's content. A link could lead to what only this job can read."""
    if path.is_symlink() or not path.is_file():
        raise _invalid(path, "not a plain file")
    try:
        with open_regular(path, follow=False) as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise _invalid(path, "not a plain file") from error
    if len(content) > largest:
        raise _invalid(path, f"larger than {largest} bytes")
    return content


def _invalid(path: Path, reason: str) -> DataopsError:
    return DataopsError(
        "The proposed update is not one that the first job writes.",
        where=f"{path.as_posix()}: {reason}",
        fix="update by hand: uv run dataops update",
    )
