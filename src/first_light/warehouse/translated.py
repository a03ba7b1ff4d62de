"""Queries in the SQL of checks, on a warehouse where only releases are built.

Boards are written and checked in the SQL of the embedded engine. What releases are built on spells
names and functions otherwise: sqlglot translates, as it does the other way in `copied.py`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from first_light.dbt.driver import load_kind
from first_light.dbt.engine import QueryResult
from first_light.dbt.manifest import Manifest
from first_light.utils.errors import DataopsError
from first_light.warehouse.scratch import DIALECT

if TYPE_CHECKING:
    from sqlglot import exp

    from first_light.dbt.engine import QueryRunner
    from first_light.warehouse.base import WarehouseKind
    from first_light.warehouse.setup import Setup

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


class TranslatedQueries:
    """Runs SQL of the embedded engine in another warehouse.

    Args:
        queries: that warehouse; sqlglot knows its name.
        setup: what a product of that kind has.
    """

    name = DIALECT

    def __init__(self, queries: QueryRunner, setup: Setup) -> None:
        self._queries, self._setup = queries, setup

    def run(self, query: str) -> QueryResult:
        """The result of a query, with names of columns as the query spells them.

        Raises:
            DataopsError: it cannot be translated, or it failed.
        """
        import sqlglot
        from sqlglot import exp

        try:
            tree = sqlglot.parse_one(query, dialect=DIALECT)
            if self._setup.week:
                tree = tree.transform(self._truncated)
            if self._setup.in_capitals:
                for name in tree.find_all(exp.Identifier):
                    if name.args.get("quoted") and _PLAIN.fullmatch(name.name):
                        name.set("this", name.name.upper())
            text = tree.sql(dialect=self._queries.name)
        except sqlglot.errors.SqlglotError as error:
            reason = str(error).splitlines()[0]
            raise DataopsError("The query cannot be translated.", where=reason) from error
        result = self._queries.run(text)
        if not self._setup.in_capitals:
            return result
        names = [
            low if _PLAIN.fullmatch(low := n.lower()) and n.isupper() else n for n in result[0]
        ]
        return QueryResult(names, result[1])

    def _truncated(self, node: exp.Expression) -> exp.Expression:
        """A truncation for a day as for an instant: sqlglot does not know the type of a column."""
        from sqlglot import exp

        if not isinstance(node, (exp.DateTrunc, exp.TimestampTrunc)):
            return node
        unit = node.text("unit").lower()
        unit = self._setup.week if unit == "week" else unit
        return exp.Anonymous(this="date_trunc", expressions=[node.this, exp.var(unit)])


def translated(
    queries: QueryRunner, manifest: Manifest, checked_on: str
) -> tuple[QueryRunner, Manifest]:
    """What runs the SQL of boards on a candidate, and the manifest with names for it.

    Args:
        queries: a connection to the candidate.
        manifest: the project, as dbt read it for the candidate.
        checked_on: the kind of warehouse on which boards are checked.
    """
    from sqlglot.dialects.dialect import Dialect

    if checked_on != DIALECT or queries.name == DIALECT or Dialect.get(queries.name) is None:
        return queries, manifest
    nodes = {
        name: replace(node, relation=node.relation.replace("`", '"'))
        for name, node in manifest.nodes.items()
    }
    kind: WarehouseKind = load_kind(queries.name)
    return TranslatedQueries(queries, kind.setup), replace(manifest, nodes=nodes)
