"""Copier, quicker where hundreds of renders ask the same: what it writes is what it writes always.

The tests that start `copier` as a process of its own run it as it is.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import copier
import jinja2
import pytest
from copier import _template
from copier._main import Worker
from copier._vcs import clone


@contextmanager
def copier_is_quick() -> Iterator[None]:
    """Until the end of the block."""
    compile_ = jinja2.Environment.compile
    # All of Copier's environments are set up alike: a text's code is the same in each of them.
    compiled: dict[tuple[type, str], Any] = {}

    def once(self: jinja2.Environment, source: Any, *more: Any, **options: Any) -> Any:
        if more or options or not isinstance(source, str):
            return compile_(self, source, *more, **options)
        key = (type(self), source)
        if key not in compiled:
            compiled[key] = compile_(self, source)
        return compiled[key]

    cloned: dict[tuple[str, str], str] = {}

    def linked(url: str, ref: str, location: str) -> str:
        """A released version as it was cloned before: nothing is written into a clone."""
        if ref == "HEAD":
            return clone(url, ref, location=location)
        if (url, ref) not in cloned:
            cloned[url, ref] = clone(url, ref, location=str(Path(folder) / str(len(cloned))))
        kept = Path(cloned[url, ref])
        # Its files anew, its repository shared.
        leave = shutil.ignore_patterns(".git")
        shutil.copytree(kept, location, ignore=leave, copy_function=os.link, dirs_exist_ok=True)
        (Path(location) / ".git").write_text(f"gitdir: {kept / '.git'}\n", encoding="utf-8")
        return location

    with (
        tempfile.TemporaryDirectory(prefix="clones-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(_template, "clone", linked)
        # One text is compiled once, not once a file.
        patch.setattr(jinja2.Environment, "compile", once)
        # It starts git for every file to learn that this system keeps the executable bit itself.
        patch.setattr(Worker, "_sync_git_index_executable_bit", lambda *_: None)
        yield


class Renders:
    """Products rendered once for each version and set of answers, then copied."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: dict[tuple[str, str, str, str], Path] = {}

    def render(self, template: Path, into: Path, version: str, answers: dict[str, object]) -> Path:
        """A product on a version, never trusted, named as `into` is."""
        key = (str(template), version, into.name, repr(sorted(answers.items())))
        if key not in self.kept:
            place = self.folder / str(len(self.kept)) / into.name
            copier.run_copy(
                str(template), place, data=answers, defaults=True, quiet=True, vcs_ref=version
            )
            self.kept[key] = place
        return Path(shutil.copytree(self.kept[key], into, symlinks=True))
