"""The macros that spell the SQL of models for BigQuery, rendered without dbt."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest

import exact_casts

MACROS = Path(__file__).parents[2] / "template/dataops/macros"
REFUSED = re.compile(r"(?i)\bas\s+(varchar|text|double|decimal|numeric\s*\()|split_part")
"""What BigQuery does not accept in a query."""


def macros(**context: Any) -> Any:
    """The macros as functions, with what dbt gives them."""
    environment = jinja2.Environment(
        extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined, autoescape=False
    )
    template = environment.from_string((MACROS / "bigquery.sql").read_text(encoding="utf-8"))
    results: list[Any] = []

    def returned(value: Any) -> str:
        results.append(value)
        return value if isinstance(value, str) else ""

    given = {"modules": SimpleNamespace(re=re), "return": returned, **context}
    module = template.make_module(given)

    def call(name: str, *arguments: Any) -> Any:
        results.clear()
        text = getattr(module, name)(*arguments)
        return text or results[-1]

    return call


@pytest.mark.parametrize(
    ("sql", "spelled"),
    [
        ("cast(a as varchar) as b", "cast(a as string) as b"),
        ("cast(a as varchar(20))", "cast(a as string)"),
        ("cast(a as double precision)", "cast(a as float64)"),
        ("safe_cast(a as DOUBLE )", "safe_cast(a as float64 )"),
        ("cast(a as decimal(18, 2))", "round(cast(a as numeric), 2)"),
        ("cast( a\n as numeric(20,0)\n) + 1", "round(cast( a\n as numeric\n), 0) + 1"),
        ("cast(a as decimal(38, 20))", "round(cast(a as bignumeric), 20)"),
        (
            "cast(b + cast(a as decimal(9, 4)) as decimal(18, 2))",
            "round(cast(b + round(cast(a as numeric), 4) as numeric), 2)",
        ),
        (
            "cast(replace(a, '(', '') as decimal(5, 1)) -- cast(",
            "round(cast(replace(a, '(', '') as numeric), 1) -- cast(",
        ),
        # No casts: a name of a column, texts, comments.
        ("(select a as text)", "(select a as text)"),
        ("forecast(select a as double)", "forecast(select a as double)"),
        ("cast('cast(a as varchar)' as date)", "cast('cast(a as varchar)' as date)"),
        (
            "/* cast(a as varchar) */ cast(a as bigint)",
            "/* cast(a as varchar) */ cast(a as bigint)",
        ),
        (") cast(a as varchar)", ") cast(a as string)"),
    ],
)
def test_casts_are_those_that_bigquery_accepts(sql: str, spelled: str) -> None:
    assert macros()("bigquery_casts", sql) == spelled


def test_no_cast_of_the_example_is_left() -> None:
    call = macros()
    models = [path.read_text("utf-8") for path in (MACROS.parents[1] / "models").rglob("*.sql")]
    assert len(models) > 10
    assert any(REFUSED.search(sql) for sql in models), "they have some"
    assert not [sql for sql in models if REFUSED.search(call("bigquery_casts", sql))]


def test_exact_conversions_are_tested_in_its_words() -> None:
    columns = {"a": "integer", "b": "decimal(18, 2)", "c": "double", "d": "timestamp"}
    sql = exact_casts.query("t", columns, "bigquery")
    assert not REFUSED.search(macros()("bigquery_casts", sql))


def test_a_contract_has_its_types() -> None:
    columns = {
        name: {"name": name, "data_type": kind}
        for name, kind in {
            "a": "varchar",
            "b": "Text",
            "c": "varchar(20)",
            "d": "double precision",
            "e": "decimal(18, 2)",
            "f": "struct<a text>",
        }.items()
    }
    spelled = macros()("bigquery_columns", {**columns, "g": {"name": "g", "data_type": None}})
    assert [column["data_type"] for column in spelled.values()] == [
        "string",
        "string",
        "string(20)",
        "float64",
        "decimal(18, 2)",
        "struct<a text>",
        None,
    ]


@pytest.mark.parametrize(
    ("macro", "arguments", "at"),
    [
        ("create_table_as", (False, "t", "SQL"), 2),
        ("create_view_as", ("t", "SQL"), 1),
        ("get_empty_subquery_sql", ("SQL",), 0),
        ("get_merge_sql", ("t", "(SQL)", "id", []), 1),
        ("get_insert_overwrite_merge_sql", ("t", "(SQL)", [], [], False), 1),
        ("get_test_sql", ("SQL", "count(*)", "> 0", "> 0", None), 0),
        ("get_unit_test_sql", ("SQL", "SQL", ["a"]), 0),
    ],
)
def test_dbt_receives_them(macro: str, arguments: tuple[Any, ...], at: int) -> None:
    sql = "select cast(a as decimal(18, 2)) as a"
    given = [a.replace("SQL", sql) if isinstance(a, str) else a for a in arguments]

    class Dbt:
        """dbt's own macros, which give back what they receive."""

        def __getattr__(self, name: str) -> Any:
            assert name.endswith(f"__{macro}")
            return lambda *received: str(received[at])

    text = macros(dbt=Dbt())(f"bigquery__{macro}", *given)
    assert "round(cast(a as numeric), 2)" in text
