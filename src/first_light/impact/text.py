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
    ModelImpact,
    OtherChange,
)
from first_light.impact.tables import ColumnDiff, RowExample, Stats, TableDiff


def attention(impact: Impact) -> list[str]:
    """What keeps the change from being merged, one plain text each, with what to do."""
    found = []
    for model in impact.breaking:
        found.append(
            f"{model.name} breaks its public contract: {'; '.join(model.breaking)}\n"
            f"Keep it as it is and give the new shape a version of its own: {versions(model)}"
        )
    if missing := impact.undeclared:
        names = ", ".join(model.name for model in missing)
        lines = [f"Undeclared data change in {names}."]
        lines += [f"  {model.name}: {summary(model)}" for model in missing[:10]]
        lines.append("If intended, add this trailer to a commit message, with your reason:")
        lines.append(paste(impact))
        found.append("\n".join(lines))
    return found


def paste(impact: Impact) -> str:
    """The line that declares what is not declared yet."""
    return f"{TRAILER}: {', '.join(m.name for m in impact.undeclared)} -- {PLACEHOLDER}"


def summary(model: ModelImpact) -> str:
    """What happens to one model, in one line."""
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
        told = []
        for count, what in (
            (diff.added, "added"),
            (diff.removed, "removed"),
            (diff.changed, "changed"),
        ):
            if count:
                told.append(f"{count:,} {what}")
        parts.append(f"rows: {', '.join(told)} of {diff.rows_before:,}")
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
    told = [f"+{c.name}" for c in diff.columns if c.added]
    told += [f"−{c.name}" for c in diff.columns if c.removed]
    told += [f"{c.name}: {c.before} → {c.after}" for c in diff.columns if c.retyped]
    told += [c.name for c in diff.columns if valued(c) and not c.retyped]
    if diff.reordered:
        told.append("order")
    return some(told, 6)


def ordered(diff: TableDiff) -> list[ColumnDiff]:
    """The columns as a reviewer asks for them: removed, retyped, most changed."""
    return sorted(
        diff.columns,
        key=lambda c: (not c.removed, not c.retyped, not c.added, -(c.changed or 0)),
    )


def column(one: ColumnDiff) -> str:
    """A column with what became of it."""
    if one.added:
        return f"{one.name} (new, {one.after})"
    if one.removed:
        return f"{one.name} (removed)"
    return f"{one.name} ({one.before} → {one.after})" if one.retyped else one.name


def changed(one: ColumnDiff, diff: TableDiff) -> str:
    """In how many rows a column's values differ."""
    if one.added or one.removed:
        return ""
    if one.changed is None:
        return "yes" if one.differs else ""
    return f"{one.changed:,} ({share(one.changed, diff.matched)})" if one.changed else ""


def rows(diff: TableDiff) -> str:
    """Rows before and after."""
    before, after = f"{diff.rows_before:,}", f"{diff.rows_after:,}"
    return before if before == after else f"{before} → {after}"


def changed_rows(diff: TableDiff) -> str:
    """How many rows have another value."""
    return f"{diff.changed:,} ({share(diff.changed, diff.matched)})" if diff.changed else ""


def both(one: ColumnDiff, of: Callable[[Stats], str]) -> str:
    """A figure of a column before and after, once where it is the same."""
    before = "" if one.was is None else of(one.was)
    after = "" if one.now is None else of(one.now)
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


def example(one: ColumnDiff) -> str:
    """One row in which a column differs."""
    if one.hidden:
        return "personal: not shown"
    if not one.examples:
        return ""
    first = one.examples[0]
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
    told = [f"matched by {key}" if key else "whole rows compared"]
    if model.why:
        told.append("modified: " + ", ".join(model.why))
    return "; ".join(told) + "."


def reads(exposure: ExposureImpact) -> str:
    """What of an exposure's input changes."""
    told = [f"{name} ({some(c, 6)})" if c else name for name, c in exposure.reads.items()]
    if exposure.upstream:
        told.append(f"further up: {some(exposure.upstream, 6)}")
    return "; ".join(told) or "reads nothing that changes"


def other(one: OtherChange) -> str:
    """A change to something that holds no rows."""
    return f"{one.kind} {one.status}: {one.name}" + (f" of {one.of}" if one.of else "")


def compared(impact: Impact) -> str:
    """What was compared with what."""
    work = ", with work that is not committed," if impact.dirty else ""
    return (
        f"{impact.head[:7]}{work} compared with {impact.base[:7]} ({impact.ref}), both "
        f"{impact.said}. {len(impact.models)} of {impact.total} models compared."
    )


def remarks(impact: Impact) -> list[str]:
    """What to know of the comparison as a whole."""
    found = list(impact.remarks)
    if impact.sample:
        files = "1 file" if impact.sample == 1 else f"{impact.sample} files"
        found.append(
            f"The change edits the sample ({files}): both sides were built on the edited one, so "
            "what differs is still the models' doing."
        )
    elif impact.whole:
        found.append(f"Everything was built and compared: {impact.whole}.")
    if impact.idle:
        found.append(f"Declared, and not changed: {some(impact.idle, 10)}.")
    if impact.unclear:
        told = some(impact.unclear, 5)
        found.append(f"Declared without a reason, so not declared: {told}. Write: MODEL -- why")
    for model in impact.models:
        if model.diff is None or model.diff.same:
            found += [f"{model.name}: {note}" for note in model.notes]
    return found


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
    every: Sequence[str] = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def share(part: int, whole: int) -> str:
    """A part in percent."""
    if not whole:
        return "0 %"
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %" if percent < 10 else f"{percent:.0f} %"


def versions(model: ModelImpact) -> str:
    """Where a new version of a model is declared."""
    return f"`versions:` in the YAML beside {model.path}"


def status(model: ModelImpact) -> str:
    """What became of a model, and whether it is public."""
    said = {ADDED: "new", REMOVED: "removed", MODIFIED: "modified", DOWNSTREAM: "downstream"}
    return said[model.status] + (", public" if model.access == "public" else "")
