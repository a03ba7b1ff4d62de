"""Database files that somebody else may have written: no code of theirs reaches anything."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from first_light.warehouse.base import Relation
from first_light.warehouse.readers_copy import read_columns
from first_light.warehouse.sandbox import Sandbox, SelectOnly, release_ids, remove_code

READS = (
    "select * from read_csv('{}', header = false)",
    "select * from '{}'",
    "select * from read_text('{}')",
    "select * from read_blob('{}')",
    "select * from glob('{}')",
    "select (select content from read_text('{}'))",
    "select * from query('select * from read_text(''{}'')')",
    "select * from sniff_csv('{}')",
    "select * from read_text('raw/../{}')",
    "select * from read_text('raw/linked.csv')",
    "select * from read_csv('https://localhost:1/x.csv')",
    "attach '{}.db' as other",
    "copy (select 1) to '{}.csv'",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
)


@pytest.mark.parametrize("query", READS)
def test_a_restricted_connection_reaches_its_folders_only(
    query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, other = tmp_path / "raw", tmp_path / "other.csv"
    raw.mkdir()
    (raw / "orders.csv").write_text("id\n1\n")
    other.write_text("id\n2\n")
    os.symlink(other, raw / "linked.csv")
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        Sandbox((raw,)).close(connection)
        assert connection.execute("from read_csv('raw/orders.csv')").fetchall() == [(1,)]
        with pytest.raises(duckdb.Error, match=r"Permission|disabled|Cannot"):
            connection.execute(query.format("other.csv")).fetchall()


def test_a_copy_keeps_tables_and_no_code(tmp_path: Path) -> None:
    """A macro can have the name of any function, of an operator, and of what lists macros."""
    file, other = tmp_path / "warehouse.duckdb", tmp_path / "other.txt"
    other.write_text("stolen")
    stolen = f"(select content from read_text('{other.as_posix()}'))"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table kept as select 1 as id; create table dropped as select 2")
        connection.execute(f'create macro lower(x) as {stolen}; create macro "+"(a, b) as a')
        for listing in ("views", "functions", "columns", "tables"):
            connection.execute(f"create macro duckdb_{listing}() as table select {stolen} as name")
        connection.execute(f"create view looks as select {stolen} as x from kept")
        connection.execute("create schema dataops")
        connection.execute(f"create view dataops.release as select {stolen} as release_id")
    with pytest.raises(duckdb.PermissionException):
        release_ids(file)
    assert read_columns(file)[Relation("main", "kept")] == ("id",)
    views = remove_code(file, {Relation("main", "kept")})
    assert views == {Relation("main", "looks"), Relation("dataops", "release")}
    with duckdb.connect(str(file)) as connection:
        assert connection.execute("select lower('A'), 1 + 2, id from kept").fetchall() == [
            ("a", 3, 1)
        ]
        assert connection.execute("select table_name from duckdb_tables()").fetchall() == [
            ("kept",)
        ]


def test_text_of_a_store_is_one_query(tmp_path: Path) -> None:
    goal = tmp_path / "written.csv"
    with duckdb.connect() as connection:
        queries = SelectOnly(connection)
        assert queries.execute("pivot (select 1 as a, 2 as b) on a using sum(b)").fetchall()
        for query in (
            f"select 1; copy (select 1) to '{goal.as_posix()}'",
            f"copy (pivot (select 1 as a, 2 as b) on a) to '{goal.as_posix()}'",
            "attach ':memory:' as other",
            "",
        ):
            with pytest.raises(duckdb.PermissionException):
                queries.execute(query)
    assert not goal.exists()
