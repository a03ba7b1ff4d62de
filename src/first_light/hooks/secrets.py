"""The hook that looks for secrets, in every file that is not as the template made it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from first_light.project import managed
from first_light.utils.errors import DataopsError

# The two entropy plugins call every hash a secret.
_OPTIONS = (
    *("--disable-plugin", "Base64HighEntropyString"),
    *("--disable-plugin", "HexHighEntropyString"),
)


def main(files: Sequence[str]) -> int:
    """Look at the files, in the working directory; exit code 0 when none holds a secret."""
    from detect_secrets.pre_commit_hook import main as look

    return int(look([*_OPTIONS, *to_look_at(Path(), files)]))


def to_look_at(root: Path, files: Sequence[str]) -> list[str]:
    """The files that somebody else than the template wrote in: its own are most of a product."""
    try:
        made = managed.manifest(root) or {}
    except DataopsError:
        made = {}  # `dataops check` says that the list is damaged; nothing is left out
    return [
        name
        for name in files
        if name not in made or managed.digest((root / name).read_bytes()) != made[name]
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
