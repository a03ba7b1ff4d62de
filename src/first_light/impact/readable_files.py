"""The files that the databases of a comparison may read, where one of them is from a store."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from first_light.dbt.manifest import Manifest
from first_light.history.raw_location import RawFolder
from first_light.project.product import Product
from first_light.warehouse.sandbox import Sandbox

_LITERAL = re.compile(r"'((?:[^']|'')+)'")
_PATTERN = re.compile(r"[*?\[{]")


def sandbox_of(product: Product, tree: Path, head: Manifest, databases: Sequence[Path]) -> Sandbox:
    """Raw and what links there lead to, the files of this branch's sources, and the databases.

    Args:
        product: the product.
        tree: the folder that relative paths in views mean; it has raw where the product has it.
        head: the resources of this branch: those of a release are from its store.
        databases: the files that are opened.
    """
    raw = product.raw
    places = [
        tree / RawFolder(raw, product.root).spelled,
        *_links(raw),
        *_places_of_sources(head, tree),
    ]
    folders = [place for place in places if place.is_dir()]
    files = [place for place in places if not place.is_dir()]
    return Sandbox((raw, *folders), (*databases, *files))


def _links(raw: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(raw):
        for name in (*folders, *files):
            if (path := Path(folder, name)).is_symlink():
                yield path.resolve()


def _places_of_sources(head: Manifest, tree: Path) -> Iterator[Path]:
    """A file, or the folder of a pattern, for each path in the relation of a source."""
    for node in head.of("source"):
        for text in _LITERAL.findall(node.relation):
            path = text.replace("''", "'")
            if match := _PATTERN.search(path):
                path = os.path.dirname(path[: match.start()])
            if "://" not in path and path:
                yield tree / path
