"""Graphs of models: what is above and below a name, and the order in which to build."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from first_light.dbt.graph import Graph
from first_light.dbt.manifest import Manifest, Node
from first_light.drill.plan import Plan, below

NAMES = "abcdefgh"
# A name may have any earlier ones for parents: there is no circle.
EDGES = list(itertools.combinations(NAMES, 2))
Parents = dict[str, list[str]]


def parents_of(edges: int, seed: int) -> Parents:
    """The graph with the edges whose bits are set; its keys come in any order."""
    drawn = {edge for bit, edge in enumerate(EDGES) if edges >> bit & 1}
    order = random.Random(seed).sample(NAMES, len(NAMES))
    return {name: [up for up in NAMES if (up, name) in drawn] for name in order}


GRAPHS = st.builds(parents_of, st.integers(0, 2 ** len(EDGES) - 1), st.integers(0, 99))


def paths_to(name: str, parents: Parents) -> list[list[str]]:
    """Every path that ends at a name, without the name itself."""
    return [[]] + [[*path, up] for up in parents[name] for path in paths_to(up, parents)]


@settings(deadline=None)
@given(GRAPHS, st.sets(st.sampled_from(NAMES)))
def test_ancestors_and_descendants_are_all_that_a_path_joins(
    parents: Parents, names: set[str]
) -> None:
    graph = Graph(parents)
    above = {name: {up for path in paths_to(name, parents) for up in path} for name in NAMES}
    assert graph.ancestors(*names) == set().union(*(above[name] for name in names))
    assert graph.descendants(*names) == {name for name in NAMES if above[name] & names}
    for name in NAMES:
        assert set(graph.parents(name)) == set(parents[name])
        assert set(graph.children(name)) == {down for down in NAMES if name in parents[down]}


@settings(deadline=None)
@given(GRAPHS)
def test_parents_come_first_and_ranks_are_longest_paths(parents: Parents) -> None:
    graph = Graph(parents)
    order = graph.in_order()
    assert sorted(order) == list(NAMES)
    assert all(order.index(up) < order.index(name) for name in NAMES for up in parents[name])
    assert graph.in_order(only="ace") == [name for name in order if name in "ace"]
    assert graph.ranks() == {
        name: max(len(path) for path in paths_to(name, parents)) for name in NAMES
    }


def test_the_order_depends_on_names_alone() -> None:
    parents = {"d": ["b"], "c": ["b"], "b": [], "a": ["d"]}
    backwards = dict(reversed(parents.items()))
    assert Graph(parents).in_order() == Graph(backwards).in_order() == ["b", "c", "d", "a"]


def test_a_parent_that_is_no_key_is_in_the_graph_and_a_stranger_is_not() -> None:
    graph = Graph({"model": ["source"]})
    assert graph.in_order() == ["source", "model"]
    assert graph.descendants("source") == {"model"}
    assert graph.ancestors("stranger") == graph.descendants("stranger") == set()
    assert graph.parents("stranger") == graph.children("stranger") == ()


def test_macros_may_call_themselves() -> None:
    assert Graph({"a": ["a", "b"], "b": ["a"]}).ancestors("a") == {"a", "b"}


@pytest.mark.parametrize("materialized", ["table", "ephemeral"])
def test_a_drill_rebuilds_what_reads_a_source_through_a_model_that_is_not_built(
    materialized: str,
) -> None:
    staging = Node("model.s.staging", "model", "staging", "", depends_on=("source.s.raw",))
    mart = Node("model.s.mart", "model", "mart", "", depends_on=(staging.unique_id,))
    manifest = Manifest({node.unique_id: node for node in (staging, mart)}, {})
    order = (mart,) if materialized == "ephemeral" else (staging, mart)
    plan = Plan(manifest, Path(), order, (), {}, ())
    assert below("source.s.raw", plan) == {"source.s.raw", *(node.unique_id for node in order)}
