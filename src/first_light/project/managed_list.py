"""The list of managed files: the SHA-256 of each, as the template wrote them.

Standard library only: the job that opens the pull request of an update installs nothing else.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from first_light.utils.errors import DataopsError

MANIFEST = Path("dataops") / "managed.sha256"
_LINE = re.compile(r"^(?P<hash>[0-9a-f]{64})  (?P<path>.+)$")


def parse(text: str) -> dict[str, str]:
    """Parse a list of managed files: SHA-256 by path.

    Raises:
        DataopsError: the list is damaged.
    """
    digests: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None:
            raise DataopsError(
                "The list of managed files is damaged.",
                where=f"{MANIFEST.as_posix()}, line {number}",
                fix=f"git checkout HEAD -- {MANIFEST.as_posix()}",
            )
        digests[match["path"]] = match["hash"]
    return digests


def digest(content: bytes) -> str:
    """SHA-256 of a file as in git: with line feeds on every system."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()
