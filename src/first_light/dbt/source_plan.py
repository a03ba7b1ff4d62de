"""Reading the plan of the sample from the product's own YAML: the source tables in raw.

They are those of the source `raw`, and those of a source per system whose files are in raw too.

The files are read as plain YAML, without dbt: a sample can be cut while the models do not parse.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from first_light.dbt.external_location import expand
from first_light.privacy.kinds import KINDS
from first_light.privacy.mask import family
from first_light.project import set_aside
from first_light.project.set_aside import SetAside
from first_light.project.source_table import ROOT, SOURCE, table_name
from first_light.utils.errors import DataopsError

_SWITCH = re.compile(r"\{\{\s*env_var\(\s*(['\"])DATAOPS_RAW\1.*?\}\}", re.DOTALL)
_MARK = "\x00root\x00"


@dataclass(frozen=True)
class Reference:
    """A column whose values are found in a column of another table, or of its own.

    Attributes:
        column: the referring column.
        table: the table referred to.
        key: its column.
        where: the YAML file that says so, for messages.
    """

    column: str
    table: str
    key: str
    where: str


@dataclass(frozen=True)
class PlannedTable:
    """One source table as the sample needs it.

    Attributes:
        name: its name in raw; of a table of another source than `raw`, with that in front.
        read: DuckDB table function call, with `{raw}` for the root folder.
        loaded_at: SQL expression for when a row arrived, or None.
        personal: column to kind of personal data, as marked.
        references: columns that refer to other tables.
        records: SQL for which of its rows are records; the sample has no others.
        set_aside: files below raw that `read` leaves out.
        source: the dbt source that it is a table of.
        table: its name in that source.
        where: the YAML file that defines it, relative to the product.
    """

    name: str
    read: str
    loaded_at: str | None
    where: str
    personal: Mapping[str, str] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    records: str = "true"
    set_aside: tuple[str, ...] = ()
    source: str = SOURCE
    table: str = ""

    def relation(self, root: Path | str) -> str:
        """The call that reads this table from `root` (raw or sample)."""
        return self.read.replace(ROOT, str(root).replace("'", "''"))


@dataclass(frozen=True)
class MarkedColumn:
    """A column of a source table that is marked as personal: its kind, and the YAML file."""

    table: str
    name: str
    kind: str
    where: str


def marked_columns(product: Path) -> tuple[MarkedColumn, ...]:
    """The columns of source tables in raw that are marked as personal, by file and table.

    Raises:
        DataopsError: a file is no YAML.
    """
    return tuple(
        MarkedColumn(_name(source, table), str(column.get("name", "")), str(kind), where)
        for where, source, table in _definitions(product)
        for column in _dicts(table, "columns")
        if (kind := _meta(column).get("pii"))
    )


def read_plan(product: Path) -> tuple[PlannedTable, ...]:
    """The source tables in raw, by name, from all YAML files under `models/`.

    Columns that refer to a personal column are personal too, of the same kind, so that joins hold.

    Raises:
        DataopsError: a file is no YAML, a table is defined twice or has no usable
            external_location, a kind is unknown, or a reference leads nowhere.
    """
    tables: dict[str, PlannedTable] = {}
    entries = set_aside.read(product)
    for where, source, table in _definitions(product):
        planned = _table(where, source, table, entries)
        if planned.name in tables:
            raise DataopsError(
                f"The source table {planned.name} is defined twice.",
                f"{tables[planned.name].where} and {where}",
                "delete one of the two definitions",
            )
        tables[planned.name] = planned
    if not tables:
        raise DataopsError(
            "No source table in raw is defined.",
            "models/",
            "draft one from a file: uv run dataops add PATH",
        )
    for planned in tables.values():
        for reference in planned.references:
            if reference.table not in tables:
                raise DataopsError(
                    f"{planned.name}.{reference.column} refers to the table {reference.table}, "
                    "which is no source table in raw.",
                    planned.where,
                    f"correct `references`; the tables are: {', '.join(sorted(tables))}",
                )
    ordered = [tables[name] for name in sorted(tables)]
    kinds = _shared_kinds(ordered)
    return tuple(replace(planned, personal=kinds[planned.name]) for planned in ordered)


def has_tables(product: Path) -> bool:
    """Whether any source table in raw is defined.

    Raises:
        DataopsError: a file is no YAML.
    """
    return next(_definitions(product), None) is not None


def table_names(product: Path) -> frozenset[str]:
    """The names of the source tables in raw, whatever else their definitions say.

    Raises:
        DataopsError: a file is no YAML.
    """
    return frozenset(_name(source, table) for _, source, table in _definitions(product))


def tables_of(tables: Iterable[PlannedTable], folder: str) -> list[PlannedTable]:
    """The tables that read files of a folder of raw."""
    return [table for table in tables if f"{ROOT}/{folder}/" in table.read]


def raise_if_read(product: Path, entries: Sequence[SetAside]) -> None:
    """Check that the sources leave out every file that is set aside.

    Raises:
        DataopsError: a source reads one all the same, or none reads its folder.
    """
    plan = read_plan(product) if entries else ()
    for entry in entries:
        readers = tables_of(plan, entry.table)
        if not readers or any(entry.file not in table.set_aside for table in readers):
            raise DataopsError(
                f"{entry.file} is set aside, but its source does not leave it out.",
                where=", ".join(table.where for table in readers) or set_aside.FILE,
                fix=f"remove its entry from vars.{set_aside.VARIABLE} in {set_aside.FILE}, then: "
                f'uv run dataops set-aside {entry.file} --because "…"',
            )


def connected(tables: Iterable[PlannedTable], names: Collection[str]) -> frozenset[str]:
    """Those of `names`, and all tables that references connect with them, over others too."""
    pairs = [(table.name, ref.table) for table in tables for ref in table.references]
    found = set(names)
    for _ in pairs:
        found |= {name for pair in pairs if found.intersection(pair) for name in pair}
    return frozenset(found)


def _definitions(product: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    models = product / "models"
    for path in sorted([*models.rglob("*.yml"), *models.rglob("*.yaml")]):
        where = path.relative_to(product).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
            if "sources:" not in text:
                continue
            content = yaml.safe_load(text)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            line = f", line {mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or "not UTF-8 text"
            raise DataopsError(
                "A YAML file cannot be read.", f"{where}{line}", f"correct it: {problem}"
            ) from error
        for source in _dicts(content, "sources"):
            for table in _dicts(source, "tables"):
                if source.get("name") == SOURCE or _is_in_raw(source, table):
                    yield where, source, table


def _is_in_raw(source: dict[str, Any], table: dict[str, Any]) -> bool:
    """Whether a table of another source than `raw` is read from files in raw."""
    location = (_meta(source) | _meta(table)).get("external_location")
    return isinstance(location, str) and _SWITCH.search(location) is not None


def _name(source: dict[str, Any], table: dict[str, Any]) -> str:
    return table_name(str(source.get("name", "")), str(table.get("name", "")))


def _table(
    where: str,
    source: dict[str, Any],
    table: dict[str, Any],
    entries: Sequence[SetAside],
) -> PlannedTable:
    name = _name(source, table)
    meta = _meta(source) | _meta(table)
    loaded_at = next(
        (
            str(holder["loaded_at_field"])
            for part in (table, source)
            for holder in (_dict(part, "config"), part)
            if holder.get("loaded_at_field")
        ),
        None,
    )
    kinds: dict[str, str] = {}
    references: list[Reference] = []
    for column in _dicts(table, "columns"):
        about, column_name = _meta(column), str(column.get("name", ""))
        kind = about.get("pii")
        if kind not in (None, False):
            if kind not in KINDS:
                raise DataopsError(
                    f"Unknown kind of personal data: {kind!r}.",
                    f"{where}, {name}.{column_name}, `pii`",
                    f"use one of: {', '.join(sorted(KINDS))}",
                )
            kinds[column_name] = str(kind)
        targets = about.get("references")
        for target in targets if isinstance(targets, list) else [targets] if targets else []:
            parent, dot, key = str(target).partition(".")
            if not (parent and dot and key):
                raise DataopsError(
                    f"`references` needs a table and a column, not {target!r}.",
                    f"{where}, {name}.{column_name}, `references`",
                    "write it as table.column",
                )
            references.append(Reference(column_name, parent, key, where))
    left_out: tuple[str, ...] = ()
    if set_aside.is_filtered(str(meta.get("external_location"))):
        left_out = tuple(entry.file for entry in entries)
    return PlannedTable(
        name,
        _read(where, str(table.get("name", "")), source, meta, entries),
        loaded_at,
        where,
        kinds,
        tuple(references),
        str(meta.get("records", "true")),
        left_out,
        str(source.get("name", "")),
        str(table.get("name", "")),
    )


def _read(
    where: str,
    name: str,
    source: dict[str, Any],
    meta: dict[str, Any],
    entries: Sequence[SetAside],
) -> str:
    """The external_location as dbt-duckdb would expand it, with `{raw}` for the root."""
    location = meta.get("external_location")
    at = f"{where}, {name}, `external_location`"
    if not isinstance(location, str):
        raise DataopsError(
            f"The source table {name} has no external_location.",
            at,
            "add external_location under config.meta, or remove the table from the source raw",
        )
    marked = set_aside.rendered(_SWITCH.sub(_MARK, location), entries)
    if _MARK not in marked or "{{" in marked or "{%" in marked:
        raise DataopsError(
            f"The files of {name} are not under the switch between raw and sample.",
            at,
            "begin the path with {{ env_var('DATAOPS_RAW', 'raw' if target.name == 'prod'"
            " else 'sample') }} and use no other Jinja but var('set_aside')",
        )
    formatter = meta.get("formatter", "newstyle")
    known = {
        "name": name,
        "identifier": name,
        "schema": source.get("schema", source.get("name")),
        "database": source.get("database", ""),
        **meta,
    }
    try:
        expanded = expand(marked, str(formatter), known)
    except ValueError as error:
        raise DataopsError(
            f"The external_location of {name} cannot be expanded.",
            at,
            "braces need `formatter: oldstyle`, with %% for each percent sign",
        ) from error
    return expanded.replace(_MARK, ROOT)


def _shared_kinds(tables: list[PlannedTable]) -> dict[str, dict[str, str]]:
    """The kinds of each table, with both sides of a reference alike.

    The side that is referred to decides; a side that is not marked follows the one that is.
    """
    kinds = {table.name: dict(table.personal) for table in tables}
    pairs = [
        ((table.name, ref.column), (ref.table, ref.key))
        for table in tables
        for ref in table.references
    ]
    for _ in pairs:  # a chain of references is at most as long as there are references
        for (table, column), (parent, key) in pairs:
            kind = kinds[parent].get(key) or kinds[table].get(column)
            if kind is None:
                continue
            kinds[parent][key] = kind
            own = kinds[table].get(column)
            if own is None or family(own) != family(kind):
                kinds[table][column] = kind
    return kinds


def _meta(part: dict[str, Any]) -> dict[str, Any]:
    return _dict(part, "meta") | _dict(_dict(part, "config"), "meta")


def _dict(part: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = part.get(name)
    return dict(value) if isinstance(value, dict) else {}


def _dicts(part: object, name: str) -> list[dict[str, Any]]:
    items = part.get(name) if isinstance(part, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
