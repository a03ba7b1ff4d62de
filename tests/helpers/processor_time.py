"""`pytest --costliest 25`: the tests that took the most processor time, by all workers.

On a busy machine the clock says nothing. What is counted is the time of the test's process, of the
processes that ended in the test, and of commands that `fork_server` has forked; a fixture counts
for the test that needed it first.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

import fork_server

_ATTRIBUTE = "processor_seconds"
_start = 0.0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--costliest",
        type=int,
        default=0,
        help="show so many tests that took the most processor time",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart() -> None:
    global _start
    _start = _spent()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of each phase what was spent since the one before."""
    global _start
    report = yield
    now = _spent()
    setattr(report, _ATTRIBUTE, now - _start)
    _start = now
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if not (most := config.getoption("--costliest")):
        return
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, _ATTRIBUTE):
                seconds[report.nodeid] += getattr(report, _ATTRIBUTE)
    files: Counter[str] = Counter()
    for name, spent in seconds.items():
        files[name.partition("::")[0]] += spent
    terminalreporter.section(f"processor time: {sum(seconds.values()):.0f} s")
    for listed in (seconds, files):
        for name, spent in listed.most_common(most):
            terminalreporter.line(f"{spent:8.1f} s  {name}")
        terminalreporter.line("")


def _spent() -> float:
    times = os.times()
    own = times.user + times.system + times.children_user + times.children_system
    return own + fork_server.spent()
