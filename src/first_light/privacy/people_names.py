"""Names of people: given and family names in many languages, and texts that are made of them.

The lists are Faker's; no other list of both kinds in as many languages is kept as well and may be
used as freely. They are read when the first column asks, which takes about a second.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final, NamedTuple

from first_light.privacy import value_shapes as shapes
from first_light.privacy import vocabulary as words
from first_light.privacy.name_tokens import plain_letters

_PARTICLES: Final = words.words(
    "van von der den de di da del della do dos das la le el al bin ibn ben ter ten zu zum y e i of"
)
_SHORTEST_FAMILY_NAME: Final = 4  # letters, in logins


class _Lists(NamedTuple):
    given: frozenset[str]
    family: frozenset[str]


@cache
def _lists() -> _Lists:
    given: set[str] = set()
    family: set[str] = set()
    package = importlib.import_module("faker.providers.person")
    for module in pkgutil.iter_modules(package.__path__):
        provider = importlib.import_module(f"{package.__name__}.{module.name}").Provider
        for attribute in dir(provider):
            is_given = attribute.startswith(("first_name", "middle_name"))
            if is_given or attribute.startswith("last_name"):
                names = getattr(provider, attribute)
                if isinstance(names, Iterable):
                    (given if is_given else family).update(_words_of(map(str, names)))
    return _Lists(frozenset(given), frozenset(family - _PARTICLES))


def _words_of(names: Iterable[str]) -> set[str]:
    return {word for name in names for word in parts(name) if len(word) > 1}


@lru_cache(maxsize=20_000)
def parts(text: str) -> tuple[str, ...]:
    """The words of a name in the form of the lists: lower case, Latin letters without accents."""
    text = plain_letters(re.sub("['’]", "", text.lower()))
    return tuple(re.findall(r"[^\W\d_]+", text))


def is_given(text: str) -> bool:
    """Whether one of the words is a given name, and all have the form of a name."""
    return shapes.is_name_like(text) and any(part in _lists().given for part in parts(text))


def is_family(text: str) -> bool:
    """Whether one of the words is a family name, and all have the form of a name."""
    return shapes.is_name_like(text) and any(part in _lists().family for part in parts(text))


@lru_cache(maxsize=20_000)
def is_full_name(text: str) -> bool:
    """Whether it is a given name and a family name, in any order, with titles and particles."""
    if not shapes.FULL_NAME.fullmatch(text) or shapes.is_company(text):
        return False
    names = [p for p in parts(text) if p not in _PARTICLES and p not in words.HONORIFICS]
    if not 2 <= len(names) <= 5:
        return len(names) == 1 and parts(text)[0] in words.HONORIFICS and is_family(text)
    given, family = _lists()
    first, last = names[0], names[-1]
    return (first in given and any(name in family for name in names[1:])) or (
        last in given and any(name in family for name in names[:-1])
    )


@lru_cache(maxsize=20_000)
def has_form_of_name(text: str) -> bool:
    """Whether it is written as a full name, with a given name first, last or after a comma.

    Whatever the family name is: no list has half of them.
    """
    if not shapes.FULL_NAME.fullmatch(text) or shapes.is_company(text):
        return False
    if not shapes.is_titled(text):
        return False
    names = [p for p in parts(text) if p not in _PARTICLES and p not in words.HONORIFICS]
    after_comma = parts(text.partition(",")[2])[:1]
    given = _lists().given
    return 2 <= len(names) <= 5 and any(name in given for name in (names[0], *after_comma))


_IN_CAPITALS: Final = re.compile(r"(?:[^\W\d_a-z]{3,}[' -]?)+,? [^\W\d_a-z]\.")  # MILLER K.
_INITIALED: Final = re.compile(
    r"(?:[^\W\d_](?:\. ?| )){1,3}(?P<first>[^\W\d_][\w' ’-]{2,})"
    r"|(?P<last>[^\W\d_][\w' ’-]{2,}?),? [^\W\d_](?:\.? ?[^\W\d_])?\.?"
)


@lru_cache(maxsize=20_000)
def is_initialed(text: str) -> bool:
    """Whether it is a family name with initials: J. de Vries, Miller, K."""
    match = _INITIALED.fullmatch(text)
    if _IN_CAPITALS.fullmatch(text):
        return True
    return (
        match is not None
        and shapes.is_titled(text)
        and not shapes.is_company(text)
        and (
            is_family(match["first"] or match["last"])
            or (match["last"] is not None and is_given(match["last"]))  # Rasmus K.
        )
    )


_SLASHED: Final = re.compile(r"[^\W\d_][\w' -]*/[^\W\d_][\w' -]*")


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
    given, family = _lists()
    several = parts(text)
    return bool(several) and all(
        len(part) == 1
        or part in given
        or part in family
        or part in _PARTICLES
        or part in words.HONORIFICS
        for part in several
    )


@lru_cache(maxsize=20_000)
def is_login_of_given_name(text: str) -> bool:
    """Whether it is a login that only a person has: jane.miller, jane84."""
    match = _OF_GIVEN_NAME.fullmatch(text)
    return match is not None and (match["first"] or match["name"]) in _lists().given


_OF_GIVEN_NAME: Final = re.compile(
    r"(?P<first>[a-z]{3,})[._][a-z]{3,}[0-9]{0,4}|(?P<name>[a-z]{4,})[0-9]{1,4}"
)


@lru_cache(maxsize=20_000)
def is_login_of_name(text: str) -> bool:
    """Whether it is a login that is made of a name: jmiller, millerj, j.miller, jane.miller."""
    core = text.rsplit("\\", 1)[-1].partition("@")[0]
    if not re.fullmatch(r"[A-Za-z]+([._-][A-Za-z]+){0,2}[0-9]{0,4}", core):
        return False
    given, family = _lists()
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
