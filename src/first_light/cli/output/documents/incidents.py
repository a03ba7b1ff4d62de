"""The documents of the commands about incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from first_light.cli.output.documents.status import Incident
from first_light.incidents import derive


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


def incidents(listed: Sequence[derive.Incident]) -> tuple[Incident, ...]:
    """Incidents, newest first."""
    return tuple(msgspec.convert(each.to_dict(), Incident) for each in listed)
