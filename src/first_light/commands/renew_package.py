"""The package of a product after Copier has rendered its pin."""

from __future__ import annotations

from collections.abc import Callable, Collection

from first_light.project.package import lock, pin_to
from first_light.project.pin import PIN, SOURCE_ANSWER, VENDORED, outdated_wheel
from first_light.project.product import ANSWERS, Product
from first_light.utils.errors import DataopsError


def renew_package(
    product: Product, progress: Callable[[str], None], conflicts: Collection[str] = ()
) -> str:
    """Renew the wheel in vendor/ and the lock where the pin moved.

    Args:
        product: the working copy that Copier has changed.
        progress: shows what is being done right now.
        conflicts: files that a person has to decide about first.

    Returns:
        A command that failed and is to be repeated by hand; empty when none did.
    """
    if {ANSWERS, PIN.as_posix()} & set(conflicts):
        return "uv lock"
    if product.answers.get(SOURCE_ANSWER) == VENDORED and outdated_wheel(product.answers):
        progress("building the package")
        try:
            pin_to(product, VENDORED)
        except DataopsError as error:
            return f"uv run dataops package vendored ({error.message})"
        return ""
    if not (product.root / "uv.lock").is_file():
        return ""
    if not product.git("diff", "--name-only", PIN.as_posix()):
        return ""
    progress("locking the environment")
    return "uv lock" if lock(product) else ""
