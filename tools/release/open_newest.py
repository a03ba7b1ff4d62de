"""`python -m tools.release.open_newest`: open or renew the pull request of the newest pins.

This job holds a token that may write. It runs git and calls the forge; the proposal, made by a job
that ran newer versions of all tools, is data here. Standard library only.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from first_light.commands import open_request
from first_light.commands import proposal as proposals
from first_light.commands.open_request import remote_git
from first_light.forge.base import Forge
from first_light.forge.pipeline import default_branch, find_forge
from first_light.utils.errors import DataopsError

BRANCH = "newest-pins"
TITLE = "Take the newest version of every pin"
FOLDER = Path("target") / "newest"
_FIX = "read the log of the job that made the proposal, then: make newest"


def open_newest(root: Path, forge: Forge, say: Callable[[str], None]) -> None:
    """Push the proposal's commit to its branch, and open or renew its pull request.

    Args:
        root: a clone at the commit that the proposal was made for.
        forge: where the repository is hosted.
        say: prints a line.

    Raises:
        DataopsError: the proposal is not valid, adds or deletes a file, or the forge rejected.
    """
    try:
        proposal = proposals.read(root / FOLDER, re.compile(re.escape(TITLE)))
        if proposal is None:
            say("every pin is the newest")
            return
        commit = open_request.apply(root, proposal)
    except DataopsError as error:  # what to do about an update of a product is something else
        raise DataopsError(error.message, where=error.where, fix=_FIX) from error
    changed = ("diff-tree", "-r", "--name-only", "--no-renames", "--diff-filter=ADT")
    if others := remote_git(root, forge, *changed, "HEAD", commit).split():
        raise DataopsError(
            "The newest pins add or delete files; they may only change some.",
            where=", ".join(others),
            fix=_FIX,
        )
    remote_git(
        root, forge, "push", "--quiet", "--force", forge.push_url, f"{commit}:refs/heads/{BRANCH}"
    )
    standing = [request for request in forge.of_branch(BRANCH) if request.open]
    if standing:
        forge.renew(standing[0].number, TITLE, proposal.text)
        say(f"request {standing[0].number} renewed")
        return
    target = remote_git(root, forge, "branch", "--show-current").strip() or default_branch()
    number = forge.open(BRANCH, target, TITLE, proposal.text, proposal.draft)
    say(f"request {number} opened")


def main() -> int:
    """Exit code 0: proposed, or nothing newer. 2: it could not run."""
    try:
        open_newest(Path.cwd(), find_forge(), print)
    except DataopsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
