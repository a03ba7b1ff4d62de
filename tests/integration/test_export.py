"""`dataops export`: no value changes on the way into a file, or it is said or refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl  # type: ignore[import-untyped]
import pytest

import postgres
import published
from first_light.export import columns
from first_light.export.result import Export
from first_light.export.write import LISTING, export
from first_light.project.product import Product
from first_light.utils.errors import DataopsError

NO_LONGER_EXACT = 9007199254740993  # the first integer that a double does not hold
# In SQL that both warehouses understand.
AWKWARD: Mapping[str, str] = {
    "plain": "cast(12.30 as decimal(10, 2))",
    "long_decimal": "cast(1234567890123456.78 as decimal(18, 2))",
    "big": f"cast({NO_LONGER_EXACT} as bigint)",
    "small": "cast(-7 as bigint)",
    "day": "date '2026-02-03'",
    "old_day": "date '1899-12-31'",
    "moment": "timestamp '2026-02-03 04:05:06.789'",
    "fine_moment": "timestamp '2026-02-03 04:05:06.789123'",
    "zoned": "timestamp with time zone '2026-02-03 04:05:06+02'",
    "zoned_time": "cast('04:05:06+02' as time with time zone)",
    "yes": "true",
    "long_double": "cast(0.1 as double precision) + cast(0.2 as double precision)",
    "half": "cast(0.5 as double precision)",
    "formula": "cast('=1+1' as varchar)",
    "at": "cast('@SUM(A1)' as varchar)",
    "digits": "cast('007' as varchar)",
    "escape": "cast('_x0041_' as varchar)",
    "lines": "cast('a,\"b\"' as varchar)",
    "empty": "cast('' as varchar)",
    "nothing": "cast(null as varchar)",
    "email": "cast('ada@example.com' as varchar)",
}
ORDERS = "select " + ", ".join(f"{sql} as {name}" for name, sql in AWKWARD.items())
KEPT = tuple(name for name in AWKWARD if name != "email")


def quiet(line: str) -> None:
    """Show no progress."""


def orders(shop: Product, kind: str) -> Product:
    published.publish(
        shop,
        kind,
        {"orders": ORDERS, "internal": "select 1 as id"},
        {"orders": ["email"]},
        private=["internal"],
    )
    return shop


@pytest.fixture(params=["duckdb", "postgres"])
def shop(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Product]:
    """A product with a release of awkward values."""
    made = published.product(tmp_path / "shop", request.param)
    if request.param == "duckdb":
        yield orders(made, "duckdb")
        return
    with postgres.server() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield orders(made, "postgres")


def exported(shop: Product, form: str) -> tuple[Path, Export]:
    to = shop.root / "out"
    result = export(shop, form, to, (), quiet)
    assert [file.file for file in result.files] == [f"orders.{form}"], "internal is not public"
    assert sorted(path.name for path in to.iterdir()) == [LISTING, f"orders.{form}"]
    assert json.loads((to / LISTING).read_text())["release"] == result.release
    return to / f"orders.{form}", result


@pytest.mark.slow
def test_each_format_holds_what_readers_see(shop: Product) -> None:
    file, result = exported(shop, "csv")
    text = file.read_text(encoding="utf-8")
    assert text.splitlines()[1].endswith(',"",'), "an empty text is not a null"
    (row,) = csv.DictReader(text.splitlines())
    assert tuple(row) == KEPT
    assert row == {
        "plain": "12.30", "long_decimal": "1234567890123456.78", "big": str(NO_LONGER_EXACT),
        "small": "-7", "day": "2026-02-03", "old_day": "1899-12-31",
        "moment": "2026-02-03 04:05:06.789", "fine_moment": "2026-02-03 04:05:06.789123",
        "zoned": "2026-02-03 02:05:06+00", "zoned_time": "04:05:06+02", "yes": "true",
        "long_double": "0.30000000000000004", "half": "0.5", "formula": "=1+1", "at": "@SUM(A1)",
        "digits": "007", "escape": "_x0041_", "lines": 'a,"b"', "empty": "", "nothing": "",
    }  # fmt: skip
    assert [note.partition(":")[0] for note in result.files[0].notes] == ["formula", "at"]

    file, _ = exported(shop, "parquet")
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        cursor = connection.execute(f"select * from '{file}'")
        names = [column[0] for column in cursor.description or ()]
        values = dict(zip(names, cursor.fetchone() or ()))
    assert tuple(values) == KEPT
    assert values["plain"] == Decimal("12.30")
    assert values["long_decimal"] == Decimal("1234567890123456.78")
    assert values["big"] == NO_LONGER_EXACT
    assert values["old_day"] == date(1899, 12, 31)
    assert values["fine_moment"] == datetime(2026, 2, 3, 4, 5, 6, 789123)
    assert values["zoned"].astimezone(timezone.utc).time() == time(2, 5, 6)
    assert values["zoned_time"] == "04:05:06+02"
    assert (values["empty"], values["nothing"]) == ("", None)

    file, result = exported(shop, "xlsx")
    in_excel(file)
    text_columns = [note.partition(" is text")[0] for note in result.files[0].notes]
    assert sorted(text_columns) == [
        *("big", "fine_moment", "long_decimal", "long_double", "old_day", "zoned", "zoned_time")
    ]


def in_excel(file: Path) -> None:
    sheet = openpyxl.load_workbook(file)["orders"]
    head, row = sheet.iter_rows()
    cells = dict(zip((cell.value for cell in head), row))
    values = {name: cell.value for name, cell in cells.items()}
    assert tuple(values) == KEPT
    assert {name: cells[name].data_type for name in ("formula", "at", "digits", "small")} == {
        "formula": "s", "at": "s", "digits": "s", "small": "n",
    }  # fmt: skip
    expected: dict[str, Any] = {
        "plain": 12.3, "long_decimal": "1234567890123456.78", "big": str(NO_LONGER_EXACT),
        "small": -7, "day": datetime(2026, 2, 3), "old_day": "1899-12-31",
        "moment": datetime(2026, 2, 3, 4, 5, 6, 789000),
        "fine_moment": "2026-02-03 04:05:06.789123", "zoned": "2026-02-03 02:05:06+00",
        "zoned_time": "04:05:06+02", "yes": True, "long_double": "0.30000000000000004", "half": 0.5,
        "formula": "=1+1", "at": "@SUM(A1)", "digits": "007",
        "escape": "_x005F_x0041_",  # as the file has it; Excel shows _x0041_
        "lines": 'a,"b"', "nothing": None,
    }  # fmt: skip
    assert {name: values[name] for name in expected} == expected
    assert cells["empty"].data_type == "s", "an empty text is a cell"
    assert cells["nothing"].data_type == "n", "a null is none"


@pytest.fixture
def duckdb_shop(tmp_path: Path) -> Product:
    return orders(published.product(tmp_path / "shop", "duckdb"), "duckdb")


def test_only_public_models_can_be_asked_for(duckdb_shop: Product) -> None:
    with pytest.raises(DataopsError, match="no public model internal") as error:
        export(duckdb_shop, "csv", duckdb_shop.root / "out", ["internal"], quiet)
    assert error.value.where == "public are orders"
    assert not (duckdb_shop.root / "out").exists()


def test_without_a_release_there_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(DataopsError, match="no release yet"):
        export(published.product(tmp_path / "shop", "duckdb"), "csv", tmp_path, (), quiet)


def test_a_damaged_release_is_named_with_what_to_do(duckdb_shop: Product) -> None:
    files = [*(duckdb_shop.root / "store").rglob("*.duckdb")]
    assert files
    for file in files:
        file.write_bytes(b"no database" * 1000)
    with pytest.raises(DataopsError, match="The current release could not be opened") as error:
        export(duckdb_shop, "csv", duckdb_shop.root / "out", (), quiet)
    assert error.value.fix == "uv run dataops status"


def test_an_export_that_fails_changes_no_file(
    duckdb_shop: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = duckdb_shop.root / "out"
    file, _ = exported(duckdb_shop, "xlsx")
    before = {path.name: path.read_bytes() for path in to.iterdir()}
    longest = {"first": "select 1 as id", "orders": "select repeat('x', 32768) as note"}
    published.publish(duckdb_shop, "duckdb", longest)
    with pytest.raises(DataopsError, match=r"A text of orders\.note does not fit"):
        export(duckdb_shop, "xlsx", to, (), quiet)
    assert {path.name: path.read_bytes() for path in to.iterdir()} == before
    monkeypatch.setattr("first_light.export.excel.EXCEL_ROWS", 2)
    published.publish(duckdb_shop, "duckdb", {"orders": "select * from range(2) as n(id)"})
    with pytest.raises(DataopsError, match="does not fit on a sheet"):
        export(duckdb_shop, "xlsx", to, (), quiet)
    assert file.read_bytes() == before["orders.xlsx"]


def test_files_of_models_that_are_gone_are_deleted(duckdb_shop: Product) -> None:
    to = duckdb_shop.root / "out"
    exported(duckdb_shop, "csv")
    (to / "mine.csv").write_text("kept")
    published.publish(duckdb_shop, "duckdb", {"visits": "select 1 as id"})
    export(duckdb_shop, "csv", to, (), quiet)
    assert sorted(path.name for path in to.iterdir()) == [LISTING, "mine.csv", "visits.csv"]


def test_a_huge_integer_is_text_in_parquet(duckdb_shop: Product) -> None:
    number = 2**100 + 1
    published.publish(duckdb_shop, "duckdb", {"big": f"select {number}::hugeint as n"})
    result = export(duckdb_shop, "parquet", duckdb_shop.root / "out", (), quiet)
    with duckdb.connect() as connection:
        path = duckdb_shop.root / "out" / "big.parquet"
        assert connection.execute(f"select n from '{path}'").fetchall() == [(str(number),)]
    assert result.files[0].notes == ("n is text: Parquet has no hugeint",)


def test_a_model_of_which_readers_see_nothing_is_named(duckdb_shop: Product) -> None:
    tables = {"people": "select 'ada' as name", "visits": "select 1 as id"}
    published.publish(duckdb_shop, "duckdb", tables, {"people": ["name"]})
    result = export(duckdb_shop, "csv", duckdb_shop.root / "out", (), quiet)
    assert result.left_out == ("people",)
    assert [file.model for file in result.files] == ["visits"]


@pytest.mark.parametrize(
    ("model", "sheet"),
    [("orders", "orders"), ("a" * 40, "a" * 31), ("a/b:c", "a_b_c"), ("'x'", "x")],
)
def test_a_sheet_has_a_name_that_excel_accepts(model: str, sheet: str) -> None:
    assert columns.sheet_name(model) == sheet
