"""Bring all products up to date: canaries first, then the others, one request each."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataops.errors import DataopsError
from dataops.forge import forge_of
from dataops.product import Product
from dataops.update_request import request
from fleet.config import FleetError, Member

CLEAN, CONFLICT, FAILED = "clean", "conflict", "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of one product.

    Attributes:
        state: clean, conflict or failed.
        said: in a line.
    """

    state: str
    said: str


def update(
    members: Sequence[Member],
    version: str,
    journal: Path,
    say: Callable[[str], None],
    pause: float = 1.0,
    one: Callable[[Member, str], Outcome] | None = None,
) -> Mapping[str, Outcome]:
    """Update every product, or go on where an interrupted run stopped.

    No failure stops another product; a canary that is not clean stops what would follow it. What
    was not clean is tried again by the next run.

    Args:
        members: the fleet.
        version: the template's version to bring it to.
        journal: a file that remembers which products are done.
        say: prints a line that stays.
        pause: seconds between two products, so that no host is overrun.
        one: updates one product; None for the real thing.
    """
    done = _read(journal, version)
    for canaries in (True, False):
        for member in members:
            earlier = done.get(member.url)
            if member.canary != canaries or (earlier and earlier.state == CLEAN):
                continue
            outcome = (one or update_one)(member, version)
            done[member.url] = outcome
            say(f"{outcome.state:<9}{member.name}: {outcome.said}")
            _write(journal, version, done)
            time.sleep(pause)
        bad = [m.name for m in members if m.canary and done[m.url].state != CLEAN]
        if canaries and bad:
            say(f"stopped after the canaries: {', '.join(bad)}; mend them, then repeat the command")
            break
    return done


def update_one(member: Member, version: str) -> Outcome:
    """Update one product in a clone of its own, and push it as a request."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        root = Path(folder) / member.name
        said: list[str] = []
        try:
            forge = forge_of(member.url)
            clone = ["git", "clone", "--quiet", "--", member.url, str(root)]
            cloned = subprocess.run(clone, capture_output=True, text=True)
            if cloned.returncode:
                return Outcome(FAILED, cloned.stderr.strip().splitlines()[-1])
            done = request(
                Product(root), lambda _: None, said.append, version, forge=forge, finish=False
            )
        except DataopsError as error:
            return Outcome(FAILED, "; ".join(str(error).splitlines()))
        words = "; ".join(said) or f"nothing newer than {done.before}"
        return Outcome(CLEAN if done.clean else CONFLICT, words)


def _read(journal: Path, version: str) -> dict[str, Outcome]:
    if not journal.is_file():
        return {}
    try:
        loaded = json.loads(journal.read_text(encoding="utf-8"))
        said = loaded["products"] if loaded["version"] == version else {}
        return {url: Outcome(**outcome) for url, outcome in said.items()}
    except (ValueError, KeyError, TypeError) as error:
        raise FleetError(f"{journal} is damaged: delete it to begin anew") from error


def _write(journal: Path, version: str, done: Mapping[str, Outcome]) -> None:
    """Replace the journal in one step: an interrupted run leaves the old or the new one."""
    said = {url: {"state": its.state, "said": its.said} for url, its in done.items()}
    fresh = journal.with_suffix(".new")
    fresh.write_text(json.dumps({"version": version, "products": said}, indent=1), encoding="utf-8")
    fresh.replace(journal)
