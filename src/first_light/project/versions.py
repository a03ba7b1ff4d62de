"""The versions of the template that made a product and of the package that runs it."""

from __future__ import annotations

from importlib import metadata

from first_light.project.pin import DISTRIBUTION
from first_light.project.product import Product


def package_version() -> str:
    """The version of the installed package; `unknown` where it runs from source without one."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "unknown"


def template_version(product: Product) -> str:
    """The version of the template that the product was made from or updated to; empty if unknown.

    It is what Copier recorded: a tag such as `v1.2.0`, or a commit described from one.
    """
    return str(product.answers.get("_commit") or "")
