"""A release that rejects values which a type cannot hold, and the command that it prints."""

from __future__ import annotations

import shlex
from pathlib import Path

import duckdb
import pytest
from conftest import MakeProduct


def orders(first: int, rows: int, fraction: str) -> str:
    lines = ["order_id,customer,qty,total,created"]
    for n in range(rows):
        part = fraction if n == 1 else ""
        day = f"2024-0{1 + first // 1000}-{1 + n % 28:02d}"
        lines.append(f"{first + n},c{n % 9},{1 + n % 5}{part},{1 + 3 * n}{part},{day}")
    return "\n".join(lines) + "\n"


@pytest.mark.slow
def test_the_printed_command_leads_to_a_release_of_the_true_values(
    make_product: MakeProduct, tmp_path: Path
) -> None:
    export = tmp_path / "export"
    export.mkdir()
    (export / "orders_2024-01.csv").write_text(orders(0, 120, ""), encoding="utf-8")
    product = make_product({"content": "empty"})
    product.dataops("start", "--from", str(export))
    later = product.root / "raw" / "orders" / "orders_2024-02.csv"
    later.write_text(orders(1000, 40, ".25"), encoding="utf-8")

    rejected = product.dataops("release", code=1).stdout
    assert "column qty: 1 value that its type cannot hold in orders_2024-02.csv, such as 2.25" in (
        rejected
    )
    next_steps = rejected[rejected.index("next   ") :].removeprefix("next").strip().splitlines()
    assert next_steps[0] == (
        'uv run dataops retype "raw.orders.qty=decimal(18,2)" "raw.orders.total=decimal(18,2)"'
    )
    changed = product.run(*shlex.split(next_steps[0])).stdout
    assert "contracts: orders.qty, orders.total" in changed
    assert product.git("diff", "--name-only").splitlines() == [
        "models/marts/orders.yml",
        "models/staging/raw_orders.yml",
        "models/staging/stg_orders.sql",
    ]
    # Nothing is broken for readers: the change has to be declared, no more.
    product.git("switch", "-q", "-c", "wider")
    product.git(
        "commit",
        "-q",
        "--no-verify",
        "-a",
        "-m",
        "Widen",
        "-m",
        "Data-Change: orders -- parts are sold",
    )
    assert "check passed" in product.dataops("check").stdout
    product.git("switch", "-q", "main")
    product.git("merge", "-q", "wider")
    product.dataops("release")
    with duckdb.connect(
        str(product.root / "store" / "current" / "warehouse.duckdb"), read_only=True
    ) as db:
        sums = db.execute("select sum(qty), sum(total) from marts.orders").fetchall()
    assert [[float(value) for value in row] for row in sums] == [[480.25, 23920.25]]

    again = product.run(*shlex.split(next_steps[0])).stdout
    assert "Nothing to change" in again
    model = product.root / "models" / "staging" / "stg_orders.sql"
    text = model.read_text("utf-8")
    edited = text.replace("cast(qty as decimal(18, 2)) as qty", "round(qty) as qty")
    model.write_text(edited, encoding="utf-8")
    refused = product.dataops("retype", "raw.orders.qty=decimal(18,3)", code=2).stderr
    line = 1 + edited.splitlines().index("        round(qty) as qty,")
    assert f"stg_orders.sql, line {line}: round(qty) as qty," in refused
    assert model.read_text("utf-8") == edited
