"""The generic test `converts_exactly`: which values a type holds, and what it reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from exact_casts import query
from first_light.inference.number_types import fits_double
from first_light.utils import sql_names


def inexact(value: str, target: Any) -> bool:
    """Whether the test reports a value."""
    db = duckdb.connect()
    db.execute("create table t as select cast($1 as varchar) as x", [value])
    return bool(db.execute(query("t", {"x": target})).fetchall())


@pytest.mark.parametrize(
    "number", ["-3.402823466e+38", "1e299", "1E-0299", "1e300", "2e-324", "9e0400"]
)
def test_a_draft_makes_doubles_of_what_the_test_lets_pass(number: str) -> None:
    fits = duckdb.sql(f"select {fits_double(sql_names.literal(number))}").fetchall()[0][0]
    assert fits is not inexact(number, "double")


@pytest.mark.parametrize(
    ("target", "held", "changed"),
    [
        (
            "integer",
            ["1", "-20", "+5", "0", "1.0", "12.", "2147483647", " 7 "],
            ["1.5", "2147483648", "-2147483649", "9" * 25, "1e3", "NaN", "x", "", "12a", "007",
             "01067"],
        ),
        ("bigint", ["9223372036854775807"], ["9223372036854775808", "0.5"]),
        ("decimal(38, 0)", ["9" * 38], ["9" * 39, "0.1"]),
        (
            "decimal(18, 2)",
            ["1", "1.5", "-150.55", ".5", "1.500", "9999999999999999.99"],
            ["0.2549", "1e2", "inf", "10000000000000000", "1,5", "x"],
        ),
        (
            "double",
            ["1.5", "-.5", "1e10", "1.5E-10", "0.30000000000000004", "10000000000000000000"],
            ["NaN", "inf", "-Infinity", "1e999", "0.123456789012345678", "1.2.3", "x"],
        ),
        (
            "date",
            ["2024-02-29", "2024-01-01 00:00:00", "2024-01-01T00:00:00Z"],
            ["2024-02-30", "2024-01-01 10:00", "01/02/2024", "0000-00-00", "2024-01-01 00:00:01"],
        ),
        (
            "timestamp",
            ["2024-02-29", "2024-01-01 10:00", "2024-01-01T10:00:00.123456", "2024-01-01T10:00:00Z",
             "2024-01-01 10:00:00.123456000"],
            ["2024-01-01T10:00:00.1234567", "2024-01-01T10:00:00+02:00", "2024-01-01 25:00", "x"],
        ),
        (
            {"type": "timestamp", "zone": True},
            ["2024-01-01T10:00:00+02:00", "2024-01-01T10:00:00Z"],
            ["2024-01-01T10:00:00", "2024-01-01"],
        ),
        (
            {"type": "date", "format": "%d.%m.%Y"},
            ["31.12.2024", "1.2.2024"],
            ["31.12.2024 10:00", "31.02.2024", "2024-12-31", "1.2.24"],
        ),
        (
            {"type": "timestamp", "format": "%m/%d/%Y %I:%M %p"},
            ["1/31/2024 1:05 PM"],
            ["1/31/2024 1:05:30 PM", "31/1/2024 1:05 PM"],
        ),
        ("boolean", ["true", "F", "1", "no"], ["2", "maybe"]),
        ("varchar", ["", "1.5", "x"], []),
        (
            {"type": "decimal(18, 2)", "value": "replace(x, ',', '.')"},
            ["1,5", "12"],
            ["1,555", "1,5,0"],
        ),
    ],
)  # fmt: skip
def test_a_value_that_a_type_does_not_hold_is_reported(
    target: Any, held: list[str], changed: list[str]
) -> None:
    assert [value for value in held if inexact(value, target)] == []
    assert [value for value in changed if not inexact(value, target)] == []


def test_count_file_and_example_are_told(tmp_path: Path) -> None:
    (tmp_path / "orders_1.csv").write_text("id,qty,born,note\n1,2,1990-01-01,\n,,,\n")
    (tmp_path / "orders_2.csv").write_text(
        "id,qty,born,note\n2,1.5,1990-01-01 08:00,x\n3,2.5,,y\n4,2,,z\n"
    )
    relation = f"read_csv('{tmp_path}/*.csv', all_varchar=true, header=true)"
    columns = {"id": "integer", "qty": "integer", "born": {"type": "date", "personal": True}}
    assert sorted(duckdb.sql(query(relation, columns)).fetchall()) == [
        ("born", "orders_2.csv", 1, "…", "date", 0, 1, None, None),
        ("qty", "orders_2.csv", 2, "1.5", "integer", 2, 0, 1, 1),
    ]
