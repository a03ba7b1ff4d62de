"""Words by which rows say that they are the total of others, in the usual languages. Pure."""

from __future__ import annotations

import re

_WORDS = (
    "totals|total|totaal|totale|totali|totales|totalt|totaux|totais|sums|sum|summe|summen|"
    "gesamtsumme|gesamtbetrag|gesamtergebnis|gesamt|zwischensumme|endsumme|insgesamt|suma|somma|soma|summa|ensemble|"
    "subtotals|subtotal|subtotaal|subtotale|itogo|итого|всего|сумма|разом|razem|ogółem|"
    "celkem|spolu|összesen|yhteensä|i alt|toplam|σύνολο|合计|合計|总计|總計|小计|小計|총계|합계|"
    'المجموع|الإجمالي|jumlah|sommes|somme|tổng cộng|tổng|общий итог|σ|∑|סה"כ|סך הכל|कुल|รวม|ukupno|'
    "skupaj|kokku|kopā|iš viso|součet|végösszeg|łącznie|сума|sammanlagt"
)
_BEFORE = "grand|sub|overall|column|report|sous|eind|general|running|page|final"
_BEHIND = "general|g[eé]n[eé]ral|geral|generale|complessivo|overall|amount"
_EDGE = "totals|total|totaal|totale|subtotals|subtotal|summe|zwischensumme|gesamt|итого|всего"

_FRAME = "[-=*\u2013\u2014·]*"
LABEL = rf"(?i){_FRAME} ?(?:(?:{_BEFORE})[ -]?)?(?:{_WORDS})(?: (?:{_BEHIND}))? ?[:.]? ?{_FRAME}"
"""Regular expression of a whole cell that says so; for Python and for DuckDB."""

EDGE = rf"(?i)(?:{_EDGE}) .+|.+[ -](?:{_EDGE}) ?[:.]?"
"""Regular expression of a cell that begins or ends with such a word: Total Berlin, US total."""

SUMMARY = (
    "(?i)(?:average|avg|mean|median|minimum|maximum|min|max|count|durchschnitt|mittelwert|mittel|"
    "anzahl|moyenne|promedio|media|médiane|mediana|gemiddelde|medelvärde)[.:]?"
)
"""Regular expression of a cell that may say that its row sums up the others in another way."""

NOTE = (
    r"(?i)(?:sources?|notes?|footnotes?|quelle|stand|hinweis|anmerkung(?:en)?|fuente|nota|"
    r"remarque|generated|printed|exported|created|report|legend|copyright|data as of|as of)\b.*|"
    r"[*©†(].*"
)
"""Regular expression of a cell that says something about a table."""

_NOTED, _SUMMED = re.compile(NOTE), re.compile(SUMMARY)
_EDGED = re.compile(EDGE)
_LABEL, _WORD = re.compile(LABEL), re.compile(rf"(?i){_WORDS}")
_SHORTEST = 5


def is_label(cell: str) -> bool:
    """Whether a cell says nothing but that its row is a total."""
    return _LABEL.fullmatch(cell.strip()) is not None


def has_word(cell: str) -> bool:
    """Whether a cell begins or ends with a word for a total."""
    return _EDGED.fullmatch(cell.strip()) is not None


def is_summary(cell: str) -> bool:
    """Whether a cell says nothing but that its row is an average, a count or the like."""
    return _SUMMED.fullmatch(cell.strip()) is not None


def is_note(cell: str) -> bool:
    """Whether a cell says something about the table."""
    return _NOTED.fullmatch(cell.strip()) is not None


def word_in(cell: str) -> str:
    """The word, in small letters; empty where it is so short that it is a part of many words."""
    word = _WORD.search(cell)
    found = word[0].lower() if word else ""
    found = "total" if "total" in found else found
    return found if len(found) >= _SHORTEST or not found.isascii() else ""
