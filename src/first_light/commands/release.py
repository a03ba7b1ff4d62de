"""`dataops release`: make a release, then notify the team and keep the score."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from first_light.history.log import History
from first_light.notify.send import notify
from first_light.project.product import Product
from first_light.release import pipeline
from first_light.release.options import Options
from first_light.release.outcome import Released
from first_light.score.records import write_score
from first_light.store.locate import FolderStore


def release(
    product: Product,
    options: Options,
    print_line: Callable[[str], None],
    progress: Callable[[str], None],
) -> Released:
    """Make a release, notify every channel of what has changed, and keep the score.

    Args:
        product: what to build.
        options: how.
        print_line: prints a line that stays.
        progress: shows what is being done right now.

    Raises:
        DataopsError: it could not begin; nothing has changed.
        Superseded: a newer commit is current already.
    """
    return pipeline.release(product, options, print_line, progress, after=_notify_and_score)


def _notify_and_score(product: Product, store: FolderStore, history: History) -> Iterator[str]:
    yield from notify(product, store, history)
    yield from write_score(product, store)
