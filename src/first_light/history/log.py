"""The history: one record a run, only ever added; every figure derives from it.

history/runs/<run>.json            one record, one line of JSON
history/packs/                     old records, see packs.py
history/damaged/                   records that could not be read, kept

The history is read with DuckDB, whatever the product's warehouse is.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from first_light.history.carried import built_statuses
from first_light.history.decoding import read_record, schema_of, upgraded
from first_light.history.packs import HistoryError, Packs, no_pack, number_range
from first_light.history.record import SCHEMA, Record
from first_light.history.views import VIEWS, from_text
from first_light.store import atomic as durable
from first_light.store.folder import RECORD
from first_light.store.run_ids import run_number
from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import read_regular
from first_light.utils.whole_files import write_whole

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# So many records may lie loose before the older ones are packed, and so many always do: the
# newest, which `status` reads without a database.
_LOOSE_AT_MOST, _LOOSE_AT_LEAST = 200, 50
_PACK = 1000

# The loose records that this process has read whole, with the state of their files: a release looks
# at all of them several times, and each has as many results as the project has nodes.
_whole: dict[Path, tuple[int, int, int]] = {}


def record_in(folder: Path) -> Record | None:
    """The record of a release or a candidate; None when it is missing or damaged."""
    try:
        return read_record(read_regular(folder / RECORD))
    except (OSError, ValueError):
        return None


@dataclass
class History:
    """The records of one product's runs, in one folder.

    Attributes:
        folder: the store's history/.
        damaged: names of records that could not be read so far.
    """

    folder: Path
    damaged: list[str] = field(default_factory=list)

    # ── Writing ──────────────────────────────────────────────────────────────────────────────

    def add(self, record: Record) -> None:
        """Write a record, read it back, and compare it with what dbt itself counted.

        Raises:
            HistoryError: it is not there, or not whole, or dbt counted otherwise.
        """
        path = self._loose / f"{record.run}.json"
        repeat = "repeat the release, which records the missing run: uv run dataops release"
        try:
            write_whole(path, record.to_json(), through_links=False)
            stored = read_record(read_regular(path))
        except (OSError, ValueError) as error:
            raise HistoryError(
                "The run could not be recorded.",
                where=f"{path.name}: {getattr(error, 'strerror', None) or error}",
                fix=repeat,
            ) from error
        if stored != record:
            raise HistoryError(
                "The record differs from what was written.", where=path.name, fix=repeat
            )
        counted = built_statuses(stored)
        if counted != Counter(stored.counts):
            raise HistoryError(
                "The record differs from dbt's counts.",
                where=f"{path.name}: {_counts(counted)}; dbt: {_counts(stored.counts)}",
                fix="this is an error of dataops: report it to the template's maintainers",
            )

    def repair(self, run: str, record: Record | None) -> None:
        """Put the given record in the place of a damaged one, which is kept aside.

        Raises:
            OSError: it could not be moved.
        """
        path = self._loose / f"{run}.json"
        durable.move(path, _free(self.folder / "damaged" / path.name))
        if record is not None:
            self.add(record)

    def pack(self) -> int:
        """Pack the older loose records once they are many; returns how many were packed.

        Nothing is deleted before the pack was read back and holds every record to the letter.

        Raises:
            HistoryError: the pack does not hold them; the records are as they were.
        """
        loose = self._loose_runs()
        if len(loose) <= _LOOSE_AT_MOST:
            return 0
        chosen = loose[: len(loose) - _LOOSE_AT_LEAST]
        texts = {run: text for run in chosen if (text := self._text(run)) is not None}
        old = self.packs.paths()
        full = not old or self.packs.size(old[-1]) >= _PACK
        merged = [] if full else [old[-1]]
        written = self.packs.write(texts, merged)
        for run in texts:
            (self._loose / f"{run}.json").unlink()
        self.packs.drop_contained(written)
        return len(texts)

    # ── Reading ──────────────────────────────────────────────────────────────────────────────

    def highest(self) -> int:
        """The highest number of a run that is or was recorded; 0 when there is none."""
        runs = self._loose_runs()[-1:]
        with contextlib.suppress(FileNotFoundError):
            runs += [name.split(".")[0] for name in os.listdir(self.folder / "damaged")]
        packed = [number_range(path)[1] for path in self.packs.paths()]
        return max([run_number(run) for run in runs] + packed, default=0)

    def holds(self, run: str) -> bool:
        """Whether this run is recorded."""
        if (self._loose / f"{run}.json").exists():
            return True
        number = run_number(run)
        return any(
            first <= number <= last and run in self.packs.column(path, "run")
            for path in self.packs.paths()
            for first, last in (number_range(path),)
        )

    def newest(self) -> Iterator[Record]:
        """The records, newest first; those that can't be read are named in `damaged`."""
        seen = set()
        for text in self.texts():
            record = _packed(self.packs.folder, text)
            if record.run not in seen:
                seen.add(record.run)
                yield record

    def texts(self) -> Iterator[str]:
        """The records' own lines, newest first; one that was just packed may come twice."""
        for run in reversed(self._loose_runs()):
            if (text := self._text(run)) is not None:
                yield text
        for path in reversed(self.packs.paths()):
            yield from reversed(self.packs.column(path, "record"))

    def look_for_damage(self) -> list[str]:
        """The runs whose loose records can't be read."""
        for run in self._loose_runs():
            self._text(run)
        return list(self.damaged)

    def connect(self, also: Record | None = None) -> DuckDBPyConnection:
        """An in-memory DuckDB that holds the history as views: runs, nodes, freshness, commits.

        A record that is given `also` counts as one of it.
        """
        import duckdb

        connection = duckdb.connect()
        current: list[Path] = []
        texts: dict[str, str] = {}
        for path in self.packs.paths():
            if self.packs.is_of(SCHEMA, connection, path):
                current.append(path)
            else:  # another version wrote it; the records' own texts say everything
                lines = self.packs.column(path, "record")
                texts |= {_packed(path, line).run: line for line in lines}
        for run in self._loose_runs():
            if (text := self._text(run)) is not None:
                texts[run] = text
        if also is not None:
            texts[also.run] = also.to_json().decode()
        connection.execute("create temp table texts (run varchar, record varchar)")
        if texts:
            connection.execute(
                "insert into texts select unnest(?), unnest(?)",
                [list(texts), [_in_this_schema(text) for text in texts.values()]],
            )
        connection.execute(f"create temp table loose as {from_text('texts')}")
        if current:
            source = self.packs.sql(current)
            connection.execute(
                f"create temp view records as select * exclude (record) from {source} "
                "union all by name select * exclude (record) from loose "
                f"where run not in (select run from {source})"
            )
        else:
            connection.execute("create temp view records as select * exclude (record) from loose")
        connection.execute(VIEWS.replace("create view", "create temp view"))
        return connection

    # ── Files ────────────────────────────────────────────────────────────────────────────────

    @property
    def packs(self) -> Packs:
        return Packs(self.folder / "packs")

    @property
    def _loose(self) -> Path:
        return self.folder / "runs"

    def _loose_runs(self) -> list[str]:
        try:
            names = os.listdir(self._loose)
        except FileNotFoundError:
            return []
        runs = [name[:-5] for name in names if name.endswith(".json") and run_number(name[:-5])]
        return sorted(runs, key=lambda run: (run_number(run), run))

    def _text(self, run: str) -> str | None:
        """The record's own line; None when it is damaged."""
        path = self._loose / f"{run}.json"
        try:
            state = _state(path)
            text = read_regular(path).decode()
            if _whole.get(path) == state:
                return text
            with contextlib.suppress(DataopsError):  # said where the record is used
                if read_record(text.encode()).run != run:
                    raise ValueError("another run's record")
            _whole[path] = state
        except (OSError, ValueError):
            if run not in self.damaged:
                self.damaged.append(run)
            return None
        return text


def _state(path: Path) -> tuple[int, int, int]:
    """What changes when a file is written again or replaced."""
    status = path.lstat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _packed(path: Path, text: str) -> Record:
    try:
        return read_record(text.encode())
    except ValueError as error:
        raise no_pack(path, error) from error


def _in_this_schema(text: str) -> str:
    if schema_of(text.encode()) == SCHEMA:
        return text
    return json.dumps(upgraded(json.loads(text)))


def _free(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    names: Iterable[Path] = (path.with_name(f"{path.name}.{n}") for n in range(1, 10_000))
    return next((name for name in (path, *names) if not name.exists()), path)


def _counts(counts: dict[str, int] | Counter[str]) -> str:
    return ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "nothing"
