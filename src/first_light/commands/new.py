"""`dataops new`: one command from nothing to a product with its first release."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from first_light.commands.add import Delivered
from first_light.commands.start import raise_if_missing
from first_light.project.copier import copier_command, uv
from first_light.project.pin import DISTRIBUTION
from first_light.utils.addresses import without_credentials
from first_light.utils.errors import DataopsError


@dataclass(frozen=True)
class Origin:
    """Where the package was installed from.

    Attributes:
        address: the repository, as Copier takes it.
        commit: the full hash of what was checked out there; empty where the folder has none.
    """

    address: str
    commit: str


def origin(recorded: str | None) -> Origin | None:
    """The repository in an installation's direct_url.json (PEP 610); None where it names none."""
    if not recorded:
        return None
    loaded = json.loads(recorded)
    url = str(loaded["url"])
    parts = urllib.parse.urlsplit(url)
    path = urllib.parse.unquote(parts.path)
    if "vcs_info" in loaded:
        commit = str(loaded["vcs_info"]["commit_id"])
        return Origin(path if parts.scheme == "file" else f"git+{url}", commit)
    if "dir_info" in loaded and (Path(path) / "copier.yml").is_file():
        return Origin(path, _head(Path(path)))
    return None


def _head(folder: Path) -> str:
    """The commit of a template's folder; empty where it is no repository.

    Copier would make a commit of its own from uncommitted changes, which no pin can reach.
    """
    process = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "--verify", "--quiet", "HEAD"],
        capture_output=True,
        text=True,
    )
    return process.stdout.strip()


def new(
    path: Path,
    sources: Sequence[Delivered],
    template: str | None,
    print_line: Callable[[str], None],
    options: Sequence[str] = (),
    can_ask: bool = True,
) -> int:
    """Render a product and start it, with its own version of the package.

    Args:
        path: the product's folder, which must not exist or be empty.
        sources: the team's own files; none for the content that is asked for.
        template: the template's address; None for where this package was installed from.
        print_line: prints a line that stays.
        options: more options of `dataops start`, such as --yes.
        can_ask: whether questions are asked in a terminal; where not, and elsewhere, the defaults
            are taken, and standard output is left to `dataops start`.

    Returns:
        The exit code of `dataops start` in the product.

    Raises:
        DataopsError: there is no template, or the folder or the files are not what they must be.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DataopsError(
            "The product's folder must be new or empty.",
            where=str(path),
            fix="choose another folder: dataops new PATH",
        )
    raise_if_missing(sources)
    own = [str(replace(each, path=each.path.absolute())) for each in sources]
    from_ = [part for each in own for part in ("--from", each)]
    origin_ = Origin(template, "") if template else _installed_from()
    asks = can_ask and sys.stdin.isatty()
    command = [*copier_command(asks), "copy", "--quiet"]
    command += ["--vcs-ref", origin_.commit] if origin_.commit else []
    command += ["--data", "content=empty"] if sources else []
    command += [] if asks else ["--defaults"]
    _run([*command, origin_.address, str(path)], "The product could not be created.")
    print_line(f"{path}: made from {without_credentials(origin_.address)}")
    start = [uv(), "run", "--quiet", "dataops", "start", *from_, *options]
    process = subprocess.run(start, cwd=path, env=_environment())
    has_drafts = bool(sources) and any((path / "models").rglob("*.sql"))
    if process.returncode == 0 or has_drafts:  # then `start` has said how to go on
        print_line(f"        it is in the folder: cd {path}")
    else:
        repeat = shlex.join(["dataops", "start", *from_])
        print_line(f"The product is in {path}. Once that is fixed: cd {path} && uv run {repeat}")
    return process.returncode


def _installed_from() -> Origin:
    try:
        origin_ = origin(distribution(DISTRIBUTION).read_text("direct_url.json"))
    except PackageNotFoundError:
        origin_ = None
    if origin_ is None:
        raise DataopsError(
            "This package was not installed from the template's repository.",
            fix="dataops new NAME --template ADDRESS",
        )
    return origin_


def _run(command: list[str], failure: str) -> None:
    try:
        process = subprocess.run(command, env=_environment())
    except FileNotFoundError as error:
        raise DataopsError(
            f"{command[0]} is not on the PATH.", fix="install uv and put it on the PATH"
        ) from error
    if process.returncode:
        raise DataopsError(failure, where="see the output above")


def _environment() -> dict[str, str]:
    """The environment without what belongs to the environment that this command runs in."""
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
