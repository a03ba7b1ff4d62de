"""`dataops mutate` on the example: what its tests stop, and drafted tests that dbt itself runs."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from conftest import MakeProduct

from harness import Product

MODEL = "models/marts/customers.sql"


def measured(product: Product, *arguments: str, code: int = 0) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        product.dataops("mutate", *arguments, "--json", code=code).stdout
    )
    return document


@pytest.mark.slow
@pytest.mark.gauntlet
def test_a_drafted_unit_test_stops_what_got_through(make_product: MakeProduct) -> None:
    product = make_product()
    before = product.git("status", "--porcelain")
    first = measured(product, "customers", "int_order_amounts", "--draft")
    assert product.git("status", "--porcelain") == before  # no file of the product has changed
    assert first["failing_tests"] == []
    by_model = {"customers": 0, "int_order_amounts": 0}
    for result in first["results"]:
        by_model[result["model"]] += result["outcome"] == "stopped"
    assert by_model["int_order_amounts"] >= 20  # its unit test holds it
    declared = [r for r in first["results"] if r["outcome"] == "declaration"]
    totals = next(
        r for r in declared if r["before"] == "SUM(total_amount)" and r["operator"] == "aggregate"
    )
    assert {stop["kind"] for stop in totals["stopped_by"]} == {"declaration"}
    source = (product.root / MODEL).read_text(encoding="utf-8").splitlines()
    assert "sum(total_amount)" in source[totals["line"] - 1]

    # Its draft, as a team adds it, passes in dbt; and fails there once the change is made.
    path = product.root / MODEL.replace(".sql", ".yml")
    drafted = yaml.safe_load("unit_tests:\n" + totals["drafted_unit_test"])["unit_tests"]
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["unit_tests"] = drafted
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    product.dbt("build")
    second = measured(product, "customers")
    now = next(r for r in second["results"] if r["after"] == totals["after"])
    assert {"kind": "unit test", "name": drafted[0]["name"]} in now["stopped_by"]
    changed = "\n".join(source).replace("sum(total_amount)", "max(total_amount)")
    (product.root / MODEL).write_text(changed + "\n", encoding="utf-8")
    failed = product.dbt("test", "--select", drafted[0]["name"], code=1)
    assert drafted[0]["name"] in failed.stdout


@pytest.mark.slow
def test_what_nothing_stops_is_named_and_ends_with_one(make_product: MakeProduct) -> None:
    product = make_product()
    # A model that nobody may build on, with no test: nothing holds what it says.
    (product.root / "models" / "marts" / "web_totals.sql").write_text(
        "select order_date, sum(net_amount) as net_amount\nfrom {{ ref('orders') }}\n"
        "where channel = 'web'\ngroup by 1\n"
    )
    shown = product.dataops("mutate", "web_totals", code=1).stdout
    assert "nothing stops: models/marts/web_totals.sql:3 filter dropped" in " ".join(shown.split())
    drafts = product.root / "target" / "mutate" / "unit_tests.yml"
    assert {test["model"] for test in yaml.safe_load(drafts.read_text())["unit_tests"]} == {
        "web_totals"
    }
