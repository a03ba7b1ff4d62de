"""A process that reads the scratch releases, again and again, and prints what it saw.

    python -m first_light.release.verify.reader ROOT FOLDER ROWS

It ends when its standard input is closed.
"""

from __future__ import annotations

import json
import select
import sys
import time
from pathlib import Path

from first_light.project.product import Product
from first_light.release.verify.place import SCHEMA, TABLES, Place
from first_light.store.run_ids import run_number
from first_light.utils.errors import DataopsError
from first_light.warehouse.own_tables import OWN_SCHEMA, RELEASE

_PAUSE = 0.03  # seconds; more readers, not faster ones, make more queries
_IDLE = 2.0  # a reader pauses this many times as long as its query took


def question(place: Place) -> str:
    """One statement, which reads every table and the label."""
    label, schema = f"{place.reader_schema(OWN_SCHEMA)}.{RELEASE}", place.reader_schema(SCHEMA)
    figures = ", ".join(
        f"(select {figure} from {schema}.{name})"
        for name in TABLES
        for figure in ("count(*)", "min(release_number)", "max(release_number)")
    )
    return f"select (select max(release_id) from {label}), {figures}"


def visit(place: Place) -> dict[str, object]:
    """One query of a reader: which release it saw, and what was wrong with it.

    Returns:
        `release`, empty if it saw none; `problem`, empty if it saw one release whole; `at` and
        `seconds`, by the clock that all processes of a machine share.
    """
    begun, release, problem = time.time(), "", ""
    try:
        run = place.store.current() or ""
        with place.warehouse().reader(run) as queries:
            (row,) = queries.run(question(place)).rows
        release, problem = str(row[0]), mixture(row, place.rows)
    except DataopsError as error:
        problem = str(error).replace("\n", " ")
    return {
        "at": begun,
        "seconds": time.time() - begun,
        "release": release,
        "problem": problem,
    }


def mixture(row: tuple[object, ...], rows: int) -> str:
    """What a row of `question` has of other releases than that of its label; empty if nothing."""
    expected = (rows, run_number(str(row[0])), run_number(str(row[0])))
    parts = [row[1 + 3 * n : 4 + 3 * n] for n in range(len(TABLES))]
    wrong = [f"{name} {part}" for name, part in zip(TABLES, parts) if part != expected]
    return f"mixture: label {row[0]}, {', '.join(wrong)}" if wrong else ""


def main(root: str, folder: str, rows: str) -> None:
    """Read until the standard input is closed; the arguments are those of the command line."""
    place = Place(Product(Path(root)), Path(folder), int(rows))
    pause = _PAUSE
    while not select.select([sys.stdin], [], [], pause)[0]:
        begun = time.monotonic()
        print(json.dumps(visit(place)), flush=True)
        pause = max(_PAUSE, _IDLE * (time.monotonic() - begun))


if __name__ == "__main__":
    main(*sys.argv[1:])
