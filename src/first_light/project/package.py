"""Change where a product finds the package: a git repository, a wheel, a package index."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from first_light.project.answers import answers_text
from first_light.project.copier import uv
from first_light.project.pin import (
    DISTRIBUTION,
    GIT,
    INDEX,
    INDEX_ANSWER,
    PIN,
    SOURCE_ANSWER,
    VENDOR,
    VENDORED,
    WHEEL_ANSWER,
    Pin,
    address_of,
    moved,
    pin_of_answers,
    pin_text,
    pinned_commit,
)
from first_light.project.product import ANSWERS, Product
from first_light.utils.errors import DataopsError
from first_light.utils.whole_files import write_together, write_whole

_LOOPBACK = re.compile(r"^(localhost|127(\.\d+){3}|\[?::1\]?)$")
_PROBE_SECONDS = 20
_WHEELS = f"{DISTRIBUTION.replace('-', '_')}-*.whl"


def is_local(address: str) -> bool:
    """Whether the address is on this machine."""
    parts = urllib.parse.urlsplit(address)
    return parts.scheme == "file" or bool(_LOOPBACK.match(parts.hostname or ""))


def is_public(address: str) -> bool:
    """Whether the repository is public: git can read it without credentials."""
    if is_local(address) or urllib.parse.urlsplit(address).scheme not in ("http", "https", "git"):
        return False
    with tempfile.TemporaryDirectory(prefix="dataops-probe-") as home:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("GIT_")
        }
        environment |= {
            "HOME": home,  # the folder of .netrc
            "XDG_CONFIG_HOME": home,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
        }
        command = ["git", "-c", "credential.helper=", "ls-remote", "--quiet", address, "HEAD"]
        try:
            process = subprocess.run(
                command, cwd=home, env=environment, capture_output=True, timeout=_PROBE_SECONDS
            )
        except subprocess.TimeoutExpired:
            return False
    return process.returncode == 0


def pin_to(product: Product, source: str, index: str = "") -> Pin:
    """Change the source of the package: write the answers, the pin and the lock.

    Repeating `vendored` renews the wheel: it is built from the product's commit of the template. A
    failure changes no file.

    Args:
        product: the product.
        source: git, vendored or index.
        index: the URL of a simple index; empty for the recorded one.

    Raises:
        DataopsError: the template could not be read, the wheel not built or the lock not made.
    """
    answers = {key: value for key, value in product.answers.items() if key != WHEEL_ANSWER}
    answers[SOURCE_ANSWER] = source
    if index:
        answers[INDEX_ANSWER] = index
    if source == INDEX and not answers.get(INDEX_ANSWER):
        raise DataopsError(
            "No package index is configured.", fix="uv run dataops package index --url URL"
        )
    with tempfile.TemporaryDirectory(prefix="dataops-package-") as folder:
        wheel = None
        commit = pinned_commit(product.root) if source == GIT and not moved(product) else ""
        if source == VENDORED or (source == GIT and not commit):
            clone = Path(folder) / "template"
            commit = _clone(product, clone)
            if source == VENDORED:
                wheel = build_wheel(clone, Path(folder) / "wheel")
        answers[WHEEL_ANSWER] = wheel.name if wheel else ""
        pin = replace(pin_of_answers(answers), commit=commit)
        with _restored(product):
            vendor = product.root / VENDOR
            if wheel is not None:
                write_whole(vendor / wheel.name, wheel.read_bytes())
            texts = {ANSWERS: answers_text(product.root, answers), PIN.as_posix(): pin_text(pin)}
            write_together(product.root, {name: text.encode() for name, text in texts.items()})
            for old in vendor.glob(_WHEELS):
                if wheel is None or old.name != wheel.name:
                    old.unlink()
            if vendor.is_dir() and not any(vendor.iterdir()):
                vendor.rmdir()
            if problem := lock(product):
                raise DataopsError("The environment could not be locked.", problem, "uv lock")
    return pin


def build_wheel(repository: Path, output_folder: Path) -> Path:
    """Build the package's wheel from a clone with tags, which define the version.

    Raises:
        DataopsError: it could not be built.
    """
    command = [uv(), "build", "--quiet", "--wheel", "--no-sources", "--out-dir", str(output_folder)]
    process = _run([*command, str(repository)])
    wheels = sorted(output_folder.glob("*.whl")) if process.returncode == 0 else []
    if not wheels:
        raise DataopsError(
            "The package could not be built.",
            where="\n".join(process.stderr.strip().splitlines()[-5:]),
            fix="check the network, then repeat the command",
        )
    return wheels[0]


def lock(product: Product) -> str:
    """Update uv.lock if it is outdated; returns uv's error, or an empty text."""
    process = _run([uv(), "lock", "--quiet"], cwd=product.root)
    return "" if process.returncode == 0 else "\n".join(process.stderr.strip().splitlines()[-8:])


def _clone(product: Product, folder: Path) -> str:
    """Clone the template at the product's commit; returns the full hash."""
    address = address_of(str(product.answers.get("_src_path", "")))
    described = str(product.answers.get("_commit", ""))
    for command in (
        ["git", "clone", "--quiet", "--no-checkout", address, str(folder)],
        ["git", "-C", str(folder), "checkout", "--quiet", "--detach", f"{described}^{{commit}}"],
    ):
        process = _run(command)
        if process.returncode:
            raise DataopsError(
                "The template could not be read.",
                where=f"{address} at {described}: {process.stderr.strip()}",
                fix="check the address (_src_path in .copier-answers.yml) and your access to it",
            )
    return _run(["git", "-C", str(folder), "rev-parse", "HEAD"]).stdout.strip()


@contextmanager
def _restored(product: Product) -> Iterator[None]:
    """Restore the files of the pin if the block fails."""
    root = product.root

    def files() -> set[Path]:
        paths = {root / ANSWERS, root / PIN, root / "uv.lock", *(root / VENDOR).glob(_WHEELS)}
        return {path for path in paths if path.is_file()}

    contents = {path: path.read_bytes() for path in files()}
    try:
        yield
    except BaseException:
        for path in files() - set(contents):
            path.unlink()
        for path, content in contents.items():
            path.parent.mkdir(exist_ok=True)
            write_whole(path, content)
        raise


def _run(command: list[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    # Variables of another project's environment must not reach uv.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("VIRTUAL_ENV")
    }
    try:
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, errors="replace"
        )
    except FileNotFoundError as error:
        raise DataopsError(
            f"{command[0]} is not on the PATH.",
            fix=f"install {Path(command[0]).name} and put it on the PATH",
        ) from error
