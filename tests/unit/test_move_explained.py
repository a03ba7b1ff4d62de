"""How `dataops move` explains rows that differ: two files stand for two warehouses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from first_light.dbt.engine import NodeResult
from first_light.dbt.manifest import CalledTest, Manifest, Node
from first_light.move.result import DIFFERS, FAILED, SAME, Model
from first_light.move.rows import open_rows
from first_light.move.run import compared
from first_light.move.side import Side
from first_light.project.product import Product
from first_light.warehouse.base import Readable, Relation

OWN, OTHER = "duckdb", "elsewhere"
INPUT = "select * from (values (1, 'b'), (2, 'a'), (3, 'c')) as t (id, name)"


def side(
    folder: Path, kind: str, tables: Mapping[str, str], code: Mapping[str, str], **node: object
) -> Side:
    """A warehouse with tables in the schema marts, and the SQL that made them."""
    folder.mkdir()
    file = folder / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema marts")
        for name, query in tables.items():
            connection.execute(f"create table marts.{name} as {query}")
    nodes = {
        f"model.shop.{name}": Node(
            f"model.shop.{name}",
            "model",
            name,
            f"models/{name}.sql",
            schema="marts",
            alias=name,
            materialized=str(node.get("materialized", "table")),
            depends_on=("model.shop.raw",) if name != "raw" else (),
        )
        for name in tables
    }
    tests = {
        f"test.shop.{name}": Node(
            f"test.shop.{name}",
            "test",
            name,
            "models/marts.yml",
            call=CalledTest("unique", "id", {}),
            attached_to=f"model.shop.{name}",
        )
        for name in tables
    }
    results = {
        name: NodeResult(name, "model", entry.name, entry.path, "success", 0.0)
        for name, entry in nodes.items()
    }
    relations = {Relation("marts", name): Relation("marts", name) for name in tables}
    sql = {f"model.shop.{name}": text for name, text in code.items()}
    root = folder / "product"
    (root / "models").mkdir(parents=True)
    for name, text in code.items():
        (root / "models" / f"{name}.sql").write_text(text)
    return Side(
        kind, Product(root), Manifest({**nodes, **tests}, {}), results, sql, {},
        Readable(file, relations),
    )  # fmt: skip


def move(tmp_path: Path, sql: str, other: str, other_input: str = INPUT, **node: object) -> Model:
    """The model m, which reads raw, on both; its rows there are those of a query."""
    code = {"raw": INPUT, "m": sql.replace("RAW", '"warehouse"."marts"."raw"')}
    here = sql.replace("RAW", "marts.raw")
    before = side(tmp_path / OWN, OWN, {"raw": INPUT, "m": here}, code, **node)
    after = side(tmp_path / OTHER, OTHER, {"raw": other_input, "m": other}, code, **node)
    with open_rows(before, after, tmp_path / "spill") as rows:
        models, _, _ = compared(rows, "nulls_are_large", lambda line: None)
    return next(model for model in models if model.name == "m")


def causes(model: Model) -> dict[str, list[str]]:
    return {d.subject or d.kind: [c.name for c in d.causes] for d in model.differences}


def test_equal_rows_are_the_same(tmp_path: Path) -> None:
    other = "select cast(id as decimal(38, 0)) as ID, name from marts.raw"
    model = move(tmp_path, "select id, name from RAW", other)
    assert model.status == SAME
    assert model.key == ("id",)
    assert model.normalised == ("1 types with the same meaning", "1 names in another case")


def test_rows_that_depend_on_their_order(tmp_path: Path) -> None:
    sql = "select id, row_number() over (order by id - id) as place from RAW"
    other = "select id, 4 - row_number() over (order by id) as place from marts.raw"
    assert causes(move(tmp_path, sql, other)) == {"place": ["order of rows"]}


def test_other_inputs_are_the_cause(tmp_path: Path) -> None:
    other_input = INPUT.replace("'a'", "'z'")
    model = move(
        tmp_path, "select id, upper(name) as n from RAW", "select id, upper(name) as n "
        "from marts.raw", other_input,
    )  # fmt: skip
    assert causes(model) == {"n": ["inputs"]}
    (difference,) = model.differences
    assert difference.examples == (("id 2", "A", "Z"),)


PATTERNS = {
    "order of summation": ("0.1::double + id", "(0.1::double + id) * (1 + 1e-8)"),
    "precision of times": (
        "timestamp '2026-01-01 10:00:00.123456'",
        "timestamp '2026-01-01 10:00:00.123'",
    ),
    "time zones": ("timestamp '2026-01-01 10:00'", "timestamp '2026-01-01 11:00'"),
    "blanks at the end": ("name", "name || '  '"),
    "empty texts and nulls": ("case when id = 1 then '' end", "cast(null as varchar)"),
    "forms of Unicode": ("'é'", "'e' || chr(769)"),
    "case of letters": ("name", "upper(name)"),
    "hashes of texts": ("md5(id || ' 10:00')", "md5(id || ' 10:00:00+00')"),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_values_that_all_differ_in_one_way(tmp_path: Path, name: str) -> None:
    before, after = PATTERNS[name]
    model = move(
        tmp_path, f"select id, {before} as x from RAW", f"select id, {after} as x from marts.raw"
    )
    assert causes(model) == {"x": [name]}


def test_hashes_that_tell_other_rows_apart_are_unexplained(tmp_path: Path) -> None:
    other = "select id, md5(cast(least(id, 2) as varchar)) as x from marts.raw"
    model = move(tmp_path, "select id, md5('n' || id) as x from RAW", other)
    assert causes(model) == {"x": []}


def test_the_last_digits_of_doubles_are_no_difference(tmp_path: Path) -> None:
    other = "select id, (0.1::double + id) * (1 + 1e-12) as x from marts.raw"
    assert move(tmp_path, "select id, 0.1::double + id as x from RAW", other).status == SAME


def test_what_is_not_known_is_unexplained(tmp_path: Path) -> None:
    other = "select id, case when id = 1 then name else 'no' end as x from marts.raw"
    model = move(tmp_path, "select id, name as x from RAW", other)
    assert model.status == DIFFERS
    assert causes(model) == {"x": []}
    assert not model.differences[0].explained


def test_two_causes_of_one_column(tmp_path: Path) -> None:
    sql = "select id, id / 2 + row_number() over (order by nullif(id, 3) desc, id) as x from RAW"
    other = (
        "select id, cast(id // 2 + row_number() over (order by nullif(id, 3) desc nulls first, id) "
        "as double) as x from marts.raw"
    )
    assert causes(move(tmp_path, sql, other)) == {"x": ["division of integers", "order of nulls"]}


def test_a_second_build_that_adds_rows_again(tmp_path: Path) -> None:
    twice = "select id from marts.raw union all select id from marts.raw"
    model = move(tmp_path, "select id from RAW", twice, materialized="incremental")
    assert causes(model)["rows"] == ["incremental strategy"]


def test_columns_and_types_that_differ(tmp_path: Path) -> None:
    model = move(
        tmp_path,
        "select id, name, avg(id) over () as mean, 1 as gone from RAW",
        "select name, id, cast(2 as decimal(20, 16)) as mean from marts.raw",
    )
    assert causes(model) == {
        "gone": [],
        "order of columns": ["order of columns"],
        "mean": ["number types of results"],
    }


def test_a_model_that_is_not_built(tmp_path: Path) -> None:
    before = side(tmp_path / OWN, OWN, {"m": INPUT}, {"m": INPUT})
    after = side(tmp_path / OTHER, OTHER, {"m": INPUT}, {"m": INPUT})
    failed = NodeResult("model.shop.m", "model", "m", "models/m.sql", "error", 0.0, message="No.")
    broken = Side(
        OTHER, after.product, after.manifest, {"model.shop.m": failed}, {}, {}, after.readable
    )
    with open_rows(before, broken, tmp_path / "spill") as rows:
        ((model,), _, _) = compared(rows, "nulls_are_last", lambda line: None)
    assert model.status == FAILED
    assert model.differences[0].summary == "elsewhere does not build it: No."
