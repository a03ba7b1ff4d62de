"""The team's own hooks, in .pre-commit-team.yaml: they run along with the managed ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from first_light.project.hook_run import file_arguments, write_config
from first_light.project.product import Product

TEAM_HOOKS = Path(".pre-commit-team.yaml")
# The same hooks for a product in a folder of a larger repository.
_FROM_TOP = "target/check/team-hooks.yaml"


def main(files: Sequence[str]) -> int:
    """Run the team's hooks on the files; exit code 0 when all pass or there are none."""
    if not TEAM_HOOKS.is_file():
        return 0
    config = str(TEAM_HOOKS)
    if prefix := Product(Path.cwd()).prefix:
        loaded = yaml.safe_load(TEAM_HOOKS.read_text(encoding="utf-8"))
        config = write_config(Path.cwd(), _FROM_TOP, loaded, prefix)
    command = [sys.executable, "-m", "pre_commit", "run", "--config", config]
    return subprocess.run(
        [*command, "--color", "never", "--files", *file_arguments(files)]
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
