"""`dataops package`: where the product finds the package, shown or changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from first_light.project.package import is_local, is_public, pin_to
from first_light.project.pin import (
    DISTRIBUTION,
    GIT,
    INDEX,
    SOURCES,
    VENDOR,
    VENDORED,
    Pin,
    pin_of_answers,
    pinned_commit,
)
from first_light.project.product import Product
from first_light.project.versions import package_version
from first_light.utils.errors import DataopsError


def show(product: Product) -> str:
    """Where the product finds the package, and which version runs now, as one line."""
    pin = pin_of_answers(product.answers, pinned_commit(product.root))
    return f"{pin.source}: {_place(pin)} (running: {package_version()})"


def change(
    product: Product, source: str, index: str, progress: Callable[[str], None]
) -> Iterator[str]:
    """Let the product find the package elsewhere; nothing is committed.

    Args:
        product: the product.
        source: git, vendored or index.
        index: the URL of a simple index; only with index, empty for the recorded one.
        progress: shows what is being done right now.

    Yields:
        What was done, in lines.

    Raises:
        DataopsError: there is no such place, or a step failed; the product is as it was.
    """
    if source not in SOURCES:
        raise DataopsError(
            f"Unknown package source; use one of: {', '.join(SOURCES)}.",
            where=source,
            fix="uv run dataops package vendored",
        )
    if index and source != INDEX:
        raise DataopsError(
            "Only the source `index` takes a URL.",
            where=index,
            fix=f"uv run dataops package {source}",
        )
    if index and ("@" in index or '"' in index or not index.startswith(("http://", "https://"))):
        raise DataopsError(
            "The URL of the package index is invalid or contains a password. uv reads the "
            "password from UV_INDEX_FIRST_LIGHT_USERNAME and UV_INDEX_FIRST_LIGHT_PASSWORD.",
            where=index.rpartition("@")[2],
            fix="uv run dataops package index --url https://HOST/simple/",
        )
    progress("building the package" if source == VENDORED else "locking the environment")
    pin = pin_to(product, source, index)
    yield f"{pin.source}: {_place(pin)}"
    if source == GIT and is_local(pin.address):
        yield "warning: this address is on this machine; pipelines cannot fetch the package"
    elif source == GIT and not is_public(pin.address):
        yield "warning: not everybody can read this address; pipelines need a credential for it"
    yield "commit it: git add -A && git commit"


def _place(pin: Pin) -> str:
    if pin.source == INDEX:
        return f"{DISTRIBUTION}{pin.versions} from {pin.index}"
    if pin.source == VENDORED and pin.wheel:
        return f"{VENDOR.as_posix()}/{pin.wheel}"
    return f"{pin.address} at {pin.commit[:10]}"
