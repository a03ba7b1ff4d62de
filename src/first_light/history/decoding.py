"""Records from JSON, of every schema so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec

from first_light.history.record import SCHEMA, Record
from first_light.utils.errors import DataopsError

# From each earlier schema version to the next: a record's fields, as the next one calls them.
UPGRADES: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


class _Version(msgspec.Struct):
    schema_version: int


def read_record(data: bytes) -> Record:
    """The record in one line of JSON, of any schema so far.

    Unknown fields are ignored; missing ones get their default.

    Raises:
        ValueError: this is no whole record, or a field has the wrong type.
        DataopsError: a newer dataops wrote it, in a schema that this one does not know.
    """
    try:
        if _decoder(_Version).decode(data).schema_version == SCHEMA:
            record: Record = _decoder(Record).decode(data)
            return record
        return msgspec.convert(upgraded(msgspec.json.decode(data)), Record)
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"not a record: {error}") from error


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
