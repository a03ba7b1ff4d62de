"""What values look like that may stand for something else than they seem to. Regular expressions.

Each is a full match. A column is never read by a mark: a mark only makes an open question.
"""

from __future__ import annotations

from collections.abc import Mapping

CURRENCY_CODES = (
    "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK",
    "PLN", "CZK", "HUF", "RON", "TRY", "BRL", "MXN", "ZAR", "SGD", "HKD",
)  # fmt: skip
SYMBOLS = ("$", "€", "£", "¥", "₹", "₽", "₺", "₩", "%")
_CURRENCY = f"[{''.join(SYMBOLS)}]|{'|'.join(CURRENCY_CODES)}"
_NUMBER = "[0-9][0-9.,' \u00a0\u202f\u2019]*"
_MONTH_WORDS = (
    "jan|feb|fév|fev|mar|mär|mrz|maart|apr|avr|abr|may|mai|mei|maj|mag|jun|juin|giu|jul|juil|lug|"
    "aug|aoû|aou|ago|sep|set|oct|okt|ott|out|nov|dec|dez|déc|dic|ene|gen|sty|lut|kwi|cze|lip|sie|"
    "wrz|paź|lis|gru"
)
_WEEKDAY = "[^0-9 ,.]{2,12}[.]?,? +"
_DAY = "[0-9]{1,2}([.]|er|º|st|nd|rd|th)?"
_ISO_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,6})?)?"
_OFFSET = "Z|[+-][0-9]{2}(:?[0-9]{2})?"
_UNIT = (
    "kg|mg|µg|lbs?|oz|km|cm|mm|mi|ft|ml|cl|hl|kWh|MWh|kW|MW|°C|°F|Hz|kHz|MHz|GHz|[kKMGT]B|ms|min|hrs?|"
    "(day|hour|minute|second|week|month|year)s?|Stk[.]?|Stück|pcs|px|ppm|m²|m2|m³|m3|km²|km/h|mph|ha"
)
_OTHER_DIGIT = "[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff10-\uff19]"
_YEAR, _MONTH, _MONTH_DAY = "(19|20)[0-9]{2}", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"

MARKS: Mapping[str, str] = {
    # codes
    "four_digits": "[1-9][0-9]{3}",
    "five_digits": "[0-9]{5}",
    # numbers that may be times
    "epoch_seconds": "[1-4][0-9]{9}([.][0-9]+)?",
    "epoch_milliseconds": "[1-4][0-9]{12}([.][0-9]+)?",
    "epoch_microseconds": "[1-4][0-9]{15}",
    "epoch_nanoseconds": "[1-4][0-9]{18}",
    "spreadsheet_day": "[2-5][0-9]{4}([.][0-9]+)?",
    "short_compact": f"[0-9]{{2}}{_MONTH}{_MONTH_DAY}|{_MONTH_DAY}{_MONTH}[0-9]{{2}}"
    f"|{_MONTH}{_MONTH_DAY}[0-9]{{2}}",
    "compact_day": f"{_YEAR}{_MONTH}{_MONTH_DAY}|99991231",
    "compact_second": f"{_YEAR}{_MONTH}{_MONTH_DAY}([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?",
    "year_month": f"{_YEAR}{_MONTH}",
    "year_week": f"{_YEAR}(0[1-9]|[1-4][0-9]|5[0-3])",
    "year_day": f"{_YEAR}(00[1-9]|0[1-9][0-9]|[12][0-9]{{2}}|3[0-5][0-9]|36[0-6])",
    "day_first_compact": f"{_MONTH_DAY}{_MONTH}{_YEAR}|{_MONTH}{_MONTH_DAY}{_YEAR}",
    # numbers
    "spreadsheet_cut": "[0-9]([.,][0-9]{1,14})?E[+][1-9][0-9]",
    "bare_exponent": "[0-9]+[eE][0-9]+",
    "clear_number": "-?[0-9]*[.][0-9]+([eE].*)?|[0-9]+[eE][-+][0-9]+",
    "minus": "[-\u2212\u2013(] ?[^ ].*|.*[0-9] ?-",
    "plus": f"[+] ?{_NUMBER}",
    "either_decimal": "-?[0-9]+([.,][0-9]+)?",
    "decimal_comma": "-?[0-9]+,[0-9]+",
    "decimal_point": "-?[0-9]+[.][0-9]+",
    "noted": f"([~≈<>≤≥=±]+|ca[.]?|c[.]) ?[-+]?{_NUMBER}|[-+]?{_NUMBER}"
    "([*†‡]+|[(\\[][A-Za-z0-9*]{1,2}[)\\]])",
    "exponent_comma": "-?[0-9]+,[0-9]+[eE][-+]?[0-9]+",
    "spreadsheet_error": "#[A-Z/0-9]+[!?]|#N/A|#NV",
    "lakh": "-?[0-9]{1,2}(,[0-9]{2})+,[0-9]{3}([.][0-9]+)?",
    "underscored": "-?[0-9]{1,3}(_[0-9]{3})+([.][0-9]+)?",
    "currency": f"[-+(]? ?({_CURRENCY}) ?[-+]?{_NUMBER}[)]?|[-+(]?{_NUMBER} ?({_CURRENCY})[)]?",
    "accounting": f"{_NUMBER} ?(CR|DR|Cr|Dr|cr|dr|[SH])[.]?",
    "magnitude": f"[-+]?({_CURRENCY})? ?{_NUMBER}([kKmMbB]|Mio[.]?|Mrd[.]?|bn|Tsd[.]?)",
    "unit": f"[-+]?{_NUMBER}({_UNIT}|[ \u00a0][gtlmhsWVA])",
    "fraction": "([0-9]+[ -])?[0-9]{1,2}[/\u2044][0-9]{1,3}|([0-9]+[ -]?)?[½⅓⅔¼¾⅕⅙⅛⅜⅝⅞]",
    "hexadecimal": "0[xX][0-9A-Fa-f]+",
    "other_digits": f"[-+]?([0-9.,]*{_OTHER_DIGIT})+[0-9.,]*",
    "infinite": "(?i)[-+]?inf(inity)?",
    "number_or_infinite": "(?i)[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[-+]?[0-9]+)?|[-+]?inf(inity)?",
    "spreadsheet_text": '\'[-+.,0-9]+|="[^"]*"',
    # dates and times
    "month_name": f"(?i)({_WEEKDAY})?({_DAY}( de)?[ -]+)?({_MONTH_WORDS})[^0-9 .-]*"
    f"([. -]+|[. ]+de )({_DAY},? +)?[0-9]{{2,4}}([ ,T]+[0-9]{{1,2}}:.*)?",
    "iso_day": _ISO_DAY,
    "mixed_zone": f"{_ISO_DAY}[T ]{_CLOCK}({_OFFSET})?",
    "named_zone": f"{_ISO_DAY}[T ]{_CLOCK} ?([A-Z]{{2,5}}|[A-Z][A-Za-z]+/[A-Za-z_/]+"
    rf"|({_OFFSET})?\[[^\]]+\])",
    "fine_time": rf"{_ISO_DAY}[T ][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}[.,][0-9]{{7,}}({_OFFSET})?",
    "json_date": r"\\?/Date\([-+0-9]+\)\\?/",
    "period": f"{_YEAR}[-/]{_MONTH}|{_MONTH}[-/]{_YEAR}|{_YEAR}-?W[0-5][0-9]|{_YEAR}[- ]?Q[1-4]"
    f"|Q[1-4][ -/]?{_YEAR}|{_YEAR}[-/]({_YEAR}|[0-9]{{2}})"
    "|(FY|fy) ?((19|20)[0-9]{2}|[0-9]{2})([- ]?[QHPqhp][0-9]{1,2})?",
    "clock": "[0-9]{1,4}:[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?( ?[AaPp][.]?[Mm][.]?)?",
    "compact_time": f"{_YEAR}{_MONTH}{_MONTH_DAY}[T ]?([01][0-9]|2[0-3]):?[0-5][0-9].*",
    "other_clock": "[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}[T ]+[0-9]{1,2}[.:h][0-9]{2}.*",
    "fine_clock": "[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}[T ]+[0-9:]{7,8}[.,][0-9]+",
    "written_time": f"(?i)([a-z]{{3}},? )?({_MONTH_WORDS})[a-z]* +[0-9]{{1,2}} [0-9]{{2}}:.*",
    "week_day": f"{_YEAR}-?W[0-5][0-9]-?[1-7]",
    "duration": "(?i)([0-9]+ ?(d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?|std|sek)"
    "[.,]?( and)? ?){1,4}",
    "degrees": "[NSEWO]? ?-?[0-9]{1,3} ?° ?([0-9.,]+ ?['′] ?)?([0-9.,]+ ?(\"|″|'') ?)? ?[NSEWO]?",
    "iso_duration": "[-+]?P([0-9.,]+[YMWD])+(T([0-9.,]+[HMS])+)?|[-+]?PT([0-9.,]+[HMS])+",
    "flag_word": "(?i)ja|nein|oui|non|s[iíì]|no|tak|nie|nee|sim|não|evet|hayır|да|нет|vrai|faux|"
    "wahr|falsch|verdadero|falso|vero|waar|onwaar|prawda|fałsz|on|off|ein|aus|j|n|[xX✓✔✗✘☑☐]",
    "serial_or_date": f"[2-5][0-9]{{4}}([.][0-9]+)?|{_ISO_DAY}.*"
    "|[0-9]{1,2}[-/.][0-9]{1,2}[-/.].*",
}
"""Patterns by name; what each asks is in `questions`."""
