"""How a release is stopped by a signal: it ends, but never in the middle of its verdict."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

_PATIENCE = 4.0  # seconds that a running query gets to end after a signal


class Stopped(KeyboardInterrupt):
    """The process received a signal. (A KeyboardInterrupt, so that dbt ends its threads.)"""


@dataclass
class Signals:
    """Turns a request to stop into an exception, but not once it is disabled for the verdict.

    A query may not end. Then the timeout action is called after some seconds, in a thread of its
    own: the sender of the signal will soon kill the process.

    Attributes:
        received: the signal's name; empty when there was none.
    """

    received: str = ""
    # Without its text: to set a handler again, Python makes a text of the one that it replaces.
    _timeout_action: Callable[[], None] | None = field(default=None, repr=False)
    _concluding: threading.Lock = field(default_factory=threading.Lock)
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
        if self.received or self._concluding.locked():
            return
        self.received = signal.Signals(number).name
        self._timer = threading.Timer(_PATIENCE, self._on_timeout)
        self._timer.daemon = True
        self._timer.start()
        raise Stopped(self.received)

    def _on_timeout(self) -> None:
        if self._timeout_action is not None and self._concluding.acquire(blocking=False):
            self._timeout_action()

    def set_timeout_action(self, action: Callable[[], None]) -> None:
        """Set what is called where a query does not end in time after a signal."""
        self._timeout_action = action

    def raise_if_stopped(self) -> None:
        """Raise the request to stop that dbt may have swallowed."""
        if self.received:
            raise Stopped(self.received)

    def disable(self) -> None:
        """Ignore requests to stop from here on: the verdict is carried out to its end."""
        self._concluding.acquire()
