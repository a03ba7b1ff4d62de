"""A summary beside the history: who looks after many products reads it without running any."""

from __future__ import annotations

import json

from first_light.project.product import Product, now
from first_light.score.evaluate import points, score
from first_light.status.current import open_ledger, status
from first_light.store.folder import SCORE
from first_light.store.locate import FolderStore
from first_light.utils.errors import DataopsError
from first_light.utils.timestamps import utc
from first_light.utils.whole_files import write_whole


def write_score(product: Product, store: FolderStore) -> tuple[str, ...]:
    """Write the score into the store, and what is wrong now: verdicts and numbers, no evidence.

    Returns:
        What went wrong, one sentence each; it changes no release's verdict.
    """
    try:
        with open_ledger(product) as book:
            questions, state = score(product, book), status(product, book)
        summary = {
            "generated_at": now().isoformat(),
            "score": points(questions),
            "total": len(questions),
            "package": state.package,
            "published_at": utc(state.published) if state.published else "",
            "open_incidents": len(state.open),
            "answers": {question.name: question.answer.verdict for question in questions},
        }
        write_whole(store.root / SCORE, json.dumps(summary).encode() + b"\n", through_links=False)
    except (DataopsError, OSError) as error:
        return (f"error: the score could not be saved: {error}",)
    return ()
