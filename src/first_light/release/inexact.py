"""What the test `converts_exactly` found: which column, how many values, in which file."""

from __future__ import annotations

from dataclasses import replace

from first_light.dbt.engine import DbtRun, Engine, NodeResult
from first_light.utils.errors import DataopsError

TEST = "converts_exactly"
_MOST = 10


def with_values(run: DbtRun, engine: Engine) -> DbtRun:
    """A run whose failures of the test name the columns, the counts, the files and an example."""
    return replace(run, nodes=tuple(_with_values(node, engine) for node in run.nodes))


def _with_values(node: NodeResult, engine: Engine) -> NodeResult:
    if not (node.failed and node.kind == "test" and TEST in node.name and node.sql):
        return node
    try:
        with engine.connect() as queries:
            rows = queries.run(f"select * from ({node.sql}\n) as inexact limit {_MOST}").rows
    except DataopsError:  # the count in dbt's own message still says that there are some
        return node
    lines = [
        f"column {column}: {count:,} values that its type cannot hold"
        + (f" in {file}" if file else "")
        + f", such as {example}"
        for column, file, count, example in sorted(rows, key=str)
    ]
    return replace(node, message="\n".join([*lines, node.message]))
