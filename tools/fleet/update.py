"""Bring all products up to date: canaries first, then the others in batches, one request each."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from first_light.commands.open_request import open_request
from first_light.commands.update_request import prepare
from first_light.forge.base import TOKEN
from first_light.forge.pipeline import forge_of
from first_light.project.product import ANSWERS, Product
from first_light.utils.errors import DataopsError
from tools.fleet import causes
from tools.fleet.config import FleetError, Member
from tools.fleet.examine import SECONDS, environment

CLEAN, CONFLICT, LEFT, FAILED = "clean", "conflict", "left alone", "failed"
# A batch is worked on at once; then comes a pause, and a look at how it went.
BATCH = 8


@dataclass(frozen=True)
class Outcome:
    """What became of one product.

    Attributes:
        state: clean, conflict, left alone or failed.
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

    No failure stops another product of its batch. A canary that is not clean stops what would
    follow it, and so does a batch in which nothing was: then it is not the products. What was not
    clean is tried again by the next run.

    Args:
        members: the fleet.
        version: the template's version to bring it to.
        journal: a file that remembers which products are done.
        say: prints a line that stays.
        pause: seconds between two batches, so that no host is overrun.
        one: updates one product; None for the real thing.
    """
    done = _read(journal, version)
    for canaries in (True, False):
        todo = [m for m in members if m.canary == canaries and not _clean(done.get(m.key))]
        tried = {member.key for member in todo if member.key in done}
        todo.sort(key=lambda member: member.key in tried)  # what failed before comes last
        size = len(todo) if canaries else BATCH
        for first in range(0, len(todo), size or 1):
            batch = todo[first : first + size]
            with ThreadPoolExecutor(BATCH) as pool:
                asked = {
                    pool.submit(one or update_one, member, version): member for member in batch
                }
                for finished in as_completed(asked):
                    member = asked[finished]
                    error = finished.exception()
                    if error is not None and not isinstance(error, Exception):
                        raise error  # Ctrl-C
                    outcome = (
                        Outcome(FAILED, causes.of_error(error)) if error else finished.result()
                    )
                    done[member.key] = outcome
                    say(f"{outcome.state:<11}{member.name}: {outcome.said}")
                    _write(journal, version, done)
            bad = [member.name for member in batch if not _clean(done[member.key])]
            hopeless = len(bad) == BATCH and not tried & {member.key for member in batch}
            if bad and (canaries or hopeless):
                whom = "the canaries" if canaries else "a batch in which nothing was clean"
                say(f"stopped after {whom}: {', '.join(bad)}; fix them, then repeat the command")
                return done
            time.sleep(pause)
    return done


def _clean(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.state == CLEAN


def update_one(member: Member, version: str, trust: bool = False, template: str = "") -> Outcome:
    """Update one product in a clone of its own, and push it as a request.

    Args:
        member: the product.
        version: the template's version to bring it to.
        trust: let the versions' migrations run.
        template: the address of the template from now on; empty for the recorded one.
    """
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        repository = Path(folder) / Path(member.name).name
        root = repository / member.folder
        output: list[str] = []
        is_open = True
        try:
            forge = forge_of(member.url, {TOKEN: member.token}, member.forge)
            clone = ["git", "clone", "--quiet", "--", member.url, str(repository)]
            cloned = subprocess.run(
                clone,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                env=environment(member),
            )
            if cloned.returncode:
                return Outcome(FAILED, causes.of_git(cloned.stderr))
            answers = root / ANSWERS
            causes.read_answers(answers.read_bytes() if answers.is_file() else b"")
            done = prepare(Product(root), lambda _: None, version, trust, False, template)
            if done.anything:
                is_open = open_request(root, forge, output.append)
        except subprocess.TimeoutExpired:
            return Outcome(FAILED, f"git took longer than {SECONDS} s")
        except DataopsError as error:
            return Outcome(FAILED, causes.of_error(error))
        words = "; ".join(output) or f"nothing newer than {done.before}"
        if done.conflicts:
            words += f"; conflicts in {', '.join(done.conflicts)}"
        if not is_open:
            return Outcome(LEFT, words)
        return Outcome(CLEAN if done.clean else CONFLICT, words)


def _read(journal: Path, version: str) -> dict[str, Outcome]:
    if not journal.is_file():
        return {}
    try:
        loaded = json.loads(journal.read_text(encoding="utf-8"))
        output = loaded["products"] if loaded["version"] == version else {}
        return {url: Outcome(**outcome) for url, outcome in output.items()}
    except (ValueError, KeyError, TypeError) as error:
        raise FleetError(f"{journal} is damaged: delete it to begin anew") from error


def _write(journal: Path, version: str, done: Mapping[str, Outcome]) -> None:
    """Replace the journal in one step: an interrupted run leaves the old or the new one."""
    output = {url: {"state": its.state, "said": its.said} for url, its in done.items()}
    fresh = journal.with_suffix(".new")
    fresh.write_text(
        json.dumps({"version": version, "products": output}, indent=1), encoding="utf-8"
    )
    fresh.replace(journal)


def summary(done: Mapping[str, Outcome]) -> str:
    """How many products ended in each state."""
    states = [outcome.state for outcome in done.values()]
    counts = [f"{states.count(state)} {state}" for state in (CLEAN, CONFLICT, LEFT, FAILED)]
    return f"{len(states)} product{'s' * (len(states) != 1)}: {', '.join(counts)}"
