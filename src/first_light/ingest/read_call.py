"""The DuckDB call that reads a table, as text.

DuckDB guesses whatever a call leaves open, per file and per run: with `skip` open it drops a header
that is too short, with `comment` open it drops rows that begin with `#`. So these are spelled out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from first_light.ingest.formats import Kind
from first_light.project.source_table import ROOT
from first_light.utils import sql_names


@dataclass(frozen=True)
class Quoting:
    """How a CSV file quotes: the quote character, and what escapes it. Empty: it doesn't quote."""

    quote: str
    escape: str


STANDARD = Quoting('"', '"')
# In the order they are tried; the first that reads every file of a table is taken.
QUOTINGS = (STANDARD, Quoting('"', "\\"), Quoting("'", "'"), Quoting("", ""))


def literal(text: str) -> str:
    """`text` as an SQL string literal; a tab is spelled so that it can be seen."""
    return sql_names.literal("\\t" if text == "\t" else text)


def csv_options(delim: str, quoting: Quoting, nulls: tuple[str, ...]) -> str:
    """The options of `read_csv`, all that matter spelled out."""
    options = (
        f"delim={literal(delim)}, quote={literal(quoting.quote)}, escape={literal(quoting.escape)}"
        ", comment='', skip=0, header=true, all_varchar=true, union_by_name=true"
    )
    if nulls:
        options += f", nullstr=[{', '.join(literal(word) for word in ('', *nulls))}]"
    return options


# For the keys of all records; with fewer rows a late key is unknown.
JSON_OPTIONS = "union_by_name=true, sample_size=-1"
# For a look at the columns of one file, its first rows are enough.
JSON_LOOK = "union_by_name=true"
PARQUET_OPTIONS = "union_by_name=true"
_FUNCTIONS = {Kind.CSV: "read_csv", Kind.JSON: "read_json", Kind.PARQUET: "read_parquet"}


def json_options(columns: Sequence[tuple[str, str]]) -> str:
    """The options of `read_json`: the name and type of every column."""
    listed = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns)
    return f"columns={{{listed}}}"


def call(kind: Kind, where: str, options: str) -> str:
    """The call itself; `where` is an SQL expression, a literal or a list of them."""
    return f"{_FUNCTIONS[kind]}({where}, {options})"


def read_call(table: str, kind: Kind, options: str) -> str:
    """The call of a `SourceTable`: every file of the table's folder under `{raw}`.

    Text files are read compressed too, so that `orders_2.csv.gz` may follow `orders_1.csv`.
    """
    pattern = f"{ROOT}/{table}/*.{kind.value}{'' if kind is Kind.PARQUET else '*'}"
    return call(kind, literal(pattern), options)
