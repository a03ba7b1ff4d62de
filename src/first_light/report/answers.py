"""The three questions at the top of the report: is the data good, is it on time, what is open."""

from __future__ import annotations

from dataclasses import dataclass

from first_light.figures.compute import duration
from first_light.history.carried import build_counts
from first_light.history.record import FAILED, REHEARSAL, REJECTED
from first_light.history.warned import tests_that_warned
from first_light.report.facts import Facts
from first_light.report.words import count, elapsed, time_text, when_text
from first_light.status.freshness import data_line


@dataclass(frozen=True)
class Card:
    """One question with its answer.

    Attributes:
        question: the question.
        state: good, bad or calm.
        answer: in a few words.
        reason: why that is the answer.
    """

    question: str
    state: str
    answer: str
    reason: str


def answers(facts: Facts) -> tuple[Card, ...]:
    """The three answers. What is not known is never called good."""
    return (_quality(facts), _punctuality(facts), _open(facts))


def _quality(facts: Facts) -> Card:
    status, current = facts.status, facts.status.current

    def card(state: str, answer: str, reason: str) -> Card:
        return Card("Is the data good now?", state, answer, reason)

    if current is None:
        return card("bad", "No release yet", "Nothing was published: uv run dataops release")
    published = f"Published {when_text(current.ended_at)}, {elapsed(status.age)} ago."
    if data := data_line(status.sources, status.at):
        published += f" Data {data}."
    if (built := build_counts(current)).carried_over:
        published += f" Nodes: {built}."
    reported = [incident for incident in status.open if incident.detected_by == "person"]
    if reported:
        reason = f"{reported[0].label}. {reported[0].between}. {published}"
        return card("bad", "Known error", reason)
    if status.readers.release is None:
        return card("calm", "Unknown", f"The warehouse could not be queried. {published}")
    if status.readers.problem:
        return card(
            "bad", "Differs from the release", f"Readers {status.readers.problem}. {published}"
        )
    if current.kind == REHEARSAL:
        return card("calm", "A rehearsal", f"Built from the sample, not from raw. {published}")
    last = status.last
    if last is not None and last.outcome in (REJECTED, FAILED, "crashed", "stopped"):
        reason = f"The last run was {last.outcome}; readers keep {current.run}. {published}"
        return card("bad", "The last good release", reason)
    if status.stale:
        return card("bad", "Too old", f"{_stale(facts)} {published}")
    return card("good", "Yes", f"{current.run} passed its audit. {published}")


def _punctuality(facts: Facts) -> Card:
    status, current = facts.status, facts.status.current

    def card(state: str, answer: str, reason: str) -> Card:
        return Card("Is it on time?", state, answer, reason)

    if not facts.deadline:
        return card("calm", "No deadline", "This product has no deadline.")
    if status.late:
        missed = count(len(status.late), "deadline")
        since = time_text(status.late[0])
        return card("bad", "Late", f"{missed} passed without a new release, since {since}.")
    if status.stale and current is not None:
        return card("bad", "Data is missing", _stale(facts))
    due = f"due each day at {facts.deadline} UTC"
    if current is None:
        return card("bad", "Unknown", "Nothing was published yet.")
    if current.kind == REHEARSAL:
        reason = f"Nothing was built from raw yet; {due}, once there is raw data."
        return card("calm", "Unknown", reason)
    return card("good", "Yes", f"Nothing is late; {due}.")


def _stale(facts: Facts) -> str:
    stale = facts.status.stale
    more = f" And {len(stale) - 1} more." if len(stale) > 1 else ""
    return stale[0].problem + more


def _open(facts: Facts) -> Card:
    status = facts.status

    def card(state: str, answer: str, reason: str) -> Card:
        return Card("Open incidents", state, answer, reason)

    if status.open:
        oldest = max(status.open, key=lambda incident: incident.seconds)
        owners = ", ".join(sorted({incident.owner or "nobody" for incident in status.open}))
        reason = f"The oldest for {duration(oldest.seconds)}. Owned by: {owners}."
        return card("bad", count(len(status.open), "incident"), reason)
    if status.warned:
        reason = f"The current release passed its audit with warnings: {status.warned[0].message}"
        return card("calm", count(len(status.warned), "warning"), reason)
    if tests := tests_that_warned(status.current):
        reason = f"Tests of the current release warned: {tests[0].name}"
        return card("calm", count(len(tests), "warning"), reason)
    if status.last is None:
        return card("calm", "Unknown", "Nothing has run yet.")
    return card("good", "Nothing", "No incident is open.")
