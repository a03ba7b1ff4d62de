"""The team's own hooks, in .pre-commit-team.yaml: they run along with the managed ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from first_light.project.hook_run import file_arguments

TEAM_HOOKS = Path(".pre-commit-team.yaml")


def main(files: Sequence[str]) -> int:
    """Run the team's hooks on the files; exit code 0 when all pass or there are none."""
    if not TEAM_HOOKS.is_file():
        return 0
    command = [sys.executable, "-m", "pre_commit", "run", "--config", str(TEAM_HOOKS)]
    return subprocess.run(
        [*command, "--color", "never", "--files", *file_arguments(files)]
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
