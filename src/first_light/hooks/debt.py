"""The baseline in one check: what it accepts of a change, and which entries are stale."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from first_light.hooks import present, project_rules
from first_light.hooks.listing import Finding
from first_light.project import baseline
from first_light.project.baseline import RULES, Baseline
from first_light.project.product import Product
from first_light.utils.steps import PASSED, WARNED, Step

STEP = "baseline"
_MOST_ENTRIES = 10


class Debt:
    """Accepts recorded findings, except those in the files of a change.

    The change that records the baseline is an exception: it usually touches many files.

    Args:
        product: the product.
        base: the commit that the change is compared with; empty if there is none.
        ref: that commit, as people call it.
        files: the files of the change.

    Raises:
        DataopsError: the baseline cannot be read.
    """

    def __init__(self, product: Product, base: str, ref: str, files: Collection[str]) -> None:
        self._root = product.root
        self._recorded = baseline.read(product.root)
        self._ref = ref
        self._before: Baseline | None = None
        if base and (text := product.git("show", f"{base}:./{baseline.FILE}", check=False)):
            self._before = baseline.parse(text)
        self._touched = frozenset(files) if self._before is not None else frozenset()
        self._stale: list[str] = []

    @property
    def excluded(self) -> dict[str, frozenset[str]]:
        """The files that a hook, by its id, need not examine."""
        if self._recorded is None:
            return {}
        return {hook: self._recorded.files_of(hook) - self._touched for hook in present.HOOKS}

    def judged(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The violations of project rules that are not accepted."""
        if self._recorded is not None:
            self._stale += self._recorded.stale(RULES, project_rules.numbers(findings))
        return project_rules.judged(findings, self._recorded, self._touched)

    def note_clean(self, hook: str) -> None:
        """Note that a hook passed on the files of the change: their entries no longer apply."""
        if self._recorded is None:
            return
        for entry in self._recorded.stale(hook, {}):
            name = entry.partition(", ")[2].rpartition(": ")[0]
            if name in self._touched or not Path(self._root, name).exists():
                self._stale.append(entry)

    def step(self) -> Step | None:
        """The number of findings, and a warning for entries that no longer apply."""
        if self._recorded is None:
            return None
        total, files = self._recorded.total, len(self._recorded.files)
        summary = f"{total:,} finding{'s' * (total != 1)} in {files} file{'s' * (files != 1)}"
        if self._before is not None and (difference := total - self._before.total):
            more = "more" if difference > 0 else "fewer"
            summary += f", {abs(difference):,} {more} than {self._ref}"
        if not self._stale:
            return Step(STEP, PASSED, 0.0, summary)
        listed = self._stale[:_MOST_ENTRIES]
        if (others := len(self._stale) - len(listed)) > 0:
            listed.append(f"and {others} more")
        number = len(self._stale)
        message = (
            "1 entry no longer applies" if number == 1 else f"{number} entries no longer apply"
        )
        details = (f"{message}; remove with: uv run dataops baseline", *listed)
        return Step(STEP, WARNED, 0.0, f"{summary}; {message}", details)
