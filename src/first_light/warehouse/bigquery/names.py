"""The names of datasets, relations and columns on BigQuery, which has one level of datasets."""

from __future__ import annotations

from dataclasses import dataclass

from first_light.warehouse.base import Relation
from first_light.warehouse.own_tables import OWN_SCHEMA
from first_light.warehouse.prefixed_schemas import PrefixedSchemas, sql_name

POINTER = "current_release"
"""The table that names the release which all published views read."""
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r"}


def sql_text(text: str) -> str:
    """A text in a statement: a backslash escapes there, and a text has one line."""
    return "'" + "".join(_ESCAPES.get(letter, letter) for letter in text) + "'"


@dataclass(frozen=True)
class Datasets(PrefixedSchemas):
    """The datasets of a product.

    Attributes:
        project: the project of Google Cloud that they are in.
    """

    project: str

    def name(self, dataset: str, *names: str) -> str:
        """The name of a dataset, or of what is in it, in a statement."""
        return sql_name(self.project, dataset, *names)

    def relation(self, relation: Relation) -> str:
        """A relation in a statement."""
        return self.name(relation.schema, relation.name)

    @property
    def pointer(self) -> str:
        """The table that names the current release, in a statement."""
        return self.name(self.of_readers(OWN_SCHEMA), POINTER)
