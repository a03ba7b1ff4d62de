"""What a store elsewhere offers: look at it, get a file, put a whole new state in one step."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from first_light.utils.errors import DataopsError

_AT_ONCE = 1 << 20
_SECRET = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True)
class File:
    """One file of a state.

    Attributes:
        id: hash of its content, as git computes it.
        size: in bytes.
    """

    id: str
    size: int


@dataclass(frozen=True)
class Tree:
    """The state of a store elsewhere, at one instant.

    Attributes:
        version: differs whenever the state does; empty where nothing is yet.
        current: the release that readers see; empty where none is.
        files: what it holds, by path.
    """

    version: str = ""
    current: str = ""
    files: Mapping[str, File] = field(default_factory=dict)


class Moved(Exception):
    """Somebody else put a state since the one that was seen; nothing was put."""


class Beaten(DataopsError):
    """Another release became current since the state that was seen; nothing was put."""


class Gone(Exception):
    """A file of the state that was seen is not there any more: look again."""


class Unreachable(DataopsError):
    """The place cannot be reached, or does not let us in."""


class Remote(Protocol):
    """One kind of place. Nothing here is a lock: a state is put only over the one that was seen."""

    @property
    def place(self) -> str:
        """For people, and to tell two places apart: no secret in it."""

    @property
    def near(self) -> bool:
        """Whether `look` brings everything; else large files come when they are asked for."""

    @property
    def open_to(self) -> str:
        """Who reads what is put here, beyond whom its owner let in: in words; else empty."""

    def look(self) -> Tree:
        """The state as it is now.

        Raises:
            Unreachable: it can't be seen.
        """

    def get(self, path: str, file: File, goal: Path) -> None:
        """Write one file of a state to `goal`.

        Raises:
            Unreachable: the place can't be reached.
            Gone: it is not there any more.
        """

    def put(
        self, seen: Tree, current: str, kept: Mapping[str, File], new: Mapping[str, Path | bytes]
    ) -> Tree:
        """Put a new state in the place of `seen`, in one step: current, and all its files.

        Args:
            seen: the state that this one follows.
            current: the release that readers will see.
            kept: files of `seen` that stay.
            new: files that come, or replace one of `seen`.

        Raises:
            Moved: `seen` is not the state any more; nothing has changed.
            DataopsError: it can't be put; nothing has changed, or the message says that nobody
                knows.
        """

    def id_of(self, content: Path | bytes) -> str:
        """The id that a file with this content has."""

    def url(self, path: str) -> str:
        """Where others read this file without us; empty where they can't."""


def masked(text: str) -> str:
    """The text without the names and passwords that its URLs hold."""
    return _SECRET.sub("", text)


def blob_id(content: Path | bytes, algorithm: str = "sha1") -> str:
    """The id of a file's content, as git computes it.

    Raises:
        OSError: the file can't be read.
    """
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    hashed = hashlib.new(algorithm, f"blob {size}\0".encode(), usedforsecurity=False)
    if isinstance(content, bytes):
        hashed.update(content)
        return hashed.hexdigest()
    with open(content, "rb") as file:
        while piece := file.read(_AT_ONCE):
            hashed.update(piece)
    return hashed.hexdigest()
