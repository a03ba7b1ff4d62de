"""A drill in the history: the score asks for it, and a team sees what it caught last time."""

from __future__ import annotations

from first_light.drill.replay import FAULTS
from first_light.drill.result import Drilled
from first_light.history.events import add_event
from first_light.history.log import History
from first_light.history.record import DRILLED
from first_light.project.product import Product
from first_light.store.locate import store_of
from first_light.utils.errors import DataopsError


def write_drill(product: Product, drilled: Drilled) -> tuple[str, ...]:
    """Record how a drill went. One with some faults only is not: it says nothing of the others.

    Returns:
        What went wrong, one sentence each; it changes nothing of how the drill went.
    """
    if len(drilled.faults) < len(FAULTS):
        return ()
    try:
        store = store_of(product)
        if not store.exists():
            return ("Nothing was released yet, so there is no history to record the drill in.",)
        with store.lock():
            add_event(product, store, History(store.history), "drill", DRILLED, drill=drilled.fact)
    except (DataopsError, OSError) as error:
        return (f"error: the drill could not be recorded: {error}",)
    return ()
