"""Eight processes that read what is published, all the while releases come and go."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def eight_readers(
    script: str, stop: Path, arguments: Callable[[int], Sequence[object]]
) -> Iterator[list[tuple[int, int]]]:
    """Each runs the script until the file `stop` is there; none of them may fail.

    Args:
        script: Python that prints how many releases it saw, and how many queries it made.
        stop: a file that is not there yet; it is made at the end.
        arguments: of the script, for each reader by its number.

    Yields:
        What each has printed; filled at the end.
    """
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments(n))],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(8)
    ]
    counts: list[tuple[int, int]] = []
    try:
        yield counts
    finally:
        stop.touch()
        ended = [(*reader.communicate(timeout=60), reader.returncode) for reader in readers]
    for output, complaint, code in ended:
        assert code == 0, complaint
        releases_seen, queries = map(int, output.split())
        counts.append((releases_seen, queries))
