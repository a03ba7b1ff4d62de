"""What dbt does to build and test a node, as statements for a scratch database."""

from __future__ import annotations

from pathlib import Path

from first_light.dbt.manifest import Node, TestVerdict
from first_light.utils.sql_names import literal, quoted


def build_statements(node: Node, place: str, sql: str, root: Path) -> list[str]:
    """The statements that build a model or a seed; a contract is a table with constraints.

    Args:
        node: what is built.
        place: the name of the relation, quoted.
        sql: its query; not used for a seed.
        root: the product, for the files of seeds.
    """
    if node.kind == "seed":
        return [
            f"create or replace table {place} as from read_csv({literal(str(root / node.path))})"
        ]
    if node.materialized == "view":
        return [f"create or replace view {place} as {sql}"]
    if not (node.contract and node.columns):
        return [f"create or replace table {place} as {sql}"]
    keys = [column.name for column in node.columns if "primary_key" in column.constraints]
    columns = [
        f"{quoted(column.name)} {column.data_type}"
        f"{' not null' if 'not_null' in column.constraints else ''}"
        for column in node.columns
    ]
    if keys:
        columns.append(f"primary key ({', '.join(map(quoted, keys))})")
    names = ", ".join(quoted(column.name) for column in node.columns)
    return [
        f"create or replace table {place} ({', '.join(columns)})",
        f"insert into {place} ({names}) select {names} from ({sql}) as built",
    ]


def verdict_query(number: int, verdict: TestVerdict, sql: str) -> str:
    """A row for one data test: its number, its failures, whether these warn, whether they fail."""
    count = f"({verdict.failures})"
    return (
        f"select {number}, {count}, {count} {verdict.warn_if}, {count} {verdict.error_if} "
        f"from ({sql}) as rows_of_test"
    )
