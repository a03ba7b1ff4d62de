"""Packs of the history: old records in parquet files, with their fields and their own text.

history/packs/<first>_<last>.parquet    by number

DuckDB writes and reads them, whatever the product's warehouse is.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from first_light.history.views import from_text
from first_light.store.run_ids import run_number
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import literal
from first_light.utils.whole_files import draft_of, sync

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class HistoryError(DataopsError):
    """A record could not be written, or is not what was written."""


@dataclass(frozen=True)
class Packs:
    """The packs in one folder.

    Attributes:
        folder: the history's packs/; it need not exist.
    """

    folder: Path

    def paths(self) -> list[Path]:
        """The packs that count, oldest first: one whose records a longer one holds too does not."""
        try:
            packs = [path for path in self.folder.iterdir() if path.suffix == ".parquet"]
        except FileNotFoundError:
            return []
        ranges = {path: number_range(path) for path in packs}
        return sorted(
            (
                path
                for path, (first, last) in ranges.items()
                if not any(
                    other != path and ranges[other][0] <= first and last <= ranges[other][1]
                    for other in packs
                )
            ),
            key=lambda path: ranges[path],
        )

    def size(self, path: Path) -> int:
        """How many records a pack holds.

        Raises:
            HistoryError: it is no pack.
        """
        import duckdb

        with duckdb.connect() as connection:
            ((count,),) = _rows(connection, "select count(*) from read_parquet(?)", path)
        return int(count)

    def is_of(self, schema: int, connection: DuckDBPyConnection, path: Path) -> bool:
        """Whether a pack's columns are those of this version's records, all of one schema.

        Raises:
            HistoryError: it is no pack.
        """
        described = "select column_name, column_type from (describe select * from read_parquet(?))"
        connection.execute("create or replace temp table no_text (record varchar)")
        present = connection.execute(f"describe {from_text('no_text')}").fetchall()
        if _rows(connection, described, path) != [row[:2] for row in present]:
            return False
        schemas = "select distinct schema_version from read_parquet(?)"
        return _rows(connection, schemas, path) == [(schema,)]

    def column(self, path: Path, name: str) -> list[str]:
        """One column of a pack, by number: run, or record for the records' own lines.

        Raises:
            HistoryError: it is no pack.
        """
        import duckdb

        with duckdb.connect() as connection:
            query = f"select {name} from read_parquet(?) order by number"
            values = [row[0] for row in _rows(connection, query, path)]
        if not all(isinstance(value, str) for value in values):
            raise no_pack(path, f"{name} is no text")
        return values

    def sql(self, paths: Iterable[Path]) -> str:
        """A DuckDB relation that holds these packs."""
        files = ", ".join(literal(str(path)) for path in paths)
        return f"read_parquet([{files}], union_by_name = true)"

    def write(self, texts: dict[str, str], merged: list[Path]) -> Path:
        """Write records, and those of merged packs, into one new pack.

        Args:
            texts: the records' own lines, by run.
            merged: packs whose records the new one holds too, the oldest first.

        Raises:
            HistoryError: the pack does not hold them; nothing was changed.
        """
        import duckdb

        first = run_number(min(texts, key=run_number))
        last = run_number(max(texts, key=run_number))
        if merged:
            before = number_range(merged[0])
            first, last = min(first, before[0]), max(last, before[1])
        goal = self.folder / f"{first:06d}_{last:06d}.parquet"
        draft = draft_of(goal)
        self.folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as cleanup:
            cleanup.callback(lambda: draft.unlink(missing_ok=True))
            with duckdb.connect() as connection:
                connection.execute("create table texts (run varchar, record varchar)")
                for path in merged:
                    packed = [self.column(path, name) for name in ("run", "record")]
                    connection.execute("insert into texts select unnest(?), unnest(?)", packed)
                connection.executemany("insert into texts values (?, ?)", list(texts.items()))
                connection.execute(
                    f"copy (select distinct on (run) * from ({from_text('texts')}) "
                    "order by number, run) "
                    f"to {literal(str(draft))} (format parquet, compression zstd)"
                )
                kept, wanted = (
                    connection.execute(f"select run, record from {table}").fetchall()
                    for table in (f"read_parquet({literal(str(draft))})", "texts")
                )
            if dict(kept) != dict(wanted) or not texts.items() <= dict(kept).items():
                raise HistoryError(
                    "Old records could not be packed and were left unchanged.",
                    where=goal.name,
                    fix="this is an error of dataops: report it to the template's maintainers",
                )
            sync(draft)
            os.replace(draft, goal)
            sync(goal.parent)
        return goal

    def drop_contained(self, kept: Path) -> None:
        """Delete the packs whose records a longer one holds too, but never `kept`."""
        counted = self.paths()
        for path in self.folder.glob("*.parquet"):
            if path != kept and path not in counted:
                path.unlink()


def no_pack(path: Path, reason: object) -> HistoryError:
    """The error for a file in place of a pack: a store is data from others."""
    return HistoryError(
        "A pack of the history holds something that is no record.",
        where=f"{path}: {reason}",
        fix="restore the pack from a copy of the store, or find out who wrote it",
    )


def _rows(connection: DuckDBPyConnection, query: str, path: Path) -> list[tuple[Any, ...]]:
    import duckdb

    try:
        return connection.execute(query, [str(path)]).fetchall()
    except duckdb.Error as error:
        raise no_pack(path, str(error).partition("\n")[0]) from error


def number_range(path: Path) -> tuple[int, int]:
    """First and last number in a pack, by its name; (0, 0) when it is none of ours."""
    first, _, last = path.stem.partition("_")
    return (int(first), int(last)) if first.isdecimal() and last.isdecimal() else (0, 0)
