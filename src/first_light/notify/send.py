"""Tell a team what opened and what recovered: one message a run, nothing while nothing changes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from first_light.dbt.manifest import Manifest, read_manifest
from first_light.figures.compute import ledger
from first_light.history.events import add_event
from first_light.history.log import History
from first_light.history.record import NOTIFIED, NotificationFact
from first_light.history.warned import tests_that_warned
from first_light.incidents.derive import incidents
from first_light.notify.channels import Channel, find_channels
from first_light.notify.messages import MessageText
from first_light.notify.pending import Due, due, notified_before
from first_light.project.product import Product, now
from first_light.status.current import manifest_of
from first_light.store.locate import FolderStore
from first_light.utils.errors import DataopsError

__all__ = ["notify"]


def notify(
    product: Product,
    store: FolderStore,
    history: History,
    environment: Mapping[str, str] = os.environ,
) -> tuple[str, ...]:
    """Tell each channel what it does not know yet, and record what reached it.

    The store's lock must be held. What fails changes no verdict: it is returned and recorded, and
    the next run tries again what is then still so.

    Args:
        product: the product.
        store: its store.
        history: its history, the run that just ended included.
        environment: names the channels; without any nothing is done.

    Returns:
        What went wrong, one sentence each.
    """
    try:
        if not (channels := find_channels(environment)):
            return ()
        return _notify(product, store, history, channels)
    except (DataopsError, OSError) as error:
        return (f"error: notifications could not be sent: {error}",)


def _notify(
    product: Product, store: FolderStore, history: History, channels: list[Channel]
) -> tuple[str, ...]:
    manifest = _manifest(product, store)
    with ledger(history, product.deadline, now()) as book:
        notified, all_incidents = notified_before(book), incidents(book, manifest)
    last_run = next(
        (record for record in history.newest() if record.command in ("release", "rollback")), None
    )
    notifications: list[NotificationFact] = []
    for channel in channels:
        news = due(notified.get(channel.name, frozenset()), all_incidents, last_run)
        if news.keys:
            warned = tests_that_warned(last_run)
            text = MessageText(product.name, product.answers, manifest, warned)
            notifications.append(_send_to(channel, news, text))
    if not notifications:
        return ()
    failed = tuple(
        f"error: {notification.channel} could not be notified: {notification.problem} "
        "The next run tries again."
        for notification in notifications
        if notification.problem
    )
    add_event(
        product,
        store,
        history,
        "notify",
        NOTIFIED,
        notifications=tuple(notifications),
        notes=failed,
    )
    return failed


def _send_to(channel: Channel, news: Due, text: MessageText) -> NotificationFact:
    try:
        keys, problem = channel.tell(news, text)
    except Exception as error:  # whatever a channel does, the run's verdict stands
        # Its text is left out: it may hold the address, which is a secret.
        keys, problem = (), f"{type(error).__name__}."
    return NotificationFact(channel.name, keys, problem)


def _manifest(product: Product, store: FolderStore) -> Manifest | None:
    """Of the run that just ended, else of the current release: it names owners and readers."""
    path: Path = product.target / "release" / "manifest.json"
    try:
        return read_manifest(path, packages=True)
    except DataopsError:
        return manifest_of(store, store.current())
