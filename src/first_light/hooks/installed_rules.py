"""Project rules from installed packages: entry points in the group `first_light.rules`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

from first_light.dbt.manifest import Manifest, Node
from first_light.utils.errors import DataopsError

GROUP = "first_light.rules"


def installed() -> dict[str, metadata.EntryPoint]:
    """The rules of installed packages by name; none is loaded.

    Raises:
        DataopsError: two packages have a rule with the same name.
    """
    rules: dict[str, metadata.EntryPoint] = {}
    for entry in sorted(metadata.entry_points(group=GROUP), key=lambda entry: entry.name):
        other = rules.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise DataopsError(
                f"Two installed packages have a rule {entry.name}.",
                where=", ".join(sorted({_package(entry), _package(other)})),
                fix="rename the rule in one of them, or remove one: uv remove PACKAGE",
            )
    return rules


def violations(entry: metadata.EntryPoint, manifest: Manifest) -> Iterator[tuple[Node, str]]:
    """What violates an installed rule.

    Raises:
        DataopsError: the rule cannot be loaded, fails, or yields something else.
    """
    try:
        for node, reason in entry.load()(manifest):
            if not isinstance(node, Node) or not isinstance(reason, str):
                raise TypeError("a rule yields a node of the manifest and a text")
            yield node, reason
    except Exception as error:  # whatever a package raises
        raise DataopsError(
            f"The rule {entry.name} of an installed package failed.",
            where=f"{_package(entry)}, {entry.value}: {type(error).__name__}: {error}",
            fix=f"correct the rule, or remove the package: uv remove {_package(entry)}",
        ) from error


def _package(entry: metadata.EntryPoint) -> str:
    return str(entry.dist.name) if entry.dist else "an unknown package"
