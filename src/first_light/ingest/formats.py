"""What kind of file lies there: by its first bytes first, by its name second."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Kind(Enum):
    """What a file holds, once it is unpacked."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    EXCEL = "excel"
    ZIP = "zip"


EXTENSIONS = {
    **dict.fromkeys(("csv", "tsv", "tab", "psv", "ssv", "txt", "dat"), Kind.CSV),
    **dict.fromkeys(
        ("json", "ndjson", "jsonl", "geojson", "geojsonl", "geojsons", "jsonseq"), Kind.JSON
    ),
    **dict.fromkeys(("parquet", "pq", "parq"), Kind.PARQUET),
    **dict.fromkeys(("xlsx", "xlsm", "xls", "xlsb", "ods"), Kind.EXCEL),
    "zip": Kind.ZIP,
}
# Extensions that prose has as well: in a folder such a file is data only when it has columns.
VAGUE = frozenset({"txt", "dat"})
UTF16 = (b"\xff\xfe", b"\xfe\xff")
GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
PARQUET = b"PAR1"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class NameParts:
    """A file name taken apart: `Orders.CSV.gz` is stem `Orders`, extension `csv`, gzipped."""

    stem: str
    extension: str
    gzipped: bool


def name_parts(name: str) -> NameParts:
    """The parts of a file name; the extension is lower case and empty when there is none."""
    stem, gzipped = name, False
    if match := re.search(r"\.(gz|gzip)$", stem, re.IGNORECASE):
        stem, gzipped = stem[: match.start()], True
    base, dot, extension = stem.rpartition(".")
    if sequence := re.search(r"\.(geo)?json-?seq$", stem, re.IGNORECASE):  # RFC 7464, RFC 8142
        return NameParts(stem[: sequence.start()], "jsonseq", gzipped)
    if not dot or not base or not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,7}", extension):
        return NameParts(stem, "", gzipped)
    if extension.lower() in ("parquet", "pq", "parq"):
        base = re.sub(r"\.(snappy|gz|gzip|zstd|lz4|brotli)$", "", base, flags=re.IGNORECASE)
    return NameParts(base, extension.lower(), gzipped)


def kind_of(path: Path, name: str) -> Kind | None:
    """What the bytes at `path`, known to people as `name`, hold; None when nobody can say.

    The bytes must not be gzipped. A file whose first bytes are unmistakable is what they say,
    whatever it is called.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    by_name = EXTENSIONS.get(name_parts(name).extension)
    if head.startswith(PARQUET):
        return Kind.PARQUET
    if head.startswith((ZIP, EMPTY_ZIP)):
        return Kind.EXCEL if _is_workbook(path) or by_name is Kind.EXCEL else Kind.ZIP
    if head.startswith(OLE):
        return Kind.EXCEL if by_name in (Kind.EXCEL, Kind.CSV) else None
    if name_parts(name).extension in VAGUE and b"\0" in head and head[:2] not in UTF16:
        return None
    if by_name is Kind.EXCEL and head.strip() and (b"\0" not in head or head[:2] in UTF16):
        # "Excel" files that web applications export are often text with tabs.
        return Kind.CSV
    return by_name


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "[Content_Types].xml" in names:
                return any(name.startswith("xl/") for name in names)
            return "mimetype" in names and "content.xml" in names
    except zipfile.BadZipFile:
        return False
