"""fakesnow's server, with what it lacks; it runs in an environment of its own.

    python snowflake_emulator_server.py PORT

Put right are these: it sums numbers as floating point numbers, gives a timestamp that is null as
that of 1970, and cannot merge columns that both sides have. Transactions are left out.

Added are `drop database` and `alter database … swap with …`: the views of two databases change
places while no other statement runs, as Snowflake's documentation says. Comments of columns are
left out, as those of tables with an apostrophe; temporary views and tables are not temporary.
What fakesnow cannot run is an error of the statement: it would answer 500, which the connector
repeats for ever.
"""

from __future__ import annotations

import re
import sys
import threading
from typing import Any

import sqlglot
import uvicorn
from fakesnow import arrow, transforms  # type: ignore[import-not-found]
from fakesnow.cursor import FakeSnowflakeCursor  # type: ignore[import-not-found]
from fakesnow.server import app  # type: ignore[import-not-found]
from snowflake.connector.errors import Error, ProgrammingError
from sqlglot import exp

_SWAP = re.compile(r'\s*alter\s+database\s+"?(\w+)"?\s+swap\s+with\s+"?(\w+)"?\s*;?\s*', re.I)
_DROP = re.compile(r'\s*drop\s+database\s+(if\s+exists\s+)?"?(\w+)"?\s*;?\s*', re.I)
_ALTER_COMMENT = re.compile(r"\s*alter\s+table\s.*\balter\b.*\bcomment\s+\$\$.*", re.I | re.S)
_TABLE_COMMENT = re.compile(r"\s*comment\s+on\s+(table|view)\s.*\$\$.*'.*\$\$.*", re.I | re.S)
_TEMPORARY = re.compile(r"\btemporary\s+(?=(view|table)\b)", re.I)
_COLUMN_COMMENT = re.compile(r'(?<=")\s+comment\s+\$\$.*?\$\$', re.I | re.S)
# Its own notes are in another database, which a transaction of DuckDB cannot write too.
_TRANSACTION = re.compile(r"\s*(begin|commit|rollback)\b[\s;]*(/\*.*\*/)?[\s;]*", re.I | re.S)
_MERGE = re.compile(r"\s*merge\s+into\b", re.I)
_VIEWS = (
    "select schema_name, sql from duckdb_views() where database_name = ? and not internal "
    "and schema_name <> '_fs_information_schema'"
)
_SCHEMAS = (
    "select schema_name from duckdb_schemas() where database_name = ? and not internal "
    "and schema_name not in ('main', '_fs_information_schema')"
)
_one_at_a_time = threading.RLock()
_execute = FakeSnowflakeCursor.execute
_to_struct = arrow.timestamp_to_sf_struct
_run = FakeSnowflakeCursor._execute  # also describes what has run


def execute(self: Any, command: str, *arguments: Any, **options: Any) -> Any:
    with _one_at_a_time:
        try:
            if swap := _SWAP.fullmatch(command):
                _swap(self._duck_conn, *(name.upper() for name in swap.groups()))
                command = "select 'Statement executed successfully.' as status"
            if drop := _DROP.fullmatch(command):
                self._duck_conn.execute("use memory")
                condition = "database if exists" if drop[1] else "database"
                self._duck_conn.execute(f'detach {condition} "{drop[2].upper()}"')
                command = "select 'Statement executed successfully.' as status"
            if _TRANSACTION.fullmatch(command):
                command = "select 'Statement executed successfully.' as status"
            if _ALTER_COMMENT.fullmatch(command) or _TABLE_COMMENT.fullmatch(command):
                command = "select 'Statement executed successfully.' as status"
            if _MERGE.match(command):
                command = _with_source(command)
            command = _TEMPORARY.sub("", _COLUMN_COMMENT.sub("", command), count=1)
            return _execute(self, command, *arguments, **options)
        except Error:
            raise
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            raise ProgrammingError(msg=message, errno=9999, sqlstate="99999") from error


def _with_source(command: str) -> str:
    """A merge that inserts columns of its source by their whole names."""
    merge = sqlglot.parse_one(command, read="snowflake")
    source = exp.to_identifier(merge.args["using"].alias_or_name)
    for when in merge.find_all(exp.When):
        then = when.args["then"]
        if isinstance(then, exp.Insert):
            for column in then.expression.find_all(exp.Column):
                if not column.table:
                    column.set("table", source.copy())
    return merge.sql(dialect="snowflake")


def run(self: Any, *arguments: Any) -> None:
    with _one_at_a_time:
        _run(self, *arguments)


def with_nulls(times: Any) -> Any:
    """Timestamps as Snowflake sends them, nulls among them."""
    import pyarrow as pa

    if isinstance(times, pa.ChunkedArray):
        times = times.combine_chunks()
    parts = _to_struct(times)
    return pa.StructArray.from_arrays(
        parts.flatten(), fields=list(parts.type), mask=times.is_null()
    )


def _swap(connection: Any, one: str, other: str) -> None:
    content = {name: _content(connection, name) for name in (one, other)}
    for name, source in ((one, other), (other, one)):
        for schema in content[name][0]:
            connection.execute(f'drop schema "{name}"."{schema}" cascade')
        schemas, views = content[source]
        for schema in schemas:
            connection.execute(f'create schema "{name}"."{schema}"')
        for text in views:
            view = sqlglot.parse_one(text, read="duckdb")
            view.this.set("catalog", exp.to_identifier(name, quoted=True))
            connection.execute(view.sql(dialect="duckdb"))


def _content(connection: Any, database: str) -> tuple[list[str], list[str]]:
    schemas = [row[0] for row in connection.execute(_SCHEMAS, [database]).fetchall()]
    views = [row[1] for row in connection.execute(_VIEWS, [database]).fetchall()]
    return schemas, views


if __name__ == "__main__":
    FakeSnowflakeCursor.execute = execute
    FakeSnowflakeCursor._execute = run
    arrow.timestamp_to_sf_struct = with_nulls
    transforms.numeric_agg_implicit_cast = lambda expression: expression
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
