"""BigQuery without a server: the statements, and what is read from its answers."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from first_light.dbt.driver import DriverQueries, ScanLimitExceededError
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.bigquery import build_lock, credentials, server, views
from first_light.warehouse.bigquery.driver import BigQueryCursor, BigQueryError
from first_light.warehouse.bigquery.names import Datasets, sql_text
from first_light.warehouse.bigquery.readable import kind_of
from first_light.warehouse.bigquery.sample import type_of
from first_light.warehouse.dialect import dialect_of
from first_light.warehouse.pointed_views import Pointer

PLACE = Datasets("shop", "cloud")
OLD, NEW = "000012-20261129T000000Z-ci", "000013-20261130T000000Z-ci"


def test_names_and_texts_are_quoted_as_bigquery_reads_them() -> None:
    assert PLACE.name("shop_marts", "orders") == "`cloud`.`shop_marts`.`orders`"
    assert sql_text("it's a \\\nb") == r"'it\'s a \\\nb'", "a text has one line"
    assert PLACE.plain("shop_r000012_marts") == "marts"
    moved = PLACE.moved(NEW, Relation("shop_r000012_marts", "orders"))
    assert moved == Relation("shop_r000013_marts", "orders")


def test_types_are_translated_both_ways() -> None:
    assert type_of("DECIMAL(10,2)") == "numeric(10, 2)"
    assert type_of("DECIMAL(38,20)") == "bignumeric(38, 20)"
    assert type_of("TIMESTAMP_NS") == "timestamp"
    assert type_of("STRUCT(a INTEGER)") == "string"
    assert kind_of("NUMERIC(10, 2)") == "decimal(10, 2)"
    assert kind_of("BIGNUMERIC(76, 38)") == "", "more digits than the file can hold"
    assert kind_of("STRING(20)") == "varchar"
    assert kind_of("ARRAY<INT64>") == ""


def test_a_table_is_written_in_statements_that_are_not_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []
    cursor: Any = SimpleNamespace(execute=done.append)
    monkeypatch.setattr(server, "_LONGEST", 40)
    columns = [("id", "integer"), ("price", "numeric(10, 2)")]
    rows = [(1, "1.50"), (2, None), (3, True)]
    server.create_table(cursor, "`t`", columns, rows, "It's one.")
    assert done == [
        "create or replace table `t` (`id` int64, `price` numeric(10, 2)) "
        r"options(description = 'It\'s one.')",
        "insert into `t` select cast(c0 as int64), cast(c1 as numeric) from "
        "unnest(array<struct<c0 string, c1 string>>[struct('1', '1.50'), struct('2', null)])",
        "insert into `t` select cast(c0 as int64), cast(c1 as numeric) from "
        "unnest(array<struct<c0 string, c1 string>>[struct('3', 'true')])",
    ]


def test_an_error_names_no_value_of_a_row() -> None:
    from google.api_core.exceptions import BadRequest, NotFound

    missing = BigQueryError(
        NotFound("Not found: Table cloud:shop.x was not found; reason: notFound")
    )
    assert missing.is_missing
    assert str(missing) == "Not found: Table cloud:shop.x was not found"
    for text in (
        "Bad int64 value: ada@example.org; reason: invalidQuery",
        "Invalid date: 'ada@example.org'",
        'Could not cast literal "ada@example.org" to type DATE at [1:8]',
    ):
        error = BigQueryError(BadRequest(text))
        assert "ada" not in str(error)
        assert not error.is_missing
    assert str(BigQueryError(OSError())) == "OSError"


class Client:
    """What is asked of Google's client, written down.

    Args:
        answers: rows, by a part of the query.
    """

    project = "cloud"
    default_query_job_config = SimpleNamespace(maximum_bytes_billed=None)

    def __init__(self, answers: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
        self.answers = answers
        self.done: list[str] = []
        self.limits: list[int | None] = []
        self.entries: dict[str, list[Any]] = {}

    def query(self, statement: str, retry: Any, job_config: Any = None) -> Any:
        from google.api_core.exceptions import InternalServerError

        self.done.append(statement)
        billed = 60 if "big" in statement else 10
        self.limits.append(job_config and job_config.maximum_bytes_billed)
        if job_config and billed > job_config.maximum_bytes_billed:
            reason = {"reason": "bytesBilledLimitExceeded"}
            raise InternalServerError("Query exceeded limit for bytes billed", errors=[reason])
        rows = next((rows for part, rows in self.answers.items() if part in statement), ())
        result = Rows(SimpleNamespace(values=lambda row=row: row) for row in rows)
        return SimpleNamespace(
            result=lambda retry: result, num_dml_affected_rows=None, total_bytes_billed=billed
        )

    def get_dataset(self, name: str, retry: Any) -> Any:
        from google.api_core.exceptions import NotFound

        if name.endswith("_none"):
            raise NotFound("Not found")
        entries = self.entries.setdefault(name, [])
        return SimpleNamespace(name=name, description=None, access_entries=entries)

    def update_dataset(self, dataset: Any, fields: list[str], retry: Any) -> None:
        assert fields == ["access_entries"]
        self.entries[dataset.name] = dataset.access_entries


class Rows(list[Any]):
    schema = ()


def test_the_driver_answers_for_the_columns_of_datasets() -> None:
    client = Client({"shop_marts`.INFORMATION_SCHEMA.COLUMNS": [("orders", "id", "INT64")]})
    cursor = BigQueryCursor(client)
    rows = cursor.rows(dialect_of("bigquery").columns(["shop_none", "shop_marts"]))
    assert rows == [("shop_marts", "orders", "id", "INT64")]
    assert [column[0] for column in cursor.description] == ["schema", "relation", "column", "type"]
    (asked,) = client.done
    assert "from `cloud`.`shop_marts`.INFORMATION_SCHEMA" in asked, "no table is scanned"


def test_a_session_scans_no_more_than_it_may() -> None:
    client = Client({})
    queries = DriverQueries("bigquery", BigQueryCursor(client), BigQueryError)
    queries.run("select big")
    queries.limit_scan(100)
    queries.run("select small")
    with pytest.raises(ScanLimitExceededError):
        queries.run("select big")
    queries.run("select small")
    assert client.limits == [None, 40, 30, 30], "what is refused is not charged"
    assert queries.scanned == 80


def test_views_of_readers_may_read_a_release_and_nobody_else() -> None:
    client = Client({})
    cursor = BigQueryCursor(client)
    for _ in range(2):
        cursor.authorize("shop_r000013_marts", ["shop_marts"])
        client.entries = {  # as the client reads what it has written
            name: [type(entry).from_api_repr(entry.to_api_repr()) for entry in entries]
            for name, entries in client.entries.items()
        }
    (entry,) = client.entries["cloud.shop_r000013_marts"]
    assert entry.to_api_repr()["dataset"] == {
        "dataset": {"projectId": "cloud", "datasetId": "shop_marts"},
        "targetTypes": ["VIEWS"],
    }
    cursor.authorize("shop_none", ["shop_marts"])


class Session:
    """Answers as a session that was asked, and writes down what it was told to do."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def create_dataset(self, dataset: str) -> None:
        self.done.append(f"dataset {dataset}")

    def authorize(self, dataset: str, readers: Sequence[str]) -> None:
        self.done.append(f"authorize {dataset} {' '.join(readers)}")

    def described(self, dataset: str) -> str:
        return NEW if "r000013" in dataset else OLD

    def execute(self, statement: str) -> None:
        self.done.append(statement)

    def execute_all(self, statements: Sequence[str]) -> None:
        self.done.extend(statements)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [(OLD, "", True)] if "current_release" in query else []


def test_views_of_both_releases_ask_the_pointer_before_it_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orders = Relation("shop_r000012_marts", "orders")
    tables = {
        OLD: {orders: {"id": "INT64", "old": "STRING", "n": "INT64"}},
        NEW: {PLACE.moved(NEW, orders): {"id": "INT64", "n": "NUMERIC(10, 2)"}},
    }
    session: Any = Session()
    monkeypatch.setattr(views, "columns_of", lambda cursor, place, run: tables[run])
    monkeypatch.setattr("time.sleep", lambda seconds: session.done.append("wait"))
    views.BigQueryViews(session, PLACE).repoint(NEW)
    texts = [text for text in session.done if not text.startswith("create table if not exists")]
    at = texts.index("wait")
    begin, both, change = texts[0], texts[at - 1], texts[at + 2]
    pointer = "`cloud`.`shop_dataops`.`current_release`"
    assert begin == "dataset shop_dataops"
    assert texts[at + 1] == begin
    assert texts[at + 3] == "wait"
    assert f"set release_id = '{NEW}', other = '{OLD}', is_settled = false" in change
    asks = f"where (select release_id from {pointer}) = "
    assert both == (
        "create or replace view `cloud`.`shop_marts`.`orders` as "
        f"select `id`, `old`, `n` from `cloud`.`shop_r000012_marts`.`orders` {asks}'{OLD}' "
        "union all select `id`, safe_cast(null as STRING) as `old`, safe_cast(`n` as INT64) as `n` "
        f"from `cloud`.`shop_r000013_marts`.`orders` {asks}'{NEW}'"
    )
    assert "authorize shop_r000013_marts shop_marts" in texts[: texts.index(both)]
    assert "authorize shop_dataops shop_marts" in texts[: texts.index(both)]
    assert texts[-3] == (
        "create or replace view `cloud`.`shop_marts`.`orders` as "
        "select `id`, `n` from `cloud`.`shop_r000013_marts`.`orders`"
    )
    assert f"set release_id = '{NEW}', other = '', is_settled = true" in texts[-1]

    session.done.clear()
    views.BigQueryViews(session, PLACE).repoint(OLD)
    assert session.done == [], "readers see it already"


def test_before_the_first_release_the_pointer_names_none() -> None:
    session: Any = SimpleNamespace(described=lambda dataset: None)
    assert views.read_pointer(session, PLACE) == Pointer()


def test_datasets_of_another_product_are_refused(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop\n")
    session: Any = SimpleNamespace(described=lambda dataset: "First Light: bakery")
    with pytest.raises(DataopsError, match="belong to another product, bakery"):
        build_lock._claim(session, Product(tmp_path), "shop_build")


def test_what_a_profile_cannot_have_is_said() -> None:
    with pytest.raises(DataopsError, match="methods oauth, "):
        credentials.open_client({"project": "cloud", "method": "external-oauth-wif"})
    with pytest.raises(DataopsError, match="in the project of the datasets"):
        credentials.open_client({"project": "cloud", "execution_project": "other"})
    with pytest.raises(DataopsError, match="names no project"):
        credentials.open_client({"method": "oauth"})
    key = {"client_email": "writer@example.org"}
    assert credentials._key(key) == key
    text = base64.b64encode(b'{"client_email": "writer@example.org"}').decode()
    assert credentials._key(text) == key


def test_a_client_has_the_limits_of_the_profile() -> None:
    values = {"method": "oauth-secrets", "token": "t", "database": "cloud", "location": "EU"}
    client = credentials.open_client({**values, "maximum_bytes_billed": "1000"})
    assert client.project == "cloud"
    assert client.location == "EU"
    assert client.default_query_job_config.maximum_bytes_billed == 1000
    unlimited = credentials.open_client(values).default_query_job_config
    assert unlimited.maximum_bytes_billed is None
    assert "maximumBytesBilled" not in unlimited.to_api_repr()["query"]


def test_the_prefix_is_that_of_readers_while_a_candidate_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (tmp_path / "profiles.yml").write_text(
        "shop: {outputs: {prod: {type: bigquery, project: cloud, "
        "dataset: \"{{ env_var('DATAOPS_SCHEMA', 'shop') }}\"}}}\n"
    )
    monkeypatch.setenv("DATAOPS_SCHEMA", "shop_r000013")
    assert server.datasets(Product(tmp_path)) == PLACE
