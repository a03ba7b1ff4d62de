"""`make bench`: every figure of the template's promises, each a ratio of two things run in turn.

python -m bench [NAME …]     without a name: all of them
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from bench import (
    boards,
    carried,
    corpus,
    first_product,
    fleet,
    history,
    impact,
    monitors,
    package,
    release,
    report,
)
from bench.measure import Figure

BENCHES: dict[str, Callable[[], Figure | package.Size | corpus.Shares]] = {
    "size": package.size,
    "copy": package.copy,
    "update": package.update,
    "update-command": package.update_command,
    "start": package.start,
    "help": package.help_text,
    "first-check": first_product.first_check,
    "check": first_product.check,
    "draft": first_product.draft,
    "corpus": corpus.corpus,
    "compare": impact.compare,
    "leaf-10": impact.leaf_10,
    "leaf-100": impact.leaf_100,
    "leaf-500": impact.leaf_500,
    "leaf-1000": impact.leaf_1000,
    "growth": impact.growth,
    "root": impact.root,
    "report": report.report,
    "fleet-examine": fleet.examine,
    "fleet-update": fleet.update,
    "release": release.release,
    "release-100": release.release_100,
    "carried-one-source": carried.one_source,
    "carried-nothing-new": carried.nothing_new,
    "carried-daily": carried.daily,
    "record": release.record,
    "history": history.query,
    "figures": history.figures,
    "publish": release.publish,
    "rollback": release.rollback,
    "boards-1": boards.boards_1,
    "boards-10": boards.boards_10,
    "boards-50": boards.boards_50,
    "monitors-10": monitors.monitors_10,
    "monitors-100": monitors.monitors_100,
    "monitors-500": monitors.monitors_500,
}


def main() -> None:
    unknown = set(sys.argv[1:]) - set(BENCHES)
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    figures = [BENCHES[name]() for name in sys.argv[1:] or BENCHES]
    for figure in figures:
        print(figure)


if __name__ == "__main__":
    main()
