"""The labelled corpus: tables whose types, keys, references and personal columns are known.

Tables are described in `corpus/known.yml` and `corpus/held_out.yml`, one make a column, and their
rows are made here, the same ones each time. `measured` drafts them and counts what was found.
Those in `*_personal.yml` are about personal columns only: `marked` looks at their values.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import random
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from stdnum import luhn
from stdnum.iso7064 import mod_11_10

from first_light.inference import Drafted, Drafts, draft_tables
from first_light.inference.names import snake
from first_light.inference.personal import kinds as kinds_of_table
from first_light.inference.personal import spread
from first_light.inference.values import Leaf
from first_light.ingest import land
from first_light.privacy.detect import classify

CORPUS = Path(__file__).with_name("corpus")
PERSONAL = (
    "known_personal",
    "known_personal_2",
    "held_out_personal",
    "held_out_personal_2",
    "held_out_personal_3",
    "held_out_personal_4",
    "held_out_personal_5",
)
"""The files of which only personal columns are labelled."""
Row = dict[str, str]
Rows = dict[str, list[Row]]


@dataclass(frozen=True)
class Column:
    """One column: how its values are made, and what is true of it.

    Attributes:
        kind: kind of personal data; empty when it is not personal.
        is_open: whether people would disagree, so that it does not count.
    """

    name: str
    make: str
    arguments: tuple[str, ...]
    kind: str
    is_open: bool


@dataclass(frozen=True)
class Table:
    """One table of a product.

    Attributes:
        key: the columns that identify a row; empty where none do.
        unique: other columns that are meant to be different in each row.
        is_open: whether people would disagree about the key.
    """

    product: str
    name: str
    rows: int
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    unique: tuple[str, ...] = ()
    is_open: bool = False


@cache
def tables(file: str) -> tuple[Table, ...]:
    """The tables of `known` or `held_out`."""
    loaded = yaml.safe_load((CORPUS / f"{file}.yml").read_text(encoding="utf-8"))
    return tuple(
        Table(
            product,
            name,
            described["rows"],
            () if described.get("key") == "open" else tuple(described.get("key", ())),
            tuple(_column(column, make) for column, make in described["columns"].items()),
            tuple(described.get("unique", ())),
            described.get("key") == "open",
        )
        for product, in_product in loaded.items()
        for name, described in in_product.items()
    )


def _column(name: str, text: str) -> Column:
    words = text.split()
    kind = next((word[1:] for word in words if word.startswith("!")), "")
    make, *arguments = [word for word in words if word != "~" and not word.startswith("!")]
    return Column(name, make, tuple(arguments), kind, "~" in words)


@cache
def _values() -> Mapping[str, Sequence[Any]]:
    loaded: Mapping[str, Sequence[Any]] = yaml.safe_load(
        (CORPUS / "values.yml").read_text(encoding="utf-8")
    )
    return loaded


def rows_of(product: Sequence[Table]) -> Rows:
    """The rows of all tables of a product; a table is described after those that it refers to."""
    made: Rows = {}
    for table in product:
        chance = random.Random(f"{table.product}.{table.name}")
        rows: list[Row] = [{} for _ in range(table.rows)]
        for column in table.columns:
            for number, row in enumerate(rows):
                row[column.name] = _value(column, number, row, rows[:number], made, chance)
        made[table.name] = rows
    return made


def _value(
    column: Column, number: int, row: Row, before: list[Row], made: Rows, chance: random.Random
) -> str:
    make, arguments = column.make, column.arguments
    if make in {"ref", "other", "pair_ref"}:
        parent, key = arguments[-1].rsplit(".", 1)
        values = [other[key] for other in made[parent]]
        if make == "pair_ref":  # as many rows for each parent
            return values[number % len(values)]
        if make == "other":  # not one that the same partner has already
            partner = row[arguments[0]]
            taken = {r[column.name] for r in before if r[arguments[0]] == partner}
            values = [value for value in values if value not in taken]
        return chance.choice(values)
    if make == "self":
        return before[chance.randrange(number)][arguments[0]] if number else ""
    if make == "pair":
        some = _values().get(arguments[0])
        if some:
            return str(some[number % len(some)])
        return arguments[0].replace("999", f"{number % int(arguments[1]) + 1:03d}")
    if make == "combo":
        return _combined(column, number, row, before, chance)
    return _MAKES[make](arguments, number, chance)


def _combined(
    column: Column, number: int, row: Row, before: list[Row], chance: random.Random
) -> str:
    """A value that makes rows different together with other columns."""
    *partners, how = column.arguments
    if partners == ["2000"]:
        return str(2000 + number)
    names = partners[0].split("+")
    same = [r for r in before if all(r[name] == row[name] for name in names)]
    if how == "count":
        return str(len(same) + 1)
    if how == "count2000":
        return str(2000 + len(same))
    if how == "hour":
        return str(dt.datetime(2024, 3, 1) + dt.timedelta(hours=len(same)))
    taken = {r[column.name] for r in same}
    return next(v for v in iter(lambda: _pattern(how, chance), "") if v not in taken)


_ALPHABETS = {"9": "0123456789", "A": "ABCDEFGHKLMNPRSTUVWXYZ", "a": "abcdefghklmnoprstuw"}


def _pattern(pattern: str, chance: random.Random) -> str:
    """Text of a pattern: 9 is a digit, A and a are letters; other signs stay."""
    return "".join(
        chance.choice(_ALPHABETS[sign]) if sign in _ALPHABETS and not fixed else sign
        for sign, fixed in _signs(pattern)
    )


def _signs(pattern: str) -> Iterator[tuple[str, bool]]:
    """Signs of a pattern; words of it that are no pattern (INV, JAF, SUP) stay."""
    for part in re.split(r"(INV|JAF|SUP|GG|SN|ST|(?<![A-Z])[SDB](?=9))", pattern):
        is_fixed = re.fullmatch("INV|JAF|SUP|GG|SN|ST|[SDB]", part) is not None
        yield from ((sign, is_fixed) for sign in part)


def _unique_pattern(arguments: Sequence[str], number: int, chance: random.Random) -> str:
    """Another text of the pattern for each number, as far as the pattern has room."""
    signs = list(_signs(" ".join(arguments)))
    open_signs = [_ALPHABETS[sign] for sign, fixed in signs if sign in _ALPHABETS and not fixed]
    step = number * 1_000_003 + 4_711  # a prime: no remainder repeats
    texts = []
    for alphabet in open_signs:
        step, place = divmod(step, len(alphabet))
        texts.append(alphabet[place])
    following = iter(texts)
    return "".join(
        next(following) if sign in _ALPHABETS and not fixed else sign for sign, fixed in signs
    )


def _listed(name: str) -> Callable[[Sequence[str], int, random.Random], str]:
    return lambda _, number, chance: str(chance.choice(_values()[name]))


def _day(chance: random.Random, first: int, last: int) -> dt.date:
    start = dt.date(first, 1, 1)
    return start + dt.timedelta(days=chance.randrange((dt.date(last, 12, 31) - start).days))


def _money(chance: random.Random) -> str:
    return f"{chance.lognormvariate(4, 1):.2f}"


def _login(given: str, family: str) -> Callable[[Sequence[str], int, random.Random], str]:
    def make(_: Sequence[str], number: int, chance: random.Random) -> str:
        plain = re.sub("[^a-z]", "", snake(chance.choice(_values()[family]), "x"))
        first = re.sub("[^a-z]", "", snake(chance.choice(_values()[given]), "x"))
        return f"{first[0]}{plain}" + (str(number) if chance.random() < 0.3 else "")

    return make


def _full(given: str, family: str) -> Callable[[Sequence[str], int, random.Random], str]:
    return lambda _, number, chance: (
        f"{chance.choice(_values()[given])} {chance.choice(_values()[family])}"
    )


def _plain(text: str) -> str:
    return re.sub("[^a-z]", "", snake(text, "x"))


def _email(given: str, family: str) -> Callable[[Sequence[str], int, random.Random], str]:
    return lambda _, number, chance: (
        f"{_plain(chance.choice(_values()[given]))}."
        f"{_plain(chance.choice(_values()[family]))}{number}@mail.example.com"
    )


def _prose(parts: str) -> Callable[[Sequence[str], int, random.Random], str]:
    return lambda _, number, chance: (
        ", ".join(chance.sample(_values()[parts], 2)).capitalize() + f" ({number})."
    )


def _street(ends: str) -> Callable[[Sequence[str], int, random.Random], str]:
    return lambda _, number, chance: (
        f"{chance.randrange(1, 900)} {chance.choice(_values()[ends])}"
        if ends.startswith("street")
        else f"{chance.choice(_values()[ends])} {chance.randrange(1, 200)}"
    )


def _iban(_: Sequence[str], number: int, chance: random.Random) -> str:
    account = f"{chance.randrange(10**17, 10**18)}"
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02d}{account}"


def _dni(_: Sequence[str], number: int, chance: random.Random) -> str:
    digits = chance.randrange(10**7, 10**8)
    return f"{digits}{'TRWAGMYFPDXBNJZSQVHLCKE'[digits % 23]}"


def _fill(arguments: Sequence[str], number: int, chance: random.Random) -> str:
    """Text with holes; `_` is a space.

    `<given_3>` is a value of that list (`:plain`: small letters only, `:upper`: capitals), `<#99>`
    a pattern, `<%d.%m.%Y>` a day of birth, `<+%d.%m.%Y>` one of a child, `<@%d.%m.%Y>` a recent
    day.
    """

    def hole(match: re.Match[str]) -> str:
        name, _, form = match.group(1).partition(":")
        if name.startswith("#"):
            return _pattern(name[1:], chance)
        if "%" in name:
            years = {"@": (2022, 2025), "+": (2006, 2016)}.get(name[0], (1945, 2006))
            return f"{_day(chance, *years):{name.lstrip('@+')}}"
        text = str(chance.choice(_values()[name]))
        if form == "plain":
            return _plain(text)
        return (text.upper() if form == "upper" else text).replace(" ", "_")

    text = re.sub("<(.+?)>", hole, arguments[0].replace('"', ""))
    return text.replace("_", " ")


def _valid(arguments: Sequence[str], number: int, chance: random.Random) -> str:
    """A filled text that is a valid number to a module of stdnum: `valid pt.nif 2<#99999999>`."""
    module = import_module(f"stdnum.{arguments[0]}")
    while not module.is_valid(text := _fill(arguments[1:], number, chance)):
        pass
    return text


def _checked(length: int, weights: Sequence[int], modulus: int) -> Any:
    """Digits whose weighted sum has no remainder, as of national numbers."""

    def make(_: Sequence[str], number: int, chance: random.Random) -> str:
        while True:
            digits = [chance.randrange(10) for _ in range(length)]
            if sum(w * d for w, d in zip(weights, digits, strict=True)) % modulus == 0:
                return "".join(map(str, digits))

    return make


def _luhn(first: str, length: int) -> Callable[[Sequence[str], int, random.Random], str]:
    def make(_: Sequence[str], number: int, chance: random.Random) -> str:
        digits = first + _pattern("9" * (length - len(first) - 1), chance)
        return digits + luhn.calc_check_digit(digits)

    return make


def _personnummer(_: Sequence[str], number: int, chance: random.Random) -> str:
    digits = f"{_day(chance, 1960, 2004):%y%m%d}{_pattern('999', chance)}"
    return f"{digits[:6]}-{digits[6:]}{luhn.calc_check_digit(digits)}"


def _cpf(_: Sequence[str], number: int, chance: random.Random) -> str:
    digits = [chance.randrange(10) for _ in range(9)]
    for length in (10, 11):
        total = sum((length - place) * digit for place, digit in enumerate(digits))
        digits.append(total * 10 % 11 % 10)
    text = "".join(map(str, digits))
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"


def _steuer_id(_: Sequence[str], number: int, chance: random.Random) -> str:
    digits = [chance.randrange(1, 10), *(chance.randrange(10) for _ in range(9))]
    text = "".join(map(str, digits))
    return text + mod_11_10.calc_check_digit(text)


def _named_file(given: str, family: str) -> Callable[[Sequence[str], int, random.Random], str]:
    return lambda _, number, chance: (
        chance.choice(["cv", "contract", "scan", "letter"])
        + (
            f"_{_plain(chance.choice(_values()[given]))}_{_plain(chance.choice(_values()[family]))}"
            f"_{number}.pdf"
        )
    )


def _either(*patterns: str) -> Callable[[Sequence[str], int, random.Random], str]:
    return lambda _, number, chance: _pattern(chance.choice(patterns), chance)


_MAKES: Mapping[str, Callable[[Sequence[str], int, random.Random], str]] = {
    "serial": lambda a, n, c: str(int(a[0] if a else 1) + n),
    "code": _unique_pattern,
    "some": lambda a, n, c: _pattern(" ".join(a), c),
    "guid": lambda a, n, c: str(uuid.UUID(int=c.getrandbits(128), version=4)),
    "hash": lambda a, n, c: hashlib.sha256(c.randbytes(8)).hexdigest(),
    "int": lambda a, n, c: str(c.randint(int(a[0]), int(a[1]))),
    "float": lambda a, n, c: f"{c.uniform(float(a[0]), float(a[1])):.3f}",
    "money": lambda a, n, c: _money(c),
    "comma": lambda a, n, c: _money(c).replace(".", ","),
    "bool": lambda a, n, c: c.choice(["true", "false"]),
    "words": lambda a, n, c: a[n] if len(a) >= 12 else c.choice(a),
    "date": lambda a, n, c: str(_day(c, 2022, 2024)),
    "days": lambda a, n, c: str(dt.date(2023, 1, 1) + dt.timedelta(days=n)),
    "birth": lambda a, n, c: str(_day(c, 1940, 2004)),
    "german_birth": lambda a, n, c: f"{_day(c, 1940, 2014):%d.%m.%Y}",
    "german_date": lambda a, n, c: f"{_day(c, 2022, 2024):%d.%m.%Y}",
    "stamp": lambda a, n, c: f"{_day(c, 2023, 2024)} {c.randrange(24):02}:{c.randrange(60):02}:07",
    "ip": lambda a, n, c: f"{c.randrange(60, 220)}.{c.randrange(256)}.{c.randrange(256)}.7",
    "ip_2": lambda a, n, c: f"2001:db8:{c.randrange(16**4):x}::{c.randrange(1, 16**4):x}",
    "phone": _either("+49 999 9999999", "(999) 999-9999", "099-9999999", "+33 9 99 99 99 99"),
    "phone_2": _either("+31 9 99999999", "099 9999 9999", "999-999-9999", "0099 999 99 99"),
    "postcode": _either("99999", "AA9 9AA", "9999 AA"),
    "plate": _either("B-AA 999", "M-AA 9999", "AA-999-AA", "9AAA999"),
    "plate_2": _either("HH-AA 9999", "AA99 AAA", "9999 AAA", "AA-99-99"),
    "vin": _either("WVWAAA9KA9A999999", "1FTAA9A99AA999999"),
    "version": _either("9.9.9", "9.99.9"),
    "icd": _either("A99.9", "A99"),
    "image_tag": lambda a, n, c: f"registry/app:{c.randrange(9)}.{c.randrange(30)}",
    "lat": lambda a, n, c: f"{c.uniform(35, 60):.5f}",
    "lng": lambda a, n, c: f"{c.uniform(-9, 25):.5f}",
    "latlng": lambda a, n, c: f"{c.uniform(35, 60):.5f}, {c.uniform(-9, 25):.5f}",
    "geojson": lambda a, n, c: (
        f'{{"type": "Point", "coordinates": [{c.uniform(-9, 25):.4f}, {c.uniform(35, 60):.4f}]}}'
    ),
    "birth_uk": lambda a, n, c: f"{_day(c, 1940, 2014):%d/%m/%Y}",
    "birth_us": lambda a, n, c: f"{_day(c, 1940, 2004):%m/%d/%Y}",
    "ipv4": lambda a, n, c: ".".join(str(c.randrange(1, 255)) for _ in range(4)),
    "mac": lambda a, n, c: ":".join(f"{c.randrange(256):02X}" for _ in range(6)),
    "imei": _luhn("35", 15),
    "card": _luhn("4", 16),
    "bsn": _checked(9, (9, 8, 7, 6, 5, 4, 3, 2, -1), 11),
    "pesel": _checked(11, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10),
    "personnummer": _personnummer,
    "cpf": _cpf,
    "steuer_id": _steuer_id,
    "list": lambda a, n, c: str(c.choice(_values()[a[0]])),
    "fill": _fill,
    "valid": _valid,
    "iban": _iban,
    "dni": _dni,
    "login": _login("given", "family"),
    "login_2": _login("given_2", "family_2"),
    "full": _full("given", "family"),
    "full_2": _full("given_2", "family_2"),
    "email": _email("given", "family"),
    "email_2": _email("given_2", "family_2"),
    "prose": _prose("prose_parts"),
    "prose_2": _prose("prose_parts_2"),
    "street": _street("street_end"),
    "strasse": _street("strasse_end"),
    "strasse_2": _street("strasse_end_2"),
    "calle": _street("calle_start"),
    "named_file": _named_file("given", "family"),
    "named_file_2": _named_file("given_2", "family_2"),
    "profile_url": lambda a, n, c: (
        f"https://social.example.com/in/{_plain(c.choice(_values()['given']))}-"
        f"{_plain(c.choice(_values()['family']))}-{n}"
    ),
    "image_url": lambda a, n, c: f"https://cdn.example.com/img/{c.randrange(9999)}.jpg",
    "image_url_2": lambda a, n, c: f"https://static.example.org/p/{c.randrange(9999)}_large.png",
    "page_url": lambda a, n, c: f"https://www.example.com/offers/{c.randrange(90)}",
    "page_url_2": lambda a, n, c: f"/products/{c.randrange(90)}?ref=mail",
    "homepage": lambda a, n, c: f"http://www.shop{c.randrange(99)}.example.com",
    "homepage_2": lambda a, n, c: f"https://firm{c.randrange(99)}.example.org/",
}
_MAKES = {**{name: _listed(name) for name in _values()}, **_MAKES}


# ------------------------------------------------------------------------------- measuring


@dataclass
class Score:
    """How one kind of finding fares.

    Attributes:
        expected, found, right: how many there are, were drafted, and were drafted and are true.
        wrong, missed: which ones were drafted and are not true, and are true and not drafted.
    """

    expected: int = 0
    found: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, expected: set[str], found: set[str], indifferent: set[str] | None = None) -> None:
        found = found - (indifferent or set())
        self.expected += len(expected)
        self.found += len(found)
        self.right += len(expected & found)
        self.wrong += sorted(found - expected)
        self.missed += sorted(expected - found)

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.expected if self.expected else 1.0


KINDS = ("keys", "certain keys", "references", "certain references", "personal")


def measured(file: str, folder: Path) -> dict[str, Score]:
    """Lands and drafts every product of `known` or `held_out`; a score for each of `KINDS`.

    A certain key or reference is one whose test is drafted as an error. Of those only what is
    wrong counts: what is true may be drafted as a warning.
    """
    scores = {kind: Score() for kind in KINDS}
    for product in dict.fromkeys(table.product for table in tables(file)):
        some = [table for table in tables(file) if table.product == product]
        drafts = drafted(some, folder / product)
        _compare(some, drafts, scores)
    return scores


def marked(file: str) -> Score:
    """How the marks of personal columns fare, from the values alone and without drafting."""
    score = Score()
    for product in dict.fromkeys(table.product for table in tables(file)):
        some = [table for table in tables(file) if table.product == product]
        rows = rows_of(some)
        values = {
            table.name: {
                Leaf((c.name,), "varchar"): list(dict.fromkeys(r[c.name] for r in rows[table.name]))
                for c in table.columns
            }
            for table in some
        }
        found = {t.name: kinds_of_table(values[t.name], t.name, classify) for t in some}
        spread(found, values)
        for table in some:
            place = f"{product}.{table.name}"
            score.add(
                {f"{place}.{c.name}" for c in table.columns if c.kind},
                {f"{place}.{leaf.path[0]}" for leaf, kind in found[table.name].items() if kind},
                {f"{place}.{c.name}" for c in table.columns if c.is_open},
            )
    return score


def drafted(product: Sequence[Table], folder: Path) -> Drafts:
    """The drafts of a product's tables, from CSV files in `folder`."""
    inbox, raw = folder / "inbox", folder / "raw"
    inbox.mkdir(parents=True)
    for name, rows in rows_of(product).items():
        with (inbox / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return draft_tables(land(inbox, raw), (), raw, "team", classify)


def _name(table: str) -> str:
    return snake(table, table).removeprefix("raw_")


def _compare(product: Sequence[Table], drafts: Drafts, scores: dict[str, Score]) -> None:
    found = {table.name: table for table in drafts.tables}
    model_name = _name
    place = {
        (table.name, column.name): f"{model_name(table.name)}.{snake(column.name, 'x')}"
        for table in product
        for column in table.columns
    }
    label = product[0].product
    for table in product:
        name = model_name(table.name)
        summary = found[name]
        raw_names = [snake(column.name, "x") for column in table.columns]
        unique = {f"{label}.{name}({', '.join(table.key)})"} if table.key else set()
        key = {f"{label}.{name}({', '.join(sorted_as(summary.key, raw_names))})"}
        if not table.is_open:
            scores["keys"].add(unique, key if summary.key else set())
        certain = {", ".join(sorted_as(c, raw_names)) for c in _certain(drafts, summary)}
        true = {", ".join(table.key), *table.unique} & certain
        scores["certain keys"].add(
            {f"{label}.{name}({c})" for c in true}, {f"{label}.{name}({c})" for c in certain}
        )
        personal = {place[table.name, c.name] for c in table.columns if c.kind}
        scores["personal"].add(
            {f"{label}.{p}" for p in personal},
            {f"{label}.{name}.{column}" for column in summary.personal},
            {f"{label}.{place[table.name, c.name]}" for c in table.columns if c.is_open},
        )
        expected = set()
        for column in table.columns:
            if column.make in {"ref", "other", "pair_ref"}:
                parent, parent_key = column.arguments[-1].rsplit(".", 1)
                expected.add(
                    f"{label}.{place[table.name, column.name]} → {place[parent, parent_key]}"
                )
            if column.make == "self":
                mine = place[table.name, column.arguments[0]]
                expected.add(f"{label}.{place[table.name, column.name]} → {mine}")
        references = [r for r in summary.references if r.child == name]
        as_text = {r: f"{label}.{name}.{r.column} → {r.parent}.{r.key}" for r in references}
        scores["references"].add(expected, set(as_text.values()))
        errors = {text for r, text in as_text.items() if r.severity == "error"}
        scores["certain references"].add(expected & errors, errors)


def sorted_as(columns: Sequence[str], order: Sequence[str]) -> list[str]:
    return sorted(columns, key=lambda column: order.index(column) if column in order else 0)


def _certain(drafts: Drafts, table: Drafted) -> set[tuple[str, ...]]:
    """The columns whose combination is tested to be unique, as an error, as the files call them."""
    loaded = yaml.safe_load(drafts.files[f"models/staging/stg_{table.name}.yml"])
    in_file = {called: name for name, called in table.called.items()}
    (model,) = loaded["models"]
    certain: set[tuple[str, ...]] = set()
    for column, holder in [("", model), *((c["name"], c) for c in model["columns"])]:
        for test in holder.get("data_tests", []):
            name, body = (test, {}) if isinstance(test, str) else next(iter(test.items()))
            if body.get("config", {}).get("severity") == "warn":
                continue
            if name == "unique":
                certain.add((in_file[column],))
            elif name == "unique_combination_of_columns":
                several = body["arguments"]["combination_of_columns"]
                certain.add(tuple(in_file[name] for name in several))
    return certain
