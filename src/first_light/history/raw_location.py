"""Where a release reads its files: a folder, or any fsspec URL. Both are only ever read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from first_light.history.facts import RawFile, raw_files, read_raw
from first_light.project import settings
from first_light.project.product import Product
from first_light.utils.errors import DataopsError

# What file systems call the thing that changes with a file's content.
_TAGS = ("ETag", "etag", "md5Hash", "generation")
_TIMES = ("LastModified", "last_modified", "updated", "mtime")


class RawPlace(Protocol):
    """One place of files."""

    @property
    def absolute(self) -> str:
        """For whom does not stand in the product's folder."""

    @property
    def spelled(self) -> str:
        """As dbt's sources spell it."""

    def is_empty(self) -> bool:
        """Whether not one file is there.

        Raises:
            DataopsError: it can't be seen.
        """

    def files(self, cache: Path) -> tuple[RawFile, ...]:
        """Every file, with what changes when its content does.

        Args:
            cache: may remember what was found out before.

        Raises:
            DataopsError: it can't be seen, or a file can't be read.
        """


@dataclass(frozen=True)
class RawFolder:
    """A folder.

    Attributes:
        root: it.
        product: the product's folder.
    """

    root: Path
    product: Path

    @property
    def absolute(self) -> str:
        return str(self.root)

    @property
    def spelled(self) -> str:
        """Relative where it can be: dbt's compiled SQL then is the same on every machine."""
        inside = self.root.is_relative_to(self.product)
        return str(self.root.relative_to(self.product) if inside else self.root)

    def is_empty(self) -> bool:
        return not (self.root.is_dir() and raw_files(self.root))

    def files(self, cache: Path) -> tuple[RawFile, ...]:
        return read_raw(self.root, cache)


@dataclass(frozen=True)
class RawUrl:
    """A place in a bucket, or whatever else fsspec reaches.

    Attributes:
        url: its URL.
    """

    url: str

    @property
    def absolute(self) -> str:
        return self.url.rstrip("/")

    @property
    def spelled(self) -> str:
        return self.absolute

    def is_empty(self) -> bool:
        return not self._listed()

    def files(self, cache: Path) -> tuple[RawFile, ...]:
        return tuple(
            RawFile(name, int(facts["size"]), _tag(facts))
            for name, facts in sorted(self._listed().items())
        )

    def _listed(self) -> dict[str, dict[str, Any]]:
        from first_light.store.bucket import open_filesystem

        filesystem, path = open_filesystem(self.url)
        try:
            listed = filesystem.find(path, detail=True)
        except FileNotFoundError:
            return {}
        except Exception as error:  # every file system has errors of its own
            raise DataopsError(
                "Raw cannot be reached.",
                where=f"{self.absolute}: {str(error) or type(error).__name__}",
                fix="check that this user can read it, then repeat the command",
            ) from error
        inside = {name[len(path) :].lstrip("/"): facts for name, facts in listed.items()}
        return {
            name: facts
            for name, facts in inside.items()
            if name and not any(part.startswith(".") for part in name.split("/"))
        }


def is_url(location: str) -> bool:
    """Whether this names a place that is no folder."""
    return "://" in location


def raw_place(product: Product) -> RawPlace:
    """Where this product's raw is: raw/, or as DATAOPS_RAW says."""
    location = settings.current().raw
    return RawUrl(location) if is_url(location) else RawFolder(product.raw, product.root)


def sample_place(product: Product) -> RawPlace:
    """The sample, as a rehearsal reads it."""
    return RawFolder(product.sample, product.root)


def _tag(facts: dict[str, Any]) -> str:
    """What is another for another content; where the place says no such thing, size and time."""
    for name in _TAGS:
        if facts.get(name):
            return str(facts[name]).strip('"')
    return f"{facts['size']} {next((facts[name] for name in _TIMES if facts.get(name)), '')}"
