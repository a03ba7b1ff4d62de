"""Run Copier from the environment of this package, where it is locked with hashes."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Collection, Mapping

from first_light.project import settings
from first_light.project.hook_run import tool_environment
from first_light.project.pin import address_of
from first_light.project.product import ANSWERS, Product
from first_light.project.restoring import run_stoppable
from first_light.utils.addresses import source_without_credentials, without_credentials
from first_light.utils.errors import DataopsError
from first_light.utils.variables import variable

# Copier's name for the present template version of the product.
CURRENT = ":current:"
_UNSAFE_EXIT = 4


def uv() -> str:
    """The uv that runs this process, or the one on the PATH."""
    return os.environ.get("UV") or "uv"


def copier_command(asks: bool = False) -> list[str]:
    """The command that runs Copier, without arguments.

    Args:
        asks: whether it asks somebody in a terminal.
    """
    if command := settings.current().copier:
        return shlex.split(command)
    # -I: no module of the present folder is imported.
    return [sys.executable, "-I", "-m", "first_light.project.prompts" if asks else "copier"]


def run_update(
    product: Product, to: str | None, trust: bool = False, data: Mapping[str, str] | None = None
) -> None:
    """Run `copier update` in a working copy of a product.

    Args:
        product: the copy; a failure leaves it half written.
        to: a version of the template; None for the newest.
        trust: whether migrations may run.
        data: changed answers.

    Raises:
        DataopsError: Copier could not update.
    """
    command = [*copier_command(), "update", "--defaults", "--quiet"]
    command += ["--vcs-ref", to] if to else []
    command += ["--trust"] if trust else []
    command += [f"--data={key}={value}" for key, value in (data or {}).items()]
    _run_copier(product, command, to)


def run_recopy(product: Product, paths: Collection[str]) -> None:
    """Render some files of a product's version of the template in a folder with its answers.

    Args:
        product: the folder; a failure leaves it half written.
        paths: the files.

    Raises:
        DataopsError: Copier could not render them.
    """
    command = [*copier_command(), "recopy", "--force", "--quiet", "--vcs-ref", CURRENT]
    command += ["--exclude=*", *(f"--exclude=!/{path}" for path in sorted(paths))]
    _run_copier(product, command, CURRENT)


def _run_copier(product: Product, command: list[str], to: str | None) -> None:
    root, source = product.root, str(product.answers.get("_src_path", ""))
    commit = str(product.answers.get("_commit", ""))
    if source.startswith("-"):
        raise DataopsError(
            "The address of the template would be an option of git.",
            where=f"{ANSWERS}: _src_path: {source}",
            fix="set _src_path to the address of the template",
        )
    try:
        process = run_stoppable(command, root, tool_environment())
    except FileNotFoundError as error:
        raise DataopsError(
            "Copier cannot be started.",
            where=str(error.filename),
            fix="unset DATAOPS_COPIER, or set it to a command",
        ) from error
    if process.returncode == 0:
        return
    if process.returncode == _UNSAFE_EXIT:
        raise DataopsError(
            "This update runs a migration that changes your answers or files.",
            where="see the template's release notes",
            fix="read them, then: uv run dataops update --trust; for the weekly update of all "
            f"products set {variable('trusted_version')} to the version that you have read",
        )
    output = (process.stderr.strip() or process.stdout.strip()).splitlines()
    versions = released_versions(source) if to else ()
    if to and to not in versions and any(f"'{to}'" in line for line in output):  # unknown to git
        newest = ", ".join(sorted(versions, key=numbers)[-5:])
        raise DataopsError(
            "The template does not have this version.",
            where=f"{to}; there are: {newest}" if newest else to,
            fix="update to the newest version: uv run dataops update",
        )
    if any("Downgrades are not supported" in line for line in output):
        raise DataopsError(
            "An update does not go back to an older version.",
            where=next(line for line in output if "Downgrades" in line),
            fix=f"git log --oneline -- {ANSWERS}, then git revert the commit of the update",
        )
    if any("must be run in a work tree" in line for line in output) and "://" not in source:
        raise DataopsError(
            "The template is a bare repository, which Copier does not read as a folder.",
            where=source,
            fix=f"uv run dataops update --template {shlex.quote(address_of(source))}",
        )
    if any("Local template must be a directory" in line for line in output) and "://" in source:
        raise DataopsError(
            "Copier takes the address of the template for a folder.",
            where=source_without_credentials(source),
            fix=f"add .git to the address, or write git+ before it: {ANSWERS}, _src_path, or "
            "uv run dataops update --template ADDRESS",
        )
    if problem := _access_problem(source):
        address = shlex.quote(address_of(source))
        raise DataopsError(
            "The template's repository cannot be read.",
            where=problem,
            fix=f"check the network, the address and your access: git ls-remote {address}; "
            f"in a pipeline set {variable('template_token')} to a token that reads it; "
            "if the template has moved: uv run dataops update --template ADDRESS",
        )
    if commit and any(f"'{commit}'" in line or f"revision {commit}" in line for line in output):
        raise DataopsError(
            "The template at this address does not have the version that made the product.",
            where=f"{address_of(source)}: {commit}",
            fix="use the address of a repository with the template's whole history",
        )
    raise DataopsError("Copier could not update the product.", where="\n".join(output[-5:]))


def _access_problem(source: str) -> str:
    """Why git cannot read the template's repository, in git's words; empty if it can."""
    command = ["git", "ls-remote", "--quiet", address_of(source), "HEAD"]
    process = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
    )
    return without_credentials(process.stderr.strip()) if process.returncode else ""


def released_versions(source: str) -> tuple[str, ...]:
    """The released versions in a template's repository; empty if it cannot be reached."""
    command = ["git", "ls-remote", "--tags", "--refs", address_of(source)]
    process = subprocess.run(command, capture_output=True, text=True, errors="replace")
    names = (line.rpartition("refs/tags/")[2] for line in process.stdout.splitlines())
    return tuple(name for name in names if numbers(name))


def numbers(version: str) -> tuple[int, ...]:
    """A version's numbers, for comparisons."""
    return tuple(int(number) for number in re.findall(r"\d+", version.split("-")[0]))
