"""How a product is set up for a kind of warehouse, as the page of that warehouse describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Setup:
    """What a product of this kind of warehouse has.

    Attributes:
        name: its name as its makers write it.
        page: the page of the documentation that describes it.
        package: the adapter of dbt, as a requirement.
        target: the keys of the target of releases; `my_product` is the product's name.
        source: keys of each source whose tables are in raw.
        nodes: configuration of all models, seeds and snapshots.
        try_models: the command that names SQL that this warehouse does not understand; empty:
            `dataops move`.
        is_answer: whether the template has it as an answer, which `configure` changes.
        in_capitals: whether names without quotes are stored in capitals.
        week: where `date_trunc` takes its unit last, the one of a week that begins on a Monday;
            empty where it takes a text first, and weeks begin on Mondays.
        null_order: where a sort without `nulls first` or `nulls last` has nulls: `nulls_are_last`,
            `nulls_are_large` or `nulls_are_small`.
    """

    name: str
    page: str
    package: str
    target: Mapping[str, Any]
    source: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, Any] = field(default_factory=dict)
    try_models: str = ""
    is_answer: bool = False
    in_capitals: bool = False
    week: str = ""
    null_order: str = "nulls_are_last"
