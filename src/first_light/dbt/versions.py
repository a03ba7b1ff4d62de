"""When what dbt has parsed must be forgotten: versions of models have changed since.

dbt keeps what it parsed and reads only changed files again. Where a model gets versions, loses them
or has another latest version, it does not resolve the references in unchanged files anew: they lead
to a model that is gone, or silently to another version.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

PARSED = "partial_parse.msgpack"
KEY = "versions.key"
_DECLARES = re.compile(r"^\s*versions\s*:", re.MULTILINE)
_LINE = re.compile(
    r"^\s*(?:-\s*)?(?:name|versions|latest_version|v|defined_in|alias|config)\s*:.*$", re.MULTILINE
)
_NOT_MODELS = frozenset({"target", "logs", "store", "raw", "sample"})


def versions_key(root: Path) -> str:
    """What changes when the versions of the models of a project do; empty without any."""
    digest, has_any = hashlib.sha256(), False
    for folder in sorted(root.iterdir()):
        if not folder.is_dir() or folder.name.startswith(".") or folder.name in _NOT_MODELS:
            continue
        for path in sorted((*folder.rglob("*.yml"), *folder.rglob("*.yaml"))):
            text = path.read_text(encoding="utf-8", errors="replace")
            if _DECLARES.search(text):
                has_any = True
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update("\n".join(_LINE.findall(text)).encode())
    return digest.hexdigest() if has_any else ""


def forget_other_versions(root: Path, target: Path) -> None:
    """Delete what was parsed in a target folder where the versions were others.

    Args:
        root: the project.
        target: where dbt keeps what it parsed, and this module the key of it.
    """
    key, file = versions_key(root), target / KEY
    known = file.read_text(encoding="utf-8") if file.is_file() else ""
    if key != known:
        (target / PARSED).unlink(missing_ok=True)
        target.mkdir(parents=True, exist_ok=True)
        file.write_text(key, encoding="utf-8")
