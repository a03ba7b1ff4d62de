"""The result of `dataops baseline` as lines."""

from __future__ import annotations

from collections.abc import Iterator

from first_light.commands.baseline import Recorded
from first_light.project.baseline import FILE

_WARNINGS = (
    "Warnings of dbt fail the check. Correct them, or accept these in pyproject.toml, each with "
    "your reason:"
)


def lines(recorded: Recorded) -> Iterator[str]:
    """One line per rule when it was recorded for the first time, then the sum."""
    now = recorded.baseline
    if recorded.before is None:
        for rule, files in sorted(now.findings.items()):
            if files:
                number = f"{sum(files.values()):,}"
                yield f"{number:>8}  {rule} ({len(files)} file{'s' * (len(files) != 1)})"
    for rule in recorded.new_rules:
        yield f"new rule  {rule}: {sum(now.findings[rule].values()):,}"
    total = f"{now.total:,} finding{'s' * (now.total != 1)} in {len(now.files)} files"
    if recorded.before is None:
        yield f"{FILE}: {total}. Commit it."
    elif now.total != recorded.before or recorded.new_rules:
        yield f"{FILE}: {total}, before: {recorded.before:,}. Commit it."
    else:
        yield f"{FILE}: {total}; every entry still applies."
    if recorded.dbt_warnings:
        yield _WARNINGS
        yield "[tool.dataops.accepted-dbt-warnings]"
        for name in recorded.dbt_warnings:
            yield f'{name} = "older than the template"'
