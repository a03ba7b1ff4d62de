"""Types: which reading of a column's text holds for every value. Pure.

A reading is a SQL condition that says "this text is an integer", "… a date written day first".
The profile counts for each reading the values that it does not fit; here it is decided what
follows. Readings are strict: what looks like a number but would lose something as one (leading
zeros, a plus sign) does not fit, and stays text.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from first_light.inference import questions
from first_light.inference.text_formats import (
    CLEAR_NULLS,
    NULL_WORDS,
    READINGS,
    ZERO_DATES,
)
from first_light.inference.values import Cast, Leaf
from first_light.privacy.kinds import BIRTH_DATE, NUMERIC

_CODE_NAMES = re.compile(
    r"(^|_)(zip|zipcode|postal|postalcode|postcode|post_code|plz|phone|telephone|tel|fax|mobile|"
    r"ean|ean13|isbn|iban|account|ssn|barcode|gtin|upc|(phone|telephone|tel|fax|mobile|account|"
    r"card|tax|vat|postal|zip)_(id|no|nr|number|num|code))$"
)
"""Names that end in a code: with values of `_CODE_LENGTH` digits at least, they are no numbers."""

_CODE_LENGTH = 4
_VERSION_NAMES = re.compile(r"(^|_)(version|release|build|firmware)$")
_AMBIGUOUS = {
    ",": "1,234 may be a thousand or a number with three decimals: kept as text",
    ".": "1.234 may be a thousand or a number with three decimals: kept as text",
}


@dataclass(frozen=True)
class ColumnEvidence:
    """What the profile saw of a raw text column.

    Attributes:
        values: its different values without the words for "no value"; a part of them when long.
        null_words: words for "no value" that occur.
        misfits: for each reading the number of different values that it does not fit.
        complete: whether `misfits` and `null_words` speak of all rows, or of a part of them.
        padded: whether some value has white space around it.
        sign: a sign such as `€` or `%` that every value carries; it was taken off before reading.
        negatives: names of `text_formats.NEGATIVES`: how values below zero are written, where
            that is not by a minus in front; empty else.
        shortest: length of the shortest value in characters.
        marks: names of `marks.MARKS` with the number of different values that bear each.
    """

    values: int
    examples: tuple[str, ...]
    null_words: tuple[str, ...]
    misfits: Mapping[str, int]
    complete: bool
    padded: bool = False
    sign: str = ""
    negatives: tuple[str, ...] = ()
    shortest: int = 0
    marks: Mapping[str, int] = field(default_factory=dict)

    def bears(self, mark: str) -> bool:
        """Whether every value bears a mark."""
        return self.values > 0 and self.marks.get(mark, 0) == self.values


@dataclass(frozen=True)
class Decided:
    """A cast, and what is left open: why a column stays text, or what may be meant otherwise."""

    cast: Cast
    reading: str = ""
    doubt: str = ""


def likely(evidence: ColumnEvidence, name: str, pii: str | None, decimal_sign: str = "") -> Decided:
    """The reading that fits all the values seen, best first; text when none does.

    Personal text stays text, dates of birth, coordinates and pay apart: its stand-ins in the sample
    are of the same shape, which is not enough to be a number or a time.

    Whether a number is whole, how wide it is and how many decimals it has isn't said yet: the cast
    of a number has an empty type until `sized`.

    Args:
        decimal_sign: `.` or `,` where other columns of the same table prove it; else empty.
    """
    fits = {reading for reading, misses in evidence.misfits.items() if misses == 0}
    text = Decided(Cast("text", "varchar", trim=evidence.padded))
    if evidence.values == 0:
        return text
    if "plus" in evidence.negatives and not evidence.marks.get("minus"):
        fits -= _numbers() | {"whole"}  # +49 may be a code
    if pii:
        fits &= _dates() if pii == BIRTH_DATE else _numbers() if pii in NUMERIC else set()
    return (
        _whole(evidence, name, fits)
        or _flag(evidence, fits)
        or _plain(evidence, name, fits, decimal_sign)
        or _grouped(evidence, fits, decimal_sign)
        or _written_date(evidence, fits)
        or replace(text, doubt=_question(evidence, name, pii))
    )


def _text(evidence: ColumnEvidence, doubt: str = "") -> Decided:
    return Decided(Cast("text", "varchar", trim=evidence.padded), doubt=doubt)


def _whole(evidence: ColumnEvidence, name: str, fits: set[str]) -> Decided | None:
    """Whole numbers; codes of digits only, and numbers that stand for a time."""
    if "integer" in fits and "compact" in fits and questions.DATE_NAMES.search(name):
        return as_read(evidence, "compact")
    if not fits & {"integer", "whole"}:
        return None
    if _CODE_NAMES.search(name) and evidence.shortest >= _CODE_LENGTH:
        return _text(evidence, questions.about_code(evidence.marks, evidence.values, name))
    decided = as_read(evidence, "integer" if "integer" in fits else "whole")
    return replace(decided, doubt=questions.about_number(evidence.marks, evidence.values, name))


def _flag(evidence: ColumnEvidence, fits: set[str]) -> Decided | None:
    if fits & {"true_false", "yes_no"}:
        return as_read(evidence, "true_false" if "true_false" in fits else "yes_no")
    for reading in ("y_n", "t_f"):
        # one letter alone may stand for anything
        if reading in fits and evidence.values >= 2:
            return as_read(evidence, reading)
    return None


_ISO = ("iso_date", "iso_utc", "iso_offset", "iso_stamp", "iso_utc_name", "iso_gmt_name")


def _plain(
    evidence: ColumnEvidence, name: str, fits: set[str], decimal_sign: str
) -> Decided | None:
    """Dates and times of ISO 8601, and numbers with a decimal point."""
    for reading in _ISO:
        if reading in fits:
            return as_read(evidence, reading)
    if not fits & {"decimal", "double"}:
        return None
    if _VERSION_NAMES.search(name):
        return _text(evidence)
    question = questions.about_number(evidence.marks, evidence.values, name)
    if "decimal" in fits:
        if "grouped_dot" not in fits or decimal_sign == ".":
            return replace(as_read(evidence, "decimal"), doubt=question)
        if decimal_sign:
            return as_read(evidence, "grouped_dot")
        return _text(evidence, _AMBIGUOUS["."])
    if evidence.marks.get("spreadsheet_cut"):
        return _text(evidence, f"{questions.SPREADSHEET_CUT}: kept as text")
    if evidence.marks.get("bare_exponent") and not evidence.marks.get("clear_number"):
        return _text(evidence, "1E5 may be a code or a power of ten: kept as text")
    return replace(as_read(evidence, "double"), doubt=question)


def _grouped(evidence: ColumnEvidence, fits: set[str], decimal_sign: str) -> Decided | None:
    """Numbers with a decimal comma or with groups of thousands."""
    if "grouped_comma" in fits and "comma" in fits:
        if not decimal_sign:
            return _text(evidence, _AMBIGUOUS[","])
        return as_read(evidence, "comma" if decimal_sign == "," else "grouped_comma")
    if "comma" in fits:
        return as_read(evidence, "comma")
    grouped = sorted(reading for reading in fits if reading.startswith("grouped_"))
    return as_read(evidence, grouped[0]) if grouped else None


def _written_date(evidence: ColumnEvidence, fits: set[str]) -> Decided | None:
    """Dates in national order or with the name of the month."""
    if "short_year" in fits:
        return _text(evidence, "dates with two digits for the year: kept as text")
    dates = sorted(r for r in fits if r[:3] in {"dmy", "mdy", "ymd"} or " " in r or "-b-" in r)
    if any(r[:3] == "dmy" for r in dates) and any(r[:3] == "mdy" for r in dates):
        return _text(evidence, "day and month can't be told apart in these dates: kept as text")
    if dates:
        return as_read(evidence, dates[0])
    if "either_order" in fits:
        why = "dates, some with the day first and some with the month first: kept as text"
        if evidence.marks.get("fine_clock"):
            why = "dates with a time in parts of a second: kept as text"
        return _text(evidence, why)
    return None


def proven_decimal_sign(decided: Iterable[Decided]) -> str:
    """The decimal sign that the readings of a table's columns prove; empty when none or both."""
    signs = set()
    for column in decided:
        cast = column.cast
        if column.reading in {"decimal", "double"} or cast.drop[:1] == (",",):
            signs.add(".")
        elif cast.comma:
            signs.add(",")
    return signs.pop() if len(signs) == 1 else ""


def is_ambiguous(decided: Decided) -> bool:
    """Whether a column stays text only because its decimal sign is unknown."""
    return decided.doubt in _AMBIGUOUS.values()


def corrected(evidence: ColumnEvidence, reading: str, wrong: Sequence[str]) -> ColumnEvidence:
    """`evidence` after all rows were read, with some values that do not fit the reading."""
    words = tuple(sorted({value.strip() for value in wrong} & set(NULL_WORDS)))
    others = [value for value in wrong if value.strip() not in NULL_WORDS]
    padded = evidence.padded or any(value != value.strip(" ") for value in wrong)
    if not others:
        words = tuple(sorted({*words, *evidence.null_words}))
        return replace(evidence, null_words=words, padded=padded)
    if padded and not evidence.padded:
        return replace(evidence, padded=True)
    misfits = {**evidence.misfits, reading: max(evidence.misfits.get(reading, 0), len(others))}
    return replace(evidence, misfits=misfits, examples=tuple(others[:1]))


def open_readings(evidence: ColumnEvidence, decided: Decided) -> list[str]:
    """The readings that other rows may still speak against: the decided one, or all in doubt."""
    if decided.reading:
        return [decided.reading]
    if not decided.doubt:
        return []
    return [r for r, misses in evidence.misfits.items() if not misses]


def as_read(evidence: ColumnEvidence, reading: str) -> Decided:
    """The decision for a reading, with what the column's look adds to it."""
    cast = READINGS[reading].cast
    drop = cast.drop + ((evidence.sign,) if evidence.sign else ())
    notes = []
    if evidence.sign:
        notes.append(f"{evidence.sign} taken off")
    if reading in _ISO and reading not in {"iso_date", "iso_stamp"}:
        notes.append("UTC")
    if cast.form.startswith("%"):
        notes.append(f"written as {cast.form}")
    number = cast.kind in {"integer", "decimal", "double"}
    if evidence.negatives and number:
        notes.append("negative where in brackets or with a minus behind")
    cast = replace(
        cast,
        null_words=evidence.null_words,
        trim=evidence.padded or bool(evidence.sign) or bool(evidence.negatives and number),
        drop=drop,
        negatives=evidence.negatives if number else (),
        note=", ".join(notes),
    )
    zero = [word for word in evidence.null_words if word in ZERO_DATES]
    return Decided(cast, reading, f"{zero[0]} is read as no date" if zero else "")


def _dates() -> set[str]:
    return {name for name, reading in READINGS.items() if reading.cast.kind == "date"}


def _numbers() -> set[str]:
    """Readings of numbers, but for whole ones that are written with decimals: masks have others."""
    numbers = {"integer", "decimal", "double"}
    return {n for n, reading in READINGS.items() if reading.cast.kind in numbers} - {"whole"}


def nearest(misfits: Mapping[str, int], values: int) -> str:
    """The reading that fits most of at least four values, not all; empty when none does."""
    best = min(misfits, key=lambda reading: (misfits[reading], reading), default="")
    near = best and values >= 4 and 0 < misfits[best] * 4 <= values
    return best if near else ""


def _question(evidence: ColumnEvidence, name: str, pii: str | None) -> str:
    """Why a column that may be more than text stays text, without examples of personal ones."""
    if pii and pii != BIRTH_DATE and pii not in NUMERIC:
        return ""
    said = replace(evidence, examples=()) if pii else evidence
    return _near(said) or questions.about_text(evidence.marks, evidence.values, name)


def _near(evidence: ColumnEvidence) -> str:
    """Why a column of mostly numbers or dates stays text; empty when it plainly is text."""
    best = nearest(evidence.misfits, evidence.values)
    if not best or READINGS[best].cast.kind == "text":
        return ""
    example = f", such as {evidence.examples[0]!r}" if evidence.examples else ""
    share = "nearly all" if evidence.misfits[best] * 20 <= evidence.values else "most"
    kind = READINGS[best].cast.kind
    return f"{share} values read as {kind}, not all{example}: kept as text"


def text_nulls(
    words: Iterable[str],
    elsewhere: Iterable[str],
    shapes: Sequence[str],
    certain: Container[str] = (),
) -> tuple[tuple[str, ...], str]:
    """Which words of a text column mean "no value", and the doubt that is left.

    Args:
        words: candidates that occur in the column.
        elsewhere: words that certainly mean it in number and date columns of the same files.
        shapes: shapes of the column's other values (capitals as A …); empty when there are many.
        certain: words that mean it by what the columns hold in which they occur.
    """
    sure = [w for w in words if w in CLEAR_NULLS or w in certain]
    doubt = ""
    for word in words:
        if word in sure:
            continue
        shape = re.sub("[a-z]", "a", re.sub("[A-Z]", "A", word))
        if word in elsewhere and tuple(shapes) != (shape,):
            sure.append(word)
        else:
            doubt = f"{word!r} may be a value or a word for none: kept as a value"
    return tuple(sure), doubt


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
    "JSON": Cast("text", "varchar", "json", note="kept as JSON text"),
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
