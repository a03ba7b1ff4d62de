"""Where the files of a repository hold values of people, and what a message says of it.

What git has or would take is searched, but for what the template wrote and what names the owners.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from first_light.privacy import repository_values as search
from first_light.privacy.kinds import ADDRESS, PERSON
from first_light.privacy.repository_values import RealValue, RealValues
from first_light.project import managed, settings
from first_light.project.example import example_tables
from first_light.project.managed_list import digest
from first_light.project.product import Product

STEP: Final = "personal values in files"

_LARGEST_FILE = 20_000_000
_SHOWN = 20
_KEYS_SHOWN = 5
_KEY_DIGITS = 8
_BY_CHANCE = 0.2  # of the lines of a file of the sample: fewer towns have the name of somebody
_LOCKS = ("uv.lock", "package-lock.yml")
_OWNERS = ("CODEOWNERS", ".copier-answers.yml")
_INVENTED = "example/"  # makes raw of the example: its people are written there


@dataclass(frozen=True)
class PersonalPlace:
    """Where a value is.

    Attributes:
        path: the file.
        line: from 1; 0 for the file's name.
        value: what is there.
        name: the path for a message, without the values in it.
    """

    path: str
    line: int
    value: RealValue
    name: str

    @property
    def shown(self) -> str:
        """The place for a message, without the value."""
        return f"{self.name}:{self.line}" if self.line else f"the name {self.name}"

    @property
    def key(self) -> str:
        """The key of the setting that accepts this value, of this column, in this file.

        It holds some digits of a hash of all three. Whoever reads the file can tell the value, and
        nobody else can tell that it is the one of another file.
        """
        texts = (self.path, self.value.column, self.value.text.strip().lower())
        digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
        return f"{self.name} {self.value.column} {digest[:_KEY_DIGITS]}"

    @property
    def is_single_word(self) -> bool:
        """Whether it may be a word like others, such as a colour that is somebody's name."""
        return self.value.reach == search.LITERAL


@dataclass(frozen=True)
class PersonalPlaces:
    """What a search found.

    Attributes:
        refused: where a value is that nobody has accepted.
        accepted: the keys of the setting that accept a value, each once.
    """

    refused: tuple[PersonalPlace, ...]
    accepted: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """The number of accepted values, if there are some."""
        count = len(self.accepted)
        return (f"{count} accepted value{'s' * (count != 1)}",) if count else ()

    @property
    def unused(self) -> tuple[str, ...]:
        """The keys that accept nothing any more."""
        keys = settings.current().accepted_personal_values
        return tuple(key for key in keys if key not in self.accepted)


def contents_of(product: Product) -> dict[str, str]:
    """The text of every file that git has or would take, except what the template wrote.

    Of one that is no text, or too large, it is empty: its name counts.
    """
    return dict(_contents(product))


def words_in(contents: Mapping[str, str]) -> frozenset[str]:
    """All words of these texts and names, and the empty one."""
    texts = (*contents.values(), *contents)
    return frozenset({""}.union(*(search.words_of(text) for text in texts)))


def personal_places(
    product: Product,
    contents: Mapping[str, str],
    values: Iterable[RealValue],
    owners: Iterable[str],
) -> PersonalPlaces:
    """Where the texts hold one of the values, apart from those that the team has accepted.

    Args:
        product: its answers name the team.
        contents: text by path.
        values: what to look for.
        owners: names and addresses that are in files on purpose.
    """
    given = {*owners, *(str(value) for value in product.answers.values())}
    known = {text.strip().lower() for text in given}
    wanted = RealValues(value for value in values if value.text.strip().lower() not in known)
    named = list(_named(contents, wanted))
    names = _without_values(named)
    places = _without_namesakes(list(_places(contents, wanted, names)), contents)
    places += [PersonalPlace(path, 0, value, names[path]) for path, value in named]
    keys = settings.current().accepted_personal_values
    return PersonalPlaces(
        tuple(place for place in places if place.key not in keys),
        tuple(dict.fromkeys(place.key for place in places if place.key in keys)),
    )


def lines_of(places: Sequence[PersonalPlace]) -> str:
    """The first places, one a line, without their values."""
    lines = [
        f"{place.shown}: a value of {place.value.column} ({place.value.kind})"
        for place in places[:_SHOWN]
    ]
    if (more := len(places) - _SHOWN) > 0:
        lines.append(f"and {more} more")
    return "\n".join(lines)


def advice_on(places: Sequence[PersonalPlace]) -> list[str]:
    """How these files are corrected, a line each."""
    paths = {place.path for place in places if place.line}
    advice = ["Files must hold no value of a column that is marked as personal."]
    if any(path.startswith("sample/") for path in paths):
        advice.append("in sample/:  uv run dataops sample")
    if any(not path.startswith("sample/") for path in paths):
        advice.append("elsewhere:   write an invented value instead")
    if any(not place.line for place in places):
        advice.append(
            "in a name:   git mv; in the history: uvx git-filter-repo --path-rename OLD:NEW"
        )
    return advice


def acceptance_of(places: Iterable[PersonalPlace]) -> list[str]:
    """How values of nobody are accepted, a line each. For a terminal: records hold no hash."""
    keys = dict.fromkeys(place.key for place in places)
    lines = [f'  {json.dumps(key, ensure_ascii=False)} = "REASON"' for key in keys][:_KEYS_SHOWN]
    if (more := len(keys) - _KEYS_SHOWN) > 0:
        lines.append(f"  and {more} more, which are shown once these are accepted")
    return [
        "A value that says nothing about a person, such as your own address, is accepted with a",
        "reason in pyproject.toml, under [tool.dataops.accepted-personal-values]:",
        *lines,
    ]


def _contents(product: Product) -> Iterator[tuple[str, str]]:
    """The text of every file that git has or would take, except what the template wrote."""
    written = managed.manifest(product.root) or {}
    invented = _INVENTED if example_tables(product) else "\0"
    listed = product.git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in sorted(set(filter(None, listed.split("\0")))):
        path = product.root / name
        if Path(name).name in (*_LOCKS, *_OWNERS) or name.startswith(invented):
            continue
        is_file = path.is_file() and not path.is_symlink()
        content = path.read_bytes() if is_file and path.stat().st_size <= _LARGEST_FILE else b""
        if written.get(name) != digest(content):
            yield name, "" if b"\0" in content else content.decode("utf-8", errors="replace")


def _places(
    contents: Mapping[str, str], values: RealValues, names: Mapping[str, str]
) -> Iterator[PersonalPlace]:
    for path, text in contents.items():
        for number, line in enumerate(text.splitlines(), start=1):
            for value in values.find(line):
                yield PersonalPlace(path, number, value, names.get(path, path))


def _named(contents: Iterable[str], values: RealValues) -> Iterator[tuple[str, RealValue]]:
    """Paths with a distinctive value; a single word is in many."""
    for path in contents:
        for value in values.find(path):
            if value.reach == search.ANYWHERE:
                yield path, value


def _without_values(named: Iterable[tuple[str, RealValue]]) -> dict[str, str]:
    """Paths as messages show them: a value in one is left out."""
    names: dict[str, str] = {}
    for path, value in named:
        hidden = re.compile(re.escape(value.text.strip()), re.IGNORECASE)
        names[path] = hidden.sub("…", names.get(path, path))
    return names


def _without_namesakes(
    places: Sequence[PersonalPlace], contents: Mapping[str, str]
) -> list[PersonalPlace]:
    """Leave out single names and addresses in files of the sample, where few lines have one.

    Some towns and firms are called like somebody, and some firms are where somebody lives. A column
    of persons that nobody has marked has
    such a name in most lines. Settings of editors and pipelines hold words, but no data.
    """
    lines = {place.path: contents[place.path].splitlines() for place in places}
    places = [p for p in places if not (p.path.startswith(".") and _is_single_name(p))]
    doubtful = [p for p in places if _may_be_namesake(p, lines[p.path][p.line - 1])]
    numbers: dict[str, set[int]] = {}
    for place in doubtful:
        numbers.setdefault(place.path, set()).add(place.line)
    by_chance = {
        path for path, some in numbers.items() if len(some) < _BY_CHANCE * len(lines[path])
    }
    left_out = {id(place) for place in doubtful if place.path in by_chance}
    return [place for place in places if id(place) not in left_out]


def _may_be_namesake(place: PersonalPlace, line: str) -> bool:
    if not place.path.startswith("sample/"):
        return False
    is_address = place.value.kind == ADDRESS and search.is_cell(line, place.value.text.strip())
    return is_address or _is_single_name(place)


def _is_single_name(place: PersonalPlace) -> bool:
    return place.value.kind == PERSON and place.is_single_word
