"""The team's own hooks, in .pre-commit-team.yaml: they run along with the managed ones.

They do not get managed files, which a formatter of the team must not change, unless the team keeps
one as its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from first_light.project import managed, managed_list
from first_light.project.hook_run import file_arguments, write_config
from first_light.project.pin import PIN
from first_light.project.product import ANSWERS, Product

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
    # Without files pre-commit would check staged changes.
    own = file_arguments(_own(Product(Path.cwd()), files)) or [str(TEAM_HOOKS)]
    return subprocess.run([*command, "--color", "never", "--files", *own]).returncode


def _own(product: Product, files: Sequence[str]) -> list[str]:
    """The files that are the team's."""
    manifest = product.root / managed_list.MANIFEST
    if not manifest.is_file():
        return list(files)
    listed = managed_list.parse(manifest.read_text(encoding="utf-8")).keys()
    made = {managed_list.MANIFEST.as_posix(), PIN.as_posix(), ANSWERS}
    left_out = {*listed, *made} - managed.opt_outs(product).keys()
    return [name for name in files if name not in left_out]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
