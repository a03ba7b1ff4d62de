"""Choose the rows of the sample, in DuckDB, with bounded memory.

Every table is loaded once into a scratch database. Parents are chosen first, then their children,
so that related rows stay together; then missing rows are added: the parents of chosen rows, all
versions of a row, all children of a parent with few (an order has all its lines, so that sums
match), and a row for every value of a small closed set, for null and not null, for the oldest and
the newest time.
The order is by a hash of the row's content, so the same input gives the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from first_light.dbt.source_plan import PlannedTable, connected
from first_light.sampling.coverage import add_coverage
from first_light.sampling.scratch_tables import (
    Link,
    LoadedTable,
    as_text,
    children_per_parent,
    link_of,
    load_table,
)
from first_light.sampling.selection import Selection, in_chosen
from first_light.warehouse.scratch import Connection

_TINY_SHARE = 5  # tables up to a fifth of the limit are included completely
_PARENT_SHARE = 10  # parents get at least a tenth of the limit, however many children each has
_LARGE_FAMILY = 10  # children per parent above which families are cut
_LONGEST_CHAIN = 50  # steps from parent to parent
_CLOSURE = 10  # times the limit, for the parents of chosen rows
_VERSIONS = 50  # rows of one parent key at most, where it is not unique
_SMALL_FAMILY = 4  # children per parent up to which families are complete
_GROWTH = 2  # times the limit, up to which complete families may add rows
_ADJACENCY_ROWS = 100_000  # the first rows of a table, which show how children are ordered
_WHOLE_FAMILY = 100  # children of one parent at most that a complete family adds


class Chooser:
    """Chooses rows of raw.

    Args:
        connection: a scratch database with disk space for raw.
        tables: the plan.
        raw: the root folder of raw.
        wide: bytes from which a row is chosen only if there is no other.

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
        self._by_name = {table.plan.name: table for table in self.tables}
        self._links = [
            link_of(self._by_name, table, reference)
            for table in self.tables
            for reference in table.plan.references
        ]
        self._fanout = {id(link): children_per_parent(connection, link) for link in self._links}
        self._components = self._connected()
        self._requests: dict[int, tuple[int, ...]] = {}  # by component: its limits, its coverage
        self._unfollowed: dict[int, tuple[str, ...]] = {}
        self._settled: dict[int, tuple[int, int]] = {}  # by link: changes of child and parent
        self._whole = {id(link) for table in self.tables for link in self._owners(table)}

    def choose(self, limits: Mapping[str, int], *, cover: bool = True) -> None:
        """Choose rows, about `limits[table]` for each table, replacing an earlier choice.

        Rows for joins and coverage are added to that. `cover=False` omits the coverage. What an
        earlier choice says of tables that no reference connects with another limit is kept.
        """
        for number, (tables, links) in enumerate(self._components):
            of_tables = tuple(limits[table.plan.name] for table in tables)
            is_whole = not links and tables[0].rows <= of_tables[0]
            request = () if is_whole else (*of_tables, cover)
            if self._requests.get(number) != request:
                self._unfollowed[number] = self._choose_connected(tables, links, limits, cover)
                self._requests[number] = request

    @property
    def unfollowed(self) -> tuple[str, ...]:
        """The tables with rows whose parents are missing."""
        return tuple(name for names in self._unfollowed.values() for name in names)

    def _choose_connected(
        self,
        tables: Sequence[LoadedTable],
        links: Sequence[Link],
        limits: Mapping[str, int],
        cover: bool,
    ) -> tuple[str, ...]:
        """Choose rows of tables that references connect; those whose parents are missing."""
        ordered = self._parents_first(tables)
        counts = self._initial_counts(ordered, limits)
        for table in tables:
            self.selection.clear(table)
        for table in ordered:
            name = table.plan.name
            self._choose_first(table, counts[name], tiny=self._is_tiny(table, limits[name]))
        unfollowed = self._close(tables, links, limits)
        if cover:
            for table in tables:
                add_coverage(self.selection, table)
            unfollowed += self._close(tables, links, limits)
        return unfollowed

    def _connected(self) -> list[tuple[list[LoadedTable], list[Link]]]:
        """The tables that references connect with each other, and these references."""
        plans = [table.plan for table in self.tables]
        components: list[tuple[list[LoadedTable], list[Link]]] = []
        placed: frozenset[str] = frozenset()
        for first in self.tables:
            if first.plan.name not in placed:
                names = connected(plans, {first.plan.name})
                placed |= names
                tables = [table for table in self.tables if table.plan.name in names]
                links = [link for link in self._links if link.child.plan.name in names]
                components.append((tables, links))
        return components

    def is_key(self, table: LoadedTable, column: int) -> bool:
        """Whether the column is part of a reference."""
        key = f"c{column}"
        return any(
            (link.child is table and link.child_key == as_text(key))
            or (link.parent is table and link.parent_key == as_text(key))
            for link in self._links
        )

    def _owners(self, table: LoadedTable) -> list[Link]:
        """The reference, none or one, whose children are kept together.

        Of several with few children it is the one whose children are adjacent in the files:
        the lines of an order are, the lines of a product are not.
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
                f"from {table.sql} where id < {_ADJACENCY_ROWS}) where same"
            )

        return [max(small, key=lambda link: (adjacent(link), link.parent.rows))]

    def _parents_first(self, tables: Sequence[LoadedTable]) -> list[LoadedTable]:
        """The tables, referenced tables first; cycles in the order of names."""
        ordered: list[LoadedTable] = []
        visiting: set[str] = set()

        def visit(table: LoadedTable) -> None:
            if table in ordered or table.plan.name in visiting:
                return
            visiting.add(table.plan.name)
            for link in self._links:
                if link.child is table:
                    visit(link.parent)
            ordered.append(table)

        for table in tables:
            visit(table)
        return ordered

    def _initial_counts(
        self, ordered: Sequence[LoadedTable], limits: Mapping[str, int]
    ) -> dict[str, int]:
        """The number of rows to start with: as many parents as the children's limits allow."""
        counts: dict[str, int] = {}
        for table in reversed(ordered):
            limit = limits[table.plan.name]
            count = float(limit)
            for link in self._links:
                child = link.child.plan.name
                if link.parent is table and link.child is not table and child in counts:
                    count = min(count, counts[child] / max(self._fanout[id(link)], 1.0))
            count = max(count, limit / _PARENT_SHARE, 1.0)
            counts[table.plan.name] = table.rows if self._is_tiny(table, limit) else int(count)
        return counts

    def _is_tiny(self, table: LoadedTable, limit: int) -> bool:
        return table.rows <= limit / _TINY_SHARE

    def _choose_first(self, table: LoadedTable, count: int, tiny: bool) -> None:
        families = [
            link
            for link in self._links
            if link.child is table
            and link.parent is not table
            and 0 < self.selection.chosen(link.parent) < link.parent.rows
        ]
        # Not tiny, and each row would add its family: then the parents decide.
        adds_families = not tiny and any(self._is_small(link) for link in families)
        if count >= table.rows and not adds_families:
            self.selection.add(table, f"select id from {table.sql}")
            return
        if families:
            family = max(families, key=lambda link: (self._is_small(link), link.parent.rows))
            self._choose_children(family, count)
            # A table whose parents have hardly any children still needs rows; if each row adds its
            # whole family, a few are enough.
            share = 20 if self._is_small(family) else 2
            lacking = count // share - self.selection.chosen(table)
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
                    f"order by ({has_children}) desc nulls last, rank limit {count * 3 // 4}",
                )
            self._choose_from_roots(table, count)
            lacking = count - self.selection.chosen(table)
        if lacking > 0:
            self.selection.add(
                table,
                f"select id from {table.sql} where not {in_chosen(table)} "
                f"order by rank limit {lacking}",
            )

    def _choose_from_roots(self, table: LoadedTable, count: int) -> None:
        """Choose the upper part of a hierarchy within one table, so that no parent is missing."""
        for link in self._links:
            if link.child is not table or link.parent is not table:
                continue
            key, parent = link.child_key, link.parent_key
            for level in range(_LONGEST_CHAIN):
                remaining = count - self.selection.chosen(table) if level else count // 2
                above = f"{key} in (select {parent} from {table.sql} where {in_chosen(table)})"
                root = f"{key} is null or {key} not in (select {parent} from {table.sql} "
                root += f"where {parent} is not null)"
                if remaining <= 0 or not self.selection.add(
                    table,
                    f"select id from {table.sql} where ({above if level else root}) "
                    f"and not {in_chosen(table)} order by rank limit {remaining}",
                ):
                    break
            return

    def _choose_children(self, link: Link, count: int) -> None:
        """Choose children of chosen parents: whole families, or some of each if they are large."""
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
            f"order by {order} limit {count}",
        )

    def _close(
        self, tables: Sequence[LoadedTable], links: Sequence[Link], limits: Mapping[str, int]
    ) -> tuple[str, ...]:
        """Add the families of chosen rows repeatedly until no parent is missing.

        A chain may be as long as its table (each event refers to the previous one): it is
        followed for a limited number of steps, then rows without their parents are removed.
        """
        for _ in range(_LONGEST_CHAIN):
            if not sum(self._add_family(link, limits) for link in links):
                return ()
            if any(self.selection.chosen(t) > _CLOSURE * limits[t.plan.name] for t in tables):
                break
        # Every pass shortens each chain by one, and no chain is longer than the added rows.
        for _ in range(2 * _LONGEST_CHAIN):
            if not sum(self._drop_orphans(link) for link in links):
                break
        for table in tables:
            if self.selection.chosen(table) == 0:  # a cycle: every row needs another
                limit = limits[table.plan.name]
                self.selection.add(table, f"select id from {table.sql} order by rank limit {limit}")
        return tuple(link.child.plan.name for link in links if self._orphans(link))

    def _is_small(self, link: Link) -> bool:
        """Whether parents have so few children that these are kept together.

        Only one parent of a row adds its other children: through two (orders and products) each
        row would add the next until all are chosen.
        """
        return id(link) in self._whole

    def _add_family(self, link: Link, limits: Mapping[str, int]) -> bool:
        """Add the parents of chosen children in all versions, and children of small families.

        Once that is done for a choice of both tables there is nothing to add until one changes.
        """
        settled = self.selection.changes(link.child), self.selection.changes(link.parent)
        if self._settled.get(id(link)) == settled:
            return False
        is_changed = self._add_parents(link)
        is_changed |= self._add_children(link, limits)
        changes = self.selection.changes(link.child), self.selection.changes(link.parent)
        self._settled[id(link)] = changes
        return is_changed

    def _add_parents(self, link: Link) -> bool:
        key, parent, child = link.parent_key, link.parent.sql, link.child.sql
        return self.selection.add(
            link.parent,
            f"select id from {parent} where {key} in "
            f"(select {link.child_key} from {child} where {in_chosen(link.child)} "
            f"union all select {key} from {parent} where {in_chosen(link.parent)}) "
            f"qualify row_number() over (partition by {key} order by rank) <= {_VERSIONS}",
        )

    def _add_children(self, link: Link, limits: Mapping[str, int]) -> bool:
        limit = limits[link.child.plan.name]
        if not self._is_small(link) or self.selection.chosen(link.child) > _GROWTH * limit:
            return False
        key, parent = link.child_key, link.parent
        return self.selection.add(
            link.child,
            f"select id from {link.child.sql} where {key} in "
            f"(select {link.parent_key} from {parent.sql} where {in_chosen(parent)}) "
            f"qualify row_number() over (partition by {key} order by rank) <= {_WHOLE_FAMILY}",
        )

    def _drop_orphans(self, link: Link) -> bool:
        """Remove chosen children whose parent is in raw but not chosen; whether there were any."""
        return self.selection.drop(
            link.child,
            f"select id from {link.child.sql} where {in_chosen(link.child)} "
            f"and {link.child_key} in ({self._unreached(link)})",
        )

    def _orphans(self, link: Link) -> bool:
        return self.selection.number(f"select count(*) from ({self._unreached(link)})") > 0

    def _missing(self, link: Link) -> str:
        """A query for the keys of chosen children without a chosen parent."""
        return (
            f"select {link.child_key} from {link.child.sql} where {in_chosen(link.child)} "
            f"except select {link.parent_key} from {link.parent.sql} "
            f"where {in_chosen(link.parent)}"
        )

    def _unreached(self, link: Link) -> str:
        """A query for the missing keys that exist in raw."""
        return f"({self._missing(link)}) intersect select {link.parent_key} from {link.parent.sql}"
