"""Published views where an engine replaces one view at a time.

Views of both releases are made first, which ask a pointer: one small relation. The pointer then
changes, and with it all views at once. Then the views read the new release alone. At any instant
all views read the release that the pointer names, so that a process that is killed anywhere leaves
readers with one whole release.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from first_light.store.run_ids import began_since
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.own_tables import OWN_SCHEMA, WITHHELD
from first_light.warehouse.prefixed_schemas import PrefixedSchemas, sql_name

Columns = Mapping[str, str]
"""Types by name, in order."""


@dataclass(frozen=True)
class Pointer:
    """What the pointer says.

    Attributes:
        release: the release that readers see; empty before the first one.
        other: while a release is published, the other one of which there are views.
        is_settled: whether all views read `release` alone.
    """

    release: str = ""
    other: str = ""
    is_settled: bool = True


class PointedViews(ABC):
    """The published views of a product, with schemas as after its prefix.

    Attributes:
        place: the schemas of the product.
    """

    place: PrefixedSchemas

    @abstractmethod
    def read(self) -> Pointer:
        """What the pointer says."""

    @abstractmethod
    def write(self, pointer: Pointer) -> None:
        """Set it, without a change of the release."""

    @abstractmethod
    def change(self, old: str, new: str) -> None:
        """Change it to another release, and wait until no query sees the old one any more."""

    @abstractmethod
    def owner(self, run: str) -> str:
        """The run that made the schemas of this number; empty if none did."""

    @abstractmethod
    def schemas(self, run: str) -> list[str]:
        """The schemas of this number, with their whole names."""

    @abstractmethod
    def drop_schema(self, schema: str) -> None:
        """Drop one of these schemas with all that is in it."""

    @abstractmethod
    def kept(self, run: str, schemas: str, owner: str) -> DataopsError:
        """That schemas of this number belong to another store."""

    @abstractmethod
    def relations(self, run: str) -> Mapping[Relation, Columns]:
        """All relations of a release."""

    @abstractmethod
    def withheld(self, run: str) -> list[tuple[str, str, str]]:
        """Schema, relation and column of all that readers of a release do not get."""

    @abstractmethod
    def prepare(self, run: str, schemas: Sequence[str]) -> None:
        """Make sure that there are these schemas of readers, whose views may read a release."""

    @abstractmethod
    def make(self, views: Mapping[Relation, str]) -> None:
        """Make views of readers with these queries; at no instant an existing one is missing."""

    @abstractmethod
    def drop(self, views: Sequence[Relation]) -> None:
        """Drop views of readers, as far as there are any."""

    @abstractmethod
    def source(self, run: str, relation: Relation) -> str:
        """A relation of a release, in a statement."""

    @abstractmethod
    def condition(self, run: str) -> str:
        """Whether the pointer names a release, in a statement."""

    @abstractmethod
    def converted(self, value: str, kind: str) -> str:
        """A value as another type, or null if that is not possible."""

    def repoint(self, run: str) -> None:
        """Make readers see a release; nothing is done if they see it already."""
        current = self.settle()
        if current.release == run:
            return
        if self.owner(run) != run:
            return  # current was released into another warehouse
        old, new = self.published(current.release), self.published(run)
        self.write(Pointer(current.release, run, is_settled=False))
        self.prepare(run, schemas_of(new))
        self.make(
            {
                relation: self._query_of_both(
                    relation, (current.release, columns), (run, new.get(relation, {}))
                )
                for relation, columns in sorted(old.items())
            }
        )
        if current.release:
            self.change(current.release, run)
        else:
            self.write(Pointer(run, "", is_settled=False))
        self._finish(Pointer(run, current.release), new, set(old) - set(new))

    def settle(self) -> Pointer:
        """Finish or undo what was cut short: views of both releases become views of current."""
        found = self.read()
        if not found.is_settled:
            views = self.published(found.release)
            gone = set(self.published(found.other)) - set(views)
            self._finish(found, views, gone)
        return Pointer(found.release)

    def drop_release(self, run: str) -> None:
        """Drop the schemas of a release or candidate, if this run made them."""
        if self.owner(run) == run:
            self._drop(run)

    def drop_abandoned(self, run: str, base: str) -> None:
        """Drop schemas of this number that a machine left which failed before the store knew them.

        Those of a run which began before current belong to another store and are kept.

        Raises:
            DataopsError: they are kept.
        """
        found = self.schemas(run)
        if not found:
            return
        owner = self.owner(run)
        is_newer = bool(owner) and began_since(owner, base)
        if owner != run and not (is_newer and self.read().release == base):
            raise self.kept(run, ", ".join(found), owner or "of an unknown run")
        self._drop(run)

    def _drop(self, run: str) -> None:
        """Drop the schemas of a release; that with the owner is the last."""
        self.settle()  # while a release is published, views name two
        own = self.place.of_release(run, OWN_SCHEMA)
        for schema in sorted(self.schemas(run), key=lambda name: name == own):
            self.drop_schema(schema)

    def published(self, run: str) -> dict[Relation, Columns]:
        """What readers get of a release; nothing without a run."""
        if not run:
            return {}
        left_out = set(self.withheld(run))
        result: dict[Relation, Columns] = {}
        for relation, columns in self.relations(run).items():
            kept = {
                name: kind
                for name, kind in columns.items()
                if (relation.schema, relation.name, name) not in left_out
            }
            if kept and relation != Relation(OWN_SCHEMA, WITHHELD):
                result[relation] = kept
        return result

    def _finish(
        self, found: Pointer, views: Mapping[Relation, Columns], gone: set[Relation]
    ) -> None:
        """Make the views of current, and drop those of which it has no relation."""
        if found.release:
            self.prepare(found.release, schemas_of(views))
        self.make(
            {
                relation: self._selected(relation, found.release, columns)
                for relation, columns in sorted(views.items())
            }
        )
        self.drop(sorted(gone))
        self.write(Pointer(found.release))

    def _query_of_both(
        self, relation: Relation, old: tuple[str, Columns], new: tuple[str, Columns]
    ) -> str:
        """A query with the columns of the old release, and the rows of the one that is current.

        For the seconds until it is replaced, a column that the new release has no more is null, and
        one of another type is converted if that is possible.
        """
        (old_run, columns), (new_run, others) = old, new
        selected = self._selected(relation, old_run, columns)
        branches = [f"{selected} where {self.condition(old_run)}"]
        if others:
            values = ", ".join(
                sql_name(name)
                if others.get(name) == kind
                else f"{self.converted(sql_name(name) if name in others else 'null', kind)} "
                f"as {sql_name(name)}"
                for name, kind in columns.items()
            )
            source = self.source(new_run, relation)
            branches.append(f"select {values} from {source} where {self.condition(new_run)}")
        return " union all ".join(branches)

    def _selected(self, relation: Relation, run: str, columns: Columns) -> str:
        source = self.source(run, relation)
        return f"select {', '.join(map(sql_name, columns))} from {source}"


def schemas_of(views: Mapping[Relation, Columns]) -> list[str]:
    """The schemas of views."""
    return sorted({relation.schema for relation in views})
