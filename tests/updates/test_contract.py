"""Paths and questions are a contract with every product: what leaves it must be named."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import pytest

import harness
from first_light.project.product import Product
from gauntlet import versions
from tools.release import contract
from tools.release.contract import Contract, Question

WAS = Contract(
    {"profiles.yml": "managed", "README.md": "owned", ".sqlfluff": "managed"},
    {"ci": Question("str", ("github", "gitlab")), "deadline": Question("str")},
)


def test_the_contract_is_kept_and_says_everything() -> None:
    assert contract.problems() == []
    kept = contract.merged(contract.read(), contract.of_template())
    written = (harness.TEMPLATE / contract.CONTRACT).read_text("utf-8")
    assert written == contract.text(kept), "make format"


def test_every_answer_that_was_ever_given_is_still_an_answer(tmp_path: Path) -> None:
    """A validator that was tightened would reset it in silence, at the next update."""
    accepted = {key: question.accepts for key, question in contract.read().questions.items()}
    assert all(accepted.values()), "say in contract.yml which answers products have given"
    for number, row in enumerate(zip_longest(*accepted.values())):
        answers = {key: answer for key, answer in zip(accepted, row) if answer is not None}
        product = Product(harness.render(tmp_path / str(number), answers))
        assert {key: product.answers[key] for key in answers} == answers


CHANGES = {
    "a path is gone": (
        replace(WAS, paths={"README.md": "owned", ".sqlfluff": "managed"}),
        "profiles.yml",
    ),
    "an owned path becomes managed": (
        replace(WAS, paths={**WAS.paths, "README.md": "managed"}),
        "README.md",
    ),
    "a question is gone": (replace(WAS, questions={"ci": WAS.questions["ci"]}), "deadline"),
    "a question is retyped": (
        replace(WAS, questions={**WAS.questions, "deadline": Question("int")}),
        "deadline",
    ),
    "a choice is gone": (
        replace(WAS, questions={**WAS.questions, "ci": Question("str", ("github",))}),
        "ci",
    ),
    "a free answer becomes a choice": (
        replace(WAS, questions={**WAS.questions, "deadline": Question("str", ("07:00",))}),
        "deadline",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_leaves_the_contract_must_be_named(change: str) -> None:
    now, name = CHANGES[change]
    (output,) = contract.broken(WAS, now, (), ())
    assert name in output
    assert contract.broken(WAS, now, {name}, ()) == []
    if name in WAS.paths:
        assert contract.broken(WAS, now, (), {f"/{name}"}) == []


def test_additions_and_hand_overs_break_nothing() -> None:
    now = Contract(
        {**WAS.paths, "new": "owned", ".sqlfluff": "owned"},
        {
            **WAS.questions,
            "ci": Question("str", ("github", "gitlab", "other")),
            "new": Question("str"),
        },
    )
    assert contract.broken(WAS, now, (), ()) == []


def test_a_release_without_its_migration_or_tombstone_is_caught(working_template: Path) -> None:
    """The made-up versions of the gauntlet, with what names their changes taken out."""
    versions.patch(working_template)
    harness.git(working_template, "add", "-A")
    assert [output.split(" is gone")[0] for output in contract.problems(working_template)] == [
        ".github/pull_request_template.md",
        ".gitlab/merge_request_templates/Default.md",
        "docs/example-shop.md",
    ]
    versions.minor(working_template)
    versions.major(working_template)
    harness.git(working_template, "add", "-A")
    result = "\n".join(contract.problems(working_template))
    assert ".editorconfig" not in result  # a tombstone names it
    assert "contact" not in result  # a migration names it
    assert ".sqlfluff" not in result
    (working_template / "hooks/migrations/v2_0_0.py").unlink()
    result = "\n".join(contract.problems(working_template))
    assert "question contact is gone" in result
    assert ".sqlfluff is gone" in result
