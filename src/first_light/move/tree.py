"""Copies of a product, one for each warehouse: with its profile, its sources and its settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from first_light.dbt.profile import read_type
from first_light.project.product import Product
from first_light.project.source_table import SOURCE, table_name
from first_light.utils.errors import DataopsError
from first_light.warehouse.kinds import RELEASES
from first_light.warehouse.setup import Setup

# What git does not know is copied without these: builds, environments, and data.
_LEFT_OUT = ("target", ".venv", ".git", "raw", "store", "logs", "dbt_packages")
_EXAMPLE = "my_product"


def copy_product(product: Product, kind: str, setup: Setup, to: Path, data: Path) -> Product:
    """Copy the product's files, and set the copy up for a kind of warehouse.

    Args:
        product: the product, with uncommitted changes.
        kind: the kind of warehouse, by its name in dbt.
        setup: what the kind asks for.
        to: the folder of the copy.
        data: the folder that takes the place of the sample.

    Raises:
        DataopsError: a file of the product is no YAML.
    """
    for name in _files(product):
        source, target = product.root / name, to / name
        if source.is_file() and not source.is_relative_to(product.sample):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target, follow_symlinks=True)
    (to / product.sample.name).symlink_to(data, target_is_directory=True)
    packages = product.root / "dbt_packages"
    if packages.is_dir():
        (to / packages.name).symlink_to(packages, target_is_directory=True)
    copy = Product(to)
    _write_profile(product, copy, kind, setup)
    if setup.source:
        for path in _yaml_files(to / "models"):
            _edit(path, lambda content: _set_sources(content, setup.source))
    if setup.nodes:
        _edit(to / "dbt_project.yml", lambda content: _set_nodes(content, setup.nodes))
    return copy


def target_of(product: Product, kind: str) -> str:
    """The target of profiles.yml with this kind of warehouse, that of releases first.

    Returns:
        Its name; empty if there is none.

    Raises:
        DataopsError: profiles.yml cannot be read.
    """
    names = [RELEASES, *(name for name in _profile(product) if name != RELEASES)]
    present = [name for name in names if name in _profile(product)]
    return next((name for name in present if read_type(product.root, name) == kind), "")


def _write_profile(product: Product, copy: Product, kind: str, setup: Setup) -> None:
    """One target, that of releases: the team's, or the one of the documentation."""
    name = target_of(product, kind)
    entry = _profile(product)[name] if name else _default(setup, product.slug)
    content = {_profile_name(product): {"target": RELEASES, "outputs": {RELEASES: entry}}}
    (copy.root / "profiles.yml").write_text(yaml.safe_dump(content), encoding="utf-8")


def _default(setup: Setup, slug: str) -> dict[str, Any]:
    return {
        key: value.replace(_EXAMPLE, slug) if isinstance(value, str) else value
        for key, value in setup.target.items()
    }


def _profile_name(product: Product) -> str:
    project = yaml.safe_load((product.root / "dbt_project.yml").read_text(encoding="utf-8"))
    return str(project["profile"])


def _profile(product: Product) -> dict[str, Any]:
    """The targets of the product's profile, as they are written.

    Raises:
        DataopsError: they cannot be read.
    """
    try:
        text = (product.root / "profiles.yml").read_text(encoding="utf-8")
        return dict(yaml.safe_load(text)[_profile_name(product)]["outputs"])
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise DataopsError(
            "The connection of dbt could not be read.",
            where=f"profiles.yml: {error}",
            fix="uv run dbt debug",
        ) from error


def _files(product: Product) -> Iterator[str]:
    """The product's files, as git has them; without git all but builds and data."""
    if product.in_git:
        listed = ("ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", ".")
        yield from filter(None, product.git(*listed).split("\0"))
        return
    for folder, folders, names in os.walk(product.root):
        if Path(folder) == product.root:
            folders[:] = [name for name in folders if name not in _LEFT_OUT]
        for name in names:
            yield str((Path(folder) / name).relative_to(product.root))


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.y*ml") if path.is_file())


def _edit(path: Path, change: Any) -> None:
    """Write a YAML file anew if a change returns true.

    Raises:
        DataopsError: it is no YAML.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise DataopsError(
            "A YAML file cannot be read.", where=f"{path.name}: {error}", fix="uv run dbt parse"
        ) from error
    if isinstance(content, dict) and change(content):
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _set_sources(content: dict[str, Any], keys: Mapping[str, str]) -> bool:
    """Let sources that are files be read from tables of raw; whether there are any."""
    changed = False
    for source in content.get("sources") or ():
        tables = [table for table in source.get("tables") or () if _location(table)]
        if not tables:
            continue
        changed = True
        source.update(keys)
        name = str(source.get("name"))
        for table in tables if name != SOURCE else ():
            table["identifier"] = table_name(name, str(table.get("name")))
    return changed


def _location(table: Mapping[str, Any]) -> Any:
    config = table.get("config") or {}
    metas = (table.get("meta") or {}, config.get("meta") or {})
    return next((meta["external_location"] for meta in metas if "external_location" in meta), "")


def _set_nodes(content: dict[str, Any], keys: Mapping[str, Any]) -> bool:
    for kind in ("models", "seeds", "snapshots"):
        content.setdefault(kind, {}).setdefault(str(content["name"]), {}).update(keys)
    return True
