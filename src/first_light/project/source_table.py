"""Source tables in raw: one folder of files each, and the call that reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = "{raw}"


@dataclass(frozen=True)
class SourceTable:
    """One source table in raw.

    Attributes:
        name: snake_case name of the table and of its folder under raw.
        read: the DuckDB table function call that reads all its files, with `{raw}` for the root,
            for instance `read_csv('{raw}/orders/*.csv', header=true, all_varchar=true)`.
        files: the files in raw that belong to it, oldest name first.
        notes: sentences about findings and conversions when the files were added.
    """

    name: str
    read: str
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()

    def relation(self, root: Path | str) -> str:
        """The call that reads this table from `root`: raw or sample; quotes are escaped."""
        return self.read.replace(ROOT, str(root).replace("'", "''"))
