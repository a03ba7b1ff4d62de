"""Generate the example's raw data, which like all raw data is not in git."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.private import make_private_folder

_GENERATOR = Path("example") / "shop.py"
_TABLES = frozenset({"customers", "order_lines", "orders", "payments", "returns"})


def example_tables(product: Product) -> frozenset[str]:
    """The source tables of the example, whose people are invented; none without the example."""
    return _TABLES if (product.root / _GENERATOR).is_file() else frozenset()


def make_raw(product: Product, progress: Callable[[str], None]) -> int:
    """Generate the raw files of the example's sources, unless raw contains files.

    Returns:
        The number of generated files; 0 if raw has files or the product has no example.

    Raises:
        DataopsError: they could not be generated.
    """
    if not (product.root / _GENERATOR).is_file():
        return 0
    if product.raw.is_dir() and any(product.raw.iterdir()):
        return 0
    progress("making the example's raw files")
    make_private_folder(product.raw)  # files of the team may follow
    process = subprocess.run(
        [sys.executable, str(_GENERATOR), "--out", str(product.raw)],
        cwd=product.root,
        capture_output=True,
        text=True,
    )
    if process.returncode:
        raise DataopsError(
            "The raw files of the example could not be created.",
            where=process.stderr.strip(),
            fix=f"python {_GENERATOR}",
        )
    return sum(1 for path in product.raw.rglob("*") if path.is_file())
