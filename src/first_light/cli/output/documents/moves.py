"""The document of `dataops move`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from first_light.move import result


@dataclass(frozen=True)
class MovedLine:
    """A line of the product's own code."""

    file: str
    """The file, relative to the product."""
    line: int | None
    """The line; null if it is not known."""
    code: str
    """What is written there."""


@dataclass(frozen=True)
class MoveCause:
    """Why something differs."""

    name: str
    """The kind, such as `division of integers`."""
    evidence: str
    """What shows that it is the cause."""
    change: str
    """What to change."""
    places: tuple[MovedLine, ...]
    """Where."""


@dataclass(frozen=True)
class MoveExample:
    """A value on both warehouses."""

    key: str
    """The key of its row."""
    before: str | None
    """On the product's own warehouse."""
    after: str | None
    """On the other one."""


@dataclass(frozen=True)
class MoveDifference:
    """Something that differs."""

    kind: str
    """`build`, `rows`, `values`, `type`, `column`, `order of columns` or `test`."""
    subject: str
    """The column or the test; empty for a whole model."""
    summary: str
    """What differs."""
    explained: bool
    """Whether the cause is known."""
    causes: tuple[MoveCause, ...]
    """The causes."""
    examples: tuple[MoveExample, ...]
    """A few rows, without personal values."""


@dataclass(frozen=True)
class MovedModel:
    """A model, snapshot or seed on both warehouses."""

    name: str
    """Its name."""
    path: str
    """Its file."""
    status: str
    """`same`, `differs`, `not built` or `skipped`."""
    rows_before: int | None
    """Its rows on the product's own warehouse; null if it was not built."""
    rows_after: int | None
    """Its rows on the other one; null if it was not built."""
    key: tuple[str, ...]
    """The columns by which rows were matched; empty if whole rows were compared."""
    differences: tuple[MoveDifference, ...]
    """What differs."""
    normalised: tuple[str, ...]
    """What does not count as a difference."""


@dataclass(frozen=True)
class Move:
    """The result of `dataops move`."""

    before: str
    """The product's own warehouse, as dbt calls it."""
    after: str
    """The other one."""
    commit: str
    """The commit that was built; empty without git."""
    dirty: bool
    """Whether uncommitted changes were built too."""
    data: str
    """`sample` or `raw`."""
    builds: bool
    """Whether both build every model."""
    unexplained: int
    """Number of differences without a known cause."""
    models: tuple[MovedModel, ...]
    """The models, in the order in which they are built."""
    equal_tests: int
    """Number of tests with the same verdict on both."""
    test_differences: tuple[MoveDifference, ...]
    """Tests with another verdict."""
    switch: tuple[str, ...]
    """What to do to switch, in order."""
    report: str
    """Absolute path of the report."""


def move(moved: result.Moved, report: Path) -> Move:
    """The document."""
    return Move(
        before=moved.before,
        after=moved.after,
        commit=moved.commit,
        dirty=moved.dirty,
        data=moved.data,
        builds=moved.builds,
        unexplained=moved.unexplained,
        models=tuple(
            MovedModel(
                model.name,
                model.path,
                model.status,
                model.rows_before,
                model.rows_after,
                model.key,
                tuple(map(_difference, model.differences)),
                model.normalised,
            )
            for model in moved.models
        ),
        equal_tests=moved.tests,
        test_differences=tuple(map(_difference, moved.test_differences)),
        switch=moved.switch,
        report=str(report.absolute()),
    )


def _difference(difference: result.Difference) -> MoveDifference:
    return MoveDifference(
        difference.kind,
        difference.subject,
        difference.summary,
        difference.explained,
        tuple(
            MoveCause(
                cause.name,
                cause.evidence,
                cause.change,
                tuple(MovedLine(p.path, p.line or None, p.code) for p in cause.places),
            )
            for cause in difference.causes
        ),
        tuple(MoveExample(*example) for example in difference.examples),
    )
