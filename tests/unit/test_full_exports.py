"""Which tables are full exports, and which of their files is the newest."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import landing_files as make
from first_light.inference.full_exports import newest_first, recognised
from first_light.ingest import land
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
