"""`dataops mutate`: how much of the product's own SQL its tests hold.

Measure, write the drafted unit tests to target/mutate, record what was measured over all models.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from first_light.history.events import add_event
from first_light.history.log import History
from first_light.history.record import MEASURED
from first_light.impact.change import Change, find_change
from first_light.mutation.drafts_file import write_drafts
from first_light.mutation.result import Strength
from first_light.mutation.run import measure
from first_light.project.product import Product
from first_light.store.locate import store_of
from first_light.utils.errors import DataopsError


@dataclass(frozen=True)
class Measured:
    """A measurement and what became of it.

    Attributes:
        strength: what was measured.
        drafts: the file with drafted unit tests, relative to the product; None without any.
        warnings: what went wrong besides, one sentence each.
    """

    strength: Strength
    drafts: Path | None
    warnings: tuple[str, ...]


def mutate(
    product: Product,
    progress: Callable[[str], None],
    models: Collection[str] = (),
    *,
    only_changed: bool = False,
    most: int | None = None,
    draft: bool = False,
) -> Measured:
    """Measure the strength of the product's tests.

    Args:
        product: whose.
        progress: shows what is being done.
        models: names of the models to change; all without any.
        only_changed: only models whose file this branch changes.
        most: how many changes are tried at most.
        draft: draft a unit test also for what only a declaration stops.

    Raises:
        DataopsError: it could not be measured.
    """
    if only_changed:
        models = _changed_models(product, models)
    strength = measure(product, progress, models, most, draft)
    is_whole = not models and most is None
    return Measured(
        strength,
        write_drafts(product, strength),
        _recorded(product, strength) if is_whole else (),
    )


def _changed_models(product: Product, models: Collection[str]) -> list[str]:
    change = find_change(product, None)
    if not isinstance(change, Change):
        raise DataopsError(
            "There is no change to measure.", where=change.why, fix="uv run dataops mutate"
        )
    names = sorted(
        path.stem
        for path in map(Path, change.files)
        if path.parts[0] == "models" and path.suffix == ".sql" and (product.root / path).is_file()
    )
    names = [name for name in names if not models or name in models]
    if not names:
        raise DataopsError(
            "This branch changes no model's SQL.",
            where=f"compared with {change.ref}",
            fix="uv run dataops mutate MODEL",
        )
    return names


def _recorded(product: Product, strength: Strength) -> tuple[str, ...]:
    """Write it to the history.

    Returns:
        What went wrong; it changes nothing of what was measured.
    """
    try:
        store = store_of(product)
        if not store.exists():
            return (
                "Nothing was released yet, so there is no history to record the measurement in.",
            )
        with store.lock():
            history = History(store.history)
            add_event(product, store, history, "mutate", MEASURED, strength=strength.fact)
    except (DataopsError, OSError) as error:
        return (f"error: the measurement could not be recorded: {error}",)
    return ()
