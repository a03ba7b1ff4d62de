"""dbt's commands for people, each complete: it works in a clone in which nothing was built.

What failed in production failed on raw. A file of its own keeps the development database, which
holds the sample, as it is.
"""

from __future__ import annotations

_ON_RAW = "DATAOPS_DB=target/on_raw.db DATAOPS_RAW=${DATAOPS_RAW:-raw}"
_ROWS = 20


def build_command(name: str, on_raw: bool = True) -> str:
    """Build a model and what is upstream of it, with its tests."""
    command = f"uv run dbt build --full-refresh --select +{name}"
    return f"{_ON_RAW} {command}" if on_raw else command


def rows_command(name: str, on_raw: bool = True) -> str:
    """Show the failing rows of a test, or the rows of a model, after building what they need."""
    build = f"uv run dbt build -q --full-refresh --select +{name} --exclude-resource-type test"
    show = f"uv run dbt show -q --select {name} --indirect-selection empty --limit {_ROWS}"
    environment = f"export {_ON_RAW}; " if on_raw else ""
    return f"({environment}{build} unit_test && {show})"


def freshness_command(on_raw: bool = True) -> str:
    """Show the age of each source."""
    if not on_raw:
        return "uv run dbt source freshness"
    return f"{_ON_RAW} uv run dbt source freshness --target prod"
