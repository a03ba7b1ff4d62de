"""The page about licences names every asset that pages embed, and every package we depend on."""

from __future__ import annotations

import importlib.metadata
import re
import sys

import pytest

import harness

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGE = (harness.TEMPLATE / "docs/reference/licences.md").read_text(encoding="utf-8")
SOURCE = harness.TEMPLATE / "src" / "first_light"
TEXT = (".py", ".sql", ".md.j2", ".html.j2", "py.typed", ".pyc")
"""Code and text of our own; anything else can be an asset of somebody."""
WORDS = "privacy/languages/"
"""Lists of words, which no page embeds; the page about licences names their folder."""


def assets() -> set[str]:
    files = (path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.is_file())
    return {name for name in files if not name.endswith(TEXT) and not name.startswith(WORDS)}


def dependencies() -> dict[str, str]:
    """The licence of each direct dependency, as the page has it."""
    table = PAGE.partition("| licence |")[2]
    return {
        name: licence
        for licence, names in re.findall(r"^\| ([A-Z][^|]*) \| (.*) \|$", table, re.M)
        for name in re.findall(r"(?:^|, )([a-z][a-z0-9.-]+)", re.sub(r" \([^)]*\)", "", names))
        if not name.startswith("run")
    }


def declared() -> set[str]:
    project = tomllib.loads((harness.TEMPLATE / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    return {re.split(r"[\[<>=~!; ]", line)[0] for line in lines}


def test_every_embedded_asset_has_its_origin() -> None:
    assert set(re.findall(r"^\| `([^`]+)` \|", PAGE, re.M)) == assets()
    assert f"`{WORDS}`" in PAGE
    for name in assets():
        text = (SOURCE / name).read_text(encoding="utf-8")
        # Foreign code, a font or an image would come with one of these.
        assert not re.search(r"copyright|@license|base64|@font-face", text, re.I), name
    for path in SOURCE.rglob("*.html.j2"):
        assert not re.search(r"base64|@font-face|<script src", path.read_text("utf-8")), path


def test_every_dependency_has_its_licence() -> None:
    assert dependencies().keys() == declared()


@pytest.mark.parametrize("name", sorted(dependencies()))
def test_the_licence_is_that_of_the_package(name: str) -> None:
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("not for this version of Python")
    classifiers = [line for line in metadata.get_all("Classifier") or () if "License ::" in line]
    fields = [metadata[name] for name in ("License-Expression", "License") if name in metadata]
    said = " ".join((*fields, *classifiers))
    family = dependencies()[name].partition("-")[0]
    words = {"LGPL": "Lesser General Public|LGPL", "Apache": "Apache", "ISC": "ISC"}
    assert re.search(words.get(family, family), said), said
