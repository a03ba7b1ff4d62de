"""Which views need no build of dbt, what they get besides their query, when they can be made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from first_light.dbt.column_lineage import Lineage, Origin
from first_light.dbt.engine import DbtRun, NodeResult, QueryResult
from first_light.dbt.kept_lineage import Columns, KeptLineage
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.plain_views import PlainView, plain_views
from first_light.history.record import NodeRun, Record
from first_light.release.carry_over import Built, CarriedOver, plan
from first_light.release.catalog import nodes_without_values
from first_light.release.draft import Draft
from first_light.release.made_views import with_views
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation

_VIEW = "model.shop.view"


def _macro(name: str, *calls: str) -> dict[str, Any]:
    _, package, own = name.split(".")
    return {"name": own, "package_name": package, "depends_on": {"macros": [*calls]}}


def _content(macros: tuple[str, ...] = (), config: Mapping[str, object] = {}) -> dict[str, Any]:
    entry = {
        "resource_type": "model",
        "relation_name": '"db"."marts"."view"',
        "description": "It's a view.",
        "columns": {"id": {"name": "id", "description": "The id."}, "x": {"name": "x"}},
        "config": {
            "materialized": "view",
            "persist_docs": {"relation": True, "columns": True},
            **config,
        },
    }
    own = {
        "macro.dbt.materialization_view_default": ("macro.dbt.create_view_as",),
        "macro.dbt.create_view_as": ("macro.dbt_duckdb.duckdb__create_view_as",),
        "macro.dbt_duckdb.duckdb__create_view_as": (),
        "macro.dbt.other": (),
        **dict.fromkeys(macros, ()),
    }
    return {
        "metadata": {"adapter_type": "duckdb"},
        "nodes": {_VIEW: entry},
        "macros": {name: _macro(name, *calls) for name, calls in own.items()},
    }


def test_what_a_view_gets_besides_its_query() -> None:
    (view,) = plain_views(_content()).values()
    assert [*view.comments(["id", "unknown", "x"])] == [
        """comment on view "db"."marts"."view" is 'It''s a view.'""",
        """comment on column "db"."marts"."view"."id" is 'The id.'""",
        """comment on column "db"."marts"."view"."x" is ''""",
    ]
    assert [*plain_views(_content(config={"persist_docs": {}}))[_VIEW].comments(["id"])] == []
    assert [*PlainView("v", "", {"id": "i"}).comments([])] == []


@pytest.mark.parametrize(
    "content",
    [
        _content(config={"materialized": "table"}),
        _content(config={"grants": {"select": ["all"]}}),
        _content(config={"sql_header": "set a = 1;"}),
        _content(config={"post-hook": [{"sql": "select 1"}]}),
        # The team's own way to make views, or a package's.
        _content(("macro.shop.materialization_view_duckdb",)),
        _content(("macro.shop.create_view_as",)),
        _content(("macro.shop.default__create_view_as",)),
        _content(("macro.package.duckdb__create_view_as",)),
    ],
)
def test_views_that_dbt_makes(content: dict[str, Any]) -> None:
    assert plain_views(content) == {}


def test_macros_that_change_no_view() -> None:
    macros = ("other", "spark__create_view_as", "my__create_view_as")
    content = _content(tuple(f"macro.shop.{name}" for name in macros))
    assert [*plain_views(content)] == [_VIEW]


# ── When they can be made before dbt builds ──────────────────────────────────────────────────────

_TABLE, _GRANTED, _ABOVE, _OTHER = (f"model.shop.{name}" for name in ("t", "g", "above", "other"))


def _node(name: str, materialized: str = "view", *parents: str, **more: Any) -> Node:
    own = name.rpartition(".")[2]
    return Node(
        name, "model", own, "", materialized=materialized, schema="marts", alias=own,
        depends_on=parents, **more,
    )  # fmt: skip


_NODES = (
    _node(_TABLE, "table"),
    _node(_GRANTED, "table", grants=True),  # dbt builds it
    _node(_VIEW, "view", _TABLE),
    _node(_ABOVE, "view", _VIEW),
    _node(_OTHER, "view", _GRANTED),
)


def _planned(plain: set[str], changed: str = "") -> CarriedOver:
    views = {name: PlainView(f'"db"."marts"."{name.rpartition(".")[2]}"') for name in plain}
    names = [node.unique_id for node in _NODES]
    runs = tuple(NodeRun(n, "model", n, "", "", n, (), "success", 1.0) for n in names)
    return plan(
        Manifest({node.unique_id: node for node in _NODES}, {}),
        {name: "new" if name == changed else "f" for name in names},
        Record("1", 1, "shop", "release", "", "published", "", nodes=runs),
        Built("1", "2026-01-01T00:00:00Z", "data", dict.fromkeys(names, "f")),
        dict.fromkeys(names, "select 1"),
        {Relation("marts", node.alias) for node in _NODES},
        views,
    )


def test_views_follow_what_they_read() -> None:
    manifest = Manifest({node.unique_id: node for node in _NODES}, {})
    plain = {_VIEW, _ABOVE, _OTHER}
    carried = _planned(plain)
    assert carried.views.keys() == {_VIEW, _ABOVE}
    assert {node.unique_id for node in carried.rest(manifest)} == {_GRANTED, _OTHER}
    assert _planned(plain - {_VIEW}).views.keys() == set()
    assert _planned(plain, changed=_VIEW).views.keys() == set()
    without = carried.without_views()
    assert set(without.origins) == {_TABLE}
    assert {result.unique_id for result in without.results} == {_TABLE}
    assert without.unchanged == carried.unchanged


@dataclass
class _Engine:
    """dbt that compiles what it is told to, and a warehouse that rejects what it is told to."""

    compiled: DbtRun
    rejected: str = "nothing"
    name: str = "duckdb"
    statements: list[str] = field(default_factory=list)

    def compile(self, *_: str) -> DbtRun:
        return self.compiled

    @contextmanager
    def connect(self) -> Iterator[_Engine]:
        yield self

    def run(self, query: str) -> QueryResult:
        self.statements.append(query)
        if self.rejected in query:
            raise DataopsError("The query failed in the warehouse.")
        return QueryResult([], [])


def _made(engine: _Engine) -> CarriedOver:
    record = Record("2", 2, "shop", "release", "", "running", "")
    draft = Draft(
        record,
        engine,  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        carried=_planned({_VIEW, _ABOVE}),
    )
    return with_views(draft, Manifest({node.unique_id: node for node in _NODES}, {}))


def _compiled(*names: str) -> DbtRun:
    return DbtRun(
        True, tuple(NodeResult(n, "model", n, "", "success", 0.0, sql="select 2") for n in names)
    )


def test_views_are_made_from_what_dbt_compiles_now() -> None:
    engine = _Engine(_compiled(_ABOVE, _VIEW))
    sql = {result.unique_id: result.sql for result in _made(engine).results}
    assert sql == {_TABLE: "select 1", _VIEW: "select 2", _ABOVE: "select 2"}
    created = [text for text in engine.statements if text.startswith("create view")]
    assert [text.partition(" as ")[0] for text in created] == [
        'create view "db"."marts"."view"',
        'create view "db"."marts"."above"',
    ]
    assert engine.statements[0].startswith("begin")
    assert engine.statements[-1].startswith("commit")


@pytest.mark.parametrize(
    "engine",
    [
        _Engine(DbtRun(False, problem="It does not compile.")),
        _Engine(_compiled(_VIEW)),  # not all of them
        _Engine(_compiled(_VIEW, _ABOVE), rejected='"above"'),
    ],
)
def test_dbt_makes_views_that_cannot_be_made(engine: _Engine) -> None:
    carried = _made(engine)
    assert set(carried.origins) == {_TABLE}
    assert carried.views == {}
    assert not any(text.startswith("commit") for text in engine.statements)


# ── Lineage that is kept ─────────────────────────────────────────────────────────────────────────

_READ: Columns = ((("warehouse", "marts", "t"), ("id", "name")),)
_ID, _COUNTED = Origin(_READ[0][0], "id"), Origin(_READ[0][0], "name", counted=True)
_LINEAGE = Lineage({"id": frozenset({_ID, _COUNTED})})


def test_lineage_is_kept_for_the_same_sql_and_columns() -> None:
    first = KeptLineage()
    first.lineage("a", "select 1", _READ, lambda *_: _LINEAGE)
    first.lineage("b", "select 2", _READ, lambda *_: Lineage())
    content = first.to_json({"a"})
    traced: list[str] = []

    def trace(sql: str, _: Columns) -> Lineage:
        traced.append(sql)
        return Lineage()

    again = KeptLineage.from_json(content)
    assert again.lineage("a", "select 1", _READ, trace) == _LINEAGE
    assert traced == []
    assert again.to_json({"a"}) == content
    # In the schema of another release.
    moved = Origin(("warehouse", "r2_marts", "t"), "id")
    there: Columns = ((moved.parent, ("id", "name")),)
    sql = 'select * from "warehouse"."{}"."t"'
    one = Lineage({"id": frozenset({_ID})})
    first.lineage("c", sql.format("marts"), _READ, lambda *_: one)
    later = KeptLineage.from_json(first.to_json({"c"}))
    assert later.lineage("c", sql.format("r2_marts"), there, trace).columns["id"] == {moved}
    assert traced == []
    renamed: Columns = ((_READ[0][0], ("id", "label")),)
    for sql, columns in (("select 3", _READ), ("select 1", renamed), ("select 2", _READ)):
        again.lineage("a", sql, columns, trace)
    assert traced == ["select 3", "select 1", "select 2"]  # of b nothing was kept
    assert KeptLineage.from_json(b"damaged").earlier == {}
    wrong = content.replace(b'"t"', b'"another"')
    assert wrong != content
    assert KeptLineage.from_json(wrong).lineage("a", "select 1", _READ, trace) == Lineage()


def test_no_lineage_is_kept_that_may_hold_values() -> None:
    nodes = (*_NODES, _node("model.shop.query", source_code="{{ run_query('select 1') }}"))
    manifest = Manifest({node.unique_id: node for node in nodes}, {})
    assert nodes_without_values(manifest, ()) == {node.unique_id for node in _NODES}
    # Of the view something is withheld: it, and what reads it.
    assert nodes_without_values(manifest, {("marts", "view")}) == {_TABLE, _GRANTED, _OTHER}
