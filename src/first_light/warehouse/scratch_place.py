"""How long a scratch place on a server lives."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from first_light.utils.errors import DataopsError


@contextlib.contextmanager
def dropped_at_end(create: Callable[[], None], drop: Callable[[], None]) -> Iterator[None]:
    """Create a place and drop it at the end, also where a stop comes while it is created.

    What could not be created is not dropped: another command may own it.

    Args:
        create: the statement that creates it.
        drop: drops it, if it exists.
    """
    refused = False
    try:
        try:
            create()
        except DataopsError:
            refused = True
            raise
        yield
    finally:
        if not refused:
            drop()
