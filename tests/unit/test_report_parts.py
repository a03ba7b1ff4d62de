"""Parts of the report: the lineage, the last changes, freshness, where columns come from."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

import ops_history as ops
from first_light.figures.compute import ledger
from first_light.history.record import RelationProfile
from first_light.incidents.derive import incidents
from first_light.report import charts
from first_light.report.changes import changes
from first_light.report.facts import _ages
from first_light.report.lineage import lineage, reduced
from first_light.utils.timestamps import moment
from shop_manifest import MANIFEST

DAY = timedelta(days=1)


def team() -> ops.Simulation:
    item = ops.Simulation()
    item.code(ops.START, *ops.MODELS)
    item.run(ops.START)
    return item


def test_the_lineage_says_what_fails_and_what_stands_on_it(tmp_path: Path) -> None:
    item = team()
    item.run(ops.START + DAY, failing=["test.shop.stg_orders", "test.shop.revenue"])
    at = ops.START + 2 * DAY
    with ledger(ops.write(tmp_path, item.records), ops.DEADLINE, at) as book:
        still = tuple(i for i in incidents(book, MANIFEST) if i.open)
        result = lineage(book, MANIFEST, still)
        bare = lineage(book, None, still)  # before any release there is no manifest
    states = {node.label: node.state for node in result.nodes}
    assert states == {
        "raw.orders": "sound", "raw.customers": "sound", "stg_customers": "sound",
        "customers": "sound", "stg_orders": "cause", "orders": "below", "revenue": "below",
        "board": "below",
    }  # fmt: skip
    assert {node.label: node.state for node in bare.nodes} == {
        name: state for name, state in states.items() if name != "board"
    }
    ranks = {node.label: node.rank for node in result.nodes}
    assert ranks["raw.orders"] < ranks["stg_orders"] < ranks["orders"] < ranks["revenue"]
    assert ranks["board"] == max(ranks.values())


def test_of_many_nodes_only_what_is_touched_is_drawn() -> None:
    parents = {f"m{n}": (f"m{n - 1}",) if n else () for n in range(500)}
    labels = {name: ("model", name) for name in parents}
    assert reduced(parents, labels, {}).omitted == 500
    result = reduced(parents, labels, {"m7": "cause", "m8": "below"})
    assert [node.label for node in result.nodes] == ["m6", "m7", "m8"]
    assert result.omitted == 497


def test_the_last_changes_say_models_rows_and_readers(tmp_path: Path) -> None:
    item = team()
    item.code(ops.START + DAY, "orders")
    item.run(ops.START + DAY, rows=120)
    item.code(ops.START + 2 * DAY, "customers")
    item.run(ops.START + 2 * DAY, rows=120, failing=["test.shop.revenue"])
    with ledger(ops.write(tmp_path, item.records), ops.DEADLINE, ops.START + 3 * DAY) as book:
        rejected, second, first = changes(book, MANIFEST)
    assert (second.changed, second.below, second.readers) == (("orders",), 1, ("board",))
    assert second.rows == (("orders", 100, 120), ("revenue", 100, 120))
    assert (second.verdict, second.commits) == ("published", 1)
    assert (rejected.verdict, rejected.commits, rejected.rows) == ("rejected", 0, ())
    assert len(first.changed) == 5


@pytest.mark.parametrize(("minutes", "runs"), [(3, 2), (3, 6), (3, 12), (24 * 60, 40), (0.3, 5)])
@pytest.mark.parametrize(("width", "dates"), [(860, 8), (300, 3)])
def test_labels_of_runs_do_not_overlap(minutes: float, runs: int, width: int, dates: int) -> None:
    bars = [
        charts.Bar(ops.START + timedelta(minutes=minutes * n), 0, "calm", "") for n in range(runs)
    ]
    svg = charts.draw(charts.bars(bars, "Errors.", "broad", width, dates))
    # A label is centred: its place, and its words.
    labels = re.findall(
        r'text-anchor="middle" transform="translate\(([\d.]+),[\d.]+\)"[^>]*>([^<]+)</text>', svg
    )
    assert labels
    assert len({text for _, text in labels}) == len(labels)
    for (left, text), (right, other) in pairwise(labels):
        needed = 0.5 * 11 * (len(text) + len(other)) / 2
        assert float(right) - float(left) > needed


def test_freshness_is_told_of_sources_and_of_models_that_say_a_time(tmp_path: Path) -> None:
    item = team()
    for day in range(1, 6):
        record = item.run(ops.START + day * DAY)
        newest = moment(record.ended_at).timestamp() - 3600 * (9 if day == 5 else 1)
        profile = (RelationProfile("model.shop.orders", "orders", 100, newest=newest),)
        item.records[-1] = replace(record, profile=profile)
    with ledger(ops.write(tmp_path, item.records), ops.DEADLINE, ops.START + 9 * DAY) as book:
        source, model = _ages(book)
    assert (source.kind, source.points[-1][1]) == ("source", 60.0)
    assert [round(point[1] / 3600) for point in model.points] == [1, 1, 1, 1, 9]
    expected = model.points[-1][2]
    assert expected is not None
    assert expected.high < 2 * 3600
