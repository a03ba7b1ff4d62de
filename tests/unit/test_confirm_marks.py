"""Before the first commit somebody is asked about the columns that were taken for personal data."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from first_light.cli.output.console import confirm_marks
from first_light.dbt.source_plan import MarkedColumn

MARKS = [MarkedColumn("customers", "E-Mail", "email", "models/staging/raw_customers.yml")]


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
    assert confirm_marks(out, MARKS) is confirmed
    shown = out.file.getvalue()  # type: ignore[attr-defined]
    assert "customers.E-Mail: email (models/staging/raw_customers.yml)" in shown
    assert ("uv run dataops start --yes" in shown) is not confirmed
