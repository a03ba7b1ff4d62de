"""The lineage of queries, kept from one release to the next.

The lineage of a query follows from its SQL, the columns of what it reads, and the code that parses
it. The key is a digest of all three: where one of them differs, the lineage is read again. The
schemas of what it reads, which on a server are those of one release, are left out of it.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import metadata

import msgspec

from first_light.dbt.column_lineage import Lineage, Origin, Relation

Columns = tuple[tuple[Relation, tuple[str, ...]], ...]
"""The relations that a query reads, each with its columns."""

_LIBRARIES = ("first-light", "sqlglot")
_DIGEST = 16  # bytes
_NUMBER = "\0"  # before the number of a relation in place of its schema


@dataclass(frozen=True)
class KeptLineage:
    """What an earlier release kept, and what this one read or took from it.

    Attributes:
        earlier: lineage by key.
        read: key and lineage of each node of this release.
    """

    earlier: Mapping[str, Lineage] = field(default_factory=dict)
    read: dict[str, tuple[str, Lineage]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, content: bytes) -> KeptLineage:
        """What `to_json` has written; nothing where it was something else."""
        try:
            return cls(msgspec.json.decode(content, type=dict[str, Lineage]))
        except msgspec.MsgspecError:
            return cls()

    def to_json(self, nodes: Collection[str]) -> bytes:
        """The lineage of these nodes, for the next release."""
        kept = {key: lineage for name, (key, lineage) in self.read.items() if name in nodes}
        return msgspec.json.encode({key: _sorted(kept[key]) for key in sorted(kept)})

    def lineage(
        self, node: str, sql: str, columns: Columns, trace: Callable[[str, Columns], Lineage]
    ) -> Lineage:
        """The lineage of a node's query; it is traced where no earlier release has the same.

        Args:
            node: its unique id.
            sql: its query, with relations as in `columns`.
            columns: what it reads.
            trace: reads the lineage from the query.
        """
        numbered = {
            relation: (relation[0], f"{_NUMBER}{n}", relation[2])
            for n, (relation, _) in enumerate(columns)
        }
        key = _key(sql, columns, numbered)
        if (kept := self.earlier.get(key)) is not None:
            places = {number: relation for relation, number in numbered.items()}
            with contextlib.suppress(KeyError):  # not what was written there
                lineage = _moved(kept, places)
                self.read[node] = (key, kept)
                return lineage
        lineage = trace(sql, columns)
        self.read[node] = (key, _moved(lineage, numbered))
        return lineage


def spelled(relation: Relation) -> str:
    """A relation as it stands in SQL that is traced."""
    return ".".join(f'"{part}"' for part in relation)


@cache
def _versions() -> tuple[str, ...]:
    return tuple(metadata.version(name) for name in _LIBRARIES)


def _key(sql: str, columns: Columns, numbered: Mapping[Relation, Relation]) -> str:
    for relation, number in numbered.items():
        sql = sql.replace(spelled(relation), spelled(number))
    read = [(numbered[relation], names) for relation, names in columns]
    content = msgspec.json.encode([_versions(), sql, read])
    return hashlib.blake2b(content, digest_size=_DIGEST).hexdigest()


def _moved(lineage: Lineage, places: Mapping[Relation, Relation]) -> Lineage:
    """The same lineage with other names for what the query reads."""

    def moved(origins: Collection[Origin]) -> frozenset[Origin]:
        return frozenset(replace(origin, parent=places[origin.parent]) for origin in origins)

    columns = {name: moved(origins) for name, origins in lineage.columns.items()}
    return Lineage(columns, moved(lineage.rows), lineage.unknown)


def _sorted(lineage: Lineage) -> dict[str, object]:
    """In an order that is the same in every process."""
    return {
        "columns": {name: _origins(lineage.columns[name]) for name in lineage.columns},
        "rows": _origins(lineage.rows),
        "unknown": sorted(lineage.unknown),
    }


def _origins(origins: Collection[Origin]) -> list[Origin]:
    return sorted(origins, key=lambda origin: (origin.parent, origin.column, origin.counted))
