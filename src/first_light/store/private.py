"""The private state of releases: what readers do not get, and the next release continues."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from first_light.store.run_ids import runs_in

FOLDER_MODE, FILE_MODE = 0o700, 0o600
_ORPHAN = 86_400.0  # seconds after which state without a release is deleted from a shared folder


@dataclass(frozen=True)
class PrivateState:
    """A folder with one folder for each release, open only to the user who makes releases.

    Attributes:
        place: the folder; None where no private state is kept.
        shared: whether the team named it: other machines may write there too.
    """

    place: Path | None
    shared: bool = False

    def file(self, run: str, name: str) -> Path | None:
        """A private file of a release; None if it is not here."""
        path = self.place / run / name if self.place else None
        return path if path and path.is_file() else None

    def make(self, run: str) -> Path | None:
        """Create the folder for the private files of a run; None where none are kept.

        Raises:
            OSError: it cannot be written.
        """
        if self.place is None:
            return None
        self.place.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        folder = self.place / run
        folder.mkdir(exist_ok=True)
        for path in (folder,) if self.shared else (self.place, folder):
            path.chmod(FOLDER_MODE)
        return folder

    def delete(self, run: str) -> None:
        """Delete what is kept of a run."""
        if self.place:
            shutil.rmtree(self.place / run, ignore_errors=True)

    def sweep(self, known: Collection[str]) -> None:
        """Delete what is kept of other runs than these; in a shared folder after a day."""
        for run in set(runs_in(self.place) if self.place else ()) - set(known):
            with contextlib.suppress(OSError):
                assert self.place is not None
                age = time.time() - (self.place / run).stat().st_mtime
                if not self.shared or age > _ORPHAN:
                    self.delete(run)
