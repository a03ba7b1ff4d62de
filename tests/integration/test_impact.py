"""What a change does is said: on tables, on values, and on the example, one scenario a change."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser

import harness
from browser import browser
from first_light.dbt.column_lineage import Origin, trace
from first_light.dbt.engine import open_engine
from first_light.dbt.manifest import Column, Manifest, Node
from first_light.impact import classify as judge
from first_light.impact import column_process as beside
from first_light.impact import markdown, page
from first_light.impact.base import NOT_TESTS, side_environment
from first_light.impact.change import Change, NoBase, find_change
from first_light.impact.check_step import ImpactStep, explained, files_to_check
from first_light.impact.column_process import SeparateBuild
from first_light.impact.compare import compare_tables
from first_light.impact.findings import Impact, ModelImpact
from first_light.impact.tables import TableDiff
from first_light.project.product import Product
from first_light.utils.graph_svg import GraphNode
from first_light.utils.steps import FAILED, SKIPPED, WARNED, Step

__all__ = ["browser"]

SCENARIOS = Path(__file__).parents[1] / "helpers" / "impact_scenarios"
DBT_UTILS = SCENARIOS.with_name("dbt_utils")


# ── Tables ───────────────────────────────────────────────────────────────────────────────────────


def compare(
    base: str, head: str, *keys: tuple[str, ...], hidden: tuple[str, ...] = ()
) -> TableDiff:
    with duckdb.connect() as connection:
        connection.execute(f"create table base as {base}")
        connection.execute(f"create table head as {head}")
        return compare_tables(connection, "base", "head", keys, hidden)


def test_rows_are_matched_by_key() -> None:
    base = "select i as id, i * 10 as v, 'a' as w from range(5) r(i)"
    head = "select i as id, if(i = 3, 99, i * 10) as v, 'a' as w from range(1, 7) r(i)"
    diff = compare(base, head, ("id",))
    assert (diff.added, diff.removed, diff.changed, diff.matched) == (2, 1, 1, 4)
    changed = next(c for c in diff.columns if c.name == "v")
    assert changed.changed == 1
    assert [(e.key, e.before, e.after) for e in changed.examples] == [("id 3", "30", "99")]
    assert "w" not in {column.name for column in diff.columns}
    assert dict(diff.removed_rows[0].values) == {"id": "0", "v": "0", "w": "a"}


def test_equal_tables_are_the_same() -> None:
    query = "select i as id, i / 7 as v, [i] as l, {'a': i} as s, null as n from range(100) r(i)"
    assert compare(query, query, ("id",)).same
    assert compare(query, query).same


def test_a_key_that_repeats_is_named_and_whole_rows_are_compared() -> None:
    base = "select i as id, i as v from range(10) r(i)"
    head = f"{base} union all select 3, 77"
    diff = compare(base, head, ("id",))
    assert diff.key == ()
    assert "id does not tell rows apart after: 1 values stand in 2 rows" in diff.note
    assert (diff.added, diff.removed) == (1, 0)


def test_an_empty_key_is_named() -> None:
    base = "select i as id from range(3) r(i)"
    diff = compare(base, f"{base} union all select null", ("id",))
    assert "id is empty in 1 rows after" in diff.note
    assert (diff.added, diff.removed) == (1, 0)


def test_whole_rows_count_repeats() -> None:
    diff = compare("select 1 as a union all select 1", "select 1 as a union all select 2")
    assert (diff.added, diff.removed) == (1, 1)


def test_retyped_and_moved_columns_are_told() -> None:
    diff = compare(
        "select 1 as id, 2::integer as n, 'x' as gone, 5 as m",
        "select 1 as id, 5 as m, 2::bigint as n, 'y' as fresh",
        ("id",),
    )
    by_name = {column.name: column for column in diff.columns}
    assert by_name["n"].retyped
    assert by_name["n"].changed == 0
    assert by_name["gone"].removed
    assert by_name["fresh"].added
    assert diff.reordered
    assert diff.says_other


@pytest.mark.parametrize("key", [(("id",),), ()])
def test_the_order_of_additions_is_no_change(key: tuple[tuple[str, ...], ...]) -> None:
    diff = compare(
        "select 1 as id, 0.1 + 0.2::double as v", "select 1 as id, 0.3::double as v", *key
    )
    assert diff.same


def test_another_number_is_a_change() -> None:
    assert compare(
        "select 1 as id, 0.3::double as v", "select 1 as id, 0.31::double as v", ("id",)
    ).changed


def test_a_number_that_becomes_null_is_a_change() -> None:
    assert compare(
        "select 1 as id, 0.3::double as v", "select 1 as id, null::double as v", ("id",)
    ).changed


@pytest.mark.parametrize("keys", [(("id",),), ()])
def test_extremes_of_a_table_of_people_are_not_shown(keys: tuple[tuple[str, ...], ...]) -> None:
    base = (
        "select i as id, 'ada' || i as name, i * 1000 + 7 as salary, i as gone from range(9) r(i)"
    )
    head = base.replace("+ 7", "+ 8").replace("gone", "fresh")
    people = compare(base, head, *keys, hidden=("name",))
    things = compare(base, head, *keys)
    assert "8008" not in repr(people)
    assert "8008" in repr(things)
    for diff, extremes in ((people, set()), (things, {"salary", "gone", "fresh"})):
        sides = [(c.name, stats) for c in diff.columns for stats in (c.was, c.now) if stats]
        assert {name for name, stats in sides if stats.minimum or stats.maximum} >= extremes
        assert extremes or not any(stats.minimum or stats.maximum for _, stats in sides)


def test_hidden_values_never_leave() -> None:
    base = "select i as id, 'ada' || i as name, i as n from range(9) r(i)"
    head = "select i as id, 'bob' || i as name, i + 1 as n from range(8) r(i)"
    for keys in ((("id",),), (), (("name",),)):
        document = repr(compare(base, head, *keys, hidden=("NAME",)))
        assert "ada" not in document
        assert "bob" not in document
        assert "'name'" in document


CELL = st.one_of(st.none(), st.integers(0, 3))
TABLE = st.dictionaries(st.integers(0, 6), st.tuples(CELL, CELL), max_size=7)


@settings(max_examples=40, deadline=None)
@given(TABLE, TABLE)
def test_counts_are_those_of_a_comparison_by_hand(
    base: dict[int, tuple[Any, Any]], head: dict[int, tuple[Any, Any]]
) -> None:
    with duckdb.connect() as connection:
        for name, rows in (("base", base), ("head", head)):
            connection.execute(f"create table {name} (id integer, a integer, b integer)")
            for key, cells in rows.items():
                connection.execute(f"insert into {name} values (?, ?, ?)", [key, *cells])
        keyed = compare_tables(connection, "base", "head", [("id",)])
        whole = compare_tables(connection, "base", "head")
    both = base.keys() & head.keys()
    changed = {key for key in both if base[key] != head[key]}
    assert (keyed.added, keyed.removed) == (len(head.keys() - both), len(base.keys() - both))
    assert keyed.changed == len(changed)
    document = {column.name: column.changed for column in keyed.columns}
    for i, name in enumerate("ab"):
        assert (document.get(name) or 0) == sum(base[key][i] != head[key][i] for key in both)
    assert (whole.added, whole.removed) == (
        len(head.keys() - both) + len(changed),
        len(base.keys() - both) + len(changed),
    )
    assert keyed.same == whole.same == (base == head)


def test_composite_keys_and_odd_names() -> None:
    query = """select i // 2 as "a b", i % 2 as "select", {} as "v""x" from range(6) r(i)"""
    base, head = query.format("i"), query.format("if(i = 5, 0, i)")
    diff = compare(base, head, ("a b", "select"))
    assert diff.changed == 1
    assert diff.columns[0].examples[0].key == "a b 2, select 1"


# ── Lineage ──────────────────────────────────────────────────────────────────────────────────────

ORDERS, LINES = ("w", "s", "orders"), ("w", "s", "lines")
SCHEMA = {ORDERS: ["order_id", "customer_id", "placed_at"], LINES: ["order_id", "price", "email"]}


@pytest.mark.parametrize(
    ("query", "column", "origins"),
    [
        ("select order_id as id from w.s.orders", "id", {(ORDERS, "order_id", False)}),
        ("with o as (select * from w.s.orders) select * from o", "placed_at",
         {(ORDERS, "placed_at", False)}),
        ("select count(email) as n from w.s.lines", "n", {(LINES, "email", True)}),
        ("select o.order_id, sum(l.price) as total from w.s.orders o join w.s.lines l "
         "on o.order_id = l.order_id group by all", "total", {(LINES, "price", False)}),
        ("select order_id as x from w.s.orders union all select price from w.s.lines", "x",
         {(ORDERS, "order_id", False), (LINES, "price", False)}),
        ("select * replace (md5(email) as email) from w.s.lines", "email",
         {(LINES, "email", False)}),
        ("select (select max(price) from w.s.lines) as top from w.s.orders", "top",
         {(LINES, "price", False)}),
    ],
)  # fmt: skip
def test_a_column_is_traced(query: str, column: str, origins: set[Any]) -> None:
    result = trace(query, SCHEMA).columns[column]
    assert result == {Origin(*origin) for origin in origins}


def test_filters_and_joins_decide_rows() -> None:
    query = (
        "select o.order_id from w.s.orders o join w.s.lines l on o.order_id = l.order_id "
        "where l.price > 3"
    )
    assert trace(query, SCHEMA).rows == {
        Origin(ORDERS, "order_id"), Origin(LINES, "order_id"), Origin(LINES, "price")
    }  # fmt: skip


def test_what_cannot_be_read_is_unknown() -> None:
    assert not trace("select from where", SCHEMA).known
    assert not trace("select columns('a.*') from w.s.other", SCHEMA).columns.get("email")


# ── Decisions ────────────────────────────────────────────────────────────────────────────────────


def public(*columns: Column, **more: Any) -> Node:
    return Node(
        "model.p.m", "model", "m", "models/m.sql", columns=columns, access="public",
        **{"contract": True, "schema": "s", "alias": "m", **more},
    )  # fmt: skip


ID = Column("id", "", "bigint", "", ("not_null",))
AMOUNT = Column("amount", "", "decimal(18, 2)", "")


@pytest.mark.parametrize(
    ("new", "broken"),
    [
        (public(ID, AMOUNT), ()),
        (public(AMOUNT, ID, Column("more", "", "text", "")), ()),
        (public(ID, Column("amount", "", "DECIMAL(18,2)", "")), ()),
        (public(ID), ("column amount was removed",)),
        (public(ID, Column("amount", "", "double", "")),
         ("column amount is double, was decimal(18, 2)",)),
        (public(ID, Column("amount", "", "decimal(38, 4)", "")), ()),
        (public(ID, Column("amount", "", "decimal(18, 4)", "")),
         ("column amount is decimal(18, 4), was decimal(18, 2)",)),
        (public(Column("id", "", "bigint", ""), AMOUNT),
         ("column id no longer promises not null",)),
        (public(ID, AMOUNT, contract=False), ("its contract is no longer enforced",)),
        (public(ID, AMOUNT, alias="n"), ("it is built as n now, not as m",)),
        (None, ("the model was removed",)),
    ],
)  # fmt: skip
def test_a_broken_promise_is_named(new: Node | None, broken: tuple[str, ...]) -> None:
    assert judge.breaking(public(ID, AMOUNT), new, "2026-01-01") == broken


def test_a_version_may_go_after_its_deprecation_date() -> None:
    old = public(ID, deprecated="2026-03-01T00:00:00")
    assert judge.breaking(old, None, "2026-03-02T00:00:00Z") == ()
    assert judge.breaking(old, None, "2026-02-02T00:00:00Z") == ("the model was removed",)


@pytest.mark.parametrize(
    ("file", "every"),
    [
        ("models/marts/customers.sql", False),
        ("docs/note.md", False),
        ("uv.lock", True),
        (".pre-commit-config.yaml", True),
        (".pre-commit-team.yaml", True),
        ("models/marts/.sqlfluff", True),
        ("dataops/pyproject.toml", True),
    ],
)
def test_hooks_see_every_file_only_where_a_rule_or_a_tool_changed(file: str, every: bool) -> None:
    result = files_to_check(Change("b", "main", frozenset((file, "models/a.sql")), {}))
    assert result == (None if every else {file, "models/a.sql"})
    assert files_to_check(NoBase("this is main itself")) is None


def test_declarations_need_a_reason() -> None:
    declared, unclear = judge.declarations(
        [
            "orders, `orders_daily` -- late orders count",
            "customers",
            "late -- WHY",
            "daily – dash",
            "x: colon",
        ]
    )
    assert declared == {
        "orders": "late orders count", "orders_daily": "late orders count",
        "daily": "dash", "x": "colon",
    }  # fmt: skip
    assert unclear == ("customers", "late -- WHY")


@pytest.mark.parametrize(
    ("sql", "asked"),
    [
        ("select now() as a, random() as b", "now, random"),
        ("select CURRENT_DATE as a", "current_date"),
        ("select 'now()' as a -- random()\n/* today() */", ""),
        ("select snow(1) as a, known from t", ""),
    ],
)
def test_sql_that_asks_the_clock_or_chance_is_noted(sql: str, asked: str) -> None:
    notes = judge.unsteady(sql)
    assert (f"It asks {asked}:" in notes[0]) if asked else notes == ()


def test_a_drawing_leads_through_what_it_leaves_out() -> None:
    edges = [("a", "x"), ("x", "y"), ("y", "b"), ("a", "c"), ("c", "b"), ("z", "b")]
    assert page.joined({"a", "b", "c"}, edges) == [("a", "b"), ("a", "c"), ("c", "b")]


def big(models: int, public: int) -> Impact:
    """One edited model, everything else below it in chains, some of it public."""
    diff = TableDiff(("id",), "", 9, 9, 0, 0, 9, False, (), (), ())
    names = [f"m{n}" for n in range(models)]
    return Impact(
        base="b" * 40, ref="main", head="h" * 40, dirty=False, whole="", sample=0, total=models,
        models=tuple(
            ModelImpact(
                name, name, "model", f"{name}.sql", "downstream" if n else "modified", diff=diff,
                access="public" if n >= models - public else "",
            )
            for n, name in enumerate(names)
        ),
        nodes=tuple(GraphNode(n, n, "model", "changed", i % 10) for i, n in enumerate(names)),
        edges=tuple((names[max(0, i - 9)], name) for i, name in enumerate(names) if i),
    )  # fmt: skip


def test_three_hundred_models_read_as_well_as_three() -> None:
    few, many = big(3, 1), big(300, 12)
    assert page.page(few).count("<rect") == 3
    drawn = page.page(many)
    assert drawn.count("<rect") == 13
    assert "287 nodes are not drawn; 287 of them change too." in drawn
    # What must be decided comes first, then what was edited.
    for text in (drawn, markdown.markdown(many)):
        assert all(name in text for name in ("m299", "m0", "Data-Change: m288"))
    table = [line for line in markdown.markdown(many).splitlines() if line.startswith("| ")]
    assert table[1].startswith("| **m288**")
    assert table[13].startswith("| m0 ")
    assert len(markdown.markdown(many).encode()) < 65_000
    assert "… and 260 more" in markdown.markdown(many)


def test_no_name_in_an_impact_page_runs_in_a_browser(tmp_path: Path, browser: Browser) -> None:
    run = "document.documentElement.setAttribute(`data-ran`, 1)"
    hostile = f"\"'></style></title></svg><script>{run}</script><img src=x onerror='{run}'><!--"
    impact = big(3, 1)
    html = page.page(
        replace(
            impact,
            ref=hostile,
            models=tuple(replace(model, name=f"{hostile}{model.name}") for model in impact.models),
            nodes=tuple(replace(node, label=f"{hostile}{node.label}") for node in impact.nodes),
        )
    )
    file = tmp_path / "impact.html"
    file.write_text(html, encoding="utf-8")
    with contextlib.closing(browser.new_page()) as tab:
        tab.goto(file.as_uri())
        assert f"{hostile}m0" in tab.inner_text("body")
        assert tab.evaluate("document.documentElement.getAttribute('data-ran')") is None
        assert (
            tab.evaluate("document.querySelectorAll('[onerror], img:not([src^=data])').length") == 0
        )


# ── Scenarios on the example ─────────────────────────────────────────────────────────────────────


@dataclass
class Shop:
    """The example under git, with a few models more, and its impact at any time."""

    root: Path
    product: harness.Product

    def impact(self, base: str = "BASE", tests: bool = False) -> tuple[Step, dict[str, Any], str]:
        """The step, impact.json and impact.md of what lies in the folder now."""
        product = Product(self.root)
        folder = product.target / "check"
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("impact.*"):
            path.unlink()
        (folder / "warehouse.duckdb").unlink(missing_ok=True)
        output: list[str] = []
        environment = side_environment(product, Path("target/check/warehouse.duckdb"))
        dbt = open_engine(self.root, "ci", folder, environment)
        parsed = dbt.parse()
        assert parsed.ok, parsed.problem
        step = ImpactStep(product, find_change(product, base), dbt, folder, output.append)
        arguments = step.prepare()
        judged = step.judge(dbt.build(*arguments, *(() if tests else NOT_TESTS)))
        if not (folder / "impact.json").is_file():
            return judged, {}, ""
        result = json.loads((folder / "impact.json").read_text("utf-8"))
        return judged, result, (folder / "impact.md").read_text("utf-8")

    def edit(self, path: str, change: Any) -> None:
        """Write, delete (None) or replace in ({old: new}) a file."""
        file = self.root / path
        if change is None:
            shutil.rmtree(file) if file.is_dir() else file.unlink()
        elif isinstance(change, str):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(change, "utf-8")
        else:
            text = file.read_text("utf-8")
            for old, new in change.items():
                assert old in text, f"{path} does not say: {old}"
                text = text.replace(old, new)
            file.write_text(text, "utf-8")

    def reset(self) -> None:
        self.product.git("reset", "-q", "--hard", "BASE")
        self.product.git("clean", "-fdq")
        shutil.rmtree(self.root / "dbt_packages", ignore_errors=True)


@pytest.fixture(scope="module")
def shop_once(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    product = harness.product(tmp_path_factory.mktemp("impact") / "shop")
    shutil.copytree(SCENARIOS / "base", product.root, dirs_exist_ok=True)
    harness.without_boards(product.root)
    product.commit("Base")
    product.git("tag", "BASE")
    return Shop(product.root, product)


@pytest.fixture
def shop(shop_once: Shop) -> Iterator[Shop]:
    yield shop_once
    shop_once.reset()


_IN_CI = 3  # one scenario of so many runs with every change, all of them every week


def scenarios() -> list[Any]:
    loaded = yaml.safe_load((SCENARIOS / "scenarios.yml").read_text("utf-8"))
    return [
        pytest.param(
            entry,
            id=entry["change"].replace(" ", "-"),
            marks=[] if number % _IN_CI == 0 else pytest.mark.thorough,
        )
        for number, entry in enumerate(loaded)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", scenarios())
def test_the_report_says_what_a_change_does(shop: Shop, scenario: dict[str, Any]) -> None:
    known = {"change", "edit", "move", "commit", "verdict", "says", "same", "report", "never"}
    known |= {"breaking", "undeclared", "exposures", "headline", "metrics"}
    assert set(scenario) <= known, set(scenario) - known
    for old, new in scenario.get("move", {}).items():
        (shop.root / new).parent.mkdir(parents=True, exist_ok=True)
        shop.product.git("mv", old, new)
    for path, change in scenario.get("edit", {}).items():
        shop.edit(path, change)
    if message := scenario.get("commit"):
        shop.product.commit(message)

    step, impact, report = shop.impact()
    document = {m["name"]: m for m in impact["models"]}
    differing = {
        name: m for name, m in document.items()
        if m["status"] in ("added", "removed") or m["not_compared_reason"]
        or "*" in m["unstable_columns"] or (m["diff"] and _differs(m["diff"]))
    }  # fmt: skip
    summaries = {name: document[name]["summary"] for name in differing}
    assert set(summaries) == set(scenario.get("says", {})), summaries
    for name, part in scenario.get("says", {}).items():
        assert part in summaries[name], summaries
    for name in scenario.get("same", []):
        assert name in document, f"{name} was not looked at: {sorted(document)}"
        assert name not in differing, summaries
    assert impact["breaking"] == scenario.get("breaking", [])
    undeclared = [name for name in impact["undeclared"] if name in document]
    assert undeclared == scenario.get("undeclared", [])
    metrics = {m["name"]: m["summary"] for m in impact["metrics"]}
    moved = {name for name in metrics if not metrics[name].endswith(", no change")}
    assert set(scenario.get("metrics", moved)) == moved, metrics
    for name, part in scenario.get("metrics", {}).items():
        assert part in metrics[name], metrics
    assert [e["label"] for e in impact["exposures"]] == scenario.get("exposures", [])
    expected = FAILED if scenario.get("breaking") or impact["undeclared"] else "passed"
    assert step.verdict == scenario.get("verdict", expected), step
    assert scenario.get("headline", "") in impact["headline"]
    for part in scenario.get("report", []):
        assert part in report, report
    page = (shop.root / "target/check/impact.html").read_text("utf-8")
    for part in scenario.get("never", []):
        assert part not in report
        assert part not in page
        assert part not in json.dumps(impact, ensure_ascii=False)


def _summary(impact: dict[str, Any], name: str) -> str:
    return next(str(model["summary"]) for model in impact["models"] if model["name"] == name)


def _differs(diff: dict[str, Any]) -> bool:
    rows = diff["rows_added"] or diff["rows_removed"] or diff["rows_changed"]
    return bool(rows or diff["columns"] or diff["columns_reordered"])


# ── What there is to compare with ────────────────────────────────────────────────────────────────


@pytest.fixture
def repository(tmp_path: Path) -> harness.Product:
    """A folder under git, as far as git is concerned a product."""
    root = tmp_path / "repository"
    root.mkdir()
    harness.git(root, "init", "-q", "-b", "main")
    return harness.Product(root, harness.clean_environment())


def test_without_a_commit_there_is_nothing_to_compare(repository: harness.Product) -> None:
    result = find_change(Product(repository.root), None)
    assert isinstance(result, NoBase)
    assert result.verdict == SKIPPED
    assert "no commit yet" in result.why


def test_the_default_branch_itself_is_checked_whole(repository: harness.Product) -> None:
    (repository.root / "a").write_text("1")
    repository.commit()
    result = find_change(Product(repository.root), None)
    assert isinstance(result, NoBase)
    assert result.verdict == SKIPPED
    assert "this is main itself" in result.why


def test_work_in_progress_is_compared_before_its_first_commit(
    repository: harness.Product, tmp_path: Path
) -> None:
    (repository.root / "a").write_text("1")
    repository.commit()
    clone = tmp_path / "clone"
    harness.git(tmp_path, "clone", "-q", str(repository.root), str(clone))
    for root, branch in ((repository.root, "main"), (clone, "main"), (clone, "work")):
        if branch != "main":
            harness.git(root, "switch", "-q", "-c", branch)
        clean = find_change(Product(root), None)
        assert isinstance(clean, NoBase)
        output = "this is main itself" if branch == "main" else "nothing differs from main yet"
        assert output in clean.why
        (root / "a").write_text("2")
        result = find_change(Product(root), None)
        assert isinstance(result, Change), branch
        assert result.files == {"a"}
        (root / "a").write_text("1")


def test_a_change_is_all_since_the_merge_base(repository: harness.Product) -> None:
    root = repository.root
    (root / "a").write_text("1\n2\n3\n")
    (root / "b").write_text("b")
    repository.commit()
    base = repository.git("rev-parse", "HEAD").strip()
    repository.git("switch", "-q", "-c", "work")
    repository.git("mv", "a", "a2")
    repository.commit()
    (root / "b").unlink()
    (root / "é w").write_text("new")
    repository.git("switch", "-q", "main")
    (root / "c").write_text("later, elsewhere")
    repository.git("add", "c")
    repository.git("commit", "-q", "-m", "later")
    repository.git("switch", "-q", "work")
    result = find_change(Product(root), None)
    assert isinstance(result, Change)
    assert result.base == base
    assert result.files == {"a", "a2", "b", "é w"}
    assert result.renamed == {"a2": "a"}


def test_nothing_changed_is_said(repository: harness.Product) -> None:
    (repository.root / "a").write_text("1")
    repository.commit()
    result = find_change(Product(repository.root), "HEAD")
    assert isinstance(result, NoBase)
    assert "nothing differs from HEAD" in result.why


def test_no_default_branch_is_a_warning(repository: harness.Product) -> None:
    (repository.root / "a").write_text("1")
    repository.commit()
    repository.git("branch", "-m", "develop")
    result = find_change(Product(repository.root), None)
    assert isinstance(result, NoBase)
    assert result.why == "this is develop itself, and nothing is changed"
    repository.git("branch", "-m", "work")
    result = find_change(Product(repository.root), None)
    assert isinstance(result, NoBase)
    assert result.verdict == WARNED
    assert result.fix == "uv run dataops check --base REF"


def test_a_shallow_clone_fails_with_the_fix(repository: harness.Product, tmp_path: Path) -> None:
    root = repository.root
    for n in "123":
        (root / "a").write_text(n)
        repository.commit()
    repository.git("switch", "-q", "-c", "work", "HEAD~1")
    (root / "b").write_text("b")
    repository.commit()
    repository.git("switch", "-q", "main")
    clone = tmp_path / "clone"
    source = ("--no-single-branch", "--branch", "work", f"file://{root}")
    harness.git(tmp_path, "clone", "-q", "--depth", "1", *source, str(clone))
    result = find_change(Product(clone), None)
    assert isinstance(result, NoBase)
    assert result.verdict == FAILED
    assert result.fix == "git fetch --unshallow"


def test_a_base_that_cannot_be_built_passes_only_with_an_explanation() -> None:
    broken = NoBase("base abc1234 cannot be parsed", WARNED)
    refused = explained(
        broken, "Correct the reference\n\nData-Change: orders -- other rows", "main"
    )
    assert (refused.verdict, refused.fix) == (FAILED, "uv run dataops check --base main")
    assert "Data-Change: * -- WHY" in refused.why
    pasted = explained(broken, "Data-Change: * -- WHY", "main")
    assert pasted.verdict == FAILED
    told = explained(broken, "Repair\n\nData-Change: * -- main has not parsed since Monday", "main")
    assert told.verdict == WARNED
    assert "main has not parsed since Monday" in told.why


# ── Base ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_base_that_cannot_be_parsed_fails_unexplained_and_all_is_built(shop: Shop) -> None:
    good = (shop.root / "models/marts/orders_daily.sql").read_text("utf-8")
    shop.edit("models/marts/orders_daily.sql", "select * from {{ ref('nowhere') }}\n")
    shop.product.commit("Broken")
    shop.product.git("tag", "-f", "BROKEN")
    shop.edit("models/marts/orders_daily.sql", good)
    step, impact, _ = shop.impact("BROKEN")
    assert step.verdict == FAILED
    assert "cannot be parsed" in step.details[0]
    assert "Data-Change: * -- WHY" in step.details[0]
    assert "the data changes are unknown" in step.details[0]
    assert impact == {}
    with duckdb.connect(str(shop.root / "target/check/warehouse.duckdb")) as connection:
        assert connection.execute("select count(*) from ci_local_marts.customers").fetchone() != (
            0,
        )


@pytest.mark.slow
def test_a_base_that_does_not_build_leaves_its_models_unknown(shop: Shop) -> None:
    shop.edit(
        "models/intermediate/int_orders_daily.sql",
        {"sum(orders.item_count)": "sum(orders.no_such_column)"},
    )
    shop.product.commit("Broken")
    shop.product.git("tag", "-f", "BROKEN")
    shop.edit(
        "models/intermediate/int_orders_daily.sql",
        {"sum(orders.no_such_column)": "sum(orders.item_count)"},
    )
    step, impact, report = shop.impact("BROKEN")
    assert impact["undeclared"] == ["orders_daily"]
    assert step.verdict == FAILED
    assert "base does not build it on this sample" in report


@pytest.mark.slow
def test_what_a_failed_test_leaves_out_is_compared_all_the_same(shop: Shop) -> None:
    shop.edit(
        "models/intermediate/int_orders_latest.sql",
        {"    where version_rank = 1": "    where version_rank = 1 and order_id % 2 = 0"},
    )
    shop.edit("tests/assert_never.sql", "select order_id from {{ ref('int_orders_latest') }}\n")
    _, impact, _ = shop.impact(tests=True)
    assert _summary(impact, "orders_daily").startswith("rows: ")
    assert not any(model["not_compared_reason"] for model in impact["models"])


@pytest.mark.slow
def test_a_change_of_no_model_builds_nothing(shop: Shop) -> None:
    shutil.rmtree(shop.root / "target" / "base", ignore_errors=True)
    shop.edit("docs/note.md", "A note.\n")
    step, impact, _ = shop.impact()
    assert step.verdict == "passed"
    assert impact["models"] == []
    assert not list((shop.root / "target" / "base").glob("*/tree/target"))


@pytest.mark.slow
def test_base_is_built_once_and_only_as_far_as_needed(shop: Shop) -> None:
    shutil.rmtree(shop.root / "target" / "base", ignore_errors=True)
    shop.edit("models/marts/customers.sql", {"orders_by_customer": "totals"})
    shop.impact()
    (folder,) = (shop.root / "target" / "base").iterdir()
    first = json.loads((folder / "built.json").read_text("utf-8"))
    assert not any("int_contacts" in name for name in first)
    database = folder / "tree/target/check/warehouse.duckdb"
    written = database.stat().st_mtime_ns
    shop.impact()
    assert database.stat().st_mtime_ns == written
    shop.edit("models/intermediate/int_contacts.sql", {"upper(email)": "lower(email)"})
    shop.impact()
    assert any("int_contacts" in name for name in json.loads((folder / "built.json").read_text()))


@pytest.mark.slow
def test_both_sides_are_built_side_by_side(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same report, whichever way base was built; base's trouble is said, not swallowed."""
    shop.edit("models/marts/customers.sql", {"count(*) as order_count": "9 as order_count"})
    shop.edit("models/staging/shop/stg_orders.sql", {"with source": "-- anew\nwith source"})
    _, alone, _ = shop.impact()
    bases = shop.root / "target" / "base"
    started: list[list[str]] = []
    start = SeparateBuild.__init__

    def watched(self: SeparateBuild, base: Any, wanted: Any) -> None:
        started.append(list(wanted))
        assert "stg_orders" not in str(list(base.built))
        start(self, base, wanted)

    monkeypatch.setattr(SeparateBuild, "__init__", watched)
    monkeypatch.setattr(beside, "_WORTH", 1)
    shutil.rmtree(bases)
    _, together, _ = shop.impact()
    assert together == alone
    (wanted,) = started
    assert any("stg_orders" in name for name in wanted)
    assert not any("snapshot" in name for name in wanted)

    shutil.rmtree(bases)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    step, _, _ = shop.impact()
    assert step.verdict == FAILED
    assert "The base commit could not be built" in step.details[0]


def test_a_snapshot_and_what_it_reads_are_built_before() -> None:
    def node(name: str, kind: str, *parents: str) -> Node:
        return Node(name, kind, name, f"{name}.sql", depends_on=parents)

    base = Manifest({
        n.unique_id: n for n in (
            node("a", "model"), node("b", "model", "a"), node("c", "model", "b"),
            node("s", "snapshot", "b"), node("d", "model", "s"),
        )
    }, {})  # fmt: skip
    everything = {"a", "b", "c", "s", "d"}
    assert beside.separable(base, everything, everything) == ["c", "d"]
    assert beside.separable(base, everything - {"s", "d"}, {"b", "c"}) == ["b", "c"]
    assert beside.separable(base, everything - {"s", "d"}, {"a", "b", "c"}) == ["a", "b", "c"]


@pytest.mark.slow
def test_a_changed_package_is_seen(shop: Shop) -> None:
    """One in a folder of the product; in a fresh clone it is installed by itself."""
    package, installed = "packages/shared/", shop.root / "dbt_packages"
    shop.edit("packages.yml", "packages:\n  - local: packages/shared\n")
    shop.edit(f"{package}dbt_project.yml", "name: shared\nversion: 1.0.0\n")
    macro = "{% macro shout(column) -%} upper({{ column }}) {%- endmacro %}\n"
    shop.edit(f"{package}macros/shout.sql", macro)
    shop.edit(
        "models/intermediate/int_contacts.sql", {"upper(email)": "{{ shared.shout('email') }}"}
    )
    shop.product.commit("A package")
    shop.product.git("tag", "-f", "PACKAGED")
    assert not installed.exists()
    try:
        shop.edit(f"{package}macros/shout.sql", {"upper": "'!' || upper"})
        step, impact, report = shop.impact("PACKAGED")
        assert installed.is_dir()
        assert _summary(impact, "int_contacts").endswith("values: reach")
        assert "macro modified: shout" in report
        assert step.verdict == "passed"
    finally:
        shutil.rmtree(installed, ignore_errors=True)


def _add_dbt_utils(shop: Shop) -> None:
    """Add dbt_utils to the product: the real one where DBT_PACKAGES names it, as in the weekly run,
    else a package of its form."""
    chosen = os.environ.get("DBT_PACKAGES", "")
    if chosen == "hub":
        hub = {"package": "dbt-labs/dbt_utils", "version": [">=1.3.0", "<2.0.0"]}
        shop.edit("packages.yml", yaml.safe_dump({"packages": [hub]}))
        return
    source = Path(chosen) / "dbt_utils" if chosen else DBT_UTILS
    for file in (source / "dbt_project.yml", *sorted((source / "macros").rglob("*.sql"))):
        # As the hooks for white space leave it.
        lines = [line.rstrip() for line in file.read_text("utf-8").strip().splitlines()]
        name = file.relative_to(source).as_posix()
        shop.edit(f"packages/dbt_utils/{name}", "\n".join(lines) + "\n")
    shop.edit("packages.yml", "packages:\n  - local: packages/dbt_utils\n")


# ── The whole check ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_check_says_what_a_branch_changes(shop: Shop) -> None:
    product = shop.product
    product.git("switch", "-q", "-C", "work", "BASE")
    shop.edit(
        "models/marts/customers.sql", {"count(*) as order_count": "count(*) + 1 as order_count"}
    )
    product.git("commit", "-q", "--no-verify", "-am", "Count one more")
    measuring = {"DATAOPS_CHECK_TEST_STRENGTH": "fail"}
    checked = product.dataops("check", code=1, env=measuring)
    assert "measured once the other steps pass" in checked.stdout
    assert "Data-Change: customers -- WHY" in checked.stdout
    assert "target/check/impact.html" in checked.stdout
    report = (shop.root / "target/check/report.md").read_text("utf-8")
    assert "Undeclared data change" in report
    # Only the changed file was linted, and only what the change reaches was built.
    steps = json.loads((shop.root / "target/check/report.json").read_text("utf-8"))["steps"]
    built = next(step["summary"] for step in steps if step["name"] == "dbt build on the sample")
    assert "the change reaches 1 of 17 models" in built
    assert next(step for step in steps if step["name"] == "YAML")["verdict"] == SKIPPED

    # dbt_utils comes with it, as the guide on packages adds it: all steps judge it, and pass.
    _add_dbt_utils(shop)
    sum_ = "cast({{ dbt_utils.safe_divide('count(*) + 1', '1') }} as bigint)"
    shop.edit("models/marts/customers.sql", {"count(*) + 1 as": f"{sum_} as"})
    shop.edit("models/marts/customers.yml", {"- accepted_range:": "- dbt_utils.accepted_range:"})
    declared = ("--trailer", "Data-Change: customers -- every customer gets a present")
    product.git("add", "-A")
    product.git("commit", "-q", "--no-verify", "--amend", "--no-edit", *declared)
    checked = product.dataops("check", env=measuring)
    assert "check passed" in checked.stdout
    results = json.loads((shop.root / "target/check/run_results.json").read_text("utf-8"))
    assert any(".dbt_utils_accepted_range_" in each["unique_id"] for each in results["results"])
    measured = r"passed +test strength +\S+ s +(\d+) of \1 changes are stopped"
    assert re.search(measured, checked.stdout)
    product.git("switch", "-q", "main")
    product.git("branch", "-D", "-q", "work")
