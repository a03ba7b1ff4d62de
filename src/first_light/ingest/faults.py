"""Finding the line of a text file at which reading goes wrong, for the message that names it."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from first_light.ingest.text import open_text
from first_light.utils.errors import DataopsError
from first_light.warehouse.scratch import EngineError


@dataclass(frozen=True)
class Member:
    """One file of a table, in raw already or on its way there.

    Attributes:
        path: where it is.
        place: how messages name it.
        line_offset: what to add to a line number to have it in the original.
        headless: whether its header line was written here, not by the team.
        empty: whether it is a JSON file without a record, which has no columns.
    """

    path: Path
    place: str
    line_offset: int = 0
    headless: bool = False
    empty: bool = False


class Faults(DataopsError):
    """Several files that are rejected, each with its place and its fix.

    Args:
        faults: the rejections, two at least.
    """

    def __init__(self, faults: Sequence[DataopsError]) -> None:
        self.faults = tuple(faults)
        entries = [
            f"\n  {fault.where or 'all files'}: {fault.message}"
            + (f"\n    fix: {fault.fix}" if fault.fix else "")
            for fault in faults
        ]
        super().__init__(
            f"{len(faults)} of these files cannot be added, so none was.",
            "".join(entries),
            "fix these files, or leave them out, then repeat the command",
        )


def together(faults: Sequence[DataopsError]) -> DataopsError:
    """One rejection for all of some; there is one at least."""
    every = [
        part
        for fault in faults
        for part in (fault.faults if isinstance(fault, Faults) else [fault])
    ]
    return every[0] if len(every) == 1 else Faults(every)


def csv_fault(member: Member, delim: str, error: EngineError) -> DataopsError:
    """The rejection for a CSV file that DuckDB can't read, with the first line that is wrong."""
    fault = _first_fault(member, delim)
    if fault is None:
        return DataopsError(
            f"The file cannot be read as CSV: {plain(error)}",
            _place(member, _line(error)),
            "correct the file at its origin, then add it again",
        )
    return fault


def json_fault(member: Member, error: EngineError) -> DataopsError:
    """The rejection for a JSON file that DuckDB can't read."""
    message = str(error)
    if "maximum_object_size" in message:
        return DataopsError(
            "One value in this JSON file is larger than 16 MB.",
            member.place,
            "export it with one record per line",
        )
    where = member.place
    if match := re.search(r"in (line|record/value) (\d+)", message):
        unit, number = match[1].partition("/")[0], int(match[2])
        if unit == "line":
            number = _json_line(member, number)
        where += f", {unit} {number}"
    return DataopsError(
        f"The file cannot be read as JSON: {plain(error)}", where, "export it again"
    )


def _json_line(member: Member, near: int) -> int:
    """The line that does not parse; DuckDB sometimes names the one after it."""
    with open_text(member.path, member.path.suffix == ".gz", member.place) as file:
        for number, line in enumerate(file, 1):
            if number < near - 1 or not line.strip():
                continue
            if number > near:
                break
            try:
                json.loads(line)
            except (ValueError, RecursionError):
                return number
    return near


def plain(error: EngineError) -> str:
    """The first sentence of a DuckDB message, without the paths in it."""
    text = re.sub(r"""(?: in)? file (?:"[^"]*"|'[^']*'),?""", "", str(error).partition("\n")[0])
    text = re.sub(r" in (?:line|record/value) \d+", "", text)
    text = re.sub(r"^(?:[A-Z][A-Za-z]* )+Error: ", "", text).strip()
    return text if len(text) <= 200 else text[:200] + " …"


def _place(member: Member, line: int | None) -> str:
    return f"{member.place}, line {line}" if line else member.place


def _line(error: EngineError) -> int | None:
    match = re.search(r"CSV Error on Line: (\d+)", str(error))
    return int(match[1]) if match else None


def _first_fault(member: Member, delim: str) -> DataopsError | None:
    width = 0
    for first, cells, broken in _records(member, delim):
        where = _place(member, first + member.line_offset)
        if broken:
            return DataopsError(
                f"A quoted cell that begins on this line is never closed or goes on after its "
                f"closing quote ({broken}).",
                where,
                'close the quote, and double a quote inside quotes: ""',
            )
        if not cells:
            continue
        if not width:
            width = len(cells)
        elif len(cells) != width:
            first_line = "first line" if member.headless else "header"
            return DataopsError(
                f"The line has {len(cells)} cells, but the {first_line} has {width}.",
                where,
                "correct this line (missing or unquoted delimiter, truncated line, totals?), "
                "then add the file again",
            )
        if max(map(len, cells)) > 1_900_000:
            return DataopsError(
                "A cell on this line is longer than 2 MB.",
                where,
                "shorten the cell or leave it out",
            )
    return None


def _records(member: Member, delim: str) -> Iterator[tuple[int, list[str], str]]:
    """Records with their first line; the last one may say how it is broken instead."""
    with open_text(member.path, member.path.suffix == ".gz", member.place) as file:
        reader = csv.reader(file, delimiter=delim, strict=True)
        while True:
            first = reader.line_num + 1
            try:
                yield first, next(reader), ""
            except StopIteration:
                return
            except csv.Error as error:
                yield first, [], str(error)
                return
