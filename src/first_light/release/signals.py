"""What a release does when it is told to stop: it ends, but never in the middle of its verdict."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

_PATIENCE = 4.0  # seconds that a query gets to let go, once the process was told to stop


class Stopped(KeyboardInterrupt):
    """The process was told to stop. (A KeyboardInterrupt, so that dbt lets go of its threads.)"""


@dataclass
class Signals:
    """Turns a request to stop into an exception, but not while the outcome is being settled.

    A query may not let go. Then `give_up` is called, in a thread of its own, after some seconds:
    whoever asked to stop kills the process soon.
    """

    told: str = ""
    give_up: Callable[[], None] | None = None
    _settling: threading.Lock = field(default_factory=threading.Lock)
    _timer: threading.Timer | None = None
    _before: dict[int, object] = field(default_factory=dict)

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGTERM", "SIGINT", "SIGHUP"):
                if number := getattr(signal, name, None):
                    self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self.told or self._settling.locked():
            return
        self.told = signal.Signals(number).name
        self._timer = threading.Timer(_PATIENCE, self._on_timeout)
        self._timer.daemon = True
        self._timer.start()
        raise Stopped(self.told)

    def _on_timeout(self) -> None:
        if self.give_up is not None and self._settling.acquire(blocking=False):
            self.give_up()

    def look(self) -> None:
        """Raise what dbt may have swallowed."""
        if self.told:
            raise Stopped(self.told)

    def hold(self) -> None:
        """From here on finish what is begun, whatever is asked."""
        self._settling.acquire()
