"""What the comment and the page of an impact show: rows of plain text, nothing escaped yet."""

from __future__ import annotations

from dataclasses import dataclass

from first_light.impact import text
from first_light.impact.findings import DOWNSTREAM, Impact, ModelImpact
from first_light.impact.tables import TableDiff

COLUMN_HEADS = ("column", "changed", *(name for name, _ in text.FIGURES), "example")


@dataclass(frozen=True)
class ChangeRow:
    """One model of the table of changes.

    Attributes:
        name: the model, with its earlier name where it was renamed.
        promised: whether people outside the product read it.
        status: new, removed, modified or downstream, and whether it is public.
        cells: rows, added, removed, changed, columns.
        declared: its author's reason; empty when its change is not declared.
        undeclared: whether its change must be declared and is not.
    """

    name: str
    promised: bool
    status: str
    cells: tuple[str, ...]
    declared: str
    undeclared: bool


@dataclass(frozen=True)
class ReaderRow:
    """An exposure or a public model whose data changes.

    Attributes:
        kind: exposure, or what a public model promises.
        name: its name for people.
        status: added, removed or modified; empty when it only reads what changes.
        owner: its owner.
        url: where people open it; empty for a model and a board.
        change: what changes for it.
    """

    kind: str
    name: str
    status: str
    owner: str
    url: str
    change: str


@dataclass(frozen=True)
class Detail:
    """One model's rows and columns.

    Attributes:
        name: the model.
        summary: what happens to it.
        comparison: how its rows were matched, and what of it was modified.
        notes: what a reviewer should know besides, one sentence each.
        origins: changed columns with the changed columns that they are computed from.
        columns: the cells of each changed column, as in COLUMN_HEADS.
        examples: for removed and for added rows: the word, and some of them.
    """

    name: str
    summary: str
    comparison: str
    notes: tuple[str, ...]
    origins: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    examples: tuple[tuple[str, tuple[str, ...]], ...]


def changes(impact: Impact) -> list[ChangeRow]:
    """The table of changes: every model that is not equal on both sides."""
    models = text.first(m for m in impact.models if m.diff is None or not m.diff.same)
    return [
        ChangeRow(
            f"{model.name} (was {model.was})" if model.was else model.name,
            model.promised,
            text.status(model),
            _cells(model),
            model.declared,
            model.must_declare and not model.declared,
        )
        for model in models
    ]


def readers(impact: Impact) -> list[ReaderRow]:
    """Exposures that the change reaches, then public models whose data changes."""
    rows = [
        ReaderRow(
            "exposure",
            exposure.label,
            "" if exposure.status == DOWNSTREAM else exposure.status,
            exposure.owner,
            exposure.url,
            text.reads(exposure),
        )
        for exposure in impact.exposures
    ]
    for model in impact.models:
        if model.access == "public" and (model.says_other or model.unknown):
            kind = "public, with a contract" if model.contract else "public"
            rows.append(ReaderRow(kind, model.name, "", model.owner, "", text.summary(model)))
    return rows


def metrics(impact: Impact) -> list[tuple[str, ...]]:
    """The metrics that move: name, status, change, and the author's reason."""
    return [
        (
            metric.name,
            "" if metric.status == DOWNSTREAM else metric.status,
            text.summary(metric),
            "no" if metric.must_declare and not metric.declared else metric.declared,
        )
        for metric in impact.moved_metrics
    ]


def details(impact: Impact) -> list[Detail]:
    """Every model whose rows or columns differ, the most important first."""
    return [_detail(model, model.diff) for model in text.first(impact.changed) if model.diff]


def unstable(impact: Impact) -> list[str]:
    """Models that change with every build, each with its unstable columns."""
    return [
        f"{model.name}: {'its rows' if '*' in model.unstable else text.some(model.unstable, 6)}"
        for model in impact.unstable
    ]


def unknown(impact: Impact) -> list[str]:
    """Models that could not be compared, each with the reason."""
    return [f"{model.name}: {model.unknown}" for model in impact.unknown]


def _cells(model: ModelImpact) -> tuple[str, ...]:
    diff = model.diff
    if diff is None:
        return "", "", "", "", "?" if model.unknown or model.unstable else ""
    added, removed = (f"{count:,}" if count else "" for count in (diff.added, diff.removed))
    return text.rows(diff), added, removed, text.changed_rows(diff), text.columns(diff)


def _detail(model: ModelImpact, diff: TableDiff) -> Detail:
    examples = (("removed", diff.removed_rows), ("added", diff.added_rows))
    return Detail(
        model.name,
        text.summary(model),
        text.why(model),
        tuple(model.notes),
        tuple(f"{column} ← {', '.join(above)}" for column, above in model.origins.items()),
        tuple(
            (
                text.column(column),
                text.changed(column, diff),
                *(text.both(column, figure) for _, figure in text.FIGURES),
                text.example(column),
            )
            for column in text.ordered(diff)
        ),
        tuple(
            (change, tuple(text.row(example) for example in rows))
            for change, rows in examples
            if rows
        ),
    )
