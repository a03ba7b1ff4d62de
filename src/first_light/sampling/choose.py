"""Choosing the rows of the sample, in DuckDB, with bounded memory.

Every table is loaded once into a scratch database. Parents are chosen first, then their children,
so that families stay together; then whatever is missing is added: the parents of chosen rows, all
versions of a row, all children where a parent has few (an order has all its lines, so that sums
still hold), a row for every value of a small closed set, for null and not null, for the oldest and
the newest.
The order is by a hash of the row's content, so the same input gives the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from first_light.dbt.source_plan import PlannedTable
from first_light.sampling.coverage import add_coverage
from first_light.sampling.scratch_tables import (
    Link,
    Loaded,
    as_text,
    children_per_parent,
    link_of,
    load_table,
)
from first_light.sampling.selection import Selection, in_chosen
from first_light.warehouse.scratch import Connection

_TINY_SHARE = 5  # tables up to a fifth of the bound are taken whole
_PARENT_SHARE = 10  # parents are at least a tenth of the bound, however many children each has
_LARGE_FAMILY = 10  # children per parent above which families are cut
_LONGEST_CHAIN = 50  # steps from parent to parent
_CLOSURE = 10  # times the bound, which the parents of chosen rows may take
_VERSIONS = 50  # rows of one parent key at most, where it is not unique
_SMALL_FAMILY = 4  # children per parent up to which families are kept whole
_GROWTH = 2  # times the bound, up to which families bring more rows
_ADJACENT = 100_000  # rows, the first of a table, that show which parent they are delivered by
_WHOLE_FAMILY = 100  # children of one parent at most that a whole family brings


class Chooser:
    """The rows of raw, and which of them are chosen.

    Args:
        connection: a scratch database with room for raw on its disk.
        tables: the plan.
        raw: the root folder of raw.
        wide: bytes from which a row is chosen only when there is no other.

    Raises:
        DataopsError: a table cannot be read, or a marked column is not in it.
    """

    def __init__(
        self,
        connection: Connection,
        tables: Sequence[PlannedTable],
        raw: Path,
        wide: int,
    ) -> None:
        self.selection = Selection(connection)
        self.tables = tuple(
            load_table(connection, number, table, raw, wide) for number, table in enumerate(tables)
        )
        self.unfollowed: tuple[str, ...] = ()  # tables with rows whose parents were not reached
        self._by_name = {table.plan.name: table for table in self.tables}
        self._links = [
            link_of(self._by_name, table, reference)
            for table in self.tables
            for reference in table.plan.references
        ]
        self._fanout = {id(link): children_per_parent(connection, link) for link in self._links}
        self._whole = {id(link) for table in self.tables for link in self._owners(table)}

    def choose(self, limits: Mapping[str, int], *, cover: bool = True) -> None:
        """Choose anew, at most about `limits[table]` rows a table.

        What joins and coverage need comes on top. `cover=False` leaves the coverage out.
        """
        ordered = self._parents_first()
        wanted = self._wanted(ordered, limits)
        for table in self.tables:
            self.selection.run(
                f"create or replace table {table.sql}_chosen (id bigint primary key)"
            )
        for table in ordered:
            name = table.plan.name
            self._choose_first(table, wanted[name], tiny=self._is_tiny(table, limits[name]))
        self.unfollowed = ()
        self._close(limits)
        if cover:
            for table in self.tables:
                add_coverage(self.selection, table)
            self._close(limits)

    def is_key(self, table: Loaded, column: int) -> bool:
        """Whether the column takes part in a reference."""
        key = f"c{column}"
        return any(
            (link.child is table and link.child_key == as_text(key))
            or (link.parent is table and link.parent_key == as_text(key))
            for link in self._links
        )

    def _owners(self, table: Loaded) -> list[Link]:
        """The reference, none or one, by which rows of a table belong together.

        Of several with small families it is the one whose children lie together in the files:
        the lines of an order do, the lines of a product do not.
        """
        small = [
            link
            for link in self._links
            if link.child is table
            and link.parent is not table
            and self._fanout[id(link)] <= _SMALL_FAMILY
        ]
        if len(small) < 2:
            return small

        def adjacent(link: Link) -> int:
            key = link.child_key
            return self.selection.number(
                f"select count(*) from (select {key} = lag({key}) over (order by id) as same "
                f"from {table.sql} where id < {_ADJACENT}) where same"
            )

        return [max(small, key=lambda link: (adjacent(link), link.parent.rows))]

    def _parents_first(self) -> list[Loaded]:
        """The tables with those they refer to before them; in a cycle, as the names sort."""
        ordered: list[Loaded] = []
        open_: set[str] = set()

        def visit(table: Loaded) -> None:
            if table in ordered or table.plan.name in open_:
                return
            open_.add(table.plan.name)
            for link in self._links:
                if link.child is table:
                    visit(link.parent)
            ordered.append(table)

        for table in self.tables:
            visit(table)
        return ordered

    def _wanted(self, ordered: Sequence[Loaded], limits: Mapping[str, int]) -> dict[str, int]:
        """How many rows to begin with: as many parents as the children have room for."""
        wanted: dict[str, int] = {}
        for table in reversed(ordered):
            limit = limits[table.plan.name]
            count = float(limit)
            for link in self._links:
                child = link.child.plan.name
                if link.parent is table and link.child is not table and child in wanted:
                    count = min(count, wanted[child] / max(self._fanout[id(link)], 1.0))
            count = max(count, limit / _PARENT_SHARE, 1.0)
            wanted[table.plan.name] = table.rows if self._is_tiny(table, limit) else int(count)
        return wanted

    def _is_tiny(self, table: Loaded, limit: int) -> bool:
        return table.rows <= limit / _TINY_SHARE

    def _choose_first(self, table: Loaded, wanted: int, tiny: bool) -> None:
        families = [
            link
            for link in self._links
            if link.child is table
            and link.parent is not table
            and 0 < self.selection.chosen(link.parent) < link.parent.rows
        ]
        # Not tiny, and each row would bring its family: the parents decide then.
        brings = not tiny and any(self._is_small(link) for link in families)
        if wanted >= table.rows and not brings:
            self.selection.add(table, f"select id from {table.sql}")
            return
        if families:
            family = max(families, key=lambda link: (self._is_small(link), link.parent.rows))
            self._choose_children(family, wanted)
            # A table whose parents have hardly any children still deserves to be seen; where each
            # row brings its whole family, a few are enough.
            share = 20 if self._is_small(family) else 2
            lacking = wanted // share - self.selection.chosen(table)
        else:
            has_children = " + ".join(
                f"({link.parent_key} in (select {link.child_key} from {link.child.sql}))::int"
                for link in self._links
                if link.parent is table and link.child is not table
            )
            if has_children:
                self.selection.add(
                    table,
                    f"select id from {table.sql} "
                    f"order by ({has_children}) desc nulls last, rank limit {wanted * 3 // 4}",
                )
            self._choose_from_roots(table, wanted)
            lacking = wanted - self.selection.chosen(table)
        if lacking > 0:
            self.selection.add(
                table,
                f"select id from {table.sql} where not {in_chosen(table)} "
                f"order by rank limit {lacking}",
            )

    def _choose_from_roots(self, table: Loaded, wanted: int) -> None:
        """Of a hierarchy within one table, take the upper part: nobody's parent is missing then."""
        for link in self._links:
            if link.child is not table or link.parent is not table:
                continue
            key, parent = link.child_key, link.parent_key
            for level in range(_LONGEST_CHAIN):
                room = wanted - self.selection.chosen(table) if level else wanted // 2
                above = f"{key} in (select {parent} from {table.sql} where {in_chosen(table)})"
                root = f"{key} is null or {key} not in (select {parent} from {table.sql} "
                root += f"where {parent} is not null)"
                if room <= 0 or not self.selection.add(
                    table,
                    f"select id from {table.sql} where ({above if level else root}) "
                    f"and not {in_chosen(table)} order by rank limit {room}",
                ):
                    break
            return

    def _choose_children(self, link: Link, wanted: int) -> None:
        """Children of the chosen parents: whole families, or some of each where they are large."""
        large = self._fanout[id(link)] > _LARGE_FAMILY
        order = (
            f"row_number() over (partition by {link.child_key} order by rank), rank"
            if large
            else f"rank >> 104, md5_number_lower({link.child_key}), rank"
        )
        self.selection.add(
            link.child,
            f"select id from {link.child.sql} where {link.child_key} in "
            f"(select {link.parent_key} from {link.parent.sql} where {in_chosen(link.parent)}) "
            f"order by {order} limit {wanted}",
        )

    def _close(self, limits: Mapping[str, int]) -> None:
        """Add the families of chosen rows, theirs, and so on, until nobody is missing.

        A chain may be as long as its table (each event names the one before): such a chain is
        followed for a while, then rows whose parents are not in reach are taken out again.
        """
        for _ in range(_LONGEST_CHAIN):
            if not sum(self._add_family(link, limits) for link in self._links):
                return
            if any(self.selection.chosen(t) > _CLOSURE * limits[t.plan.name] for t in self.tables):
                break
        # Every turn shortens each chain by one, and no chain is longer than what was added.
        for _ in range(2 * _LONGEST_CHAIN):
            if not sum(self._drop_orphans(link) for link in self._links):
                break
        for table in self.tables:
            if self.selection.chosen(table) == 0:  # a ring, in which every row needs another
                limit = limits[table.plan.name]
                self.selection.add(table, f"select id from {table.sql} order by rank limit {limit}")
        self.unfollowed = tuple(link.child.plan.name for link in self._links if self._orphans(link))

    def _is_small(self, link: Link) -> bool:
        """Whether parents have so few children that they are kept together.

        Only one parent of a row brings its other children: through two (orders and products),
        each row would bring the next until all are chosen.
        """
        return id(link) in self._whole

    def _add_family(self, link: Link, limits: Mapping[str, int]) -> bool:
        """Add parents of chosen children in all versions, and children where families are small."""
        key, parent, child = link.parent_key, link.parent.sql, link.child.sql
        added = self.selection.add(
            link.parent,
            f"select id from {parent} where {key} in "
            f"(select {link.child_key} from {child} where {in_chosen(link.child)}) "
            f"or {key} in (select {key} from {parent} where {in_chosen(link.parent)}) "
            f"qualify row_number() over (partition by {key} order by rank) <= {_VERSIONS}",
        )
        limit = limits[link.child.plan.name]
        if not self._is_small(link) or self.selection.chosen(link.child) > _GROWTH * limit:
            return added
        key = link.child_key
        grown = self.selection.add(
            link.child,
            f"select id from {child} where {key} in "
            f"(select {link.parent_key} from {parent} where {in_chosen(link.parent)}) "
            f"qualify row_number() over (partition by {key} order by rank) <= {_WHOLE_FAMILY}",
        )
        return added or grown

    def _drop_orphans(self, link: Link) -> bool:
        """Take out chosen children whose parent is in raw but not chosen; whether any was."""
        dropped = self.selection.number(
            f"delete from {link.child.sql}_chosen where id in (select id from {link.child.sql} "
            f"where {in_chosen(link.child)} and {link.child_key} in ({self._unreached(link)}))"
        )
        return dropped > 0

    def _orphans(self, link: Link) -> bool:
        return self.selection.number(f"select count(*) from ({self._unreached(link)})") > 0

    def _missing(self, link: Link) -> str:
        """A query for the keys that chosen children refer to and no chosen parent has."""
        return (
            f"select {link.child_key} from {link.child.sql} where {in_chosen(link.child)} "
            f"except select {link.parent_key} from {link.parent.sql} "
            f"where {in_chosen(link.parent)}"
        )

    def _unreached(self, link: Link) -> str:
        """Those of the missing keys that raw has."""
        return f"({self._missing(link)}) intersect select {link.parent_key} from {link.parent.sql}"
