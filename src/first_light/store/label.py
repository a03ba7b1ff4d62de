"""The label of a store: the owning product and the format."""

from __future__ import annotations

import json
from pathlib import Path

from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import read_regular

FORMAT = 1


def label_of(product: str) -> bytes:
    """The text of the label of a product's store."""
    return (json.dumps({"format": FORMAT, "product": product}) + "\n").encode()


def check_label(path: Path, product: str) -> None:
    """Check that a store's label names this product; a store without a label has no owner yet.

    Raises:
        DataopsError: it names another product, or a newer version wrote it.
    """
    try:
        label = json.loads(read_regular(path))
        owner, version = str(label["product"]), int(label["format"])
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise DataopsError(
            "The store's label cannot be read.",
            where=f"{path}: {error}",
            fix="delete it if the store is this product's, and repeat the command",
        ) from error
    if owner != product:
        raise DataopsError(
            f"The store belongs to another product, {owner}.",
            where=str(path.parent),
            fix="set DATAOPS_STORE to a separate folder for this product",
        )
    if version > FORMAT:
        raise DataopsError(
            "This store was written by a newer version of the package.",
            where=str(path.parent),
            fix="uv run dataops update",
        )
