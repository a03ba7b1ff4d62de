"""Metrics as tables of a board's queries, with only those columns that readers get."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from first_light.dbt.manifest import Manifest, Node
from first_light.metrics.definitions import Semantics
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted

if TYPE_CHECKING:
    from first_light.metrics.queries import MetricQueries

# Stands for a schema in what MetricFlow writes: it asks for two parts, a common table expression
# has one.
_SCHEMA = "board_input"


class MetricTables:
    """What `metric()` in a query stands for.

    Args:
        semantics: the metrics of the project.
        manifest: the project, parsed.
        warehouse: its name in dbt.
    """

    def __init__(self, semantics: Semantics, manifest: Manifest, warehouse: str) -> None:
        self._semantics = semantics
        self._warehouse = warehouse
        self._sql: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {}
        self._nodes = {
            (node.schema, node.alias): node
            for node in manifest.nodes.values()
            if node.relation and node.kind in ("model", "snapshot", "seed")
        }

    def query(
        self, names: Sequence[str], by: Sequence[str], where: str
    ) -> tuple[str, dict[str, Node]]:
        """A query that reads models by a name alone, and those models by that name.

        Args:
            names: the metrics.
            by: what they are grouped by.
            where: the place that asks for it.

        Raises:
            DataopsError: a metric does not exist, or cannot be computed so.
        """
        known = [metric.name for metric in self._semantics.metrics]
        for name in names:
            if name not in known:
                raise DataopsError(
                    f"There is no metric {name} (metrics: {', '.join(known) or 'none'}).",
                    where=where,
                    fix="uv run dbt ls --resource-type metric",
                )
        if (call := (tuple(names), tuple(by))) not in self._sql:
            self._sql[call] = self._writer.table(names, by, where)
        sql = self._sql[call]
        named = {_name(node): node for node in self._nodes.values()}
        read = {name: node for name, node in named.items() if f"{_SCHEMA}.{quoted(name)}" in sql}
        return sql.replace(f"{_SCHEMA}.", ""), read

    @cached_property
    def _writer(self) -> MetricQueries:
        from first_light.metrics.queries import MetricQueries  # it takes a second to import

        return MetricQueries(self._semantics, self._warehouse, self._relation)

    def _relation(self, schema: str, name: str) -> str:
        node = self._nodes.get((schema, name))
        return f"{_SCHEMA}.{quoted(_name(node) if node else name)}"


def _name(node: Node) -> str:
    return node.alias if node.version else node.name
