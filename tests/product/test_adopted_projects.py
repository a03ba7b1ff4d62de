"""Projects of other shapes go through docs/guides/adopt.md: green checks, and real releases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import harness
import postgres
from adopted_projects import SEEDS, TABLES, adopted, on_snowflake, with_accepted_warnings

pytestmark = pytest.mark.slow


def verdicts(product: harness.Product, code: int = 0) -> dict[str, str]:
    """How each step of the check ends."""
    product.dataops("check", code=code)
    report = json.loads((product.root / "target/check/report.json").read_text(encoding="utf-8"))
    return {step["name"]: step["verdict"] for step in report["steps"]}


def metric(product: harness.Product, name: str) -> Any:
    """A metric of the current release, as its record has it."""
    (record,) = (product.root / "store/history/runs").glob("*.json")
    return {m["name"]: m for m in json.loads(record.read_text("utf-8"))["metrics"]}[name]


def test_seeds_a_package_and_metrics_on_duckdb(tmp_path: Path) -> None:
    product = adopted(tmp_path / "theirs", SEEDS, "without-raw = true")
    printed = product.dataops("baseline").stdout
    assert "sql/TMP" not in printed  # the style that they kept knows macros of packages
    assert "sql/CP01" in printed
    assert "MissingArgumentsPropertyInGenericTestDeprecation = " in printed
    with_accepted_warnings(product, printed)
    product.commit("adopt")
    steps = verdicts(product)
    assert steps["dbt build on the sample"] == steps["project rules"] == "passed"
    published = json.loads(product.dataops("release", "--json").stdout)
    assert (published["outcome"], published["kind"]) == ("published", "release")
    # February, the last whole month, against January.
    assert metric(product, "growth")["value"] == pytest.approx(4.0)


def test_the_warehouse_s_own_tables_on_postgres(tmp_path: Path) -> None:
    with postgres.server() as server:
        server.ask("create database theirs")
        table = "create table orders (id int, amount numeric(9, 2), updated_at timestamp)"
        rows = "insert into orders select i, i / 2.0, timestamp '2026-01-01' from"
        for statement in (table, f"{rows} generate_series(1, 100) as i"):
            server.ask(statement, database="theirs")
        product = adopted(tmp_path / "theirs", TABLES, "without-raw = true", warehouse="postgres")
        product.environment |= server.environment(database="theirs")

        def schemas() -> set[str]:
            query = "select nspname::text from pg_namespace where nspname !~ '^(pg_|information)'"
            return {name for (name,) in server.ask(query, database="theirs")}

        def count(relation: str) -> int:
            return int(server.ask(f"select count(*) from {relation}", database="theirs")[0][0])

        # Nothing is built among the tables of others: not in a check, and not in a release.
        stopped = product.dataops("baseline", code=2).stderr
        assert "orders_snapshot in history (snapshots/orders.sql)" in stopped
        product.commit("as it was")
        rejected = product.dataops("release", code=1).stdout
        assert "In snapshots use the setting schema, not target_schema." in rejected
        assert not {"history", "marts"} & schemas()

        snapshot = product.root / "snapshots" / "orders.sql"
        snapshot.write_text(snapshot.read_text("utf-8").replace("target_schema", "schema"), "utf-8")
        product.dataops("baseline")
        product.commit("adopt")
        product.dataops("release")
        assert (count("marts.fct_orders"), count("history.orders_snapshot")) == (100, 100)
        new = "insert into orders values (101, 1, '2026-02-01')"
        for statement in (new, "update orders set amount = 0, updated_at = now() where id = 1"):
            server.ask(statement, database="theirs")
        product.dataops("release")
        assert (count("marts.fct_orders"), count("history.orders_snapshot")) == (101, 102)
        product.dataops("rollback")
        assert (count("marts.fct_orders"), count("history.orders_snapshot")) == (100, 100)
        assert count("public.orders") == 101


@pytest.mark.parametrize("models", [6, pytest.param(300, marks=pytest.mark.gauntlet)])
def test_models_on_snowflake_without_a_connection(tmp_path: Path, models: int) -> None:
    settings = "without-raw = true\ncheck-build = false"
    product = adopted(tmp_path / "theirs", on_snowflake(models), settings)
    style = product.root / ".sqlfluff"
    style.write_text(style.read_text("utf-8").replace("dialect = duckdb", "dialect = snowflake"))
    product.dataops("own", ".sqlfluff", "--because", "our SQL is Snowflake's")
    printed = product.dataops("baseline").stdout
    assert "sql/TMP" not in printed
    assert "sql/PRS" not in printed
    assert f"{2 * models:,} sql/CP01 ({models} files)" in " ".join(printed.split())
    with_accepted_warnings(product, printed)
    product.commit("adopt")
    steps = verdicts(product)
    assert steps["dbt build on the sample"] == "skipped"
    assert steps["project rules"] == "passed"

    # What a change adds is judged.
    new = product.root / "models" / "marts" / "new.sql"
    new.parent.mkdir()
    new.write_text("SELECT 1 AS a\n", encoding="utf-8")
    steps = verdicts(product, code=1)
    assert {name for name, verdict in steps.items() if verdict == "failed"} == {
        *("project rules", "style of new files")
    }
