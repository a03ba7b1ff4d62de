"""Which tables are full exports, and which of their files is the newest."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import landing_files as make
from first_light.inference import draft_tables
from first_light.inference.full_exports import newest_first, recognised
from first_light.ingest import land
from first_light.privacy.detect import classify
from first_light.project.source_table import SourceTable

BY_LENGTH = ("length(filename)", "filename")


def customers(count: int, moved: int = 0, day: str = "") -> str:
    towns = {n: "moved" if n == moved else f"town {n % 4}" for n in range(1, count + 1)}
    return "\n".join(["customer_id,town,day", *(f"{n},{t},{day}" for n, t in towns.items())]) + "\n"


def delivered(files: dict[str, str], inbox: Path, raw: Path) -> SourceTable:
    make.put(inbox, files)
    (table,) = land(inbox, raw)
    database = duckdb.connect()
    return recognised(table, raw, lambda query: database.execute(query).fetchall())


@pytest.mark.parametrize(
    "names",
    [
        ("customers_2026-03-09.csv", "customers_2026-03-10.csv"),
        ("customers_09.03.2026.csv", "customers_02.04.2026.csv"),
        ("customers_9.csv", "customers_10.csv"),
    ],
)
def test_the_newest_row_of_each_key_counts(names: tuple[str, str], inbox: Path, raw: Path) -> None:
    first, second = names
    files = {first: customers(40, day="1"), second: customers(45, moved=3, day="2")}
    table = delivered(files, inbox, raw)
    assert table.export is not None
    assert table.export.key == ("customer_id",)
    read = f"from {table.relation(raw)} order by cast(customer_id as integer)"
    rows = duckdb.sql(read).fetchall()
    assert len(rows) == 45
    assert rows[2] == ("3", "moved", "2")


def test_two_columns_may_be_the_key(inbox: Path, raw: Path) -> None:
    def lines(count: int) -> str:
        body = "".join(f"{n // 3},{n % 3},s{n % 7},{n % 5}\n" for n in range(count))
        return f"order_id,line,sku,qty\n{body}"

    table = delivered({"l_2026-01-01.csv": lines(60), "l_2026-01-02.csv": lines(90)}, inbox, raw)
    assert table.export is not None
    assert table.export.key == ("order_id", "line")


def test_what_is_appended_stays_as_it_is(inbox: Path, raw: Path) -> None:
    def month(number: int) -> str:
        rows = "".join(f"{number * 100 + n},{n}.5\n" for n in range(30))
        return f"order_id,amount\n{rows}"

    table = delivered({"o_2026-01.csv": month(1), "o_2026-02.csv": month(2)}, inbox, raw)
    assert table.export is None
    assert "filename" not in table.read


def test_a_report_by_region_is_no_export(inbox: Path, raw: Path) -> None:
    """The regions come again every month, with other amounts: rows of their own."""

    def month(number: int) -> str:
        return "region,amount\n" + "".join(f"r{n},{n * number}.5\n" for n in range(20))

    table = delivered({"s_2026-01.csv": month(3), "s_2026-02.csv": month(7)}, inbox, raw)
    assert table.export is None


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (("a_2026-01-01.csv", "a_2026-01-02.csv"), ("filename",)),
        (("a_20260101.json", "a_20260102.json"), ("filename",)),
        (("2026-01 a.csv", "2026-02 a.csv"), ("filename",)),
        (("a_1.csv", "a_2.csv", "a_10.csv"), BY_LENGTH),
        (("a.csv", "a_2.csv"), BY_LENGTH),
        (("a_2026-01-01.csv", "a_2026-02.csv"), ()),
        (("a_2026-01-01.csv", "b_2026-01-02.csv"), ()),
        (("a_2026-01-01.csv", "a.csv"), ()),
        (("a_north.csv", "a_south.csv"), ()),
    ],
)
def test_which_file_is_newer(names: tuple[str, ...], order: tuple[str, ...]) -> None:
    assert newest_first(names) == order


PRODUCTS = "product_id,product_name,category,list_price\n" + "".join(
    f"{n},Article {n},{('food', 'drinks')[n % 2]},{n}.50\n" for n in range(1, 31)
)
TARGETS = "store_id,city,country,target\n" + "".join(
    f"{n},City {n},{('DE', 'FR')[n % 2]},{n}00\n" for n in range(1, 31)
)
VISITS = "visit_id,page,browser,seen_at\n" + "".join(
    f"{n},page {n % 7},browser {n % 3},2026-01-{n:02} 08:10:00\n" for n in range(1, 31)
)


def day_of_sales(day: int) -> str:
    rows = (f"{day * 100 + n},{n % 30 + 1},{n}.25\n" for n in range(20))
    return "sale_id,product_id,amount\n" + "".join(rows)


@pytest.mark.parametrize(
    ("name", "text", "days", "is_whole"),
    [
        ("products", PRODUCTS, 3, True),
        ("products", PRODUCTS, 2, False),  # nothing comes again and again yet
        ("targets", TARGETS, 3, False),  # the next file is about another month
        ("visits", VISITS, 3, False),  # a row that was made once
    ],
)
def test_a_table_that_came_once_comes_whole_when_it_changes(
    name: str, text: str, days: int, is_whole: bool, inbox: Path, raw: Path
) -> None:
    files = {f"sales/sales_2026-01-0{day}.csv": day_of_sales(day) for day in range(1, days + 1)}
    make.put(inbox, {f"{name}/{name}_2026-01-01.csv": text, **files})
    drafts = draft_tables(land(inbox, raw), (), raw, "team", classify)
    model = drafts.files[f"models/staging/stg_{name}.sql"]
    assert ("delivery_rank" in model) is is_whole
    asked = "came once" in "".join(drafts.files.values())
    assert asked is is_whole
