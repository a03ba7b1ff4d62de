"""What dataops writes into a release of a server, and how its number is spelled there."""

from __future__ import annotations

from dataclasses import astuple

from first_light.store.run_ids import run_number
from first_light.warehouse.base import Label, Table, Withheld

OWN_SCHEMA = "dataops"
RELEASE = "release"
WITHHELD = "withheld"
"""The table of a release with the columns that its views leave out."""
_LABEL = (
    *(("release_id", "varchar"), ("kind", "varchar"), ("built_from", "varchar")),
    *(("commit", "varchar"), ("dirty", "boolean"), ("raw_fingerprint", "varchar")),
    ("published_at", "timestamp"),
)


def prefix_of(run: str) -> str:
    """What the names of a release's schemas or database have of its number."""
    return f"r{run_number(run):06d}"


def label_table(label: Label) -> Table:
    """The description of a release, as a table."""
    return Table(RELEASE, "Description of this release; one row.", _LABEL, (astuple(label),))


def withheld_table(withheld: Withheld, prefix: str = "") -> Table:
    """The columns that readers of a release do not get, as a table.

    Args:
        withheld: by relation of a candidate.
        prefix: what the schemas of a candidate have before those that readers see.
    """
    rows = tuple(
        (relation.schema.removeprefix(prefix), relation.name, column)
        for relation, columns in withheld.items()
        for column in columns
    )
    columns = (("schema", "varchar"), ("name", "varchar"), ("column", "varchar"))
    return Table(WITHHELD, "Personal columns that are not published.", columns, rows)
