"""A connection to the product's PostgreSQL, configured by libpq's variables."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.server_errors import query_errors

SESSION = {"PGTZ": "UTC"}
"""Variables for dbt's sessions: in the server's zone, a time that its clocks skip would move."""

_SECONDS_TO_CONNECT = 15


def place(product: Product) -> dict[str, str]:
    """The server, database and user, with the defaults of profiles.yml; contains no secret."""
    return {
        "host": os.environ.get("PGHOST") or "localhost",
        "port": os.environ.get("PGPORT") or "5432",
        "user": os.environ.get("PGUSER") or os.environ.get("USER") or "postgres",
        "dbname": os.environ.get("PGDATABASE") or product.slug,
    }


def open_session(product: Product) -> Any:
    """A psycopg2 connection in UTC; the caller closes it. libpq finds the password.

    Raises:
        DataopsError: the server cannot be reached, or the driver is not installed.
    """
    try:
        import psycopg2
    except ImportError:
        raise DataopsError(
            "The PostgreSQL driver is not installed.",
            where="dataops/pyproject.toml, dependencies",
            fix="copier update --vcs-ref :current: --data warehouse=postgres, then: uv sync",
        ) from None
    try:
        return psycopg2.connect(
            **place(product),
            connect_timeout=_SECONDS_TO_CONNECT,
            application_name="dataops",
            options="-c timezone=UTC -c client_min_messages=warning",
        )
    except psycopg2.OperationalError as error:
        raise DataopsError(
            "PostgreSQL cannot be reached.",
            where=str(error).strip(),
            fix="set PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE: "
            "uv run dataops docs postgres",
        ) from error


@contextlib.contextmanager
def connect(product: Product) -> Iterator[Any]:
    """A connection for one transaction: the block.

    Raises:
        DataopsError: see `open_session`.
    """
    connection = open_session(product)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def errors_as(message: str, fix: str = "") -> AbstractContextManager[None]:
    """Turn errors of the server into messages; one of a view that is read may quote a value.

    Raises:
        QueryError: the server rejected a statement.
    """
    import psycopg2

    return query_errors(psycopg2.Error, _reason_of, message, fix)


def _reason_of(error: Any) -> str:
    return getattr(error.diag, "message_primary", None) or str(error).strip().splitlines()[0]


def schemas(cursor: Any, prefix: str) -> list[str]:
    """The schemas named `prefix`, or beginning with it and an underscore, sorted."""
    cursor.execute(
        "select nspname from pg_namespace where nspname = %s or left(nspname, %s) = %s",
        (prefix, len(prefix) + 1, f"{prefix}_"),
    )
    return sorted(row[0] for row in cursor.fetchall())


def drop_schemas(cursor: Any, names: list[str]) -> None:
    """Drop schemas and everything in them."""
    from psycopg2 import sql

    for name in names:
        cursor.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(name)))


def end_sessions(cursor: Any, application: str) -> None:
    """End the sessions of an application: the queries of a killed client continue for a while."""
    cursor.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and usename = current_user "
        "and application_name = %s and pid <> pg_backend_pid()",
        (application,),
    )
