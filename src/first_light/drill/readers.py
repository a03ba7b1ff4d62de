"""What readers see of a product in a scratch: its metrics, and what its boards would miss."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from first_light.boards.document import Board
from first_light.boards.metric_tables import MetricTables
from first_light.boards.results import Problem, run
from first_light.boards.sql import columns_without
from first_light.dbt.engine import QueryRunner
from first_light.dbt.manifest import Manifest, Node
from first_light.history.measured import MetricFact
from first_light.metrics.definitions import Metric, Semantics
from first_light.monitors.queries import built_columns
from first_light.privacy.messages import masked_error
from first_light.utils.errors import DataopsError
from first_light.utils.formats import number
from first_light.warehouse.withheld_columns import withheld_columns

if TYPE_CHECKING:
    from first_light.metrics.queries import MetricQueries

Place = tuple[str, str]


class Readers:
    """The metrics and boards of a product.

    Args:
        manifest: the product, compiled.
        semantics: its metrics.
        boards: its boards.
        built: what the scratch builds.
        queries: runs SQL in the scratch.
    """

    def __init__(
        self,
        manifest: Manifest,
        semantics: Semantics,
        boards: Sequence[Board],
        built: Collection[Node],
        queries: QueryRunner,
    ) -> None:
        places = {(node.schema, node.alias) for node in built}
        self.metrics = [m for m in semantics.metrics if places.issuperset(m.places)]
        self._manifest = manifest
        self._semantics = semantics
        self.boards = boards
        self._built = built
        self._queries = queries
        self._tables = MetricTables(semantics, manifest, queries.name)
        self._sql: dict[str, str] = {}
        self.redefined: dict[str, str] = {}
        """SQL of metrics whose definition is another, by name."""

    def measured(self) -> tuple[MetricFact, ...]:
        """The metrics of what is built now."""
        return tuple(self._fact(metric) for metric in self.metrics)

    def sql(self, metric: Metric) -> str:
        """The query of a metric's total, as it is defined."""
        if metric.name not in self._sql:
            self._sql[metric.name] = self._writer.sql(metric.name)
        return self._sql[metric.name]

    def problems(self) -> list[tuple[Board, Problem]]:
        """What readers would miss on the boards."""
        if not self.boards:
            return []
        columns = built_columns(self._queries, self._built)
        code = {node.unique_id: node.code for node in self._built}
        readable = columns_without(columns, withheld_columns(self._manifest, code, columns))
        problems = []
        for board in self.boards:
            results = run(
                board, self._manifest, readable, self._queries.run, self._tables, masked_error
            )
            problems += [(board, problem) for problem in results.problems]
        return problems

    def _fact(self, metric: Metric) -> MetricFact:
        models = tuple(node.unique_id for node in metric.models(self._manifest))
        sql, definition = self.redefined.get(metric.name, ""), metric.fingerprint
        definition = f"{definition}, edited" if sql else definition
        try:
            rows = self._queries.run(sql or self.sql(metric)).rows
        except DataopsError:
            problem = "Its query failed."
            return MetricFact(metric.name, models=models, problem=problem, definition=definition)
        value = number(rows[0][0]) if rows else None
        return MetricFact(metric.name, value=value, models=models, definition=definition)

    @cached_property
    def _writer(self) -> MetricQueries:
        from first_light.metrics.queries import MetricQueries  # it takes a second to import

        return MetricQueries(self._semantics, self._queries.name)
