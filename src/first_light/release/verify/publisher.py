"""A process that makes one scratch release, and that its parent kills.

    python -m first_light.release.verify.publisher ROOT FOLDER ROWS [STEP]

It prints each step before it takes it. Before STEP it waits to be killed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from first_light.project.product import Product
from first_light.release.verify.place import Place

_FOREVER = 3600.0  # seconds


def main(root: str, folder: str, rows: str, stop: str = "") -> None:
    """Make the release; the arguments are those of the command line."""

    def reached(step: str) -> None:
        print(step, flush=True)
        if step == stop:
            time.sleep(_FOREVER)

    Place(Product(Path(root)), Path(folder), int(rows)).release(reached)


if __name__ == "__main__":
    main(*sys.argv[1:])
