"""Writing the sample: one file a table which its own call reads back; all tables at once."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from first_light.dbt.source_plan import PlannedTable
from first_light.sampling.calls import CSV, JSON, Call
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import ENGINE, Connection, EngineError

_BEFORE = ".before"


def write(connection: Connection, table: str, call: Call, path: Path, example: Path) -> None:
    """Write a table of the connection into a file that the call reads.

    Args:
        connection: holds the table.
        table: its name there; its columns have the types that the call gives.
        call: how the file will be read.
        path: the file; its folder is made.
        example: a file of raw that the call reads, for what the call leaves open.
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


def read_back(connection: Connection, table: str, plan: PlannedTable, root: Path) -> str | None:
    """Compare the written file with the table it was written from.

    Returns:
        A sentence about columns whose type differs although their values do not; None if none does.

    Raises:
        DataopsError: the file does not give the same rows.
    """
    found = f"{table}_found"
    try:
        connection.execute(f"create or replace table {found} as from {plan.relation(root)}")
    except EngineError as error:
        raise _not_the_same(plan, str(error).strip().splitlines()[0]) from error
    wanted_types = _types(connection, table)
    found_types = _types(connection, found)
    rows, found_rows = (
        _number(connection, f"select count(*) from {name}") for name in (table, found)
    )
    if rows != found_rows:
        raise _not_the_same(plan, f"{found_rows} rows instead of {rows}")
    if not rows:
        return None
    drifted, counts = [], []
    for name, kind in wanted_types.items():
        if name not in found_types:
            raise _not_the_same(plan, f"the column {name} is missing")
        one, other = f"wanted.{quoted(name)}", f"found.{quoted(name)}"
        differs = f"{one} is distinct from {other}"
        if found_types[name] != kind:
            drifted.append(name)
            differs = (
                f"{one}::varchar is distinct from {other}::varchar and coalesce("
                f"try_cast({one}::varchar as double) <> try_cast({other}::varchar as double), true)"
            )
        counts.append(f"count(*) filter ({differs})")
    compared = connection.execute(
        f"select {', '.join(counts)} from {table} as wanted positional join {found} as found"
    ).fetchone()
    for name, count in zip(wanted_types, compared or (), strict=True):
        if count:
            raise _not_the_same(plan, f"values of the column {name} differ")
    if drifted:
        return (
            f"{plan.name}: {ENGINE} guesses another type for {', '.join(drifted)} in the sample "
            "than in raw; name the types in external_location (columns={…})."
        )
    return None


def recover(sample: Path) -> None:
    """Make good a crash of `replaced` between its two renames."""
    before = _before(sample.resolve())
    if before.exists():
        if sample.exists():
            shutil.rmtree(before)
        else:
            before.rename(sample.resolve())


@contextmanager
def replaced(sample: Path, own: Sequence[str]) -> Iterator[Path]:
    """A new folder that takes the place of `sample` when the block ends well.

    What the block does not write, such as a README, moves over. A crash leaves the old sample or
    the new; if it hits between the two renames, `recover` puts the old one back.

    Args:
        sample: the folder to replace, which need not exist yet.
        own: names in it that do not move over: they are written anew or are gone.
    """
    sample = sample.resolve()
    before = _before(sample)
    sample.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{sample.name}.new-", dir=sample.parent))
    try:
        new.chmod(0o755)
        yield new
        if sample.exists():
            _carry_over(sample, new, own)
        _flush(new)
        if sample.exists():
            sample.rename(before)
        try:
            new.rename(sample)
        except OSError:
            recover(sample)
            raise
        shutil.rmtree(before, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _before(sample: Path) -> Path:
    return sample.with_name(f".{sample.name}{_BEFORE}")


def _carry_over(old: Path, new: Path, own: Sequence[str]) -> None:
    for entry in old.iterdir():
        target = new / entry.name
        if target.exists() or entry.name in own:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, target, symlinks=True)
        else:
            shutil.copy2(entry, target, follow_symlinks=False)


def _flush(folder: Path) -> None:
    """Have the files on disk before their names: a power cut leaves no empty files."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _csv(connection: Connection, table: str, call: Call, example: Path) -> bytes:
    options = {**_sniffed(connection, call, example), **call.options}
    delimiter = _text(options, "delim", "sep", default=",").replace("\\t", "\t")
    quote = _text(options, "quote", default='"')
    escape = _text(options, "escape", default=quote) or quote
    nulls = options.get("nullstr", "")
    nulls = [str(word) for word in nulls] if isinstance(nulls, list) else [str(nulls or "")]
    null = "" if "" in nulls else nulls[0]
    comment = _text(options, "comment", default="")
    special = [sign for sign in (delimiter, quote, "\n", "\r", comment, escape) if sign]

    def write_one(value: str | None, alone: bool) -> str:
        if value is None:
            # An empty line would be skipped, or taken for the end.
            return quote + quote if alone and null == "" else null
        bare = (
            value != ""
            and value not in nulls
            and value == value.strip()
            and not any(sign in value for sign in special)
        )
        if bare or not quote:
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


def _sniffed(connection: Connection, call: Call, example: Path) -> dict[str, Any]:
    """What DuckDB makes of the raw file, where the call does not say it."""
    if ("delim" in call.options or "sep" in call.options) and "header" in call.options:
        return {}
    path = str(example).replace("'", "''")
    found = connection.execute(
        f"select delimiter, quote, escape, hasheader, skiprows from sniff_csv('{path}')"
    ).fetchone()
    if found is None:
        return {}
    unset = ("", "\x00", "(empty)")
    sniffed = {
        name: value
        for name, value in zip(("delim", "quote", "escape"), found[:3], strict=True)
        if value not in unset
    }
    return {**sniffed, "header": found[3], "skip": found[4]}


def _text(options: dict[str, Any], *names: str, default: str) -> str:
    for name in names:
        if options.get(name) is not None:
            return str(options[name])
    return default


def _is_array(call: Call, example: Path) -> bool:
    """Whether the JSON files hold one array rather than one object a line."""
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


def _not_the_same(plan: PlannedTable, why: str) -> DataopsError:
    return DataopsError(
        f"The sample of {plan.name} does not read back as it was written: {why}.",
        f"{plan.where}, {plan.name}, `external_location`",
        "write out the format of the files, such as delim=',', quote='\"', header=true,"
        " all_varchar=true; then: uv run dataops sample",
    )
