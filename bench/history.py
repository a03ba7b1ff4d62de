"""What a long history costs to query, beside a short one."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bench.measure import Cost, Figure, in_turn

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "tests" / "helpers"))

import ops_history as ops  # noqa: E402
from records import make_record  # noqa: E402

_HOURLY, _FEW = 26_000, 1_000  # records: three years of hourly runs, and six weeks of them
_DAYS, _FEW_DAYS = 1_000, 100
_QUERY = "select date_trunc('week', started_at), outcome, count(*) from runs group by all"


def query() -> Figure:
    """A query over three years of hourly runs beside one over their first thousand."""
    from first_light.history.log import History

    with tempfile.TemporaryDirectory() as scratch:

        def history(count: int) -> History:
            log = History(Path(scratch) / str(count))
            for number in range(1, count + 1):
                log.add(make_record(number, nodes=5))
                log.pack()
            return log

        def once(log: History) -> None:
            with log.connect() as connection:
                connection.execute(_QUERY).fetchall()

        many, few = history(_HOURLY), history(_FEW)
        name = f"query of {_HOURLY:,} runs ÷ of {_FEW:,}"
        figure = in_turn(name, _timed(lambda: once(many)), _timed(lambda: once(few)), pairs=5)
        return replace(figure, most=2.0)


def figures() -> Figure:
    """Every figure over a thousand days beside a hundred."""
    from first_light.figures.compute import ledger
    from first_light.history.log import History

    with tempfile.TemporaryDirectory() as scratch:

        def history(days: int) -> History:
            log = ops.write(Path(scratch) / str(days), ops.simulate(days, 1, 9))
            while log.pack():
                pass
            return log

        def once(log: History, days: int) -> None:
            with ledger(log, ops.DEADLINE, ops.START + timedelta(days=days)) as book:
                book.figures()

        many, few = history(_DAYS), history(_FEW_DAYS)
        return in_turn(
            f"figures over {_DAYS:,} days ÷ over {_FEW_DAYS}",
            _timed(lambda: once(many, _DAYS)),
            _timed(lambda: once(few, _FEW_DAYS)),
        )


def _timed(action: Callable[[], None]) -> Callable[[], Cost]:
    """The cost of an action in this process."""

    def once() -> Cost:
        begin, processor = time.monotonic(), time.process_time()
        action()
        seconds = time.monotonic() - begin
        return Cost(seconds, 0.0, time.process_time() - processor, os.getloadavg()[0])

    return once
