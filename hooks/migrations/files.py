"""Managed files that change their place, with what a team wrote into them."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

ANSWERS = ".copier-answers.yml"
MANIFEST = "dataops/managed.sha256"


def move_edited(product: Path, old: str, new: str) -> None:
    """Take a team's edits of a managed file along to its new place, as git does.

    There the update shows them beside the template's text, as a conflict; without this they would
    be gone with the old file. A file without edits needs no move, and one that the team declared
    its own stays where it is.

    Raises:
        subprocess.CalledProcessError: git failed.
    """
    if not (product / old).is_file() or (product / new).exists():
        return
    if _as_made(product, old) or _kept(product, old):
        return
    (product / new).parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "mv", old, new], cwd=product, check=True)


def _as_made(product: Path, path: str) -> bool:
    """Whether the file is what the product's own list of managed files says."""
    content = (product / path).read_bytes().replace(b"\r\n", b"\n")
    line = f"{hashlib.sha256(content).hexdigest()}  {path}"
    manifest = product / MANIFEST
    return manifest.is_file() and line in manifest.read_text(encoding="utf-8").splitlines()


def _kept(product: Path, path: str) -> bool:
    """Whether the team declared the file its own."""
    answers = (product / ANSWERS).read_text(encoding="utf-8")
    declared = re.search(r"(?m)^opt_outs:\n((?:[ ].*\n?)+)", answers)
    return bool(declared and re.search(rf"(?m)^ +['\"]?{re.escape(path)}['\"]?: ", declared[1]))
