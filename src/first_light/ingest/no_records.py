"""Lines that are no records: a row of groups above the header, totals at the end. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from first_light.utils import total_words

LAST_ROWS = 3
"""Rows at the end of a table in which totals are looked for."""

LAST_LINES = 20
"""Lines at the end of a file in which a footer is looked for."""

_SENTENCE = re.compile(r"[^\"]*[^\W\d_]{2}[^\"]* [^\"]*|[(][^\"]*[)]")
_LEAST_WIDTH = 2


def combined_header(groups: Sequence[str], names: Sequence[str]) -> list[str]:
    """One header of two rows: each name with the group above it, which stands once for several."""
    group, combined = "", []
    for above, name in zip(groups, names, strict=True):
        group = above.strip() or group
        name = name.strip()
        if not group or not name:
            combined.append(name or group)
        else:  # a name does not begin with a number
            combined.append(f"{name} {group}" if group[0].isdigit() else f"{group} {name}")
    return combined


def is_group_row(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a row above the header names groups of columns: it has gaps, and not only a title."""
    filled = [at for at, cell in enumerate(cells) if cell.strip()]
    if not filled or len(cells) != len(names) or len(filled) == len(cells):
        return False
    return filled[-1] > 0 and not (len(filled) == 1 and len(cells) <= 2)


def is_total(cells: Sequence[str]) -> bool:
    """Whether a row is a total of the others: a cell says so, among the first that are filled."""
    filled = [cell.strip().rstrip(":").strip() for cell in cells if cell.strip()]
    return len(filled) > 1 and any(map(total_words.is_label, filled[:2]))


def footer_lines(rows: Sequence[Sequence[str]], width: int) -> int:
    """How many of the last lines of a file are no rows: a blank line and sentences below it.

    A last row that is cut off has no blank line above it.

    Args:
        rows: the last lines of the file, each as cells.
        width: how many cells a row has.
    """
    if width < _LEAST_WIDTH:
        return 0
    count, is_footer = 0, False
    for cells in reversed(rows):
        if len(cells) == width:
            break
        blank = not any(map(str.strip, cells))
        if not blank and (len(cells) > 1 or not _SENTENCE.fullmatch(cells[0].strip())):
            return 0
        count += 1
        is_footer = is_footer or not blank
    else:
        return 0
    if not is_footer:
        return 0
    above = rows[len(rows) - count]
    bracketed = all(cells and cells[0].startswith("(") for cells in rows[len(rows) - count :])
    return count if bracketed or not any(map(str.strip, above)) else 0


def footer_note(rows: Sequence[Sequence[str]]) -> str:
    """What is said about the lines of a footer."""
    texts = [cells[0].strip() for cells in rows if any(map(str.strip, cells))]
    lines = "1 line" if len(texts) == 1 else f"{len(texts)} lines"
    return f"{lines} below the last row left out: {'; '.join(texts[:2])}"


def totals_note(rows: Sequence[Sequence[str]]) -> str:
    """A note on totals among the last rows of a table; empty without any."""
    rows = [cells for cells in rows if any(map(str.strip, cells))]
    totals = [cells for cells in rows[-LAST_ROWS:] if is_total(cells)]
    if not totals:
        return ""
    label = next(cell.strip() for cell in totals[0] if cell.strip())
    rows_word = "1 row at the end looks" if len(totals) == 1 else f"{len(totals)} rows look"
    return (
        f"{rows_word} like a total ({label}), not like a record: sums count it twice unless "
        "staging leaves it out"
    )
