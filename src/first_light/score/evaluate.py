"""`dataops score`: twelve questions about how a team works, answered by machine."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from first_light.figures.compute import Ledger
from first_light.project.product import Product
from first_light.score.evidence import Evidence, gather
from first_light.score.rules import NO, QUESTIONS, UNKNOWN, YES, Answer
from first_light.status.current import open_ledger
from first_light.utils.templates import render

__all__ = ["Asked", "answer_all", "as_json", "badge", "score", "show"]

_COLOURS = {YES: "green", NO: "red", UNKNOWN: "yellow"}


@dataclass(frozen=True)
class Asked:
    """One question with its answer.

    Attributes:
        name: for machines.
        question, why: for people.
        answer: yes, no or unknown, with evidence and the next step.
    """

    name: str
    question: str
    why: str
    answer: Answer


def score(product: Product, book: Ledger | None = None) -> tuple[Asked, ...]:
    """The twelve answers.

    Args:
        product: the product.
        book: its ledger, where one is open already.

    Raises:
        DataopsError: the store can't be read.
    """
    if book is not None:
        return answer_all(gather(product, book))
    with open_ledger(product) as opened:
        return answer_all(gather(product, opened))


def answer_all(known: Evidence) -> tuple[Asked, ...]:
    """The twelve answers that the evidence gives."""
    found = []
    for question in QUESTIONS:
        asked, _, why = (inspect.getdoc(question) or "").partition("\n\n")
        found.append(Asked(question.__name__, asked, " ".join(why.split()), question(known)))
    return tuple(found)


def points(found: tuple[Asked, ...]) -> int:
    """How many are answered with yes: unknown is not yes."""
    return sum(one.answer.verdict == YES for one in found)


def show(out: Console, found: tuple[Asked, ...]) -> None:
    """For people: what is a yes in one line; the others with why it matters and what to do."""
    for one in found:
        verdict = one.answer.verdict
        out.print(f"[{_COLOURS[verdict]}]{verdict:<8}[/]{escape(one.question)}")
        out.print(f"        [dim]{escape(one.answer.evidence)}[/]")
        if verdict != YES:
            out.print(f"        [dim]{escape(one.why)}[/]")
            out.print(f"        next: {escape(one.answer.next)}")
    out.print()
    out.print(f"[bold]{points(found)} of {len(found)}[/]")


def as_json(found: tuple[Asked, ...]) -> str:
    """For machines."""
    return json.dumps(
        {
            "score": points(found),
            "total": len(found),
            "questions": [
                {
                    "name": one.name,
                    "question": one.question,
                    "answer": one.answer.verdict,
                    "evidence": one.answer.evidence,
                    "why": one.why,
                    "next_step": one.answer.next,
                }
                for one in found
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


def badge(found: tuple[Asked, ...]) -> str:
    """The score as a small SVG, for a README."""
    good, whole = points(found), len(found)
    colour = "#1b7340" if good >= 10 else "#8a5a00" if good >= 6 else "#b3261e"
    return render("score/templates/badge.svg.j2", colour=colour, text=f"{good} of {whole}")
