"""Build the sample from raw: choose rows, mask personal columns, write, compare, replace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from first_light.dbt.source_plan import PlannedTable, connected, read_plan
from first_light.privacy import detect as personal
from first_light.privacy import key
from first_light.privacy.mask import Masker, masked_flags
from first_light.privacy.scrub import Originals, map_texts, scrub, texts
from first_light.project import settings
from first_light.project.source_table import ROOT
from first_light.sampling import calls, files
from first_light.sampling.calls import Call
from first_light.sampling.choose import Chooser
from first_light.sampling.limits import narrowed, reductions
from first_light.sampling.scratch_tables import Column, LoadedTable
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import Connection, spare_threads, temporary

ROWS: Final = 1000  # approximate, for the largest tables
MAX_BYTES: Final = 1_000_000  # of all files of the sample together

_WIDE_SHARE = 50  # a row is wide from a fiftieth of the maximum
_SHRINKS = 12
_IN_MEMORY = 200_000_000  # bytes of raw up to which the scratch database needs no disk
_MEMORY = "800MB"
_LEAST_SHARE = 0.2  # of the maximum that must be free for new tables; otherwise all make room
_STRAY_SHARE = 0.1  # above this, e-mail addresses are the column's purpose


@dataclass(frozen=True)
class TableSample:
    """The sample of one table.

    Attributes:
        name: the source table.
        path: its file, relative to the sample.
        rows: rows in the sample.
        raw_rows: rows in raw.
        bytes: size of the file.
    """

    name: str
    path: str
    rows: int
    raw_rows: int
    bytes: int


@dataclass(frozen=True)
class MaskedColumn:
    """A masked column: table, name, kind, and the number of masked values."""

    table: str
    column: str
    kind: str
    count: int


@dataclass(frozen=True)
class SampleReport:
    """The result of building the sample.

    Attributes:
        tables: by name.
        masked: every personal column, by table, in the order of the columns.
        as_of: the newest loaded_at of all tables, UTC; None if no table has a loaded_at_field.
        notes: sentences for the team.
    """

    tables: tuple[TableSample, ...]
    masked: tuple[MaskedColumn, ...]
    as_of: dt.datetime | None
    notes: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """Size of all files of the sample's tables."""
        return sum(table.bytes for table in self.tables)


def cut(
    product: Path,
    raw: Path,
    sample: Path,
    *,
    rows: int = ROWS,
    max_bytes: int = MAX_BYTES,
    only: Collection[str] = (),
) -> SampleReport:
    """Build the sample of a product from raw and replace the old one.

    The same input gives the same bytes. Raw is only read.

    Args:
        product: the product's folder; its YAML defines the tables and the personal columns.
        raw: the root folder of raw.
        sample: the root folder of the sample; created or replaced as a whole.
        rows: approximate rows of the largest tables; joins and coverage may add some.
        max_bytes: the limit for all files together.
        only: source tables; the sample of tables that no reference connects with them stays as it
            is. Empty for all tables.

    Raises:
        DataopsError: raw is missing, the YAML is not valid, a table cannot be read or written, or
            the sample cannot be made small enough. The old sample is unchanged.
    """
    files.recover(sample)
    every_table = read_plan(product)
    names = connected(every_table, only) if only else {table.name for table in every_table}
    tables = [table for table in every_table if table.name in names]
    if not raw.is_dir():
        raise DataopsError(
            "There is no raw data for a sample.",
            str(raw),
            "add files: uv run dataops add PATH",
        )
    with temporary("dataops-sample-", _MEMORY) as (connection, folder):
        readings = {table.name: _reading(connection, table, raw) for table in tables}
        _place(connection, folder, readings.values())
        chooser = Chooser(connection, tables, raw, max_bytes // _WIDE_SHARE)
        others = (table for table in every_table if table.name not in names)
        kept = [calls.parse(connection, table) for table in others]
        files_read = [file for reading in readings.values() for file in reading.files]
        files_read += [file for call in kept for file in _files_of(connection, call, raw)]
        secret = key.derive(raw, files_read, settings.current().mask_key)
        remaining = max_bytes - sum(files.size(sample / call.folder) for call in kept)
        if kept and remaining < max_bytes * _LEAST_SHARE:
            return cut(product, raw, sample, rows=rows, max_bytes=max_bytes)
        max_bytes = remaining
        as_of = max((table.newest for table in chooser.tables if table.newest), default=None)
        if kept and (before := files.read_stamp(sample)):
            as_of = max(before, as_of or before)
        limits = {table.name: rows for table in tables}
        shares: dict[str, float] = {}  # of what was written, in what was expected
        with files.replaced(sample, excluded=(files.AS_OF,)) as new:
            for attempt in range(_SHRINKS):
                cover = attempt < _SHRINKS // 2
                chooser.choose(limits, cover=cover)
                expected = {
                    table.plan.name: chooser.selection.width(table) for table in chooser.tables
                }
                sizes = {name: int(n * shares.get(name, 1)) for name, n in expected.items()}
                if sum(sizes.values()) < max_bytes:
                    masked, notes = _mask(connection, chooser, secret, as_of)
                    table_samples = _write(connection, chooser, readings, new, notes)
                    sizes = {table.name: table.bytes for table in table_samples}
                    if sum(sizes.values()) < max_bytes:
                        break
                    shares = {name: size / max(expected[name], 1) for name, size in sizes.items()}
                limits = narrowed(limits, sizes, chooser, max_bytes, attempt)
            else:
                raise _too_large(sizes, max_bytes)
            if as_of is not None:
                (new / files.AS_OF).write_text(files.stamp(as_of) + "\n", encoding="utf-8")
        notes += reductions(limits, rows, max_bytes, cover)
        notes += (
            f"{name}: a chain of references is too long; some rows lack their parent."
            for name in sorted(set(chooser.unfollowed))
        )
        notes += files.leftovers(sample, [*(reading.call for reading in readings.values()), *kept])
        return SampleReport(tuple(table_samples), tuple(masked), as_of, tuple(notes))


@dataclass(frozen=True)
class _Reading:
    """How a table is read: its call, its files in raw, and the sample file to write."""

    call: Call
    files: tuple[Path, ...]
    path: Path


def _reading(connection: Connection, table: PlannedTable, raw: Path) -> _Reading:
    call = calls.parse(connection, table)
    left_out = {raw / name for name in table.set_aside}
    ordered = tuple(file for file in _files_of(connection, call, raw) if file not in left_out)
    if not ordered:
        raise DataopsError(
            f"Raw has no files of {table.name}.",
            ", ".join(pattern.replace(ROOT, raw.name) for pattern in call.patterns),
            "add the files: uv run dataops add PATH",
        )
    example = ordered[-1].relative_to(raw).as_posix()
    path = call.path_for(table.name, example)
    if path.as_posix() in table.set_aside:  # the sample is read with the same filter
        path = PurePosixPath(example)
    return _Reading(call, ordered, Path(path))


def _files_of(connection: Connection, call: Call, raw: Path) -> tuple[Path, ...]:
    """The files in raw that a call reads, by name."""
    paths: set[Path] = set()
    for pattern in call.patterns:
        glob = pattern.replace(ROOT, str(raw))
        paths |= {Path(row[0]) for row in connection.execute("from glob(?)", [glob]).fetchall()}
    return tuple(sorted(paths))


def _place(connection: Connection, folder: Path, readings: Iterable[_Reading]) -> None:
    """Move the scratch database to disk if raw is large."""
    size = sum(file.stat().st_size for reading in readings for file in reading.files)
    spare_threads(connection, size)
    if size > _IN_MEMORY:
        path = str(folder / "scratch.db").replace("'", "''")
        connection.execute(f"attach '{path}' as scratch")
        connection.execute("use scratch")


def _mask(
    connection: Connection,
    chooser: Chooser,
    secret: bytes,
    as_of: dt.datetime | None,
) -> tuple[list[MaskedColumn], list[str]]:
    """Write the masked chosen rows of each table into a table `…_sample`."""
    kinds: dict[str, dict[str, str]] = {}
    originals: list[tuple[str, str]] = []
    for table in chooser.tables:
        name = chooser.selection.extract(table)
        kinds[table.plan.name] = marked = {
            table.columns[table.at(column)].name: kind
            for column, kind in table.plan.personal.items()
        }
        for column in table.columns:
            if column.name in marked:
                for value in _values(connection, name, column):
                    originals += ((marked[column.name], text) for text in texts(value))
    masker = Masker(secret, as_of.date() if as_of else None, (text for _, text in originals))
    strays = Originals(originals)
    masked: list[MaskedColumn] = []
    notes: list[str] = []
    for table in chooser.tables:
        changed_columns: dict[str, list[Any]] = {}
        for place, column in enumerate(table.columns):
            values = _values(connection, f"{table.sql}_sample", column)
            kind = kinds[table.plan.name].get(column.name)
            if kind is not None:
                flags = None if chooser.is_key(table, place) else masked_flags(values)
                masked_values = flags or [masker.mask(kind, value) for value in values]
                count = sum(value is not None for value in values)
                masked.append(MaskedColumn(table.plan.name, column.name, kind, count))
            elif column.closed or chooser.is_key(table, place):
                masked_values = values
            else:
                masked_values = _scrubbed(values, strays, masker)
            if kind is None and (stray_count := _strays(masked_values, strays)):
                notes.append(
                    f"{table.plan.name}.{column.name} is not marked as personal, but"
                    f" {stray_count} of its values in the sample are also in a personal column."
                    f" If they are personal, mark it with `pii` in {table.plan.where} and rebuild"
                    " the sample."
                )
            if masked_values != values:
                changed_columns[column.name] = masked_values
        _put(connection, table, changed_columns)
    return masked, notes


def _values(connection: Connection, table: str, column: Column) -> list[Any]:
    # Without its zone: zoned times need another Python library.
    cast = "::timestamp" if column.type == "TIMESTAMP WITH TIME ZONE" else ""
    query = f"select {quoted(column.name)}{cast} from {table}"
    return [row[0] for row in connection.execute(query).fetchall()]


def _scrubbed(values: list[Any], strays: Originals, masker: Masker) -> list[Any]:
    strings = [value for value in values if isinstance(value, str)]
    address_count = sum(1 for text in strings if personal.EMAIL_PATTERN.fullmatch(text.strip()))
    mask_addresses = address_count <= _STRAY_SHARE * len(strings)
    return [
        map_texts(value, lambda text: scrub(text, strays, masker, addresses=mask_addresses))
        for value in values
    ]


def _strays(values: Iterable[Any], strays: Originals) -> int:
    """The number of values that contain an original."""
    if not strays:
        return 0
    return sum(any(True for text in texts(value) for _ in strays.find(text)) for value in values)


def _put(connection: Connection, table: LoadedTable, columns: Mapping[str, list[Any]]) -> None:
    """Replace columns of the table's sample by values in the same order, keeping types."""
    if not columns or not next(iter(columns.values())):
        return
    types = {column.name: column.type for column in table.columns}
    for name in columns:
        if types[name].startswith("MAP"):
            raise DataopsError(
                f"{table.plan.name}.{name} is a map, whose values cannot be masked.",
                f"{table.plan.where}, {table.plan.name}.{name}",
                "read it as text: name its type in external_location (columns={…: 'VARCHAR'})",
            )
    lists = ", ".join(
        f"unnest(cast(${place} as {types[name]}[])) as v{place}"
        for place, name in enumerate(columns, start=1)
    )
    replacing = ", ".join(
        f"masked.v{place} as {quoted(name)}" for place, name in enumerate(columns, start=1)
    )
    sample = f"{table.sql}_sample"
    connection.execute(
        f"create or replace table {sample}_masked as select kept.* replace ({replacing}) "
        f"from {sample} as kept positional join (select {lists}) as masked",
        list(columns.values()),
    )
    connection.execute(f"create or replace table {sample} as from {sample}_masked")


def _write(
    connection: Connection,
    chooser: Chooser,
    readings: Mapping[str, _Reading],
    root: Path,
    notes: list[str],
) -> list[TableSample]:
    samples = []
    for table in chooser.tables:
        reading = readings[table.plan.name]
        path, sample = root / reading.path, f"{table.sql}_sample"
        if reading.call.options.get("filename"):  # the name is data: each row stays in its file
            names = chooser.selection.files(table)
            files.write_each(connection, sample, names, reading.call, path.parent, reading.files[0])
        else:
            files.write(connection, sample, reading.call, path, reading.files[0])
        note = files.read_back(connection, f"{table.sql}_sample", table.plan, root)
        notes += [note] if note else []
        samples.append(
            TableSample(
                table.plan.name,
                reading.path.as_posix(),
                chooser.selection.chosen(table),
                table.rows,
                files.size(path.parent),
            )
        )
    return samples


def _too_large(sizes: Mapping[str, int], max_bytes: int) -> DataopsError:
    widest = max(sizes, key=lambda name: sizes[name])
    return DataopsError(
        f"The sample does not fit into {max_bytes // 1000} kB: even a few rows of {widest} take "
        f"{sizes[widest] // 1000} kB.",
        widest,
        "leave its widest column out of external_location",
    )
