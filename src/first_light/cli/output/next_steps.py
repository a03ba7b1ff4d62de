"""What comes next after a release that was not published."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import Final

from first_light.cli.output.lines import age
from first_light.dbt.by_hand import build_command, freshness_command, rows_command
from first_light.dbt.engine import NodeResult
from first_light.history.record import REAL, REJECTED
from first_light.privacy.messages import masked
from first_light.release.brought import Suspects
from first_light.release.inexact import retype_command
from first_light.release.outcome import Released, is_missing_delivery

_FILES_SHOWN: Final = 3
_RELEASE: Final = "uv run dataops release"


def reason(result: NodeResult) -> str:
    """Why a node failed, without values."""
    if result.kind != "source" or result.message:
        return masked(result.message)
    if result.age is None:
        return "no row has a load time"
    return f"its newest row is {age(timedelta(seconds=result.age))} old"


def next_command(result: Released) -> str:
    """What to type after a release that was not published."""
    on_raw = result.record.kind == REAL
    if result.cause is not None:
        failed = result.cause.result
        if failed.kind == "source":
            return freshness_command(on_raw)
        if failed.kind == "test":
            return rows_command(failed.name, on_raw)
        return build_command(result.cause.name, on_raw)
    if bad := [finding for finding in result.record.findings if finding.level == "error"]:
        if bad[0].subject.startswith("source."):
            return freshness_command(on_raw)
        return rows_command(bad[0].name, on_raw)
    if result.record.outcome == REJECTED:
        return "uv run dataops check"
    return _RELEASE


def next_steps(result: Released) -> tuple[str, ...]:
    """The commands that show what failed, those that correct it, then those that continue."""
    if result.cause is not None and (retype := retype_command(result.cause.result.message)):
        return retype, f"review git diff and commit, then: {_RELEASE}"
    steps_ = [next_command(result)]
    if missing := [fault.name for fault in result.faults if is_missing_delivery(fault)]:
        steps_.append(f"wait for {', '.join(missing)} to be delivered, then: {_RELEASE}")
    if result.suspects.files:
        steps_.append(_suspected(result.suspects))
    if result.record.outcome == REJECTED:
        steps_.append(f"fix it and commit, then: {_RELEASE}")
    return tuple(steps_)


def _suspected(suspects: Suspects) -> str:
    """The new files that may be at fault, and how to release the rest or to replace one."""
    files = suspects.files
    more = f" and {len(files) - _FILES_SHOWN} more" if len(files) > _FILES_SHOWN else ""
    command = shlex.join(["uv", "run", "dataops", "set-aside", *suspects.delivery])
    return (
        f"new in raw: {', '.join(files[:_FILES_SHOWN])}{more}; if it is wrong, set it aside and "
        f'release the rest, or replace a file (--replace-with PATH):\n{command} --because "…"'
    )
