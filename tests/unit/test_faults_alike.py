"""An error that escaped: which fault of a drill looks like it, and what could not be drafted."""

from __future__ import annotations

import pytest

from first_light.commands.incident_draft import remarks
from first_light.drill.alike import similar_faults
from first_light.history.record import ColumnProfile, RelationProfile
from first_light.mutation.earlier import Compared


def relation(
    rows: int = 100, mean: float = 5.0, nulls: int = 0, orphans: int = 0
) -> RelationProfile:
    column = ColumnProfile("amount", "double", nulls, mean=mean)
    return RelationProfile("model.shop.o", "o", rows, (column,), orphans={"customer": orphans})


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        (relation(), ()),
        (relation(rows=101, mean=5.2, nulls=2), ()),
        (relation(rows=0), ("header-only",)),
        (relation(rows=200), ("rows-twice",)),
        (relation(rows=110), ("same-keys",)),
        (relation(rows=50), ("half",)),
        (relation(rows=10), ("one-in-ten",)),
        (relation(orphans=20), ("orphans",)),
        (relation(nulls=100), ("measure-null",)),
        (relation(nulls=33), ("measure-some-null",)),
        (relation(mean=500.0), ("times-100",)),
        (relation(mean=0.005), ("by-1000",)),
        (relation(mean=55.0), ("currency",)),
        (relation(mean=-5.0), ("sign",)),
        (relation(mean=0.0), ("zeros",)),
    ],
)
def test_the_fault_is_named_by_what_differs(wrong: RelationProfile, names: tuple[str, ...]) -> None:
    assert similar_faults([wrong], [relation()]) == names


def test_what_could_not_be_measured_or_is_gone_is_not_compared() -> None:
    failed = RelationProfile("model.shop.o", "o", 0, problem="no such table")
    assert similar_faults([failed], [relation()]) == ()
    assert similar_faults([relation(rows=200)], [failed]) == ()
    assert similar_faults([relation(rows=200)], []) == ()
    assert similar_faults([relation(rows=0)], [relation(rows=0)]) == ()


def test_what_could_not_be_drafted_is_said_with_what_to_do() -> None:
    (unchanged,) = remarks(Compared((), ()), "000001", has_later_release=True)
    assert "correct it, then repeat" in unchanged
    (unseen,) = remarks(Compared(("orders",), ()), "000001", has_later_release=True)
    assert "add rows like those of the error to sample/" in unseen
    (early,) = remarks(Compared(("orders",), ("- x",)), "000001", has_later_release=False)
    assert "No release was published since" in early
    assert remarks(Compared(("orders",), ("- x",)), "000001", has_later_release=True) == []
