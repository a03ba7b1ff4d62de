"""`python -m tools.release.newest`: the newest version of every pin, tried, as one pull request.

Run every week by .github/workflows/newest.yml. The request says what the gauntlet made of it; when
something failed it is a draft.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from first_light.forge.base import Forge
from first_light.forge.pipeline import find_forge
from first_light.utils.errors import DataopsError
from tools.release import pins
from tools.release.pins import Bump, PinError
from tools.release.template import HERE

BRANCH = "newest-pins"
TITLE = "Take the newest version of every pin"
# The environment is made anew first: make notices that its list of tools changed.
TRIED = (("make", "format"), ("make", "lint"), ("make", "gauntlet"))
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
    forge: Forge,
    say: Callable[[str], None],
    take: Callable[[Path], list[Bump]] = pins.newest,
    tried: Sequence[Sequence[str]] = TRIED,
) -> list[Trial]:
    """Take the newest versions, try them, and open or renew the one pull request.

    Args:
        root: the repository, all committed, on its main branch.
        forge: where it is hosted.
        say: prints a line.
        take: writes the newest versions into pins.toml.
        tried: the commands that judge them.

    Raises:
        PinError: a version could not be asked for.
        DataopsError: the forge rejected.
    """
    moved = take(root)
    if not moved:
        say("every pin is the newest")
        return []
    pins.spread(root)
    trials = [attempt(root, command) for command in tried]
    main = _git(root, forge, "branch", "--show-current").strip()
    _git(root, forge, "switch", "--quiet", "--force-create", BRANCH)
    _git(root, forge, "commit", "--quiet", "--all", "--message", TITLE)
    _git(root, forge, "push", "--quiet", "--force", forge.push_url, f"HEAD:refs/heads/{BRANCH}")
    standing = [request for request in forge.of_branch(BRANCH) if request.open]
    body = text(moved, trials)
    if standing:
        forge.renew(standing[0].number, TITLE, body)
        say(f"request {standing[0].number} renewed")
    else:
        draft = not all(trial.passed for trial in trials)
        say(f"request {forge.open(BRANCH, main, TITLE, body, draft)} opened")
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


def _git(root: Path, forge: Forge, *arguments: str) -> str:
    """git, allowed to talk to the forge.

    Raises:
        DataopsError: it rejected.
    """
    done = subprocess.run(
        ["git", *arguments],
        cwd=root,
        env={**os.environ, **forge.push_environment(), "GIT_TERMINAL_PROMPT": "0"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise DataopsError(f"git {arguments[0]} was rejected.", where=done.stderr.strip()[-500:])
    return done.stdout


def main() -> int:
    """Exit code 0: proposed, or nothing newer. 2: it could not run."""
    try:
        propose(HERE, find_forge(), print)
    except (PinError, DataopsError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
