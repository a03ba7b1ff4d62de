"""Spark's Thrift server, opened with the keys of a profile."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from first_light.dbt.driver import Opened
from first_light.utils.errors import DataopsError
from first_light.warehouse.dialect import listed_schemas
from first_light.warehouse.spark.listing import listed

_MISSING = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND")
_CLASS = re.compile(r"\[([A-Z_]+)")
# Single quotes hold values of rows, backquotes hold names.
_VALUE = re.compile(r"'[^'\n]*'")


class SparkError(Exception):
    """What the server or the connection reported.

    Attributes:
        kind: Spark's class of the error, such as TABLE_OR_VIEW_NOT_FOUND; empty if it has none.
    """

    def __init__(self, error: Exception) -> None:
        text = _message(error)
        found = _CLASS.search(text)
        self.kind = found[1] if found else ""
        super().__init__(_shown(text) or type(error).__name__)

    @property
    def is_missing(self) -> bool:
        """Whether what a statement reads does not exist."""
        return self.kind in _MISSING


class SparkCursor:
    """A cursor of PyHive; each statement commits by itself.

    It answers one more statement, that of the dialect for the columns of schemas: Spark has no
    information schema. Dates are dates, not texts.

    Args:
        cursor: PyHive's.
    """

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._rows: list[tuple[Any, ...]] | None = None

    @property
    def description(self) -> Any:
        """The columns of the last query, as of DB-API."""
        if self._rows is not None:
            return [(name,) for name in ("schema", "relation", "column", "type")]
        with _as_spark_errors():
            return self._cursor.description

    def execute(self, statement: str) -> None:
        """Run a statement.

        Raises:
            SparkError: the server rejected it, or the connection was lost.
        """
        self._rows = None
        schemas = listed_schemas(statement)
        if schemas is None:
            with _as_spark_errors():
                self._cursor.execute(statement)
            return
        self._rows = [
            (relation.schema, relation.name, column, kind)
            for schema in schemas
            for relation, entry in sorted(listed(self, schema).items())
            for column, kind in entry.columns
        ]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows of the last query.

        Raises:
            SparkError: they could not be read.
        """
        if self._rows is not None:
            return self._rows
        with _as_spark_errors():
            rows = self._cursor.fetchall()
            days = [n for n, field in enumerate(self._cursor.description) if "DATE" in field[1]]
        if not days:
            return list(rows)
        return [
            tuple(
                date.fromisoformat(value) if n in days and isinstance(value, str) else value
                for n, value in enumerate(row)
            )
            for row in rows
        ]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query.

        Raises:
            SparkError: it failed.
        """
        self.execute(query)
        return self.fetchall()


@contextlib.contextmanager
def open_session(values: Mapping[str, Any]) -> Iterator[SparkCursor]:
    """A session in UTC that commits each statement.

    Raises:
        DataopsError: the driver is not installed, the profile has another method, or the server
            cannot be reached.
    """
    try:
        from pyhive import hive
    except ImportError:
        raise DataopsError(
            "The Spark driver is not installed.",
            where="dataops/pyproject.toml, dependencies",
            fix="uv run dataops configure --warehouse spark",
        ) from None
    if values.get("method") != "thrift" or values.get("use_ssl"):
        raise DataopsError(
            "dataops opens Spark over Thrift without TLS only.",
            where=f"profiles.yml: method {values.get('method')}, use_ssl {values.get('use_ssl')}",
            fix="write there: method: thrift; for TLS, use a tunnel on this machine",
        )
    parameters = {str(k): str(v) for k, v in (values.get("server_side_parameters") or {}).items()}
    keys = {key: values[key] for key in ("auth", "kerberos_service_name", "password")
            if values.get(key)}  # fmt: skip
    try:
        connection = hive.connect(
            values["host"],
            port=int(values.get("port") or 10000),
            username=values.get("user"),
            configuration=parameters | {"spark.sql.session.timeZone": "UTC"},
            **keys,
        )
    except Exception as error:  # PyHive raises what the transport, SASL and the server raise
        raise DataopsError(
            "Spark cannot be reached.",
            where=str(SparkError(error)),
            fix="set the variables of the connection: uv run dataops docs spark",
        ) from error
    try:
        yield SparkCursor(connection.cursor())
    finally:
        with contextlib.suppress(Exception):  # the server ends a session that it no longer hears
            connection.close()


@contextlib.contextmanager
def connect(values: Mapping[str, Any]) -> Iterator[Opened]:
    with open_session(values) as cursor:
        yield cursor, SparkError


@contextlib.contextmanager
def _as_spark_errors() -> Iterator[None]:
    from pyhive.exc import Error
    from thrift.Thrift import TException

    try:
        yield
    except (Error, TException, OSError) as error:
        raise SparkError(error) from error


def _message(error: Exception) -> str:
    """What the server says, without its stack."""
    status = getattr(error.args[0], "status", None) if error.args else None
    return str(getattr(status, "errorMessage", None) or error)


def _shown(text: str) -> str:
    """The first sentence of an error without values: what follows quotes the statement."""
    head = text.partition("== SQL")[0].removeprefix("Error running query: ")
    lines = [line for line in head.splitlines() if line.strip()]
    found = _CLASS.search(head)
    named = [line for line in lines if found and line.lstrip().startswith(found[0])]
    line = (named[-1:] or lines or [""])[0].strip()
    line = re.sub(r"\[[A-Z_.]+\] org\.apache\.\S+: (?=\[)", "", line)
    return _VALUE.sub("'…'", line)
