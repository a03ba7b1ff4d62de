"""The names of databases, schemas, relations and columns on Snowflake.

dbt writes names without quotes, which Snowflake reads in capitals: `marts` is MARTS. Names here are
in dbt's spelling; in statements they are quoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from first_light.utils.sql_names import quoted
from first_light.warehouse.base import Relation
from first_light.warehouse.own_tables import prefix_of

INTERNAL = "dataops_build"
"""The schema of a release that is not published: which run built it, and what is withheld."""
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def stored(name: str) -> str:
    """A name of dbt, as Snowflake stores it."""
    return name.upper() if _PLAIN.fullmatch(name) else name


def spelled(name: str) -> str:
    """A name that Snowflake stores, as dbt spells it."""
    return name.lower() if stored(name.lower()) == name else name


def sql_name(*names: str) -> str:
    """The name of an object in a statement, from its parts in dbt's spelling."""
    return ".".join(quoted(stored(name)) for name in names)


@dataclass(frozen=True)
class Databases:
    """The databases of a product.

    Attributes:
        readers: with the published views.
    """

    readers: str

    @property
    def next(self) -> str:
        """Where the views of the next release are made; it changes places with that of readers."""
        return f"{self.readers}_next"

    @property
    def build(self) -> str:
        """With raw, the sample of rehearsals and the lock."""
        return f"{self.readers}_build"

    def of_release(self, run: str) -> str:
        """The database of a release, from its beginning as a candidate: views name it."""
        return f"{self.readers}_{prefix_of(run)}"

    def relation(self, run: str, relation: Relation) -> str:
        """A relation of a release, in a statement."""
        return sql_name(self.of_release(run), relation.schema, relation.name)
