"""Names as SQL spells them, the same on every warehouse."""

from __future__ import annotations


def quoted(name: str) -> str:
    """An identifier in quotes, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'
