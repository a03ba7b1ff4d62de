"""The key of the masking.

It protects against readers of the repository without access to raw: they cannot recompute or invert
a mask, because the key is derived from the content of raw (or from DATAOPS_MASK_KEY). A mask still
shows, by design: length, letter case, punctuation, that two values are equal, the country of phone
numbers and IBANs, the decade of a birth date. So masked data is pseudonymous, not anonymous, and
unmarked columns are unchanged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_CHUNK = 1 << 20


def derive(root: Path, files: Iterable[Path], passphrase: str = "") -> bytes:
    """The 32-byte key: from a passphrase if there is one, otherwise from the content of the files.

    Args:
        root: the folder that file names are relative to.
        files: the files of raw, in any order; read in chunks of 1 MB.
        passphrase: the team's own (DATAOPS_MASK_KEY).
    """
    if passphrase:
        return hashlib.blake2b(passphrase.encode(), digest_size=32, person=b"dataops env").digest()
    digest = hashlib.blake2b(digest_size=32, person=b"dataops raw")
    for file in sorted(files):
        name = file.relative_to(root).as_posix().encode()
        digest.update(b"%d:%s%d:" % (len(name), name, file.stat().st_size))
        with file.open("rb") as content:
            while piece := content.read(_CHUNK):
                digest.update(piece)
    return digest.digest()
