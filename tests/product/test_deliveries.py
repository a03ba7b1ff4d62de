"""More files of a product's own tables: what they change, and what they must not touch."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import duckdb
import pytest
from conftest import MakeProduct

import harness
import landing_files as make


def month(number: int, rows: int = 60) -> str:
    """The sales of one month: other rows than those of every other month."""
    days = [f"2026-{number:02d}-{row % 28 + 1:02d}" for row in range(rows)]
    lines = [
        f"{number * 1000 + row},{row % 12 + 1},{day},{row}.{row % 90 + 10}"
        for row, day in enumerate(days)
    ]
    return "\n".join(["sale_id,shop_id,sold_on,amount", *lines]) + "\n"


def three_tables(into: Path) -> Path:
    shops = "".join(f"{n},Shop {n},town {n % 3}\n" for n in range(1, 13))
    staff = "".join(f"{n},{n % 12 + 1},2020-01-{n % 28 + 1:02d}\n" for n in range(1, 41))
    make.put(
        into,
        {
            "sales_2026-01.csv": month(1),
            "shops.csv": "shop_id,shop_name,town\n" + shops,
            "staff.csv": "staff_id,shop_id,hired_on\n" + staff,
        },
    )
    return into


def changed(product: harness.Product) -> list[str]:
    return product.git("status", "--porcelain", "--untracked-files=all").splitlines()


@pytest.mark.slow
def test_more_files_of_known_tables_change_nothing_else(
    make_product: MakeProduct, tmp_path: Path
) -> None:
    product = make_product({"content": "empty"})
    product.dataops("add", str(three_tables(tmp_path / "first")))
    product.commit()
    make.put(tmp_path / "later", {"sales_2026-02.csv": month(2, rows=300)})
    added = product.dataops("add", str(tmp_path / "later"))
    assert "sales: 1 new file in raw (sales_2026-02.csv)" in added.stdout
    assert (product.root / "raw/sales/sales_2026-02.csv").is_file()
    assert changed(product) == []

    # A new table brings its own files and its own sample; tables without a reference stay.
    make.put(tmp_path / "new", {"towns.csv": "town_code,people\n" + "".join(
        f"T{n},{n * 10007}\n" for n in range(1, 30)
    )})  # fmt: skip
    product.dataops("add", str(tmp_path / "new"))
    assert sorted(line[3:] for line in changed(product)) == [
        "models/staging/raw_towns.yml",
        "models/staging/stg_towns.sql",
        "models/staging/stg_towns.yml",
        "sample/towns/towns.csv",
    ]


def takings(wrong: bool = False) -> str:
    """A month without a key, all of it in one file."""
    days = [
        f"2024-01-{day:02d},north,{9000 if wrong and day == 7 else day}.50" for day in range(1, 32)
    ]
    return "\n".join(["day,region,amount", *days]) + "\n"


def total(product: harness.Product) -> float:
    """What readers see of the takings in the current release."""
    with duckdb.connect(str(product.root / "store/current/warehouse.duckdb"), True) as release:
        (row,) = release.sql("select sum(amount) from staging.stg_takings").fetchall()
        return float(row[0])


@pytest.mark.slow
def test_a_corrected_file_replaces_the_wrong_one(make_product: MakeProduct, tmp_path: Path) -> None:
    product = make_product({"content": "empty"})
    make.put(tmp_path / "first", {"takings_2024-01.csv": takings(wrong=True)})
    product.dataops("add", str(tmp_path / "first"))
    product.commit()
    raw = product.root / "raw/takings"
    wrong = (raw / "takings_2024-01.csv").read_bytes()

    # The correction is refused with the command that brings it in, and that command works.
    corrected = make.put(tmp_path / "later", {"takings_2024-01.csv": takings()})
    refused = product.dataops("add", str(corrected / "takings_2024-01.csv"), code=2)
    command = re.search(r"fix: +uv run dataops (set-aside .*?);", refused.stderr.replace("\n", " "))
    assert command, refused.stderr
    arguments = shlex.split(command[1].replace("…", "one day was wrong"))
    done = product.dataops(*arguments)
    assert "one day was wrong" in done.stdout
    assert (raw / "takings_2024-01.csv").read_bytes() == wrong
    assert (raw / "takings_2024-01_2.csv").read_text("utf-8") == takings()
    assert sorted(line[3:] for line in changed(product)) == [
        "dbt_project.yml",
        "models/staging/raw_takings.yml",
        "sample/takings/takings.csv",
    ]
    assert "9000" not in (product.root / "sample/takings/takings.csv").read_text("utf-8")
    product.commit()
    assert "check passed" in product.dataops("check").stdout

    product.dataops("release")
    assert total(product) == sum(range(1, 32)) + 31 * 0.5
    entry = "replaced by takings/takings_2024-01_2.csv): one day was wrong"
    status = product.dataops("status", code=1)  # its data is of 2024
    assert entry in " ".join(status.stdout.split())
    (record,) = (product.root / "store/history").rglob("*.json")
    raw_state = json.loads(record.read_text("utf-8"))["raw"]
    assert raw_state["files"] == 1
    assert entry in raw_state["set_aside"][0]
    product.dbt("build", "--target", "prod")

    # It stays out, whoever delivers it again.
    again = product.dataops("add", str(tmp_path / "first"))
    assert "which is set aside, and is not read" in " ".join(again.stdout.split())
    assert changed(product) == []

    # Without its entry it is read again; an entry for no file fails in words.
    project = product.root / "dbt_project.yml"
    listed = project.read_text("utf-8")
    project.write_text(listed.replace("takings_2024-01.csv:", "takings_2023-12.csv:"), "utf-8")
    missing = product.dataops("release", "--allow-dirty", code=2)
    assert "takings/takings_2023-12.csv is not in raw" in missing.stdout + missing.stderr
    project.write_text(listed.partition("\nvars:")[0] + "\n", encoding="utf-8")
    product.dataops("release", "--allow-dirty")
    assert total(product) == 2 * (sum(range(1, 32)) + 31 * 0.5) - 7 + 9000


def customers(count: int, changed: int = 0, deleted: int = 0, day: int = 1) -> str:
    """A full export: all customers there are, each on one line."""
    towns = {n: "moved" if n == changed else f"town {n % 5}" for n in range(1, count + 1)}
    towns.pop(deleted, None)
    tiers = ("gold", "blue", "red")
    lines = [f"{n},{town},{tiers[n % 3]},2026-03-0{day}" for n, town in towns.items()]
    return "\n".join(["customer_id,town,tier,exported_on", *lines]) + "\n"


@pytest.mark.slow
def test_a_full_export_that_comes_later_is_proposed(
    make_product: MakeProduct, tmp_path: Path
) -> None:
    product = make_product({"content": "empty"})
    make.put(tmp_path / "first", {"customers_2026-03-01.csv": customers(60)})
    product.dataops("add", str(tmp_path / "first"))
    product.commit()
    second = customers(65, changed=3, deleted=5, day=2)
    make.put(tmp_path / "later", {"customers_2026-03-02.csv": second})
    added = product.dataops("add", str(tmp_path / "later"))
    assert "every file is a full export" in " ".join(added.stdout.split())
    assert all(line.endswith(".draft") for line in changed(product))

    # The team takes the change: readers see each customer once, as the newest file has it.
    for draft in sorted((product.root / "models").rglob("*.draft")):
        draft.rename(draft.with_suffix(""))
    product.dataops("sample")
    assert sorted(path.name for path in (product.root / "sample/customers").iterdir()) == [
        "customers_2026-03-01.csv",
        "customers_2026-03-02.csv",
    ]
    product.commit()
    product.dataops("release")
    with duckdb.connect(str(product.root / "store/current/warehouse.duckdb"), True) as release:
        rows = release.sql(
            "select customer_id, town from staging.stg_customers order by customer_id"
        ).fetchall()
    assert [row[0] for row in rows] == list(range(1, 66))
    assert rows[2] == (3, "moved")

    # The next export is an ordinary delivery.
    make.put(tmp_path / "third", {"customers_2026-03-03.csv": customers(66, day=3)})
    assert "1 new file in raw" in product.dataops("add", str(tmp_path / "third")).stdout
    assert changed(product) == []


@pytest.mark.slow
def test_two_systems_have_a_table_of_one_name(make_product: MakeProduct, tmp_path: Path) -> None:
    def people(ids: range) -> str:
        return "id,name,town,created_on\n" + "".join(
            f"{n},Person {n},town {n % 3},2026-01-{n % 28 + 1:02d}\n" for n in ids
        )

    make.put(tmp_path / "crm", {"customers.csv": people(range(1, 61))})
    make.put(tmp_path / "shop", {"customers.csv": people(range(1, 31)), "sales.csv": month(1)})
    make.put(tmp_path / "later", {"customers_2026-02.csv": people(range(61, 71))})
    product = make_product({"content": "empty"})
    systems = [f"{name}={tmp_path / name}" for name in ("crm", "shop")]
    started = product.dataops("start", "--from", systems[0], "--from", systems[1], "--yes")
    assert "check passed" in started.stdout
    for system in ("crm", "shop"):
        assert (product.root / f"models/staging/{system}/stg_{system}__customers.sql").is_file()

    added = product.dataops("add", f"crm={tmp_path / 'later'}")
    assert "crm__customers: 1 new file in raw" in added.stdout
    assert changed(product) == []
    released = product.dataops("release")
    assert "crm__customers customers_2026-02.csv with 10 rows" in " ".join(released.stdout.split())
    with duckdb.connect(str(product.root / "store/current/warehouse.duckdb"), True) as release:
        for system, rows in (("crm", 70), ("shop", 30)):
            query = f"select count(*) from staging.stg_{system}__customers"
            assert release.sql(query).fetchall() == [(rows,)]
