"""Find values of personal columns in the text of a repository's files.

Not every value says something about a person: `1`, a date or a town is in many files by chance. So
each value has a reach. A distinctive one, such as an e-mail address or a full name, counts anywhere
in a text; a single word counts only as a literal: quoted, a cell, or an item of a list.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from first_light.privacy import kinds
from first_light.privacy.detect import EMAIL_PATTERN
from first_light.privacy.json_text import parse_json
from first_light.privacy.scrub import texts
from first_light.privacy.value_shapes import BOOLEANS
from first_light.privacy.vocabulary import words
from first_light.utils import null_words

ANYWHERE: Final = "anywhere"
LITERAL: Final = "literal"

_WORD = re.compile(r"\w+")
_DATE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([T ][0-9:.+Z ]*)?|(19|20)[0-9]{6}")
_LETTER = re.compile(r"[^\W\d_]")
_SHORTEST_NUMBER = 7  # digits
_SHORTEST_NAME = 9  # letters of a full name
_SHORTEST_WORD = 4
_SHORTEST_TEXT = 20
_STALE_SHARE = 0.2  # of a masked column, less is in raw by chance
_OF_NOBODY = words(
    "admin administrator anonymous api default example guest import migration none null number "
    "root service string system test tester unknown user users varchar text"
)
_BEFORE = re.compile(r"(?:^\s*(?:-\s+)?|[,;\t|\"'`\[({:=]\s*)\Z")
_AFTER = re.compile(r"[\"'`]|\s*(?:$|[,;\t|\])}])")


def reach(kind: str, value: str) -> str | None:
    """Where a value counts as found: `ANYWHERE`, as a `LITERAL`, or nowhere (None).

    Args:
        kind: the kind of personal data of its column.
        value: as it is in raw.
    """
    text = value.strip()
    lowered = text.lower()
    if kind == kinds.BIRTH_DATE or _DATE.fullmatch(text) or "\n" in text:
        return None
    if lowered in null_words.ALL or lowered in _OF_NOBODY or lowered in BOOLEANS:
        return None
    if EMAIL_PATTERN.fullmatch(text):
        return ANYWHERE
    digits = sum(sign.isdigit() for sign in text)
    letters = len(_LETTER.findall(text))
    word_count = len(_WORD.findall(text))
    if kind == kinds.FREE_TEXT:
        return ANYWHERE if len(text) >= _SHORTEST_TEXT and word_count >= 3 else None
    if digits >= _SHORTEST_NUMBER:
        return ANYWHERE
    if digits and letters:
        return ANYWHERE if len(text) >= 8 else LITERAL if len(text) >= 5 else None
    if digits or kind == kinds.ADDRESS:  # short numbers, and names of towns
        return None
    if word_count >= 2 and letters >= _SHORTEST_NAME:
        return ANYWHERE
    return LITERAL if letters >= _SHORTEST_WORD else None


@dataclass(frozen=True)
class RealValue:
    """A value of raw that says something about a person.

    Attributes:
        text: the value.
        column: `table.column`.
        kind: the kind of personal data.
        reach: `ANYWHERE` or `LITERAL`.
    """

    text: str
    column: str
    kind: str
    reach: str


class RealValues:
    """Values to look for, by their longest word.

    Args:
        values: the values; the first of equal ones counts.
    """

    def __init__(self, values: Iterable[RealValue]) -> None:
        self._by_word: dict[str, dict[str, tuple[int, RealValue]]] = {}
        for value in values:
            text = value.text.strip().lower()
            if match := _longest_word(text):
                self._by_word.setdefault(match[0], {}).setdefault(text, (match.start(), value))

    def find(self, line: str) -> Iterator[RealValue]:
        """The values in a line of text, each once."""
        lowered = line.lower()
        if len(lowered) != len(line):
            lowered = line  # positions would be wrong
        found: set[str] = set()
        for word in _WORD.finditer(lowered):
            for text, (offset, value) in self._by_word.get(word[0], {}).items():
                start = word.start() - offset
                if start < 0 or text in found or not _is_alone(lowered, start, text):
                    continue
                if value.reach == LITERAL and not _is_literal(line, start, value.text.strip()):
                    continue
                found.add(text)
                yield value


def texts_of(value: Any) -> Iterator[str]:
    """The texts in a value of a column, those in its JSON too."""
    if isinstance(value, str) and value[:1] in ("{", "[") and (parsed := parse_json(value)):
        value = parsed
    yield from texts(value)


def real_values(
    in_raw: Collection[str], masks: Collection[str], column: str, kind: str
) -> Iterator[RealValue]:
    """The values of a column to look for, in order; without masks that are in raw by chance.

    Args:
        in_raw: texts of the column in raw.
        masks: those of the sample.
        column: `table.column`.
        kind: the kind of personal data.
    """
    by_chance = set(in_raw).intersection(masks)
    if len(by_chance) >= max(_STALE_SHARE * len(masks), 1):  # they are no masks
        by_chance = set()
    for text in sorted(set(in_raw) - by_chance):
        if (extent := reach(kind, text)) is not None:
            yield RealValue(text, column, kind, extent)


def key_word(text: str) -> str | None:
    """The word of a text, in lower case, by which it is found; None without any."""
    match = _longest_word(text.strip().lower())
    return match[0] if match else None


def words_of(text: str) -> set[str]:
    """All words of a text in lower case."""
    return set(_WORD.findall(text.lower()))


def _longest_word(text: str) -> re.Match[str] | None:
    return max(_WORD.finditer(text), key=lambda match: len(match[0]), default=None)


def _is_alone(line: str, start: int, text: str) -> bool:
    """Whether the text is there, and no word goes on at its ends."""
    end = start + len(text)
    if not line.startswith(text, start):
        return False
    goes_on_before = line[start - 1 : start].isalnum() and text[0].isalnum()
    return not goes_on_before and not (line[end : end + 1].isalnum() and text[-1].isalnum())


def _is_literal(line: str, start: int, text: str) -> bool:
    """Whether the text is there in its own case, and alone between signs that end a literal."""
    return (
        line.startswith(text, start)
        and _BEFORE.search(line[:start]) is not None
        and _AFTER.match(line[start + len(text) :]) is not None
    )


def is_cell(line: str, text: str) -> bool:
    """Whether a line has a text as one of its cells or literals, and not within prose."""
    start = line.find(text)
    return start >= 0 and _is_literal(line, start, text)


def replacements(values: Iterable[RealValue]) -> str:
    """The values as a file for `git filter-repo --replace-text`."""
    lines = []
    for text in sorted({value.text.strip() for value in values}):
        if text.isascii():
            ends = (r"\b" if text[0].isalnum() else "", r"\b" if text[-1].isalnum() else "")
            lines.append(f"regex:{ends[0]}{re.escape(text)}{ends[1]}==>personal")
        else:  # its ends are bytes that are no word
            lines.append(f"literal:{text}==>personal")
    return "".join(f"{line}\n" for line in lines)
