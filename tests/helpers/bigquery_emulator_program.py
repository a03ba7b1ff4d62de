"""The process of `bigquery_emulator`: it runs in bqemulator's environment, not in the tests'.

    python bigquery_emulator_program.py PORT

It starts without the extension for geography, which DuckDB would download. Added is a table with
columns and rows in one statement, which dbt writes for a contract.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import sqlglot
import structlog  # type: ignore[import-not-found]
from bqemulator.cli import main  # type: ignore[import-not-found]
from bqemulator.storage.engine import DuckDBEngine  # type: ignore[import-not-found]
from sqlglot import exp

_execute = DuckDBEngine.execute


def execute(self: Any, sql: str, parameters: list[Any] | None = None) -> Any:
    if "CREATE" not in sql.upper():
        return _execute(self, sql, parameters)
    tree = sqlglot.parse_one(sql, read="duckdb")
    if not (isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema) and tree.expression):
        return _execute(self, sql, parameters)
    query = tree.expression.copy()
    tree.set("expression", None)
    _execute(self, tree.sql(dialect="duckdb"))
    return _execute(self, exp.insert(query, tree.this.this).sql(dialect="duckdb"), parameters)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    DuckDBEngine._load_spatial = lambda self: None
    DuckDBEngine.execute = execute
    main(("start", "--rest-port", sys.argv[1], "--grpc-port", "0", "--log-level", "error"))
