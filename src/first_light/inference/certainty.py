"""Which marks of personal columns are certain, from the names and values of raw."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from first_light.dbt.source_plan import MarkedColumn, read_plan
from first_light.inference.profile import scratch_database
from first_light.privacy.detect import is_certain
from first_light.project.source_table import without_system
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import EngineError

_ROWS = 20_000  # the first ones of a table


def certain_marks(product: Path, raw: Path, marks: Iterable[MarkedColumn]) -> set[MarkedColumn]:
    """Those of the marks that nobody has to be asked about.

    Args:
        product: the product's folder.
        raw: the root of raw; where it is not here, no mark is certain.
        marks: marked columns of source tables in raw.
    """
    marks = tuple(marks)
    if not marks or not raw.is_dir():
        return set()
    tables = {table.name: table for table in read_plan(product)}
    certain = set()
    with scratch_database(raw) as scratch:
        for mark in marks:
            column = quoted(mark.name)
            relation = tables[mark.table].relation(raw)
            query = (
                f"select distinct cast({column} as varchar) from (select {column} from {relation} "
                f"where {column} is not null limit {_ROWS})"
            )
            try:
                values = [str(row[0]) for row in scratch.rows(query)]
            except EngineError:  # it cannot be read: somebody has to decide
                continue
            if is_certain(mark.kind, mark.name, values, without_system(mark.table)):
                certain.add(mark)
    return certain
