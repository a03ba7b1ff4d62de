"""Deliveries of a product on PostgreSQL: full exports, and a file that is set aside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import harness
import landing_files as make
import postgres

ROLE, DATABASE = "deliveries_writer", "deliveries"


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.server() as result:
        result.ask(f"create role {ROLE} login")
        result.ask(f"create database {DATABASE} owner {ROLE}")
        yield result


def customers(count: int, moved: int = 0) -> str:
    towns = {n: "moved" if n == moved else f"town {n % 4}" for n in range(1, count + 1)}
    return "\n".join(["customer_id,town", *(f"{n},{town}" for n, town in towns.items())]) + "\n"


def takings(amount: int) -> str:
    days = [f"2024-01-{day:02d},north,{amount if day == 7 else day}.50" for day in range(1, 32)]
    return "\n".join(["day,region,amount", *days]) + "\n"


@pytest.mark.slow
def test_deliveries_on_postgres(server: postgres.Server, tmp_path: Path) -> None:
    answers = {"warehouse": "postgres", "product_name": DATABASE, "content": "empty"}
    product = harness.product(tmp_path / "deliveries", answers)
    product.environment |= {**server.environment(ROLE, DATABASE), "USER": "ada"}
    files = {
        "customers_2026-03-09.csv": customers(40),
        "customers_2026-03-10.csv": customers(45, moved=3),
        "takings_2024-01.csv": takings(9000),
    }
    added = product.dataops("add", str(make.put(tmp_path / "files", files)))
    assert "every file is a full export" in " ".join(added.stdout.split())
    product.dbt("build")
    rows = server.ask(
        "select customer_id, town from dev_ada_staging.stg_customers order by customer_id",
        ROLE,
        DATABASE,
    )
    assert [row[0] for row in rows] == list(range(1, 46))
    assert rows[2] == (3, "moved")

    # A value that its type does not hold is named with the file that the loader keeps.
    compiled = (product.root / "target/compiled").rglob("customers_converts_exactly*.sql")
    query = next(compiled).read_text("utf-8")
    assert server.ask(query, ROLE, DATABASE) == []
    wrong = "update dev_ada_sample.customers set customer_id = '01067' where customer_id = '44'"
    server.ask(wrong, ROLE, DATABASE)
    (row,) = server.ask(query, ROLE, DATABASE)
    assert row[:4] == ("customer_id", "customers_2026-03-10.csv", 1, "01067")

    # Without the wrong file: the sample, and what dbt by hand reads.
    corrected = make.put(tmp_path / "later", {"takings_2024-01.csv": takings(7)})
    done = product.dataops(
        *("set-aside", "takings/takings_2024-01.csv", "--because", "a wrong day"),
        *("--replace-with", str(corrected / "takings_2024-01.csv")),
    )
    assert "leave them out in stg_takings" in " ".join(done.stdout.split())
    product.dbt("build")
    query = "select count(*), max(amount) from dev_ada_staging.stg_takings"
    assert [(n, float(most)) for n, most in server.ask(query, ROLE, DATABASE)] == [(31, 31.5)]
