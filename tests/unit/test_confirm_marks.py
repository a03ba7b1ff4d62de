"""Before the first commit somebody is asked about columns that may hold personal data."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from first_light.cli.output.console import confirm_marks
from first_light.dbt.source_plan import MarkedColumn
from first_light.privacy.detect import classify, is_certain

YAML = "models/staging/raw_customers.yml"
CERTAIN = [MarkedColumn("customers", "E-Mail", "email", YAML)]
DOUBTFUL = [MarkedColumn("customers", "note", "free_text", YAML)]


class Keyboard(io.StringIO):
    """What somebody types, in a terminal or elsewhere."""

    def __init__(self, typed: str, is_terminal: bool) -> None:
        super().__init__(typed)
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.mark.parametrize(
    ("typed", "is_terminal", "confirmed"),
    [("y\n", True, True), ("n\n", True, False), ("\n", True, False), ("y\n", False, False)],
)
def test_only_a_yes_in_a_terminal_confirms(
    monkeypatch: pytest.MonkeyPatch, typed: str, is_terminal: bool, confirmed: bool
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard(typed, is_terminal))
    out = Console(file=io.StringIO(), width=120)
    assert confirm_marks(out, DOUBTFUL, CERTAIN) is confirmed
    shown = out.file.getvalue()  # type: ignore[attr-defined]
    for mark in ("customers.E-Mail: email", "customers.note: free_text"):
        assert f"{mark} (models/staging/raw_customers.yml)" in shown
    assert ("uv run dataops start --yes" in shown) is not confirmed


def test_certain_marks_are_named_and_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard("n\n", is_terminal=True))
    out = Console(file=io.StringIO(), width=120)
    assert confirm_marks(out, (), CERTAIN)
    shown = out.file.getvalue()  # type: ignore[attr-defined]
    assert "1 column holds personal data" in shown
    assert "customers.E-Mail: email (models/staging/raw_customers.yml)" in shown


MAILS = [f"p{n}@mail.example" for n in range(30)]
NAMES = ["Ada", "Grace", "Alan", "Edsger", "Barbara"]


@pytest.mark.parametrize(
    ("name", "values", "table", "certain"),
    [
        ("x", MAILS, "t", True),
        ("contact", [*MAILS, "n/a", "ask Ada", "none yet"], "t", False),
        ("first_name", NAMES, "t", True),
        ("full_name", NAMES, "schools", False),
        ("ansprechpartner", NAMES, "lieferungen", True),
        ("note", ["Ada called about her order today", "call back soon please, Bob"], "t", False),
        ("phone", ["+49 30 901820", "0171 2345678"], "t", True),
        ("number", ["+49 30 901820", "0171 2345678", "+44 20 79460991"], "t", False),
        ("birthday", ["1980-02-01", "1975-12-31"], "t", True),
        ("birth_date", ["1980-02-01", "1975-12-31"], "t", True),
        ("email", [], "t", False),
        ("lat", ["52.51703", "48.13743"], "trips", False),
    ],
)
def test_a_mark_is_certain_if_values_prove_it(
    name: str, values: list[str], table: str, certain: bool
) -> None:
    kind = classify(name, values, table)
    assert (kind is not None and is_certain(kind, name, values, table)) is certain
