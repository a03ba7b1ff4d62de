"""How Copier is run: among uv's own tools, since the product does not depend on it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping

from first_light.project.hook_run import tool_environment
from first_light.project.pin import address_of
from first_light.project.product import Product
from first_light.utils.errors import DataopsError

COPIER = "copier>=9.19.1,<10"
# Another command that runs Copier.
VARIABLE = "DATAOPS_COPIER"
# The template's version that the product is on, as Copier calls it.
CURRENT = ":current:"
_UNSAFE_EXIT = 4


def uv() -> str:
    """The uv that runs this process, or the one on the PATH."""
    return os.environ.get("UV") or "uv"


def copier_command() -> list[str]:
    """The command that runs Copier, without arguments."""
    if given := os.environ.get(VARIABLE):
        return shlex.split(given)
    return [uv(), "tool", "run", "--quiet", "--from", COPIER, "copier"]


def run_update(
    product: Product, to: str | None, trust: bool = False, data: Mapping[str, str] | None = None
) -> None:
    """Run `copier update` in a product without uncommitted changes; on failure nothing is left.

    Args:
        product: the product.
        to: a version of the template; None for the newest.
        trust: let the versions' migrations run.
        data: answers that change.

    Raises:
        DataopsError: Copier could not update; the product is as it was.
    """
    root = product.root
    command = [*copier_command(), "update", "--defaults", "--quiet"]
    command += ["--vcs-ref", to] if to else []
    command += ["--trust"] if trust else []
    command += [f"--data={key}={value}" for key, value in (data or {}).items()]
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=tool_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise DataopsError(
            "Copier cannot be started.",
            where=str(error.filename),
            fix="put uv on the PATH (README.md), or set DATAOPS_COPIER to a command",
        ) from error
    if done.returncode == 0:
        return
    # All was committed, so this takes back only what Copier began.
    subprocess.run(["git", "reset", "--quiet", "--hard", "HEAD"], cwd=root, check=True)
    subprocess.run(["git", "clean", "--quiet", "-d", "--force"], cwd=root, check=True)
    if done.returncode == _UNSAFE_EXIT:
        raise DataopsError(
            "This update runs a migration that changes your answers or files.",
            where="see the template's release notes",
            fix="uv run dataops update --trust",
        )
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    there = released_versions(str(Product(root).answers.get("_src_path", ""))) if to else ()
    if to and to not in there and any(f"'{to}'" in line for line in said):  # git did not know it
        newest = ", ".join(sorted(there, key=numbers)[-5:])
        raise DataopsError(
            "The template does not have this version.",
            where=f"{to}; there are: {newest}" if newest else to,
            fix="update to the newest version: uv run dataops update",
        )
    raise DataopsError("Copier could not update the product.", where="\n".join(said[-5:]))


def released_versions(source: str) -> tuple[str, ...]:
    """The versions that a template's repository has; empty where it can't be asked."""
    asked = ["git", "ls-remote", "--tags", "--refs", address_of(source)]
    done = subprocess.run(asked, capture_output=True, text=True, errors="replace")
    names = (line.rpartition("refs/tags/")[2] for line in done.stdout.splitlines())
    return tuple(name for name in names if numbers(name))


def numbers(version: str) -> tuple[int, ...]:
    """A version's numbers, to compare by."""
    return tuple(int(number) for number in re.findall(r"\d+", version.split("-")[0]))
