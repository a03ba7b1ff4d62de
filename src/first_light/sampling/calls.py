"""Calls such as `read_csv('raw/orders/*.csv', delim=';')`, parsed by DuckDB."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from first_light.dbt.source_plan import PlannedTable
from first_light.project.source_table import ROOT
from first_light.utils.errors import DataopsError
from first_light.warehouse.scratch import Connection

CSV: Final = "csv"
JSON: Final = "json"
PARQUET: Final = "parquet"

_FORMATS = {
    "read_csv": CSV, "read_csv_auto": CSV,
    "read_json": JSON, "read_json_auto": JSON, "read_ndjson": JSON, "read_ndjson_auto": JSON,
    "read_json_objects": JSON, "read_ndjson_objects": JSON,
    "read_parquet": PARQUET, "parquet_scan": PARQUET,
}  # fmt: skip
_ENDINGS = {".csv": CSV, ".tsv": CSV, ".txt": CSV, ".json": JSON, ".ndjson": JSON, ".jsonl": JSON,
            ".parquet": PARQUET}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A call that reads files.

    Attributes:
        format: `CSV`, `JSON` or `PARQUET`.
        patterns: the globs it reads, each beginning with `{raw}/`.
        options: its named arguments, in lower case, with Python values.
    """

    format: str
    patterns: tuple[str, ...]
    options: Mapping[str, Any]

    @property
    def folder(self) -> str:
        """The folder of its files, under the root."""
        return self.patterns[0].removeprefix(f"{ROOT}/").split("/")[0]

    def path_for(self, table: str, example: str) -> PurePosixPath:
        """A path under the root that the call reads, named after the table if its glob allows.

        Args:
            table: the name of the source table.
            example: a path under the root that the call reads.
        """
        path = PurePosixPath(example)
        if self.options.get("filename"):
            return path  # the name is data
        ending = PurePosixPath(path.name.removesuffix(".gz")).suffix
        table_path = PurePosixPath(self.folder) / f"{table}{ending}"
        flat = self.patterns[0].removeprefix(f"{ROOT}/").replace("/**/", "/")
        same_folder = PurePosixPath(flat).parent == table_path.parent
        if same_folder and fnmatch.fnmatchcase(table_path.name, PurePosixPath(flat).name):
            return table_path
        return path


def parse(connection: Connection, table: PlannedTable) -> Call:
    """Parse the call of a table.

    Raises:
        DataopsError: it is not a call that reads CSV, JSON or Parquet files in a folder of raw.
    """
    row = connection.execute(
        "select json_serialize_sql(?)", [f"select * from {table.read}"]
    ).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if tree.get("error"):
        raise _unusable(table, str(tree.get("error_message", "not SQL")))
    source = tree["statements"][0]["node"]["from_table"]
    if source["type"] == "SUBQUERY" and "parse_filename(filename)" in table.read:
        source = source["subquery"]["node"]["from_table"]  # without files that are set aside
    options: dict[str, Any] = {}
    if source["type"] == "BASE_TABLE":
        patterns = [source["table_name"]]
        kind = _ENDINGS.get(PurePosixPath(patterns[0].removesuffix(".gz")).suffix.lower())
    elif source["type"] == "TABLE_FUNCTION":
        function = source["function"]
        kind = _FORMATS.get(function["function_name"].lower())
        patterns = []
        for argument in function["children"]:
            if argument["type"] == "COMPARE_EQUAL" and argument["left"]["type"] == "COLUMN_REF":
                name = argument["left"]["column_names"][-1].lower()
                options[name] = _value(argument["right"])
            else:
                patterns += _texts(_value(argument))
    else:
        raise _unusable(table, "it is not a single call that reads files")
    if kind is None:
        raise _unusable(table, "it reads neither CSV nor JSON nor Parquet files")
    if not patterns or any(
        not pattern.startswith(f"{ROOT}/") or "/" not in pattern.removeprefix(f"{ROOT}/")
        for pattern in patterns
    ):
        raise _unusable(table, "its files are not in a folder of raw")
    if options.get("hive_partitioning") is True:
        raise _unusable(table, "hive partitions cannot be sampled")
    return Call(kind, tuple(patterns), options)


def _unusable(table: PlannedTable, reason: str) -> DataopsError:
    return DataopsError(
        f"No sample can be made from {table.name}: {reason}.",
        f"{table.where}, {table.name}, `external_location`",
        "write one call, such as read_csv('<switch>/orders/*.csv', delim=',', header=true,"
        " all_varchar=true)",
    )


def _value(node: Mapping[str, Any]) -> Any:
    """A constant of DuckDB's syntax tree as a Python value; None for expressions."""
    if node["type"] == "OPERATOR_CAST":
        inner = _value(node["child"])
        is_bool = node["cast_type"]["id"] == "BOOLEAN" and inner in ("t", "f")
        return inner == "t" if is_bool else inner
    if node["type"] == "VALUE_CONSTANT":
        value = node["value"]
        return None if value["is_null"] else value["value"]
    if node["class"] == "FUNCTION" and node["function_name"] == "list_value":
        return [_value(child) for child in node["children"]]
    if node["class"] == "FUNCTION" and node["function_name"] == "struct_pack":
        return {child["alias"]: _value(child) for child in node["children"]}
    if node["type"] == "COLUMN_REF":  # true and false, unquoted, in some versions
        name = str(node["column_names"][-1]).lower()
        return {"true": True, "false": False}.get(name)
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
