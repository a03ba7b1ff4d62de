"""Rules of a product: what a public Python model must have instead of a contract."""

from __future__ import annotations

from dataclasses import replace

from first_light.dbt.manifest import Column, Manifest, Node
from first_light.hooks.project_rules import contract, python_contract

SCORES = Node(
    "model.s.scores", "model", "scores", "models/marts/scores.py", access="public",
    columns=(Column("id", "", "bigint", ""), Column("score", "", "", "")),
)  # fmt: skip


def broken(node: Node) -> list[str]:
    manifest = Manifest({node.unique_id: node}, {})
    return [reason for rule in (contract, python_contract) for _, reason in rule(manifest)]


def test_a_public_python_model_types_its_columns_and_tests_its_key() -> None:
    assert broken(SCORES) == [
        "is public: give `data_type` to score",
        "is public: add `data_tests: [not_null, unique]` to its key",
    ]
    typed = replace(SCORES, columns=SCORES.columns[:1], primary_key=("id",))
    assert broken(typed) == []
    assert broken(replace(typed, columns=())) == ["is public: give `data_type` to its columns"]
    assert broken(replace(SCORES, access="protected")) == []


def test_a_public_sql_model_enforces_a_contract() -> None:
    sql = replace(SCORES, path="models/marts/scores.sql")
    assert [reason[:30] for reason in broken(sql)] == ["is public without a contract: "]
    assert broken(replace(sql, contract=True)) == []
