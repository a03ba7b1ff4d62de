"""What `dataops warehouse verify` concludes from what readers saw."""

from __future__ import annotations

from first_light.release.verify.place import TABLES
from first_light.release.verify.reader import mixture
from first_light.release.verify.result import Guarantee, Verification, Visit, order, reading

ONE, TWO = "000001-20261129T000000Z-verify", "000002-20261129T000000Z-verify"


def visits(*problems: str, release: str = ONE) -> list[Visit]:
    return [Visit(float(n), 0.5, release, problem) for n, problem in enumerate(problems)]


def test_readers_that_saw_whole_releases() -> None:
    guarantee = reading("whole", [*visits("", ""), *visits("", release=TWO)], [ONE, TWO])
    assert guarantee.held
    assert guarantee.seconds == 0.5
    assert guarantee.evidence == "3 queries saw 2 releases"


def test_a_mixture_is_counted_with_its_time() -> None:
    guarantee = reading("whole", visits("", "mixture: x", "mixture: y", ""), [ONE])
    assert not guarantee.held
    assert "2 of them a mixture, for 1.500 s in all" in guarantee.evidence


def test_a_failed_query_and_an_unknown_release_are_named() -> None:
    failed = reading("whole", visits("", "it broke"), [ONE])
    assert not failed.held
    assert failed.evidence.endswith("1 failed: it broke")
    unknown = reading("whole", visits(""), [TWO])
    assert not unknown.held
    assert unknown.evidence.endswith(f"1 failed: {ONE}")


def test_no_query_proves_nothing() -> None:
    assert not reading("whole", [], [ONE]).held


def test_one_guarantee_that_did_not_hold_is_a_failure() -> None:
    held, lost = Guarantee("a", True, ""), Guarantee("b", False, "")
    assert Verification("duckdb", (held,)).held
    assert not Verification("duckdb", (held, lost)).held


def test_a_reader_that_goes_back_is_counted() -> None:
    seen = [*visits("", release=ONE), *visits("", release=TWO), *visits("", release=ONE)]
    assert order(seen) == 1
    assert order(seen[:2]) == 0


def test_a_row_of_one_release_is_no_mixture() -> None:
    row = (TWO, *(10, 2, 2) * len(TABLES))
    assert mixture(row, 10) == ""
    for changed in ((ONE, *row[1:]), (*row[:-1], 1), (*row[:1], 9, *row[2:])):
        assert mixture(changed, 10).startswith("mixture: ")
