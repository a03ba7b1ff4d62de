"""Warnings of dbt that are no errors: those of every product, and those that the team accepted."""

from __future__ import annotations

import json
from typing import Final

from first_light.project import settings

# A folder that is configured and still empty is no error. Nor is a version of a model that is
# deprecated and still used: it is until all have moved, and a date would fail checks overnight.
# A summary counts deprecations that are each an event of its own, an error or accepted.
_ALWAYS: Final = (
    "UnusedResourceConfigPath",
    "DeprecatedModel",
    "DeprecatedReference",
    "DeprecationsSummary",
    "UpcomingReferenceDeprecation",
)


def names() -> tuple[str, ...]:
    """The names of the events."""
    accepted = settings.current().accepted_dbt_warnings
    return (*_ALWAYS, *(name for name in accepted if name not in _ALWAYS))


def option() -> str:
    """The value of dbt's `--warn-error-options`: all other warnings are errors."""
    return json.dumps({"error": "all", "warn": names()})


def summary() -> str:
    """The warnings that the team accepted, for a line of a report; empty if there are none."""
    accepted = sorted(settings.current().accepted_dbt_warnings)
    return f"accepted: {', '.join(accepted)}" if accepted else ""
