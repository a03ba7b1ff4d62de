"""Types: which reading of a column's text holds for every value. Pure.

A reading is a SQL condition that says "this text is an integer", "… a date written day first".
The profile counts for each reading the values that it does not fit; here it is decided what
follows. Readings are strict: what looks like a number but would lose something as one (leading
zeros, a plus sign) does not fit, and stays text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from first_light.inference.values import Cast, Leaf

CLEAR_NULLS = (
    "",
    "NULL",
    "null",
    "Null",
    r"\N",
    "N/A",
    "n/a",
    "#N/A",
    "<NA>",
    "(null)",
    "<null>",
    "NaN",
) + ("nan", "#NULL!", "-", "--", "?", ".")
"""Words that mean "no value" wherever they stand."""

DOUBTFUL_NULLS = ("NA", "na", "None", "none", "NONE", "nil", "Nil")
"""Words that mean "no value" among numbers, and elsewhere only when other columns say so."""

NULL_WORDS = CLEAR_NULLS + DOUBTFUL_NULLS

SIGNS = ("$", "€", "£", "¥", "%")

_INT = "(0|[1-9][0-9]*)"
_ISO_TIME = "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"
_ISO_STAMP = f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ]{_ISO_TIME}"
_MONTHS = "[A-Za-z]{3,9}"


def _grouped(separator: str, point: str) -> Callable[[str], str]:
    """Numbers whose digits may stand in groups of three; 0,123 is no group but a fraction."""
    return _full(f"-?(0|[1-9][0-9]{{0,2}}({separator}[0-9]{{3}})*)({point}[0-9]+)?")


def _full(pattern: str) -> Callable[[str], str]:
    return lambda x: f"regexp_full_match({x}, '{pattern}')"


def _cast(pattern: str, kind: str) -> Callable[[str], str]:
    return lambda x: (
        f"(regexp_full_match({x}, '{pattern}') and try_cast({x} as {kind}) is not null)"
    )


def _strptime(pattern: str, form: str) -> Callable[[str], str]:
    return lambda x: (
        f"(regexp_full_match({x}, '{pattern}') and try_strptime({x}, '{form}') is not null)"
    )


def _within(words: str) -> Callable[[str], str]:
    return lambda x: f"(lower({x}) in ({words}))"


@dataclass(frozen=True)
class Reading:
    """One way to read text: its name, the cast without details, and the condition in SQL."""

    name: str
    cast: Cast
    holds: Callable[[str], str]

    @property
    def family(self) -> str:
        """Which of `LOOKS` half of the values must have for the reading to be worth a try."""
        if self.cast.kind == "boolean":
            return "word"
        for start, family in _FAMILIES.items():
            if self.name.startswith(start):
                return family
        return "number"


_FAMILIES = {
    "iso": "iso", "ymd": "year", "dmy": "day", "mdy": "day", "either": "day", "short": "day",
    "d-b": "month", "d b": "month", "d B": "month", "b d": "month", "B d": "month",
}  # fmt: skip

LOOKS: Mapping[str, Callable[[str], str]] = {
    "word": lambda x: f"length({x}) <= 5",
    "number": _full("[^A-Za-z/:]*[0-9][^A-Za-df-z/:]*"),
    "iso": _full("[0-9]{4}-[0-9]{2}-[0-9]{2}.*"),
    "year": _full("[0-9]{4}[/.][0-9]{1,2}[/.][0-9].*"),
    "day": _full("[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9].*"),
    "month": _full("([0-9]{1,2}[- ])?[A-Za-z]{3,9}[- ].*"),
}
"""What text looks like at a glance: SQL conditions that spare most columns most readings."""


def _readings() -> dict[str, Reading]:
    text = Cast("text", "varchar")
    number = Cast("decimal", "")
    found = [
        Reading("true_false", Cast("boolean", "boolean"), _within("'true', 'false'")),
        Reading("yes_no", Cast("boolean", "boolean"), _within("'yes', 'no'")),
        Reading("y_n", Cast("boolean", "boolean"), _within("'y', 'n'")),
        Reading("t_f", Cast("boolean", "boolean"), _within("'t', 'f'")),
        Reading("integer", Cast("integer", ""), _full(f"-?{_INT}")),
        Reading("whole", Cast("integer", "", "whole"), _full(f"-?{_INT}([.]0)?")),
        Reading("decimal", number, _full(f"-?({_INT}([.][0-9]+)?|[.][0-9]+)")),
        Reading(
            "double",
            Cast("double", "double"),
            _cast(f"-?({_INT}([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?", "double"),
        ),
        Reading("grouped_comma", replace(number, drop=(",",)), _grouped(",", "[.]")),
        Reading("grouped_dot", replace(number, drop=(".",), comma=True), _grouped("[.]", ",")),
        Reading("comma", replace(number, comma=True), _full(f"-?{_INT}(,[0-9]+)?")),
    ]
    for name, sign in {"space": " ", "nbsp": "\u00a0", "thin": "\u202f", "quote": "''"}.items():
        plain = replace(number, drop=(sign[0],))
        found.append(Reading(f"grouped_{name}", plain, _grouped(sign, "[.]")))
        comma = replace(plain, comma=True)
        found.append(Reading(f"grouped_{name}_comma", comma, _grouped(sign, ",")))
    date, stamp = Cast("date", "date"), Cast("timestamp", "timestamp")
    found += [
        Reading("iso_date", date, _cast("[0-9]{4}-[0-9]{2}-[0-9]{2}", "date")),
        Reading("iso_stamp", stamp, _cast(f"{_ISO_STAMP})?", "timestamp")),
        Reading("iso_utc", stamp, _cast(f"{_ISO_STAMP}(Z|[+]00(:?00)?))", "timestamp")),
        Reading(
            "iso_offset",
            replace(stamp, form="utc"),
            _cast(f"{_ISO_STAMP}(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?))", "timestamp with time zone"),
        ),
        Reading("compact", replace(date, form="%Y%m%d"), _strptime("(19|20)[0-9]{6}", "%Y%m%d")),
        Reading(
            "either_order",
            text,
            _full("[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}( [0-9]{1,2}:[0-9]{2}.*)?"),
        ),
        Reading("short_year", text, _full("[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}")),
    ]
    clocks = {
        "": ("", ""),
        "_hm": (" [0-9]{1,2}:[0-9]{2}", " %H:%M"),
        "_hms": (" [0-9]{1,2}:[0-9]{2}:[0-9]{2}", " %H:%M:%S"),
        "_hmp": (" [0-9]{1,2}:[0-9]{2} [AaPp][Mm]", " %I:%M %p"),
        "_hmsp": (" [0-9]{1,2}:[0-9]{2}:[0-9]{2} [AaPp][Mm]", " %I:%M:%S %p"),
    }
    for clock, (digits, form) in clocks.items():
        cast = stamp if clock else date
        for sep in "/.-":
            short = f"[0-9]{{1,2}}[{sep}][0-9]{{1,2}}[{sep}][0-9]{{4}}{digits}"
            for order in ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y"):
                full = order.format(sep) + form
                name = ("dmy" if order[1] == "d" else "mdy") + sep + clock
                found.append(Reading(name, replace(cast, form=full), _strptime(short, full)))
        for sep in "/.":
            full = f"%Y{sep}%m{sep}%d{form}"
            long = f"[0-9]{{4}}[{sep}][0-9]{{1,2}}[{sep}][0-9]{{1,2}}{digits}"
            found.append(
                Reading(f"ymd{sep}{clock}", replace(cast, form=full), _strptime(long, full))
            )
    for name, pattern, form in (
        ("d-b-y", f"[0-9]{{1,2}}-{_MONTHS}-[0-9]{{4}}", "%d-%b-%Y"),
        ("d b y", f"[0-9]{{1,2}} {_MONTHS} [0-9]{{4}}", "%d %b %Y"),
        ("d B y", f"[0-9]{{1,2}} {_MONTHS} [0-9]{{4}}", "%d %B %Y"),
        ("b d, y", f"{_MONTHS} [0-9]{{1,2}}, [0-9]{{4}}", "%b %d, %Y"),
        ("B d, y", f"{_MONTHS} [0-9]{{1,2}}, [0-9]{{4}}", "%B %d, %Y"),
    ):
        found.append(Reading(name, replace(date, form=form), _strptime(pattern, form)))
    return {reading.name: reading for reading in found}


READINGS: Mapping[str, Reading] = _readings()

_TEXT_NAMES = re.compile(
    r"(^|_)(zip|zipcode|postal|postcode|post_code|plz|phone|telephone|tel|fax|mobile|ean|isbn|iban|"
    r"account|card|ssn|vat|tax|barcode|gtin|upc)(_|$)"
)
_TEXT_EXCEPTIONS = re.compile(r"(^|_)(amount|rate|total|value|sum|count|cost|price|percent)(_|$)")
_DATE_NAMES = re.compile(r"(^|_)(date|day|dt|datum|on|ymd|yyyymmdd)(_|$)")
_MONEY_NAMES = re.compile(
    r"(^|_)(price|amount|amt|total|subtotal|cost|fee|fees|tax|paid|payment|revenue|sales|balance|"
    r"discount|refund|salary|wage|budget|fare|tip|tolls|charge|charges|credit|debit|net|gross|"
    r"margin|profit|money|usd|eur|gbp|chf)(_|$)"
)


_CENTS_NAMES = re.compile(r"(^|_)(price|amount|amt|cost|fee|fare|salary|revenue|subtotal|refund)$")


@dataclass(frozen=True)
class Sight:
    """What the profile saw of a raw text column.

    Attributes:
        values: its different values without the words for "no value"; a part of them when long.
        null_words: words for "no value" that occur.
        misfits: for each reading the number of different values that it does not fit.
        complete: whether `misfits` and `null_words` speak of all rows, or of a part of them.
        padded: whether some value has white space around it.
        sign: a sign such as `€` or `%` that every value carries; it was taken off before reading.
    """

    values: int
    examples: tuple[str, ...]
    null_words: tuple[str, ...]
    misfits: Mapping[str, int]
    complete: bool
    padded: bool = False
    sign: str = ""


@dataclass(frozen=True)
class Decided:
    """A cast, or the doubt that kept a column text."""

    cast: Cast
    reading: str = ""
    doubt: str = ""


def likely(sight: Sight, name: str, pii: str | None) -> Decided:
    """The reading that fits all the values seen, best first; text when none does.

    Personal text stays text, dates of birth apart: its stand-ins in the sample are of the same
    shape, which is not enough to be a number or a time.

    Whether a number is whole, how wide it is and how many decimals it has isn't said yet: the cast
    of a number has an empty type until `sized`.
    """
    fits = {reading for reading, misses in sight.misfits.items() if misses == 0}
    text = Decided(Cast("text", "varchar", trim=sight.padded))
    if sight.values == 0:
        return text
    if pii:
        fits &= _dates() if pii == "birth_date" else set()
    if "integer" in fits and "compact" in fits and _DATE_NAMES.search(name):
        return as_read(sight, "compact")
    if "integer" in fits or "whole" in fits:
        if _TEXT_NAMES.search(name) and not _TEXT_EXCEPTIONS.search(name):
            return text
        return as_read(sight, "integer" if "integer" in fits else "whole")
    if fits & {"true_false", "yes_no"}:
        return as_read(sight, "true_false" if "true_false" in fits else "yes_no")
    for reading in ("y_n", "t_f"):
        # one letter alone may stand for anything
        if reading in fits and sight.values >= 2:
            return as_read(sight, reading)
    for reading in ("iso_date", "iso_utc", "iso_offset", "iso_stamp", "decimal", "double"):
        if reading in fits:
            return as_read(sight, reading)
    if "grouped_comma" in fits and "comma" in fits:
        return replace(
            text, doubt="1,234 may be a thousand or a number with three decimals: kept as text"
        )
    if "comma" in fits:
        return as_read(sight, "comma")
    grouped = sorted(reading for reading in fits if reading.startswith("grouped_"))
    if grouped:
        return as_read(sight, grouped[0])
    if "short_year" in fits:
        return replace(text, doubt="dates with two digits for the year: kept as text")
    dates = sorted(r for r in fits if r[:3] in {"dmy", "mdy", "ymd"} or " " in r or "-b-" in r)
    if any(r[:3] == "dmy" for r in dates) and any(r[:3] == "mdy" for r in dates):
        return replace(text, doubt="day and month can't be told apart in these dates: kept as text")
    if dates:
        return as_read(sight, dates[0])
    if "either_order" in fits:
        return replace(
            text, doubt="dates, some with the day first and some with the month first: kept as text"
        )
    return text if pii else replace(text, doubt=_near(sight))


def corrected(sight: Sight, reading: str, wrong: Sequence[str]) -> Sight:
    """`sight` after all rows were read, with some values that don't fit the reading after all."""
    words = tuple(sorted({value.strip() for value in wrong} & set(NULL_WORDS)))
    others = [value for value in wrong if value.strip() not in NULL_WORDS]
    padded = sight.padded or any(value != value.strip(" ") for value in wrong)
    if not others:
        words = tuple(sorted({*words, *sight.null_words}))
        return replace(sight, null_words=words, padded=padded)
    if padded and not sight.padded:
        return replace(sight, padded=True)
    misfits = {**sight.misfits, reading: max(sight.misfits.get(reading, 0), len(others))}
    return replace(sight, misfits=misfits, examples=tuple(others[:1]))


def open_readings(sight: Sight, decided: Decided) -> list[str]:
    """The readings that other rows may still speak against: the decided one, or all in doubt."""
    if decided.reading:
        return [decided.reading]
    if not decided.doubt:
        return []
    return [r for r, misses in sight.misfits.items() if not misses]


def as_read(sight: Sight, reading: str) -> Decided:
    """The decision for a reading, with what the column's look adds to it."""
    cast = READINGS[reading].cast
    drop = cast.drop + ((sight.sign,) if sight.sign else ())
    notes = []
    if sight.sign:
        notes.append(f"{sight.sign} taken off")
    if reading in {"iso_utc", "iso_offset"}:
        notes.append("UTC")
    if cast.form.startswith("%"):
        notes.append(f"written as {cast.form}")
    cast = replace(
        cast,
        null_words=sight.null_words,
        trim=sight.padded or bool(sight.sign),
        drop=drop,
        note=", ".join(notes),
    )
    return Decided(cast, reading)


def _dates() -> set[str]:
    return {name for name, reading in READINGS.items() if reading.cast.kind == "date"}


def nearest(misfits: Mapping[str, int], values: int) -> str:
    """The reading that fits all but few of at least four values; empty when none or all fit."""
    best = min(misfits, key=lambda reading: (misfits[reading], reading), default="")
    near = best and values >= 4 and 0 < misfits[best] * 20 <= values
    return best if near else ""


def _near(sight: Sight) -> str:
    """Why a column of nearly only numbers or dates stays text; empty when it plainly is text."""
    best = nearest(sight.misfits, sight.values)
    if not best or READINGS[best].cast.kind == "text":
        return ""
    example = f", such as {sight.examples[0]!r}" if sight.examples else ""
    return f"nearly all values read as {READINGS[best].cast.kind}, not all{example}: kept as text"


def text_nulls(
    words: Iterable[str], elsewhere: Iterable[str], shapes: Sequence[str]
) -> tuple[tuple[str, ...], str]:
    """Which words of a text column mean "no value", and the doubt that is left.

    Args:
        words: candidates that occur in the column.
        elsewhere: words that certainly mean it in number and date columns of the same files.
        shapes: shapes of the column's other values (capitals as A …); empty when there are many.
    """
    sure = [w for w in words if w in CLEAR_NULLS]
    doubt = ""
    for word in words:
        if word in CLEAR_NULLS:
            continue
        shape = re.sub("[a-z]", "a", re.sub("[A-Z]", "A", word))
        if word in elsewhere and tuple(shapes) != (shape,):
            sure.append(word)
        else:
            doubt = f"{word!r} may be a value or a word for none: kept as a value"
    return tuple(sure), doubt


@dataclass(frozen=True)
class Size:
    """How large the numbers of a column are: digits before the point, decimals, both at most.

    Attributes:
        least_decimals: decimals of the value that has fewest.
        largest: the largest absolute value, as a float.
    """

    digits: int
    decimals: int
    least_decimals: int
    largest: float


def sized(cast: Cast, size: Size, name: str) -> Cast:
    """The cast of a number with its SQL type.

    Decimals get a fixed scale when every value is written with the same one, or when the name says
    money; other fractions become double, so that a later value is never cut. Amounts get cents even
    where all are whole so far: a cast to integer would round the first that isn't.
    """
    if cast.kind == "integer" and _CENTS_NAMES.search(name) and size.digits <= 16:
        return replace(cast, kind="decimal", type="decimal(18, 2)")
    if cast.kind == "integer" or (cast.kind == "decimal" and size.decimals == 0):
        if size.largest <= 500_000_000:
            return replace(cast, kind="integer", type="integer")
        if size.largest <= 4_000_000_000_000_000_000:
            return replace(cast, kind="integer", type="bigint")
        if size.digits <= (37 if cast.form == "whole" else 38):
            return replace(cast, kind="decimal", type="decimal(38, 0)")
        return Cast("text", "varchar", null_words=cast.null_words, trim=cast.trim)
    if cast.kind != "decimal":
        return cast
    money = _MONEY_NAMES.search(name) is not None and size.decimals <= 4
    fixed = size.decimals == size.least_decimals and size.decimals <= 6
    if money or fixed or cast.drop or cast.comma:
        scale = max(size.decimals, 2) if money else size.decimals
        if size.digits + scale <= 18:
            return replace(cast, type=f"decimal(18, {scale})")
        if size.digits + scale <= 38:
            return replace(cast, type=f"decimal(38, {scale})")
    return replace(cast, kind="double", type="double")


def raw_shape(cast: Cast) -> str:
    """The regular expression for `Cast.shape`: the one way of writing numbers that the cast reads.

    Empty where text written another way is refused by the cast itself.
    """
    signs = "".join(sign for sign in cast.drop if sign in SIGNS)
    separator = next((sign for sign in cast.drop if sign not in SIGNS), "")
    if cast.kind == "text" or not (cast.comma or separator == ","):
        return ""
    whole = f"[1-9][0-9]{{0,2}}([{separator}][0-9]{{3}})+|{_INT}" if separator else _INT
    around = f"[{signs} ]*" if signs else " *" if cast.trim else ""
    number = f"{around}-?{around}({whole})({',' if cast.comma else '[.]'}[0-9]+)?{around}"
    words = ("".join(_literal(sign) for sign in word) for word in cast.null_words)
    padding = " *" if cast.trim else ""
    return f"^({'|'.join((number, *(f'{padding}{word}{padding}' for word in words)))})$"


def _literal(sign: str) -> str:
    return sign if sign.isalnum() else "\\\\" if sign == "\\" else f"[{sign}]"


_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_PLAIN: Mapping[str, Cast] = {
    "VARCHAR": Cast("text", "varchar"),
    "BOOLEAN": Cast("boolean", "boolean"),
    "TINYINT": Cast("integer", "integer"),
    "SMALLINT": Cast("integer", "integer"),
    "INTEGER": Cast("integer", "integer"),
    "UTINYINT": Cast("integer", "integer"),
    "USMALLINT": Cast("integer", "integer"),
    "UINTEGER": Cast("integer", "bigint"),
    "BIGINT": Cast("integer", "bigint"),
    "UBIGINT": Cast("decimal", "decimal(38, 0)"),
    "HUGEINT": Cast("decimal", "decimal(38, 0)"),
    "FLOAT": Cast("double", "double"),
    "DOUBLE": Cast("double", "double"),
    "DATE": Cast("date", "date"),
    "TIMESTAMP": Cast("timestamp", "timestamp"),
    "TIMESTAMP_S": Cast("timestamp", "timestamp"),
    "TIMESTAMP_MS": Cast("timestamp", "timestamp"),
    "TIMESTAMP_NS": Cast("timestamp", "timestamp"),
    "TIMESTAMP WITH TIME ZONE": Cast("timestamp", "timestamp", "utc", note="UTC"),
    "TIME": Cast("time", "time"),
    "UUID": Cast("text", "varchar"),
    "JSON": Cast("text", "varchar"),
    "UHUGEINT": Cast("text", "varchar"),
    "BIT": Cast("text", "varchar"),
    "INTERVAL": Cast("text", "varchar"),
    "BLOB": Cast("other", "blob"),
}


def typed(leaf: Leaf) -> Cast:
    """The cast of a raw column that has a type already (JSON, Parquet); lists become JSON text."""
    decimal = _DECIMAL.fullmatch(leaf.type)
    if decimal:
        return Cast("decimal", f"decimal({decimal[1]}, {decimal[2]})")
    if leaf.type.startswith("ENUM"):
        return Cast("text", "varchar")
    nested = leaf.type.endswith("]") or leaf.type.startswith(("STRUCT", "MAP", "UNION"))
    if nested or leaf.type not in _PLAIN:
        return Cast("text", "varchar", "json", note="kept as JSON text")
    return _PLAIN[leaf.type]


def money(name: str) -> bool:
    """Whether a name says that a fraction is an amount of money."""
    return _MONEY_NAMES.search(name) is not None
