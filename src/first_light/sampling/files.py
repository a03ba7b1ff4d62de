"""Write the sample: one file for each table, readable by the table's call; all tables at once."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from first_light.dbt.source_plan import PlannedTable
from first_light.sampling.calls import CSV, JSON, Call
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import ENGINE, Connection, EngineError

AS_OF: Final = "as_of.txt"
_BACKUP = ".before"
_NEW = ".new-"
# Nothing makes a sample for that long: a run that was killed has left it.
_ABANDONED_SECONDS = 6 * 3600


def write(connection: Connection, table: str, call: Call, path: Path, example: Path) -> None:
    """Write a table of the connection into a file that the call reads.

    Args:
        connection: holds the table.
        table: its name there; its columns have the types that the call gives.
        call: how the file will be read.
        path: the file; its folder is created.
        example: a file of raw that the call reads, for options that the call does not set.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if call.format == CSV:
        content = _csv(connection, table, call, example)
        path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
        return
    options = "format parquet"
    if call.format == JSON:
        options = "format json, array true" if _is_array(call, example) else "format json"
        if path.suffix == ".gz":
            options += ", compression gzip"
    target = str(path).replace("'", "''")
    connection.execute(f"copy (select * from {table}) to '{target}' ({options})")


def write_each(
    connection: Connection, table: str, names: str, call: Call, folder: Path, example: Path
) -> None:
    """Write a table into several files; see `write`.

    Args:
        connection: holds the table.
        table: its name there.
        names: SQL for the name of the file of each row, in the order of the table.
        call: how the files will be read.
        folder: the folder of the files; it is created.
        example: a file of raw that the call reads.
    """
    part = f"{table}_part"
    for (name,) in connection.execute(f"select distinct file from ({names}) order by 1").fetchall():
        connection.execute(
            f"create or replace table {part} as select kept.* from {table} as kept "
            f"positional join ({names}) as named where named.file = ?",
            [name],
        )
        write(connection, part, call, folder / name, example)


def read_back(connection: Connection, table: str, plan: PlannedTable, root: Path) -> str | None:
    """Compare the written file with its source table.

    Returns:
        A sentence about columns with another type but the same values; None if there are none.

    Raises:
        DataopsError: the file does not give the same rows.
    """
    copy = f"{table}_copy"
    try:
        connection.execute(f"create or replace table {copy} as from {plan.relation(root)}")
    except EngineError as error:
        raise _read_back_failed(plan, str(error).strip().splitlines()[0]) from error
    source_types = _types(connection, table)
    copy_types = _types(connection, copy)
    rows, copy_rows = (
        _number(connection, f"select count(*) from {name}") for name in (table, copy)
    )
    if rows != copy_rows:
        raise _read_back_failed(plan, f"{copy_rows} rows instead of {rows}")
    if not rows:
        return None
    drifted, counts = [], []
    for name, kind in source_types.items():
        if name not in copy_types:
            raise _read_back_failed(plan, f"the column {name} is missing")
        expected, actual = f"source.{quoted(name)}", f"copy.{quoted(name)}"
        differs = f"{expected} is distinct from {actual}"
        if copy_types[name] != kind:
            drifted.append(name)
            differs = (
                f"{expected}::varchar is distinct from {actual}::varchar and coalesce("
                f"try_cast({expected}::varchar as double) <> "
                f"try_cast({actual}::varchar as double), true)"
            )
        counts.append(f"count(*) filter ({differs})")
    differences = connection.execute(
        f"select {', '.join(counts)} from {table} as source positional join {copy} as copy"
    ).fetchone()
    for name, count in zip(source_types, differences or (), strict=True):
        if count:
            raise _read_back_failed(plan, f"values of the column {name} differ")
    if drifted:
        return (
            f"{plan.name}: {ENGINE} guesses another type for {', '.join(drifted)} in the sample "
            "than in raw; name the types in external_location (columns={…})."
        )
    return None


def recover(sample: Path) -> None:
    """Restore the sample after a crash of `replaced` between its two renames; remove what is left
    of earlier crashes. Git ignores all of it.
    """
    backup = _backup_of(sample.resolve())
    for new in backup.parent.glob(f".{sample.resolve().name}{_NEW}*"):
        if time.time() - new.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(new, ignore_errors=True)
    if backup.exists():
        if sample.exists():
            shutil.rmtree(backup)
        else:
            backup.rename(sample.resolve())


@contextmanager
def replaced(sample: Path, excluded: Sequence[str]) -> Iterator[Path]:
    """A new folder that replaces `sample` when the block succeeds.

    Other files, such as a README, are copied. A crash leaves the old or the new sample; after a
    crash between the two renames, `recover` restores the old one.

    Args:
        sample: the folder to replace, which need not exist.
        excluded: names in it that are not copied.
    """
    sample = sample.resolve()
    backup = _backup_of(sample)
    sample.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{sample.name}{_NEW}", dir=sample.parent))
    try:
        new.chmod(0o755)
        yield new
        if sample.exists():
            _copy_others(sample, new, excluded)
        _flush(new)
        if sample.exists():
            sample.rename(backup)
        try:
            new.rename(sample)
        except OSError:
            recover(sample)
            raise
        shutil.rmtree(backup, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _backup_of(sample: Path) -> Path:
    return sample.with_name(f".{sample.name}{_BACKUP}")


def _copy_others(old: Path, new: Path, excluded: Sequence[str]) -> None:
    for entry in old.iterdir():
        target = new / entry.name
        if target.exists() or entry.name in excluded:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, target, symlinks=True)
        else:
            shutil.copy2(entry, target, follow_symlinks=False)


def _flush(folder: Path) -> None:
    """Flush the files to disk before they are renamed: a power cut leaves no empty files."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _csv(connection: Connection, table: str, call: Call, example: Path) -> bytes:
    options = {**_detected_options(connection, call, example), **call.options}
    delimiter = _text(options, "delim", "sep", default=",").replace("\\t", "\t")
    quote = _text(options, "quote", default='"')
    escape = _text(options, "escape", default=quote) or quote
    nulls = options.get("nullstr", "")
    nulls = [str(text) for text in nulls] if isinstance(nulls, list) else [str(nulls or "")]
    null = "" if "" in nulls else nulls[0]
    comment = _text(options, "comment", default="")
    special = [sign for sign in (delimiter, quote, "\n", "\r", comment, escape) if sign]

    def write_one(value: str | None, is_only: bool) -> str:
        if value is None:
            # An empty line would be skipped, or read as the end of the file.
            return quote + quote if is_only and null == "" else null
        is_plain = (
            value != ""
            and value not in nulls
            and value == value.strip()
            and not any(sign in value for sign in special)
        )
        if is_plain or not quote:
            return value
        if escape != quote:
            value = value.replace(escape, escape + escape)
        return quote + value.replace(quote, escape + quote) + quote

    cursor = connection.execute(f"select columns(*)::varchar from {table}")
    names = [str(part[0]) for part in cursor.description]
    lines: list[Sequence[str | None]] = [names] if options.get("header") is not False else []
    lines += cursor.fetchall()
    out = io.StringIO(newline="")
    for _ in range(int(options.get("skip") or 0)):
        out.write("\n")
    for line in lines:
        out.write(delimiter.join(write_one(value, len(line) == 1) for value in line) + "\n")
    encoding = str(options.get("encoding") or "utf-8").lower().replace("_", "-")
    return out.getvalue().encode({"latin1": "latin-1"}.get(encoding, encoding))


def _detected_options(connection: Connection, call: Call, example: Path) -> dict[str, Any]:
    """The CSV options that DuckDB detects in the raw file, if the call does not set them."""
    if ("delim" in call.options or "sep" in call.options) and "header" in call.options:
        return {}
    path = str(example).replace("'", "''")
    row = connection.execute(
        f"select delimiter, quote, escape, hasheader, skiprows from sniff_csv('{path}')"
    ).fetchone()
    if row is None:
        return {}
    unset = ("", "\x00", "(empty)")
    sniffed = {
        name: value
        for name, value in zip(("delim", "quote", "escape"), row[:3], strict=True)
        if value not in unset
    }
    return {**sniffed, "header": row[3], "skip": row[4]}


def _text(options: dict[str, Any], *names: str, default: str) -> str:
    for name in names:
        if options.get(name) is not None:
            return str(options[name])
    return default


def _is_array(call: Call, example: Path) -> bool:
    """Whether the JSON files contain one array rather than one object per line."""
    if call.options.get("format") in ("array", "newline_delimited", "nd"):
        return bool(call.options["format"] == "array")
    with gzip.open(example) if example.suffix == ".gz" else example.open("rb") as file:
        return file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _types(connection: Connection, table: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"describe {table}").fetchall()}


def _number(connection: Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _read_back_failed(plan: PlannedTable, reason: str) -> DataopsError:
    return DataopsError(
        f"The sample of {plan.name} does not read back as it was written: {reason}.",
        f"{plan.where}, {plan.name}, `external_location`",
        "write out the format of the files, such as delim=',', quote='\"', header=true,"
        " all_varchar=true; then: uv run dataops sample",
    )


def size(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def read_stamp(sample: Path) -> dt.datetime | None:
    """The time that the sample's stamp names, UTC without zone; None without one."""
    try:
        text = (sample / AS_OF).read_text(encoding="utf-8").strip()
        return dt.datetime.fromisoformat(text.removesuffix("Z"))
    except (OSError, ValueError):
        return None


def stamp(time: dt.datetime) -> str:
    """ISO 8601 in UTC, rounded up to whole seconds."""
    if time.microsecond:
        time = time.replace(microsecond=0) + dt.timedelta(seconds=1)
    return time.isoformat() + "Z"


def leftovers(sample: Path, tables: Iterable[Call]) -> Iterator[str]:
    """Folders in the sample that no source table reads."""
    folders = {call.folder for call in tables}
    for entry in sorted(sample.iterdir()):
        if entry.is_dir() and entry.name not in folders:
            yield f"{sample.name}/{entry.name} belongs to no source table; delete it if unused."
