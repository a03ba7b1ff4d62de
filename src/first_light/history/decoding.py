"""Records from JSON, of every schema so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec

from first_light.history.record import SCHEMA, Record
from first_light.store.run_ids import run_number
from first_light.utils.errors import DataopsError

# From each earlier schema version to the next: a record's fields, as the next one calls them.
UPGRADES: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


_COMMIT = re.compile(r"[0-9a-f]{4,64}")


class _Version(msgspec.Struct):
    schema_version: int


def read_record(data: bytes) -> Record:
    """The record in one line of JSON, of any schema so far.

    Unknown fields are ignored; missing ones get their default.

    Raises:
        ValueError: this is no whole record, a field has the wrong type, or an id is none.
        DataopsError: a newer dataops wrote it, in a schema that this one does not know.
    """
    try:
        if schema_of(data) == SCHEMA:
            record: Record = _decoder(Record).decode(data)
        else:
            record = msgspec.convert(upgraded(msgspec.json.decode(data)), Record)
    except (
        msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError, RecursionError
    ) as error:  # fmt: skip
        raise ValueError(f"not a record: {error}") from error
    _raise_if_no_id(record)
    return record


def schema_of(data: bytes) -> int:
    """The version of a record's schema.

    Raises:
        MsgspecError: this is no record.
    """
    version: _Version = _decoder(_Version).decode(data)
    return version.schema_version


def _raise_if_no_id(record: Record) -> None:
    """Check what becomes a path or an argument of git: a store is data from others.

    Raises:
        ValueError: a run or a commit is not in the form of one.
    """
    for run in (record.run, record.base, record.current):
        if run and not run_number(run):
            raise ValueError("not a record: the id of a run has another form")
    git = record.git
    for commit in (git.commit, git.base_commit, *(fact.commit for fact in git.commits)):
        if commit and not _COMMIT.fullmatch(commit):
            raise ValueError("not a record: the id of a commit has another form")


def upgraded(raw: dict[str, Any]) -> dict[str, Any]:
    """A record's fields in this version's schema, whichever version wrote them.

    Raises:
        DataopsError: a newer version did; a guess at what it meant would be wrong in silence.
    """
    written = int(raw["schema_version"])
    if written > SCHEMA:
        raise DataopsError(
            "This history was written by a newer version of the package.",
            where=f"{raw['run']} has schema {written}, this version reads up to {SCHEMA}",
            fix="uv run dataops update",
        )
    for version in range(written, SCHEMA):
        raw = UPGRADES[version](raw) | {"schema_version": version + 1}
    return raw


@cache
def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
