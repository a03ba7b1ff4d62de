"""Values of personal columns in files: which count, and where."""

from __future__ import annotations

import re

import pytest

from first_light.privacy.kinds import ADDRESS, BIRTH_DATE, EMAIL, FREE_TEXT, PERSON, PHONE
from first_light.privacy.repository_values import (
    ANYWHERE,
    LITERAL,
    RealValue,
    RealValues,
    reach,
    replacements,
)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (EMAIL, "ada@mail.example.net", ANYWHERE),
        (PERSON, "Ada Lovelace", ANYWHERE),
        (PERSON, "Lovelace", LITERAL),
        (PERSON, "Bo", None),
        (PERSON, "system", None),
        (PHONE, "+49 30 5550017", ANYWHERE),
        (PHONE, "1", None),
        (ADDRESS, "Berlin", None),
        (ADDRESS, "New York", None),
        (ADDRESS, "10115", None),
        (ADDRESS, "Hauptstr. 17", ANYWHERE),
        (BIRTH_DATE, "1990-04-24", None),
        (PERSON, "2026-01-31", None),
        (FREE_TEXT, "Please ring twice, the dog bites.", ANYWHERE),
        (FREE_TEXT, "please call", None),
        ("coordinates", "52.5200081", ANYWHERE),
        ("plate", "B-AB 123", ANYWHERE),
        ("religion", "catholic", LITERAL),
    ],
)
def test_short_and_common_values_do_not_count(kind: str, value: str, expected: str | None) -> None:
    assert reach(kind, value) == expected


def found(line: str, *values: str, kind: str = PERSON) -> list[str]:
    reached = [(value, reach(kind, value)) for value in values]
    index = RealValues(RealValue(text, "t.c", kind, at) for text, at in reached if at)
    return [value.text for value in index.find(line)]


@pytest.mark.parametrize(
    "line",
    [
        "              values: [Lovelace, Knuth]",
        "                - Lovelace",
        "where name = 'Lovelace'",
        "17;Lovelace;x@example.com",
        "Lovelace,1",
        '{"name":"Lovelace"}',
        "| Lovelace | 3 |",
        "  - {id: 1, name: Lovelace}",
        "owner: Lovelace",
    ],
)
def test_a_single_word_is_found_as_a_literal(line: str) -> None:
    assert found(line, "Lovelace") == ["Lovelace"]
    assert found(line.lower(), "Lovelace") == []  # a word of the language


def test_a_single_word_in_prose_is_a_word() -> None:
    assert found("-- Brown bread is bought in the morning", "Brown") == []
    assert found("select brown_count as BrownCount", "Brown") == []
    assert found("Brown `bread` is bought in the morning", "Brown") == []


def test_a_distinctive_value_is_found_anywhere_and_as_a_whole() -> None:
    assert found("-- as ADA LOVELACE asked us, see +49 30 5550017.", "Ada Lovelace") == [
        "Ada Lovelace"
    ]
    assert found("call +49 30 5550017!", "+49 30 5550017", kind=PHONE) == ["+49 30 5550017"]
    assert found("call +49 30 55500171", "+49 30 5550017", kind=PHONE) == []
    assert found("Adamada Lovelace", "Ada Lovelace") == []


def test_replacements_replace_whole_values_only() -> None:
    values = [RealValue(text, "t.c", PERSON, LITERAL) for text in ("Young", "a+b@c.example", "Zoë")]
    lines = replacements(values).splitlines()
    assert lines == [
        r"regex:\bYoung\b==>personal",
        r"literal:Zoë==>personal",
        r"regex:\ba\+b@c\.example\b==>personal",
    ]
    pattern = lines[0].removeprefix("regex:").removesuffix("==>personal")
    assert re.sub(pattern, "personal", "Young and Youngster") == "personal and Youngster"
