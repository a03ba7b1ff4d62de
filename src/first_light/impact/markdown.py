"""An impact as Markdown, for a job summary and a comment: short first, details folded."""

from __future__ import annotations

from first_light.impact import text as words
from first_light.impact.findings import DOWNSTREAM, Impact, ModelImpact
from first_light.impact.tables import TableDiff

# A comment may have 65,536 characters: what does not fit is on the page.
_LONGEST = 60_000
_ROWS, _DETAILS, _NAMES, _COLUMNS, _LISTED = 40, 15, 60, 12, 20
PAGE = "target/check/impact.html"


def markdown(impact: Impact) -> str:
    """The whole report, never longer than a comment may be."""
    sign = "✅" if impact.allowed else "❌"
    lines = [f"## {sign} Impact: {_safe(impact.headline)}", "", _safe(words.compared(impact))]
    lines += _attention(impact)
    lines += _table(impact)
    lines += _readers(impact)
    lines += _quiet(impact)
    lines += _others(impact)
    length = sum(len(line) + 1 for line in lines)
    shown = words.first(model for model in impact.changed)
    for model in shown[:_DETAILS]:
        details = _details(model)
        length += sum(len(line) + 1 for line in details)
        if length > _LONGEST:
            break
        lines += details
    if len(shown) > _DETAILS or length > _LONGEST:
        lines += ["", f"The rows of every model: {PAGE}"]
    return "\n".join(lines) + "\n"


def _attention(impact: Impact) -> list[str]:
    lines: list[str] = []
    for model in impact.breaking[:_LISTED]:
        lines += ["", f"**{_safe(model.name)} breaks its public contract**", ""]
        lines += [f"- {_safe(one)}" for one in model.breaking[:_LISTED]]
        told = f"Keep it and give the new shape a version of its own: {words.versions(model)}"
        lines += ["", told]
    lines += _more(len(impact.breaking) - _LISTED)
    if missing := impact.undeclared:
        names = words.some([f"`{model.name}`" for model in missing], _LISTED)
        lines += ["", f"**Not declared:** {names}. Is it meant? Say so in a commit message:", ""]
        lines += ["```text", words.paste(impact), "```"]
    if unstable := impact.unstable:
        lines += ["", "**Changes whenever it is built**, so it cannot be judged:", ""]
        for model in unstable[:_LISTED]:
            columns = words.some(model.unstable, 6)
            where = "its rows" if "*" in model.unstable else f"`{columns}`"
            lines.append(f"- {_safe(model.name)}: {where}")
        lines += _more(len(unstable) - _LISTED)
    if unknown := impact.unknown:
        lines += ["", "**Nobody can tell** what happens to:", ""]
        lines += [f"- {_safe(m.name)}: {_safe(m.unknown)}" for m in unknown[:_LISTED]]
        lines += _more(len(unknown) - _LISTED)
    for remark in words.remarks(impact):
        lines += ["", _safe(remark)]
    return lines


def _table(impact: Impact) -> list[str]:
    shown = words.first(m for m in impact.models if m.diff is None or not m.diff.same)
    if not shown:
        return []
    lines = ["", "| model | | rows | added | removed | changed | columns | declared |"]
    lines.append("|---|---|---:|---:|---:|---:|---|---|")
    for model in shown[:_ROWS]:
        diff = model.diff
        cells = ["", "", "", "", "?" if model.unknown or model.unstable else ""]
        if diff is not None:
            counts = [f"{n:,}" if n else "" for n in (diff.added, diff.removed)]
            cells = [words.rows(diff), *counts, words.changed_rows(diff), words.columns(diff)]
        declared = _safe(model.declared) if model.declared else "**no**" * model.must_declare
        shown_cells = " | ".join(_safe(cell) for cell in cells)
        lines.append(f"| {_name(model)} | {words.status(model)} | {shown_cells} | {declared} |")
    return lines + _more(len(shown) - _ROWS)


def _name(model: ModelImpact) -> str:
    name = f"**{_safe(model.name)}**" if model.promised else _safe(model.name)
    return f"{name} (was {_safe(model.was)})" if model.was else name


def _readers(impact: Impact) -> list[str]:
    promised = [
        m for m in impact.models if m.access == "public" and (m.says_other or m.unknown)
    ]  # fmt: skip
    if not (impact.exposures or promised):
        return []
    lines = ["", "### Who reads it", ""]
    for exposure in impact.exposures[:_LISTED]:
        status = "" if exposure.status == DOWNSTREAM else f", {exposure.status}"
        lines.append(
            f"- exposure **{_safe(exposure.label)}**{status}, {_safe(exposure.owner)}: "
            f"{_safe(words.reads(exposure))}"
        )
    lines += _more(len(impact.exposures) - _LISTED)
    for model in promised[:_LISTED]:
        promise = "public, with a contract" if model.contract else "public"
        lines.append(f"- {promise}: **{_safe(model.name)}**, {_safe(model.owner)}")
    return lines + _more(len(promised) - _LISTED)


def _details(model: ModelImpact) -> list[str]:
    assert model.diff is not None
    title = f"{model.name}: {words.summary(model)}"
    lines = ["", f"<details><summary>{_html(title)}</summary>", "", _safe(words.why(model))]
    lines += [_safe(note) for note in model.notes]
    if model.origins:
        origins = [f"{c} ← {', '.join(o)}" for c, o in list(model.origins.items())[:_COLUMNS]]
        lines += ["", "From: " + _safe("; ".join(origins)) + "."]
    return [*lines, *_column_table(model.diff), *_row_examples(model.diff), "", "</details>"]


def _column_table(diff: TableDiff) -> list[str]:
    if not diff.columns:
        return []
    figures = " | ".join(name for name, _ in words.FIGURES)
    lines = ["", f"| column | changed | {figures} | example |"]
    lines.append("|---|---:|---:|---:|---|---|---|")
    for column in words.ordered(diff)[:_COLUMNS]:
        cells = [words.column(column), words.changed(column, diff)]
        cells += [words.both(column, of) for _, of in words.FIGURES]
        cells.append(words.example(column))
        lines.append(f"| {' | '.join(map(_safe, cells))} |")
    return lines + _more(len(diff.columns) - _COLUMNS)


def _row_examples(diff: TableDiff) -> list[str]:
    lines: list[str] = []
    for what, rows in (("removed", diff.removed_rows), ("added", diff.added_rows)):
        if rows:
            lines += ["", f"Rows {what}, for example:", ""]
            lines += [f"- {_safe(words.row(one))}" for one in rows]
    return lines


def _quiet(impact: Impact) -> list[str]:
    if not impact.same:
        return []
    names = [model.name for model in impact.same]
    lines = ["", f"**No data change** in {len(names)}: every row and column is as it was."]
    return [*lines, "", _safe(words.some(names, _NAMES))]


def _others(impact: Impact) -> list[str]:
    if not impact.others:
        return []
    lines = ["", "### Besides", ""]
    lines += [f"- {_safe(words.other(one))}" for one in impact.others[:_LISTED]]
    return lines + _more(len(impact.others) - _LISTED)


def _more(count: int) -> list[str]:
    return ["", f"… and {count} more: {PAGE}", ""] if count > 0 else []


def _safe(text: str) -> str:
    """Text that cannot break out of a table cell or become markup."""
    for sign in ("\\", "|", "`", "["):
        text = text.replace(sign, f"\\{sign}")
    text = text.replace("<", "&lt;")
    return " ".join(text.split())


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
