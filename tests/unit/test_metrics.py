"""Metrics: what a project defines, what they are on a build, and how two builds differ."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

from first_light.boards.document import read_board
from first_light.boards.metric_tables import MetricTables
from first_light.boards.results import Results, run
from first_light.boards.sql import columns_without, references
from first_light.dbt.driver import DriverQueries
from first_light.dbt.manifest import Manifest, Node, read_manifest
from first_light.history.decoding import read_record
from first_light.history.measured import MetricFact
from first_light.impact.findings import DOWNSTREAM, MODIFIED, ExposureImpact, Impact, MetricImpact
from first_light.impact.metric_lineage import with_metrics
from first_light.impact.plan import Plan
from first_light.impact.text import reads
from first_light.metrics.changes import MetricChange
from first_light.metrics.definitions import (
    FILE,
    Semantics,
    metrics_to_compare,
    read_semantics,
)
from first_light.metrics.recorded import as_facts, moves
from first_light.metrics.values import MetricValue, compute
from first_light.monitors import metric_rules
from first_light.monitors.accepted import Accepted
from first_light.monitors.baseline import Memory, Release, remember
from first_light.utils.errors import DataopsError
from records import make_record

ORDERS: dict[str, Any] = {
    "name": "orders",
    "defaults": {"agg_time_dimension": "ordered_on"},
    "node_relation": {"schema_name": "marts", "alias": "orders", "database": "x"},
    "entities": [{"name": "order", "type": "primary", "expr": "order_id"}],
    "measures": [],
    "dimensions": [
        {"name": "ordered_on", "type": "time", "type_params": {"time_granularity": "day"}},
        {"name": "channel", "type": "categorical", "expr": "channel"},
        {"name": "buyer", "type": "categorical", "expr": "lower(email)"},
    ],
}
SPINE = {
    "node_relation": {"schema_name": "marts", "alias": "days", "database": "x"},
    "primary_column": {"name": "day", "time_granularity": "day"},
    "custom_granularities": [],
}


def simple(name: str, agg: str, expr: str, **more: Any) -> dict[str, Any]:
    aggregation = {
        "semantic_model": "orders",
        "agg": agg,
        "agg_time_dimension": "ordered_on",
        "expr": expr,
    }
    given = {"expr": expr, "metric_aggregation_params": aggregation, **more}
    return {"name": name, "type": "simple", "type_params": given, "label": None}


def ratio(name: str, numerator: str, denominator: str) -> dict[str, Any]:
    parts = {"numerator": {"name": numerator}, "denominator": {"name": denominator}}
    return {"name": name, "type": "ratio", "type_params": parts, "label": "Rate"}


def semantics(*metrics: dict[str, Any], folder: Path, **model: Any) -> Semantics:
    content = {
        "semantic_models": [{**ORDERS, **model}],
        "metrics": list(metrics),
        "project_configuration": {"time_spine_table_configurations": [], "time_spines": [SPINE]},
        "saved_queries": [],
    }
    (folder / FILE).write_text(json.dumps(content), "utf-8")
    return read_semantics(folder)


SUBJECT = "model.shop.orders"
MANIFEST = Manifest(
    {
        SUBJECT: Node(
            SUBJECT, "model", "orders", "", schema="marts", alias="orders", relation="marts.orders"
        )
    },
    {},
)
REVENUE, COUNT = simple("revenue", "sum", "amount"), simple("order_count", "count", "order_id")


def computed(given: Semantics, rows: str, hidden: tuple[str, ...] = ()) -> dict[str, MetricValue]:
    with duckdb.connect() as connection:
        connection.execute(f"create schema marts; create table marts.orders as {rows}")
        queries = DriverQueries("duckdb", connection, duckdb.Error)
        return compute(given, given.metrics, queries, lambda place: hidden)


ROWS = """
    select * from (values
        (1, date '2026-01-01', 'web', 'A@mail.example', 10.00),
        (2, date '2026-01-02', 'web', 'B@mail.example', 20.00),
        (3, date '2026-01-02', null, 'C@mail.example', 5.00)
    ) as t (order_id, ordered_on, channel, email, amount)
"""


def test_totals_and_parts_are_those_of_the_rows(tmp_path: Path) -> None:
    given = semantics(REVENUE, COUNT, ratio("average", "revenue", "order_count"), folder=tmp_path)
    values = computed(given, ROWS)
    assert {name: value.total for name, value in values.items()} == {
        "revenue": 35.0,
        "order_count": 3.0,
        "average": pytest.approx(35 / 3),
    }
    assert values["revenue"].parts["channel"] == {"web": 30.0, "empty": 5.0}
    assert values["average"].parts["channel"] == {"web": 15.0, "empty": 5.0}


OLDER_SPINE = {"location": '"x"."marts"."days"', "column_name": "day", "grain": "day"}


@pytest.mark.parametrize("is_older", [False, True])
def test_a_metric_that_reads_an_earlier_time_is_that_of_the_last_whole_period(
    tmp_path: Path, is_older: bool
) -> None:
    month_before = {"count": 1, "granularity": "month"}
    growth = {
        "name": "growth",
        "type": "derived",
        "type_params": {
            "expr": "revenue - before",
            "metrics": [
                {"name": "revenue"},
                {"name": "revenue", "alias": "before", "offset_window": month_before},
            ],
        },
    }
    given = semantics(REVENUE, growth, folder=tmp_path)
    if is_older:  # as dbt knows a model that only has the name of a time spine
        project = {"time_spines": [], "time_spine_table_configurations": [OLDER_SPINE]}
        given = Semantics({**given.content, "project_configuration": project})
    (metric,) = (metric for metric in given.metrics if metric.name == "growth")
    assert metric.places == (("marts", "orders"), ("marts", "days"))
    rows = """
        select row_number() over () as order_id, day as ordered_on, 'web' as channel,
            'A@mail.example' as email, amount
        from (values (date '2026-01-05', 10), (date '2026-02-05', 25), (date '2026-03-01', 1))
            as t (day, amount)
    """
    days = "create table marts.days as select unnest(generate_series(date '2026-01-01',"
    days += " date '2026-12-31', interval 1 day))::date as day"
    value = computed(given, f"{rows}; {days}")["growth"]
    assert value == MetricValue(total=15.0)


def test_personal_columns_are_no_dimension_and_no_value(tmp_path: Path) -> None:
    mails = simple("first_mail", "max", "email")
    people = simple("people", "count_distinct", "email")
    given = semantics(REVENUE, mails, people, folder=tmp_path)
    assert "a@mail.example" in computed(given, ROWS)["revenue"].parts["buyer"]
    values = computed(given, ROWS, ("email",))
    assert set(values["revenue"].parts) == {"channel"}
    assert values["first_mail"] == MetricValue(problem="It reads a personal column.")
    assert (values["people"].total, set(values["people"].parts)) == (3.0, {"channel"})


QUERIES = (
    "(select max(email) from marts.orders)",
    "array(from marts.orders)::varchar",
    "(from marts.orders limit 1)::varchar",
    "(table marts.orders)::varchar",
    "(values (1))",
    "query_to_xml('select email from orders', true, false, '')",
    "pg_read_file('/etc/passwd')",
    "current_setting('s3_secret_access_key')",
)


@pytest.mark.parametrize("expression", QUERIES)
def test_a_query_inside_a_metric_is_no_way_to_a_personal_column(
    tmp_path: Path, expression: str
) -> None:
    given = semantics(simple("mail", "max", expression), folder=tmp_path)
    assert computed(given, ROWS)["mail"] == MetricValue(problem="It holds a query of its own.")


@pytest.mark.parametrize(
    "expression",
    [
        "columns('em.*')",
        "lower(columns(c -> c like 'em%'))",
        "columns(*)",
        "orders_src_10000",
        "orders_src_10000::varchar",
        "orders_src_10000['email']",
        "row(orders_src_10000.*)::varchar",
        "to_json(orders_src_10000)",
        "#4",
        "lower(#4)",
        "{'a': email}",
        "[email][1]",
        "EMAIL",
        '"Email"',
        "orders_src_10000.email",
    ],
)
def test_no_expression_of_a_dimension_shows_a_personal_column(
    tmp_path: Path, expression: str
) -> None:
    odd = {"name": "odd", "type": "categorical", "expr": expression}
    dimensions = [*ORDERS["dimensions"], odd]
    given = semantics(REVENUE, folder=tmp_path, dimensions=dimensions)
    revenue = computed(given, ROWS, ("email",))["revenue"]
    assert (revenue.total, set(revenue.parts)) == (35.0, {"channel"})
    given = semantics(simple("odd", "max", expression), folder=tmp_path)
    assert computed(given, ROWS, ("email",))["odd"].problem == "It reads a personal column."


def test_a_metric_that_cannot_be_computed_is_unknown_and_quotes_no_value(tmp_path: Path) -> None:
    given = semantics(REVENUE, simple("broken", "sum", "cast(channel as integer)"), folder=tmp_path)
    values = computed(given, ROWS)
    assert values["broken"].problem == "Its query failed."
    assert values["revenue"].total == 35.0
    change = MetricChange("broken", values["revenue"], values["broken"])
    assert change.unknown
    assert not change.is_moved


def test_hidden_metrics_are_not_listed_and_still_count(tmp_path: Path) -> None:
    hidden = simple("order_count", "count", "order_id", is_private=True)
    given = semantics(REVENUE, hidden, ratio("average", "revenue", "order_count"), folder=tmp_path)
    assert [metric.name for metric in given.metrics] == ["average", "revenue"]
    assert computed(given, ROWS)["average"].total == pytest.approx(35 / 3)


def test_a_definition_changes_with_what_it_computes_and_not_with_its_words(tmp_path: Path) -> None:
    average = ratio("average", "revenue", "order_count")
    before = semantics(REVENUE, COUNT, average, folder=tmp_path)
    words = {**REVENUE, "label": "Net revenue", "description": "Other words."}
    moved_schema = {"schema_name": "prod", "alias": "orders", "database": "y"}
    after = semantics(words, COUNT, average, folder=tmp_path, node_relation=moved_schema)
    assert metrics_to_compare(before, after) == ()
    filtered = {**REVENUE, "filter": {"where_filters": [{"where_sql_template": "amount > 1"}]}}
    after = semantics(filtered, COUNT, average, folder=tmp_path)
    assert metrics_to_compare(before, after) == ("average", "revenue")
    assert metrics_to_compare(before, semantics(COUNT, folder=tmp_path)) == ("average", "revenue")
    filled = simple("revenue", "sum", "amount", fill_nulls_with=0)
    after = semantics(filled, COUNT, average, folder=tmp_path)
    assert metrics_to_compare(before, after) == ("average", "revenue")


def test_releases_are_compared_by_what_their_records_hold(tmp_path: Path) -> None:
    given = semantics(REVENUE, COUNT, folder=tmp_path)
    record = make_record(1)
    before = replace(record, metrics=as_facts(given.metrics, computed(given, ROWS), MANIFEST))
    halved = computed(given, ROWS.replace("10.00", "5.00").replace("20.00", "10.00"))
    after = replace(before, metrics=as_facts(given.metrics, halved, MANIFEST))
    assert read_record(after.to_json()).metrics == after.metrics
    (move,) = moves(before, after)
    assert (move.name, move.sentence) == (
        "revenue",
        "35 → 20 (−42.9\u00a0%); all of it channel = web",
    )
    assert moves(after, before)[0].sentence.startswith("20 → 35")
    other = semantics(simple("revenue", "sum", "2 * amount"), COUNT, folder=tmp_path)
    redefined = replace(before, metrics=as_facts(other.metrics, computed(other, ROWS), MANIFEST))
    assert moves(before, redefined)[0].sentence.endswith("; its definition changed")
    unknown = {**halved, "revenue": MetricValue(problem="Its query failed.")}
    (move,) = moves(before, replace(after, metrics=as_facts(given.metrics, unknown, MANIFEST)))
    assert move.sentence == "not computed: Its query failed."
    assert moves(record, before) == moves(None, before) == moves(before, before) == ()


def test_without_the_file_nothing_is_known(tmp_path: Path) -> None:
    assert not read_semantics(tmp_path).is_known
    (tmp_path / FILE).write_text('{"metrics": [{}]}', "utf-8")
    with pytest.raises(DataopsError, match="semantic models could not be read"):
        read_semantics(tmp_path)


def past(values: list[float], definition: str = "1") -> Memory:
    """Releases a day apart, each with this revenue."""
    begin = datetime(2026, 1, 1, tzinfo=timezone.utc)
    releases = [
        Release(
            f"run{n}", n, begin + timedelta(days=n), f"raw{n}", {}, frozenset(),
            {SUBJECT: "sql"}, {}, {"revenue": (value, definition)},
        )
        for n, value in enumerate(values)
    ]  # fmt: skip
    return remember(releases, "now", begin + timedelta(days=len(values)))


def judged(
    value: float | None,
    memory: Memory,
    code: str = "sql",
    meta: dict[str, Any] | None = None,
    accepted: tuple[Accepted, ...] = (),
) -> list[str]:
    """Level and message of what the monitor finds, the day after the last release."""
    node = replace(MANIFEST.nodes[SUBJECT], meta=meta or {})
    metric = MetricFact("revenue", value=value, models=(SUBJECT,), definition="1")
    manifest = Manifest({SUBJECT: node}, {})
    at = memory.releases[-1].at + timedelta(days=1)
    found = metric_rules.findings([metric], memory, manifest, {SUBJECT: code}, at, accepted)
    assert all(finding.id == f"metric.{SUBJECT}.revenue" for finding in found)
    return [f"{finding.level} {finding.message}" for finding in found]


GROWING = [1000.0 + 50 * day + day % 3 for day in range(20)]
STEADY = [100.0, 103.0, 98.0, 101.0, 99.0, 102.0, 100.0, 97.0]


@pytest.mark.parametrize(("values", "good", "halved"), [(GROWING, 2000, 1000), (STEADY, 105, 50)])
def test_a_metric_that_halves_rejects_a_release(
    values: list[float], good: float, halved: float
) -> None:
    memory = past(values)
    assert judged(good, memory) == []
    (finding,) = judged(halved, memory)
    assert finding.startswith(f"error metric revenue: {halved:,}, expected ")
    assert judged(None, memory)[0].startswith("error metric revenue has no value, expected ")
    assert judged(halved, past(values[:2])) == [], "too little history"


REFUNDS = [0.0, 0.0, 0.0, 0.0, 12.5, 12.5, 40.0, 40.0, 40.0]


def test_a_young_metric_and_a_growth_that_ends_are_no_alarm() -> None:
    """Totals of a product that is still small move by large factors."""
    for count in range(3, len(REFUNDS)):
        seen = judged(REFUNDS[count], past(REFUNDS[:count]))
        assert not any(line.startswith("error") for line in seen), count
    assert judged(30.0, past([0.0] * 8)) == [], "the first refund"
    assert judged(GROWING[-1], past(GROWING)) == [], "nothing came"
    assert judged(5000.0, past(GROWING))[0].startswith("error ")


# Totals of all history: one day's refunds are a multiple of the days before.
REFUND_TOTALS = [
    213.0, 380.0, 506.0, 1104.0, 1163.0, 1249.0, 1349.0, 2188.0, 2633.0, 2800.0, 2924.0, 3392.0,
]  # fmt: skip
TOTALS = [1000.0 + 50 * day + (day * 7) % 20 for day in range(20)]


def test_a_total_goes_on_from_its_last_value() -> None:
    assert judged(6203.0, past(REFUND_TOTALS)) == [], "some days bring much"
    assert judged(6527.0, past([*REFUND_TOTALS, 6203.0])) == [], "and stay in the total"
    assert judged(1.0, past(REFUND_TOTALS))[0].startswith("error ")
    assert judged(620_300.0, past(REFUND_TOTALS))[0].startswith("error ")
    assert judged(1e300, past([1.0, 1.0 + 1e-9, 1e6, 1e20])) == [], "steps of any size"


def test_a_metric_that_hardly_varies_is_told_from_a_small_change() -> None:
    """Such as a tax that is added to all amounts there ever were."""
    clean = TOTALS[-1] + 55
    assert judged(clean, past(TOTALS)) == []
    assert judged(clean * 1.19, past(TOTALS))[0].startswith("warn ")
    assert judged(TOTALS[10] * 1.19, past(TOTALS[:10])) == [], "after few deliveries nobody knows"


def test_a_metric_moves_with_new_code_or_another_definition() -> None:
    memory = past(STEADY)
    assert judged(50, memory, code="other sql")[0].startswith("warn ")
    (finding,) = judged(50, past(STEADY, definition="2"))
    assert finding.startswith("warn metric revenue: 50, expected ")
    assert finding.endswith("; its definition changed.")
    assert judged(100, past(STEADY, definition="2")) == []
    assert judged(50, memory, meta={"dataops": {"monitors": {"metric": "off"}}}) == []
    assert judged(50, memory, meta={"dataops": {"monitors": {"metric": "warn"}}})[0][:4] == "warn"
    known = Accepted("metric", SUBJECT, "revenue", 52.0, "run1", "half of the shops closed")
    assert judged(50, memory, accepted=(known,)) == []
    assert judged(25, memory, accepted=(known,)) != []


def value(total: float | None, **channels: float) -> MetricValue:
    return MetricValue(total, {"channel": channels})


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            value(41_210.0, web=30_000.0, app=11_210.0),
            value(38_900.0, web=27_690.0, app=11_210.0),
            "41,210 → 38,900 (−5.6\u00a0%); all of it channel = web",
        ),
        (
            value(100.0, web=60.0, app=40.0),
            value(50.0, web=30.0, app=20.0),
            "100 → 50 (−50.0\u00a0%); by channel: web 60 → 30 (−50.0\u00a0%), "
            "app 40 → 20 (−50.0\u00a0%)",
        ),
        (value(10.0, web=6.0, app=4.0), value(10.0, web=4.0, app=6.0), "10 → 10 (no change); by"),
        (value(0.0832, web=0.0832), value(0.1664, web=0.1664), "0.0832 → 0.166 (+100.0\u00a0%)"),
        (value(7.0, web=7.0), value(7.0, web=7.0 + 1e-13), "7, no change"),
        (None, value(7.0), "new: 7"),
        (value(7.0), None, "removed, was 7"),
        (value(7.0), MetricValue(problem="orders was not built"), "not computed: orders was not"),
        (value(None), value(3.0), "– → 3"),
    ],
)
def test_a_change_is_said_in_a_line(
    before: MetricValue | None, after: MetricValue | None, sentence: str
) -> None:
    assert MetricChange("m", before, after).sentence.startswith(sentence)


def test_each_warehouse_has_its_own_sql(tmp_path: Path) -> None:
    from first_light.metrics.queries import MetricQueries

    given = semantics(REVENUE, COUNT, ratio("average", "revenue", "order_count"), folder=tmp_path)
    assert "DOUBLE PRECISION" in MetricQueries(given, "postgres").sql("average")
    names = {
        "duckdb": '"marts"."orders"',
        "postgres": '"marts"."orders"',
        "snowflake": '"MARTS"."ORDERS"',
        "bigquery": "`marts`.`orders`",
        "spark": "`marts`.`orders`",
    }
    for warehouse, name in names.items():
        assert f"FROM {name}" in MetricQueries(given, warehouse).sql("revenue"), warehouse
    with pytest.raises(DataopsError, match="cannot be computed in oracle"):
        MetricQueries(given, "oracle")


# ── On boards ────────────────────────────────────────────────────────────────────────────────────


HEAD = "---\ntitle: Sales\nowner: {name: Shop, email: shop@example.com}\n---\n"


def on_board(given: Semantics, sql: str, hidden: tuple[str, ...] = ()) -> Results:
    board = read_board("sales", f"{HEAD}```sql q\n{sql}\n```\n")
    place = ("marts", "orders")
    with duckdb.connect() as connection:
        connection.execute(f"create schema marts; create table marts.orders as {ROWS}")
        names = ["order_id", "ordered_on", "channel", "email", "amount"]
        columns = columns_without({place: names}, {place: hidden})
        queries = DriverQueries("duckdb", connection, duckdb.Error)
        return run(board, MANIFEST, columns, queries.run, MetricTables(given, MANIFEST, "duckdb"))


@pytest.mark.parametrize(
    ("call", "rows"),
    [
        ("metric('revenue')", [(35.0,)]),
        ("metric('revenue', by='order__channel')", [("web", 30.0), (None, 5.0)]),
        (
            "metric(['revenue', 'average'], by=['metric_time__year', 'order__channel'])",
            [("web", 30.0, 15.0), (None, 5.0, 5.0)],
        ),
    ],
)
def test_a_board_reads_metrics(tmp_path: Path, call: str, rows: list[Any]) -> None:
    given = semantics(REVENUE, COUNT, ratio("average", "revenue", "order_count"), folder=tmp_path)
    results = on_board(given, f"select * from {{{{ {call} }}}} order by revenue desc", ("email",))
    assert not results.problems
    result = results.rows["q"]
    kept = [i for i, name in enumerate(result.columns) if name != "metric_time__year"]
    assert [tuple(row[i] for i in kept) for row in result.rows] == rows


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("metric('turnover')", "There is no metric turnover (metrics: first_mail, revenue"),
        ("metric('revenue', by='channel')", "possible are order__channel"),
        ("metric('revenue', by='order__buyer')", '"email" not found'),
        ("metric('first_mail')", '"email" not found'),
        ("metric('sneaky')", "reads marts.orders, which is no ref()"),
    ],
)
def test_a_board_gets_of_metrics_what_readers_get(tmp_path: Path, call: str, reason: str) -> None:
    mail = simple("first_mail", "max", "email")
    sneaky = simple("sneaky", "max", "(select max(email) from marts.orders)")
    given = semantics(REVENUE, mail, sneaky, folder=tmp_path)
    results = on_board(given, f"select * from {{{{ {call} }}}}", ("email",))
    (problem,) = results.problems
    assert reason in problem.message
    assert "mail.example" not in problem.message


def test_a_board_depends_on_its_metrics() -> None:
    text = "select * from {{ metric('revenue', by='x') }} cross join {{ metric(['a', 'revenue']) }}"
    read = references(read_board("sales", f"{HEAD}```sql q\n{text}\n```\n"))
    assert (read.models, read.metrics) == ((), ("revenue", "a"))


def test_an_exposure_depends_on_the_models_behind_its_metrics(tmp_path: Path) -> None:
    def entry(name: str, *parents: str) -> dict[str, Any]:
        kind, _, label = name.split(".")
        return {
            "unique_id": name, "resource_type": kind, "name": label, "package_name": "shop",
            "original_file_path": "models/x.yml", "depends_on": {"nodes": list(parents)},
        }  # fmt: skip

    content = {
        "metadata": {"project_name": "shop"},
        "nodes": {SUBJECT: entry(SUBJECT)},
        "metrics": {
            "metric.shop.average": entry("metric.shop.average", "metric.shop.revenue"),
            "metric.shop.revenue": entry("metric.shop.revenue", "semantic_model.shop.orders"),
        },
        "semantic_models": {
            "semantic_model.shop.orders": entry("semantic_model.shop.orders", SUBJECT)
        },
        "exposures": {"exposure.shop.plan": entry("exposure.shop.plan", "metric.shop.average")},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(content), "utf-8")
    exposure = read_manifest(tmp_path / "manifest.json").nodes["exposure.shop.plan"]
    assert (exposure.depends_on, exposure.metrics) == ((SUBJECT,), ("average",))


def test_metrics_and_those_who_show_them_are_in_the_lineage_of_an_impact(tmp_path: Path) -> None:
    plan_id = "exposure.shop.plan"
    exposure = Node(
        plan_id, "exposure", "plan", "", depends_on=(SUBJECT,), metrics=("revenue",),
        owner={"name": "Ada", "email": "ada@example.com"},
    )  # fmt: skip
    manifest = Manifest({**MANIFEST.nodes, plan_id: exposure}, {})
    given = semantics(REVENUE, COUNT, folder=tmp_path)
    base = SimpleNamespace(manifest=manifest)
    plan = cast(Plan, SimpleNamespace(base=base, head=manifest, semantics=(given, given)))
    metrics = tuple(
        MetricImpact(name, name, status, MetricChange(name, MetricValue(35.0), MetricValue(after)))
        for name, status, after in (("revenue", MODIFIED, 17.5), ("order_count", DOWNSTREAM, 35.0))
    )
    none = Impact("b", "main", "h", False, "", 0, 1, (), idle=("revenue", "x"))
    impact = with_metrics(none, metrics, plan)
    assert {(node.unique_id, node.state, node.rank) for node in impact.nodes} == {
        (SUBJECT, "context", 0),
        ("metric.revenue", "changed", 1),
        ("metric.order_count", "same", 1),
        (plan_id, "context", 2),
    }
    assert set(impact.edges) == {
        (SUBJECT, "metric.revenue"),
        (SUBJECT, "metric.order_count"),
        ("metric.revenue", plan_id),
    }
    (reader,) = impact.exposures
    assert reader == ExposureImpact(
        "plan", "Ada <ada@example.com>", DOWNSTREAM, metrics=("revenue",)
    )
    assert reads(reader) == "metrics: revenue"
    assert impact.idle == ("x",)
    assert with_metrics(none, (), plan) is none
