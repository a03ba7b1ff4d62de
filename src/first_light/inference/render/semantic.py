"""The semantic model of a drafted fact: its time, its categories, its count and its sums.

The long forms are those that dbt 1.12 and dbt v2 both read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from first_light.inference import names, star
from first_light.inference.mart_values import Dates, Mart, MartColumn
from first_light.inference.render.board import AMOUNTS
from first_light.inference.render.yaml_text import prose
from first_light.utils.sql_names import RESERVED

# What MetricFlow takes for a name; two underscores have a meaning there, as have these words.
_NAME = re.compile(r"[a-z](_?[a-z0-9])+")
_WORDS = (
    *("nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week"),
    *("month", "quarter", "year", "metric_time", "date"),
)
_MOST_VALUES, _MOST_SUMS = 30, 3


@dataclass(frozen=True)
class Semantics:
    """What the YAML of a fact says to MetricFlow.

    Attributes:
        mart: the fact.
        dimensions: its categories.
        sums: columns that may be added up.
    """

    mart: Mart
    dimensions: tuple[str, ...]
    sums: tuple[str, ...]

    def model_lines(self) -> list[str]:
        """Of the model."""
        lines = ["    semantic_model: {enabled: true}", f"    agg_time_dimension: {self.mart.day}"]
        return [*lines, f"    primary_entity: {self._entity}"]

    def column_lines(self, column: MartColumn) -> list[str]:
        """Of one of its columns."""
        if column.name == self.mart.day:
            return [
                "        granularity: day",
                f"        dimension: {{type: time, name: {column.name}}}",
            ]
        return ["        dimension: categorical"] if column.name in self.dimensions else []

    def metric_lines(self) -> list[str]:
        """Of the model, behind its columns."""
        rows = names.plain(self.mart.name)
        lines = ["    metrics:", f"      - name: {self.mart.name}_count"]
        lines += prose("        ", "label", f"Number of {rows}")
        text = f"Rows of {rows}. A draft: see whether that is what people count."
        lines += prose("        ", "description", text)
        lines += ["        type: simple", "        agg: sum", '        expr: "1"']
        for column in self.sums:
            words = names.plain(column)
            lines.append(f"      - name: {self.mart.name}_{column}")
            lines += prose("        ", "label", f"{names.capital(words)} of {rows}")
            text = f"Sum of {words}. A draft: see whether it may be added up."
            lines += prose("        ", "description", text)
            lines += ["        type: simple", "        agg: sum", f"        expr: {column}"]
        return lines

    @property
    def _entity(self) -> str:
        """Of a row; no column is called so."""
        return names.distinct(f"{self.mart.name}_row", {c.name for c in self.mart.columns})


def semantics(mart: Mart, dates: Dates | None) -> Semantics | None:
    """What can be said of a mart; None for one that is no fact in time, or has a name that
    MetricFlow does not take.

    Args:
        mart: the mart.
        dates: the date dimension, which is the time spine.
    """
    if dates is None or mart not in dates.facts or not mart.is_fact:
        return None
    if not (_is_name(mart.name) and _is_name(mart.day)):
        return None
    own = {column.name for column in mart.columns if column.source == mart.columns[0].source}
    refers = {reference.column for reference in mart.references}
    dimensions = [
        column.name
        for column in star.categories(mart.table, mart.key, refers, _MOST_VALUES)
        if column.name in own and _is_name(column.name)
    ]
    sums = [
        column.name
        for column in star.measures(mart.table, mart.key, refers)
        if column.name in own
        and _is_name(column.name)
        and any(kind.search(column.name) for kind in AMOUNTS)
    ]
    return Semantics(mart, tuple(dimensions), tuple(sums[:_MOST_SUMS]))


def _is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name not in _WORDS and name not in RESERVED
