"""What the team has accepted as the new normal: accepted.yml, a file in git, with a reason each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from first_light.dbt.graph import Graph
from first_light.history.log import History
from first_light.history.record import FindingRun
from first_light.utils.errors import DataopsError
from first_light.utils.whole_files import write_whole

FILE = "accepted.yml"
_HEAD = (
    "# Findings of the monitors that this team has accepted as expected, each with its reason.\n"
    "# Written by `dataops accept`; delete an entry to be alerted again.\n"
)


@dataclass(frozen=True)
class Accepted:
    """One finding that was accepted: the value of a check on a node, and a column if it has one.

    A check of names and types, as of a schema, has no value: it is 0.
    """

    check: str
    subject: str
    column: str
    value: float
    run: str
    because: str


def finding_id(finding: FindingRun) -> str:
    """What a finding is called: check, node and column."""
    return finding.id


def read_accepted(root: Path) -> tuple[Accepted, ...]:
    """What is accepted in this product.

    Raises:
        DataopsError: the file is not what `dataops accept` writes.
    """
    path = root / FILE
    if not path.is_file():
        return ()
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        return tuple(
            Accepted(
                str(entry["check"]),
                str(entry["subject"]),
                str(entry.get("column") or ""),
                float(entry["value"]),
                str(entry["run"]),
                str(entry["because"]),
            )
            for entry in loaded
        )
    except (yaml.YAMLError, OSError, TypeError, KeyError, ValueError, AttributeError) as error:
        raise DataopsError(
            "The file of accepted findings cannot be read.",
            where=f"{FILE}: {error}",
            fix=f"git checkout {FILE}, then: uv run dataops accept",
        ) from error


def accepted_values(
    accepted: Sequence[Accepted], subject: str
) -> dict[tuple[str, str], list[float]]:
    """The values that are accepted of a node, by check and column."""
    values: dict[tuple[str, str], list[float]] = {}
    for entry in accepted:
        if entry.subject == subject:
            values.setdefault((entry.check, entry.column), []).append(entry.value)
    return values


def accept(root: Path, history: History, finding: str, because: str) -> tuple[Accepted, ...]:
    """Take a finding of the last runs for the new normal, with what it led to downstream.

    Of a source everything that was found in the same delivery is accepted with it. What was found
    in several deliveries of one run is accepted in all of them.

    Args:
        root: the product.
        history: where the finding is looked up, the newest first.
        finding: its id, also as an incident spells it, with `monitor.` before it.
        because: the reason, for those who come after.

    Raises:
        DataopsError: there is no such finding, or no reason.
    """
    if not because.strip():
        raise DataopsError(
            "A reason is missing.", fix='uv run dataops accept FINDING --because "REASON"'
        )
    finding = finding.strip().removeprefix("monitor.")
    ids: list[str] = []
    for _, record in zip(range(50), history.newest()):
        causes = [each for each in record.findings if finding_id(each) == finding]
        if causes:
            graph = Graph({node.unique_id: node.depends_on for node in record.nodes})
            explained = [
                each
                for cause in causes
                for each in (cause, *echoes_of(cause, record.findings, graph))
            ]
            accepted = tuple(
                Accepted(
                    each.check, each.subject, each.column, each.value or 0.0, record.run, because
                )
                for each in dict.fromkeys(explained)
            )
            _write(root, [*read_accepted(root), *accepted])
            return accepted
        ids += [finding_id(candidate) for candidate in record.findings]
    raise DataopsError(
        "The last 50 runs have no finding with this id.",
        where=finding + (f"; there are: {', '.join(dict.fromkeys(ids))}" if ids else ""),
        fix="copy the id from: uv run dataops status",
    )


def echoes_of(
    cause: FindingRun, findings: Iterable[FindingRun], graph: Graph
) -> tuple[FindingRun, ...]:
    """The other findings that one finding explains: those downstream, and of a source all others
    about the same delivery.

    Args:
        cause: the finding.
        findings: all of the same run.
        graph: what depends on what, by dbt id.
    """
    below = graph.descendants(cause.subject)
    if cause.subject.startswith("source."):
        below |= {cause.subject}
    return tuple(
        one
        for one in findings
        if one.subject in below
        and one != cause
        and (one.subject != cause.subject or one.delivery == cause.delivery)
    )


def _write(root: Path, accepted: list[Accepted]) -> None:
    text = yaml.safe_dump(
        [asdict(entry) for entry in accepted], sort_keys=False, allow_unicode=True
    )
    write_whole(root / FILE, (_HEAD + text).encode())
