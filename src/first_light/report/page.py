"""The report's page: facts become the values that its template shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from first_light.dbt.by_hand import rows_command
from first_light.figures.compute import Figure, basis_text, duration, number_text, value_text, weeks
from first_light.history.record import PUBLISHED, REAL, Record
from first_light.history.warned import tests_that_warned
from first_light.incidents.derive import Incident, by_fault, oldest_first
from first_light.report import charts, trends
from first_light.report.answers import answers
from first_light.report.changes import Change
from first_light.report.charts import Draw, Picture, picture
from first_light.report.facts import DAYS, Facts, RunLine
from first_light.report.lineage import BELOW, CAUSE, FAILING, SOUND, Lineage
from first_light.report.words import change_text, count, day, first_names, node_name, time_text
from first_light.score.evaluate import ScoredQuestion
from first_light.utils.graph_svg import drawing
from first_light.utils.number_changes import figure
from first_light.utils.templates import render

_INCIDENTS, _SPAN = 100, timedelta(days=180)
_NARROW = 45  # runs that a small screen has room for
_ROWS, _SHORTEST = 24, timedelta(days=14)  # of the timeline
_STATES = (
    (CAUSE, "root cause"),
    (FAILING, "failing"),
    (BELOW, "downstream of a failure"),
    (SOUND, "passing"),
)


def page(
    facts: Facts,
    questions: Sequence[ScoredQuestion] = (),
    links: Sequence[tuple[str, str]] = (),
    draw: Draw = picture,
) -> str:
    """The whole page.

    Args:
        facts: its content.
        questions: the score's questions and answers; empty to leave them out.
        links: pages beside it: file and title.
        draw: draws a chart.

    Raises:
        ChartError: a chart can't be drawn, and `draw` does not handle that.
    """
    faults = by_fault(facts.incidents)
    return render(
        "report/templates/report.html.j2",
        product=facts.product,
        team=facts.team,
        contact=facts.contact,
        at=time_text(facts.at),
        days=DAYS,
        cards=answers(facts),
        open_incidents=[_open_incident(fault) for fault in oldest_first(facts.status.open)],
        warnings=facts.status.warned,
        warned_tests=_warned_tests(facts.status.current),
        set_aside=facts.status.current.raw.set_aside if facts.status.current else (),
        metrics=_metrics(facts),
        lineage=_lineage(facts.lineage),
        exposures=facts.exposures,
        runs=_runs(facts, draw),
        changes=[_change(entry) for entry in facts.changes],
        figures=[_figure(facts, figure, trend, draw) for figure, trend in facts.figures],
        volumes=trends.volumes(facts.volumes, draw) if facts.volumes else None,
        ages=trends.ages(facts.ages, draw) if facts.ages else None,
        timeline=_timeline(facts, draw),
        incidents=[_incident(incident) for incident in faults[:_INCIDENTS]],
        incidents_total=len(faults),
        coverage=[
            (name, f"{covered} of {total}", f"{100 * covered / total:.0f} %" if total else "none")
            for name, covered, total in facts.coverage
        ],
        strength=facts.strength,
        slow=[(name, f"{seconds:.2f}") for name, seconds in facts.slow],
        score=questions,
        score_met=sum(question.answer.verdict == "yes" for question in questions),
        links=links,
    )


def _metrics(facts: Facts) -> list[tuple[str, str, str]]:
    """Each metric of the current release: label, value, and what moved."""
    current, moves = facts.status.current, {move.name: move for move in facts.status.moves}
    return [
        (
            fact.label or fact.name,
            f"unknown: {fact.problem}" if fact.problem else figure(fact.value),
            moves[fact.name].sentence if fact.name in moves else "",
        )
        for fact in (current.metrics if current else ())
    ]


def _warned_tests(current: Record | None) -> list[tuple[str, str, str]]:
    """Name, number of rows and the command that shows them, of each test that warned."""
    if current is None:
        return []
    return [
        (
            test.name,
            "unknown" if test.failures is None else f"{test.failures:,}",
            rows_command(test.name, current.kind == REAL),
        )
        for test in tests_that_warned(current)
    ]


def _open_incident(incident: Incident) -> Mapping[str, object]:
    """The incident of a fault, and the others that it may have caused."""
    return {
        "label": incident.label,
        "caused": [echo.label for echo in incident.echoes],
        "owner": incident.owner or "nobody",
        "opened": time_text(incident.opened_at),
        "lasted": duration(incident.seconds),
        "next": incident.next,
        "cause": node_name(incident.root_cause),
        "downstream": first_names(incident.impact) or "no downstream models",
        "change": incident.between,
    }


def _lineage(lineage: Lineage) -> Mapping[str, object]:
    failing = lineage.names_in(CAUSE, FAILING)
    summary = f"Failing: {', '.join(failing[:20])}." if failing else "No node fails."
    states = {node.state for node in lineage.nodes}
    label = f"Lineage of {len(lineage.nodes)} nodes. {summary}"
    return {
        "drawing": drawing(list(lineage.nodes), list(lineage.edges), label)
        if lineage.nodes
        else "",
        "summary": summary,
        "states": [(state, words) for state, words in _STATES if state in states],
        "omitted": lineage.omitted,
    }


def _runs(facts: Facts, draw: Draw) -> Mapping[str, object]:
    runs = facts.runs
    if not runs:
        return {"rows": []}
    failed = sum(bool(run.errors) for run in runs)
    summary = (
        f"Errors of the last {len(runs)} of {facts.total} production runs: {failed} had errors, "
        f"at most {max(run.errors for run in runs)}."
    )
    bars = [
        charts.Bar(
            run.at,
            run.errors,
            _run_state(run),
            f"{time_text(run.at)}: {run.outcome}, {count(run.errors, 'error')}",
        )
        for run in runs
    ]
    newest = bars[-_NARROW:]
    narrow = f"{summary} Drawn: the last {len(newest)}."
    return {
        "summary": summary,
        "pictures": [
            draw(charts.bars(bars, summary, "broad", 860, 8)),
            draw(charts.bars(newest, narrow, "narrow", 300, 3)),
        ],
        "rows": [
            (run.run, time_text(run.at), run.outcome, run.trigger, run.errors, f"{run.seconds:.0f}")
            for run in reversed(runs)
        ],
    }


def _run_state(run: RunLine) -> str:
    return {PUBLISHED: "good", "stopped": "calm"}.get(run.outcome, "bad")


def _change(entry: Change) -> Mapping[str, object]:
    models = first_names(entry.changed) or "no model"
    if entry.below:
        models += f"; {entry.below} more downstream"
    rows = [f"{name}: {change_text(before, after)}" for name, before, after in entry.rows]
    if entry.more:
        rows.append(f"and {entry.more} more")
    return {
        "commit": entry.commit[:7],
        "commits": count(entry.commits, "commit") if entry.commits else "attempted",
        "day": f"{entry.at:%Y-%m-%d}",
        "time": f"{entry.at:%H:%M} UTC",
        "verdict": entry.verdict,
        "models": models,
        "rows": rows,
        "no_rows": "not released" if entry.verdict == "rejected" else "unchanged",
        "readers": ", ".join(entry.readers) or "no exposure",
    }


def _figure(
    facts: Facts, figure: Figure, trend: Sequence[Figure], draw: Draw
) -> Mapping[str, object]:
    """A figure with its trend by weeks."""
    picture: Picture | None = None
    if any(week.value is not None for week in trend):
        values = ", ".join(
            number_text(week) if week.value is not None else "none" for week in trend
        )
        points = [
            (week.value, f"{day(since)} to {day(until)}: {number_text(week)}")
            for week, (since, until) in zip(trend, weeks(facts.at, len(trend)))
        ]
        picture = draw(charts.sparkline(points, f"{figure.title} by week: {values}"))
    return {
        "title": figure.title,
        "value": value_text(figure),
        "absent": not figure.is_enough,
        "basis": basis_text(figure),
        "definition": figure.definition,
        "picture": picture,
    }


def _timeline(facts: Facts, draw: Draw) -> Mapping[str, object] | None:
    """The incidents of the last months, by name; None when there was none."""
    since = facts.at - _SPAN
    recent = [i for i in facts.incidents if (i.closed_at or facts.at) >= since]
    names = list(dict.fromkeys(i.name for i in recent))[:_ROWS]
    incidents_ = [i for i in recent if i.name in names]
    if not incidents_:
        return None
    summary = (
        f"{count(len(incidents_), 'incident')} in the last {_SPAN.days} days, newest on top, "
        f"{sum(i.open for i in incidents_)} of them open."
    )
    begin = max(since, min([i.opened_at for i in incidents_] + [facts.at - _SHORTEST]))
    spans = [
        charts.Span(
            i.name,
            i.opened_at,
            i.closed_at or facts.at,
            "bad" if i.open else "calm",
            f"{i.name}: {time_text(i.opened_at)}, {duration(i.seconds)}",
        )
        for i in incidents_
    ]
    sizes = (("broad", 620), ("narrow", 165))
    return {
        "summary": summary,
        "pictures": [
            draw(charts.timeline(spans, begin, facts.at, summary, kind, width))
            for kind, width in sizes
        ],
    }


def _incident(incident: Incident) -> tuple[object, ...]:
    return (
        incident.label,
        time_text(incident.opened_at),
        duration(incident.seconds) + (", open" if incident.open else ""),
        incident.runs,
        node_name(incident.root_cause),
        incident.between,
    )
