"""`dataops rollback`: make another release current, then notify the team."""

from __future__ import annotations

from first_light.notify.send import notify
from first_light.project.product import Product
from first_light.release import rollback as releases
from first_light.release.rollback import RolledBack


def rollback(product: Product, release: str | None) -> RolledBack:
    """Make another release current, and notify every channel of it.

    Args:
        product: the product.
        release: its id, number or commit; None for the one before current.

    Raises:
        DataopsError: there is no such release, or it could not be made current; nothing changed.
    """
    return releases.rollback(product, release, after=notify)
