"""Builders for the files that the landing tests put before `land`: small, real and dirty."""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes files by relative name into `folder`; text as UTF-8."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def zipped(members: Mapping[Any, str | bytes]) -> bytes:
    """A zip archive with exactly these members (names or ZipInfo), however evil."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            # With the clock in it, workers would collect tests of different names.
            entry = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def encrypted_zip() -> bytes:
    """A zip archive whose one member says that it is encrypted."""
    data = bytearray(zipped({"orders.csv": "id\n1\n"}))
    data[6] |= 1  # the flag in the member's header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    return bytes(data)


def bomb() -> bytes:
    """A zip archive of about 2 MB that unpacks to 2 GB of zeros."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("orders.csv", "w", force_zip64=True) as member,
    ):
        block = b"0" * (1 << 24)
        for _ in range(128):
            member.write(block)
    return buffer.getvalue()


def workbook(path: Path) -> Path:
    """A workbook as people make them: a merged title, a gap, an empty and a hidden sheet."""
    book = openpyxl.Workbook()
    orders = book.active
    assert orders is not None
    orders.title = "Orders"
    orders["A1"] = "Orders of 2024"
    orders.merge_cells("A1:D1")
    orders.append([])
    orders.append(["id", "code", "amount", "paid"])
    orders.append([1, "007", 1.5, True])
    orders.append([None, None, None, None])
    orders.append([2, "line\nbreak", 20, False])
    customers = book.create_sheet("Customers")
    customers.append(["id", "name"])
    customers.append([1, "Zoë"])
    book.create_sheet("Nothing")
    hidden = book.create_sheet("Lookup")
    hidden.append(["secret"])
    hidden.sheet_state = "hidden"
    book.save(path)
    return path


def sample_options(read: str) -> str:
    """How DuckDB writes a file that the call `read` reads: same delimiter, quote and escape."""
    if not read.startswith("read_csv"):
        return f"format {read.removeprefix('read_').partition('(')[0]}"
    result = dict(re.findall(r"\b(delim|quote|escape)=('(?:[^']|'')*')", read))
    return (
        f"format csv, header, delimiter {result['delim']}, quote {result['quote']}, "
        f"escape {result['escape']}"
    )


def tree(folder: Path) -> dict[str, str]:
    """Every file under a folder with the hash of its content; empty when there is no folder."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def stamps(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Size, time of last change and mode of everything under a folder."""
    return {
        str(item.relative_to(folder)): (stat.st_size, stat.st_mtime_ns, stat.st_mode)
        for item in sorted(folder.rglob("*"))
        for stat in [os.stat(item)]
    }
