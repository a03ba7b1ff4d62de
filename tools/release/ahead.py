"""`python -m tools.release.ahead NAME`: does a fresh product stand with what comes next?

What comes next stands in pins.toml under [ahead]. The job that runs this blocks nobody.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import copier

from tools.release import pins
from tools.release.template import HERE

# dbt 2 is another program, without the Python interface that dataops uses: what can be told is
# whether it understands a product as it is.
_PARSE = ("dbt", "parse", "--target", "ci", "--warn-error")
_CHECK = (
    ("uv", "lock", "--quiet"),
    ("uv", "sync", "--quiet"),
    ("git", "init", "--quiet", "--initial-branch=main"),
    ("git", "add", "--all"),
    ("git", "commit", "--quiet", "--no-verify", "--message", "first light"),
    ("uv", "run", "dataops", "check"),
)


def steps(name: str, template: Path = HERE) -> tuple[tuple[str, ...], ...]:
    """The commands that try what comes next, in a fresh product that asks for it."""
    if name == "dbt-core":
        return (("uv", "tool", "run", "--from", f"{name}{_next(name, template)}", *_PARSE),)
    return _CHECK


def _next(name: str, template: Path) -> str:
    ahead = pins.read(template)[pins.AHEAD]
    if name not in ahead:
        raise pins.PinError(f"{pins.PINS} has no {name} under [{pins.AHEAD}]")
    return ahead[name]


def product_ahead(into: Path, name: str, template: Path = HERE) -> Path:
    """A fresh product that asks for the version ahead.

    Raises:
        PinError: pins.toml has no version ahead of this name.
    """
    wanted = _next(name, template)
    ahead = into.with_name(f"{into.name}-template")
    subprocess.run(["git", "clone", "--quiet", str(template), str(ahead)], check=True)
    file = ahead / "pyproject.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(rf'"{name}[<>=][^"]*"', f'"{name}{wanted}"', text), "utf-8")
    # What comes next may have left the oldest Python behind; here it runs on one alone.
    python = f'requires-python = ">={sys.version_info.major}.{sys.version_info.minor}"'
    projects = (file, *(ahead / "template").glob("**/pyproject.toml.jinja"))
    for project in projects:
        text = project.read_text(encoding="utf-8")
        project.write_text(re.sub(r'requires-python = "[^"]*"', python, text), encoding="utf-8")
    commit = ["git", "commit", "--quiet", "--all", "--message", f"{name}{wanted}"]
    subprocess.run(commit, cwd=ahead, check=True)
    copier.run_copy(str(ahead), into, defaults=True, quiet=True, vcs_ref="HEAD")
    return into


def main(arguments: list[str]) -> int:
    """Exit code 0: it passes. 1: it does not, and the first step that failed says why."""
    (name,) = arguments
    with tempfile.TemporaryDirectory(prefix="ahead-") as folder:
        try:
            product = product_ahead(Path(folder) / "product", name)
        except pins.PinError as error:
            print(error, file=sys.stderr)
            return 2
        for step in steps(name):
            if subprocess.run(step, cwd=product).returncode:
                print(f"with the next {name}, this fails: {' '.join(step)}", file=sys.stderr)
                return 1
    print(f"a fresh product passes with the next {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
