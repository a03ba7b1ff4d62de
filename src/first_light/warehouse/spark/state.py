"""A copy of a table for the next candidate: Iceberg has no clone."""

from __future__ import annotations

from first_light.warehouse.base import Relation
from first_light.warehouse.spark.driver import SparkCursor
from first_light.warehouse.spark.names import sql_name

# Properties that describe the table that is copied, not the copy.
_OWN = ("'current-snapshot-id'", "'format'", "'sort-order'")


def copy_table(cursor: SparkCursor, source: Relation, goal: Relation) -> None:
    """Copy an Iceberg table with its definition: partitions, constraints and comments are kept."""
    name, copy = sql_name(source.schema, source.name), sql_name(goal.schema, goal.name)
    ((text,),) = cursor.rows(f"show create table {name}")
    cursor.execute(f"create schema if not exists {sql_name(goal.schema)}")
    cursor.execute(copied_definition(text, copy))
    cursor.execute(f"insert into {copy} select * from {name}")


def copied_definition(text: str, copy: str) -> str:
    """The statement that creates a copy, from `show create table`.

    Args:
        text: what Spark wrote for the table.
        copy: the name of the copy, quoted.
    """
    columns = text.index(" (\n")
    # A comment may have lines of any form; the location and the properties are the last.
    at = text.rindex("\nLOCATION '")
    properties = text[at:].partition("\nTBLPROPERTIES (\n")[2].rpartition(")")[0]
    kept = [
        line.strip().rstrip(",")
        for line in properties.splitlines()
        if line.strip() and not line.strip().startswith(_OWN)
    ]
    options = f"\nTBLPROPERTIES ({', '.join(kept)})" if kept else ""
    return f"CREATE TABLE {copy}{text[columns:at]}{options}"
