"""`python -m tools.release.newest`: the newest version of every pin, tried, as a proposal.

Run every week by .github/workflows/newest.yml. The proposal says what the weekly tiers of tests
made of it; when something failed it is a draft. All that it runs is new, so it holds no token:
another job opens the pull request, with `tools.release.open_newest`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from first_light.commands import proposal as proposals
from first_light.commands.proposal import Patch, Proposal
from tools.release import pins
from tools.release.open_newest import FOLDER, TITLE
from tools.release.pins import Bump, PinError
from tools.release.template import HERE

_TIERS = ("gauntlet", "thorough", "engines")
# The environment is made anew first: make notices that its list of tools changed.
TRIED = tuple(("make", name) for name in ("format", "lint", *_TIERS))
_SHOWN = 40


@dataclass(frozen=True)
class Trial:
    """What one command made of the new versions.

    Attributes:
        command: as typed.
        passed: whether it succeeded.
        said: the end of what it printed.
    """

    command: str
    passed: bool
    said: str


def propose(
    root: Path,
    say: Callable[[str], None],
    take: Callable[[Path], list[Bump]] = pins.newest,
    tried: Sequence[Sequence[str]] = TRIED,
) -> list[Trial]:
    """Take the newest versions, try them, and write the proposal into target/newest.

    Args:
        root: the repository, all committed.
        say: prints a line.
        take: writes the newest versions into pins.toml.
        tried: the commands that judge them.

    Raises:
        PinError: a version could not be asked for.
    """
    proposals.clear(root / FOLDER)
    moved = take(root)
    if not moved:
        say("every pin is the newest")
        return []
    pins.spread(root)
    trials = [attempt(root, command) for command in tried]
    draft = not all(trial.passed for trial in trials)
    proposal = Proposal(TITLE, text(moved, trials), draft, [_patch(root)])
    proposals.write(root / FOLDER, proposal)
    say(f"{FOLDER.as_posix()}: {len(moved)} newer, {'a draft' if draft else 'all passed'}")
    return trials


def attempt(root: Path, command: Sequence[str]) -> Trial:
    """Run one command and keep how it ended."""
    done = subprocess.run(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output = "\n".join(done.stdout.splitlines()[-_SHOWN:])
    return Trial(" ".join(command), done.returncode == 0, output)


def text(moved: list[Bump], trials: Sequence[Trial]) -> str:
    """The pull request's text: what moved, and what was made of it."""
    parts = [pins.table(moved)]
    for trial in trials:
        verdict = "passed" if trial.passed else "failed"
        parts.append(f"## `{trial.command}` {verdict}\n\n```text\n{trial.said}\n```\n")
    return "\n".join(parts)


def _patch(root: Path) -> Patch:
    """What the tracked files are now, compared with HEAD; the index stays as it is."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "GIT_INDEX_FILE": str(Path(folder) / "index")}

        def git(*arguments: str) -> str:
            done = subprocess.run(
                ["git", *arguments],
                cwd=root, env=environment, stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
            return done.stdout.strip()

        git("read-tree", "HEAD")
        git("add", "--update")
        return proposals.patch_between(root, "HEAD", git("write-tree"))


def main() -> int:
    """Exit code 0: proposed, or nothing newer. 2: it could not run."""
    try:
        propose(HERE, print)
    except PinError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
