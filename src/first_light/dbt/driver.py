"""Connections to what dbt has built, with the warehouse's own Python driver.

Not through dbt's adapters: dbt v2 has none in Python. Not through `dbt show`: a command takes half
a second, a query here less than a millisecond, and a release asks more than a hundred. The drivers
are those that the adapters of dbt 1.12 require, so that a product installs no second one. Each kind
of warehouse brings its own, found by the type of dbt's profile in an entry point group, so that a
kind may come from another package.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cache
from importlib import metadata
from typing import Any, Protocol

from first_light.dbt.engine import QueryResult
from first_light.dbt.profile import Profile
from first_light.utils.errors import DataopsError, QueryError

GROUP = "first_light.warehouses"
"""The entry point group of the kinds of warehouse; each is named as dbt's profile type."""

Opened = tuple[Any, type[Exception]]
"""A cursor that commits by itself, and the class of all errors of its driver."""


class Driver(Protocol):
    """What dbt's side needs of a kind of warehouse; `warehouse/base.py` has the rest."""

    @property
    def reads_files(self) -> bool:
        """Whether sources may be files; otherwise a source is a table."""

    def connect(self, values: Mapping[str, Any]) -> AbstractContextManager[Opened]:
        """Open a connection with the keys of a profile, as dbt does.

        Raises:
            DataopsError: it could not connect.
        """

    def settle(self, values: Mapping[str, Any]) -> None:
        """Write what a process left beside a database file into it.

        Raises:
            DataopsError: the file cannot be opened.
        """


class ScanLimitExceededError(QueryError):
    """A query would read more bytes than it may; it was refused before it read any."""


class DriverQueries:
    """`QueryRunner` on a cursor of a DB-API driver.

    Args:
        name: the warehouse, as dbt calls it.
        cursor: its connection commits by itself.
        error: the class of all errors of the driver.
    """

    def __init__(self, name: str, cursor: Any, error: type[Exception]) -> None:
        self._name = name
        self._cursor = cursor
        self._error = error

    @property
    def name(self) -> str:
        return self._name

    @property
    def scanned(self) -> int:
        """Bytes that the queries of this connection have read; 0 where the driver does not say."""
        return int(getattr(self._cursor, "scanned", 0))

    def limit_scan(self, most: int) -> None:
        """Refuse what would read more bytes in all, where the driver can.

        Args:
            most: bytes.
        """
        if hasattr(self._cursor, "most_scanned"):
            self._cursor.most_scanned = most

    def run(self, query: str) -> QueryResult:
        try:
            self._cursor.execute(query)
            names = [column[0] for column in self._cursor.description]
            return QueryResult(names, [tuple(row) for row in self._cursor.fetchall()])
        except self._error as error:
            # The first line: what follows quotes the query, and may quote a row.
            lines = str(error).strip().splitlines() or [type(error).__name__]
            if getattr(error, "is_over_limit", False):
                message = "The query would scan more than it may."
                raise ScanLimitExceededError(message, where=lines[0]) from error
            raise QueryError("The query failed in the warehouse.", where=lines[0]) from error


@cache
def installed() -> dict[str, metadata.EntryPoint]:
    """The kinds of warehouse that are installed, by profile type; none is loaded.

    Raises:
        DataopsError: two packages bring the same.
    """
    kinds: dict[str, metadata.EntryPoint] = {}
    for entry in metadata.entry_points(group=GROUP):
        other = kinds.setdefault(entry.name, entry)
        if other.value != entry.value:
            packages = sorted({str(e.dist.name) for e in (entry, other) if e.dist})
            raise DataopsError(
                f"Two installed packages bring a warehouse {entry.name}.",
                where=", ".join(packages),
                fix="uninstall one of them",
            )
    return kinds


def find_kind(kind: str) -> Any:
    """What the package of a kind of warehouse provides; None if there is none."""
    entry = installed().get(kind)
    return entry.load() if entry else None


def load_kind(kind: str) -> Any:
    """The same of a warehouse that is needed.

    Raises:
        DataopsError: no installed package brings it.
    """
    provided = find_kind(kind)
    if provided is None:
        raise DataopsError(
            f"dataops has no driver for the warehouse {kind}.",
            where=f"profiles.yml; installed are {', '.join(sorted(installed()))}",
            fix=f"add a package with an entry point {kind} in the group {GROUP}",
        )
    return provided


def reads_files(kind: str) -> bool:
    """Whether sources of this kind of warehouse may be files; an unknown one has tables."""
    driver: Driver | None = find_kind(kind)
    return driver is not None and driver.reads_files


@contextlib.contextmanager
def connect(profile: Profile) -> Iterator[DriverQueries]:
    """A connection as dbt opens it; relative paths are read from the working directory.

    Raises:
        DataopsError: there is no driver for this warehouse, or it could not connect.
    """
    driver: Driver = load_kind(profile.kind)
    with driver.connect(profile.values) as (cursor, error):
        yield DriverQueries(profile.kind, cursor, error)


def settle(profile: Profile) -> None:
    """Write what a process left beside a database file into it; nothing to do for a server.

    Raises:
        DataopsError: the file cannot be opened.
    """
    driver: Driver = load_kind(profile.kind)
    driver.settle(profile.values)


@contextlib.contextmanager
def opening(error: type[Exception]) -> Iterator[None]:
    """Turn a driver's errors into the message that dbt's connection could not be opened.

    Raises:
        DataopsError: it could not.
    """
    try:
        yield
    except error as raised:
        lines = str(raised).strip().splitlines() or [type(raised).__name__]
        raise DataopsError(
            "The connection of dbt could not be opened.", where=lines[0], fix="uv run dbt debug"
        ) from raised
