"""The hook that scans for secrets, in every file that differs from the template."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from first_light.project import managed, managed_list
from first_light.utils.errors import DataopsError

# The two entropy plugins report every hash as a secret.
_OPTIONS = (
    "--no-verify",  # or what is found is sent to the services that it looks like
    *("--disable-plugin", "Base64HighEntropyString"),
    *("--disable-plugin", "HexHighEntropyString"),
)


def main(files: Sequence[str]) -> int:
    """Scan the files, in the working directory; exit code 0 if none contains a secret."""
    from detect_secrets.pre_commit_hook import main as scan

    return int(scan([*_OPTIONS, "--", *files_to_scan(Path(), files)]))


def files_to_scan(root: Path, files: Sequence[str]) -> list[str]:
    """The files whose content is not the template's."""
    try:
        digests = managed.manifest(root) or {}
    except DataopsError:
        digests = {}  # `dataops check` reports the damaged list; all files are scanned
    return [
        name
        for name in files
        if name not in digests or managed_list.digest((root / name).read_bytes()) != digests[name]
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
