"""The layers of models: their folders, and the prefixes of the names in them.

The first layer reads the sources, the last one is for readers. Drafts and project rules follow it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from first_light.project import settings

FACT, DIMENSION = "fct_", "dim_"
_MODELS: Final = "models"
_STAGED: Final = "stg_"  # of drafts without another prefix: a mart may have the bare name


def prefixes() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each layer's folder and the prefixes that are allowed there, the first layer first."""
    for folder, allowed in settings.current().layers.items():
        yield f"{_MODELS}/{folder}", tuple(allowed)


def layer_of(path: str) -> tuple[str, tuple[str, ...]] | None:
    """The layer of a model's file: the innermost one of its folders; None if it is in no layer."""
    layers = [layer for layer in prefixes() if path.startswith(f"{layer[0]}/")]
    return max(layers, key=lambda layer: len(layer[0]), default=None)


def first_folder() -> str:
    """The folder of the models that read sources, such as models/staging."""
    return next(folder for folder, _ in prefixes())


def last_folder() -> str:
    """The folder of the models for readers, such as models/marts."""
    return [folder for folder, _ in prefixes()][-1]


def staging_model(table: str) -> str:
    """The name of the drafted staging model of a source table."""
    _, allowed = next(prefixes())
    return f"{allowed[0] if allowed else _STAGED}{table}"


def mart_prefixes() -> tuple[str, str]:
    """How the names of drafted facts and dimensions begin; empty if marts have plain names."""
    *_, (_, allowed) = prefixes()
    if not allowed:
        return (FACT, DIMENSION) if settings.current().mart_names == "prefixed" else ("", "")
    return (
        FACT if FACT in allowed else allowed[0],
        DIMENSION if DIMENSION in allowed else allowed[-1],
    )
