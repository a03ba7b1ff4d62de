"""The names of the environment variables that hold settings.

It needs the standard library only: the job that comments on pull requests holds a token, and runs
with the package alone.
"""

from __future__ import annotations

PREFIX = "DATAOPS_"


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()
