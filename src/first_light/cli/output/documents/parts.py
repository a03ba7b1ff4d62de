"""What several JSON documents share."""

from __future__ import annotations

from dataclasses import dataclass, field

from first_light.utils.steps import Problem


@dataclass(frozen=True)
class Error:
    """What every command prints instead of its document if it could not run (exit code 2)."""

    error: Problem
    """Why it could not run."""


@dataclass(frozen=True)
class Metric:
    """A metric of a release."""

    name: str
    """Its name."""
    value: float | None = None
    """The metric in total; null if it has no value or could not be computed."""
    problem: str = ""
    """Why it could not be computed; empty if it was."""


@dataclass(frozen=True)
class FileChange:
    """A file that a command changed."""

    path: str
    """Relative to the product."""
    kind: str = "changed"
    """`new`, `renewed`, `removed` or `changed`."""
    reason: str = ""
    """Why, in a few words."""


@dataclass(frozen=True)
class Files:
    """The files of the repository that a command changed."""

    files: tuple[FileChange, ...] = ()
    """In the order of their names."""
    next: tuple[str, ...] = field(default=())
    """What comes next, mostly a command."""


@dataclass(frozen=True)
class Nodes:
    """How many models, snapshots, seeds and tests a run built, and how many it carried over."""

    built: int = 0
    """Built or tested in the run."""
    carried_over: int = 0
    """Taken unchanged from the current release."""
