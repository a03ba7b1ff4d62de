"""The names of a store's files. A remote store is data from others: only these names are used."""

from __future__ import annotations

import re
from collections.abc import Iterable

from first_light.store.run_ids import run_number
from first_light.utils.errors import DataopsError

_IN_ROOT = frozenset({"store.json", "score.json", "superseded.json"})
_HISTORY = frozenset({"runs", "damaged"})
_PACK = re.compile(r"(?P<first>[0-9]{6,9})_(?P<last>[0-9]{6,9})\.parquet")
_RECORDS_IN_PACK = 1_000_000
# A plain name on every file system: no parent folder, drive, backslash, hidden file or half of a
# character.
_PLAIN = re.compile(r"(?!\.)[^\x00-\x1f\x7f\ud800-\udfff<>:\"|?*\\/]{1,200}(?<![. ])")
_RESERVED = frozenset({"publishing"})  # a local mark of a release that is being published
_OBJECT_ID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})")


def raise_if_foreign(
    place: str, current: str, paths: Iterable[str], other_paths: Iterable[str] = ()
) -> None:
    """Check the names in a state of a store before any of them is used.

    Args:
        place: the store, for the message.
        current: the current release; empty if there is none.
        paths: all files of the state, relative to the store.
        other_paths: links and whatever else is no file; none is allowed.

    Raises:
        DataopsError: a name is not one that this package writes.
    """
    if current and not run_number(current):
        raise _foreign(place, current)
    for path in paths:
        if not _is_known(path):
            raise _foreign(place, path)
    for path in other_paths:
        raise _foreign(place, path)


def raise_if_no_file(place: str, path: str, object_id: object, size: object) -> None:
    """Check the hash and the size of a file in a state.

    Raises:
        DataopsError: one of them is of another type or form.
    """
    is_id = isinstance(object_id, str) and _OBJECT_ID.fullmatch(object_id)
    if not (is_id and type(size) is int and size >= 0):
        raise _foreign(place, path)


def _is_known(path: str) -> bool:
    folder, *parts = path.split("/")
    if not parts:
        return path in _IN_ROOT
    if not all(_PLAIN.fullmatch(part) for part in parts):
        return False
    if folder == "releases":
        return len(parts) > 1 and run_number(parts[0]) > 0 and parts[1] not in _RESERVED
    if folder != "history" or len(parts) != 2:
        return False
    return parts[0] in _HISTORY or (parts[0] == "packs" and _is_pack(parts[1]))


def _is_pack(name: str) -> bool:
    match = _PACK.fullmatch(name)
    return match is not None and 0 <= int(match["last"]) - int(match["first"]) < _RECORDS_IN_PACK


def _foreign(place: str, name: str) -> DataopsError:
    return DataopsError(
        "The store contains a file that dataops did not write. Nothing was fetched.",
        where=f"{place}: {name[:200]!r}",
        fix="remove the file from the store, find out who else can write there, and repeat the "
        "command",
    )
