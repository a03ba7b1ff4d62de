"""The names of schemas, relations and columns on Spark."""

from __future__ import annotations

from dataclasses import dataclass

from first_light.warehouse.own_tables import OWN_SCHEMA
from first_light.warehouse.prefixed_schemas import PrefixedSchemas, sql_name

__all__ = ["POINTER", "Schemas", "sql_name", "sql_text"]

POINTER = "current_release"
"""The view that names the release which all published views read."""


def sql_text(text: str) -> str:
    """A text in a statement: a backslash escapes there, and two quotes are not one."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@dataclass(frozen=True)
class Schemas(PrefixedSchemas):
    """The schemas of a product."""

    @property
    def pointer(self) -> str:
        """The view that names the current release, in a statement."""
        return sql_name(self.of_readers(OWN_SCHEMA), POINTER)
