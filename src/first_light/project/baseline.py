"""The baseline: findings that a project had when it adopted the template, in baseline.yml.

    rules/description:
      models/legacy.sql: 1
    sql/LT01:
      models/legacy.sql: 12

A key is a hook and its rule, then the file, then the number of findings. They are debt: `dataops
check` accepts them, until a change adds to them or touches the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.whole_files import write_whole

FILE: Final = "baseline.yml"
RULES: Final = "rules"
"""The hook of the project rules."""

_HEAD = (
    "# Findings that were here before their rule applied: hook and rule, file, number.\n"
    "# `dataops check` judges what a change adds, and the files that it touches.\n"
    "# Written by `dataops baseline`, which removes what no longer applies.\n"
)


@dataclass(frozen=True)
class Baseline:
    """Recorded findings.

    Attributes:
        findings: number of findings by rule (such as rules/owner, sql/LT01, whitespace) and file.
            A rule without files is recorded, too: it had no findings.
    """

    findings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The number of findings."""
        return sum(number for files in self.findings.values() for number in files.values())

    @property
    def files(self) -> frozenset[str]:
        """The files with findings."""
        return frozenset(name for files in self.findings.values() for name in files)

    def files_of(self, hook: str) -> frozenset[str]:
        """The files with findings of one hook."""
        return frozenset(name for _, name, _ in self._entries(hook))

    def number(self, rule: str, file: str) -> int:
        """The recorded findings of one rule in one file."""
        return self.findings.get(rule, {}).get(file, 0)

    def stale(self, hook: str, present: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
        """The entries of a hook that are higher than what is present, a line each.

        Args:
            hook: its id.
            present: findings by rule and file.
        """
        return tuple(
            f"{rule}, {name}: {number} recorded, {present.get(rule, {}).get(name, 0)} present"
            for rule, name, number in self._entries(hook)
            if present.get(rule, {}).get(name, 0) < number
        )

    def shrunk(
        self, hook: str, present: Mapping[str, Mapping[str, int]], files: Collection[str]
    ) -> Baseline:
        """The baseline without a hook's findings that are no longer present.

        Args:
            hook: its id.
            present: findings by rule and file.
            files: the files that were looked at; entries of others stay.
        """
        kept: dict[str, dict[str, int]] = {}
        for rule, numbers in self.findings.items():
            if hook_of(rule) != hook:
                kept[rule] = dict(numbers)
                continue
            now = present.get(rule, {})
            least = {n: min(c, now.get(n, 0)) if n in files else c for n, c in numbers.items()}
            kept[rule] = {name: count for name, count in least.items() if count}
        return Baseline(kept)

    def _entries(self, hook: str) -> Iterator[tuple[str, str, int]]:
        for rule, files in self.findings.items():
            if hook_of(rule) == hook:
                yield from ((rule, name, number) for name, number in files.items())


def hook_of(rule: str) -> str:
    """The id of the hook that has a rule."""
    return rule.partition("/")[0]


def counted(findings: Collection[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """The number of findings by rule and file.

    Args:
        findings: rule and file of each.
    """
    result: dict[str, dict[str, int]] = {}
    for (rule, name), number in Counter(findings).items():
        result.setdefault(rule, {})[name] = number
    return result


def read(root: Path) -> Baseline | None:
    """A product's baseline; None if it has none.

    Raises:
        DataopsError: the file is not what `dataops baseline` writes.
    """
    path = root / FILE
    return parse(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else None


def parse(text: str) -> Baseline:
    """The baseline in the text of the file.

    Raises:
        DataopsError: it is not what `dataops baseline` writes.
    """
    try:
        loaded = yaml.safe_load(text) or {}
        findings = {
            str(rule): {str(name): int(number) for name, number in (files or {}).items()}
            for rule, files in loaded.items()
        }
    except (yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise DataopsError(
            "The baseline cannot be read.",
            where=f"{FILE}: {error}",
            fix=f"git checkout {FILE}",
        ) from None
    return Baseline(findings)


@dataclass(frozen=True)
class Trend:
    """How the number of recorded findings developed.

    Attributes:
        now: in the working tree.
        first: in the first commit of the baseline; as `now` before that commit.
        since: the date of that commit, ISO 8601; empty before it.
    """

    now: int
    first: int
    since: str = ""

    def __str__(self) -> str:
        text = f"{self.now:,} finding{'s' * (self.now != 1)}"
        return f"{text}, {self.first:,} on {self.since}" if self.since else text


def trend(product: Product) -> Trend | None:
    """The number of recorded findings now and at first; None if there is no baseline.

    Raises:
        DataopsError: a version of the file is not what `dataops baseline` writes.
    """
    now = read(product.root)
    if now is None:
        return None
    log = ("log", "--diff-filter=A", "--format=%H %cs", "--", FILE)
    commits = product.git(*log, check=False).splitlines()
    if not commits:
        return Trend(now.total, now.total)
    commit, _, date = commits[0].partition(" ")
    return Trend(now.total, parse(product.git("show", f"{commit}:./{FILE}")).total, date)


def write(root: Path, baseline: Baseline) -> None:
    """Write baseline.yml, sorted, so that a change of it is a few lines."""
    ordered = {
        rule: dict(sorted(files.items())) for rule, files in sorted(baseline.findings.items())
    }
    text = yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, width=1000)
    write_whole(root / FILE, (_HEAD + text).encode())
