"""What both versions of dbt need of a product's folder and of dbt's messages."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import yaml

SEMANTIC_MANIFEST = "semantic_manifest.json"


def packages_missing(root: Path) -> bool:
    """Whether packages are named and not all there: a fresh clone, or a download cut short."""
    named = (root / "packages.yml").is_file() or "packages:" in _text(root / "dependencies.yml")
    if not named:
        return False
    installed = {path.parent.name for path in (root / "dbt_packages").glob("*/dbt_project.yml")}
    lock = yaml.safe_load(_text(root / "package-lock.yml")) or {}
    listed = lock.get("packages") if isinstance(lock, dict) else None
    return not installed or len(installed) < len(listed or ())


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Run in `folder`: relative paths in sources are read from the working directory."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def plain(message: str) -> str:
    """dbt's message without the indentation of its log."""
    return "\n".join(line.strip() for line in message.strip().splitlines() if line.strip())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
