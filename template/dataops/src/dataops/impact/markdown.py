"""An impact as Markdown, for a job summary and a comment: short first, details folded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dataops.impact.findings import ADDED, DOWNSTREAM, MODIFIED, REMOVED, Impact, ModelImpact
from dataops.impact.judge import TRAILER
from dataops.impact.tables import ColumnDiff, RowExample, Stats, TableDiff

# A comment may have 65,536 characters: what does not fit is on the page.
_ROWS, _DETAILS, _NAMES, _COLUMNS = 40, 15, 60, 12
PAGE = "target/check/impact.html"


def markdown(impact: Impact) -> str:
    """The whole report."""
    sign = "✅" if impact.allowed else "❌"
    work = ", with work that is not committed" if impact.dirty else ""
    lines = [
        f"## {sign} Impact: {impact.headline}",
        "",
        f"`{impact.head[:7]}`{work} compared with `{impact.base[:7]}` ({_safe(impact.ref)}), "
        f"both built on the same sample. {len(impact.models)} of {impact.total} models looked at.",
    ]
    lines += _attention(impact)
    lines += _table(impact)
    lines += _readers(impact)
    lines += _details(impact)
    lines += _quiet(impact)
    lines += _others(impact)
    return "\n".join(lines) + "\n"


def attention(impact: Impact) -> list[str]:
    """What keeps the change from being merged, one plain text each, with what to do."""
    found = []
    for model in impact.breaking:
        found.append(
            f"{model.name} breaks its public contract: {'; '.join(model.breaking)}\n"
            f"Keep it as it is and give the new shape a version of its own: {_versions(model)}"
        )
    if missing := impact.undeclared:
        names = ", ".join(model.name for model in missing)
        say = "says" if len(missing) == 1 else "say"
        lines = [f"{names} {say} something else, and no commit declares it."]
        lines += [f"  {model.name}: {summary(model)}" for model in missing[:10]]
        lines.append("Is it meant? Say so in a commit message, with your reason:")
        lines.append(paste(impact))
        found.append("\n".join(lines))
    return found


def paste(impact: Impact) -> str:
    """The line that declares what is not declared yet."""
    return f"{TRAILER}: {', '.join(m.name for m in impact.undeclared)} -- WHY"


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
        "values": [c.name for c in diff.columns if _valued(c)],
    }
    parts += [f"{kind}: {_some(names, 6)}" for kind, names in by_kind.items() if names]
    if diff.reordered:
        parts.append("columns in another order")
    if diff.note:
        parts.append(diff.note)
    return parts


def _valued(column: ColumnDiff) -> bool:
    """Whether values of a column differ in rows that both sides have."""
    return not (column.added or column.removed) and bool(
        column.changed or (column.changed is None and column.differs)
    )


def _attention(impact: Impact) -> list[str]:
    lines: list[str] = []
    for model in impact.breaking:
        lines += ["", f"**{_safe(model.name)} breaks its public contract**", ""]
        lines += [f"- {_safe(one)}" for one in model.breaking]
        lines += ["", f"Keep it and give the new shape a version of its own: {_versions(model)}"]
    if missing := impact.undeclared:
        names = _some([f"`{model.name}`" for model in missing], 20)
        lines += ["", f"**Not declared:** {names}. Is it meant? Say so in a commit message:", ""]
        lines += ["```text", paste(impact), "```"]
    if unstable := impact.unstable:
        lines += ["", "**Changes whenever it is built**, so it cannot be judged:", ""]
        for model in unstable[:10]:
            where = "its rows" if "*" in model.unstable else f"`{_some(model.unstable, 6)}`"
            lines.append(f"- {_safe(model.name)}: {where}")
    if unknown := impact.unknown:
        lines += ["", "**Nobody can tell** what happens to:", ""]
        lines += [f"- {_safe(m.name)}: {_safe(m.unknown)}" for m in unknown[:10]]
        lines += _more(len(unknown) - 10)
    if impact.sample:
        lines += [
            "",
            f"The change edits the sample ({impact.sample} files): both sides were built on the "
            "edited one, so what differs is still the models' doing.",
        ]
    elif impact.whole:
        lines += ["", f"Everything was built and compared: {_safe(impact.whole)}."]
    if impact.idle:
        lines += ["", f"Declared, and not changed: {_some(impact.idle, 10)}."]
    return lines


def _versions(model: ModelImpact) -> str:
    return f"`versions:` in the YAML beside {model.path}"


def _table(impact: Impact) -> list[str]:
    shown = [m for m in impact.models if m.diff is None or not m.diff.same]
    if not shown:
        return []
    shown.sort(key=lambda m: (not m.breaking, not m.must_declare, not m.says_other))
    lines = ["", "| model | | rows | added | removed | changed | columns | declared |"]
    lines.append("|---|---|---:|---:|---:|---:|---|---|")
    for model in shown[:_ROWS]:
        diff = model.diff
        rows = added = removed = changed = columns = ""
        if diff is not None:
            rows = f"{diff.rows_before:,}"
            if diff.rows_after != diff.rows_before:
                rows += f" → {diff.rows_after:,}"
            added, removed = (f"{n:,}" if n else "" for n in (diff.added, diff.removed))
            changed = f"{diff.changed:,} ({_share(diff.changed, diff.matched)})"
            changed = changed if diff.changed else ""
            columns = _safe(_columns(diff))
        elif model.unknown or model.unstable:
            columns = "?"
        declared = _safe(model.declared) if model.declared else "**no**" * model.must_declare
        lines.append(
            f"| {_name(model)} | {_status(model)} | {rows} | {added} | {removed} | {changed} "
            f"| {columns} | {declared} |"
        )
    return lines + _more(len(shown) - _ROWS)


def _columns(diff: TableDiff) -> str:
    told = [f"+{c.name}" for c in diff.columns if c.added]
    told += [f"−{c.name}" for c in diff.columns if c.removed]
    told += [f"{c.name}: {c.before} → {c.after}" for c in diff.columns if c.retyped]
    told += [c.name for c in diff.columns if _valued(c) and not c.retyped]
    if diff.reordered:
        told.append("order")
    return _some(told, 6)


def _name(model: ModelImpact) -> str:
    name = f"**{_safe(model.name)}**" if model.promised else _safe(model.name)
    return f"{name} (was {_safe(model.was)})" if model.was else name


def _status(model: ModelImpact) -> str:
    said = {ADDED: "new", REMOVED: "removed", MODIFIED: "modified", DOWNSTREAM: "downstream"}
    marks = [said[model.status]]
    if model.access == "public":
        marks.append("public")
    return ", ".join(marks)


def _readers(impact: Impact) -> list[str]:
    promised = [m for m in impact.models if m.promised and (m.says_other or m.unknown)]
    if not (impact.exposures or promised):
        return []
    lines = ["", "### Who reads it", ""]
    for exposure in impact.exposures[:20]:
        told = [f"{name} ({_some(c, 6)})" if c else name for name, c in exposure.reads.items()]
        if exposure.upstream:
            told.append(f"further up: {_some(exposure.upstream, 6)}")
        status = "" if exposure.status == DOWNSTREAM else f", {exposure.status}"
        lines.append(
            f"- exposure **{_safe(exposure.label)}**{status}, {_safe(exposure.owner)}: "
            f"{_safe('; '.join(told)) or 'reads nothing that changes'}"
        )
    lines += _more(len(impact.exposures) - 20)
    for model in promised[:20]:
        if model.access == "public":
            promise = "public, with a contract" if model.contract else "public"
            lines.append(f"- {promise}: **{_safe(model.name)}**, {_safe(model.owner)}")
    return lines + _more(len(promised) - 20)


def _details(impact: Impact) -> list[str]:
    shown = [m for m in impact.changed if m.diff is not None]
    shown.sort(key=lambda m: (not m.breaking, not m.must_declare, not m.says_other))
    lines: list[str] = []
    for model in shown[:_DETAILS]:
        assert model.diff is not None
        lines += ["", f"<details><summary>{_html(model.name)}: {_html(summary(model))}</summary>"]
        lines += _why(model)
        lines += [*_column_table(model.diff), *_row_examples(model.diff), "", "</details>"]
    if len(shown) > _DETAILS:
        lines += ["", f"Rows of {len(shown) - _DETAILS} more: {PAGE}"]
    return lines


def _why(model: ModelImpact) -> list[str]:
    assert model.diff is not None
    key = ", ".join(model.diff.key)
    told = [f"matched by {key}" if key else "whole rows compared"]
    if model.why:
        told.append("modified: " + ", ".join(model.why))
    lines = ["", _safe("; ".join(told)) + "."]
    lines += [_safe(note) for note in model.notes]
    if model.origins:
        origins = [f"{c} ← {', '.join(o)}" for c, o in list(model.origins.items())[:_COLUMNS]]
        lines += ["", "From: " + _safe("; ".join(origins)) + "."]
    return lines


def _column_table(diff: TableDiff) -> list[str]:
    if not diff.columns:
        return []
    lines = ["", "| column | changed | nulls | distinct | from – to | total | example |"]
    lines.append("|---|---:|---:|---:|---|---|---|")
    for column in _ordered(diff)[:_COLUMNS]:
        was, now = column.was, column.now
        lines.append(
            f"| {_safe(column.name)}{_kind(column)} | {_changed(column, diff)} "
            f"| {_both(was, now, lambda s: f'{s.nulls:,}')} "
            f"| {_both(was, now, _distinct)} | {_both(was, now, _range)} "
            f"| {_both(was, now, lambda s: s.total)} | {_example(column)} |"
        )
    return lines + _more(len(diff.columns) - _COLUMNS)


def _ordered(diff: TableDiff) -> list[ColumnDiff]:
    """What a reviewer asks for first: removed, retyped, most changed."""
    return sorted(
        diff.columns,
        key=lambda c: (not c.removed, not c.retyped, not c.added, -(c.changed or 0)),
    )


def _kind(column: ColumnDiff) -> str:
    if column.added:
        return f" (new, {column.after})"
    if column.removed:
        return " (removed)"
    return f" ({column.before} → {column.after})" if column.retyped else ""


def _changed(column: ColumnDiff, diff: TableDiff) -> str:
    if column.added or column.removed:
        return ""
    if column.changed is None:
        return "yes" if column.differs else ""
    return f"{column.changed:,} ({_share(column.changed, diff.matched)})" if column.changed else ""


def _both(was: Stats | None, now: Stats | None, of: object) -> str:
    assert callable(of)
    before = "" if was is None else str(of(was))
    after = "" if now is None else str(of(now))
    return _safe(before if before == after else f"{before} → {after}".strip(" →"))


def _distinct(stats: Stats) -> str:
    if stats.distinct is None:
        return ""
    return f"{'≈ ' * stats.rounded}{stats.distinct:,}"


def _range(stats: Stats) -> str:
    return f"{stats.minimum} – {stats.maximum}" if stats.minimum or stats.maximum else ""


def _example(column: ColumnDiff) -> str:
    if column.hidden:
        return "personal: not shown"
    if not column.examples:
        return ""
    one = column.examples[0]
    return _safe(f"{one.key}: {_value(one.before)} → {_value(one.after)}")


def _row_examples(diff: TableDiff) -> list[str]:
    lines: list[str] = []
    for what, rows in (("removed", diff.removed_rows), ("added", diff.added_rows)):
        if rows:
            lines += ["", f"Rows {what}, for example:", ""]
            lines += [f"- {_safe(_row(row))}" for row in rows]
    return lines


def _row(row: RowExample) -> str:
    shown = [f"{name} {_value(value)}" for name, value in row.values[:8]]
    return ", ".join(shown) + (", …" if len(row.values) > 8 else "")


def _value(value: str | None) -> str:
    return "null" if value is None else value or "''"


def _quiet(impact: Impact) -> list[str]:
    if not impact.same:
        return []
    names = [model.name for model in impact.same]
    lines = ["", f"**No data change** in {len(names)}: every row and column is as it was."]
    return [*lines, "", _safe(_some(names, _NAMES))]


def _others(impact: Impact) -> list[str]:
    if not impact.others:
        return []
    lines = ["", "### Besides", ""]
    for other in impact.others[:20]:
        of = f" of {other.of}" if other.of else ""
        lines.append(f"- {other.kind} {other.status}: {_safe(other.name + of)}")
    return lines + _more(len(impact.others) - 20)


def _some(names: Iterable[str], most: int) -> str:
    every: Sequence[str] = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def _more(count: int) -> list[str]:
    return ["", f"… and {count} more: {PAGE}", ""] if count > 0 else []


def _share(part: int, whole: int) -> str:
    if not whole:
        return "0 %"
    share = 100 * part / whole
    return "< 0.1 %" if 0 < share < 0.1 else f"{share:.1f} %" if share < 10 else f"{share:.0f} %"


def _safe(text: str) -> str:
    """Text that cannot break out of a table cell or become markup."""
    for sign in ("\\", "|", "`", "["):
        text = text.replace(sign, f"\\{sign}")
    text = text.replace("<", "&lt;")
    return " ".join(text.split())


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
