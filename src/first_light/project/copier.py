"""How Copier is run: among uv's own tools, since the product does not depend on it."""

from __future__ import annotations

import os
import shlex

COPIER = "copier>=9.19.1,<10"
# Another command that runs Copier.
VARIABLE = "DATAOPS_COPIER"


def uv() -> str:
    """The uv that runs this process, or the one on the PATH."""
    return os.environ.get("UV") or "uv"


def copier_command() -> list[str]:
    """The command that runs Copier, without arguments."""
    if given := os.environ.get(VARIABLE):
        return shlex.split(given)
    return [uv(), "tool", "run", "--quiet", "--from", COPIER, "copier"]
