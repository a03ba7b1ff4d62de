"""The chart library, in processes of its own.

A specification or a value can exhaust its memory, which ends the process that it runs in, or keep
it busy without end. Here only the process of the library ends.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import threading
from queue import SimpleQueue
from typing import Any

SECONDS = 60.0  # of one chart; each takes a fraction of a second
# Its standard output is for answers alone: the library prints what it cannot draw.
_PROGRAM = """\
import json, os, sys
sys.path[:] = json.loads(sys.argv[1])
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
for line in sys.stdin:
    try:
        import vl_convert

        # One address that does not exist: nothing else may be loaded.
        options = {"allowed_base_urls": ["https://nothing.invalid/"]}
        answer = {"svg": vl_convert.vegalite_to_svg(json.loads(line), **options)}
    except (ImportError, ValueError, RecursionError) as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), file=answers, flush=True)
"""


class ChartError(Exception):
    """The chart library is not there, or can't draw this; the message says why."""


class ChartProcess:
    """The process; it starts with the first chart, and again after a chart that ended it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._process: subprocess.Popen[str] | None = None

    def svg(self, spec: Any, seconds: float = SECONDS) -> str:
        """A Vega-Lite specification with its data, as an SVG.

        Args:
            spec: the specification; it can be written as JSON.
            seconds: after which it is given up.

        Raises:
            ChartError: it can't be drawn, or is too large.
        """
        try:
            request = json.dumps(spec)
        except (RecursionError, TypeError, ValueError) as error:
            raise ChartError(f"its specification cannot be written as JSON: {error}") from None
        with self._lock:
            process = self._running()
            timer = threading.Timer(seconds, process.kill)
            timer.start()
            try:
                line = self._asked(process, request)
            finally:
                timer.cancel()
            if not line:
                self.close()
                raise ChartError("it needs too much memory or time")
        answer = json.loads(line)
        if "error" in answer:
            raise ChartError(" ".join(answer["error"].split())[:200])
        return str(answer["svg"])

    def close(self) -> None:
        """End the process, if it runs, also while it draws or starts in another thread."""
        if (running := self._process) is not None:
            running.kill()
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.communicate()
                self._process = None

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _PROGRAM, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        return self._process

    @staticmethod
    def _asked(process: subprocess.Popen[str], request: str) -> str:
        """The answer; empty if the process ends first."""
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{request}\n")
            process.stdin.flush()
        except BrokenPipeError:
            return ""
        return process.stdout.readline()


class ChartProcesses:
    """Several processes, for charts that are drawn at the same time.

    Args:
        count: of the processes.
    """

    def __init__(self, count: int) -> None:
        self._all = [ChartProcess() for _ in range(count)]
        self._idle: SimpleQueue[ChartProcess] = SimpleQueue()
        for process in self._all:
            self._idle.put(process)

    def svg(self, spec: Any, seconds: float = SECONDS) -> str:
        """As a process's; it waits until one has nothing else to do.

        Raises:
            ChartError: it can't be drawn, or is too large.
        """
        process = self._idle.get()
        try:
            return process.svg(spec, seconds)
        finally:
            self._idle.put(process)

    def start(self) -> None:
        """Load the library while something else is done: its first chart takes most of a second."""
        for process in self._all:
            threading.Thread(target=_draw_first, args=(process,), daemon=True).start()

    def close(self) -> None:
        """End the processes that run."""
        for process in self._all:
            process.close()


def _draw_first(process: ChartProcess) -> None:
    try:
        process.svg({"mark": "bar", "data": {"values": [{}]}})
    except ChartError:
        return  # the first chart that somebody asks for says so


library = ChartProcesses(2)
atexit.register(library.close)
