"""Fixtures of landing: a product's raw, and files that wait to be added."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """The raw folder of a product; it does not exist yet."""
    return tmp_path / "product" / "raw"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An empty folder for files from elsewhere."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder
