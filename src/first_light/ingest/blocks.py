"""Several tables in one CSV file, one below the other. Pure: text in, a place out."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import islice

from first_light.ingest.dialect import kind_of_cell
from first_light.utils import null_words

_MOST_ROWS = 100_000
_TYPED = 0.9  # of the values above, so that a word below them is none of them


def second_header(sample: str, delim: str, names: Sequence[str]) -> tuple[int, str] | None:
    """The header of a second table: its line in the sample, counted from 1, and its cells as text.

    A blank line stands above it, it has words where the rows above have numbers or dates, and rows
    with numbers or dates follow. A header that is repeated is no second one.

    Args:
        sample: the first part of the file.
        delim: its delimiter.
        names: the cells of its header.

    Returns:
        None if the file holds one table, as far as the sample goes.
    """
    header = [name.strip() for name in names]
    above: list[list[str]] = []
    line, is_below_blank = 1, False
    candidate: tuple[int, list[str]] | None = None
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delim)
    try:
        for cells in islice(reader, _MOST_ROWS):
            plain = [cell.strip() for cell in cells]
            if not any(plain):
                is_below_blank = True
            else:
                if candidate is not None and any(map(kind_of_cell, plain)):
                    return candidate[0], ", ".join(filter(None, candidate[1]))
                candidate = None
                if is_below_blank and plain != header and _is_other_header(plain, above):
                    candidate = line, plain
                above.append(plain)
                is_below_blank = False
            line = reader.line_num + 1
    except csv.Error:  # a cell beyond all measure; reading the file says where
        return None
    return None


def _is_other_header(cells: Sequence[str], above: Sequence[Sequence[str]]) -> bool:
    filled = [cell for cell in cells if cell]
    if len(filled) < 2 or len(set(filled)) < len(filled) or any(map(kind_of_cell, filled)):
        return False
    for at, cell in enumerate(cells):
        values = [row[at] for row in above[1:] if at < len(row) and row[at]]
        typed = sum(bool(kind_of_cell(value)) for value in values)
        if cell and cell.lower() not in null_words.ALL and typed >= max(1, _TYPED * len(values)):
            return True
    return False
