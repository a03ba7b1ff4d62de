"""Why a model is not built on the other warehouse, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from first_light.dbt.engine import NodeResult
from first_light.dbt.manifest import Node
from first_light.move.lines import places
from first_light.move.result import Cause

_LONGEST = 300

# Functions and words of DuckDB that dbt has a macro for, which writes them for each warehouse.
MACROS = {
    r"\bdate_diff\s*\(|\bdatediff\s*\(": "{{ dbt.datediff('a', 'b', 'day') }}",
    r"\bdate_add\s*\(|\+\s*interval\b|-\s*interval\b|\bto_days\s*\(": (
        "{{ dbt.dateadd('day', 7, 'a') }}"
    ),
    r"\bdate_trunc\s*\(": "{{ dbt.date_trunc('month', 'a') }}",
    r"\blast_day\s*\(": "{{ dbt.last_day('a', 'month') }}",
    r"\b(string_agg|listagg|group_concat)\s*\(": "{{ dbt.listagg('a', \"', '\") }}",
    r"\bsplit_part\s*\(": "{{ dbt.split_part('a', \"'-'\", 1) }}",
    r"\btry_cast\s*\(": "{{ dbt.safe_cast('a', api.Column.translate_type('integer')) }}",
    r"\bmd5\s*\(": "{{ dbt.hash('a') }}",
    r"\b(bool_or|bool_and)\s*\(": "{{ dbt.bool_or('a') }}",
    r"\bany_value\s*\(": "{{ dbt.any_value('a') }}",
    r"\b(strpos|instr|position)\s*\(": "{{ dbt.position(\"'x'\", 'a') }}",
    r"\b(range|generate_series)\s*\(|\brecursive\b": "{{ dbt.generate_series(100) }}",
    r"\b(list|array_agg)\s*\(": "{{ dbt.array_construct() }}, {{ dbt.array_append('a', 'b') }}",
    r"\bat\s+time\s+zone\b|\btimezone\s*\(": "{{ business_date('a') }}",
}


@dataclass(frozen=True)
class _Failure:
    """A message of dbt or of a warehouse that says what to change."""

    name: str
    message: str
    change: str
    code: str = r"\bconfig\s*\("


_FAILURES = (
    _Failure(
        "types",
        r"datatype_missing_size|unsupported_datatype|type \"?[\w ]+\"? does not exist",
        "write types that both know: varchar(200) or text, double precision, decimal(18, 2)",
        r"\bcast\s*\(|::",
    ),
    _Failure(
        "incremental strategy",
        r"incremental.strategy|not a valid incremental|strategy '?\w+'? is not",
        "choose one that both have, such as: incremental_strategy='merge' if "
        "target.type in ('bigquery', 'spark') else 'delete+insert'",
    ),
    _Failure(
        "contract",
        r"enforced contract|data type mismatch",
        "cast the columns to the types of the contract",
        r"\bselect\b",
    ),
    _Failure(
        "division by zero",
        r"divi[a-z]* by zero",
        "divide by nullif(b, 0)",
        r"/",
    ),
    _Failure(
        "invalid values",
        r"invalid input syntax|cast_invalid_input|is not recognized|out of range|numeric value",
        "correct or leave out in staging what the type does not hold",
        r"\bcast\s*\(|::",
    ),
)


def build_causes(
    result: NodeResult, node: Node, root: Path, name_of: Callable[[str], str]
) -> tuple[Cause, ...]:
    """Causes of a failed build; each is a proposal, which only another build proves.

    Args:
        result: what dbt said.
        node: the model.
        root: the product.
        name_of: the name of a node, by its id.
    """
    message = said(result)
    for failure in _FAILURES:
        if re.search(failure.message, message, re.IGNORECASE):
            lines = places(root, node.path, failure.code)
            return (Cause(failure.name, message, failure.change, lines),)
    for pattern, macro in MACROS.items():
        found = tuple(place for place in places(root, node.path, pattern) if place.line)
        if found and _names(pattern, found[0].code, message):
            return (Cause("functions", message, f"write {macro}", found),)
    return ()


def said(result: NodeResult) -> str:
    """The line of dbt's message that says what is wrong."""
    lines = [line.strip() for line in result.message.splitlines() if line.strip()]
    useful = [line for line in lines if not line.startswith(("Database Error", "Runtime Error"))]
    return " ".join(useful[:2])[:_LONGEST] or result.status


def _names(pattern: str, code: str, message: str) -> bool:
    """Whether a message names what a line matches, or says only that SQL is not understood."""
    if re.search(r"syntax error|parse_syntax_error", message, re.IGNORECASE):
        return True
    found = re.search(pattern, code, re.IGNORECASE)
    return found is not None and re.sub(r"\W", "", found[0]).lower() in message.lower()
