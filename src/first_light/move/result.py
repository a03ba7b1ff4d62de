"""What a move shows: the models of a product on two warehouses, and what differs."""

from __future__ import annotations

from dataclasses import dataclass

SAME, DIFFERS, FAILED, SKIPPED = "same", "differs", "not built", "skipped"


@dataclass(frozen=True)
class Place:
    """A line of the product's own code.

    Attributes:
        path: the file, relative to the product.
        line: the line; 0 if it is not known.
        code: what is written there.
    """

    path: str
    line: int = 0
    code: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True)
class Cause:
    """Why something differs.

    Attributes:
        name: the kind, such as `division of integers`.
        evidence: what shows that it is the cause.
        change: what to change.
        places: where.
    """

    name: str
    evidence: str
    change: str
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Difference:
    """Something that differs in one model.

    Attributes:
        kind: `values`, `type`, `rows`, `column`, `order of columns`, `test` or `build`.
        subject: the column or the test; empty for the whole model.
        summary: what differs, in words.
        causes: why; empty if it is not explained.
        examples: a few rows: key, value before and value after.
    """

    kind: str
    subject: str
    summary: str
    causes: tuple[Cause, ...] = ()
    examples: tuple[tuple[str, str | None, str | None], ...] = ()

    @property
    def explained(self) -> bool:
        return bool(self.causes)


@dataclass(frozen=True)
class Model:
    """A model, snapshot or seed on both warehouses.

    Attributes:
        name: its name.
        path: its file.
        status: `same`, `differs`, `not built` or `skipped`.
        rows_before, rows_after: its rows on each; None where it was not built.
        key: the columns by which rows were matched; empty when whole rows were compared.
        differences: what differs.
        normalised: what was not counted as a difference, in words.
    """

    name: str
    path: str
    status: str
    rows_before: int | None = None
    rows_after: int | None = None
    key: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    normalised: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moved:
    """The result of a move.

    Attributes:
        before, after: the kinds of warehouse.
        commit: the commit that was built; empty without git.
        dirty: whether uncommitted changes were built too.
        data: `sample` or `raw`.
        models: in the order in which they are built.
        tests: how many data and unit tests gave the same verdict on both.
        test_differences: tests with another verdict.
        switch: what to do to switch, in order.
    """

    before: str
    after: str
    commit: str
    dirty: bool
    data: str
    models: tuple[Model, ...]
    tests: int
    test_differences: tuple[Difference, ...]
    switch: tuple[str, ...] = ()

    @property
    def differences(self) -> tuple[tuple[str, Difference], ...]:
        """All differences, each with the name of its model; that of tests is empty."""
        found = [(model.name, entry) for model in self.models for entry in model.differences]
        return (*found, *(("", entry) for entry in self.test_differences))

    @property
    def unexplained(self) -> int:
        return sum(not entry.explained for _, entry in self.differences)

    @property
    def builds(self) -> bool:
        """Whether every model is built on both."""
        return all(model.status in (SAME, DIFFERS) for model in self.models)

    @property
    def ok(self) -> bool:
        """Whether it builds, and every difference is explained."""
        return self.builds and not self.unexplained
