"""The interface of a remote store: read its state, get a file, put a new state atomically."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import open_regular

_CHUNK = 1 << 20


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
    """The state of a remote store at one instant.

    Attributes:
        version: changes whenever the state does; empty for a new store.
        current: the release that readers see; empty if there is none.
        files: all files by path.
    """

    version: str = ""
    current: str = ""
    files: Mapping[str, File] = field(default_factory=dict)


class StateConflict(Exception):
    """The remote state is no longer the base state; nothing was written."""


class ConcurrentRelease(DataopsError):
    """Another release became current since the base state; nothing was written."""


class FileVanished(Exception):
    """A file of the state no longer exists: read the state again."""


class Unreachable(DataopsError):
    """The store cannot be reached, or access was denied."""


class Remote(Protocol):
    """One kind of remote store. It needs no lock: a state is written only over its base state."""

    @property
    def place(self) -> str:
        """Its location, for people and for comparisons; contains no secret."""

    @property
    def fetches_all(self) -> bool:
        """Whether `read` fetches all files; otherwise large files are fetched on demand."""

    @property
    def audience(self) -> str:
        """Who can read the files besides those with explicit access; empty if nobody."""

    def read(self) -> Tree:
        """The present state.

        Raises:
            Unreachable: it cannot be read.
        """

    def get(self, path: str, file: File, goal: Path) -> None:
        """Write one file of a state to `goal`.

        Raises:
            Unreachable: the store cannot be reached.
            FileVanished: the file no longer exists.
        """

    def put(
        self, base: Tree, current: str, kept: Mapping[str, File], new: Mapping[str, Path | bytes]
    ) -> Tree:
        """Replace the state `base` by a new one atomically: current and all files.

        Args:
            base: the state that this one follows.
            current: the release that readers will see.
            kept: files of `base` that remain.
            new: files that are new, or replace one of `base`.

        Raises:
            StateConflict: `base` is no longer the state; nothing has changed.
            DataopsError: it cannot be written; nothing has changed, or the message says that
                this is unknown.
        """

    def id_of(self, content: Path | bytes) -> str:
        """The id of a file with this content."""

    def url(self, path: str) -> str:
        """The URL at which others read this file; empty if there is none."""


def blob_id(content: Path | bytes, algorithm: str = "sha1") -> str:
    """The id of a file's content, as git computes it.

    Raises:
        OSError: the file cannot be read.
    """
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    hashed = hashlib.new(algorithm, f"blob {size}\0".encode(), usedforsecurity=False)
    if isinstance(content, bytes):
        hashed.update(content)
        return hashed.hexdigest()
    with open_regular(content) as file:
        while piece := file.read(_CHUNK):
            hashed.update(piece)
    return hashed.hexdigest()
