"""`dataops sample`: cut the sample anew from raw, with personal data masked."""

from __future__ import annotations

from collections.abc import Callable

from dataops.product import Product
from dataops.sampling.cut import SampleReport, cut


def sample(product: Product, doing: Callable[[str], None]) -> SampleReport:
    """Cut the sample from raw, as the source YAML says: pii is masked, references are kept.

    Raises:
        DataopsError: raw is not there, or the YAML names what does not exist; the sample stays.
    """
    doing("cutting the sample")
    return cut(product.root, product.raw, product.sample)
