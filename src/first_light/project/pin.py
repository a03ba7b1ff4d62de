"""The pin: the package that a product requires, and its source, as a value and as file content.

The source is recorded in Copier's answers. The requirement is in one managed file, which the
template renders and `pin_text` repeats, so that plain `copier update` renders the same pin.
"""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from first_light.project.product import Product
from first_light.utils.addresses import source_without_credentials

PIN = Path("dataops") / "pyproject.toml"
VENDOR = Path("vendor")
DISTRIBUTION = "first-light"
GIT, VENDORED, INDEX = "git", "vendored", "index"
SOURCES = (GIT, VENDORED, INDEX)
# The answer whose adapter every product has; the others are extras of the package.
EMBEDDED = "duckdb"
# The answers for the package's source.
SOURCE_ANSWER, INDEX_ANSWER, WHEEL_ANSWER = "package_source", "package_index", "package_wheel"

_HEADING = """\
# Managed by the template. Version and source of the dataops command.
# To change the source: uv run dataops package
[project]
name = "data-product-tools"
version = "0"
requires-python = ">=3.10"
"""
_COMMIT = re.compile(r"@(?P<commit>[0-9a-f]{40})\"")
_WHEEL_VERSION = re.compile(rf"/{DISTRIBUTION.replace('-', '_')}-(?P<version>[^-/\"]+)-")
_RANGE = re.compile(rf"\"{DISTRIBUTION}(?:\[\w+\])?(?P<version>[<>=!~][^\"]+)\"")
_SHORTCUTS = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
_DESCRIBED = re.compile(r"-g(?P<commit>[0-9a-f]{4,40})$")
_TAG = re.compile(r"^v(?P<version>\d+(?:\.\d+)*)")


@dataclass(frozen=True)
class Pin:
    """The package that a product requires.

    Attributes:
        source: git, vendored or index.
        address: git: the repository's URL.
        commit: git: the full hash.
        wheel: vendored: the file's name in vendor/.
        index: index: the URL of a simple index.
        versions: index: the range of versions.
        extras: its extra, as "[NAME]", or empty.
    """

    source: str
    address: str = ""
    commit: str = ""
    wheel: str = ""
    index: str = ""
    versions: str = ""
    extras: str = ""


def pin_text(pin: Pin) -> str:
    """The pin file, as the template renders it; `pin` must be complete for its source."""
    package = f"{DISTRIBUTION}{pin.extras}"
    if pin.source == INDEX:
        requirement = f"{package}{pin.versions}"
        sources = f"""
[[tool.uv.index]]
name = "{DISTRIBUTION}"
url = "{pin.index}"
explicit = true

[tool.uv.sources]
{DISTRIBUTION} = {{ index = "{DISTRIBUTION}" }}
"""
    elif pin.source == VENDORED and pin.wheel:
        folder = VENDOR.as_posix()
        wheel = urllib.parse.quote(pin.wheel)
        requirement = f"{package} @ file:///${{PROJECT_ROOT}}/{folder}/{wheel}"
        sources = f"""
[tool.uv.sources]
{DISTRIBUTION} = {{ path = "../{folder}/{pin.wheel}" }}
"""
    else:
        requirement = f"{package} @ git+{pin.address}@{pin.commit}"
        sources = ""
    return f'{_HEADING}dependencies = ["{requirement}"]\n\n[tool.uv]\npackage = false\n{sources}'


def address_of(source: str) -> str:
    """The repository URL of a template source in Copier's notation, without credentials."""
    for short, url in _SHORTCUTS.items():
        if source.startswith(short):
            return f"{url}{source.removeprefix(short)}.git"
    source = source.removeprefix("git+")
    if source.startswith("git@"):
        return "ssh://" + source.replace(":", "/", 1)
    if "://" in source and not source.startswith("-"):  # git would read an option
        return source_without_credentials(source)
    return "file://" + urllib.parse.quote(os.path.realpath(Path(source).expanduser()))


def version_range(described: str) -> str:
    """The package versions for a template version: up to the next major one."""
    tag = _TAG.match(described)
    if tag is None:
        return ">=0,<1"
    return f">={tag['version']},<{int(tag['version'].split('.')[0]) + 1}"


def pin_of_answers(answers: Mapping[str, object], commit: str = "") -> Pin:
    """The pin of the answers.

    Args:
        answers: the product's answers.
        commit: the template's commit; the answers only have the output of `git describe`.
    """
    warehouse = str(answers.get("warehouse") or EMBEDDED)
    return Pin(
        source=str(answers.get(SOURCE_ANSWER) or GIT),
        address=address_of(str(answers.get("_src_path", ""))),
        commit=commit,
        wheel=str(answers.get(WHEEL_ANSWER) or ""),
        index=str(answers.get(INDEX_ANSWER) or ""),
        versions=version_range(str(answers.get("_commit", ""))),
        extras=f"[{warehouse}]" if warehouse != EMBEDDED else "",
    )


def pinned_commit(root: Path) -> str:
    """The commit in the pin file; empty if there is none."""
    file = root / PIN
    match = _COMMIT.search(file.read_text(encoding="utf-8")) if file.is_file() else None
    return match["commit"] if match else ""


def pinned_version(text: str) -> str:
    """The package in a pin file: a short commit, or a version or range; empty if it has none."""
    if match := _COMMIT.search(text):
        return match["commit"][:10]
    match = _WHEEL_VERSION.search(text) or _RANGE.search(text)
    return urllib.parse.unquote(match["version"]) if match else ""


def is_edited(product: Product) -> bool:
    """Whether the pin differs from the answers, apart from the commit."""
    file = product.root / PIN
    if not file.is_file():
        return True
    pin = pin_of_answers(product.answers, pinned_commit(product.root))
    return file.read_bytes().replace(b"\r\n", b"\n") != pin_text(pin).encode()


def outdated_wheel(answers: Mapping[str, object]) -> str:
    """The name of a vendored wheel of another version than the template's; empty if it matches."""
    wheel = str(answers.get(WHEEL_ANSWER) or "")
    if answers.get(SOURCE_ANSWER) != VENDORED or not wheel:
        return ""
    version = wheel.split("-")[1]
    described = str(answers.get("_commit", ""))
    if commit := _commit_in(described):
        local = version.partition("+")[2].removeprefix("g")
        is_same = bool(local) and (local.startswith(commit) or commit.startswith(local))
    else:
        is_same = f"v{version}" == described
    return "" if is_same else wheel


def moved(product: Product) -> bool:
    """Whether the pinned commit differs from the product's template version."""
    commit = _commit_in(str(product.answers.get("_commit", "")))
    return not pinned_commit(product.root).startswith(commit)


def _commit_in(described: str) -> str:
    """The short hash in the output of `git describe --tags --always`; empty for a tag."""
    if hashed := _DESCRIBED.search(described):
        return hashed["commit"]
    return "" if _TAG.match(described) else described
