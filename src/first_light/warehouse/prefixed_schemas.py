"""The schemas of a product where a catalog has one level of them.

All begin with one prefix, so that several products can share a catalog.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from first_light.warehouse.base import Relation
from first_light.warehouse.own_tables import prefix_of


def sql_name(*names: str) -> str:
    """The name of an object in a statement, from its parts, where backquotes quote names."""
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)


@dataclass(frozen=True)
class PrefixedSchemas:
    """The schemas of a product.

    Attributes:
        prefix: what all of them begin with.
    """

    prefix: str

    @property
    def build(self) -> str:
        """With the lock."""
        return f"{self.prefix}_build"

    @property
    def raw(self) -> str:
        return f"{self.prefix}_raw"

    @property
    def sample(self) -> str:
        """With the sample of rehearsals."""
        return f"{self.prefix}_rehearsal"

    def of_readers(self, schema: str) -> str:
        """A schema that readers use."""
        return f"{self.prefix}_{schema}"

    def candidate(self, run: str) -> str:
        """What the schemas of a release begin with, from its beginning as a candidate: views name
        them, and a schema cannot be renamed.
        """
        return f"{self.prefix}_{prefix_of(run)}"

    def of_release(self, run: str, schema: str) -> str:
        """A schema of a release."""
        return f"{self.candidate(run)}_{schema}"

    def plain(self, schema: str) -> str:
        """A schema without the prefix, and without the number of a release."""
        return re.sub(rf"^{re.escape(self.prefix)}_(r\d{{6,}}_)?", "", schema)

    def moved(self, run: str, relation: Relation) -> Relation:
        """The same relation of a release, from its name in any release."""
        return Relation(self.of_release(run, self.plain(relation.schema)), relation.name)
