"""What a record keeps of the metrics of a release."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class MetricPart:
    """A metric by the values of one dimension."""

    dimension: str
    """Name of the dimension."""
    values: dict[str, float] = field(default_factory=dict)
    """The metric by value of the dimension; `empty` stands for rows without one."""


@dataclass(frozen=True)
class MetricFact:
    """A metric as a release computed it."""

    name: str
    """Name of the metric."""
    label: str = ""
    """Name for people."""
    models: tuple[str, ...] = ()
    """dbt's ids of the models that it reads."""
    value: float | None = None
    """The metric in total; null if it has no value or could not be computed."""
    parts: tuple[MetricPart, ...] = ()
    """The same by each dimension with at most 50 values; personal columns are no dimension."""
    problem: str = ""
    """Why it could not be computed; empty if it was."""
    definition: str = ""
    """Changes with the definition, not with its words."""
