"""The warehouses where only releases are built, with tables of raw that a test fills."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bigquery_emulator
import harness
import snowflake_emulator
import spark_server
from first_light.project.product import Product
from first_light.warehouse.sampled_rows import sampled_tables

_BATCH = 400  # rows in a statement


@dataclass(frozen=True)
class Place:
    """A server, or an emulator of one, for a product with the name shop.

    Attributes:
        variables: of its connection.
        marts: the schema of readers.
        raw: the schema of raw.
        ask: runs a statement; returns its rows.
        text: writes a text as SQL.
        using: what the definition of a table ends with.
    """

    variables: Mapping[str, str]
    marts: str
    raw: str
    ask: Callable[[str], list[tuple[Any, ...]]]
    text: Callable[[str], str]
    using: str = ""

    def load(self, root: Path, before: str) -> None:
        """Fill raw with what the shop of the example had exported before a day, with other people:
        the sample in git must hold none that raw holds.

        Args:
            root: the product, with the sample.
            before: the day, such as 2026-03-31.
        """
        for table in sampled_tables(Product(root)):
            names = [name for name, _ in table.columns]
            at = names.index("exported_at")
            rows = [row for row in table.rows if str(row[at]) < before]
            self._write(table.name, names, [_of_somebody_else(names, row) for row in rows])

    def _write(
        self, name: str, columns: Sequence[str], rows: Sequence[Sequence[str | None]]
    ) -> None:
        fields = ", ".join(f"{column} string" for column in columns)
        self.ask(f"create or replace table {self.raw}.{name} ({fields}){self.using}")
        for at in range(0, len(rows), _BATCH):
            values = ", ".join(
                f"({', '.join('null' if v is None else self.text(v) for v in row)})"
                for row in rows[at : at + _BATCH]
            )
            self.ask(f"insert into {self.raw}.{name} values {values}")


def _of_somebody_else(names: Sequence[str], row: Sequence[str | None]) -> tuple[str | None, ...]:
    values = dict(zip(names, row))
    if "email" in values:
        number = values["customer_id"]
        values |= {
            "first_name": f"Qw{number}",
            "last_name": f"Zx{number}",
            "email": f"{number}@customers.example.net",
            "phone": f"+49 151 5550{number}",
            "street": f"Rue {number}",
        }
    return tuple(values.values())


@contextlib.contextmanager
def _snowflake(folder: Path) -> Iterator[Place]:
    with snowflake_emulator.server() as variables:
        for statement in ("database shop_next", "database shop_build", "schema shop_build.raw"):
            snowflake_emulator.ask(variables, f"create {statement}")
        yield Place(
            {**variables, **snowflake_emulator.ACCOUNT},
            "shop.marts",
            "shop_build.raw",
            lambda query: snowflake_emulator.ask(variables, query),
            lambda value: "'" + value.replace("'", "''") + "'",
        )


@contextlib.contextmanager
def _bigquery(folder: Path) -> Iterator[Place]:
    from first_light.warehouse.bigquery.names import sql_text

    with bigquery_emulator.server() as variables:
        with bigquery_emulator.session(variables) as cursor:
            cursor.create_dataset("shop_raw")
        yield Place(
            {**variables, "BIGQUERY_PROJECT": "emulated"},
            "shop_marts",
            "shop_raw",
            lambda query: bigquery_emulator.ask(variables, query),
            sql_text,
        )


@contextlib.contextmanager
def _spark(folder: Path) -> Iterator[Place]:
    from first_light.warehouse.spark.names import sql_text

    with spark_server.server(folder / "spark") as variables:
        spark_server.ask(variables, "create schema shop_raw")
        yield Place(
            {**variables, "SPARK_HOST": "127.0.0.1"},
            "shop_marts",
            "shop_raw",
            lambda query: spark_server.ask(variables, query),
            sql_text,
            " using iceberg",
        )


PLACES: Mapping[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "snowflake": _snowflake,
    "bigquery": _bigquery,
    "spark": _spark,
}


def example(root: Path, warehouse: str) -> Path:
    """The example with releases there, committed."""
    answers = {"content": "example", "product_name": "shop", "warehouse": warehouse}
    harness.render(root, answers)
    lead_here(root, warehouse)
    harness.git(root, "init", "-q", "-b", "main")
    harness.git(root, "add", "-A")
    harness.git(root, "commit", "-q", "-m", "First light")
    return root


def lead_here(root: Path, warehouse: str) -> None:
    """Let the template's profile lead to an emulator; Spark is where its variables say."""
    if warehouse == "snowflake":
        snowflake_emulator.lead_here(root / "profiles.yml")
    if warehouse == "bigquery":
        bigquery_emulator.lead_here(root / "profiles.yml")
