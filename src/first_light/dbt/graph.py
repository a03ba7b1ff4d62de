"""A graph of names, walked with networkx: models by id, macros by the macros that they call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any


class Graph:
    """A directed graph.

    A name that is not in the graph has no parents and no children.

    Args:
        parents: the parents of each name; a parent need not be a key itself.
    """

    def __init__(self, parents: Mapping[str, Iterable[str]]) -> None:
        import networkx  # a third of a second: only commands that walk a graph pay it

        self._networkx = networkx
        self._graph: Any = networkx.DiGraph()
        self._graph.add_nodes_from(parents)
        self._graph.add_edges_from((up, name) for name, above in parents.items() for up in above)

    def parents(self, name: str) -> tuple[str, ...]:
        """The direct parents."""
        return tuple(self._graph.predecessors(name)) if name in self._graph else ()

    def children(self, name: str) -> tuple[str, ...]:
        """The direct children."""
        return tuple(self._graph.successors(name)) if name in self._graph else ()

    def ancestors(self, *names: str) -> frozenset[str]:
        """Everything above one of the names."""
        above = chain.from_iterable(map(self.parents, names))
        return frozenset(self._reach(self._graph.reverse(copy=False), above))

    def descendants(self, *names: str) -> frozenset[str]:
        """Everything below one of the names."""
        return frozenset(self._reach(self._graph, chain.from_iterable(map(self.children, names))))

    def in_order(self, only: Collection[str] | None = None) -> list[str]:
        """Parents before children, else by name; there must be no circle.

        Args:
            only: the names to list; all if None.
        """
        names = self._networkx.lexicographical_topological_sort(self._graph)
        return [name for name in names if only is None or name in only]

    def ranks(self) -> dict[str, int]:
        """Each name with the length of the longest path that leads to it; in order as above."""
        generations = enumerate(self._networkx.topological_generations(self._graph))
        return {name: rank for rank, names in generations for name in sorted(names)}

    def _reach(self, graph: Any, start: Iterable[str]) -> Iterator[str]:
        sources = list(dict.fromkeys(start))
        layers = self._networkx.bfs_layers(graph, sources) if sources else ()
        return chain.from_iterable(layers)
