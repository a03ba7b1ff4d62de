"""What raw is made of: one folder of files a source table, and the call that reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = "{raw}"


@dataclass(frozen=True)
class SourceTable:
    """One source table in raw.

    Attributes:
        name: snake_case name of the table and of its folder under raw.
        read: DuckDB table function call that reads all its files, with `{raw}` for the root folder,
            for instance `read_csv('{raw}/orders/*.csv', header=true, all_varchar=true)`.
        files: the files in raw that belong to it, oldest name first.
        notes: what was found out or converted when the files landed, one plain sentence each.
    """

    name: str
    read: str
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()

    def relation(self, root: Path | str) -> str:
        """The call that reads this table from `root`: raw or sample; quotes in it are escaped."""
        return self.read.replace(ROOT, str(root).replace("'", "''"))
