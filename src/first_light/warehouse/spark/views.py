"""The published views, and the schemas of a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.own_tables import OWN_SCHEMA, WITHHELD, prefix_of
from first_light.warehouse.pointed_views import Columns, PointedViews, Pointer
from first_light.warehouse.spark import pointer
from first_light.warehouse.spark.driver import SparkCursor
from first_light.warehouse.spark.listing import Entry, comment_of, exists, listed
from first_light.warehouse.spark.names import Schemas, sql_name, sql_text
from first_light.warehouse.spark.server import drop_schema, release_schemas, rows_or_none


@dataclass(frozen=True)
class SparkViews(PointedViews):
    """The published views; the pointer is a view, which changes at an instant set beforehand.

    Attributes:
        cursor: a session.
        place: the schemas of the product.
    """

    cursor: SparkCursor
    place: Schemas

    def read(self) -> Pointer:
        return pointer.read(self.cursor, self.place)

    def write(self, goal: Pointer) -> None:
        pointer.write(self.cursor, self.place, goal)

    def change(self, old: str, new: str) -> None:
        pointer.change(self.cursor, self.place, old, new)

    def owner(self, run: str) -> str:
        return owner_of(self.cursor, self.place, run)

    def schemas(self, run: str) -> list[str]:
        return release_schemas(self.cursor, self.place, run)

    def drop_schema(self, schema: str) -> None:
        drop_schema(self.cursor, schema)

    def kept(self, run: str, schemas: str, owner: str) -> DataopsError:
        return DataopsError(
            "The catalog already has another release of this number.",
            where=f"{prefix_of(run)}, schemas {schemas}: {owner}",
            fix="set DATAOPS_STORE to the store it was created with, or drop the schemas",
        )

    def relations(self, run: str) -> Mapping[Relation, Columns]:
        return {
            Relation(self.place.plain(stored.schema), stored.name): dict(entry.columns)
            for stored, entry in entries_of(self.cursor, self.place, run).items()
        }

    def withheld(self, run: str) -> list[tuple[str, str, str]]:
        table = sql_name(self.place.of_release(run, OWN_SCHEMA), WITHHELD)
        query = f"select `schema`, name, `column` from {table}"
        return list(rows_or_none(self.cursor, query) or ())

    def prepare(self, run: str, schemas: Sequence[str]) -> None:
        for schema in schemas:
            if not exists(self.cursor, self.place.of_readers(schema)):
                self.cursor.execute(f"create schema {sql_name(self.place.of_readers(schema))}")

    def make(self, views: Mapping[Relation, str]) -> None:
        """Spark drops a view that it replaces and creates it again; it alters one in place."""
        present = {
            view
            for schema in {relation.schema for relation in views}
            for view in listed(self.cursor, self.place.of_readers(schema))
        }
        for relation, query in views.items():
            is_present = Relation(self.place.of_readers(relation.schema), relation.name) in present
            action = "alter" if is_present else "create"
            self.cursor.execute(f"{action} view {self._view(relation)} as {query}")

    def drop(self, views: Sequence[Relation]) -> None:
        for view in views:
            self.cursor.execute(f"drop view if exists {self._view(view)}")

    def source(self, run: str, relation: Relation) -> str:
        return sql_name(self.place.of_release(run, relation.schema), relation.name)

    def _view(self, relation: Relation) -> str:
        return sql_name(self.place.of_readers(relation.schema), relation.name)

    def condition(self, run: str) -> str:
        return pointer.condition(self.place, run)

    def converted(self, value: str, kind: str) -> str:
        return f"try_cast({value} as {kind})"


def entries_of(cursor: SparkCursor, place: Schemas, run: str) -> dict[Relation, Entry]:
    """All relations of a release."""
    return {
        relation: entry
        for schema in release_schemas(cursor, place, run)
        for relation, entry in listed(cursor, schema).items()
    }


def owner_of(cursor: SparkCursor, place: Schemas, run: str) -> str:
    """The run that made the schemas of this number; empty if none did."""
    return comment_of(cursor, place.of_release(run, OWN_SCHEMA))


def begin_release(cursor: SparkCursor, place: Schemas, run: str) -> None:
    """Create the schema of a release that says which run made it."""
    schema = sql_name(place.of_release(run, OWN_SCHEMA))
    cursor.execute(f"create schema {schema} comment {sql_text(run)}")
