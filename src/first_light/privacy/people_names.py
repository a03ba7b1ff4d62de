"""Names of people: given and family names in many languages, and texts that are made of them.

Titles and particles are no part of a name. No list has half of the family names that people have:
their endings tell, and the given name beside them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from first_light.privacy import thing_words
from first_light.privacy import value_shapes as shapes
from first_light.privacy import vocabulary as words
from first_light.privacy.name_lists import PARTICLES, is_family_word, lists, parts

_SHORTEST_FAMILY_NAME: Final = 4  # letters, in logins
_LEADING_TITLES: Final = re.compile(rf"(?i:(?:(?:{'|'.join(sorted(words.HONORIFICS))})\.? +)+)")
_APOSTROPHE: Final = re.compile(r"(?:O|D|Dell|Dall)['’][^\W\d_a-z]")  # O'Neil, D'Amico, Dell'Acqua


def is_given(text: str) -> bool:
    """Whether one of the words is a given name, and all have the form of a name."""
    return shapes.is_name_like(text) and any(part in lists().given for part in parts(text))


def is_family(text: str) -> bool:
    """Whether one of the words is a family name, and all have the form of a name."""
    return shapes.is_name_like(text) and (
        any(is_family_word(part) for part in parts(text)) or _APOSTROPHE.match(text) is not None
    )


def is_one_word(text: str) -> bool:
    """Whether it is one word beside titles and particles: Jean-Luc, de Groot; but not Casa Rosa."""
    core = [
        word
        for word in text.split()
        if not {*parts(word)} <= PARTICLES and word.strip(".").lower() not in words.HONORIFICS
    ]
    return len(core) == 1 and not is_place(text)


_OF_PLACE: Final = re.compile(
    r"[a-z]{3,}(?:strasse|str|platz|allee|gasse|bahnhof|klinikum|schule|gymnasium|halle|kirche|park"
    r"|straat|plein|gracht|school|gatan|vagen|gade|utca)"
)
_BEGINS_TITLE: Final = re.compile(r"(?:The|An?|Der|Die|Das|Les|Los|Las|Het|Een|Gli) ")


def _may_be_full_name(text: str) -> bool:
    return (
        shapes.FULL_NAME.fullmatch(text) is not None
        and not shapes.is_company(text)
        and _BEGINS_TITLE.match(text) is None
        and not is_place(text)
    )


def is_place(text: str) -> bool:
    """Whether a word of it is, or a compound ends in, one for a street or a building."""
    several = parts(text)
    return not thing_words.PLACES.isdisjoint(several) or any(map(_OF_PLACE.fullmatch, several))


@lru_cache(maxsize=20_000)
def is_full_name(text: str) -> bool:
    """Whether it is a given name and a family name, in any order, with titles and particles."""
    if not _may_be_full_name(text):
        return False
    names = [p for p in parts(text) if p not in PARTICLES and p not in words.HONORIFICS]
    if parts(text)[0] in words.HONORIFICS and sum(len(name) > 1 for name in names) == 1:
        return is_family(text)  # Dr. Lee, Mr K Lee
    if not 2 <= len(names) <= 5:
        return False
    given = lists().given
    first, last = names[0], names[-1]
    return (first in given and any(map(is_family_word, names[1:]))) or (
        last in given and any(map(is_family_word, names[:-1]))
    )


@lru_cache(maxsize=20_000)
def has_form_of_name(text: str) -> bool:
    """Whether it is written as a full name, with a given name first or after a comma.

    Whatever the family name is: no list has half of them.
    """
    names = _names_in_full(text)
    after_comma = parts(text.partition(",")[2])[:1]
    return any(name in lists().given for name in (*names[:1], *after_comma)) and bool(names)


def has_reversed_form_of_name(text: str) -> bool:
    """Whether it is written as a full name with the family name first: Nagy Katalin."""
    names = _names_in_full(text)
    return bool(names) and names[-1] in lists().given


def _names_in_full(text: str) -> list[str]:
    if not (_may_be_full_name(text) and shapes.is_titled(text)):
        return []
    names = [p for p in parts(text) if p not in PARTICLES and p not in words.HONORIFICS]
    return names if 2 <= len(names) <= 5 else []


_IN_CAPITALS: Final = re.compile(r"(?:[^\W\d_a-z]{3,}[' -]?)+,? [^\W\d_a-z]\.")  # MILLER K.
_INITIALED: Final = re.compile(
    r"(?:[^\W\d_](?:\. ?| )){1,3}(?P<first>[^\W\d_][\w' ’-]{2,})"
    r"|(?P<last>[^\W\d_][\w' ’-]{2,}?),? [^\W\d_](?:\.? ?[^\W\d_])?\.?"
)


@lru_cache(maxsize=20_000)
def is_initialed(text: str) -> bool:
    """Whether it is a known name with initials: J. de Vries, Dr K Miller, Miller, K., Rasmus K."""
    match = _INITIALED.fullmatch(_LEADING_TITLES.sub("", text, count=1))
    if _IN_CAPITALS.fullmatch(text):
        return True
    return (
        has_initials(text)
        and match is not None
        and (
            is_family(match["first"] or match["last"])
            or (match["last"] is not None and is_given(match["last"]))
        )
    )


def has_initials(text: str) -> bool:
    """Whether it has the form of a name with initials, whatever the name is."""
    return (
        _INITIALED.fullmatch(_LEADING_TITLES.sub("", text, count=1)) is not None
        and shapes.is_titled(text)
        and not shapes.is_company(text)
    )


_SLASHED: Final = re.compile(r"[^\W\d_][\w' -]*/[^\W\d_][\w' -]*")


_EITHER_TITLE: Final = re.compile(r"^(Dr|Sr|Prof|Eng|Sig|Dott|Mgr)\([a-z]{1,4}\)")
_SHORT_TITLE: Final = re.compile(r"^p\. ?(?=[^\W\d_a-z][^\W\d_]{2})")


def plainly_titled(texts: list[str]) -> list[str]:
    """The values, with titles as most people write them: not Dr(a)., and not p. for pan or pani."""
    return [_SHORT_TITLE.sub("pan ", _EITHER_TITLE.sub(r"\1", text)) for text in texts]


def without_slashes(texts: list[str]) -> list[str]:
    """The values, with a comma in names that are written as travel systems do: MILLER/ANN MRS."""
    slashed = sum(1 for text in texts if _SLASHED.fullmatch(text))
    if slashed < 0.8 * len(texts):
        return texts
    with_comma = [text.replace("/", ", ") for text in texts]
    named = sum(1 for text in with_comma if is_full_name(text))
    return with_comma if named >= 0.35 * len(texts) else texts


def is_made_of_names(text: str) -> bool:
    """Whether every word is a given or a family name, or a particle, a title or an initial."""
    given = lists().given
    several = parts(text)
    return bool(several) and all(
        len(part) == 1
        or part in given
        or is_family_word(part)
        or part in PARTICLES
        or part in words.HONORIFICS
        for part in several
    )


_NUMBERED: Final = re.compile(r"@?(?P<name>[^\W\d_]+(?:[ ._-][^\W\d_]+)?)[ ._-]?[0-9]{0,4}")


def is_numbered_name(text: str) -> bool:
    """Whether it is a given or a family name with a number after it or a sign before it."""
    match = _NUMBERED.fullmatch(text)
    if match is None or (text[0] != "@" and not text[-1].isdigit()):
        return False
    return any(word in lists().given or is_family_word(word) for word in parts(match["name"]))


def longest_word(text: str) -> str:
    """The longest word of a text, in the form of the lists."""
    return max(parts(text), key=len, default="")


def first_word(text: str) -> str:
    """The first word of a text, in the form of the lists."""
    return next(iter(parts(text)), "")


@lru_cache(maxsize=20_000)
def is_file_of_person(location: str) -> bool:
    """Whether the last part of a path is a given name and a family name: photos/lee-anna.jpg."""
    several = parts(location.rstrip("/").rsplit("/", 1)[-1].partition(".")[0])
    given = lists().given
    return len(several) >= 2 and any(
        (one in given and is_family_word(other)) or (other in given and is_family_word(one))
        for one, other in pairwise(several)
    )


# Kanji or kana with a space between the names, or three signs of which the first is a family's.
_JAPANESE: Final = re.compile(
    r"[\u3005\u4e00-\u9fff]{1,4}[ \u3000][\u3005\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]{1,4}"
    r"|[\u30a1-\u30fc]{2,6}[ \u3000][\u30a1-\u30fc]{2,6}"
)
_UNSPACED: Final = re.compile(r"[\uac00-\ud7a3]{3}|[\u4e00-\u9fff]{2,3}")


def is_east_asian(text: str) -> bool:
    """Whether it has the form of a name in Chinese, Japanese or Korean."""
    if text.isascii():
        return False
    if _JAPANESE.fullmatch(text):
        return True
    return _UNSPACED.fullmatch(text) is not None and parts(text[0])[0] in lists().family


@lru_cache(maxsize=20_000)
def is_login_of_given_name(text: str) -> bool:
    """Whether it is a login that only a person has: jane.miller, jane84."""
    match = _OF_GIVEN_NAME.fullmatch(text.lower() if text.isupper() else text)
    return match is not None and (match["first"] or match["name"]) in lists().given


_OF_GIVEN_NAME: Final = re.compile(
    r"(?P<first>[a-z]{3,})[._][a-z]{3,}[0-9]{0,4}|(?P<name>[a-z]{4,})[0-9]{1,4}"
)


@lru_cache(maxsize=20_000)
def is_login_of_name(text: str) -> bool:
    """Whether it is a login that is made of a name: jmiller, millerj, j.miller, jane.miller."""
    core = text.rsplit("\\", 1)[-1].partition("@")[0]
    if not re.fullmatch(r"[A-Za-z]+([._-][A-Za-z]+){0,2}[0-9]{0,4}", core):
        return False
    given, family = lists()
    several = [part for part in re.split(r"[._-]", core.rstrip("0123456789").lower()) if part]
    if len(several) > 1:
        return (
            several[-1] in family
            or several[0] in given
            or (several[0] in family and len(several[-1]) <= 2)
        )
    if not several:
        return False
    (name,) = several
    is_numbered = core[-1].isdigit() and len(name) >= _SHORTEST_FAMILY_NAME
    if is_numbered and (name in given or name in family):
        return True  # miller7
    halves = [(name[:at], name[at:]) for at in range(1, len(name))]
    return any(
        (len(rest) >= _SHORTEST_FAMILY_NAME and rest in family and len(start) <= 2)
        or (len(start) >= _SHORTEST_FAMILY_NAME and start in family and len(rest) <= 2)
        or (len(start) > 2 and len(rest) >= _SHORTEST_FAMILY_NAME and start in given
            and rest in family)
        for start, rest in halves
    )  # fmt: skip
