"""What drafting finds in tables whose keys, references and personal columns are known."""

from __future__ import annotations

from pathlib import Path

import pytest

import labelled
from first_light.privacy.kinds import KINDS


@pytest.mark.slow
@pytest.mark.parametrize("file", ["known", "held_out"])
def test_the_draft_finds_what_is_there(file: str, tmp_path: Path) -> None:
    scores = labelled.measured(file, tmp_path)
    # A test that fails is an error only where the structure leaves no doubt.
    assert scores["certain keys"].wrong == []
    assert scores["certain references"].wrong == []
    for kind in ("keys", "references"):
        assert scores[kind].recall >= 0.95, scores[kind].missed
        assert scores[kind].precision >= 0.95, scores[kind].wrong
    assert scores["personal"].recall >= 0.95, scores["personal"].missed
    assert scores["personal"].precision >= 0.98, scores["personal"].wrong


@pytest.mark.parametrize(
    ("file", "recall", "precision"),
    [
        ("known_personal", 0.99, 0.99),
        ("known_personal_2", 0.99, 0.99),
        ("held_out_personal", 0.98, 0.98),
        ("held_out_personal_2", 0.99, 0.99),
        # Held out until its first measurement, which is in docs/explanations/drafts.md.
        ("held_out_personal_3", 0.99, 0.97),
        # Not tuned on, but labelled by someone who knew the rules.
        ("held_out_personal_4", 0.98, 0.96),
        # As the third: held out until its first measurement.
        ("held_out_personal_5", 0.98, 0.97),
    ],
)
def test_more_personal_columns_are_marked(file: str, recall: float, precision: float) -> None:
    score = labelled.marked(file)
    assert score.expected >= (85 if file == "held_out_personal_4" else 90)
    assert score.recall >= recall, score.missed
    assert score.precision >= precision, score.wrong


def test_the_two_halves_share_no_table() -> None:
    known, held_out = (
        {(t.name, *(column.name for column in t.columns)) for t in labelled.tables(file)}
        for file in ("known", "held_out")
    )
    assert not known & held_out
    assert len(known) >= 60
    assert len(held_out) >= 25


def test_the_labels_name_kinds() -> None:
    for file in ("known", "held_out", *labelled.PERSONAL):
        labels = {c.kind for table in labelled.tables(file) for c in table.columns if c.kind}
        assert labels <= KINDS


def test_a_wrong_label_is_counted() -> None:
    score = labelled.Score()
    score.add({"a", "b"}, {"b", "c", "d"}, indifferent={"d"})
    assert (score.precision, score.recall) == (0.5, 0.5)
    assert (score.wrong, score.missed) == (["c"], ["a"])
