"""Cutting the sample from raw: choose rows, mask what is personal, write, compare, put in place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from first_light.dbt.source_plan import PlannedTable, read_plan
from first_light.privacy import detect as personal
from first_light.privacy import key
from first_light.privacy.mask import Masker
from first_light.privacy.scrub import Originals, map_texts, scrub, texts
from first_light.project.source_table import ROOT
from first_light.sampling import calls, files
from first_light.sampling.calls import Call
from first_light.sampling.choose import Chooser
from first_light.sampling.scratch_tables import Column, Loaded
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import Connection, temporary

ROWS: Final = 1000  # of the largest tables, about
MAX_BYTES: Final = 1_000_000  # of all files of the sample together
AS_OF: Final = "as_of.txt"

_WIDE_SHARE = 50  # a row is wide from a fiftieth of the bytes
_SHRINKS = 12
_IN_MEMORY = 200_000_000  # bytes of raw up to which the scratch database needs no disk
_MEMORY = "800MB"
_STRAY_SHARE = 0.1  # from here e-mail addresses are the column's purpose, and it is not marked


@dataclass(frozen=True)
class TableSample:
    """What the sample has of one table.

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
    """A column that was masked: its table, its name, the kind, and how many values were masked."""

    table: str
    column: str
    kind: str
    count: int


@dataclass(frozen=True)
class SampleReport:
    """What was cut.

    Attributes:
        tables: by name.
        masked: every personal column, by table, in the order of the columns.
        as_of: the newest loaded_at of all tables, UTC; None when no table has a loaded_at_field.
        notes: what the team should know, one plain sentence each.
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
    product: Path, raw: Path, sample: Path, *, rows: int = ROWS, max_bytes: int = MAX_BYTES
) -> SampleReport:
    """Cut the sample of a product from raw and put it in place of the old one.

    The same input gives the same bytes. Raw is only read.

    Args:
        product: the product's folder; its YAML says which tables there are and what is personal.
        raw: the root folder of raw.
        sample: the root folder of the sample; made or replaced as a whole.
        rows: how many rows the largest tables have, about; joins and coverage may add some.
        max_bytes: upper bound of all files together.

    Raises:
        DataopsError: raw is missing, the YAML cannot be followed, a table cannot be read or
            written, or the sample cannot be made small enough. The old sample is untouched then.
    """
    files.recover(sample)
    tables = read_plan(product)
    if not raw.is_dir():
        raise DataopsError(
            "There is no raw data to make a sample from.",
            str(raw),
            "add files: uv run dataops add PATH",
        )
    with temporary("dataops-sample-", _MEMORY) as (connection, folder):
        readings = {table.name: _reading(connection, table, raw) for table in tables}
        _place(connection, folder, readings.values())
        chooser = Chooser(connection, tables, raw, max_bytes // _WIDE_SHARE)
        secret = key.derive(raw, (file for reading in readings.values() for file in reading.files))
        as_of = max((table.newest for table in chooser.tables if table.newest), default=None)
        limits = {table.name: rows for table in tables}
        with files.replaced(sample, own=(AS_OF,)) as new:
            for attempt in range(_SHRINKS):
                cover = attempt < _SHRINKS // 2
                chooser.choose(limits, cover=cover)
                sizes = {
                    table.plan.name: chooser.selection.width(table) for table in chooser.tables
                }
                if sum(sizes.values()) < max_bytes:
                    masked, notes = _mask(connection, chooser, secret, as_of)
                    written = _write(connection, chooser, readings, new, notes)
                    sizes = {table.name: table.bytes for table in written}
                    if sum(sizes.values()) < max_bytes:
                        break
                limits = _narrowed(limits, sizes, chooser, max_bytes, attempt)
            else:
                raise _too_large(sizes, max_bytes)
            if as_of is not None:
                (new / AS_OF).write_text(_stamp(as_of) + "\n", encoding="utf-8")
        notes += _reductions(limits, rows, max_bytes, cover)
        notes += (
            f"{name}: a chain of references is too long to keep whole; some rows lack their parent."
            for name in sorted(set(chooser.unfollowed))
        )
        notes += _leftovers(sample, list(readings.values()))
        return SampleReport(tuple(written), tuple(masked), as_of, tuple(notes))


@dataclass(frozen=True)
class _Reading:
    """How a table is read: its call, the files of raw that it reads, the file to write."""

    call: Call
    files: tuple[Path, ...]
    path: Path


def _reading(connection: Connection, table: PlannedTable, raw: Path) -> _Reading:
    call = calls.parse(connection, table)
    found: set[Path] = set()
    for pattern in call.patterns:
        glob = pattern.replace(ROOT, str(raw))
        found |= {Path(row[0]) for row in connection.execute("from glob(?)", [glob]).fetchall()}
    if not found:
        raise DataopsError(
            f"Raw has no files of {table.name}.",
            ", ".join(pattern.replace(ROOT, raw.name) for pattern in call.patterns),
            "add the files: uv run dataops add PATH",
        )
    ordered = tuple(sorted(found))
    path = call.path_for(table.name, ordered[-1].relative_to(raw).as_posix())
    return _Reading(call, ordered, Path(path))


def _place(connection: Connection, folder: Path, readings: Iterable[_Reading]) -> None:
    """Keep the scratch database on disk when raw is large: compressed, and out of memory."""
    size = sum(file.stat().st_size for reading in readings for file in reading.files)
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
    """Put the chosen rows, masked, into a table `…_sample` for each table of the chooser."""
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
        changed: dict[str, list[Any]] = {}
        for place, column in enumerate(table.columns):
            before = _values(connection, f"{table.sql}_sample", column)
            kind = kinds[table.plan.name].get(column.name)
            if kind is not None:
                after = [masker.mask(kind, value) for value in before]
                count = sum(value is not None for value in before)
                masked.append(MaskedColumn(table.plan.name, column.name, kind, count))
            elif column.closed or chooser.is_key(table, place):
                after = before
            else:
                after = _scrubbed(before, strays, masker)
            if kind is None and (left := _strays(after, strays)):
                notes.append(
                    f"{table.plan.name}.{column.name} is not marked as personal, but {left} of its"
                    " values in the sample are also in a personal column. If they are personal,"
                    f" mark it with `pii` in {table.plan.where} and cut again."
                )
            if after != before:
                changed[column.name] = after
        _put(connection, table, changed)
    return masked, notes


def _values(connection: Connection, table: str, column: Column) -> list[Any]:
    # Without its zone: times with one need another library in Python.
    cast = "::timestamp" if column.type == "TIMESTAMP WITH TIME ZONE" else ""
    query = f"select {quoted(column.name)}{cast} from {table}"
    return [row[0] for row in connection.execute(query).fetchall()]


def _scrubbed(values: list[Any], strays: Originals, masker: Masker) -> list[Any]:
    written = [value for value in values if isinstance(value, str)]
    full = sum(1 for text in written if personal.EMAIL_PATTERN.fullmatch(text.strip()))
    addresses = full <= _STRAY_SHARE * len(written)
    return [
        map_texts(value, lambda text: scrub(text, strays, masker, addresses=addresses))
        for value in values
    ]


def _strays(values: Iterable[Any], strays: Originals) -> int:
    """How many values hold an original; a mask that happens to be one does not count twice."""
    if not strays:
        return 0
    return sum(any(True for text in texts(value) for _ in strays.find(text)) for value in values)


def _put(connection: Connection, table: Loaded, changed: Mapping[str, list[Any]]) -> None:
    """Replace columns of the table's sample by other values in the same order, types kept."""
    if not changed or not next(iter(changed.values())):
        return
    types = {column.name: column.type for column in table.columns}
    for name in changed:
        if types[name].startswith("MAP"):
            raise DataopsError(
                f"{table.plan.name}.{name} is a map, whose values cannot be masked.",
                f"{table.plan.where}, {table.plan.name}.{name}",
                "read it as text: name its type in external_location (columns={…: 'VARCHAR'})",
            )
    lists = ", ".join(
        f"unnest(cast(${place} as {types[name]}[])) as v{place}"
        for place, name in enumerate(changed, start=1)
    )
    replacing = ", ".join(
        f"masked.v{place} as {quoted(name)}" for place, name in enumerate(changed, start=1)
    )
    sample = f"{table.sql}_sample"
    connection.execute(
        f"create or replace table {sample}_masked as select kept.* replace ({replacing}) "
        f"from {sample} as kept positional join (select {lists}) as masked",
        list(changed.values()),
    )
    connection.execute(f"create or replace table {sample} as from {sample}_masked")


def _write(
    connection: Connection,
    chooser: Chooser,
    readings: Mapping[str, _Reading],
    root: Path,
    notes: list[str],
) -> list[TableSample]:
    written = []
    for table in chooser.tables:
        reading = readings[table.plan.name]
        path = root / reading.path
        files.write(connection, f"{table.sql}_sample", reading.call, path, reading.files[0])
        note = files.read_back(connection, f"{table.sql}_sample", table.plan, root)
        notes += [note] if note else []
        written.append(
            TableSample(
                table.plan.name,
                reading.path.as_posix(),
                chooser.selection.chosen(table),
                table.rows,
                path.stat().st_size,
            )
        )
    return written


def _narrowed(
    limits: Mapping[str, int],
    sizes: Mapping[str, int],
    chooser: Chooser,
    max_bytes: int,
    attempt: int,
) -> dict[str, int]:
    """Fewer rows for the tables that take more than their share; for all, when that is not enough.

    The share is as large as it can be with all tables in nine tenths of the bound.
    """
    room, share = 0.9 * max_bytes, 0.0
    for done, size in enumerate(sorted(sizes.values())):
        share = room / (len(sizes) - done)
        if size > share:
            break
        room -= size
    narrowed = {}
    for table in chooser.tables:
        name = table.plan.name
        limit = limits[name]
        if sizes[name] > share:
            limit = min(
                int(limit * 0.8), int(chooser.selection.chosen(table) * share / sizes[name])
            )
        if attempt >= 2:
            limit = int(limit * 0.6)
        narrowed[name] = max(limit, 1)
    return narrowed


def _too_large(sizes: Mapping[str, int], max_bytes: int) -> DataopsError:
    widest = max(sizes, key=lambda name: sizes[name])
    return DataopsError(
        f"The sample does not fit into {max_bytes // 1000} kB: even a few rows of {widest} have "
        f"{sizes[widest] // 1000} kB.",
        widest,
        "leave its widest column out of external_location",
    )


def _reductions(
    limits: Mapping[str, int], rows: int, max_bytes: int, covered: bool
) -> Iterator[str]:
    for name, limit in limits.items():
        if limit < rows:
            yield (
                f"{name}: about {limit} rows instead of {rows}, so that the sample stays under "
                f"{max_bytes // 1000} kB."
            )
    if not covered:
        yield "The rows are so wide that not every value of small closed sets is in the sample."


def _leftovers(sample: Path, tables: Sequence[_Reading]) -> Iterator[str]:
    """Folders in the sample that no table reads; they may be read by something else."""
    known = {reading.call.folder for reading in tables}
    for entry in sorted(sample.iterdir()):
        if entry.is_dir() and entry.name not in known:
            yield f"{sample.name}/{entry.name} belongs to no table of raw; delete it if unused."


def _stamp(time: dt.datetime) -> str:
    """ISO 8601 in UTC, in whole seconds, not before the time itself."""
    if time.microsecond:
        time = time.replace(microsecond=0) + dt.timedelta(seconds=1)
    return time.isoformat() + "Z"
