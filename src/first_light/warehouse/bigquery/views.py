"""The published views, and the datasets of a release.

BigQuery replaces one view at a time; its transactions have no DDL. The pointer is a table of one
row: a query reads all its tables as they were at one instant, so that all its views agree.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.bigquery.driver import BigQueryCursor
from first_light.warehouse.bigquery.names import Datasets, sql_text
from first_light.warehouse.bigquery.server import rows_or_none
from first_light.warehouse.own_tables import OWN_SCHEMA, WITHHELD, prefix_of
from first_light.warehouse.pointed_views import Columns, PointedViews, Pointer

MARGIN = 3.0
"""Seconds: queries whose planning takes longer than this may see both releases."""


@dataclass(frozen=True)
class BigQueryViews(PointedViews):
    """The published views.

    Attributes:
        cursor: a session.
        place: the datasets of the product.
    """

    cursor: BigQueryCursor
    place: Datasets

    def read(self) -> Pointer:
        return read_pointer(self.cursor, self.place)

    def write(self, goal: Pointer) -> None:
        dataset = self.place.of_readers(OWN_SCHEMA)
        self.cursor.create_dataset(dataset)
        columns = "release_id string, other string, is_settled bool"
        self.cursor.execute(f"create table if not exists {self.place.pointer} ({columns})")
        release, other = sql_text(goal.release), sql_text(goal.other)
        settled = str(goal.is_settled).lower()
        self.cursor.execute(
            f"merge {self.place.pointer} using (select 1 as n) as one on true when matched then "
            f"update set release_id = {release}, other = {other}, is_settled = {settled} "
            "when not matched then insert (release_id, other, is_settled) "
            f"values ({release}, {other}, {settled})"
        )

    def change(self, old: str, new: str) -> None:
        """Before and after it, wait for queries that were planned with other views."""
        time.sleep(MARGIN)
        self.write(Pointer(new, old, is_settled=False))
        time.sleep(MARGIN)

    def owner(self, run: str) -> str:
        return owner_of(self.cursor, self.place, run)

    def schemas(self, run: str) -> list[str]:
        return release_datasets(self.cursor, self.place, run)

    def drop_schema(self, schema: str) -> None:
        self.cursor.drop_dataset(schema)

    def kept(self, run: str, schemas: str, owner: str) -> DataopsError:
        return DataopsError(
            "The project already has another release of this number.",
            where=f"{prefix_of(run)}, datasets {schemas}: {owner}",
            fix="set DATAOPS_STORE to the store it was created with, or delete the datasets",
        )

    def relations(self, run: str) -> Mapping[Relation, Columns]:
        return {
            Relation(self.place.plain(relation.schema), relation.name): columns
            for relation, columns in columns_of(self.cursor, self.place, run).items()
        }

    def withheld(self, run: str) -> list[tuple[str, str, str]]:
        table = self.place.name(self.place.of_release(run, OWN_SCHEMA), WITHHELD)
        return rows_or_none(self.cursor, f"select `schema`, `name`, `column` from {table}") or []

    def prepare(self, run: str, schemas: Sequence[str]) -> None:
        """Create datasets of readers, and let their views read the release and the pointer."""
        for schema in schemas:
            self.cursor.create_dataset(self.place.of_readers(schema))
        for schema in schemas:
            own = self.place.of_release(run, schema)
            self.cursor.authorize(own, [self.place.of_readers(schema)])
        others = [self.place.of_readers(schema) for schema in schemas if schema != OWN_SCHEMA]
        self.cursor.authorize(self.place.of_readers(OWN_SCHEMA), others)

    def make(self, views: Mapping[Relation, str]) -> None:
        self.cursor.execute_all(
            [
                f"create or replace view {self._view(relation)} as {query}"
                for relation, query in views.items()
            ]
        )

    def drop(self, views: Sequence[Relation]) -> None:
        self.cursor.execute_all([f"drop view if exists {self._view(view)}" for view in views])

    def source(self, run: str, relation: Relation) -> str:
        return self.place.name(self.place.of_release(run, relation.schema), relation.name)

    def _view(self, relation: Relation) -> str:
        return self.place.name(self.place.of_readers(relation.schema), relation.name)

    def condition(self, run: str) -> str:
        return f"(select release_id from {self.place.pointer}) = {sql_text(run)}"

    def converted(self, value: str, kind: str) -> str:
        return f"safe_cast({value} as {kind})"


def read_pointer(cursor: BigQueryCursor, place: Datasets) -> Pointer:
    """What the pointer says.

    Raises:
        BigQueryError: it could not be read.
    """
    if cursor.described(place.of_readers(OWN_SCHEMA)) is None:
        return Pointer()
    query = f"select release_id, other, is_settled from {place.pointer}"
    rows = rows_or_none(cursor, query)
    return Pointer(*rows[0]) if rows else Pointer()


def release_datasets(cursor: BigQueryCursor, place: Datasets, run: str) -> list[str]:
    """The datasets of a release."""
    return cursor.datasets(place.of_release(run, ""))


def columns_of(cursor: BigQueryCursor, place: Datasets, run: str) -> dict[Relation, dict[str, str]]:
    """All relations of a release, with their columns and types in order."""
    result: dict[Relation, dict[str, str]] = {}
    for dataset in release_datasets(cursor, place, run):
        for schema, name, column, kind in cursor.columns(dataset):
            result.setdefault(Relation(schema, name), {})[column] = kind
    return result


def owner_of(cursor: BigQueryCursor, place: Datasets, run: str) -> str:
    """The run that made the datasets of this number; empty if none did."""
    return cursor.described(place.of_release(run, OWN_SCHEMA)) or ""
