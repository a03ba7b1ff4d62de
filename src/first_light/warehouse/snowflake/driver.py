"""Snowflake, opened with the keys of a profile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from first_light.dbt.driver import Opened, opening
from first_light.utils.errors import DataopsError

# dbt's keys that the connector knows by the same name, and by another.
_SAME = (
    *("account", "user", "password", "authenticator", "token", "role", "warehouse", "database"),
    *("schema", "host", "port", "protocol", "proxy_host", "proxy_port"),
    *("client_session_keep_alive", "insecure_mode", "workload_identity_provider"),
)
_OTHER = {
    "private_key_path": "private_key_file",
    "private_key_passphrase": "private_key_file_pwd",
    "private_key": "private_key",
    "connect_timeout": "login_timeout",
}


def open_session(values: Mapping[str, Any]) -> Any:
    """A connection in UTC that commits each statement; the caller closes it.

    Raises:
        DataopsError: the driver is not installed.
    """
    try:
        from snowflake.connector import connect as open_connection
    except ImportError:
        raise DataopsError(
            "The Snowflake driver is not installed.",
            where="dataops/pyproject.toml, dependencies",
            fix="uv run dataops configure --warehouse snowflake",
        ) from None
    known = {key: values[key] for key in _SAME if values.get(key) not in (None, "")}
    known |= {new: values[key] for key, new in _OTHER.items() if values.get(key) not in (None, "")}
    if {"private_key", "private_key_file"} & set(known):
        known.setdefault("authenticator", "SNOWFLAKE_JWT")
    parameters = {"TIMEZONE": "UTC", "QUERY_TAG": str(values.get("query_tag") or "dataops")}
    return open_connection(
        application="dataops", autocommit=True, session_parameters=parameters, **known
    )


@contextlib.contextmanager
def connect(values: Mapping[str, Any]) -> Iterator[Opened]:
    from snowflake.connector.errors import Error

    with opening(Error):
        connection = open_session(values)
    with contextlib.closing(connection):
        yield connection.cursor(), Error
