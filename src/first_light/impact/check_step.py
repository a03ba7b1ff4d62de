"""Impact as one step of `dataops check`: what to build, then the verdict and the reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from first_light.dbt.engine import DbtRun, Engine
from first_light.impact import classify as judge
from first_light.impact import markdown
from first_light.impact import text as words
from first_light.impact.change import Change, NoBase
from first_light.impact.document import as_json
from first_light.impact.findings import Impact
from first_light.project.product import ANSWERS, Product
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, PASSED, WARNED, Step
from first_light.warehouse.scratch import EngineError

if TYPE_CHECKING:  # it imports the SQL parser, which only a change needs
    from first_light.impact.current import CurrentSide
    from first_light.impact.plan import Plan

NAME, BOARDS = "impact", "boards"
IMPACT_PAGE = "impact.html"
# A hook that has changed may say something else of every file.
_ALL_MODELS = "*"
_TOOLS = (
    ".pre-commit-config.yaml",
    ".pre-commit-team.yaml",
    ".yamllint",
    ".secrets.baseline",
    "uv.lock",
    "pyproject.toml",
    "dataops/",
)


class ImpactStep:
    """What the change does, beside the other steps of a check.

    Args:
        product: head.
        change: the change, or why there is none to look at.
        dbt: head, as the check runs it.
        folder: target/check.
        progress: shows what is being done.
        current: the release to compare with, in place of base on the sample.
    """

    def __init__(
        self,
        product: Product,
        change: Change | NoBase,
        dbt: Engine,
        folder: Path,
        progress: Callable[[str], None],
        current: CurrentSide | None = None,
    ) -> None:
        self._product = product
        self._found = change
        self._dbt = dbt
        self._here = folder
        self._doing = progress
        self._current = current
        self._seconds = 0.0
        self._plan: Plan | NoBase = NoBase("")

    def prepare(self) -> list[str]:
        """Arguments for `dbt build` of head: only what the change reaches, or nothing for all."""
        if isinstance(self._found, NoBase):
            self._plan = self._found
            return []
        if self._current is None and not self._product.git("ls-tree", self._found.base, ANSWERS):
            reason = f"{self._found.ref} was not made from the template yet"
            self._plan = NoBase(reason)
            return []
        from first_light.impact import plan

        begin = time.monotonic()
        planned: Plan | NoBase
        try:
            planned = plan.plan(
                self._product, self._found, self._dbt, self._here, self._doing, self._current
            )
        except DataopsError as error:
            # Base's trouble must not keep head from being checked.
            planned = NoBase(str(error), WARNED)
        self._seconds = time.monotonic() - begin
        self._plan = self._explained(planned) if isinstance(planned, NoBase) else planned
        return [] if isinstance(planned, NoBase) else planned.arguments

    def _explained(self, without: NoBase) -> NoBase:
        """A base that cannot be built fails the check, unless a commit of the change says why."""
        if without.verdict != WARNED or isinstance(self._found, NoBase):
            return without
        log = self._product.git("log", "--format=%B", f"{self._found.base}..HEAD")
        return explained(without, log, self._found.ref)

    def stop(self) -> None:
        """End what still runs, when the check ends early."""
        if not isinstance(self._plan, NoBase) and self._plan.beside is not None:
            self._plan.beside.stop()

    @property
    def reached(self) -> str:
        """What part of head is built, in words; empty when all of it is."""
        if isinstance(self._plan, NoBase) or not self._plan.arguments:
            return ""
        return f"(the change reaches {len(self._plan.rows)} of {self._plan.total} models)"

    def judge_boards(self, built: DbtRun) -> Step:
        """Render the boards that the change reaches, and say which of their charts differ."""
        from first_light.impact import boards_step

        self._doing("boards")
        return boards_step.judge(self._product, self._plan, built, self._here)

    def judge(self, built: DbtRun) -> Step:
        """Compare, write impact.md, impact.html and impact.json, and give the verdict."""
        if isinstance(self._plan, NoBase):
            return no_impact(self._plan)
        from first_light.impact import page, run

        begin = time.monotonic()
        repeat = f"uv run dataops check --base {self._plan.change.ref}"
        if self._current is not None:
            repeat = "uv run dataops check --on current"
        try:
            impact = run.compare(self._plan, built, self._dbt, self._doing)
        except DataopsError as error:
            return no_impact(self._explained(NoBase(str(error), WARNED)))
        except EngineError as error:
            message = f"Base and this branch could not be compared: {error}"
            return Step(NAME, FAILED, time.monotonic() - begin, "", (message,), repeat)
        text = markdown.markdown(impact)
        (self._here / "impact.md").write_text(text, encoding="utf-8")
        (self._here / IMPACT_PAGE).write_text(page.page(impact), encoding="utf-8")
        (self._here / "impact.json").write_text(as_json(impact), encoding="utf-8")
        seconds = self._seconds + time.monotonic() - begin
        return step_of(impact, seconds, repeat)


def step_of(impact: Impact, seconds: float, repeat: str = "") -> Step:
    """The step that an impact amounts to."""
    page = f"target/check/{IMPACT_PAGE}"
    if not impact.allowed:
        details = tuple(words.attention(impact))
        problems = tuple(words.problems(impact))
        return Step(NAME, FAILED, seconds, impact.headline, details, repeat, page, problems)
    doubts = [f"{m.name}: {m.unknown}" for m in impact.unknown]
    doubts += [f"{m.name} {words.summary(m)}" for m in impact.unstable]
    doubts += [f"{m.name} {m.change.sentence}" for m in impact.metrics if m.unknown]
    if doubts:
        return Step(NAME, WARNED, seconds, impact.headline, tuple(doubts), page=page)
    return Step(NAME, PASSED, seconds, impact.headline, page=page)


def no_impact(change: NoBase) -> Step:
    """The step when there is nothing to compare with; everything was built."""
    details = (f"{change.why}\nEverything was built; the data changes are unknown.",)
    if change.verdict == "skipped":
        return Step(NAME, change.verdict, 0.0, change.why)
    return Step(NAME, change.verdict, 0.0, "not known", details, change.fix)


def explained(without: NoBase, log: str, ref: str) -> NoBase:
    """The verdict on a base that cannot be built: nothing is known of what the change does.

    Args:
        without: why there is no base to compare with.
        log: the messages of the change's commits.
        ref: what the change is compared with.
    """
    declared, _ = judge.declared_in(log)
    if reason := declared.get(_ALL_MODELS):
        return NoBase(f"{without.why}\nIt was explained: {reason}", WARNED, without.fix)
    line = f"{judge.TRAILER}: {_ALL_MODELS} -- {judge.PLACEHOLDER}"
    text = (
        f"{without.why}\nWithout it, nobody knows what this change does to the data. Correct "
        f"{ref}, or say at the end of a commit message why that is not needed: {line}"
    )
    return NoBase(text, FAILED, f"uv run dataops check --base {ref}")


def files_to_check(change: Change | NoBase) -> frozenset[str] | None:
    """The files that hooks must see: those of the change, or all (None) when a tool changed."""
    if isinstance(change, NoBase) or change.touches(*_TOOLS):
        return None
    if any(name.rsplit("/", 1)[-1] == ".sqlfluff" for name in change.files):
        return None
    return change.files
