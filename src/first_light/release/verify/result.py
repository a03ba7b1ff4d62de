"""The result of a verification: each guarantee, whether it held, and how long things took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from first_light.store.run_ids import run_number

_MIXTURE = "mixture"  # how the problem of a query begins that saw two releases


@dataclass(frozen=True)
class Visit:
    """One query of a reader.

    Attributes:
        at: when it began, in seconds since 1970.
        seconds: its duration, with the connection.
        release: the release that it saw; empty if none.
        problem: what was wrong; empty if it saw one release whole.
    """

    at: float
    seconds: float
    release: str
    problem: str


@dataclass(frozen=True)
class Guarantee:
    """One guarantee, as it was tried.

    Attributes:
        name: what is guaranteed.
        held: whether it held.
        evidence: what was done and seen, in one sentence.
        seconds: the longest time that the step took; None where there is none.
    """

    name: str
    held: bool
    evidence: str
    seconds: float | None = None


@dataclass(frozen=True)
class Verification:
    """All guarantees of a warehouse.

    Attributes:
        warehouse: its name in dbt.
        guarantees: in the order in which they were tried.
    """

    warehouse: str
    guarantees: tuple[Guarantee, ...]

    @property
    def held(self) -> bool:
        """Whether all held."""
        return all(guarantee.held for guarantee in self.guarantees)


def reading(name: str, visits: Sequence[Visit], known: Sequence[str]) -> Guarantee:
    """Whether readers saw one whole release each time, and none of an earlier number later on.

    Args:
        name: what is guaranteed.
        visits: the queries of all readers; there must have been some.
        known: the releases that may be seen.
    """
    problems = [visit for visit in visits if visit.problem or visit.release not in known]
    slowest = max((visit.seconds for visit in visits), default=None)
    evidence = f"{len(visits)} queries saw {len({v.release for v in visits} - {''})} releases"
    if mixtures := [visit for visit in problems if visit.problem.startswith(_MIXTURE)]:
        evidence += f"; {len(mixtures)} of them a mixture, for {_window(mixtures):.3f} s in all"
    if others := [visit for visit in problems if visit not in mixtures]:
        evidence += f"; {len(others)} failed: {others[0].problem or others[0].release}"
    return Guarantee(name, bool(visits) and not problems, evidence, slowest)


def order(visits: Sequence[Visit]) -> int:
    """How often a reader saw an older release after a newer one, while only newer ones came.

    Args:
        visits: the queries of one reader, in order.
    """
    numbers = [run_number(visit.release) for visit in visits if visit.release]
    return sum(later < earlier for earlier, later in pairwise(numbers))


def _window(mixtures: Sequence[Visit]) -> float:
    """How long releases were mixed: for each label from the first to the last such query."""
    times: dict[str, list[float]] = {}
    for visit in mixtures:
        times.setdefault(visit.release, []).extend((visit.at, visit.at + visit.seconds))
    return sum(max(moments) - min(moments) for moments in times.values())
