"""The example, released on emulators of Snowflake and BigQuery, and on Spark itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import bigquery_emulator
import other_warehouses
import snowflake_emulator
from first_light.history.record import REAL
from visits_product import run

NOW = {"DATAOPS_NOW": "2026-04-01T06:00:00Z"}
"""The morning after the last day of the sample."""


@pytest.mark.slow
@pytest.mark.engines
@pytest.mark.parametrize(
    "warehouse",
    [
        pytest.param("snowflake", marks=snowflake_emulator.needs_emulator),
        pytest.param("bigquery", marks=bigquery_emulator.needs_emulator),
        "spark",
    ],
)
def test_a_day_of_new_rows_is_released_and_rolled_back(tmp_path: Path, warehouse: str) -> None:
    root = other_warehouses.example(tmp_path / "shop", warehouse)
    with other_warehouses.PLACES[warehouse](tmp_path) as place:
        environment = {**place.variables, **NOW}

        def release() -> dict[str, Any]:
            document: dict[str, Any] = json.loads(run(root, environment, ["release", "--json"]))
            assert (document["outcome"], document["kind"]) == ("published", REAL), document
            return document

        def published() -> list[tuple[Any, ...]]:
            """What readers see: orders, those of the newest day, and days by the increment."""
            query = "(select count(*) from {0}.orders), (select max(order_date) from {0}.orders), "
            query += "(select sum(order_count) from {0}.orders_daily)"
            return place.ask(f"select {query.format(place.marts)}")

        place.load(root, before="2026-03-31")
        first = release()
        before = published()
        place.load(root, before="2026-04-01")
        last = release()
        assert published() > before
        assert last["moved_metrics"]
        ((orders, _, in_days),) = published()
        assert orders == in_days, "the increment is complete"
        # Every metric is computed there, every relation is profiled, tables of raw among them.
        assert [metric["problem"] for metric in last["metrics"]] == [""] * 6
        folder = root / "store/releases" / last["run"]
        record = json.loads((folder / "release.json").read_text())
        profiled = {profile["unique_id"] for profile in record["profile"]}
        assert {"model.shop.orders", "source.shop.raw.orders"} <= profiled
        steps = {step["name"]: step["verdict"] for step in first["steps"]}  # of a new commit
        assert steps["personal values in files"] == "passed"
        boards = {page.name for page in folder.glob("boards/*.html")}
        assert {"returns.html", "weekly_revenue.html"} <= boards
        run(root, environment, ["rollback"])
        assert published() == before
    # The site is written from the store: the connection is not set, and the server has stopped.
    run(root, {}, ["report", "--to", "target/site"])
    assert "The warehouse could not be queried." in (root / "target/site/index.html").read_text()
