"""A drill in the history: the score asks for it, and a team sees what it caught last time."""

from __future__ import annotations

from dataops.drill import Drilled
from dataops.drill.faults import FAULTS
from dataops.errors import DataopsError
from dataops.events import add_event
from dataops.history import History
from dataops.history_record import DRILLED
from dataops.product import Product
from dataops.store import store_of


def keep(product: Product, done: Drilled) -> tuple[str, ...]:
    """Record how a drill went. One with some faults only is not: it says nothing of the others.

    Returns:
        What went wrong, one sentence each; it changes nothing of how the drill went.
    """
    if len(done.faults) < len(FAULTS):
        return ()
    try:
        store = store_of(product)
        if not store.exists():
            return ("Nothing was released yet, so there is no history to record the drill in.",)
        with store.lock():
            add_event(product, store, History(store.history), "drill", DRILLED, drill=done.fact)
    except (DataopsError, OSError) as error:
        return (f"error: the drill could not be recorded: {error}",)
    return ()
