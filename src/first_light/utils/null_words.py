"""Words that mean "no value" in files: one list for reading, drafting and detection."""

from __future__ import annotations

from first_light.utils import sql_names

CERTAIN = ("NULL", "null", r"\N", "#N/A", "N/A", "n/a", "<NA>", "(null)")
"""Words that machines write for a missing value, in every column."""

UNLIKELY_VALUES = (
    "Null",
    "<null>",
    "NaN",
    "nan",
    "#NULL!",
    "-",
    "--",
    "\u2013",
    "\u2014",
    "?",
    ".",
)
"""Words that are a value in hardly any column."""

DOUBTFUL = ("NA", "na", "None", "none", "NONE", "nil", "Nil")
"""Words that mean it among numbers and dates; elsewhere they may be a value: Namibia is NA."""

AMONG_NUMBERS = (*UNLIKELY_VALUES, *DOUBTFUL, "#NA")
"""Words that mean it in a column whose other values are numbers or dates."""

ALL = (*CERTAIN, *AMONG_NUMBERS)

WORD_LIST = f"[{', '.join(map(sql_names.literal, ALL))}]"
"""All words as a list in SQL."""

_NUMBER = r"\s*[-+(]?\s*[$€£]?\s?[0-9][0-9.,'' \x{00a0}]*\s?(%|[eE][-+]?[0-9]+|[$€£])?\)?\s*"
_MOMENT = r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.*|[0-9]{1,2}:[0-9]{2}.*"


def contents(value: str) -> str:
    """SQL for what a column holds beside null words, as bits: numbers or dates (1), short codes
    in capitals (2), other text (4).

    Args:
        value: SQL for its values.
    """
    return (
        f"bit_or(case when coalesce({value}, '') = '' or list_contains({WORD_LIST}, {value}) then 0"
        f" when regexp_full_match({value}, '{_NUMBER}|{_MOMENT}|(?i:true|false)') then 1"
        f" when regexp_full_match({value}, '[A-Z]{{1,3}}') then 2 else 4 end)"
    )


def means_none(word: str, held: int) -> bool:
    """Whether a word stands for "no value" in a column that holds the given contents."""
    return word in CERTAIN or held in (0, 1) or (word == "NA" and not held & 2)
