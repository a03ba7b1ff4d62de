"""What a release need not build: fingerprints, the plan, and what monitors make of it."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from first_light.dbt.determinism import is_uncertain, variables
from first_light.dbt.fingerprint import Inputs, Project, fingerprints
from first_light.dbt.manifest import Manifest, Node
from first_light.history.record import FindingRun, NodeRun, Record, RelationProfile
from first_light.monitors.accepted import Accepted
from first_light.monitors.baseline import Memory, Step, release_of
from first_light.monitors.carried import same_as_profiled, still_warned
from first_light.monitors.past import past_of
from first_light.release.carry_over import Built, obstacle, plan
from first_light.release.selectors import selectors
from first_light.warehouse.base import Relation

SOURCE, STAGING, MART, SEED, TEST = (
    "source.shop.raw.orders",
    "model.shop.stg_orders",
    "model.shop.orders",
    "seed.shop.channels",
    "test.shop.not_null_orders_id",
)


def entry(unique_id: str, code: str = "", parents: tuple[str, ...] = (), **more: Any) -> Any:
    kind, _, name = unique_id.split(".", 2)
    materialized = {"model": "table", "source": ""}.get(kind, kind)
    config = {"materialized": materialized, **more.pop("config", {})}
    return {
        "unique_id": unique_id,
        "resource_type": kind,
        "name": name,
        "original_file_path": f"models/{name}.sql",
        "raw_code": code,
        "config": config,
        "depends_on": {"nodes": [*parents], "macros": more.pop("macros", [])},
        "created_at": 1.0,
        **more,
    }


def macro(name: str, text: str, calls: tuple[str, ...] = ()) -> Any:
    return {
        "name": name.rpartition(".")[2],
        "package_name": name.split(".")[1],
        "macro_sql": text,
        "depends_on": {"macros": [*calls]},
    }


def content() -> dict[str, Any]:
    nodes = [
        entry(STAGING, "select {{ cents('a') }}", (SOURCE,), macros=["macro.shop.cents"]),
        entry(MART, "select 1", (STAGING, SEED)),
        entry(SEED),
        entry(TEST, "{{ test_not_null() }}", (MART,), macros=["macro.dbt.test_not_null"]),
    ]
    return {
        "metadata": {"adapter_type": "duckdb"},
        "nodes": {node["unique_id"]: node for node in nodes},
        "sources": {SOURCE: entry(SOURCE)},
        "macros": {
            "macro.shop.cents": macro("macro.shop.cents", "{{ half() }}", ("macro.shop.half",)),
            "macro.shop.half": macro("macro.shop.half", "a / 2"),
            "macro.dbt.test_not_null": macro("macro.dbt.test_not_null", "…"),
            "macro.dbt.create_table_as": macro("macro.dbt.create_table_as", "…"),
        },
    }


def made(
    manifest: dict[str, Any], inputs: Inputs | None = None, uncertain: tuple[str, ...] = ()
) -> dict[str, str]:
    files = manifest.pop("files", {"dbt_project.yml": "vars: {a: 1}"})
    seeds = {SEED: manifest.pop("seed", "1")}
    project = Project(manifest, files, seeds)
    return fingerprints(project, inputs or Inputs({"dbt-core": "1.12"}, {SOURCE: "1"}), uncertain)


ALL = {SOURCE, STAGING, MART, SEED, TEST}
BELOW_SOURCE = {SOURCE, STAGING, MART, TEST}


def _set(*path: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(manifest: dict[str, Any]) -> None:
        place = manifest
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "reached"),
    [
        (_set("nodes", MART, "created_at", to=2.0), set()),
        (_set("nodes", MART, "raw_code", to="select 2"), {MART, TEST}),
        (_set("nodes", MART, "config", "materialized", to="view"), {MART, TEST}),
        (_set("nodes", MART, "contract", to={"enforced": True}), {MART, TEST}),
        (_set("nodes", MART, "columns", to={"id": {"data_type": "int"}}), {MART, TEST}),
        (_set("nodes", TEST, "config", "severity", to="warn"), {TEST}),
        (_set("macros", "macro.shop.half", "macro_sql", to="a / 3"), BELOW_SOURCE - {SOURCE}),
        (_set("seed", to="2"), {SEED, MART, TEST}),
        (_set("files", to={"dbt_project.yml": "vars: {a: 2}"}), ALL),
        (_set("files", to={"package-lock.yml": "packages: []"}), ALL),
        (
            # It replaces one of dbt's own, which no node names.
            _set(
                "macros",
                "macro.shop.duckdb__create_table_as",
                to=macro("macro.shop.duckdb__create_table_as", "…"),
            ),
            ALL,
        ),
    ],
)
def test_what_a_change_reaches(change: Callable[[Any], None], reached: set[str]) -> None:
    before, changed = made(content()), copy.deepcopy(content())
    change(changed)
    after = made(changed)
    assert all(before.values())
    assert {name for name in ALL if before[name] != after[name]} == reached


def test_what_else_is_an_input() -> None:
    before = made(content())
    for inputs, reached in (
        (Inputs({"dbt-core": "1.13"}, {SOURCE: "1"}), ALL),
        (Inputs({"dbt-core": "1.12"}, {SOURCE: "2"}), BELOW_SOURCE),
    ):
        after = made(content(), inputs)
        assert {name for name in ALL if before[name] != after[name]} == reached
    with_variable = content()
    with_variable["nodes"][STAGING]["raw_code"] = "select '{{ env_var('REGION') }}'"
    here, there = (
        made(copy.deepcopy(with_variable), Inputs({}, {SOURCE: "1"}, {"REGION": region}))
        for region in ("eu", "us")
    )
    assert {name for name in ALL if here[name] != there[name]} == BELOW_SOURCE - {SOURCE}


@pytest.mark.parametrize(
    "change",
    [
        _set("nodes", STAGING, "raw_code", to="select now()"),
        _set("nodes", STAGING, "raw_code", to="select\nnow() as at"),
        _set("nodes", STAGING, "raw_code", to="{% set x =\nrun_query('…') %}"),
        _set("nodes", STAGING, "raw_code", to="select '{{ run_started_at }}'"),
        _set("nodes", STAGING, "raw_code", to="select {{ env_var(name) }}"),
        _set("nodes", STAGING, "language", to="python"),
        _set("nodes", STAGING, "config", "post-hook", to=[{"sql": "drop table x"}]),
        _set("nodes", STAGING, "config", "materialized", to="external"),
        _set("nodes", STAGING, "config", "incremental_strategy", to="microbatch"),
        _set("macros", "macro.shop.half", "macro_sql", to="random()"),
        _set("macros", "macro.shop.half", "macro_sql", to="{{ run_query('…') }}"),
        _set("nodes", STAGING, "depends_on", "macros", to=["macro.gone.macro"]),
    ],
)
def test_what_may_differ_from_run_to_run(change: Callable[[Any], None]) -> None:
    changed = content()
    change(changed)
    assert {name for name, text in made(changed).items() if not text} == {STAGING, MART, TEST}


def test_unknown_data_and_compiled_sql_leave_no_fingerprint() -> None:
    assert {name for name, text in made(content(), Inputs({}, {})).items() if text} == {SEED}
    assert not made(content(), uncertain=(MART,))[TEST]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("select known (1), snow(2), current_date_id, up_now", True),  # current_date_id: doubt
        ("select known (1), snow(2), a as today, uuid", False),
        ("select cast('today' as date)", True),
        ("select a from t using sample 10", True),
        ("{{ flags.WHICH }} {{ adapter.dispatch('x')() }}", False),
        ("{{ flags.FULL_REFRESH }}", True),
        ("{{ adapter.execute('x') }}", True),
        ("{{ graph.nodes }}", True),
        ("{{ modules.datetime.datetime.now() }}", True),
    ],
)
def test_code_in_doubt(code: str, expected: bool) -> None:
    assert is_uncertain(code) is expected


def test_variables_that_code_reads() -> None:
    assert variables("{{ env_var('A') }} {{ env_var(\"B\", '') }}") == frozenset("AB")
    assert variables("{{ env_var(name) }}") is None


# ── The plan ─────────────────────────────────────────────────────────────────────────────────────


def node(unique_id: str, materialized: str = "table", **more: Any) -> Node:
    kind, _, name = unique_id.split(".", 2)
    if kind in ("test", "unit_test", "seed"):
        materialized = {"unit_test": "unit"}.get(kind, kind)
    return Node(
        unique_id, kind, name, "", materialized=materialized, schema="marts", alias=name, **more
    )


VIEW, UNIT = "model.shop.view", "unit_test.shop.counts"
NODES = (
    node(STAGING),
    node(VIEW, "view", depends_on=(STAGING,)),
    node(MART, depends_on=(VIEW,)),
    node(TEST, depends_on=(MART,), attached_to=MART),
    node(UNIT, depends_on=(MART,), attached_to=MART),
)


def planned(
    nodes: tuple[Node, ...] = NODES,
    changed: tuple[str, ...] = (),
    statuses: dict[str, str] | None = None,
    incomplete: tuple[str, ...] = (),
) -> tuple[set[str], tuple[str, ...]]:
    """What is carried over, and dbt's arguments for the rest."""
    manifest = Manifest({each.unique_id: each for each in nodes}, {})
    runs = tuple(
        NodeRun(
            each.unique_id, each.kind, each.name, "", "", each.unique_id, each.depends_on,
            (statuses or {}).get(each.unique_id, "success"), 1.0,
        )
        for each in nodes
    )  # fmt: skip
    record = Record("1", 1, "shop", "release", "", "published", "", nodes=runs)
    carried = plan(
        manifest,
        {
            each.unique_id: f"new {each.name}" if each.unique_id in changed else "f"
            for each in nodes
        },
        record,
        Built("1", "2026-01-01T00:00:00Z", "data", {each.unique_id: "f" for each in nodes}),
        {each.unique_id: "select 1" for each in nodes},
        {Relation("marts", each.alias) for each in nodes if each.unique_id not in incomplete},
    )
    assert set(carried.origins.values()) <= {"1"}
    return set(carried.origins), carried.selection(manifest)


def test_plan() -> None:
    everything = {STAGING, MART, TEST, UNIT}
    only_built = ("--exclude", "resource_type:exposure")
    options = ("--indirect-selection", "empty", *only_built, "--select")
    assert planned() == (everything, (*options, "view"))
    assert planned(changed=(TEST,))[0] == everything - {TEST}
    assert planned(changed=(MART, TEST, UNIT))[0] == {STAGING}
    # dbt runs a unit test only with its model.
    assert planned(changed=(UNIT,))[0] == {STAGING}
    assert planned(changed=(STAGING, VIEW, MART, TEST, UNIT)) == (set(), ())
    assert planned(statuses={TEST: "warn"})[0] == everything
    assert planned(statuses={TEST: "skipped"})[0] == everything - {TEST}
    # Readers' copy lacks columns of it, and there is no other.
    assert planned(incomplete=(MART,))[0] == {STAGING}
    keys = node(MART, depends_on=(VIEW,), constraints=(("foreign_key", ("id",)),))
    assert planned((*NODES[:2], keys, *NODES[3:]))[0] == {STAGING}
    granted = node(MART, depends_on=(VIEW,), grants=True)
    assert planned((*NODES[:2], granted, *NODES[3:]))[0] == {STAGING}
    failures = node(TEST, depends_on=(MART,), relation='"audit"."rows"')
    assert planned((*NODES[:3], failures, NODES[4]))[0] == everything - {TEST}
    # A name that means something else in dbt's selection.
    assert planned((*NODES, node("test.shop.a b")), changed=("test.shop.a b",))[0] == set()


@pytest.mark.parametrize("seed", range(30))
def test_few_arguments_select_what_is_built(seed: int) -> None:
    """All of it, and nothing else but what dbt leaves out, whatever has changed."""
    chance = random.Random(seed)
    nodes: list[Node] = []
    for number in range(40):
        above = [each.unique_id for each in nodes if each.kind == "model"]
        parents = tuple(chance.sample(above, min(len(above), chance.randrange(3))))
        kind = chance.choice(("model", "model", "model", "test", "exposure"))
        made = chance.choice(("table", "view", "ephemeral")) if kind == "model" else ""
        nodes.append(node(f"{kind}.shop.n{number}", made, depends_on=parents))
    manifest = Manifest({each.unique_id: each for each in nodes}, {})
    built = [n for n in nodes if n.kind != "exposure" and n.materialized != "ephemeral"]
    views = {n.unique_id for n in built if n.materialized == "view"}
    start = {n.unique_id for n in built if chance.random() < 0.1}
    below = start | manifest.graph.descendants(*start)
    wanted = {n.unique_id for n in built if n.unique_id in below} | views
    wanted |= {n.unique_id for n in built if chance.random() < 0.05}
    chosen: set[str] = set()
    criteria = selectors(wanted, manifest)
    for criterion in criteria:
        if criterion == "config.materialized:view":
            chosen |= views
            continue
        (named,) = (n.unique_id for n in nodes if n.name == criterion.rstrip("+"))
        chosen |= {named}
        chosen |= manifest.graph.descendants(named) if criterion.endswith("+") else set()
    assert {n.unique_id for n in built if n.unique_id in chosen} == wanted
    assert len(criteria) <= len(wanted)


def test_when_everything_is_built() -> None:
    at = datetime(2026, 1, 8, tzinfo=timezone.utc)
    record = Record("1", 1, "shop", "release", "", "published", "")
    built = Built("1", "2026-01-02T00:00:00Z", "data")
    assert obstacle(record, built, at, 7) == ""
    assert "every 6 days" in obstacle(record, built, at, 6)
    assert "no current release" in obstacle(None, built, at, 7)
    assert "does not say" in obstacle(record, None, at, 7)
    assert "does not say" in obstacle(record, Built("2", built.full_at, "data"), at, 7)


# ── The monitors ─────────────────────────────────────────────────────────────────────────────────


def test_a_carried_profile_is_no_step_of_a_baseline() -> None:
    """Built on three days, carried over on one, also where its own release is not remembered."""

    def step(number: int, rows: int, carried_from: str = "") -> Step:
        at = datetime(2026, 1, number, tzinfo=timezone.utc)
        profile = RelationProfile(MART, "orders", rows, carried_from=carried_from)
        release = release_of(
            [profile], run=str(number), number=number, at=at, fingerprint=str(number),
            anomalies=frozenset(), checksums={},
        )  # fmt: skip
        return Step(release, at)

    steps = (step(1, 10), step(2, 20), step(3, 20, "2"), step(4, 30), step(5, 15, "0"))
    memory = Memory(tuple(each.release for each in steps), steps, None, None)
    past = past_of(memory, MART)
    assert [release.run for release in past.releases] == ["1", "2", "4", "5"]


def test_a_carried_warning_stays_until_it_is_accepted() -> None:
    def finding(check: str, subject: str) -> FindingRun:
        return FindingRun(check, subject, "orders", "", "warn", "…", 5.0)

    findings = (finding("volume", MART), finding("volume", STAGING), finding("metric", MART))
    assert still_warned(findings, {MART}, ()) == findings[:1]
    accepted = Accepted("volume", MART, "", 5.0, "1", "a campaign")
    assert still_warned(findings, {MART}, (accepted,)) == ()


def test_a_profile_holds_only_while_its_references_do() -> None:
    manifest = Manifest({each.unique_id: each for each in NODES}, {})
    assert same_as_profiled(manifest, {STAGING, MART}) == {STAGING, MART}
    referring = Manifest(
        {
            **manifest.nodes,
            MART: node(MART, columns=(_column("id", "stg_orders.id"),)),
        },
        {},
    )
    assert same_as_profiled(referring, {STAGING, MART}) == {STAGING, MART}
    assert same_as_profiled(referring, {MART}) == set()


def _column(name: str, references: str) -> Any:
    from first_light.dbt.manifest import Column

    return Column(name, "", "", "", references=references)
