"""What a model calls its columns, where that is not what the file calls them. Pure.

Keys and references are sought by the names of the file; what was found then says how a column is
called in the model: `id` of customers is `customer_id`, `customer` that refers to it is too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from first_light.inference import names
from first_light.inference.values import Column, Doubt, Key, Reference, Table, Test
from first_light.utils.sql_names import RESERVED

Names = Mapping[str, Mapping[str, str]]
"""By table: what the model calls each column, by the name under which it was profiled."""

# Words that say nothing without the table: many tables have a column of this name.
_BARE = frozenset({
    "id", "key", "code", "no", "nr", "num", "number", "uuid", "guid", "name", "type",
    "description", "date", "timestamp",
})  # fmt: skip
_ASKS = re.compile(
    r"^(is|has|had|was|were|are|can|could|will|would|should|did|does|do|may|must|needs|uses|allows|"
    r"accepts|requires|contains|includes|supports|wants|enables|receives|ist|hat|kann|est|es)_"
)
_FLAG = re.compile(r"_(flag|flg|ind|indicator|yn|bool|boolean|fl)$")
_HAS = frozenset({
    "discount", "newsletter", "consent", "warranty", "insurance", "garden", "parking", "wifi",
    "subscription", "account", "loan", "mortgage", "housing", "diabetes", "balcony", "elevator",
    "pool", "garage", "internet", "premium", "coupon", "opt_in", "email_opt_in",
    "marketing_opt_in", "sms_opt_in", "credit_card",
})  # fmt: skip


def model_names(
    tables: Sequence[Table],
    keys: Mapping[str, Key],
    references: Sequence[Reference],
    declared: Mapping[str, frozenset[str]],
) -> dict[str, dict[str, str]]:
    """The names of all columns of all tables in their models.

    Args:
        keys: the key of each table that has one.
        references: references between the tables.
        declared: columns of the models that the product has already, by table; these stay.
    """
    made = {table.name: _of_table(table) for table in tables}
    for reference in references:
        child = made[reference.child]
        column, key = reference.column, made[reference.parent][reference.key]
        wanted = _refers(column, key, reference.parent)
        others = {name for old, name in child.items() if old != column}
        if wanted not in others:
            child[column] = wanted
    for table in tables:
        if table.name in declared:
            made[table.name] |= _declared(table, made[table.name], declared[table.name])
    return made


def offered(table: Table, declared: frozenset[str]) -> frozenset[str]:
    """The columns of a table whose model declares them, under whichever name a draft gives."""
    return frozenset(c.name for c in table.columns if declared & _options(table, c))


def _of_table(table: Table) -> dict[str, str]:
    made: dict[str, str] = {}
    profiled = {c.name for c in table.columns}
    for column in table.columns:
        wanted = _alone(table, column)
        taken = (profiled - {column.name}) | set(made.values())
        if wanted in taken:
            wanted = column.name
        if wanted in RESERVED or wanted in made.values():
            wanted = names.distinct(f"{names.singular(table.name)}_{column.name}", taken)
        made[column.name] = wanted[: names.LONGEST]
    return made


def _alone(table: Table, column: Column) -> str:
    """The name of a column, whatever it refers to."""
    if column.cast.kind == "boolean":
        return _question(column.name)
    if column.name in _BARE or column.name in RESERVED:
        return f"{names.singular(table.name)}_{column.name}"
    return column.name


def _question(name: str) -> str:
    """The name of a yes or no: `perishable` is `is_perishable`, `children` is `has_children`."""
    if _ASKS.match(name):
        return name
    bare = _FLAG.sub("", name)
    if _ASKS.match(bare):
        return bare
    plural = names.singular(bare) != bare
    return f"{'has' if plural or bare in _HAS else 'is'}_{bare}"


def _refers(column: str, key: str, parent: str) -> str:
    """The name of a reference: `customer` is `customer_id` where that is the parent's key."""
    stem = names.singular(parent)
    if column in {stem, parent} and key.startswith(f"{stem}_"):
        return key
    if column.endswith(f"_{stem}") and key.startswith(f"{stem}_"):
        return column.removesuffix(stem) + key
    return column


def _options(table: Table, column: Column) -> set[str]:
    """All names that a draft may give a column, those of earlier versions included."""
    stem = names.singular(table.name)
    alone = _alone(table, column)
    return {column.name, alone, f"{column.name}_id", f"{stem}_{column.name}"}


def _declared(table: Table, made: Mapping[str, str], declared: frozenset[str]) -> dict[str, str]:
    kept = {}
    for column in table.columns:
        if made[column.name] not in declared:
            known = sorted(declared & _options(table, column))
            if known:
                kept[column.name] = known[0]
    return kept


def renamed_table(table: Table, made: Names) -> Table:
    """A table with its columns as the model calls them."""
    mine = made[table.name]
    return replace(table, columns=tuple(replace(c, name=mine[c.name]) for c in table.columns))


def renamed_key(table: str, key: Key, made: Names) -> Key:
    """A key with its columns as the model calls them."""
    return replace(key, columns=tuple(made[table][name] for name in key.columns))


def renamed_reference(reference: Reference, made: Names) -> Reference:
    """A reference with both columns as the models call them."""
    return replace(
        reference,
        column=made[reference.child][reference.column],
        key=made[reference.parent][reference.key],
    )


def renamed_doubt(doubt: Doubt, made: Names) -> Doubt:
    """A doubt about a column as the model calls it."""
    mine = made.get(doubt.table, {})
    return replace(doubt, column=mine.get(doubt.column, doubt.column))


def renamed_test(table: str, test: Test, made: Names, references: Sequence[Reference]) -> Test:
    """A test with all columns as the models call them.

    Args:
        table: name of the table that is tested.
        test: the test.
        made: the names.
        references: references from the table, under the names by which they were found.
    """
    mine = made[table]
    arguments = dict(test.arguments)
    several = arguments.get("combination_of_columns")
    if isinstance(several, list):
        arguments["combination_of_columns"] = [mine[name] for name in several]
    if test.name == "relationships":
        parent = next(r.parent for r in references if r.column == test.column)
        arguments["field"] = made[parent][str(arguments["field"])]
    return replace(test, column=mine.get(test.column, ""), arguments=arguments)
