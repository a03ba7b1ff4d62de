"""The messages that all database servers share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from first_light.dbt.source_plan import PlannedTable
from first_light.utils.errors import DataopsError, QueryError


@contextlib.contextmanager
def query_errors(
    kind: type[Exception], reason: Callable[[Exception], str], message: str, fix: str
) -> Iterator[None]:
    """Turn errors of a driver into messages.

    Args:
        kind: the class of the driver's errors.
        reason: what an error says that may be shown.
        message: what could not be done.
        fix: what to do about it.

    Raises:
        QueryError: the server rejected a statement.
    """
    try:
        yield
    except kind as error:
        raise QueryError(message, where=reason(error), fix=fix) from error


def raise_if_another(published: str, run: str) -> None:
    """Check that readers see the release that the store names.

    Raises:
        DataopsError: they see another one.
    """
    if published != run:
        raise DataopsError(
            "Another release was published meanwhile.",
            where=f"readers see {published or 'none'}, the store names {run}",
            fix="repeat the command; see: uv run dataops status",
        )


def unreadable_sample(table: PlannedTable, error: Exception) -> DataopsError:
    """The message for a sample that DuckDB cannot read with the call in the YAML."""
    return DataopsError(
        f"The sample of {table.name} cannot be read.",
        where=f"{table.where}: {str(error).splitlines()[0]}",
        fix="rebuild it: uv run dataops sample",
    )
