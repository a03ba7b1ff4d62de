"""The lines of a model that a cause is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from first_light.move.result import Place

_MOST = 3
_LONGEST = 100


def places(root: Path, path: str, code: str, expressions: Iterable[str] = ()) -> tuple[Place, ...]:
    """Lines of a file that have one of some expressions; else those that match a pattern.

    Args:
        root: the product.
        path: the file, relative to it.
        code: a regular expression.
        expressions: SQL as a tree is written: other spaces, and names perhaps in other case.
    """
    lines = _lines(root / path)
    wanted = [_plain(expression) for expression in expressions]
    exact = [n for n, line in lines if any(text in _plain(line) for text in wanted if text)]
    found = exact or [n for n, line in lines if re.search(code, line, re.IGNORECASE)]
    texts = dict(lines)
    return tuple(Place(path, n, texts[n].strip()[:_LONGEST]) for n in found[:_MOST]) or (
        Place(path),
    )


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a file without comments, by number."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [(n, re.sub(r"--.*", "", line)) for n, line in enumerate(text, start=1)]


def _plain(text: str) -> str:
    return re.sub(r"[\s\"]+", "", text).lower()
