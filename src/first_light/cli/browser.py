"""Pages of a release in a browser, where somebody sits in front of one."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer
from rich.markup import escape

from first_light.cli.terminal import out
from first_light.commands.start import Page


def offer(pages: Sequence[Page]) -> None:
    """Ask once whether to open the first page, and open it.

    Does nothing without a terminal, without a screen that a browser could appear on, and for pages
    that are not files of this machine: their addresses were printed.
    """
    files = [page for page in pages if Path(page.address).is_file()]
    if not files or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    if not has_browser(os.environ, sys.platform):
        return
    page = files[0]
    out.print()
    try:
        if not typer.confirm(f"Open the {page.title} in a browser?", default=True):
            return
    except typer.Abort:  # Ctrl-C or Ctrl-D: everything is done, only the page stays closed
        out.print()
        return
    if not webbrowser.open(Path(page.address).absolute().as_uri()):
        out.print(f"The browser could not be started. Open it yourself: {escape(page.address)}")


def has_browser(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser can appear in front of whoever types.

    Args:
        environment: variables; an SSH session and a Linux console have no screen of their own.
        platform: as `sys.platform` has it.
    """
    if platform in ("darwin", "win32"):
        has_screen = not environment.get("SSH_CONNECTION")
    else:
        has_screen = bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
    if not has_screen:
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
