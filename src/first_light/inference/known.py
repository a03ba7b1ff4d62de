"""What the product has already, as far as a draft must know it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import yaml

from first_light.inference.tables import Known
from first_light.project import layers
from first_light.project.source_table import SourceTable
from first_light.utils.errors import DataopsError

_RESOURCES = {"models": "*.sql", "snapshots": "*.sql", "tests": "*.sql", "seeds": "*.csv"}


def known_tables(product: Path, tables: Sequence[SourceTable]) -> tuple[Known, ...]:
    """Those of `tables` that have a staging model in the product, with the columns it declares.

    Raises:
        DataopsError: when a model's YAML can't be read.
    """
    known = []
    files = (product / layers.first_folder()).rglob("*.yml")
    paths = {path.name: path for path in sorted(files, reverse=True)}
    for table in tables:
        path = paths.get(f"{layers.staging_model(table.name)}.yml")
        if path is None:
            continue
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise DataopsError(
                "A YAML file of the staging models cannot be read.",
                where=path.relative_to(product).as_posix(),
                fix="correct it, then repeat the command",
            ) from error
        models = content.get("models") or []
        columns = [c for m in models if m.get("name") == path.stem for c in m["columns"]]
        known.append(Known(table, frozenset(str(column["name"]) for column in columns)))
    return tuple(known)


def time_spines(product: Path) -> tuple[str, ...]:
    """Paths, in the product, of the YAML of its models that names a time spine: dbt allows one."""
    return tuple(
        path.relative_to(product).as_posix()
        for pattern in ("*.yml", "*.yaml")
        for path in sorted((product / "models").rglob(pattern))
        if re.search(r"^\s+time_spine:", path.read_text(encoding="utf-8"), re.MULTILINE)
    )


def resources(product: Path) -> dict[str, str]:
    """Path, in the product, of each model, snapshot, seed and singular test by its name."""
    return {
        path.stem: path.relative_to(product).as_posix()
        for folder, pattern in _RESOURCES.items()
        for path in sorted((product / folder).rglob(pattern))
    }
