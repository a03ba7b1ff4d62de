"""Draw what a terminal showed as one SVG, without a script or a font from elsewhere.

make demo 2>/dev/null | python tools/picture.py "make demo" docs/assets/first-light.svg
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

WIDTH = 104
_VERDICTS = {"passed": "green", "skipped": "bright_black", "failed": "red", "warned": "yellow"}


def draw(text: str, title: str) -> str:
    """The SVG of a terminal window that shows `text`."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    for line in text.splitlines():
        console.print(_coloured(line), no_wrap=True, crop=True)
    drawn = console.export_svg(title=title, theme=MONOKAI)
    without_fonts = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)
    return without_fonts.replace("Fira Code", "ui-monospace, Menlo, Consolas")


def _coloured(line: str) -> Text:
    shown = Text.from_ansi(line)
    if line.startswith("$ "):
        shown.stylize("bold cyan")
    for verdict, colour in _VERDICTS.items():
        shown.highlight_regex(rf"\b{verdict}\b", colour)
    return shown


def main() -> None:
    title, path = sys.argv[1:3]
    Path(path).write_text(draw(sys.stdin.read().strip(), title), encoding="utf-8")


if __name__ == "__main__":
    main()
