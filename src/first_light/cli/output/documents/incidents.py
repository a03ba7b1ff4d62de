"""The documents of the commands about incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from first_light.cli.output.documents.status import Incident
from first_light.cli.output.incident_draft import drill_command
from first_light.incidents import derive

if TYPE_CHECKING:
    from first_light.commands.incident_draft import Drafted


@dataclass(frozen=True)
class ReportedIncident:
    """The result of `dataops incident report`."""

    incident: str
    """Id of the new incident."""
    warnings: tuple[str, ...]
    """What the team should know, one sentence each."""
    next: tuple[str, ...]
    """What comes next."""


@dataclass(frozen=True)
class ClosedIncident:
    """The result of `dataops incident close`."""

    incident: str
    """Id of the incident."""
    title: str
    """Short description."""
    warnings: tuple[str, ...]
    """What the team should know, one sentence each."""
    next: tuple[str, ...] = ()
    """What can come next."""


@dataclass(frozen=True)
class DraftedIncident:
    """The result of `dataops incident draft`."""

    incident: str
    """Id of the incident."""
    changed_models: tuple[str, ...]
    """Models whose SQL differs from that of the release where it was seen."""
    unit_tests: tuple[str, ...]
    """Drafted unit tests, each as YAML."""
    file: str
    """File with the drafts; empty without any."""
    drills: tuple[str, ...]
    """Commands that inject faults which look like the error."""
    remarks: tuple[str, ...]
    """What could not be drafted and why, one sentence each."""


def drafted(drafted: Drafted) -> DraftedIncident:
    """What would have stopped an incident."""
    return DraftedIncident(
        incident=drafted.incident.incident,
        changed_models=drafted.compared.changed,
        unit_tests=drafted.compared.drafts,
        file=drafted.file.as_posix() if drafted.file else "",
        drills=tuple(map(drill_command, drafted.faults)),
        remarks=drafted.remarks,
    )


def incidents(listed: Sequence[derive.Incident]) -> tuple[Incident, ...]:
    """Incidents, newest first."""
    return tuple(msgspec.convert(each.to_dict(), Incident) for each in listed)
