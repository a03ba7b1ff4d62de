"""Place and fix of a disk error, for messages."""

from __future__ import annotations

import errno
from pathlib import Path


def place_of(error: OSError, root: Path) -> str:
    return f"{error.filename or root}: {error.strerror or error}"


def fix_of(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "free disk space, or keep fewer releases (DATAOPS_KEEP_RELEASES), then repeat"
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return "allow this user to write there, or set DATAOPS_STORE to another folder"
    return "check that the disk is available, then repeat the command"
