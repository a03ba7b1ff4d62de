"""Spark without a server: the statements, and what is read from its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.dialect import dialect_of
from first_light.warehouse.pointed_views import Pointer
from first_light.warehouse.spark import build_lock, driver, pointer, views
from first_light.warehouse.spark.driver import SparkCursor, SparkError
from first_light.warehouse.spark.listing import Entry, listed
from first_light.warehouse.spark.names import Schemas, sql_name, sql_text
from first_light.warehouse.spark.server import schemas
from first_light.warehouse.spark.state import copied_definition

PLACE = Schemas("shop")
OLD, NEW = "000012-20261129T000000Z-ci", "000013-20261130T000000Z-ci"
TABLE = """Catalog: spark_catalog
Database: shop_marts
Table: orders
Type: EXTERNAL
Provider: hive
Comment: hello
Table Properties: [table_type=ICEBERG, current-snapshot-id=1]
Table Properties: [current-schema={"type":"struct","schema-id":1,"fields":[{"id":1,"name":"id",\
"required":true,"type":"long","doc":"it's"},{"id":2,"name":"At","required":false,"type":\
"timestamptz"},{"id":3,"name":"price","required":false,"type":"decimal(10, 2)"},{"id":4,"name":\
"parts","required":false,"type":{"type":"list","element-id":5,"element":"int"}}]}, \
current-snapshot-id=5427754217022945045, current-snapshot-summary={"total-records":"7",\
"total-files-size":"395","engine-name":"spark"}, snapshot-count=3, table_type=ICEBERG]
Location: file:/warehouse/orders
Schema: root
 |-- id: long (nullable = true)
"""
VIEW = """Catalog: spark_catalog
Type: VIEW
View Text: select 1
Table Properties: [transient_lastDdlTime=1]
Schema: root
 |-- id: integer (nullable = false)
 |-- s: struct (nullable = true)
 |    |-- a: integer (nullable = true)
 |-- Größe: decimal(10,2) (nullable = true)
"""


class Server:
    """Answers as a server that was asked, and writes down what it was told to do.

    Args:
        tables: columns by relation, in the order of statements.
    """

    def __init__(self, tables: Mapping[Relation, Mapping[str, str]]) -> None:
        self.tables = tables
        self.done: list[str] = []
        self.pointer = Pointer(OLD)

    def execute(self, statement: str) -> None:
        self.done.append(statement)


def test_names_and_texts_are_quoted_as_spark_reads_them() -> None:
    assert sql_name("a`b", "c") == "`a``b`.`c`"
    assert sql_text("it's a \\ b") == r"'it\'s a \\ b'", "two quotes are two texts there"
    assert PLACE.plain("shop_r000012_marts") == "marts"
    assert PLACE.plain("shop_marts") == "marts"
    moved = PLACE.moved(NEW, Relation("shop_r000012_marts", "orders"))
    assert moved == Relation("shop_r000013_marts", "orders")


def test_a_listing_is_read_without_a_scan() -> None:
    answers = {
        "show schemas like 'shop_marts'": [("shop_marts",)],
        "show schemas like 'shop_none'": [],
        "show table extended in `shop_marts` like '*'": [
            ("shop_marts", "orders", False, TABLE),
            ("shop_marts", "v", False, VIEW),
        ],
    }
    asked: Any = SimpleNamespace(rows=answers.__getitem__)
    found = listed(asked, "shop_marts")
    assert found[Relation("shop_marts", "orders")] == Entry(
        False,
        True,
        "5427754217022945045",
        7,
        395,
        (("id", "bigint"), ("At", "timestamp"), ("price", "decimal(10,2)"), ("parts", "array")),
    ), "a comment may have lines that look like properties"
    view = found[Relation("shop_marts", "v")]
    assert view.is_view
    assert view.columns == (("id", "int"), ("s", "struct"), ("Größe", "decimal(10,2)"))
    assert listed(asked, "shop_none") == {}


def test_the_driver_answers_for_the_columns_of_schemas() -> None:
    class Cursor:
        description: tuple[tuple[str, str], ...] = ()

        def execute(self, statement: str) -> None:
            answers: dict[str, list[tuple[Any, ...]]] = {
                "show schemas": [("shop_marts",)],
                "show table": [("shop_marts", "v", False, VIEW)],
            }
            self.rows = answers.get(" ".join(statement.split()[:2]), [("x", "2026-11-30")])
            kinds = ("STRING_TYPE", "DATE_TYPE" if "day" in statement else "STRING_TYPE")
            self.description = tuple((kind, kind) for kind in kinds)

        def fetchall(self) -> list[tuple[Any, ...]]:
            return self.rows

    cursor = SparkCursor(Cursor())
    assert cursor.rows("select name, day") == [("x", date(2026, 11, 30))], "PyHive reads a text"
    rows = cursor.rows(dialect_of("spark").columns(["shop_marts"]))
    assert rows[0] == ("shop_marts", "v", "id", "int")
    assert [column[0] for column in cursor.description] == ["schema", "relation", "column", "type"]
    assert dialect_of("spark").columns(()), "one statement for all, which leaves out what is not"


def test_an_error_names_no_value_of_a_row() -> None:
    def error(text: str) -> SparkError:
        status = SimpleNamespace(errorMessage=text)
        return SparkError(Exception(SimpleNamespace(status=status)))

    missing = error(
        "Error running query: [TABLE_OR_VIEW_NOT_FOUND] org.apache.spark.sql.AnalysisException: "
        "[TABLE_OR_VIEW_NOT_FOUND] The table or view `shop`.`x` cannot be found.\nVerify it."
    )
    assert missing.is_missing
    assert str(missing) == "[TABLE_OR_VIEW_NOT_FOUND] The table or view `shop`.`x` cannot be found."
    cast = error(
        "Error running query: [CAST_INVALID_INPUT] org.apache.spark.SparkNumberFormatException: "
        "[CAST_INVALID_INPUT] The value 'ada@example.org' of the type \"STRING\" cannot be cast.\n"
        "== SQL (line 1) ==\nselect cast('ada@example.org' as int)"
    )
    assert "ada" not in str(cast)
    assert not cast.is_missing


def test_state_is_copied_with_its_definition() -> None:
    text = """CREATE TABLE spark_catalog.shop_r000012_marts.visits (
  id BIGINT NOT NULL COMMENT 'it\\'s',
  at TIMESTAMP)
USING iceberg
PARTITIONED BY (days(at))
COMMENT 'hello
LOCATION x'
LOCATION 'file:/warehouse/visits'
TBLPROPERTIES (
  'current-snapshot-id' = '1',
  'format' = 'iceberg/parquet',
  'format-version' = '2',
  'write.format.default' = 'parquet')
"""
    copied = copied_definition(text, "`shop_r000013_marts`.`visits`")
    assert copied.startswith("CREATE TABLE `shop_r000013_marts`.`visits` (\n  id BIGINT NOT NULL")
    assert "PARTITIONED BY (days(at))\nCOMMENT 'hello\nLOCATION x'\nTBLPROPERTIES" in copied
    assert copied.endswith("('format-version' = '2', 'write.format.default' = 'parquet')")


@contextmanager
def published(monkeypatch: pytest.MonkeyPatch, server: Server) -> Iterator[None]:
    """The functions that ask a server, answered without one."""

    def write(cursor: Any, place: Schemas, goal: Pointer) -> None:
        server.done.append(f"pointer {goal.release[:6]} {goal.other[:6]} {goal.is_settled}")
        server.pointer = goal

    def change(cursor: Any, place: Schemas, old: str, new: str) -> None:
        server.done.append(f"change {old[:6]} {new[:6]}")
        server.pointer = Pointer(new, old, is_settled=False)

    def entries(cursor: Any, place: Schemas, run: str) -> dict[Relation, Entry]:
        return {
            relation: Entry(False, True, "", None, 0, tuple(columns.items()))
            for relation, columns in server.tables.items()
            if relation.schema.startswith(place.candidate(run))
        }

    def listed_views(cursor: Any, schema: str) -> list[Relation]:
        old = [r for r in server.tables if r.schema.startswith(PLACE.candidate(OLD))]
        return [Relation(schema, relation.name) for relation in old]

    with monkeypatch.context() as patch:
        patch.setattr(pointer, "read", lambda cursor, place: server.pointer)
        patch.setattr(pointer, "write", write)
        patch.setattr(pointer, "change", change)
        patch.setattr(views, "entries_of", entries)
        patch.setattr(views, "owner_of", lambda cursor, place, run: run)
        patch.setattr(views, "exists", lambda cursor, schema: True)
        patch.setattr(views, "listed", listed_views)
        patch.setattr(views, "rows_or_none", lambda cursor, query: None)
        yield


def test_views_of_both_releases_ask_the_pointer_before_it_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server: Any = Server(
        {
            Relation("shop_r000012_marts", "orders"): {"id": "int", "old": "string", "n": "int"},
            Relation("shop_r000012_marts", "gone"): {"id": "int"},
            Relation("shop_r000013_marts", "orders"): {"id": "int", "n": "bigint"},
            Relation("shop_r000013_marts", "added"): {"id": "int"},
        }
    )
    with published(monkeypatch, server):
        views.SparkViews(server, PLACE).repoint(NEW)
    begin, gone, both, change, *finish = server.done
    assert begin == "pointer 000012 000013 False"
    asks = "where (select release_id from `shop_dataops`.`current_release`) = "
    assert gone == (
        "alter view `shop_marts`.`gone` as "
        f"select `id` from `shop_r000012_marts`.`gone` {asks}'{OLD}'"
    )
    assert both == (
        "alter view `shop_marts`.`orders` as "
        f"select `id`, `old`, `n` from `shop_r000012_marts`.`orders` {asks}'{OLD}' union all "
        "select `id`, try_cast(null as string) as `old`, try_cast(`n` as int) as `n` "
        f"from `shop_r000013_marts`.`orders` {asks}'{NEW}'"
    )
    assert change == "change 000012 000013"
    assert finish == [
        "create view `shop_marts`.`added` as select `id` from `shop_r000013_marts`.`added`",
        "alter view `shop_marts`.`orders` as select `id`, `n` from `shop_r000013_marts`.`orders`",
        "drop view if exists `shop_marts`.`gone`",
        "pointer 000013  True",
    ]
    with published(monkeypatch, server):
        server.done.clear()
        views.SparkViews(server, PLACE).repoint(NEW)
    assert server.done == [], "readers see it already"


def test_only_thrift_without_tls_is_opened(tmp_path: Path) -> None:
    for values in ({"method": "http"}, {"method": "thrift", "use_ssl": True}):
        with pytest.raises(DataopsError, match="over Thrift"), driver.open_session(values):
            pass


def test_the_prefix_is_that_of_readers_while_a_candidate_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (tmp_path / "profiles.yml").write_text(
        "shop: {outputs: {prod: {type: spark, method: thrift, host: h, "
        "schema: \"{{ env_var('DATAOPS_SCHEMA', 'Shop') }}\"}}}\n"
    )
    monkeypatch.setenv("DATAOPS_SCHEMA", "shop_r000013")
    assert schemas(Product(tmp_path)) == PLACE


def test_a_catalog_that_keeps_old_views_is_refused() -> None:
    """As with Iceberg's SQL extensions: the statement succeeds, and nothing has changed."""
    done: list[str] = []
    stuck: Any = SimpleNamespace(
        execute=done.append,
        rows=lambda query: [(OLD, "", True, -1)] if "from" in query else [("shop_dataops",)],
    )
    pointer.write(stuck, PLACE, Pointer(OLD))
    with pytest.raises(DataopsError, match="keeps the old view"):
        pointer.write(stuck, PLACE, Pointer(NEW))
    assert len(done) == 2


def test_a_catalog_that_cannot_alter_views_is_refused() -> None:
    """As with Iceberg's SQL extensions; what Spark replaces instead is missing for an instant."""

    def refuse(statement: str) -> None:
        raise SparkError(Exception("ALTER VIEW <viewName> AS is not supported. Use CREATE"))

    server: Any = SimpleNamespace(execute=refuse, rows=lambda query: [("shop_dataops",)])
    with pytest.raises(DataopsError, match="cannot alter a view"):
        pointer.write(server, PLACE, Pointer(OLD))


def test_a_server_without_iceberg_is_named() -> None:
    def refuse(statement: str) -> None:
        raise SparkError(Exception("[DATA_SOURCE_NOT_FOUND] Failed to find: iceberg."))

    server: Any = SimpleNamespace(execute=refuse)
    with pytest.raises(DataopsError, match="has no Iceberg") as error:
        build_lock._create(server, "`shop_build`.`build_lock`")
    assert "DATA_SOURCE_NOT_FOUND" in error.value.where
