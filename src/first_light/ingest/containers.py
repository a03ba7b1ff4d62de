"""Finding the files of a path, and taking them out of gzip and zip.

What comes out of an archive is written under numbers, never under the name the archive gives, so no
member can leave the folder it is unpacked into.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from first_light.ingest import formats, naming
from first_light.ingest.formats import Kind
from first_light.utils.errors import DataopsError

CHUNK = 1 << 20
# Lock files of open documents, unfinished downloads and what file managers leave behind.
_LEFTOVER = re.compile(
    r"~\$.*|.*~|thumbs\.db|desktop\.ini|.*\.(?:tmp|bak|swp|part|partial|crdownload|download|lock)",
    re.IGNORECASE,
)
# Text packs 5 to 30 times, repetitive text up to 100 times; bombs start at 1,000 times.
MOST_RATIO = 200
RATIO_FROM = 1 << 30
MOST_MEMBERS = 10_000


@dataclass(frozen=True)
class DataFile:
    """One data file, not yet copied.

    Attributes:
        path: where its bytes are: the original, or a file unpacked in the staging folder.
        name: its file name as people know it.
        folder: the name of the folder or archive that holds it, folders of a period aside.
        period: the date or month that the folders which hold it are named after; mostly empty.
        place: how messages name it.
        kind: what it holds.
        gzipped: whether the bytes at `path` are gzipped.
        alone: whether it was asked for by name, not met in a folder.
        unpacked: whether `path` is in the staging folder, free to be moved.
        notes: what was found out on the way, without the file's name.
    """

    path: Path
    name: str
    folder: str
    place: str
    kind: Kind
    gzipped: bool = False
    alone: bool = False
    period: str = ""
    unpacked: bool = False
    notes: tuple[str, ...] = ()


class Finder:
    """Finds the data files of one path; collects in `skipped` what it left out, a sentence each."""

    def __init__(self, into: Path) -> None:
        self.skipped: list[str] = []
        self._into = into
        self._count = 0

    def find(self, path: Path) -> list[DataFile]:
        """The data files at a file or under a folder, in the order of their names.

        Raises:
            DataopsError: when nothing is there, a file can't be read or an archive is broken.
        """
        if path.is_dir():
            data_files = [item for file in self._walk(path) for item in self._open(file, path)]
            if not data_files:
                raise DataopsError(
                    "The folder contains no data file"
                    + (f" ({' '.join(self.skipped[:3])})" if self.skipped else "."),
                    str(path),
                    "pass a folder with CSV, TSV, JSON, Parquet or Excel files",
                )
            return data_files
        if not path.exists():
            raise DataopsError("There is no such file or folder.", str(path), "check the path")
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataopsError(
                "This is not a regular file.", str(path), "copy its content to a file first"
            )
        if is_leftover(path.name):
            raise DataopsError(
                "This is a lock file or an unfinished file of another program, without data.",
                str(path),
                "pass the document itself",
            )
        data_files = self._open(path, None)
        if not data_files:
            skipped = f" ({' '.join(self.skipped[:3])})" if self.skipped else ""
            raise DataopsError(
                f"The archive contains no data file{skipped}.",
                str(path),
                "unpack it and check what it contains",
            )
        return data_files

    def _walk(self, top: Path) -> Iterator[Path]:
        def reject(error: OSError) -> None:
            raise _unreadable(str(error.filename), error)

        for parent, folders, files in os.walk(top, onerror=reject):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in folders:
                folder = Path(parent, name)
                if folder.is_symlink():
                    self.skipped.append(f"{name} was skipped: a link to another folder.")
                if re.fullmatch(r"[A-Za-z_]\w*=.*", name):
                    raise DataopsError(
                        "The folder name contains a column value that the files do not contain.",
                        str(folder),
                        "write the value into the files as a column, then add them",
                    )
            for name in sorted(files):
                file = Path(parent, name)
                if name.startswith("."):
                    continue
                if is_leftover(name):
                    self.skipped.append(f"{name} was skipped: a program left it behind.")
                    continue
                if file.is_symlink() and not file.exists():
                    raise DataopsError(
                        "The target of this link does not exist.",
                        str(file),
                        "correct or remove the link",
                    )
                if not stat.S_ISREG(file.stat().st_mode):
                    self.skipped.append(f"{name} was skipped: not a regular file.")
                    continue
                yield file

    def _open(self, path: Path, top: Path | None) -> list[DataFile]:
        folder, period = naming.period_of([parent.name for parent in path.absolute().parents])
        try:
            with path.open("rb") as file:
                gzipped = file.read(2) == formats.GZIP
        except OSError as error:
            raise _unreadable(str(path), error) from error
        items = self._resolve(path, path.name, folder, str(path), gzipped, top is None, 0)
        return [item if item.period else replace(item, period=period) for item in items]

    def _resolve(
        self,
        path: Path,
        name: str,
        folder: str,
        place: str,
        gzipped: bool,
        alone: bool,
        depth: int,
    ) -> list[DataFile]:
        """What a file is, looking through gzip and zip; nothing when it is to be skipped."""
        if gzipped:
            inner = _peek(path, place)
            kind = formats.EXTENSIONS.get(formats.name_parts(name).extension)
            if inner.startswith((formats.ZIP, formats.PARQUET, formats.OLE)) or kind in (
                Kind.PARQUET,
                Kind.EXCEL,
                Kind.ZIP,
            ):
                bare = re.sub(r"\.(gz|gzip)$", "", name, flags=re.IGNORECASE)
                unpacked = self._unpack_gzip(path, place)
                return [
                    replace(item, unpacked=True, notes=(*item.notes, f"unpacked from {name}"))
                    for item in self._resolve(unpacked, bare, folder, place, False, alone, depth)
                ]
            if kind is None and not formats.name_parts(name).extension:
                kind = Kind.JSON if inner.lstrip()[:1] in (b"{", b"[") else Kind.CSV
        else:
            kind = formats.kind_of(path, name)
        if kind is None or (kind is Kind.ZIP and depth):
            reason = "it is an archive inside an archive" if kind else "its format is unknown"
            if alone:
                raise DataopsError(
                    f"The file cannot be added: {reason}.",
                    place,
                    "pass CSV, TSV, JSON, NDJSON, Parquet or Excel, also gzipped or zipped; "
                    "unpack other archives first",
                )
            self.skipped.append(f"{name} was skipped: {reason}.")
            return []
        if kind is Kind.ZIP:
            return self._unzip(path, name, place, alone)
        return [DataFile(path, name, folder, place, kind, gzipped, alone)]

    def _unzip(self, path: Path, name: str, place: str, alone: bool) -> list[DataFile]:
        outer = formats.name_parts(name).stem
        data_files: list[DataFile] = []
        try:
            with zipfile.ZipFile(path) as archive:
                members = [item for item in archive.infolist() if _is_data(item)]
                if len(members) > MOST_MEMBERS:
                    raise DataopsError(
                        f"The archive has more than {MOST_MEMBERS:,} files.",
                        place,
                        "unpack it and add the unpacked folder",
                    )
                limit_unpacked(sum(item.file_size for item in members), path, place, self._into)
                for member in members:
                    label = f"{place}: {member.filename}"
                    if member.flag_bits & 1:
                        raise DataopsError(
                            "The archive is encrypted.",
                            label,
                            "unpack it with its password, then add the unpacked files",
                        )
                    target = self._next()
                    with archive.open(member) as source:
                        _copy_limited(source, target, path, label)
                    inner = PurePosixPath(member.filename.replace("\\", "/"))
                    inner_name = inner.name
                    if len(members) == 1 and not formats.name_parts(inner_name).extension:
                        inner_name = outer  # orders.csv.zip with one member called `orders`
                    with target.open("rb") as file:
                        gzipped = file.read(2) == formats.GZIP
                    parents = [parent.name for parent in inner.parents if parent.name]
                    folder, period = naming.period_of([*parents, formats.name_parts(outer).stem])
                    notes = (f"taken out of {name}",)
                    data_files += [
                        replace(item, unpacked=True, period=period, notes=(*notes, *item.notes))
                        for item in self._resolve(
                            target, inner_name, folder, label, gzipped, False, 1
                        )
                    ]
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
            raise DataopsError(
                f"The archive is damaged: {error}.", place, "fetch or create it again"
            ) from error
        if not data_files and not alone:
            self.skipped.append(f"{name} was skipped: no data file in it.")
        return data_files

    def _unpack_gzip(self, path: Path, place: str) -> Path:
        target = self._next()
        with open_gzip(path, place) as source:
            _copy_limited(source, target, path, place)
        return target

    def _next(self) -> Path:
        self._count += 1
        return self._into / f"{self._count:05d}"


class _Gunzip(gzip.GzipFile):
    """Reads gzip; broken or bottomless streams become rejections that name the file."""

    place = ""
    packed = 0

    def read(self, size: int | None = -1) -> bytes:
        try:
            data = super().read(size)
        except (EOFError, OSError, zlib.error) as error:
            raise DataopsError(
                "The gzip file is damaged or truncated.", self.place, "fetch or create it again"
            ) from error
        _limit_ratio(self.tell(), self.packed, self.place)
        return data


def open_gzip(path: Path, place: str) -> BinaryIO:
    """Opens a gzip file for reading in chunks.

    Reading raises DataopsError, naming `place`, when the stream is broken, truncated, or unpacks to
    an unreasonable size.
    """
    file = _Gunzip(path, "rb")
    file.place = place
    file.packed = path.stat().st_size
    return cast(BinaryIO, file)


def limit_unpacked(size: int, archive: Path, place: str, into: Path) -> None:
    """Rejects an archive that says it unpacks to an unreasonable size or to more than is free."""
    _limit_ratio(size, archive.stat().st_size, place)
    free = shutil.disk_usage(into).free
    if size > free * 0.9:
        raise DataopsError(
            f"Not enough disk space: {size / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free.",
            place,
            "free space on the disk with raw, then repeat the command",
        )


def _limit_ratio(size: int, packed: int, place: str) -> None:
    if size > RATIO_FROM and size > packed * MOST_RATIO:
        raise DataopsError(
            f"The archive unpacks to more than {MOST_RATIO} times its size.",
            place,
            "if that is expected, unpack it and add the unpacked file",
        )


def _copy_limited(source: IO[bytes], target: Path, archive: Path, place: str) -> None:
    # The sizes in an archive's directory are claims: count what really comes out.
    size, packed = 0, archive.stat().st_size
    with target.open("wb") as file:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            _limit_ratio(size, packed, place)
            file.write(chunk)


def _peek(path: Path, place: str) -> bytes:
    with open_gzip(path, place) as file:
        return file.read(4096)


def is_leftover(name: str) -> bool:
    """Whether a file name is one that programs give to what is no document: `~$orders.xlsx`."""
    return bool(_LEFTOVER.fullmatch(name))


def _is_data(member: zipfile.ZipInfo) -> bool:
    parts = member.filename.replace("\\", "/").split("/")
    hidden = any(part.startswith(".") and part not in (".", "..") for part in parts)
    link = stat.S_ISLNK(member.external_attr >> 16)
    leftover = is_leftover(parts[-1])
    return not (member.is_dir() or link or hidden or leftover or "__MACOSX" in parts)


def _unreadable(where: str, error: OSError) -> DataopsError:
    return DataopsError(
        f"The file or folder cannot be read: {error.strerror}.",
        where,
        "check the permissions, then repeat the command",
    )
