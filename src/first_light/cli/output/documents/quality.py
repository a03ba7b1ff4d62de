"""The documents of the commands about the quality of the data and of the work on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from first_light.boards.results import Problem as BoardProblem
from first_light.cli.output.mutate import outcome
from first_light.commands import boards as boards_command
from first_light.drill.result import Drilled
from first_light.drill.scratch import Detection as Seen
from first_light.monitors.accepted import FILE
from first_light.monitors.accepted import Accepted as Entry
from first_light.mutation.result import Strength
from first_light.project.baseline import Trend
from first_light.release.verify.result import Verification
from first_light.score.evaluate import ScoredQuestion, points
from first_light.utils.steps import Problem


@dataclass(frozen=True)
class Report:
    """The result of `dataops report`."""

    page: str
    """Absolute path of the page; report.json lies beside it."""
    warnings: tuple[str, ...]
    """What could not be read, one sentence each."""


@dataclass(frozen=True)
class AcceptedFinding:
    """A finding that is normal from now on."""

    check: str
    """The check."""
    subject: str
    """dbt's id of the node."""
    column: str
    """The column; empty for a whole node."""
    value: float
    """The value that was seen; 0 for a check without one."""
    run: str
    """Id of the run that saw it."""


@dataclass(frozen=True)
class Accept:
    """The result of `dataops accept`."""

    accepted: tuple[AcceptedFinding, ...]
    """The finding, and those downstream of it."""
    file: str
    """The file that records them; commit it."""
    next: tuple[str, ...]
    """What comes next."""


@dataclass(frozen=True)
class Detection:
    """Something that detected a fault."""

    check: str
    """Kind of the check."""
    name: str
    """Its name."""
    rejects: bool
    """Whether it rejects the release."""
    message: str
    """What it says."""


@dataclass(frozen=True)
class RejectedDay:
    """A clean day that was rejected."""

    day: str
    """ISO 8601 date."""
    detections: tuple[Detection, ...]
    """What rejected it."""


@dataclass(frozen=True)
class Fault:
    """A fault of the drill."""

    fault: str
    """Its name."""
    description: str
    """What goes wrong."""
    source: str
    """Where; empty if no source can have it."""
    outcome: str
    """`rejected`, `warned`, `missed` or `not replayed`."""
    detections: tuple[Detection, ...]
    """What detected it."""
    skip_reason: str
    """Why it was not replayed; empty if it was."""


@dataclass(frozen=True)
class Drill:
    """The result of `dataops drill`."""

    clean_days: int
    """Clean deliveries that were replayed before the faults."""
    rejected_days: tuple[RejectedDay, ...]
    """Those that were rejected."""
    false_alarms: int
    """How often a clean day was rejected; days in a row count once."""
    warned_days: int
    """Clean days with a warning."""
    replayed: int
    """Number of faults that were replayed."""
    detected: int
    """Number of those that were detected before publishing."""
    excluded_nodes: tuple[str, ...]
    """dbt's ids of nodes that a drill does not build."""
    faults: tuple[Fault, ...]
    """The faults."""


@dataclass(frozen=True)
class Stop:
    """Something that stops a change."""

    kind: str
    """`test`, `unit test`, `contract`, `monitor` or `declaration`."""
    name: str
    """Its name."""


@dataclass(frozen=True)
class Mutant:
    """A change of the product's own SQL that changes a result."""

    model: str
    """The model."""
    path: str
    """Its file."""
    line: int | None
    """The line in it; null if it is not known."""
    operator: str
    """Kind of the change."""
    before: str
    """The SQL before."""
    after: str
    """The SQL after."""
    outcome: str
    """`stopped`, `declaration` or `survived`."""
    stopped_by: tuple[Stop, ...]
    """What stops it."""
    drafted_unit_test: str | None
    """A unit test that would stop it; null if none was drafted."""


@dataclass(frozen=True)
class Mutate:
    """The result of `dataops mutate`."""

    changes: int
    """Number of changes that change a result."""
    stopped: int
    """Number of those that something stops."""
    stopped_by_test: int
    """Number of those that a test stops."""
    without_effect: int
    """Number of changes that change no result."""
    not_tried: int
    """Number of changes that were not tried because of `--most`."""
    left_out: dict[str, str]
    """Models that were not changed, with the reason."""
    failing_tests: tuple[str, ...]
    """Tests that fail without any change; they stop nothing."""
    results: tuple[Mutant, ...]
    """The changes that change a result."""


@dataclass(frozen=True)
class Practice:
    """A practice that the score rates."""

    name: str
    """Its name."""
    question: str
    """The question."""
    answer: str
    """`yes`, `no` or `unknown`."""
    evidence: str
    """What in the repository or the history says so."""
    why: str
    """Why it matters."""
    next_step: str
    """What to do next."""


@dataclass(frozen=True)
class BaselineTrend:
    """How the number of recorded findings developed."""

    now: int
    """Findings now."""
    first: int
    """Findings in the first commit of the baseline."""
    since: str
    """Date of that commit, ISO 8601; empty before it."""


@dataclass(frozen=True)
class Score:
    """The result of `dataops score`."""

    score: int
    """Number of practices with a yes."""
    total: int
    """Number of practices."""
    baseline: BaselineTrend | None
    """The findings of the baseline; null without one."""
    questions: tuple[Practice, ...]
    """The practices."""


@dataclass(frozen=True)
class WarehouseGuarantee:
    """A guarantee of the warehouse, as it was tried."""

    name: str
    """What is guaranteed."""
    held: bool
    """Whether it held."""
    evidence: str
    """What was done and seen."""
    seconds: float | None
    """The longest time that the step took; null if there is none."""


@dataclass(frozen=True)
class WarehouseVerification:
    """The result of `dataops warehouse verify`."""

    warehouse: str
    """Its name in dbt."""
    held: bool
    """Whether every guarantee held."""
    guarantees: tuple[WarehouseGuarantee, ...]
    """In the order in which they were tried."""


@dataclass(frozen=True)
class Board:
    """A board that was rendered."""

    file: str
    """Its file, relative to the product."""
    verdict: str
    """`passed`, `warned` or `failed`."""
    problems: tuple[Problem, ...]
    """What readers would see as broken or blank."""


@dataclass(frozen=True)
class Boards:
    """The result of `dataops boards render`."""

    index: str
    """Absolute path of the page that lists the boards."""
    boards: tuple[Board, ...]
    """The boards."""
    exposures: str
    """The file of their exposures if it changed; otherwise empty."""


def accept(entries: Sequence[Entry]) -> Accept:
    """What is normal from now on."""
    accepted = tuple(
        AcceptedFinding(each.check, each.subject, each.column, each.value, each.run)
        for each in entries
    )
    return Accept(accepted, FILE, (f"commit {FILE}", "uv run dataops release"))


def drill(result: Drilled) -> Drill:
    """What a drill detected."""
    return Drill(
        result.days,
        tuple(RejectedDay(day, _detections(seen)) for day, seen in result.rejected),
        result.alarms,
        result.warned,
        result.replayed,
        result.detected,
        result.left_out,
        tuple(
            Fault(
                fault.fault,
                fault.description,
                fault.source,
                fault.outcome,
                _detections(fault.seen),
                fault.skipped,
            )
            for fault in result.faults
        ),
    )


def mutate(strength: Strength) -> Mutate:
    """What stops changes of the SQL."""
    return Mutate(
        len(strength.judged),
        strength.stopped,
        strength.tested,
        strength.without_effect,
        strength.not_tried,
        strength.left_out,
        strength.failing,
        tuple(
            Mutant(
                judged.model,
                judged.path,
                judged.line or None,
                judged.mutant.operator,
                judged.mutant.before,
                judged.mutant.after,
                outcome(judged),
                tuple(Stop(stop.by, stop.name) for stop in judged.stops),
                judged.draft or None,
            )
            for judged in strength.judged
        ),
    )


def score(questions: Sequence[ScoredQuestion], debt: Trend | None) -> Score:
    """How the product does on the practices."""
    return Score(
        points(tuple(questions)),
        len(questions),
        BaselineTrend(debt.now, debt.first, debt.since) if debt else None,
        tuple(
            Practice(
                question.name,
                question.question,
                question.answer.verdict,
                question.answer.evidence,
                question.why,
                question.answer.next,
            )
            for question in questions
        ),
    )


def verification(result: Verification) -> WarehouseVerification:
    """What a warehouse guarantees."""
    return WarehouseVerification(
        result.warehouse,
        result.held,
        tuple(
            WarehouseGuarantee(each.name, each.held, each.evidence, each.seconds)
            for each in result.guarantees
        ),
    )


def boards(result: boards_command.Boards) -> Boards:
    """What was rendered, and what is wrong with it."""
    return Boards(
        str(result.index),
        tuple(
            Board(
                rendered.board.path,
                verdict(rendered.problems),
                tuple(
                    Problem(problem.message, rendered.board.at(problem.line))
                    for problem in rendered.problems
                ),
            )
            for rendered in result.rendered
        ),
        result.exposures,
    )


def verdict(problems: Sequence[BoardProblem]) -> str:
    """`failed` if a release would be rejected, `warned` if it would warn, else `passed`."""
    if any(problem.level == "error" for problem in problems):
        return "failed"
    return "warned" if problems else "passed"


def _detections(detections: Sequence[Seen]) -> tuple[Detection, ...]:
    return tuple(Detection(each.by, each.name, each.rejects, each.message) for each in detections)
