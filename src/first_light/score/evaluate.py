"""`dataops score`: twelve questions about how a team works, answered by machine."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from first_light.figures.compute import Ledger
from first_light.project.baseline import Trend
from first_light.project.product import Product
from first_light.score.evidence import Evidence, gather
from first_light.score.rules import NO, QUESTIONS, UNKNOWN, YES, Answer
from first_light.status.current import open_ledger
from first_light.utils.templates import render

__all__ = ["ScoredQuestion", "answer_all", "badge", "score", "show"]

_COLOURS = {YES: "green", NO: "red", UNKNOWN: "yellow"}


@dataclass(frozen=True)
class ScoredQuestion:
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


def score(product: Product, book: Ledger | None = None) -> tuple[ScoredQuestion, ...]:
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


def answer_all(evidence: Evidence) -> tuple[ScoredQuestion, ...]:
    """The twelve answers that the evidence gives."""
    questions = []
    for question in QUESTIONS:
        title, _, reason = (inspect.getdoc(question) or "").partition("\n\n")
        questions.append(
            ScoredQuestion(question.__name__, title, " ".join(reason.split()), question(evidence))
        )
    return tuple(questions)


def points(questions: tuple[ScoredQuestion, ...]) -> int:
    """How many are answered with yes: unknown is not yes."""
    return sum(question.answer.verdict == YES for question in questions)


def show(out: Console, questions: tuple[ScoredQuestion, ...], debt: Trend | None = None) -> None:
    """For people: what is a yes in one line; the others with why it matters and what to do.

    Args:
        out: where to print.
        questions: the answers.
        debt: of the baseline, if there is one.
    """
    for question in questions:
        verdict = question.answer.verdict
        out.print(f"[{_COLOURS[verdict]}]{verdict:<8}[/]{escape(question.question)}")
        out.print(f"        [dim]{escape(question.answer.evidence)}[/]")
        if verdict != YES:
            out.print(f"        [dim]{escape(question.why)}[/]")
            out.print(f"        next: {escape(question.answer.next)}")
    if debt is not None:
        out.print(f"baseline: {debt}")
    out.print()
    out.print(f"[bold]{points(questions)} of {len(questions)}[/]")


def badge(questions: tuple[ScoredQuestion, ...]) -> str:
    """The score as a small SVG, for a README."""
    good, total = points(questions), len(questions)
    colour = "#1b7340" if good >= 10 else "#8a5a00" if good >= 6 else "#b3261e"
    return render("score/templates/badge.svg.j2", colour=colour, text=f"{good} of {total}")
