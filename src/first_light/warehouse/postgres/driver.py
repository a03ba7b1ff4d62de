"""PostgreSQL, opened with the keys of a profile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from first_light.dbt.driver import Opened, opening
from first_light.utils.sql_names import quoted

# dbt's keys that libpq knows by the same name.
_LIBPQ = (
    *("host", "port", "user", "dbname", "application_name", "connect_timeout"),
    *("keepalives_idle", "sslmode", "sslcert", "sslkey", "sslrootcert"),
)


@contextlib.contextmanager
def connect(values: Mapping[str, Any]) -> Iterator[Opened]:
    import psycopg2

    known = {key: values[key] for key in _LIBPQ if values.get(key) not in (None, "")}
    password = values.get("password") or values.get("pass") or None
    if search_path := str(values.get("search_path") or "").replace(" ", "\\ "):
        known["options"] = f"-c search_path={search_path}"
    with opening(psycopg2.Error):
        connection = psycopg2.connect(password=password, **known)
        connection.autocommit = True
    with contextlib.closing(connection):
        cursor = connection.cursor()
        if role := values.get("role"):
            with opening(psycopg2.Error):
                cursor.execute(f"set role {quoted(str(role))}")
        yield cursor, psycopg2.Error
