"""The SQL by which staging and the tests of a source leave out what is no record. Text only."""

from __future__ import annotations

from collections.abc import Sequence

from first_light.inference import sql
from first_light.inference.values import Leaf, NoRecord
from first_light.utils.sql_names import in_model, literal


def alternatives(rule: NoRecord, rendered: bool = False) -> list[str]:
    """SQL conditions over raw; a row of which one holds is a record as far as the rule goes."""

    def column(leaf: Leaf) -> str:
        return sql.flat(sql.source_column(leaf, rendered))

    def text(value: str) -> str:
        return literal(value) if rendered else in_model(literal(value))

    spelled = rule.labels or tuple(leaf.path[0] for leaf in rule.header)
    found = [f"coalesce({column(x)}, '') <> {text(cell)}" for x, cell in zip(rule.header, spelled)]
    if rule.label and rule.words:
        found += [
            f"coalesce(lower({column(rule.label)}), '') not like {text(f'%{word}%')}"
            for word in rule.words
        ]
    elif rule.label is not None:
        listed = ", ".join(text(label) for label in rule.labels)
        found.append(f"coalesce(lower(trim({column(rule.label)})), '') not in ({listed})")
    return found + [f"{column(leaf)} is not null" for leaf in rule.empty]


def records_sql(rules: Sequence[NoRecord]) -> str:
    """One SQL condition over raw that holds for records; empty without rules."""
    return " and ".join(f"({' or '.join(alternatives(rule, rendered=True))})" for rule in rules)
