"""Findings of hooks: read from their output, and shown as one line per rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from first_light.utils.steps import Problem

FINDINGS: Final = "target/check/findings.txt"
_SQL_FILE = re.compile(r"^== \[(?P<file>.+)\] (?P<verdict>FAIL|PASS|FIXED)$")
_SQL = re.compile(r"^L:\s*(?P<line>\d+) \| P:\s*\d+ \| +(?P<rule>\w+) \| (?P<text>.*)$")
_SQL_MORE = re.compile(r"^ +\| (?P<text>.*)$")
_YAML = re.compile(r"^ +(?P<line>\d+):\d+ +(?:error|warning) +(?P<text>.*)  \((?P<rule>[\w-]+)\)$")
FIXED: Final = re.compile(r"^Fixing (?P<file>.+)$", re.MULTILINE)
"""What a fixer says of a file that it rewrites."""


@dataclass(frozen=True)
class Finding:
    """One finding of a hook.

    Attributes:
        rule: its name within the hook.
        file: relative to the product.
        text: what is wrong and where.
    """

    rule: str
    file: str
    text: str


def read_findings(output: str) -> tuple[Finding, ...]:
    """The findings in the output of sqlfluff, yamllint or a fixer; none if it is of other tools."""
    findings: list[Finding] = []
    file = ""
    for line in output.splitlines():
        if head := _SQL_FILE.match(line):
            file = head["file"]
        elif (match := _SQL.match(line)) or (file and (match := _YAML.match(line))):
            findings.append(Finding(match["rule"], file, f"{file}:{match['line']} {match['text']}"))
        elif findings and (more := _SQL_MORE.match(line)):
            last = findings[-1]
            findings[-1] = Finding(last.rule, last.file, f"{last.text} {more['text']}")
        elif fixed := FIXED.match(line):
            findings.append(Finding("", fixed["file"], f"{fixed['file']} was rewritten"))
        elif line and not line.startswith((" ", "-", "=")):
            file = line  # yamllint's head of a file
    return tuple(dict.fromkeys(findings))


def problems(findings: Sequence[Finding], fix: str) -> tuple[Problem, ...]:
    """The findings for programs.

    Args:
        findings: the findings of one step.
        fix: what repeats or corrects it.
    """
    return tuple(_problem(finding, fix) for finding in findings)


def _problem(finding: Finding, fix: str) -> Problem:
    rule = f" [{finding.rule}]" if finding.rule else ""
    place, _, text = finding.text.partition(" ")
    if place.startswith(f"{finding.file}:"):
        return Problem(text + rule, place, fix)
    return Problem(finding.text + rule, finding.file, fix)


def per_rule(findings: Sequence[Finding]) -> tuple[str, ...]:
    """One line for each rule: its first finding and the number of the others."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    return tuple(_line(rule, group) for rule, group in by_rule.items())


def _line(rule: str, group: Sequence[Finding]) -> str:
    files = len({finding.file for finding in group})
    others = f"; {len(group) - 1} more in {files} file{'s' * (files != 1)}"
    name = f" [{rule}]" if rule else ""
    return group[0].text + name + (others if len(group) > 1 else "")


class FindingsFile:
    """All findings of a check, in a file.

    Args:
        root: the product.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / FINDINGS

    def add(self, step: str, findings: Sequence[Finding]) -> tuple[str, ...]:
        """Write a step's findings; returns what the step shows, a line for each rule.

        Args:
            step: the name of the step.
            findings: its findings; none to write and show nothing.
        """
        if not findings:
            return ()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"# {step}\n")
            file.writelines(
                f"{finding.text}{f' [{finding.rule}]' * bool(finding.rule)}\n"
                for finding in findings
            )
        lines = per_rule(findings)
        return (*lines, f"all findings: {FINDINGS}") if len(findings) > len(lines) else lines
