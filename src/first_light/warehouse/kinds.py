"""The kinds of warehouse that are installed, by the type of dbt's profile."""

from __future__ import annotations

from first_light.dbt.driver import find_kind, load_kind
from first_light.dbt.profile import read_type
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Server, WarehouseKind
from first_light.warehouse.scratch import DIALECT

RELEASES = "prod"
"""The target of profiles.yml for releases."""
CHECKS = "ci"
"""The target of profiles.yml for checks."""


def warehouse_type(product: Product) -> str:
    """The kind of warehouse of a product's releases: the type of its profile.

    Before profiles.yml exists its answer says it.

    Raises:
        DataopsError: the profile cannot be read.
    """
    if not (product.root / "profiles.yml").is_file():
        return str(product.answers.get("warehouse") or DIALECT)
    return read_type(product.root, RELEASES)


def find(name: str) -> WarehouseKind | None:
    """A kind of warehouse, by its name in dbt; None if no installed package brings it."""
    kind: WarehouseKind | None = find_kind(name)
    return kind


def kind_of(product: Product) -> WarehouseKind:
    """The kind of warehouse of a product's releases.

    Raises:
        DataopsError: the profile cannot be read, or no installed package brings this kind.
    """
    kind: WarehouseKind = load_kind(warehouse_type(product))
    return kind


def is_server(product: Product) -> bool:
    """Whether development and checks of this product run on a database server; else on files."""
    return kind_of(product).server is not None


def server_of(product: Product) -> Server:
    """How development and checks run on the server of this product.

    Raises:
        DataopsError: they do not run on a server.
    """
    server = kind_of(product).server
    if server is None:
        raise DataopsError("This product is developed on files, not on a database server.")
    return server


def how_to_load(warehouse: str) -> str:
    """How to load landing data into a warehouse, by its name in dbt."""
    kind = find(warehouse)
    return kind.how_to_load if kind else f"load the landing data into {warehouse}"
