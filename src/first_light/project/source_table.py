"""Source tables in raw: one folder of files each, and the call that reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from first_light.utils.sql_names import literal, quoted

ROOT = "{raw}"
SOURCE = "raw"
"""The dbt source of tables that belong to no named system."""
SERVER_SCHEMA = (
    "{{ env_var('DATAOPS_RAW_SCHEMA', 'raw' if target.name == 'prod' else "
    "target.schema ~ '_sample') }}"
)
"""The schema of a dbt source whose tables are on a server."""

_BETWEEN = "__"


def table_name(source: str, table: str) -> str:
    """The name of a source table in raw: of `customers` of the source crm, `crm__customers`."""
    return table if source == SOURCE else f"{source}{_BETWEEN}{table}"


def system_of(name: str) -> str:
    """The system of a table in raw: crm of `crm__customers`; empty without one."""
    return name.partition(_BETWEEN)[0] if _BETWEEN in name else ""


def without_system(name: str) -> str:
    """The name of a table in raw without its system: customers of `crm__customers`."""
    return name.partition(_BETWEEN)[2] if _BETWEEN in name else name


@dataclass(frozen=True)
class FullExport:
    """A table whose every file brings all its rows again: the newest row of each key counts.

    Attributes:
        key: the columns that identify a row of a file.
        order: SQL expressions over `filename`, each descending: the newest file comes first.
    """

    key: tuple[str, ...]
    order: tuple[str, ...]

    @property
    def rank(self) -> str:
        """SQL for the age of a row among those of its key: 1 in the newest file that has it."""
        keys = ", ".join(quoted(name) for name in self.key)
        order = ", ".join(f"{expression} desc" for expression in self.order)
        return f"rank() over (partition by {keys} order by {order})"


@dataclass(frozen=True)
class SourceTable:
    """One source table in raw.

    Attributes:
        name: snake_case name of the table and of its folder under raw; in front of it the system
            that it came from, where that was named: `crm__customers`.
        read: the DuckDB table function call that reads all its files, with `{raw}` for the root,
            for instance `read_csv('{raw}/orders/*.csv', header=true, all_varchar=true)`.
        files: the files in raw that belong to it, oldest name first.
        notes: sentences about findings and conversions when the files were added.
        added: those of `files` that the last delivery brought.
        set_aside: names of files in its folder that are not read; none of them is in `files`.
        export: how the newest rows are found, where every file is a full export.
    """

    name: str
    read: str
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()
    added: tuple[Path, ...] = field(default=(), compare=False)
    set_aside: tuple[str, ...] = ()
    export: FullExport | None = None

    @property
    def source(self) -> str:
        """The dbt source that it is a table of."""
        return system_of(self.name) or SOURCE

    @property
    def table(self) -> str:
        """Its name in that source."""
        return without_system(self.name)

    def relation(self, root: Path | str, with_file: bool = False) -> str:
        """SQL for the rows of this table from `root`, raw or sample; quotes are escaped.

        Args:
            with_file: whether the rows have the column `filename` too, where nothing hides it.
        """
        call = self.read.replace(ROOT, str(root).replace("'", "''"))
        if self.set_aside:
            names = ", ".join(literal(name) for name in self.set_aside)
            file = ", filename" if with_file and not self.export else ""
            call = f"(select *{file} from {call} where parse_filename(filename) not in ({names}))"
        if self.export:
            ranked = f"(select *, {self.export.rank} as delivery_rank from {call})"
            columns = f"* exclude ({'' if with_file else 'filename, '}delivery_rank)"
            call = f"(select {columns} from {ranked} where delivery_rank = 1)"
        return call
