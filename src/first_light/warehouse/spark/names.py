"""The names of schemas, relations and columns on Spark, which has one level of schemas.

All schemas of a product begin with its prefix, the schema of the profile, so that several products
can share a catalog.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from first_light.warehouse.base import Relation
from first_light.warehouse.own_tables import OWN_SCHEMA, prefix_of

POINTER = "current_release"
"""The view that names the release which all published views read."""


def sql_name(*names: str) -> str:
    """The name of an object in a statement, from its parts."""
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)


def sql_text(text: str) -> str:
    """A text in a statement: a backslash escapes there, and two quotes are not one."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@dataclass(frozen=True)
class Schemas:
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

    @property
    def pointer(self) -> str:
        """The view that names the current release, in a statement."""
        return sql_name(self.of_readers(OWN_SCHEMA), POINTER)

    def of_readers(self, schema: str) -> str:
        """A schema that readers use."""
        return f"{self.prefix}_{schema}"

    def candidate(self, run: str) -> str:
        """What the schemas of a release begin with, from its beginning as a candidate: views name
        them, and Spark cannot rename a schema.
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
