"""`dataops retype`: another type for columns of raw, in staging and in all contracts below."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from first_light.dbt.compiled import compiled_manifest
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.project_lineage import Traced, trace
from first_light.inference.declared_types import (
    TEST,
    with_contract_type,
    with_exact_type,
    without_number_tests,
)
from first_light.inference.recast import NoCast, is_text, recast
from first_light.project.product import Product
from first_light.utils import sql_types
from first_light.utils.errors import DataopsError
from first_light.utils.whole_files import write_together
from first_light.warehouse.base import DATABASE_FILE
from first_light.warehouse.kinds import is_server

_CHANGE = re.compile(r"([^.=]+)\.([^.=]+)\.([^=]+)=(.+)")
_TYPE = re.compile(
    r"smallint|integer|bigint|(?:decimal|numeric)\(\d{1,2}(?:,\d{1,2})?\)|double(?: precision)?|"
    r"date|timestamp|boolean|varchar|text"
)


@dataclass(frozen=True)
class Change:
    """A column of a source table, as staging names it, and its new type."""

    source: str
    table: str
    column: str
    type: str

    @property
    def spelled(self) -> str:
        """The type as SQL spells it."""
        return self.type.replace(",", ", ")


@dataclass(frozen=True)
class Retyped:
    """What `retype` did.

    Attributes:
        files: the files that it changed, relative to the product.
        columns: the columns of contracts that have another type now, as `model.column`.
    """

    files: tuple[str, ...]
    columns: tuple[str, ...]


def parsed(argument: str) -> Change:
    """`SOURCE.TABLE.COLUMN=TYPE` as a change.

    Raises:
        DataopsError: it is none, or the type is none that a release can check.
    """
    match = _CHANGE.fullmatch(argument.strip())
    if match is None:
        raise DataopsError(
            "This is no column with its new type.",
            where=argument,
            fix='uv run dataops retype "raw.orders.qty=decimal(18,2)"',
        )
    source, table, column, kind = match.groups()
    kind = re.sub(r"\s*([(),])\s*", r"\1", " ".join(kind.lower().split()))
    if not _TYPE.fullmatch(kind):
        raise DataopsError(
            f"A release cannot check that values are held exactly by the type {kind}.",
            where=argument,
            fix="use smallint, integer, bigint, decimal(WIDTH,SCALE), double, date, timestamp, "
            "boolean or varchar",
        )
    return Change(source, table, column, kind)


def retype(product: Product, changes: Sequence[Change], progress: Callable[[str], None]) -> Retyped:
    """Change the cast of columns in staging, and their types in the YAML of it and below.

    Nothing is written unless every cast is found.

    Raises:
        DataopsError: a column, or its cast, is not there; dbt cannot compile the project.
    """
    manifest, traced = _project(product, progress)
    files = _Files(product.root)
    columns: list[str] = []
    try:
        for change in changes:
            columns += _retype(change, manifest, traced, files)
    except yaml.YAMLError as error:
        raise DataopsError(
            "A YAML file cannot be read.", str(error), "correct it, then repeat the command"
        ) from error
    return Retyped(files.write(), tuple(columns))


def _retype(change: Change, manifest: Manifest, traced: Traced, files: _Files) -> list[str]:
    """One change; the columns of contracts that it reached."""
    source, staging = _staging(manifest, change)
    text = files.text(staging.path)
    result = recast(text, change.column, change.spelled)
    if isinstance(result, NoCast):
        line = text.splitlines()[result.line - 1].strip()
        raise DataopsError(
            f"{change.column} is not made by one cast here, so its type was not changed.",
            where=f"{staging.path}, line {result.line}: {line}",
            fix=f"make it {change.type} on this line, in {source.path} and in the contracts "
            "below, then: uv run dataops check",
        )
    files.edited[staging.path] = result
    files.edited[source.path] = with_exact_type(
        files.text(source.path), change.source, change.table, change.column, change.spelled
    )
    reached = []
    typed = _same_values(manifest, traced, source, staging, change.column)
    if is_text(change.type):  # no number to compare
        for model, column in {(staging, change.column), *typed}:
            if model.patch_path:
                text = files.text(model.patch_path)
                files.edited[model.patch_path] = without_number_tests(text, model.name, column)
    for model, column in typed:
        files.edited[model.patch_path] = with_contract_type(
            files.text(model.patch_path), model.name, column, change.type
        )
        reached.append(f"{model.name}.{column}")
    return reached


class _Files:
    """The product's files as they will be."""

    def __init__(self, root: Path) -> None:
        self.edited: dict[str, str] = {}
        self._root = root

    def text(self, name: str) -> str:
        if name not in self.edited:
            self.edited[name] = (self._root / name).read_text(encoding="utf-8")
        return self.edited[name]

    def write(self) -> tuple[str, ...]:
        """Writes what differs; its names."""
        changed = [
            name
            for name, text in sorted(self.edited.items())
            if (self._root / name).read_text(encoding="utf-8") != text
        ]
        write_together(self._root, {name: self.edited[name].encode() for name in changed})
        return tuple(changed)


def _project(product: Product, progress: Callable[[str], None]) -> tuple[Manifest, Traced]:
    """The project as dbt compiles it, and where its columns come from."""
    progress("dbt compile")
    with tempfile.TemporaryDirectory(prefix="retype-") as folder:
        target = Path(folder)
        environment = {} if is_server(product) else {
            "DATAOPS_RAW": str(product.sample), "DATAOPS_DB": str(target / DATABASE_FILE)
        }  # fmt: skip
        manifest = compiled_manifest(product.root, "dev", target, environment)
    models = [node.unique_id for node in manifest.of("model")]
    traced = trace(
        manifest,
        models,
        lambda name: manifest.nodes[name].code,
        lambda node: [column.name.lower() for column in node.columns],
    )
    return manifest, traced


def _staging(manifest: Manifest, change: Change) -> tuple[Node, Node]:
    """The source table of a change, and the one model that reads it."""
    name = f"{change.source}.{change.table}"
    source = next(
        (node for node in manifest.of("source") if node.unique_id.endswith(f".{name}")), None
    )
    if source is None:
        raise DataopsError(
            f"There is no source table {name}.", fix="uv run dbt ls --resource-type source"
        )
    models = [node for node in manifest.of("model") if source.unique_id in node.depends_on]
    if len(models) != 1:
        names = ", ".join(node.path for node in models) or "no model"
        raise DataopsError(
            f"{name} is read by {len(models)} models: only one of its own is changed by this "
            "command.",
            where=names,
            fix=f"make {change.column} {change.type} there, then: uv run dataops check",
        )
    return source, models[0]


def _same_values(
    manifest: Manifest, traced: Traced, source: Node, staging: Node, column: str
) -> list[tuple[Node, str]]:
    """The typed columns of models that hold the values of a column of staging, in its old type."""
    old = _type_of(manifest, source, column)
    same = {(staging.unique_id, column.lower())}
    typed = [(staging, column)]
    for name in manifest.graph.in_order(only=set(traced.columns)):
        node = manifest.nodes[name]
        declared = {c.name.lower(): sql_types.plain(c.data_type) for c in node.columns}
        for own, origins in traced.columns[name].items():
            kind = declared.get(own, "")
            if len(origins) == 1 and origins <= same and (not kind or kind == (old or kind)):
                same.add((name, own))
                typed.append((node, own))
    return [
        (node, own)
        for node, own in typed
        if node.patch_path
        and any(c.name.lower() == own.lower() and c.data_type for c in node.columns)
    ]


def _type_of(manifest: Manifest, source: Node, column: str) -> str:
    """The type of a column as the test of its source names it; empty where it names none."""
    for test in manifest.tests_of(source.unique_id):
        if test.call and test.call.name == TEST:
            target = test.call.arguments.get("columns", {}).get(column, "")
            kind = target.get("type", "") if isinstance(target, dict) else target
            return sql_types.plain(str(kind))
    return ""
