"""Names of tables and of the files in raw. Pure: text in, text out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from first_light.utils.snake_case import snake_case

LONGEST = 50
_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_NAMED = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
# English, German, French, Spanish and Dutch, written out and shortened.
_MONTHS = (
    "january jan januar janvier janv enero ene januari",
    "february feb februar fevrier fev fevr febrero februari",
    "march mar maerz marz mrz mars marzo maart mrt",
    "april apr avril avr abril abr",
    "may mai mayo mei",
    "june jun juni juin junio",
    "july jul juli juillet juil julio",
    "august aug aout agosto ago augustus",
    "september sep sept septembre septiembre",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez decembre diciembre dic",
)
_MONTH_NUMBERS = {name: at for at, names in enumerate(_MONTHS, 1) for name in names.split()}
_PERIOD = re.compile(rf"q[1-4]|[1-4]q|h[12]|[12]h|fy(?:19|20)?\d\d|{_NAMED}\d\d")
_WEEKDAYS = frozenset({
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag",
})  # fmt: skip
_VERSION_MARK = re.compile(
    r"(?i)[ _.-]+(?:final|old|new|backup|bak|orig|original|latest|alt|neu|v\d{1,2})$"
)
_COPY_MARK = re.compile(
    r"(?i)^(?:copy|kopie|copie|copia|kopia) (?:of|von|de|van) "
    r"|(?:[ _-]+(?:copy|kopie|copie|copia|duplicate))?[ _]*"
    r"(?:\(\d{1,3}\)|\([^()]*(?:conflict|konflikt|conflit)[^()]*\))?$"
)
_DATE = (
    rf"(?:{_YEAR}(?:[-_. ]?{_MONTH}(?:[-_. ]?{_DAY})?|[-_. ]?Q[1-4]|[-_. ]?W\d\d|[-_. ]{_NAMED})?"
    rf"|\d{{1,2}}[-_.]\d{{1,2}}[-_.]{_YEAR}|{_NAMED}[-_. ]{_YEAR})"
)
_TIME = r"(?:[-_. T]?[0-2]\d[-_.:]?[0-5]\d(?:[-_.:]?[0-5]\d)?Z?)?"
_DATE_LAST = re.compile(
    rf"(?:^|(?<=[^0-9A-Za-z])|(?<=[A-Za-z])(?=\d{{6,}})){_DATE}{_TIME}$", re.IGNORECASE
)
_DATE_FIRST = re.compile(rf"^{_DATE}{_TIME}(?=[^0-9A-Za-z]|$)", re.IGNORECASE)
_EDGE = " -_.,()[]"
_SERIAL = re.compile(r"(?:(?<=[^0-9A-Za-z])|^)\(?\d{1,20}\)?$")
# Names that tools give to the pieces of a data set: the folder says what it is.
_PIECE = re.compile(r"\d+|(?:part|data|chunk|file|export|page|batch)[-_ ]?\d+(?:[-_].*)?", re.I)


def identifier(text: str, reserved: frozenset[str]) -> str:
    """A table name made of `text`: snake_case, never a reserved word, never a digit first."""
    name = snake_case(text)[:LONGEST].rstrip("_")
    if name in reserved:
        name += "_data"
    return f"t_{name}" if name[:1].isdigit() else name


def without_date(stem: str) -> str:
    """The stem without dates (and times) at its start or end; empty when it is only a date."""
    text, before = stem.strip(_EDGE), None
    while text != before:
        before = text
        for pattern in (_DATE_LAST, _DATE_FIRST):
            text = pattern.sub("", text, count=1).strip(_EDGE)
    return text


def without_serial(stem: str) -> str:
    """The stem without a number at its end: `orders (2)` and `orders_02` are `orders`."""
    text = stem.strip(" ")
    return _SERIAL.sub("", text).strip(_EDGE)


def without_copy_mark(stem: str) -> str:
    """The stem without what programs add to the name of a copy: `report (1)`, `Copy of report`."""
    return _COPY_MARK.sub("", stem.strip()).strip(" ") or stem


def without_layer(name: str, in_schema: bool = False) -> str:
    """A table's name without a word for where it lies: raw_orders and tbl_orders are orders.

    Args:
        in_schema: whether a `public` in front is the name of a schema.
    """
    words = "raw|src|tbl|dbo|stg" + ("|public" if in_schema else "")
    return re.sub(f"^(?:{words})_", "", name)


def without_version_mark(stem: str) -> str:
    """The stem without what people add to the name of a copy: `report_final`, `report_old`."""
    return _VERSION_MARK.sub("", without_copy_mark(stem)) or stem


def without_month(stem: str) -> tuple[str, int]:
    """The stem without the name of a month at its end or start, and the month; 0 without one."""
    words = snake_case(stem).split("_")
    for word, rest in ((words[-1], words[:-1]), (words[0], words[1:])):
        if month := _MONTH_NUMBERS.get(word):
            return "_".join(rest), month
    return stem, 0


def without_period(stem: str) -> tuple[str, str]:
    """The stem without a month, quarter, half or financial year, or weekday, and which one it is.

    The second part is empty without one: `sales_Q1` is `sales` and `q1`.
    """
    rest, month = without_month(stem)
    if month:
        return rest, f"{month:02d}"
    words = snake_case(stem).split("_")
    for word, others in ((words[-1], words[:-1]), (words[0], words[1:])):
        if _PERIOD.fullmatch(word) or word in _WEEKDAYS:
            return "_".join(others), word
    return stem, ""


def is_period(name: str) -> bool:
    """Whether a folder or a sheet is named after a date, a month or a year."""
    plain = name.strip()
    return any(map(str.isalnum, plain)) and (
        not without_date(plain) or (without_month(plain)[1] > 0 and not without_month(plain)[0])
    )


def period_of(folders: Sequence[str]) -> tuple[str, str]:
    """The first folder that is not named after a period, and the period that those below it name.

    Args:
        folders: the folders that hold a file, the nearest one first: `01`, `2024`, `orders` gives
            `orders` and `2024-01`.
    """
    parts: list[str] = []
    for at, folder in enumerate(folders):
        above = folders[at + 1] if at + 1 < len(folders) else ""
        is_part = re.fullmatch(r"\d{1,2}", folder) and (
            re.fullmatch(_YEAR, above) or re.fullmatch(r"\d{1,2}", above)
        )
        if not (is_part or is_period(folder)):
            return folder, "-".join(reversed(parts))
        month = without_month(folder)[1]
        parts.append(f"{month:02d}" if month and re.fullmatch(_YEAR, above) else folder)
    return "", "-".join(reversed(parts))


def with_period(stem: str, period: str) -> str:
    """A file's stem with the period that its folder names, unless it names one itself."""
    plain = without_date(stem)
    if not period or plain != stem.strip(_EDGE) or without_month(stem)[1] or is_piece(stem):
        return stem
    return f"{stem}_{period}"


def is_piece(stem: str) -> bool:
    """Whether the stem only numbers a piece, such as `part-0001` or `17`."""
    return bool(_PIECE.fullmatch(stem))


def is_generic_sheet(name: str) -> bool:
    """Whether a sheet has the name the spreadsheet program gave it, in any language."""
    return bool(re.fullmatch(r"[^\W\d_]+\s?\d{1,3}", name))


def file_name(stem: str, extension: str, gzipped: bool) -> str:
    """The name a file gets in raw: its own, without characters that are special in a glob or SQL.

    The extension is one per format, so that one pattern reads the whole folder.
    """
    safe = unicodedata.normalize("NFC", stem)
    safe = re.sub(r"[\x00-\x1f\x7f*?\[\]{}'\"\\/:<>|%$=]+", "_", safe).strip().lstrip(".")
    while len(safe.encode()) > 200:
        safe = safe[:-1]
    return f"{safe or 'file'}.{extension}{'.gz' if gzipped else ''}"
