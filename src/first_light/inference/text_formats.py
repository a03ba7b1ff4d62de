"""The ways in which text columns write numbers, dates, times and booleans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from first_light.inference.marks import CURRENCY_CODES, SYMBOLS
from first_light.inference.values import Cast
from first_light.utils import null_words

CLEAR_NULLS = ("", *null_words.CERTAIN, *null_words.UNLIKELY_VALUES)
"""Words that mean "no value" in every column."""


ZERO_DATES = ("0000-00-00", "0000-00-00 00:00:00", "00.00.0000", "00/00/0000")
"""What databases write for a date that was never set; among dates it means "no value"."""


NULL_WORDS = CLEAR_NULLS + null_words.DOUBTFUL + ZERO_DATES
SIGNS = (*SYMBOLS, *CURRENCY_CODES)
"""Signs that every number of a column may carry once."""

SIGN_PATTERN = f"[{''.join(SYMBOLS)}]|{'|'.join(CURRENCY_CODES)}"
INTEGER_PATTERN = "(0|[1-9][0-9]*)"
_ISO_TIME = "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"
_ISO_STAMP = f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ]{_ISO_TIME}"
_MONTHS = "[A-Za-z]{3,9}"


NEGATIVES: Mapping[str, tuple[str, str]] = {
    "brackets": ("^ *[(] *([^()]*[^() ]) *[)] *$", r"-\1"),
    "trailing": ("^ *([^-]*[^- ]) *- *$", r"-\1"),
    "dash": ("^ *[\u2212\u2013] *([^ ].*)$", r"-\1"),
    "plus": ("^ *[+] *([^ +].*)$", r"\1"),
    "trailing_plus": ("^ *([^+]*[^+ ]) *[+] *$", r"\1"),
}
"""Regular expressions of signed numbers that have no minus in front, and what to put there."""


def with_minus(value: str, negatives: Iterable[str]) -> str:
    """SQL for a number with its minus in front, and no plus."""
    for name in negatives:
        pattern, plain = NEGATIVES[name]
        value = f"regexp_replace({value}, '{pattern}', '{plain}')"
    return value


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


def _named_zone(stamp: Cast, zone: str) -> Reading:
    """Times that all end with a zone's name, which says what UTC says."""
    holds = _cast(f"{_ISO_STAMP} {zone})", "timestamp with time zone")
    return Reading(f"iso_{zone.lower()}_name", replace(stamp, drop=(f" {zone}",)), holds)


_FAMILIES = {
    "iso": "iso", "ymd": "year", "dmy": "day", "mdy": "day", "either": "day", "short": "day",
    "d-b": "month", "d b": "month", "d B": "month", "b d": "month", "B d": "month",
}  # fmt: skip

FAMILY_PATTERNS: Mapping[str, Callable[[str], str]] = {
    "word": lambda x: f"length({x}) <= 5",
    "number": lambda x: _full("[^A-Za-z/:]*[0-9][^A-DF-Za-df-z/:]*")(
        f"regexp_replace({x}, '{'|'.join(CURRENCY_CODES)}', '')"
    ),
    "iso": _full("[0-9]{4}-[0-9]{2}-[0-9]{2}.*"),
    "year": _full("[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9].*"),
    "day": _full("[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9].*"),
    "month": _full("([0-9]{1,2}[- ])?[A-Za-z]{3,9}[- ].*"),
}
"""SQL conditions that rule out most formats for most columns."""


def _readings() -> dict[str, Reading]:
    text = Cast("text", "varchar")
    number = Cast("decimal", "")
    readings = [
        Reading("true_false", Cast("boolean", "boolean"), _within("'true', 'false'")),
        Reading("yes_no", Cast("boolean", "boolean"), _within("'yes', 'no'")),
        Reading("y_n", Cast("boolean", "boolean"), _within("'y', 'n'")),
        Reading("t_f", Cast("boolean", "boolean"), _within("'t', 'f'")),
        Reading("integer", Cast("integer", ""), _full(f"-?{INTEGER_PATTERN}")),
        Reading("whole", Cast("integer", "", "whole"), _full(f"-?{INTEGER_PATTERN}([.]0)?")),
        Reading("decimal", number, _full(f"-?({INTEGER_PATTERN}([.][0-9]+)?|[.][0-9]+)")),
        Reading(
            "double",
            Cast("double", "double"),
            _cast(f"-?({INTEGER_PATTERN}([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?", "double"),
        ),
        Reading("grouped_comma", replace(number, drop=(",",)), _grouped(",", "[.]")),
        Reading("grouped_dot", replace(number, drop=(".",), comma=True), _grouped("[.]", ",")),
        Reading("comma", replace(number, comma=True), _full(f"-?{INTEGER_PATTERN}(,[0-9]+)?")),
    ]
    for name, sign in {
        "space": " ",
        "nbsp": "\u00a0",
        "thin": "\u202f",
        "quote": "''",
        "apostrophe": "\u2019",
    }.items():
        plain = replace(number, drop=(sign[0],))
        readings.append(Reading(f"grouped_{name}", plain, _grouped(sign, "[.]")))
        comma = replace(plain, comma=True)
        readings.append(Reading(f"grouped_{name}_comma", comma, _grouped(sign, ",")))
    date, stamp = Cast("date", "date"), Cast("timestamp", "timestamp")
    readings += [
        Reading("iso_date", date, _cast("[0-9]{4}-[0-9]{2}-[0-9]{2}", "date")),
        Reading("iso_stamp", stamp, _cast(f"{_ISO_STAMP})?", "timestamp")),
        Reading("iso_utc", stamp, _cast(f"{_ISO_STAMP}(Z|[+]00(:?00)?))", "timestamp")),
        Reading(
            "iso_offset",
            replace(stamp, form="utc"),
            _cast(f"{_ISO_STAMP}(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?))", "timestamp with time zone"),
        ),
        *(_named_zone(stamp, zone) for zone in ("UTC", "GMT")),
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
                readings.append(Reading(name, replace(cast, form=full), _strptime(short, full)))
        for sep in "/.-":
            full = f"%Y{sep}%m{sep}%d{form}"
            long = f"[0-9]{{4}}[{sep}][0-9]{{1,2}}[{sep}][0-9]{{1,2}}{digits}"
            readings.append(
                Reading(f"ymd{sep}{clock}", replace(cast, form=full), _strptime(long, full))
            )
    for name, pattern, form in (
        ("d-b-y", f"[0-9]{{1,2}}-{_MONTHS}-[0-9]{{4}}", "%d-%b-%Y"),
        ("d b y", f"[0-9]{{1,2}} {_MONTHS} [0-9]{{4}}", "%d %b %Y"),
        ("d B y", f"[0-9]{{1,2}} {_MONTHS} [0-9]{{4}}", "%d %B %Y"),
        ("b d, y", f"{_MONTHS} [0-9]{{1,2}}, [0-9]{{4}}", "%b %d, %Y"),
        ("B d, y", f"{_MONTHS} [0-9]{{1,2}}, [0-9]{{4}}", "%B %d, %Y"),
    ):
        readings.append(Reading(name, replace(date, form=form), _strptime(pattern, form)))
    return {reading.name: reading for reading in readings}


READINGS: Mapping[str, Reading] = _readings()
