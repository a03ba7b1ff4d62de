"""A store in a bucket, at any fsspec URL. It has no lock or lease that a crash could leave behind.

releases/<id>/…             as they are in a folder; never changed
history/…/<name>.<id>.<…>   the records; their names include a content hash
states/<number>.json        current and all valid files; the highest number is the store's state
current                     the current release of the highest state, for people and tools

A new state is created under the next number; the bucket allows that to one writer only. Uploaded
files are ignored until then, and deleted a day later if their state was never created.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

from first_light.store.names import raise_if_foreign, raise_if_no_file
from first_light.store.remote import (
    File,
    FileVanished,
    StateConflict,
    Tree,
    Unreachable,
    blob_id,
)
from first_light.utils.addresses import without_credentials
from first_light.utils.errors import DataopsError

FORMAT = 1
_STATES, _POINTER = "states", "current"
_STATES_KEPT = 20
_NUMBER = re.compile(r"[0-9]{1,18}")
_ORPHAN = timedelta(days=1)  # a file that no state refers to is deleted after this
# The package for each protocol; the team adds it.
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs",
             "abfs": "adlfs", "abfss": "adlfs", "az": "adlfs"}  # fmt: skip
# The field of the modification time in object lists: S3, Azure, Google Cloud Storage.
_WRITTEN = ("LastModified", "last_modified", "mtime")
# Without these an unreachable address is retried for minutes.
_OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {
        "config_kwargs": {
            "connect_timeout": 10,
            "read_timeout": 60,
            "retries": {"max_attempts": 3, "mode": "standard"},
        }
    }
}


def open_filesystem(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it without a trailing slash.

    Raises:
        DataopsError: no driver for its protocol is installed.
    """
    import fsspec

    protocol = url.partition("://")[0]
    options = _OPTIONS.get("s3" if protocol == "s3a" else protocol, {})
    try:
        filesystem, path = fsspec.core.url_to_fs(url, use_listings_cache=False, **options)
    except (ImportError, ValueError) as error:
        package = _PACKAGES.get(protocol)
        raise DataopsError(
            f"No filesystem driver for {protocol}:// is installed.",
            where=f"{without_credentials(f'{url}: {error}')}",
            fix=f"uv add {package}" if package else "add the fsspec package for it: uv add …",
        ) from error
    return filesystem, str(path).rstrip("/")


@dataclass(frozen=True)
class BucketRemote:
    """A location in a bucket.

    Attributes:
        address: its URL.
    """

    address: str

    fetches_all = False
    audience = ""

    @property
    def place(self) -> str:
        return without_credentials(self.address).rstrip("/")

    # ── Reading ──────────────────────────────────────────────────────────────────────────────

    def read(self) -> Tree:
        with self._errors_as("The store cannot be reached."):
            while numbers := self._numbers():
                try:
                    return self._read(numbers[-1])
                except FileNotFoundError:  # deleted since it was listed: a newer one exists
                    continue
        return Tree()

    def get(self, path: str, file: File, goal: Path) -> None:
        with self._errors_as("The store cannot be reached."):
            try:
                self._fs.get_file(self._key(path, file), str(goal))
            except FileNotFoundError as error:
                raise FileVanished(path) from error

    def id_of(self, content: Path | bytes) -> str:
        return blob_id(content)

    def url(self, path: str) -> str:
        return f"{self.place}/{path}"

    def _numbers(self) -> list[int]:
        try:
            names = self._fs.ls(f"{self._path}/{_STATES}", detail=False)
        except FileNotFoundError:
            return []
        stems = (name.rpartition("/")[2].partition(".")[0] for name in names)
        return sorted(int(stem) for stem in stems if _NUMBER.fullmatch(stem))

    def _read(self, number: int) -> Tree:
        text = self._fs.cat_file(self._state(number))
        try:
            state = json.loads(text)
            if int(state["format"]) > FORMAT:
                raise DataopsError(
                    "This store was written by a newer version of the package.",
                    where=self.place,
                    fix="uv run dataops update",
                )
            files = {path: File(*facts) for path, facts in state["files"].items()}
            tree = Tree(str(number), str(state["current"]), files)
        except (
            ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError
        ) as error:  # fmt: skip
            raise DataopsError(
                "The store's state cannot be read.",
                where=f"{self.place}/{_STATES}/{number:012d}.json: {error}",
                fix="delete that object; then the state before it is used",
            ) from error
        place = f"{self.place}/{_STATES}/{number:012d}.json"
        raise_if_foreign(place, tree.current, files)
        for path, file in files.items():
            raise_if_no_file(place, path, file.id, file.size)
        return tree

    # ── Writing ──────────────────────────────────────────────────────────────────────────────

    def put(
        self, base: Tree, current: str, kept: Mapping[str, File], new: Mapping[str, Path | bytes]
    ) -> Tree:
        files = dict(kept)
        for path, content in new.items():
            size = len(content) if isinstance(content, bytes) else content.stat().st_size
            files[path] = File(self.id_of(content), size)
        tree = Tree(str(int(base.version or 0) + 1), current, files)
        with self._errors_as("The store could not be written."):
            for path, content in new.items():
                key = self._key(path, files[path])
                if isinstance(content, bytes):
                    self._fs.pipe_file(key, content)
                else:
                    self._fs.put_file(str(content), key)
            self._create(tree)
            # The state is valid now. The rest is for tools and cleanup; the next write repeats it.
            with contextlib.suppress(OSError):
                self._fs.pipe_file(f"{self._path}/{_POINTER}", f"releases/{current}\n".encode())
                self._sweep(tree, set(base.files) - set(files))
        return tree

    def _create(self, tree: Tree) -> None:
        number = int(tree.version)
        body = _body(tree)
        try:
            self._fs.pipe_file(self._state(number), body, mode="create")
        except FileExistsError as error:
            raise StateConflict from error
        except Exception:
            # Disconnected, perhaps after it was accepted: the object itself shows which.
            if not self._holds(number, body):
                raise
        if number == 1:
            self._check_conditional_writes(body)
        if self._numbers()[-1] != number or not self._holds(number, body):
            raise StateConflict

    def _check_conditional_writes(self, body: bytes) -> None:
        """Check once, for a new store, that the bucket supports conditional writes."""
        try:
            self._fs.pipe_file(self._state(1), body, mode="create")
        except FileExistsError:
            return
        raise DataopsError(
            "The bucket does not support conditional writes, so concurrent releases could "
            "overwrite each other.",
            where=self.place,
            fix="use another bucket, or set DATAOPS_STORE to a folder",
        )

    def _holds(self, number: int, body: bytes) -> bool:
        try:
            return bool(self._fs.cat_file(self._state(number)) == body)
        except FileNotFoundError:
            return False

    def _sweep(self, tree: Tree, dropped: set[str]) -> None:
        referenced = {self._key(path, file) for path, file in tree.files.items()}
        referenced.add(f"{self._path}/{_POINTER}")
        prefix = f"{self._path}/"
        obsolete = [self._state(number) for number in self._numbers()[:-_STATES_KEPT]]
        for key, facts in self._fs.find(self._path, detail=True).items():
            relative = key.removeprefix(prefix)
            if key in referenced or relative.startswith(f"{_STATES}/"):
                continue
            if relative in dropped or _age(_modified(facts) or self._fs.modified(key)) > _ORPHAN:
                obsolete.append(key)
        if obsolete:
            self._fs.rm(obsolete)

    # ── Names ────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        return open_filesystem(self.address)

    @property
    def _fs(self) -> Any:
        return self._opened[0]

    @property
    def _path(self) -> str:
        return self._opened[1]

    def _state(self, number: int) -> str:
        return f"{self._path}/{_STATES}/{number:012d}.json"

    def _key(self, path: str, file: File) -> str:
        if path.startswith("releases/"):
            return f"{self._path}/{path}"
        folder, _, name = path.rpartition("/")
        stem, _, ending = name.rpartition(".")
        return "/".join(filter(None, (self._path, folder, f"{stem}.{file.id[:12]}.{ending}")))

    @contextlib.contextmanager
    def _errors_as(self, message: str) -> Iterator[None]:
        try:
            yield
        except (DataopsError, StateConflict, FileVanished):
            raise
        except Exception as error:  # every file system has its own errors
            raise Unreachable(
                message,
                where=f"{self.place}: {without_credentials(str(error)) or type(error).__name__}",
                fix="check the network and your access to the bucket, then repeat the command",
            ) from error


def _body(tree: Tree) -> bytes:
    files = {path: [file.id, file.size] for path, file in sorted(tree.files.items())}
    state = {"format": FORMAT, "current": tree.current, "files": files}
    return json.dumps(state, separators=(",", ":")).encode()


def _modified(facts: Mapping[str, Any]) -> datetime | None:
    """When an object was written, if the listing has it as a time; a request each is slow."""
    times = (facts.get(name) for name in _WRITTEN)
    return next((at for at in times if isinstance(at, datetime)), None)


def _age(modified: datetime) -> timedelta:
    aware = modified if modified.tzinfo else modified.replace(tzinfo=timezone.utc)
    return datetime.now(timezone.utc) - aware
