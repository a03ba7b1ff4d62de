"""An impact as Markdown, for a job summary and a comment: short first, details folded."""

from __future__ import annotations

from first_light.impact import text, view
from first_light.impact.findings import Impact
from first_light.utils.templates import render

# A comment may have 65,536 characters: what does not fit is on the page.
_LONGEST = 60_000
_DETAILS = 15
_LIMITS = {"listed": 20, "most_rows": 40, "most_columns": 12, "names": 60}
PAGE = "target/check/impact.html"


def markdown(impact: Impact) -> str:
    """The whole report, never longer than a comment may be."""
    comment = render(
        "impact/templates/comment.md.j2",
        impact=impact,
        text=text,
        unstable=view.unstable(impact),
        unknown=view.unknown(impact),
        changes=view.changes(impact),
        readers=view.readers(impact),
        metrics=view.metrics(impact),
        page=PAGE,
        **_LIMITS,
    )
    details = view.details(impact)
    shown = 0
    for detail in details[:_DETAILS]:
        section = render(
            "impact/templates/detail.md.j2",
            detail=detail,
            column_heads=view.COLUMN_HEADS,
            page=PAGE,
            **_LIMITS,
        )
        if len(comment) + len(section) > _LONGEST:
            break
        comment += section
        shown += 1
    if shown < len(details):
        comment += f"\nThe rows of every model: {PAGE}\n"
    return comment
