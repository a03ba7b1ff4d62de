"""`dataops move`: a product on PostgreSQL, on Spark, on emulators of Snowflake and BigQuery."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import bigquery_emulator
import harness
import planted_move
import postgres
import snowflake_emulator
import spark_server

MORE = """5,16,4.5,1,Zebra,2026-01-05 13:00:00.1234567,2026-01-12
"""
"""A row of raw that the sample does not have."""
COMMAND = (sys.executable, "-m", "first_light.cli.app", "move", "--json", "--to")
CAUSES = {
    "averages": {("type", "number types of results")},
    "below": {("values", "inputs")},
    "cut": {("values", "")},
    "days": {("build", "functions")},
    "divided": {("values", "division of integers")},
    "halves": {("values", "rounding of halves")},
    "nulls": {("values", "order of nulls")},
    "texts": {("values", "order of texts")},
    "times": {("values", "precision of times")},
}
"""The causes that PostgreSQL shows in the planted models; none of one that is not known."""


def move(
    root: Path, to: str, environment: Mapping[str, str], code: int, *more: str
) -> dict[str, Any]:
    """The command's document."""
    ended = subprocess.run(
        [*COMMAND, to, *more],
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


def causes(model: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {
        (difference["kind"], cause["name"])
        for difference in model["differences"]
        for cause in difference["causes"] or [{"name": ""}]
    }


def files(root: Path) -> dict[str, bytes]:
    """All files but those that builds make."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "target" not in path.relative_to(root).parts
    }


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """One that sorts texts as English does, as servers do by default."""
    with postgres.server("en-US") as result:
        yield result


def databases(server: postgres.Server) -> set[str]:
    rows = server.ask("select datname from pg_database where not datistemplate")
    return {row[0] for row in rows}


@pytest.mark.slow
def test_planted_differences_are_recognised_on_postgresql(
    tmp_path: Path, server: postgres.Server
) -> None:
    root = planted_move.product(tmp_path / "planted")
    before = files(root)
    document = move(root, "postgres", server.environment(), 1)
    assert files(root) == before, "nothing of the product changes"
    assert not (root / "target" / "move").exists()
    assert databases(server) == {"postgres"}, "nothing is left"

    models = {model["name"]: model for model in document["models"]}
    found = {name: causes(model) for name, model in models.items() if model["differences"]}
    assert found == CAUSES
    assert document["unexplained"] == 1, "substr(name, -3)"
    same = {name for name, model in models.items() if model["status"] == "same"}
    assert {"portable", "cased", "stg_visits"} <= same
    assert models["cased"]["normalised"] == ["1 names in another case"]
    assert models["below_days"]["status"] == "skipped"
    (divided,) = models["divided"]["differences"]
    (place,) = divided["causes"][0]["places"]
    assert (place["file"], place["line"]) == ("models/marts/divided.sql", 1)
    assert divided["examples"][0] == {"key": "id 1", "before": "2.5", "after": "2.0"}
    assert "dbt.datediff" in models["days"]["differences"][0]["causes"][0]["change"]
    assert "Unexplained" in Path(document["report"]).read_text()


@pytest.mark.slow
def test_a_stopped_move_leaves_nothing(tmp_path: Path, server: postgres.Server) -> None:
    root = planted_move.product(tmp_path / "planted", ("portable",))
    with subprocess.Popen(
        [*COMMAND, "postgres"],
        cwd=root,
        env={**os.environ, **server.environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        begin = time.monotonic()
        while databases(server) == {"postgres"}:
            assert process.poll() is None
            assert time.monotonic() - begin < 120
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 130
    assert databases(server) == {"postgres"}
    assert not (root / "target" / "move").exists()
    # The portable product moves, with the data of raw too, and what to do next is said.
    raw = tmp_path / "landing"
    (raw / "visits").mkdir(parents=True)
    (raw / "visits" / "visits.csv").write_text(planted_move.RAW + MORE)
    environment = {**server.environment(), "DATAOPS_RAW": str(raw)}
    document = move(root, "postgres", environment, 0, "--data", "raw")
    assert not document["unexplained"]
    assert document["data"] == "raw"
    assert {model["rows_after"] for model in document["models"]} == {5}
    assert document["switch"][0] == "uv run dataops configure --warehouse postgres"


def drafted(root: Path) -> Path:
    """A product that `start` has drafted from files."""
    export = root.parent / "export"
    export.mkdir()
    rows = (f"{n},P{n},2025-{1 + n % 12:02d}-03,{n * 7 % 100}.5\n" for n in range(1, 101))
    (export / "customers.csv").write_text("customer_id,name,signed_up,score\n" + "".join(rows))
    rows = (f"{n},{1 + n % 100},2026-01-{1 + n % 28:02d} 10:00:00,{n}.25\n" for n in range(300))
    (export / "orders.csv").write_text("order_id,customer_id,ordered_at,amount\n" + "".join(rows))
    product = harness.product(root, {"content": "empty"})
    product.dataops("start", "--from", str(export))
    return product.root


def example(root: Path) -> Path:
    return harness.render(root, {"content": "example"})


PRODUCTS = pytest.mark.parametrize("product", [example, drafted])


def assert_moves(
    root: Path,
    to: str,
    environment: Mapping[str, str],
    explained: Mapping[str, set[tuple[str, str]]] | None = None,
) -> None:
    document = move(root, to, environment, 0)
    found = {model["name"]: causes(model) for model in document["models"] if model["differences"]}
    assert found == (explained or {})
    assert not document["test_differences"]
    assert document["equal_tests"] > 10


def add_target(root: Path, profile: str) -> None:
    """The emulator is no account: the team has a target of its own."""
    (target,) = yaml.safe_load(profile)["shop"]["outputs"].values()
    profiles = root / "profiles.yml"
    content = yaml.safe_load(profiles.read_text())
    content["dataops"]["outputs"][target["type"]] = target
    profiles.write_text(yaml.safe_dump(content))


@pytest.mark.slow
@pytest.mark.thorough  # the planted product is tried in each run
def test_the_example_moves_to_postgresql(tmp_path: Path, server: postgres.Server) -> None:
    assert_moves(example(tmp_path / "shop"), "postgres", server.environment())


@pytest.mark.slow
@pytest.mark.engines
@snowflake_emulator.needs_emulator
@PRODUCTS
def test_a_product_moves_to_snowflake(tmp_path: Path, product: Any) -> None:
    root = product(tmp_path / "shop")
    add_target(root, snowflake_emulator.PROFILE)
    with snowflake_emulator.server() as environment:
        assert_moves(root, "snowflake", environment)
        listed = snowflake_emulator.ask(environment, "show databases")
    assert [row[1] for row in listed] == ["SHOP"], "nothing is left"


@pytest.mark.slow
@pytest.mark.engines
@bigquery_emulator.needs_emulator
@PRODUCTS
def test_a_product_moves_to_bigquery(tmp_path: Path, product: Any) -> None:
    root = product(tmp_path / "shop")
    add_target(root, bigquery_emulator.PROFILE)
    with bigquery_emulator.server() as environment:
        # dbt hashes the text of a time, which has a time zone there.
        snapshot = {"customers_history": {("values", "hashes of texts")}}
        assert_moves(root, "bigquery", environment, snapshot if product is example else None)
        with bigquery_emulator.session(environment) as cursor:
            assert not cursor.datasets(""), "nothing is left"


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with spark_server.server(tmp_path_factory.mktemp("spark")) as environment:
        yield {**environment, "SPARK_HOST": "127.0.0.1"}


@pytest.mark.slow
@pytest.mark.engines  # a server is up after a minute
@PRODUCTS
def test_a_product_moves_to_spark(tmp_path: Path, product: Any, spark: dict[str, str]) -> None:
    assert_moves(product(tmp_path / "shop"), "spark", spark)
    schemas = {row[0] for row in spark_server.ask(spark, "show schemas")}
    assert not {name for name in schemas if "_verify" in name}, "nothing is left"
