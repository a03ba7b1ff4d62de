"""Time whole commands, two in turn, so that a ratio holds when the machine's speed drifts."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one run cost.

    Seconds by the clock, the peak of its largest process in megabytes, and the processor's seconds.
    On a machine that does other things too, `load` (processes that want to run, when it began)
    says how far the wall time can be trusted; the processor time can be. Of a part of a run, such
    as one phase, neither peak nor processor time is known: both are 0.
    """

    seconds: float
    megabytes: float
    processor: float
    load: float

    def __add__(self, other: Cost) -> Cost:
        """Both, one after the other."""
        return Cost(
            self.seconds + other.seconds,
            max(self.megabytes, other.megabytes),
            self.processor + other.processor,
            max(self.load, other.load),
        )


@dataclass(frozen=True)
class Figure:
    """Two things measured in turn.

    Attributes:
        name: what is compared.
        ours: cost of each run of ours.
        other: cost of each run of the other, in the same order.
        aim: the ratio of seconds not to exceed; None where there is none.
        most: the seconds of ours not to exceed; None where there are none.
    """

    name: str
    ours: tuple[Cost, ...]
    other: tuple[Cost, ...]
    aim: float | None = None
    most: float | None = None

    @property
    def ratio(self) -> float:
        """The median of the ratios ours ÷ other, pair by pair."""
        return statistics.median(a.seconds / b.seconds for a, b in zip(self.ours, self.other))

    @property
    def processor_ratio(self) -> float:
        """The same of processor time."""
        return statistics.median(a.processor / b.processor for a, b in zip(self.ours, self.other))

    def __str__(self) -> str:
        a, b = (statistics.median(c.seconds for c in costs) for costs in (self.ours, self.other))
        peak = max(cost.megabytes for cost in self.ours)
        worked = [
            statistics.median(c.processor for c in costs) for costs in (self.ours, self.other)
        ]
        load = max(cost.load for cost in (*self.ours, *self.other))
        aim = f"  (aim: at most {self.aim:.2f})" if self.aim is not None else ""
        if self.most is not None:
            aim += f"  (ours: at most {self.most:.1f} s)"
        digits = 1 if max(a, b) >= 1 else 3
        head = (
            f"{self.name}\n    ratio {self.ratio:.2f}{aim}; "
            f"medians {a:.{digits}f} s and {b:.{digits}f} s over {len(self.ours)} pairs; "
        )
        loaded = f"load up to {load:.1f} on {os.cpu_count()} cores"
        if not worked[0]:
            return head + loaded
        return (
            f"{head}peak memory {peak:.0f} MB\n"
            f"    processor time: ratio {self.processor_ratio:.2f}, {worked[0]:.1f} s and "
            f"{worked[1]:.1f} s; {loaded}"
        )


def run(commands: Sequence[Sequence[str]], where: Path, env: dict[str, str]) -> Cost:
    """Run commands one after the other; a failing one ends the benchmark with what it printed."""
    begin, load = time.monotonic(), os.getloadavg()[0]
    peak, processor = 0, 0.0
    for command in commands:
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                command, cwd=where, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                output.seek(0)
                text = output.read().decode(errors="replace")
                sys.exit(f"{' '.join(command)} failed in {where}:\n{text}")
        peak = max(peak, usage.ru_maxrss)
        processor += usage.ru_utime + usage.ru_stime
    return Cost(time.monotonic() - begin, peak / 1024, processor, load)


def in_turn(
    name: str,
    ours: Callable[[], Cost],
    other: Callable[[], Cost],
    pairs: int = 3,
    warm: bool = True,
    aim: float | None = None,
) -> Figure:
    """Measure ours and the other in turn; one pair before them is not counted when `warm`."""
    costs: list[tuple[Cost, Cost]] = []
    for n in range(pairs + warm):
        print(f"  {name}: pair {n + 1} of {pairs + warm}", file=sys.stderr, flush=True)
        costs.append((ours(), other()))
    counted = costs[warm:]
    return Figure(name, tuple(a for a, _ in counted), tuple(b for _, b in counted), aim)
