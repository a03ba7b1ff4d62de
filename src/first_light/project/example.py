"""The example's raw data, which like all raw never enters git: made where there is none yet."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from first_light.project.product import Product
from first_light.utils.errors import DataopsError

_GENERATOR = Path("example") / "shop.py"


def make_raw(product: Product, doing: Callable[[str], None]) -> int:
    """Make the raw files that the example's sources read, unless raw holds something already.

    Returns:
        How many files were made; 0 where raw has files, or the product has no example.

    Raises:
        DataopsError: they could not be made.
    """
    if not (product.root / _GENERATOR).is_file():
        return 0
    if product.raw.is_dir() and any(product.raw.iterdir()):
        return 0
    doing("making the example's raw files")
    done = subprocess.run(
        [sys.executable, str(_GENERATOR), "--out", str(product.raw)],
        cwd=product.root,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise DataopsError(
            "The raw files of the example could not be created.",
            where=done.stderr.strip(),
            fix=f"python {_GENERATOR}",
        )
    return sum(1 for path in product.raw.rglob("*") if path.is_file())
