"""The file of drafted unit tests."""

from __future__ import annotations

from pathlib import Path

from first_light.mutation.result import Strength
from first_light.project.product import Product
from first_light.utils.whole_files import write_whole

FILE = Path("target", "mutate", "unit_tests.yml")


def write_drafts(product: Product, strength: Strength) -> Path | None:
    """Write the drafts of a measurement in place of those of the last one.

    Returns:
        The file, relative to the product; None without drafts.
    """
    drafts = [judged.draft for judged in strength.judged if judged.draft]
    path = product.root / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    if not drafts:
        path.unlink(missing_ok=True)
        return None
    write_whole(path, ("unit_tests:\n" + "\n".join(drafts)).encode())
    return FILE
