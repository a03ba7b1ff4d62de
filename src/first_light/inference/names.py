"""Names: from what a file calls a column to its name in a model, and what a name tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from first_light.project.source_table import without_system
from first_light.utils.snake_case import snake_case

LONGEST = 60
"""Characters a drafted column name has at most; longer ones are cut."""


_SIGNS = str.maketrans({"%": " percent ", "&": " and "})
_IDENTITY = re.compile(
    r"(^|_)(id|key|code|uuid|guid|no|nr|num|number|sku|ref|ean|isbn|iata|icao|numero|codigo)$"
    r"|[a-z]{3}(nr|nummer)$|[a-z]{3}(?<!hoc)(?<!joc)(?<!mon)(?<!tur)(?<!don)(?<!his)key$|^(id|num|numero|nr|no|code|cod|codigo)_[a-z_]+$"
)
_NUMBER_OF = ("nr", "nummer", "key")
"""Endings that German and Dutch, and short names, join to a noun."""
_WITHOUT_MEANING = frozenset({"id", "key", "code", "no", "nr", "number", "num", "uuid", "guid"})


def snake(text: str, fallback: str) -> str:
    """`text` as a lower-case name of ASCII letters, digits and single underscores.

    Words that are written in mixed case stay whole: `MwSt` is `mwst`, `GmbHName` is `gmbh_name`.
    `fallback` is used when nothing of `text` is left. A name that would begin with a digit gets
    `column_` in front. At most `LONGEST` characters. Reserved words are not handled here.
    """
    plain = snake_case(text.translate(_SIGNS))
    if plain and plain[0].isdigit():
        plain = f"column_{plain}"
    return plain[:LONGEST].strip("_") or fallback


def column_names(raw: Sequence[Sequence[str]]) -> list[str]:
    """A name for each column (a path: the column, then the fields inside it), all different.

    By these names keys and references are sought; what a model calls them is decided afterwards,
    see `model_names`. Names that fall together are numbered from 2 in their order.
    """
    names: list[str] = []
    taken: set[str] = set()
    for position, path in enumerate(raw, start=1):
        name = distinct(snake(" ".join(path), f"column_{position}"), taken)
        taken.add(name)
        names.append(name)
    return names


def distinct(name: str, taken: Iterable[str]) -> str:
    """`name`, or the first of `name_2`, `name_3` … that isn't taken."""
    used = set(taken)
    candidate, number = name, 1
    while candidate in used:
        number += 1
        candidate = f"{name[: LONGEST - 5].strip('_')}_{number}"
    return candidate


_IRREGULAR = {
    "people": "person", "children": "child", "men": "man", "mice": "mouse", "geese": "goose",
    "feet": "foot", "teeth": "tooth", "indices": "index", "matrices": "matrix", "quizzes": "quiz",
    "vertices": "vertex", "appendices": "appendix", "criteria": "criterion", "lives": "life",
    "phenomena": "phenomenon", "wives": "wife", "knives": "knife", "shelves": "shelf",
    "halves": "half", "leaves": "leaf", "wolves": "wolf", "thieves": "thief", "loaves": "loaf",
    "axes": "axis", "bases": "base", "oases": "oasis", "crises": "crisis", "theses": "thesis",
    "diagnoses": "diagnosis", "prognoses": "prognosis", "synopses": "synopsis", "movies": "movie",
    "cookies": "cookie", "calories": "calorie", "ties": "tie", "pies": "pie", "zombies": "zombie",
    "selfies": "selfie", "caches": "cache", "headaches": "headache", "shoes": "shoe",
    "toes": "toe", "canoes": "canoe", "gases": "gas", "buses": "bus",
    "lenses": "lens", "aliases": "alias", "biases": "bias", "canvases": "canvas", "uses": "use",
    "atlases": "atlas",
}  # fmt: skip
_COMPOUND = re.compile(r"people$|children$|(?<=wo)men$|(?<=sales)men$|(?<=work)men$")
_UNCHANGED = frozenset({
    "series", "species", "news", "status", "address", "access", "process", "business",
    "analysis", "basis", "axis", "bias", "alias", "atlas", "canvas", "campus", "corpus",
    "census", "bonus", "lens", "gas", "bus", "sms", "dbms", "mathematics", "physics",
    "economics", "logistics", "analytics", "headquarters", "premises", "goods",
})  # fmt: skip


def singular(name: str) -> str:
    """The English singular of a table's name, by its last word; the name itself when in doubt.

    The system of the table is left out.
    """
    head, _, word = without_system(name).rpartition("_")
    one = _singular(word)
    return f"{head}_{one}" if head else one


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _UNCHANGED or len(word) < 4:
        return word
    if compound := _COMPOUND.search(word):
        return word[: compound.start()] + _IRREGULAR[compound[0]]
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word
    if word.endswith(("sses", "shes", "ches", "xes", "zzes", "oes")):
        return word[:-2]
    if word.endswith("yses"):
        return word[:-2] + "is"
    if word.endswith("uses") and not word.endswith(("ouses", "auses")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def words(name: str) -> str:
    """A name as words: `time_hour` is `Time hour`."""
    return capital(plain(name))


def plain(name: str) -> str:
    """A name as words in small letters: `order_line` is `order line`."""
    return " ".join(name.split("_")).replace("  ", " ").strip()


def capital(text: str) -> str:
    """A text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def identifies(name: str) -> bool:
    """Whether a name says that a column identifies something: `id`, `order_no`, `iso_code`."""
    return _IDENTITY.search(name) is not None


def is_own_key(name: str, table: str) -> bool:
    """Whether a name says "the key of this table": `id`, or for orders `order_id`, `orders_key`."""
    if name in {"id", "uuid", "guid", "key", "code"}:
        return True
    stems = {without_system(table), singular(table)}
    return name in stems or any(
        name in {*(f"{stem}_{s}" for s in _WITHOUT_MEANING), f"id_{stem}"}
        or name in {f"{stem}{end}" for end in _NUMBER_OF}
        for stem in stems
    )


def names_reference(child: str, parent: str, parent_table: str) -> bool:
    """Whether a column's name says that it refers to `parent` of `parent_table`.

    It does when both have the same telling name (`carrier`, `customer_id`), or when the child is
    named after the parent's table: `customer_id`, `billing_customer_id`, `customer_code`, or plain
    `customer`, for `customers.id`. A bare `id` or `number` says nothing.
    """
    if child == parent and child not in _WITHOUT_MEANING:
        return True
    bare = parent in _WITHOUT_MEANING
    suffix = parent.rsplit("_", 1)[-1]
    for stem in (singular(parent_table), without_system(parent_table)):
        own = bare or parent in {f"{stem}_{word}" for word in _WITHOUT_MEANING}
        if own and (child in {stem, f"{stem}_{suffix}"} or child.endswith(f"_{stem}_{suffix}")):
            return True
    return not bare and child.endswith(f"_{parent}")


_PLACE_IN_TIME = re.compile(
    r"(^|_)(year|yr|month|day|date|week|weekday|quarter|hour|minute|period|season|jahr|monat|tag|"
    r"woche|quartal|annee|mois|jour|semaine|ano|anio|mes|dia|semana|jaar|maand|dag)$"
)


def is_place_in_time(name: str) -> bool:
    """Whether a name says that numbers are years, months, days or hours, which refer to nothing."""
    return _PLACE_IN_TIME.search(name) is not None


def names_table(child: str, parent_table: str) -> bool:
    """Whether a column has the name of one row of another table: `abo`, or `abo_id`, for `abos`."""
    stem = singular(parent_table)
    return child == stem or any(child == f"{stem}_{word}" for word in _WITHOUT_MEANING)


_PEOPLE = frozenset({"user", "customer", "client", "member", "account", "person", "contact"})


def names_same_people(child: str, parent: str, parent_table: str) -> bool:
    """Whether a column names people and the table holds people of another name.

    `user_id` may refer to `customers.id`. Whether a table `users` is there as well isn't asked.
    """
    head, _, tail = child.rpartition("_")
    table = singular(parent_table)
    return (
        tail in _WITHOUT_MEANING
        and head in _PEOPLE
        and table in _PEOPLE
        and head != table
        and is_own_key(parent, parent_table)
    )


_ROLES = re.compile(
    r"^(manager|parent|supervisor|boss|superior|lead|reports_to|referred_by|referrer|predecessor|"
    r"previous|successor|next|original|root|replaces|replaced_by|mentor|sponsor|head|vorgesetzter?|"
    r"chef|chefin|jefe|jefa|responsable|chefe|capo|leder|przelozony|padre|superieur|leidinggevende)"
    r"(_[a-z]+)?(_(id|key|code|no|nr|number|uuid))?$"
)


def names_self_reference(child: str) -> bool:
    """Whether a column's name says that it refers to another row of its own table: `manager_id`."""
    return _ROLES.match(child) is not None


def role(child: str) -> str:
    """A reference without its key word: `billing_customer_id` is `billing_customer`."""
    head, _, tail = child.rpartition("_")
    return head if head and tail in _WITHOUT_MEANING else child
