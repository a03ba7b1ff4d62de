"""Readers of the scratch releases: processes that read all the while."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

from first_light.release.verify.place import Place
from first_light.release.verify.result import Visit
from first_light.utils.errors import DataopsError

_SECONDS_TO_START = 120.0
_SECONDS_TO_END = 30.0


@dataclass
class Readers:
    """What each reader has seen so far.

    Attributes:
        visits: by reader, in order.
    """

    visits: list[list[Visit]]
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def seen(self) -> list[int]:
        """How many queries each reader has made."""
        return [len(visits) for visits in self.visits]

    def since(self, counts: list[int]) -> list[Visit]:
        """The queries of all readers after these counts."""
        return [visit for visits, n in zip(self.visits, counts) for visit in visits[n:]]

    def wait(self, queries: int = 2) -> None:
        """Wait until each reader has made some more queries.

        Raises:
            DataopsError: one does not read any more.
        """
        goal = [count + queries for count in self.seen()]
        with self._changed:
            if not self._changed.wait_for(
                lambda: all(count >= n for count, n in zip(self.seen(), goal)), _SECONDS_TO_START
            ):
                raise DataopsError(
                    f"A reader made no query in {_SECONDS_TO_START:.0f} seconds.",
                    fix="repeat the command; see whether the warehouse answers: uv run dbt debug",
                )

    def listen(self, number: int, output: IO[str]) -> None:
        """Take down what a reader prints."""
        for line in output:
            with self._changed:
                self.visits[number].append(Visit(**json.loads(line)))
                self._changed.notify_all()


@contextmanager
def reading(place: Place, count: int) -> Iterator[Readers]:
    """Start readers, and end them afterwards.

    Raises:
        DataopsError: one failed.
    """
    command = [sys.executable, "-m", "first_light.release.verify.reader", *arguments(place)]
    processes = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        for _ in range(count)
    ]
    readers = Readers([[] for _ in processes])
    threads = []
    for number, process in enumerate(processes):
        assert process.stdout is not None
        thread = threading.Thread(target=readers.listen, args=(number, process.stdout))
        thread.start()
        threads.append(thread)
    try:
        readers.wait()
        yield readers
    finally:
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
        for process, thread in zip(processes, threads):
            try:
                process.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            thread.join()
    for process in processes:
        assert process.stderr is not None
        if process.returncode:
            lines = process.stderr.read().strip().splitlines() or ["it was killed"]
            raise DataopsError("A reader failed.", where=lines[-1])


def arguments(place: Place) -> list[str]:
    """The arguments of a process that works in this place."""
    return [str(place.product.root), str(place.folder), str(place.rows)]
