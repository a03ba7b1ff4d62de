"""Given and family names in many languages, from the lists of Faker and Mimesis.

Both lists have names that the other one has not: together they have a third more of those that
people have. They are read when the first column asks, which takes about a second.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from first_light.privacy.name_tokens import plain_letters
from first_light.privacy.vocabulary import words

PARTICLES: Final = words(
    "van von der den de di da del della do dos das la le el al bin ibn ben ter ten zu zum y e i of"
)
# Words of titles and labels that are names as well, somewhere: they prove no name.
_FUNCTION_WORDS: Final = words("""
    the an in on at to for from by with and or as is it no not new old my our all
    und oder mit im am auf an aus bei vom ein eine einer die das dem des nach neu alt
    le les la un une des du et en au aux sur sous pour par avec
    los las una un en con por para sin lo gli il della nel nella per una uno os as um uma em na no
    het een op met voor bij naar ook och og pa til med for en et den det i w na z do dla
""")
# Endings that only the family names of a language have, without accents: Slavic, Baltic, Romanian,
# Greek, Turkish, Georgian, German, Dutch, Scandinavian, and Gaelic beginnings.
_FAMILY_FORM: Final = re.compile(
    r"mc[a-z]{3,}|fitz[a-z]{4,}"
    r"|[a-z]{2,}(?:"
    r"[scz]k(?:i|a|y|iy|yi|yj|ij|aya)|[oe][wv]i(?:c|cz|ch|tz|cs|ciute)|czyk|[cs]zak|[nsw]iak"
    r"|[a-z]enko|[a-z](?:ch|cz|y|i)uk|[a-z]{2}[oe]va|auskas|iene|aite|escu|eanu|opoul(?:os|ou)"
    r"|[a-z]akis|[a-z]i?adis|[a-z]idis|oglu|[ou]vna|evna|kyzy|shvili|adze|sson|sdottir|sdatter|[kq]vist|gren"
    r"|mann|mei?er|mai?er|mayer|bauer|huber|hofer|lechner|schmidt|mueller|tz?ky|[a-z]{2}stra|inga)"
)
# How the name of a woman or of a family differs from the one in a list: Nowak(owa), Ivanov(a).
_FEMININE: Final = (("ska", "ski"), ("cka", "cki"), ("zka", "zki"), ("ska", "sky"), ("ova", ""),
                    ("ova", "ov"), ("eva", "ev"), ("ina", "in"), ("a", "y"), ("kova", "ek"),
                    ("cova", "ec"), ("aya", "y"))  # fmt: skip


_IDEOGRAPHS: Final = "\u3000"  # from here on, one sign is a name


class Lists(NamedTuple):
    """Words of names, in lower case and Latin letters without accents."""

    given: frozenset[str]
    family: frozenset[str]


@cache
def lists() -> Lists:
    """All names of all languages."""
    all_given: set[str] = set()
    all_family: set[str] = set()
    for is_given, names in (*_of_faker(), *_of_mimesis()):
        (all_given if is_given else all_family).update(names)
    return Lists(
        frozenset(_words_of(all_given) - _FUNCTION_WORDS),
        frozenset(_words_of(all_family) - PARTICLES - _FUNCTION_WORDS),
    )


def _words_of(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        if name.isascii() and name.isalpha():  # most are one word without accents
            found.add(name.lower())
        else:
            found.update(_parts(name))
    return {word for word in found if len(word) > 1 or word >= _IDEOGRAPHS}


def _of_faker() -> Iterator[tuple[bool, Iterable[str]]]:
    package = importlib.import_module("faker.providers.person")
    for module in pkgutil.iter_modules(package.__path__):
        provider = importlib.import_module(f"{package.__name__}.{module.name}").Provider
        for attribute in dir(provider):
            is_given = attribute.startswith(("first_name", "middle_name"))
            if is_given or attribute.startswith("last_name"):
                names = getattr(provider, attribute)
                if isinstance(names, Iterable):
                    yield is_given, map(str, names)


def _of_mimesis() -> Iterator[tuple[bool, Iterable[str]]]:
    for language in files("mimesis.datasets").iterdir():
        path = language.joinpath("person.json")
        if path.is_file():
            persons = json.loads(path.read_text(encoding="utf-8"))
            for key in ("names", "surnames"):
                yield key == "names", _flat(persons.get(key, ()))


def _flat(names: object) -> Iterator[str]:
    """The names of a list, or of the lists of each sex."""
    if isinstance(names, str):
        yield names
    elif isinstance(names, dict):
        for inner in names.values():
            yield from _flat(inner)
    elif isinstance(names, list):
        for inner in names:
            yield from _flat(inner)


@lru_cache(maxsize=20_000)
def parts(text: str) -> tuple[str, ...]:
    """The words of a name in the form of the lists: lower case, Latin letters without accents."""
    return _parts(text)


def _parts(text: str) -> tuple[str, ...]:
    text = plain_letters(re.sub("['’]", "", text.lower()))
    return tuple(re.findall(r"[^\W\d_]+", text))


@lru_cache(maxsize=20_000)
def is_family_word(word: str) -> bool:
    """Whether a word is a family name, in its form for men or women, or ends as only they do."""
    family = lists().family
    return (
        word in family
        or any(
            word.endswith(ending) and word[: -len(ending)] + base in family
            for ending, base in _FEMININE
            if len(word) > len(ending) + 2
        )
        or _FAMILY_FORM.fullmatch(word) is not None
    )
