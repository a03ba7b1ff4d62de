"""Environment variables: the names of those that hold settings, and values for a while.

It needs the standard library only: the job that comments on pull requests holds a token, and runs
with the package alone.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

PREFIX = "DATAOPS_"


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


@contextlib.contextmanager
def set_variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables of this process and its children, and restore them afterwards."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
