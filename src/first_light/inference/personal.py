"""Which columns are personal: one answer for a whole raw column, what is nested in it included.

The sample masks a raw column as a whole, so one personal field makes all its fields personal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from first_light.inference.values import Leaf
from first_light.privacy import value_shapes as shapes
from first_light.privacy import vocabulary
from first_light.privacy.json_text import parse_json
from first_light.privacy.kinds import EMAIL, NUMERIC, PERSON, USER_NAME
from first_light.privacy.name_pairs import parts_of_names
from first_light.privacy.name_tokens import name_tokens
from first_light.privacy.rows import UNKNOWN, Rows, rows_of

# Kinds whose values are names of one person each, wherever they are.
_OF_ONE_PERSON = (EMAIL, PERSON, USER_NAME)
_FEW, _SAME = 3, 0.9  # different values; the share of them that must be names
_FAIR = 0.3  # of the different values, names of persons make a question


class Classify(Protocol):
    """Says which kind of personal data a column holds, or None."""

    def __call__(
        self, name: str, values: Sequence[str], table: str = "", rows: Rows = UNKNOWN, /
    ) -> str | None:
        """The kind, from the column's name, its frequent values, its table's name and its rows."""


def kinds(
    examples: Mapping[Leaf, Sequence[str]], table: str, classify: Classify
) -> dict[Leaf, str | None]:
    """The kind of personal data in each leaf of a table, None for most."""
    alone = _kinds(examples, table, classify, UNKNOWN)
    plain = {leaf.path[0]: values for leaf, values in examples.items() if len(leaf.path) == 1}
    shown = {leaf.path[0]: kind for leaf, kind in alone.items() if kind}
    # What a column is depends on the columns beside it.
    return _kinds(examples, table, classify, rows_of(plain, shown, table))


def _kinds(
    examples: Mapping[Leaf, Sequence[str]], table: str, classify: Classify, rows: Rows
) -> dict[Leaf, str | None]:
    kinds_by_column: dict[str, list[str]] = {}
    for leaf, values in examples.items():
        for name, inner in _fields(leaf, values):
            kind = classify(name, inner, table, rows)
            if kind:
                kinds_by_column.setdefault(leaf.path[0], []).append(kind)
    plain = {leaf.path[0]: values for leaf, values in examples.items() if len(leaf.path) == 1}
    for column in parts_of_names(plain):
        kinds_by_column.setdefault(column, [PERSON])
    return {leaf: _shared(kinds_by_column.get(leaf.path[0], [])) for leaf in examples}


def spread(
    kinds_: Mapping[str, dict[Leaf, str | None]],
    examples: Mapping[str, Mapping[Leaf, Sequence[str]]],
) -> set[str]:
    """Mark columns that hold the values of a column of persons, in whatever table that is.

    Args:
        kinds_: the kinds found so far, by table and leaf; what is added is written here.
        examples: frequent values, by table and leaf.

    Returns:
        The tables in which a column was marked.
    """
    of_persons = [
        (kind, set(examples[table][leaf]))
        for table, kinds_of_table in kinds_.items()
        for leaf, kind in kinds_of_table.items()
        if kind in _OF_ONE_PERSON and len(leaf.path) == 1
    ]
    marked = set()
    for table, kinds_of_table in kinds_.items():
        for leaf, kind in kinds_of_table.items():
            values = set(examples[table][leaf])
            if kind is not None or len(leaf.path) > 1 or len(values) < _FEW:
                continue
            for known, others in of_persons:
                if len(values & others) >= _SAME * len(values):
                    kinds_of_table[leaf] = known
                    marked.add(table)
                    break
    return marked


def may_be_persons(name: str, values: Sequence[str]) -> bool:
    """Whether so many values of an unmarked column look like full names of persons that somebody
    must say what they are: artists, for instance, are persons and bands.
    """
    different = sorted(set(values))
    full = [v for v in different if shapes.FULL_NAME.fullmatch(v) and shapes.is_titled(v)]
    named = [v for v in full if shapes.has_given_name(v) and not shapes.is_company(v)]
    is_of_either = bool(vocabulary.PERSON_OR_GROUP & set(name_tokens(name)))
    least = 1 if is_of_either else max(_FEW, _FAIR * len(different))
    return len(named) >= least and 2 * len(full) >= len(different) >= _FEW


def _shared(several: Sequence[str]) -> str | None:
    """The kind that masks a whole nested column; addresses must end in a reserved domain.

    Of the others one that masks letters as well, if there is one.
    """
    ranked = sorted(several, key=lambda kind: (kind != "email", kind in NUMERIC))
    return ranked[0] if ranked else None


def _fields(leaf: Leaf, values: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """The leaf's own name with its values, or each field's inside JSON text."""
    inside: dict[str, dict[str, None]] = {}
    plain = []
    for value in values:
        parsed = parse_json(value) if value[:1] in {"{", "["} else None
        if parsed is None:  # text, which may begin with a bracket
            plain.append(value)
        else:
            _gather(leaf.path[-1], parsed, inside)
    if plain or not inside:
        yield leaf.path[-1], plain
    for name, inner in inside.items():
        yield name, list(inner)


def _gather(name: str, value: object, into: dict[str, dict[str, None]]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _gather(str(key), inner, into)
    elif isinstance(value, list):
        for inner in value:
            _gather(name, inner, into)
    elif value is not None and not isinstance(value, bool):
        into.setdefault(name, {})[str(value)] = None
