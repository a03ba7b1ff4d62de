"""Open questions about columns whose values may stand for something else than text."""

from __future__ import annotations

import re

import pytest

from first_light.inference.marks import MARKS
from first_light.inference.questions import about_text


def question(*values: str) -> str:
    marks = {
        name: sum(re.fullmatch(pattern, value) is not None for value in values)
        for name, pattern in MARKS.items()
    }
    return about_text(marks, len(values), "value")


@pytest.mark.parametrize(
    ("values", "part"),
    [
        (("2024-01-05", "2024-01-06", "07.01.2024"), "more than one way"),
        (("2024-W05-1", "2024W061"), "a year, a week and a day"),
        (("FY2024-Q3", "FY24 Q4", "FY2025"), "quarters or years"),
        (("1h 30m", "2 hours 5 min", "45m 10s"), "durations"),
        (("12*", "15", "17*"), "a sign or a note"),
        (("~5", "<10", "12"), "a sign or a note"),
        (("1,5E+03", "2,25E+02"), "power of ten"),
        (("1.5", "#DIV/0!", "2.5", "#REF!"), "errors of a spreadsheet"),
        (("20240105T123000Z", "20241231T235959Z"), "without separators"),
        (("31.12.2024 10.30", "01.02.2024 11.45"), "no reading fits"),
        (("Fri Jan  5 10:00:00 2024", "Sat Feb  6 11:00:00 2024"), "name of the month"),
        (("J", "N"), "yes and no"),
        (("20240105", "99991231"), "days written as"),
        (("20240105123000", "20241231235959"), "times written as"),
        (("48°12'30\"N", "11° 34' E"), "in degrees"),
    ],
)
def test_what_may_be_read_otherwise_is_asked(values: tuple[str, ...], part: str) -> None:
    assert part in question(*values)


@pytest.mark.parametrize(
    "values",
    [("2024-01-05", "next week"), ("12-34-56", "40-11-22"), ("M 5", "S 8"), ("N", "S", "E")],
)
def test_codes_and_words_ask_nothing(values: tuple[str, ...]) -> None:
    assert question(*values) == ""
