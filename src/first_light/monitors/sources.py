"""What came to a source since the release before: its new files, found through the place that the
source's own `external_location` names, as one delivery for each date in their names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from first_light.dbt.manifest import Manifest, Node
from first_light.history.facts import RawFile
from first_light.utils.sql_names import quoted

_LITERAL = re.compile(r"'((?:[^'\n]|'')*)'")
# More new files than these are profiled by the newest of them: it is a delivery, not the archive.
_FILES = 31
# Of an archive that comes at once so many deliveries are profiled, the newest.
_ARCHIVE = 14
_DATE = re.compile(r"(?<!\d)(\d{4})[-_]?(\d\d)(?:[-_]?(\d\d))?(?!\d)")


@dataclass(frozen=True)
class Delivery:
    """What came to one source, by the date in the names of the files.

    Attributes:
        node: the source table.
        name: the date; empty for the files without one.
        files: the new files, with the others of the same date.
        repeats: those of them that hold, to the byte, what another file of the source holds.
        place: SQL to read them from, as the product reads the source; empty without any.
    """

    node: Node
    name: str
    files: tuple[RawFile, ...]
    repeats: tuple[RawFile, ...]
    place: str


def deliveries(
    manifest: Manifest,
    root: str,
    prefix: str,
    now: Sequence[RawFile],
    before: Sequence[RawFile] | None,
) -> tuple[Delivery, ...]:
    """What came to each source that is read from files below raw.

    Args:
        manifest: the product.
        root: raw's absolute path.
        prefix: raw, as the sources spell it.
        now: the files in raw.
        before: those that the release before was built from; None before the first one: then only
            the newest deliveries of a source are looked at, without dates only the newest file.
    """
    hashes = {file.name: file.hash for file in before or ()}
    came: list[Delivery] = []
    for node in manifest.of("source"):
        place = node.relation if node.meta.get("external_location") else ""
        literal = location(place, prefix)
        if literal is None:
            continue
        pattern_ = pattern(place, prefix)
        own_files = [
            file for file in now if pattern_.match(file.name) and f"'{file.name}'" not in place
        ]
        new = [file for file in own_files if before is None or hashes.get(file.name) != file.hash]
        # An old file that was modified has no past here: the newest deliveries are the past.
        dates = sorted({date_of(file.name) for file in own_files} - {""})[-_ARCHIVE:]
        oldest = dates[0] if dates else ""
        new = [f for f in new if f.name not in hashes or not "" < date_of(f.name) < oldest]
        groups = _by_date(own_files, new)
        if before is None:
            dated = {name: files for name, files in groups.items() if name}
            groups = dated or ({"": own_files[-1:]} if own_files else {})
        names = {file.name for file in new}
        known = {file.hash for file in own_files if file.name not in names and file.size}
        first = len(came)
        for name, files in sorted(groups.items())[-(_ARCHIVE if before is None else _FILES) :]:
            repeats = [file for file in files if file.name in names and file.hash in known]
            known |= {file.hash for file in files if file.size}
            repeats += _twice(files, names, repeats)
            # What came before is not counted a second time, unless nothing else came.
            unrepeated = [file for file in files if file not in repeats] or files
            paths = ", ".join(_text(f"{root}/{file.name}") for file in unrepeated[-_FILES:])
            came.append(
                Delivery(
                    node, name, tuple(files), tuple(repeats), place.replace(literal, f"[{paths}]")
                )
            )
        if len(came) == first:
            came.append(Delivery(node, "", (), (), ""))
    return tuple(came)


def date_of(file: str) -> str:
    """The date in a file's name, ISO 8601, a day or a month; empty without one."""
    match_ = _DATE.search(file.rpartition("/")[2])
    if not match_:
        return ""
    year, month, day = match_.groups()
    is_date = "1970" <= year <= "2199" and "01" <= month <= "12" and "01" <= (day or "01") <= "31"
    return "-".join(filter(None, (year, month, day))) if is_date else ""


def _by_date(files: Sequence[RawFile], new: Sequence[RawFile]) -> Mapping[str, list[RawFile]]:
    """The files of each delivery of which one is new; those without a date are one delivery."""
    groups: dict[str, list[RawFile]] = defaultdict(list)
    for file in files:
        groups[date_of(file.name)].append(file)
    new_dates = {date_of(file.name) for file in new}
    undated = [file for file in new if not date_of(file.name)]
    dated = {name: files_ for name, files_ in groups.items() if name and name in new_dates}
    return {**dated, **({"": undated} if undated else {})}


def _twice(
    files: Sequence[RawFile], new: Collection[str], repeats: Sequence[RawFile]
) -> list[RawFile]:
    """New files that hold, to the byte, what another one of the same delivery holds."""
    seen: set[str] = set()
    twice = []
    for file in files:
        if file.hash in seen and file.name in new and file not in repeats:
            twice.append(file)
        if file.size:
            seen.add(file.hash)
    return twice


def location(place: str, prefix: str) -> str | None:
    """The one text literal, with its quotes, that says where below raw the files are."""
    literals = {
        match.group(0)
        for match in _LITERAL.finditer(place)
        if _unquoted(match.group(0)).startswith(prefix.rstrip("/") + "/")
    }
    return literals.pop() if len(literals) == 1 and place.count("'") else None


def pattern(place: str, prefix: str) -> re.Pattern[str]:
    """Which files below raw a place reads, by their paths there.

    A glob as DuckDB reads it: `**` crosses folders, `*` and `?` do not, `[…]` is a set.
    """
    glob = _unquoted(location(place, prefix) or "''")[len(prefix) :].lstrip("/")
    patterns = {"*": "[^/]*", "?": "[^/]", "**": ".*", "**/": "(?:.*/)?"}
    parts = re.split(r"(\*\*/?|\*|\?|\[[^\]]*\])", glob)
    return re.compile(
        "".join(
            patterns.get(part) or (part if part.startswith("[") else re.escape(part))
            for part in parts
        )
        + r"\Z"
    )


def fingerprint(node: Node, columns: Sequence[tuple[str, str]]) -> str:
    """SQL, DuckDB's, for a number that the same rows give again, in whatever order they come.

    The time of loading and the name of the file are left out: they say when, not what.
    """
    hashed = _hash(node, columns)
    return f"cast(sum({hashed}) as varchar)" if hashed else "null"


def different_rows(node: Node, columns: Sequence[tuple[str, str]]) -> str:
    """SQL, DuckDB's, for how many rows differ, apart from the time of loading and the file."""
    hashed = _hash(node, columns)
    return f"count(distinct {hashed})" if hashed else "null"


def _hash(node: Node, columns: Sequence[tuple[str, str]]) -> str:
    loaded = {"filename", *re.findall(r"\w+", node.loaded_at.lower())}
    hashed = [quoted(name) for name, _ in columns if name.lower() not in loaded]
    return f"hash({', '.join(hashed)})" if hashed else ""


def newest(node: Node) -> str:
    """SQL, DuckDB's, for the latest time of loading, in seconds since 1970; null when unknown."""
    if not node.loaded_at:
        return "null"
    return f"extract(epoch from cast(max({node.record_loaded_at}) as timestamp))"


def columns_query(place: str) -> str:
    """SQL, DuckDB's, for the names and types of what is read from a place."""
    return f"select column_name, column_type from (describe select * from {place}) as described"


def _unquoted(literal: str) -> str:
    return literal[1:-1].replace("''", "'")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
