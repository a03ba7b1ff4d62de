"""The process of `bigquery_emulator`: it runs in bqemulator's environment, not in the tests'.

    python bigquery_emulator_program.py PORT

It starts without the extension for geography, which DuckDB would download. Added is a table with
columns and rows in one statement, which dbt writes for a contract; a key there is left out.
Put right is what a clone is: a table in lists and descriptions of tables, whose interface has no
such type, and a clone in the information schema; the emulator says the reverse. Refused is what the
emulator would run and BigQuery does not: types, digits of types in casts, and functions that it
lacks.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from typing import Any

import sqlglot
import structlog  # type: ignore[import-not-found]
from bqemulator.api.routes import tables  # type: ignore[import-not-found]
from bqemulator.cli import main  # type: ignore[import-not-found]
from bqemulator.domain.result import Err  # type: ignore[import-not-found]
from bqemulator.sql.errors import sql_parse_error  # type: ignore[import-not-found]
from bqemulator.sql.rewriter import information_schema  # type: ignore[import-not-found]
from bqemulator.sql.translator import SQLTranslator  # type: ignore[import-not-found]
from bqemulator.storage.engine import DuckDBEngine  # type: ignore[import-not-found]
from sqlglot import exp

_execute = DuckDBEngine.execute
_translate = SQLTranslator.translate
_QUOTED = re.compile(
    r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`|--[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL
)
_KEY = re.compile(r"(,\s*)?\bPRIMARY KEY\s*(\([^)]*\)\s*)?NOT ENFORCED\b", re.IGNORECASE)
_REFUSED = {
    r"\bas\s+(varchar(\s*\([^)]*\))?|text|double(\s+precision)?|real)\s*\)": "Type not found",
    r"\bas\s+(numeric|decimal|bignumeric|string)\s*\([^)]*\)\s*\)": (
        "Parameterized types are not allowed in CAST expressions"
    ),
    r"\binterval\s+''(?!\s+(second|minute|hour|day|week|month|quarter|year)\b)": (
        "Expected an integer and a part of a date"
    ),
    r"\b(split_part|strptime|strftime|regexp_matches|list_\w+)\s*\(": "Function not found",
    r"\bat\s+time\s+zone\b.*\bas\s+(date|timestamp)\b": "Expected end of a cast",
    r"\b(isodow|dayofweekiso|weekiso)\b": "A valid part of a date is required",
}


def execute(self: Any, sql: str, parameters: list[Any] | None = None) -> Any:
    if "CREATE" not in sql.upper():
        return _execute(self, sql, parameters)
    sql = _KEY.sub("", sql)
    tree = sqlglot.parse_one(sql, read="duckdb")
    if not (isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema) and tree.expression):
        return _execute(self, sql, parameters)
    query = tree.expression.copy()
    tree.set("expression", None)
    _execute(self, tree.sql(dialect="duckdb"))
    return _execute(self, exp.insert(query, tree.this.this).sql(dialect="duckdb"), parameters)


def translate(self: Any, statement: str, **options: Any) -> Any:
    text = _QUOTED.sub("''", statement)
    for pattern, message in _REFUSED.items():
        if found := re.search(pattern, text, re.IGNORECASE):
            return Err(sql_parse_error(f"{message}: {found[0]}"))
    return _translate(self, statement, **options)


def with_clones_as_tables(described: Callable[[Any], dict[str, Any]]) -> Callable[[Any], Any]:
    def result(table: Any) -> dict[str, Any]:
        body = described(table)
        return {**body, "type": "TABLE"} if body["type"] == "CLONE" else body

    return result


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    DuckDBEngine._load_spatial = lambda self: None
    DuckDBEngine.execute = execute
    SQLTranslator.translate = translate
    tables._table_to_rest = with_clones_as_tables(tables._table_to_rest)
    tables._table_to_list_item = with_clones_as_tables(tables._table_to_list_item)
    information_schema._BQ_TABLE_TYPE_MAP["CLONE"] = "CLONE"
    main(("start", "--rest-port", sys.argv[1], "--grpc-port", "0", "--log-level", "error"))
