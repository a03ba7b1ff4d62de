"""How the output of commands looks: a head, a text, values as people write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.console import Console
from rich.markup import escape

from first_light.dbt.by_hand import rows_command
from first_light.history.record import REHEARSAL, FindingRun, NodeRun, Record
from first_light.metrics.changes import MetricChange
from first_light.utils.timestamps import moment
from first_light.warehouse.kinds import how_to_load

SHOWN = 10
METRICS_SHOWN = 10
MARGIN = 12
GOOD, BAD, DOUBTFUL = "green", "red", "yellow"
_TESTS_SHOWN = 3


def line(out: Console, head: str, text: str, colour: str = "") -> None:
    """Print a text, its first line after a head."""
    for n, row in enumerate(text.splitlines() or [""]):
        first = f"[dim]{head if n == 0 else '':<{MARGIN}}[/dim] "
        out.print(first + (f"[{colour}]{escape(row)}[/]" if colour else escape(row)))


def time_text(text: str) -> str:
    """A moment of a record, to the minute."""
    try:
        time: datetime = moment(text)
    except ValueError:
        return "at an unknown time"
    return time.strftime("%Y-%m-%d %H:%M UTC")


def age(age: timedelta | None) -> str:
    """How long ago something was."""
    if age is None:
        return "unknown"
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def warned_findings(out: Console, findings: Sequence[FindingRun]) -> None:
    """The warnings of the monitors, each with the command that accepts it."""
    for finding in findings[:SHOWN]:
        line(out, "warned", finding.message, "yellow")
        line(out, "", f'if expected: uv run dataops accept {finding.id} --because "…"')
    if len(findings) > SHOWN:
        line(out, "", f"and {len(findings) - SHOWN} more")


def warned_tests(out: Console, tests: Sequence[NodeRun], on_raw: bool) -> None:
    """The tests that found rows and rejected nothing, each with the command that shows them."""
    for test in tests[:_TESTS_SHOWN]:
        count = test.failures
        rows = "" if count is None else f": {count:,} row{'s' * (count != 1)}"
        line(out, "warned", f"test {test.name}{rows} ({test.original_file_path})", DOUBTFUL)
        line(out, "", f"its rows: {rows_command(test.name, on_raw)}")
    if more := [test.name for test in tests[_TESTS_SHOWN:]]:
        line(out, "", f"and {len(more)} more tests: {', '.join(more)}")


def moved_metrics(out: Console, changes: Sequence[MetricChange]) -> None:
    """What moves of the metrics, the first of them in a line each."""
    for n, change in enumerate(changes[:METRICS_SHOWN]):
        line(out, "" if n else "metrics", f"{change.name}: {change.sentence}")
    if len(changes) > METRICS_SHOWN:
        line(out, "", f"and {len(changes) - METRICS_SHOWN} more")


def open_to(audience: str) -> str:
    """Who can read a release from raw, and what to do about it."""
    return (
        f"{audience} can read this data, made from raw; to keep it elsewhere, "
        "set DATAOPS_STORE to a bucket or a folder and delete the branch: "
        "uv run dataops docs stores"
    )


def next_for_raw(record: Record) -> str:
    """After a rehearsal: how a release from raw is made."""
    if record.raw.files:
        return how_to_load(record.warehouse)
    return (
        f"{how_to_load(record.warehouse)}; if the project builds from seeds or from tables that "
        "others load, set `without-raw = true` under [tool.dataops] in pyproject.toml and commit"
    )


def is_rehearsal(record: Record) -> bool:
    """Whether it was built from the sample."""
    return record.kind == REHEARSAL
