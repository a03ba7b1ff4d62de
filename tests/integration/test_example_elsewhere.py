"""The example, released on Spark and on emulators of Snowflake and BigQuery, day after day."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import other_warehouses
import snowflake_emulator
from first_light.history.record import REAL
from visits_product import run

NOW = {"DATAOPS_NOW": "2026-04-01T06:00:00Z"}
"""The morning after the last day of the sample."""


@pytest.mark.slow
@pytest.mark.gauntlet
@snowflake_emulator.needs_emulator
@pytest.mark.parametrize("warehouse", ["snowflake", "bigquery", "spark"])
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
        release()
        before = published()
        place.load(root, before="2026-04-01")
        second = release()
        after = published()
        ((orders, _, in_days),) = after
        assert orders == in_days, "the increment is complete"
        assert after > before
        # Every metric and every profile is computed by the warehouse.
        assert [metric["problem"] for metric in second["metrics"]] == [""] * 6
        assert second["moved_metrics"]
        assert not second["warnings"]
        record = json.loads((root / "store/releases" / second["run"] / "release.json").read_text())
        models = {p["unique_id"] for p in record["profile"] if p["columns"]}
        assert "model.shop.orders" in models
        pages = root / "store/releases" / second["run"] / "boards"
        assert {page.name for page in pages.glob("*.html")} >= {
            "returns.html",
            "weekly_revenue.html",
        }

        run(root, environment, ["rollback"])
        assert published() == before
    # The site is written from the store alone.
    run(root, {}, ["report", "--to", "target/site"])
    assert (root / "target/site/index.html").is_file()
