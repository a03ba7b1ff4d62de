"""The faults of a drill that come with a commit, in what metrics and boards read.

Like the faults of deliveries they are data: they say what is true of the world, not what should
notice it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from first_light.dbt.manifest import Node
from first_light.drill.plan import Plan
from first_light.drill.readers import Readers
from first_light.drill.table import UnsuitedError
from first_light.utils.sql_names import quoted


@dataclass(frozen=True)
class Edit:
    """What a commit edits.

    Attributes:
        subject: the model or metric, for people.
        model: unique id of an edited model; empty for none.
        metric: name of an edited metric; empty for none.
        sql: its SQL after the commit.
    """

    subject: str
    sql: str
    model: str = ""
    metric: str = ""


@dataclass(frozen=True)
class ReaderFault:
    """One thing that goes wrong with a commit.

    Attributes:
        name: short, for a command line.
        description: one line, for people.
        act: what the commit edits.
    """

    name: str
    description: str
    act: Callable[[Plan, Readers], Edit]


def _of_a_metric(plan: Plan, readers: Readers) -> Node:
    for metric in readers.metrics:
        for node in metric.models(plan.manifest):
            if node.kind == "model" and node.code:
                return node
    raise UnsuitedError("no metric")


def _halved(plan: Plan, readers: Readers) -> Edit:
    node = _of_a_metric(plan, readers)
    sql = f"select * from (\n{node.code}\n) as edited where hash(edited) % 2 = 0"
    return Edit(node.name, sql, model=node.unique_id)


def _emptied(plan: Plan, readers: Readers) -> Edit:
    boards = {board.name for board in readers.boards}
    built = {node.unique_id: node for node in plan.order}
    for exposure in plan.manifest.of("exposure"):
        for name in exposure.depends_on:
            if exposure.name in boards and name in built and built[name].kind == "model":
                sql = f"select * from (\n{built[name].code}\n) as edited where false"
                return Edit(built[name].name, sql, model=name)
    raise UnsuitedError("no board")


def _relabelled(plan: Plan, readers: Readers) -> Edit:
    """Rows with the most frequent value of a dimension have its first other value."""
    for metric in readers.metrics:
        for dimension in metric.dimensions:
            for node in metric.models(plan.manifest):
                is_own = (node.schema, node.alias) == dimension.place and node.kind == "model"
                if not is_own or not node.code or not dimension.expression.isidentifier():
                    continue
                column = quoted(dimension.expression)
                sql = (
                    f"with original as (\n{node.code}\n), usual as (\n"
                    f"select mode({column}) as value from original\n)\n"
                    f"select * replace (case when {column} = (select value from usual) then "
                    f"(select min({column}) from original, usual where {column} <> value) "
                    f"else {column} end as {column}) from original"
                )
                return Edit(f"{node.name}.{dimension.expression}", sql, model=node.unique_id)
    raise UnsuitedError("no metric with a dimension")


def _redefined(plan: Plan, readers: Readers) -> Edit:
    for metric in readers.metrics:
        sql = f"select 1.5 * value from (\n{readers.sql(metric)}\n) as edited (value)"
        return Edit(metric.name, sql, metric=metric.name)
    raise UnsuitedError("no metric")


READER_FAULTS = (
    ReaderFault("metric-halved", "a join loses half of the rows that a metric reads", _halved),
    ReaderFault("board-blank", "a filter leaves no row of what a board reads", _emptied),
    ReaderFault("dimension-gone", "the most frequent value of a dimension vanishes", _relabelled),
    ReaderFault("metric-redefined", "a metric has another definition", _redefined),
)
