"""DuckDB: a release is a database file in its own folder, and the pointer publishes it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from first_light.dbt.driver import DriverQueries
from first_light.history.facts import RawFile, file_hash
from first_light.history.record import RawFacts
from first_light.store import atomic as durable
from first_light.store.locate import FolderStore
from first_light.store.private import FILE_MODE
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.utils.whole_files import sync
from first_light.warehouse.base import DATABASE_FILE, Label, Readable, Relation, Table, Withheld
from first_light.warehouse.duckdb.own_rows import write_tables
from first_light.warehouse.own_tables import OWN_SCHEMA, label_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from first_light.dbt.engine import QueryRunner

# dbt's views contain the catalog, which is the file's stem: it is the same in every folder.
_BUILT = "built"  # in a candidate: the folder of its database while another is made for readers
# `status` opens what readers open, and names what repairs it.
_STATUS = "uv run dataops status"
_SPARE = 64 << 20  # bytes for docs, manifest and the record


@dataclass(frozen=True)
class DuckDbWarehouse:
    """Releases as database files.

    Attributes:
        store: the store of the files.
        root: the product's folder, which relative paths in views mean.
    """

    store: FolderStore
    root: Path = Path()
    name: str = "duckdb"
    in_store: bool = True

    def address(self, run: str) -> str:
        return self.store.address(run, DATABASE_FILE)

    def reader_schema(self, schema: str) -> str:
        return schema

    def environment(self, run: str, rehearsal: bool) -> dict[str, str]:
        """Empty: the path of the file is known once the candidate has begun."""
        return {}

    def raw(self) -> tuple[RawFile, ...] | None:
        """DuckDB reads the files themselves."""
        return None

    def load_sample(self) -> None:
        """Nothing to do: DuckDB reads the files themselves."""

    def lock(self) -> None:
        """Nothing to do: each run builds in its own folder, and the store's lock orders them."""

    def unlock(self) -> None:
        """Nothing to do."""

    def check_space(self, raw: RawFacts, current_raw: RawFacts) -> None:
        """Requires twice the size of current, scaled with raw; the size of raw before the first.

        The private state of current, as large as its candidate was, is needed in addition.
        """
        current = self.store.current()
        if current is None:
            needed = raw.bytes
        else:
            growth = max(1.0, raw.bytes / current_raw.bytes) if current_raw.bytes else 1.0
            try:
                size = self.store.size(current, DATABASE_FILE)
                if private := self.store.private.file(current, DATABASE_FILE):
                    size += private.stat().st_size
            except OSError:  # it is gone, and this release replaces it
                size = raw.bytes
            needed = int(2 * growth * size)
        free = shutil.disk_usage(self.store.root).free
        if free < needed + _SPARE:
            raise DataopsError(
                "There is not enough disk space for another release.",
                where=f"{self.store.root}: about {_gb(needed + _SPARE)} needed, {_gb(free)} free",
                fix="free disk space, or keep fewer releases (DATAOPS_KEEP_RELEASES); "
                "to start anyway: uv run dataops release --no-disk-check",
            )

    def keeps_state(self, base: str, relation: Relation) -> bool:
        return self.store.private.file(base, DATABASE_FILE) is not None

    def data_state(self, run: str) -> str:
        """The hash of the file that the next release continues."""
        file = self.store.private.file(run, DATABASE_FILE)
        if file is None:
            folder = self.store.candidates / run
            folder = folder if folder.is_dir() else self.store.releases / run
            file = folder / DATABASE_FILE
        with _errors_as("The release's database cannot be read."):
            return file_hash(file) if file.is_file() else ""

    def raw_states(self) -> dict[str, str]:
        """Empty: raw is files."""
        return {}

    def begin(self, run: str, base: str, state: Sequence[Relation]) -> dict[str, str]:
        """Create a file; with state, a copy of current's file that contains only the state."""
        from first_light.warehouse.sandbox import remove_code

        file = self.store.candidate(run) / DATABASE_FILE
        file.unlink(missing_ok=True)
        if base and state:
            source = self.store.private.file(base, DATABASE_FILE)
            if source is None:
                self.store.fetch_release(base)
                source = self.store.releases / base / DATABASE_FILE
            with _errors_as(
                "Current's state could not be copied.",
                "choose a release that can be read: uv run dataops rollback; then repeat the "
                "command. Or build the state again: uv run dataops release --full-refresh",
            ):
                durable.copy(source, file)
                remove_code(file, set(state))
        return {"DATAOPS_DB": str(file)}

    def rows(self, run: str, relations: Sequence[Relation]) -> dict[Relation, int]:
        file = self.store.candidate(run) / DATABASE_FILE
        if not file.exists():
            return {}
        with _errors_as("The candidate's rows could not be counted."), _open(file) as connection:
            tables = _tables(connection)
            present = [relation for relation in relations if relation in tables]
            counts = [f"(select count(*) from {_name(relation)})" for relation in present]
            if not counts:
                return {}
            row = connection.execute(f"select {', '.join(counts)}").fetchone()
        return dict(zip(present, row or ()))

    def columns(self, run: str) -> dict[Relation, tuple[str, ...]]:
        file = self.store.candidate(run) / DATABASE_FILE
        if not file.exists():
            return {}
        from first_light.warehouse.readers_copy import read_columns

        with _errors_as("The candidate's columns could not be read."):
            return read_columns(file)

    def write(self, run: str, schema: str, tables: Sequence[Table]) -> None:
        file = self.store.candidate(run) / DATABASE_FILE
        with _errors_as(f"The schema {schema} could not be written."), _open(file) as connection:
            connection.begin()
            write_tables(connection, schema, tables)
            connection.commit()

    def seal(self, run: str, label: Label, withheld: Withheld | None = None) -> None:
        file = self.store.candidate(run) / DATABASE_FILE
        with _errors_as("The candidate could not be finished."):
            self.write(run, OWN_SCHEMA, [label_table(label)])
            if withheld:
                self._keep_private(run, file, withheld)
            with _open(file, read_only=True) as connection:
                release_ids = connection.execute(
                    "select release_id from dataops.release"
                ).fetchall()
            leftovers = [
                name for name in os.listdir(file.parent) if name.startswith(f"{DATABASE_FILE}.")
            ]
            if release_ids != [(run,)] or leftovers:
                raise DataopsError(
                    "The candidate is incomplete.", where=", ".join(leftovers) or DATABASE_FILE
                )
            os.chmod(file, 0o444)  # a release is immutable, also without read_only
            sync(file)

    def _keep_private(self, run: str, file: Path, withheld: Withheld) -> None:
        """Move the candidate's file to the private state, and make another one for readers."""
        from first_light.warehouse.readers_copy import write_readers_copy

        built = file.with_name(_BUILT) / DATABASE_FILE
        built.parent.mkdir(exist_ok=True)
        os.replace(file, built)
        write_readers_copy(built, file, withheld, self.root)
        if private := self.store.private.make(run):
            built.chmod(FILE_MODE)
            shutil.move(built, private / DATABASE_FILE)
            manifest = file.with_name("manifest.json")
            if manifest.exists():  # the folder serves for dbt's --defer --state
                shutil.copyfile(manifest, private / manifest.name)
            for path in (private / DATABASE_FILE, private, private.parent):
                sync(path)
        shutil.rmtree(built.parent)

    def check(self, run: str) -> None:
        from first_light.warehouse.sandbox import release_ids

        file = self.store.releases / run / DATABASE_FILE
        try:
            self.store.size(run, DATABASE_FILE)
            # A large file of a store elsewhere may not be here; what is there is its own matter.
            if file.exists():
                with _errors_as("It cannot be opened."):
                    label = release_ids(file)
                if label != [run]:
                    raise DataopsError("It contains another release.")
        except (OSError, DataopsError) as error:
            raise DataopsError(
                "This release's database is missing or damaged.",
                where=f"{run}/{DATABASE_FILE}",
                fix="choose another one: uv run dataops releases",
            ) from error

    def published_release(self, pointer: str) -> str:
        """The release that the pointer names: readers follow it."""
        return pointer

    def readable(self, run: str, relations: Sequence[Relation], folder: Path) -> Readable:
        """The file of the release itself."""
        from first_light.warehouse.readers_copy import read_columns

        file = self._readers_file(run)
        with _errors_as("The current release could not be opened.", _STATUS):
            present = read_columns(file)
        return Readable(file, {name: name for name in relations if name in present})

    def _readers_file(self, run: str) -> Path:
        """The real path: this process may have had another release open under `current`."""
        self.store.fetch_release(run)
        file = Path(self.address(run))
        if not file.exists():  # of a store elsewhere its address is no path
            file = self.store.releases / run / DATABASE_FILE
        with _errors_as("The current release could not be opened.", _STATUS):
            return file.resolve(strict=True)

    @contextlib.contextmanager
    def reader(self, run: str) -> Iterator[QueryRunner]:
        """The file behind the pointer; another release that becomes current does not change it."""
        import duckdb

        file = self._readers_file(run)
        with _errors_as("The current release could not be opened.", _STATUS):
            connection = duckdb.connect(str(file), read_only=True)
        with contextlib.closing(connection):
            connection.execute("set TimeZone = 'UTC'")
            yield DriverQueries(self.name, connection, duckdb.Error)

    def publish(self, run: str) -> None:
        """Nothing to do: readers open <store>/current/warehouse.duckdb through the pointer."""

    def discard(self, run: str) -> None:
        """Delete the database at once; the store deletes the rest of the folder."""
        folder = self.store.candidate(run)
        for path in (*folder.glob(f"{DATABASE_FILE}*"), *folder.glob(_BUILT)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def drop(self, run: str) -> None:
        """Nothing to do: the file is deleted with the release's folder."""


@contextlib.contextmanager
def _open(file: Path, *, read_only: bool = False) -> Iterator[DuckDBPyConnection]:
    import duckdb

    connection = duckdb.connect(str(file), read_only=read_only)
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def _errors_as(message: str, fix: str = "") -> Iterator[None]:
    import duckdb

    try:
        yield
    except (OSError, duckdb.Error) as error:
        raise DataopsError(message, where=str(error), fix=fix) from error


def _tables(connection: DuckDBPyConnection) -> set[Relation]:
    query = (
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = current_database() and not temporary"
    )
    return {Relation(*row) for row in connection.execute(query).fetchall()}


def _name(relation: Relation) -> str:
    return f"{quoted(relation.schema)}.{quoted(relation.name)}"


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
