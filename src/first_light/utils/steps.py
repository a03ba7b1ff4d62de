"""Steps of a command and their verdicts, drawn for the terminal, a job summary and machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.table import Table
from rich.text import Text

PASSED, WARNED, FAILED, SKIPPED = "passed", "warned", "failed", "skipped"
_COLOURS = {PASSED: "green", WARNED: "yellow", FAILED: "red", SKIPPED: "dim"}
NO_FRESHNESS = "no source says when it was loaded"
_SIGNS = {PASSED: "✅", WARNED: "⚠️", FAILED: "❌", SKIPPED: "➖"}

# GitHub drops a job summary over 1 MiB.
_DETAILS_SHOWN = 40
_DETAIL_LENGTH = 8_000


@dataclass(frozen=True)
class Step:
    """One step that was tried.

    Attributes:
        name: what was done, a few words.
        verdict: passed, warned, failed or skipped.
        seconds: wall time; 0 when it did not run.
        summary: one short remark, e.g. "24 models, 96 tests".
        details: what failed or warned, with the rows or lines that show it.
        repeat: the command that repeats just this step; empty when there is none.
        page: the page that shows more, relative to the product; empty when there is none.
    """

    name: str
    verdict: str
    seconds: float = 0.0
    summary: str = ""
    details: tuple[str, ...] = ()
    repeat: str = ""
    page: str = ""


def verdict(steps: Sequence[Step]) -> str:
    """The whole's verdict: its worst step."""
    verdicts = {step.verdict for step in steps}
    return FAILED if FAILED in verdicts else WARNED if WARNED in verdicts else PASSED


def table(steps: Sequence[Step]) -> Table:
    """The steps as a terminal table: step, verdict, seconds, remark."""
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, justify in (("step", "left"), ("verdict", "left"), ("seconds", "right")):
        drawn.add_column(heading, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    drawn.add_column("")
    for step in steps:
        drawn.add_row(
            Text(step.name),
            Text(step.verdict, style=_COLOURS[step.verdict]),
            f"{step.seconds:.1f}" if step.seconds else "",
            Text(step.summary or step.page, style="dim"),
        )
    return drawn


def markdown(title: str, steps: Sequence[Step]) -> str:
    """The steps as Markdown, for a job summary."""
    lines = [
        f"## {_SIGNS[verdict(steps)]} {title}: {verdict(steps)}",
        "",
        "| step | verdict | seconds | |",
        "|---|---|---:|---|",
    ]
    for step in steps:
        seconds = f"{step.seconds:.1f}" if step.seconds else ""
        remark = (step.summary or step.page).replace("|", "\\|").replace("\n", " ")
        lines.append(
            f"| {step.name} | {_SIGNS[step.verdict]} {step.verdict} | {seconds} | {remark} |"
        )
    for step in steps:
        if step.details:
            lines += ["", f"### {_SIGNS[step.verdict]} {step.name}", ""]
            for detail in map(_clipped, step.details[:_DETAILS_SHOWN]):
                fence = "`" * max(3, _longest_run(detail, "`") + 1)
                lines += [f"{fence}text", detail, fence]
            if (more := len(step.details) - _DETAILS_SHOWN) > 0:
                lines += ["", f"… and {more} more, in report.json"]
            if step.repeat:
                lines += ["", f"Repeat just this: `{step.repeat}`"]
    return "\n".join(lines) + "\n"


def brief(title: str, steps: Sequence[Step]) -> str:
    """The verdict and what is behind it, one line a step, without the rows that show it."""
    whole = verdict(steps)
    lines = [f"## {_SIGNS[whole]} {title}: {whole}"]
    told = [step for step in steps if step.verdict in (FAILED, WARNED)]
    lines += [""] * bool(told)
    for step in told:
        remark = f": {_one_line(step.summary)}" if step.summary else ""
        repeat = f" · `{step.repeat}`" if step.repeat and step.verdict == FAILED else ""
        lines.append(f"- {_SIGNS[step.verdict]} {step.name}{remark}{repeat}")
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;").replace("|", "\\|")


def _clipped(detail: str) -> str:
    if len(detail) <= _DETAIL_LENGTH:
        return detail
    return detail[:_DETAIL_LENGTH] + "\n… cut here, the rest is in report.json"


def as_json(steps: Sequence[Step]) -> str:
    """The steps as JSON, for machines."""
    report = {"verdict": verdict(steps), "steps": [asdict(step) for step in steps]}
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _longest_run(text: str, sign: str) -> int:
    longest = run = 0
    for letter in text:
        run = run + 1 if letter == sign else 0
        longest = max(longest, run)
    return longest
