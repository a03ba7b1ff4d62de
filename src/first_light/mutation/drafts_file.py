"""The file of drafted unit tests."""

from __future__ import annotations

from collections.abc import Sequence
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
    return write(product, FILE, [judged.draft for judged in strength.judged if judged.draft])


def write(product: Product, file: Path, drafts: Sequence[str]) -> Path | None:
    """Write drafts in place of those that a file holds.

    Returns:
        The file, relative to the product; None without drafts.
    """
    path = product.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    if not drafts:
        path.unlink(missing_ok=True)
        return None
    write_whole(path, ("unit_tests:\n" + "\n".join(drafts)).encode())
    return file
