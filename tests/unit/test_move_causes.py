"""What `dataops move` compares, and how it rewrites SQL to see a cause."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from first_light.dbt.engine import NodeResult
from first_light.dbt.manifest import Node
from first_light.move.columns import (
    Column,
    compared_type,
    family,
    is_equal_in_meaning,
    value,
)
from first_light.move.failures import MACROS, build_causes
from first_light.move.hypotheses import define_macros, hypotheses, written
from first_light.move.lines import places
from first_light.move.tree import copy_product
from first_light.project.product import Product
from first_light.warehouse.kinds import find
from first_light.warehouse.setup import Setup

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"


@pytest.mark.parametrize(
    ("before", "after", "compared"),
    [
        ("INTEGER", "DECIMAL(38,0)", "DECIMAL(38, 0)"),
        ("DECIMAL(18,2)", "DECIMAL(7,1)", "DECIMAL(38, 2)"),
        ("HUGEINT", "DECIMAL(38,2)", "number"),
        ("DOUBLE", "DECIMAL(20,16)", "DOUBLE"),
        ("DATE", "TIMESTAMP", "TIMESTAMP"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP"),
        ("BOOLEAN", "BOOLEAN", "BOOLEAN"),
        ("BOOLEAN", "INTEGER", "DECIMAL(38, 0)"),
        ("INTEGER[]", "VARCHAR", "VARCHAR"),
        ("VARCHAR", "BIGINT", "VARCHAR"),
    ],
)
def test_two_types_are_compared_in_one_that_holds_both(
    before: str, after: str, compared: str
) -> None:
    assert compared_type(before, after) == compared


def test_values_of_both_sides_are_equal_in_that_type() -> None:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Tokyo'")

        def seen(kind: str, text: str, compared: str) -> Any:
            query = f"select {value(Column('x', kind), compared)} from (select {text} as x)"
            return connection.execute(query).fetchall()[0][0]

        assert seen("DECIMAL(5,2)", "1.50::decimal(5,2)", "number") == "1.5"
        assert seen("HUGEINT", "100::hugeint", "number") == "100"
        instant = "timestamptz '2026-01-01 00:00:00+00'"
        assert seen("TIMESTAMP WITH TIME ZONE", instant, "TIMESTAMP").isoformat() == (
            "2026-01-01T00:00:00"
        )
        assert seen("BOOLEAN", "true", "DECIMAL(38, 0)") == 1
        assert seen("INTEGER[]", "[1, 2]", "VARCHAR") == "[1,2]"


def test_types_of_one_family_are_equal_in_meaning() -> None:
    assert is_equal_in_meaning("BIGINT", "DECIMAL(38,0)")
    assert not is_equal_in_meaning("DOUBLE", "DECIMAL(38,2)")
    assert family("STRUCT(a INTEGER)") == "nested"


REWRITES: list[tuple[str, str, str, list[Any]]] = [
    # cause, null order, SQL, what the other warehouse gives
    ("division of integers", "nulls_are_last", "select 7 / 4", [1]),
    ("division of integers", "nulls_are_last", "select -7 / 4", [-1]),
    ("division of integers", "nulls_are_last", "select 7 / 4.0", [1.75]),
    ("digits of a division", "nulls_are_last", "select 2 / 3", [0.666667]),
    (
        "order of nulls",
        "nulls_are_large",
        "select x from (values (1), (null)) as t (x) order by x desc",
        [None, 1],
    ),
    (
        "order of nulls",
        "nulls_are_small",
        "select x from (values (1), (null)) as t (x) order by x",
        [None, 1],
    ),
    ("nulls in concat", "nulls_are_last", "select concat('a', null)", [None]),
    ("nulls in greatest and least", "nulls_are_last", "select greatest(1, null)", [None]),
]


@pytest.mark.parametrize(("name", "null_order", "sql", "expected"), REWRITES)
def test_rewritten_sql_does_what_the_other_warehouse_does(
    name: str, null_order: str, sql: str, expected: list[Any]
) -> None:
    (hypothesis,) = (h for h in hypotheses(null_order) if h.name == name)
    with duckdb.connect() as connection:
        define_macros(connection)
        plain = [row[0] for row in connection.execute(sql).fetchall()]
        rewritten = hypothesis.rewrite(sql)
        rows = [row[0] for row in connection.execute(written(rewritten.tree)).fetchall()]
    assert rewritten.replaced
    assert [float(row) if row is not None else None for row in rows] == expected
    assert plain != rows or expected == [1.75]


@pytest.mark.parametrize(
    ("meaning", "sql", "expected"),
    [
        ("cuts", "select cast(2.7::double as integer)", 2),
        ("halves away", "select cast(2.5::double as integer)", 3),
        ("even neighbour", "select round(2.5::double)", 2),
        ("written as", "select cast(1.005::double as decimal(18, 2))", 1.01),
    ],
)
def test_each_way_of_rounding(meaning: str, sql: str, expected: float) -> None:
    (hypothesis,) = (h for h in hypotheses("nulls_are_last") if meaning in h.meaning)
    with duckdb.connect() as connection:
        define_macros(connection)
        ((found,),) = connection.execute(written(hypothesis.rewrite(sql).tree)).fetchall()
    assert float(found) == expected


def test_what_does_not_apply_replaces_nothing() -> None:
    for hypothesis in hypotheses("nulls_are_large"):
        assert not hypothesis.rewrite("select a + 1 as b from t").replaced, hypothesis.name


def test_lines_are_those_of_the_expression(tmp_path: Path) -> None:
    (tmp_path / "m.sql").write_text("select\n    -- a / b\n    x / 2 as y,\n    A  / b as c\n")
    assert [p.line for p in places(tmp_path, "m.sql", "/", ["a / b"])] == [4]
    assert [p.line for p in places(tmp_path, "m.sql", "/")] == [3, 4]
    assert str(places(tmp_path, "m.sql", "absent")[0]) == "m.sql"


@pytest.mark.parametrize(
    ("message", "sql", "cause", "change"),
    [
        (
            "Database Error\n  function date_diff(unknown, date, date) does not exist",
            "select date_diff('day', a, b)",
            "functions",
            MACROS[r"\bdate_diff\s*\(|\bdatediff\s*\("],
        ),
        ("Invalid incremental strategy provided: delete+insert", "{{ config(", "incremental", ""),
        ('type "double" does not exist', "select cast(a as double)", "types", "double precision"),
        ("division by zero", "select a / b", "division by zero", "nullif"),
    ],
)
def test_a_message_of_a_failed_build_has_a_cause(
    tmp_path: Path, message: str, sql: str, cause: str, change: str
) -> None:
    (tmp_path / "m.sql").write_text(sql)
    node = Node("model.shop.m", "model", "m", "m.sql")
    result = NodeResult("model.shop.m", "model", "m", "m.sql", "error", 0.0, message=message)
    (found,) = build_causes(result, node, tmp_path, lambda name: name)
    assert found.name.startswith(cause)
    assert change in found.change
    assert found.places[0].line == 1


def test_a_message_that_says_nothing_known_has_none(tmp_path: Path) -> None:
    (tmp_path / "m.sql").write_text("select frobnicate(a)")
    node = Node("model.shop.m", "model", "m", "m.sql")
    result = NodeResult("model.shop.m", "model", "m", "m.sql", "error", 0.0, message="no idea")
    assert build_causes(result, node, tmp_path, lambda name: name) == ()


def product(root: Path) -> Product:
    """The least that can be copied."""
    (root / "models").mkdir(parents=True)
    (root / "sample").mkdir()
    (root / ".copier-answers.yml").write_text("{}\n")
    (root / "dbt_project.yml").write_text("name: shop\nprofile: team\n")
    (root / "profiles.yml").write_text(
        "team: {outputs: {ci: {type: duckdb, path: x}, pg: {type: postgres, host: there}}}\n"
    )
    (root / "models" / "raw.yml").write_text(
        "sources:\n- name: crm\n  tables:\n  - name: people\n    config:\n"
        "      meta: {external_location: \"read_csv('x')\"}\n"
    )
    return Product(root)


def setup_of(kind: str) -> Setup:
    found = find(kind)
    assert found is not None
    return found.setup


def test_a_copy_has_the_target_of_the_team_and_tables_for_sources(tmp_path: Path) -> None:
    source = product(tmp_path / "shop")
    copied = copy_product(
        source, "postgres", setup_of("postgres"), tmp_path / "copy", source.sample
    )
    profile = yaml.safe_load((copied.root / "profiles.yml").read_text())
    assert profile["team"]["outputs"] == {"prod": {"type": "postgres", "host": "there"}}
    (crm,) = yaml.safe_load((copied.root / "models" / "raw.yml").read_text())["sources"]
    assert "DATAOPS_RAW_SCHEMA" in crm["schema"]
    assert crm["tables"][0]["identifier"] == "crm__people"
    assert "schema" not in (source.root / "models" / "raw.yml").read_text()


def test_a_copy_without_a_target_has_that_of_the_page(tmp_path: Path) -> None:
    source = product(tmp_path / "shop")
    copied = copy_product(source, "spark", setup_of("spark"), tmp_path / "copy", source.sample)
    profile = yaml.safe_load((copied.root / "profiles.yml").read_text())
    assert (
        profile["team"]["outputs"]["prod"]["user"] == "{{ env_var('SPARK_USER', 'shop_writer') }}"
    )
    project = yaml.safe_load((copied.root / "dbt_project.yml").read_text())
    assert project["snapshots"]["shop"]["+file_format"] == "iceberg"


@pytest.mark.parametrize("kind", ["bigquery", "snowflake", "spark"])
def test_the_page_of_a_warehouse_shows_its_setup(kind: str) -> None:
    setup = setup_of(kind)
    page = (GUIDES / f"{setup.page}.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in page.split("```yaml\n")[1:]]
    target = next(yaml.safe_load(block)["prod"] for block in blocks if "prod:" in block)
    assert target == setup.target
    (source,) = next(yaml.safe_load(block)["sources"] for block in blocks if "sources:" in block)
    assert {key: source[key] for key in setup.source} == setup.source
    for key, content in setup.nodes.items():
        block = next(block for block in blocks if key in block)
        assert yaml.safe_load(block)[key] == content
