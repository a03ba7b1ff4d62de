"""Which models that read each file once are built from all files."""

from __future__ import annotations

import pytest

from first_light.dbt.manifest import Manifest, Node
from first_light.release.by_file import FilesRead, Increments, models, obstacle, works_across_rows

MODEL = "model.shop.stg_orders"
READ = FilesRead("r1", {MODEL: "code"})
BEFORE = {"orders/1.csv": "a", "orders/2.csv": "b"}


def node(name: str, parents: tuple[str, ...] = (), kind: str = "incremental", **more: str) -> Node:
    macros = ("macro.shop.is_new_file",) if more.get("macro") else ()
    return Node(
        f"model.shop.{name}", "model", name, f"models/{name}.sql",
        depends_on=tuple(f"model.shop.{parent}" for parent in parents),
        materialized=kind, macros=macros,
    )  # fmt: skip


@pytest.mark.parametrize(
    "now",
    [BEFORE, BEFORE | {"orders/3.csv": "c"}, BEFORE | {"orders/0.csv": "late"}],
    ids=["nothing new", "a new file", "a late file"],
)
def test_new_files_are_enough(now: dict[str, str]) -> None:
    assert obstacle(MODEL, "code", READ, BEFORE, now) == ""


@pytest.mark.parametrize(
    ("read", "code", "now", "set_aside", "reason"),
    [
        (None, "code", BEFORE, (), "the current release does not say which files it read"),
        (FilesRead("r1"), "code", BEFORE, (), "the current release does not say which files"),
        (READ, "code", BEFORE | {"orders/1.csv": "x"}, (), "orders/1.csv was edited"),
        (READ, "code", {"orders/1.csv": "a"}, (), "orders/2.csv is gone"),
        (READ, "code", {"orders/1.csv": "a"}, {"orders/2.csv"}, "orders/2.csv is set aside"),
        (READ, "other", BEFORE, (), "its code or its configuration changed"),
        (READ, "", BEFORE, (), "its code may give another result"),
        (
            FilesRead("r1", {MODEL: "code"}, changed=("orders/3.csv",)),
            *("code", BEFORE, ()),
            "orders/3.csv changed while the current release was built",
        ),
        (
            FilesRead("r1", {MODEL: "code"}, across=(MODEL,)),
            *("code", BEFORE, ()),
            "its SQL computes rows from several rows",
        ),
    ],
)
def test_an_increment_would_be_wrong(
    read: FilesRead | None, code: str, now: dict[str, str], set_aside: set[str], reason: str
) -> None:
    assert reason in obstacle(MODEL, code, read, BEFORE, now, set_aside)


def test_what_continues_such_a_model_is_built_in_full_with_it() -> None:
    nodes = [
        node("stg_orders", macro="yes"),
        node("seen", ("stg_orders",), "view"),
        node("daily", ("seen",)),
        node("other"),
        node("sums", ("daily",), "table"),
    ]
    manifest = Manifest({each.unique_id: each for each in nodes}, {})
    assert [each.name for each in models(manifest)] == ["stg_orders"]
    increments = Increments(obstacles={MODEL: "orders/1.csv was edited"})
    assert increments.rebuilt(manifest) == {MODEL, "model.shop.daily"}
    assert increments.rebuilt(manifest, {"model.shop.daily"}) == {MODEL}
    assert Increments().rebuilt(manifest) == frozenset()


SOURCE = "read_csv('raw/orders/*.csv', header=true, filename=true)"


@pytest.mark.parametrize(
    "sql",
    [
        f"with source as (select * from {SOURCE} where true), renamed as (select "
        "cast(a as int) as a, coalesce(b, 0) as b, filename from source) select * from renamed",
        f"select a from (select * from {SOURCE} where parse_filename(filename) not in ('x'))",
        f"select a from {SOURCE} where filename in ('raw/orders/1.csv') and (a is not null)",
        f"select a from {SOURCE} where filename not in (select filename from main.stg_orders)",
        f"select u.x from {SOURCE} as s, unnest(s.items) as u(x)",
    ],
)
def test_row_by_row(sql: str) -> None:
    assert not works_across_rows(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "select ((",
        f"select a, count(*) from {SOURCE} group by a",
        f"select max(a) as a from {SOURCE}",
        f"select distinct a from {SOURCE}",
        f"select a, row_number() over (order by a) as n from {SOURCE}",
        f"select a from {SOURCE} qualify rank() over (partition by a order by b) = 1",
        f"select a from {SOURCE} order by a limit 10",
        f"select a from {SOURCE} union select a from {SOURCE}",
        f"select a.x from {SOURCE} as a join {SOURCE} as b using (x)",
        f"with s as (select * from {SOURCE}) select x from s where x in (select y from s)",
    ],
)
def test_across_rows(sql: str) -> None:
    assert works_across_rows(sql)
