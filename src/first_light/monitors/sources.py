"""What came to a source since the release before: its new files, found through the place that the
source's own `external_location` names. Files that were profiled once are not read again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from first_light.dbt.manifest import Manifest, Node
from first_light.history.facts import RawFile
from first_light.utils.sql_names import quoted

_LITERAL = re.compile(r"'((?:[^'\n]|'')*)'")
# More new files than these are profiled by the newest of them: it is a delivery, not the archive.
_FILES = 31


@dataclass(frozen=True)
class Delivery:
    """What is new of one source.

    Attributes:
        node: the source table.
        files: the new files.
        repeats: those of them that hold, to the byte, what another file of the source holds.
        place: SQL to read them from, as the product reads the source; empty without any.
    """

    node: Node
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
            the newest file of a source is looked at.
    """
    hashes = {file.name: file.hash for file in before or ()}
    found_deliveries = []
    for node in manifest.of("source"):
        place = node.relation if node.meta.get("external_location") else ""
        literal = location(place, prefix)
        if literal is None:
            continue
        pattern_ = pattern(place, prefix)
        own_files = [file for file in now if pattern_.match(file.name)]
        if before is None:
            new = own_files[-1:]
        else:
            new = [file for file in own_files if hashes.get(file.name) != file.hash]
        names = {file.name for file in new}
        known_hashes = {file.hash for file in own_files if file.name not in names and file.size}
        new_hashes: set[str] = set()
        repeats = []
        for file in new:
            if file.hash in known_hashes | new_hashes:
                repeats.append(file)
            if file.size:
                new_hashes.add(file.hash)
        # What came before is not counted a second time, unless nothing else came.
        unrepeated = [file for file in new if file not in repeats] or new
        paths = ", ".join(_text(f"{root}/{file.name}") for file in unrepeated[-_FILES:])
        found_deliveries.append(
            Delivery(
                node,
                tuple(new),
                tuple(repeats),
                place.replace(literal, f"[{paths}]") if new else "",
            )
        )
    return tuple(found_deliveries)


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
    loaded = {"filename", *re.findall(r"\w+", node.loaded_at.lower())}
    hashed = [quoted(name) for name, _ in columns if name.lower() not in loaded]
    return f"cast(sum(hash({', '.join(hashed)})) as varchar)" if hashed else "null"


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
