"""The manifest that a release keeps, as dbt's `--state` compares it with a development build.

A release reads its sources in raw, a development build in the sample. dbt compares what sources are
configured with, so with the paths of raw every source, and all that is downstream, would count as
modified.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec


def for_development(manifest: bytes, raw: str) -> bytes:
    """The manifest with sources compared as if they read the sample.

    Only `unrendered_config` changes, which dbt reads for nothing but `state:`.

    Args:
        manifest: as dbt wrote it.
        raw: the place of raw, as the sources spell it.
    """
    content = msgspec.json.decode(manifest)
    for source in content.get("sources", {}).values():
        meta = _compared_meta(source)
        if location := meta.get("external_location"):
            meta["external_location"] = location.replace(f"{raw}/", "sample/")
    return msgspec.json.encode(content)


def without_code(manifest: bytes, nodes: Collection[str]) -> bytes:
    """The manifest without the compiled code of some nodes.

    Args:
        manifest: as dbt wrote it.
        nodes: unique ids.
    """
    content = msgspec.json.decode(manifest)
    for name, node in content.get("nodes", {}).items():
        # An ephemeral model's code is part of those that read it.
        if name in nodes or any(cte.get("id") in nodes for cte in node.get("extra_ctes") or ()):
            node.update(compiled=False, compiled_code=None, extra_ctes=[])
    return msgspec.json.encode(content)


def as_built(manifest: bytes) -> bytes:
    """The same manifest with sources compared as the release has read them."""
    content = msgspec.json.decode(manifest)
    for source in content.get("sources", {}).values():
        built = (source.get("config") or {}).get("meta") or {}
        if location := built.get("external_location"):
            _compared_meta(source)["external_location"] = location
    return msgspec.json.encode(content)


def _compared_meta(source: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = (source.get("unrendered_config") or {}).get("meta") or {}
    return meta
