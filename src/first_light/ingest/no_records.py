"""Lines that are no records: a row of groups above the header, totals at the end. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from first_light.utils import total_words

LAST_ROWS = 3
"""Rows at the end of a table in which totals are looked for."""


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


def totals_note(rows: Sequence[Sequence[str]]) -> str:
    """A note on totals among the last rows of a table; empty without any."""
    totals = [cells for cells in rows[-LAST_ROWS:] if is_total(cells)]
    if not totals:
        return ""
    label = next(cell.strip() for cell in totals[0] if cell.strip())
    rows_word = "1 row at the end looks" if len(totals) == 1 else f"{len(totals)} rows look"
    return (
        f"{rows_word} like a total ({label}), not like a record: sums count it twice unless "
        "staging leaves it out"
    )
