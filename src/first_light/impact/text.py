"""The words of a report, alike in Markdown and on the page: no markup, nothing escaped yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from first_light.impact.classify import PLACEHOLDER, TRAILER
from first_light.impact.findings import (
    ADDED,
    DOWNSTREAM,
    MODIFIED,
    REMOVED,
    ExposureImpact,
    Impact,
    MetricImpact,
    ModelImpact,
    OtherChange,
)
from first_light.impact.tables import ColumnDiff, RowExample, Stats, TableDiff
from first_light.utils.steps import Problem


def attention(impact: Impact) -> list[str]:
    """What keeps the change from being merged, one plain text each, with what to do."""
    messages = []
    for model in impact.breaking:
        messages.append(
            f"{model.name} breaks its public contract: {'; '.join(model.breaking)}\n"
            f"Keep it and add a new version of the model: {versions(model)}"
        )
    if missing := impact.undeclared:
        names = ", ".join(model.name for model in missing)
        lines = [f"Undeclared data change in {names}."]
        lines += [f"  {model.name}: {summary(model)}" for model in missing[:10]]
        lines.append("If intended, add this trailer to a commit message, with your reason:")
        lines.append(paste(impact))
        messages.append("\n".join(lines))
    return messages


def problems(impact: Impact) -> list[Problem]:
    """The same for programs: each model or metric with what allows its change."""
    listed = [
        Problem(
            f"{model.name} breaks its public contract: {'; '.join(model.breaking)}",
            model.path,
            f"keep it and add a new version of the model: {versions(model)}",
        )
        for model in impact.breaking
    ]
    for changed in impact.undeclared:
        place = changed.path if isinstance(changed, ModelImpact) else changed.name
        message = f"undeclared data change in {changed.name}: {summary(changed)}"
        listed.append(
            Problem(message, place, f"if intended, add to a commit message: {paste(impact)}")
        )
    return listed


def paste(impact: Impact) -> str:
    """The line that declares what is not declared yet."""
    return f"{TRAILER}: {', '.join(m.name for m in impact.undeclared)} -- {PLACEHOLDER}"


def summary(model: ModelImpact | MetricImpact) -> str:
    """What happens to one model or metric, in one line."""
    if isinstance(model, MetricImpact):
        return model.change.sentence
    if model.status == REMOVED:
        return "removed"
    if model.unknown:
        return f"not compared: {model.unknown}"
    if "*" in model.unstable:
        return "changes whenever it is built"
    diff = model.diff
    if diff is None:
        return "new" if model.status == ADDED else "nothing to compare"
    if diff.same:
        return "no data change"
    return "; ".join(_parts(diff))


def _parts(diff: TableDiff) -> list[str]:
    parts = []
    if diff.added or diff.removed or diff.changed:
        sentences = []
        for count, label in (
            (diff.added, "added"),
            (diff.removed, "removed"),
            (diff.changed, "changed"),
        ):
            if count:
                sentences.append(f"{count:,} {label}")
        parts.append(f"rows: {', '.join(sentences)} of {diff.rows_before:,}")
    by_kind = {
        "columns added": [c.name for c in diff.columns if c.added],
        "columns removed": [c.name for c in diff.columns if c.removed],
        "retyped": [f"{c.name} {c.before} → {c.after}" for c in diff.columns if c.retyped],
        "values": [c.name for c in diff.columns if valued(c)],
    }
    parts += [f"{kind}: {some(names, 6)}" for kind, names in by_kind.items() if names]
    if diff.reordered:
        parts.append("columns in another order")
    if diff.note:
        parts.append(diff.note)
    return parts


def valued(column: ColumnDiff) -> bool:
    """Whether values of a column differ in rows that both sides have."""
    return not (column.added or column.removed) and bool(
        column.changed or (column.changed is None and column.differs)
    )


def columns(diff: TableDiff) -> str:
    """The columns that differ, in a cell."""
    labels = [f"+{c.name}" for c in diff.columns if c.added]
    labels += [f"−{c.name}" for c in diff.columns if c.removed]
    labels += [f"{c.name}: {c.before} → {c.after}" for c in diff.columns if c.retyped]
    labels += [c.name for c in diff.columns if valued(c) and not c.retyped]
    if diff.reordered:
        labels.append("order")
    return some(labels, 6)


def ordered(diff: TableDiff) -> list[ColumnDiff]:
    """The columns as a reviewer asks for them: removed, retyped, most changed."""
    return sorted(
        diff.columns,
        key=lambda c: (not c.removed, not c.retyped, not c.added, -(c.changed or 0)),
    )


def column(column_: ColumnDiff) -> str:
    """A column with what became of it."""
    if column_.added:
        return f"{column_.name} (new, {column_.after})"
    if column_.removed:
        return f"{column_.name} (removed)"
    return (
        f"{column_.name} ({column_.before} → {column_.after})" if column_.retyped else column_.name
    )


def changed(column_: ColumnDiff, diff: TableDiff) -> str:
    """In how many rows a column's values differ."""
    if column_.added or column_.removed:
        return ""
    if column_.changed is None:
        return "yes" if column_.differs else ""
    return (
        f"{column_.changed:,} ({share(column_.changed, diff.matched)})" if column_.changed else ""
    )


def rows(diff: TableDiff) -> str:
    """Rows before and after."""
    before, after = f"{diff.rows_before:,}", f"{diff.rows_after:,}"
    return before if before == after else f"{before} → {after}"


def changed_rows(diff: TableDiff) -> str:
    """How many rows have another value."""
    return f"{diff.changed:,} ({share(diff.changed, diff.matched)})" if diff.changed else ""


def both(column_: ColumnDiff, of: Callable[[Stats], str]) -> str:
    """A figure of a column before and after, once where it is the same."""
    before = "" if column_.was is None else of(column_.was)
    after = "" if column_.now is None else of(column_.now)
    return before if before == after else f"{before} → {after}".strip(" →")


def nulls(stats: Stats) -> str:
    """Rows without a value."""
    return f"{stats.nulls:,}"


def distinct(stats: Stats) -> str:
    """Different values."""
    if stats.distinct is None:
        return ""
    return f"{'≈ ' * stats.rounded}{stats.distinct:,}"


def extent(stats: Stats) -> str:
    """From the least value to the greatest."""
    return f"{stats.minimum} – {stats.maximum}" if stats.minimum or stats.maximum else ""


def total(stats: Stats) -> str:
    """The sum."""
    return stats.total


FIGURES: tuple[tuple[str, Callable[[Stats], str]], ...] = (
    ("nulls", nulls),
    ("distinct", distinct),
    ("from – to", extent),
    ("total", total),
)


def example(column_: ColumnDiff) -> str:
    """One row in which a column differs."""
    if column_.hidden:
        return "personal: not shown"
    if not column_.examples:
        return ""
    first = column_.examples[0]
    return f"{first.key}: {value(first.before)} → {value(first.after)}"


def row(one: RowExample) -> str:
    """One row."""
    shown = [f"{name} {value(text)}" for name, text in one.values[:8]]
    return ", ".join(shown) + (", …" if len(one.values) > 8 else "")


def value(text: str | None) -> str:
    """One value."""
    return "null" if text is None else text or "''"


def why(model: ModelImpact) -> str:
    """How a model was compared and what of it was modified."""
    key = ", ".join(model.diff.key) if model.diff else ""
    reasons = [f"matched by {key}" if key else "whole rows compared"]
    if model.why:
        reasons.append("modified: " + ", ".join(model.why))
    return "; ".join(reasons) + "."


def reads(exposure: ExposureImpact) -> str:
    """What of an exposure's input changes."""
    labels = [f"{name} ({some(c, 6)})" if c else name for name, c in exposure.reads.items()]
    if exposure.metrics:
        labels.append(f"metrics: {some(exposure.metrics, 6)}")
    if exposure.upstream:
        labels.append(f"further up: {some(exposure.upstream, 6)}")
    return "; ".join(labels) or "reads no changed columns"


def other(change: OtherChange) -> str:
    """A change to something that holds no rows."""
    return f"{change.kind} {change.status}: {change.name}" + (
        f" of {change.of}" if change.of else ""
    )


def compared(impact: Impact) -> str:
    """What was compared with what."""
    work = ", with work that is not committed," if impact.dirty else ""
    return (
        f"{impact.head[:7]}{work} compared with {impact.base[:7]} ({impact.ref}), both "
        f"{impact.said}. {len(impact.models)} of {impact.total} models compared."
    )


def remarks(impact: Impact) -> list[str]:
    """What to know of the comparison as a whole."""
    lines = list(impact.remarks)
    if impact.sample:
        files = "1 file" if impact.sample == 1 else f"{impact.sample} files"
        lines.append(
            f"The change edits the sample ({files}): both sides were built on the edited one, so "
            "what differs is still the models' doing."
        )
    elif impact.whole:
        lines.append(f"Everything was built and compared: {impact.whole}.")
    for model in impact.unprotected[:10]:
        lines.append(
            f"{model.name} is not public: changes need no declaration; make it public with "
            f"`access: public` in the YAML beside {model.path}"
        )
    if impact.idle:
        lines.append(f"Declared, and not changed: {some(impact.idle, 10)}.")
    if impact.unclear:
        names = some(impact.unclear, 5)
        lines.append(f"Declared without a reason, so not declared: {names}. Write: MODEL -- why")
    for model in impact.models:
        if model.diff is None or model.diff.same:
            lines += [f"{model.name}: {note}" for note in model.notes]
    return lines


def first(models: Iterable[ModelImpact]) -> list[ModelImpact]:
    """Models as a reviewer asks for them: broken promises, what others read, what was edited."""
    return sorted(
        models,
        key=lambda m: (
            not m.breaking,
            not m.must_declare,
            not m.says_other,
            m.status == DOWNSTREAM,
        ),
    )


def some(names: Iterable[str], most: int) -> str:
    """The first names, and how many more there are."""
    all_names: Sequence[str] = list(names)
    more = f" and {len(all_names) - most} more" if len(all_names) > most else ""
    return ", ".join(all_names[:most]) + more


def share(part: int, total: int) -> str:
    """A part in percent."""
    if not total:
        return "0 %"
    percent = 100 * part / total
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %" if percent < 10 else f"{percent:.0f} %"


def versions(model: ModelImpact) -> str:
    """Where a new version of a model is declared."""
    return f"`versions:` in the YAML beside {model.path}"


def status(model: ModelImpact) -> str:
    """What became of a model, and whether it is public."""
    labels = {ADDED: "new", REMOVED: "removed", MODIFIED: "modified", DOWNSTREAM: "downstream"}
    return labels[model.status] + (", public" if model.access == "public" else "")
