"""The page itself: facts become one HTML text. No script, no request, both themes, printable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from first_light.figures.compute import counted, duration, shown, weeks
from first_light.history.record import FAILED, PUBLISHED, REFUSED, REHEARSAL
from first_light.incidents.derive import Incident, by_cause
from first_light.report import charts
from first_light.report.changes import Change
from first_light.report.facts import DAYS, Age, Facts, RunLine, Volume
from first_light.report.lineage import BELOW, CAUSE, FAILING, SOUND, Lineage
from first_light.score.evaluate import Asked
from first_light.utils.graph_svg import drawing

_INCIDENTS, _SPAN = 100, timedelta(days=180)
_LARGE, _SMALL = 18, 82  # relations drawn with axes, and those drawn small after them
_NARROW = 45  # runs that a phone has room for
_ROWS, _LEAST = 24, timedelta(days=14)  # of the timeline, and how long it is at least

Draw = Callable[[charts.Chart], str]

STYLE = """
:root{--ground:#fbfbf9;--paper:#fff;--ink:#1c1d1f;--dim:#5c6066;
--rule:#e2e2dd;--line:#2458a8;--band:#2458a833;--good:#1b7340;--bad:#b3261e;--warn:#8a5a00;
--calm:#8b9098;--fail:#fbe3e1}
@media screen{:root{color-scheme:light dark}}
@media screen and (prefers-color-scheme:dark){:root{--ground:#141518;--paper:#1c1e22;--ink:#e9e9e6;
--dim:#a3a7ae;--rule:#33363c;--line:#8ab4f8;--band:#8ab4f840;--good:#6fcf97;--bad:#ff8a80;
--warn:#f2c14e;--calm:#757a83;--fail:#4a2421}}
a{color:var(--line)}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main,header,footer{max-width:64rem;margin:0 auto;padding:0 1rem}
header{padding-top:1.5rem}h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}
h3{font-size:.95rem;margin:0;font-weight:600;overflow-wrap:anywhere}
p{margin:.3rem 0}.dim,footer,caption,.scale{color:var(--dim)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.8rem;
margin:1rem 0}
.card{background:var(--paper);border:1px solid var(--rule);border-left:.35rem solid var(--calm);
border-radius:.4rem;padding:.7rem .9rem}
.card.good{border-left-color:var(--good)}.card.bad{border-left-color:var(--bad)}
.card h2{font-size:.95rem;margin:0}.card b{display:block;font-size:1.15rem}
.card.good b{color:var(--good)}
.card.bad b{color:var(--bad)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;padding:.3rem 0;font-size:.85rem}
th,td{text-align:left;padding:.35rem .7rem .35rem 0;border-bottom:1px solid var(--rule);
vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.when{white-space:nowrap}
td .chart{min-width:7rem}td.id{overflow-wrap:anywhere;min-width:9rem}
ul{margin:.2rem 0;padding-left:1.2rem}
thead th{font-size:.8rem;color:var(--dim);font-weight:600}
details summary{cursor:pointer;color:var(--dim);font-size:.85rem}
svg{max-width:100%;height:auto;display:block}
.chart{overflow:visible}.chart text{font-family:inherit}
.chart.broad{width:100%}.chart.narrow{display:none}
@media screen and (max-width:40rem){.chart.broad{display:none}
.chart.narrow{display:block;width:100%}
.stacked thead{display:none}.stacked tr{display:block;border-bottom:1px solid var(--rule);
padding:.5rem 0}.stacked td,.stacked th{display:block;border:0;padding:.1rem 0}
.stacked td::before{content:attr(data-head) ": ";color:var(--dim)}
.stacked td:has(>details)::before{content:none}
.stacked td:has(>.chart){display:flex;gap:.5rem;align-items:center}}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:.8rem}
.cell{background:var(--paper);border:1px solid var(--rule);border-radius:.4rem;padding:.6rem .8rem;
min-width:0}.cell p{font-size:.85rem}.grid+details{margin-top:.6rem}
.key{font-size:.8rem;color:var(--dim)}.key i{display:inline-block;width:.7em;height:.7em;
border-radius:2px;margin-right:.3em}.key span{white-space:nowrap;margin-right:.6em}
.key i.cause,.key i.failing{background:var(--bad)}.key i.below{background:var(--warn)}
.key i.sound{border:1px solid var(--calm)}
.drawing{border:1px solid var(--rule);border-radius:.4rem;background:var(--paper);overflow:auto;
max-height:75vh}.drawing svg{max-width:none}.drawing text{font:12px system-ui,sans-serif;
fill:var(--ink)}.edge{fill:none;stroke:var(--dim);opacity:.45;stroke-width:1.3}
.box{fill:var(--paper);stroke:var(--calm);stroke-width:1.2}.box.below{stroke:var(--warn);
stroke-width:2;stroke-dasharray:5 3}.box.failing{stroke:var(--bad);stroke-width:2.4}
.box.cause{stroke:var(--bad);stroke-width:2.4;fill:var(--fail)}
.bad-text{color:var(--bad)}.good-text{color:var(--good)}
footer{padding:2.5rem 1rem 2rem;font-size:.85rem}
@media print{*{print-color-adjust:exact}html{font-size:11px}body{background:#fff;
font-size:1rem}.wide{overflow:visible}table{font-size:.82rem}td{overflow-wrap:anywhere}
tbody tr:first-child{break-before:avoid}.key{break-after:avoid}
.card,.cell,tr,svg{break-inside:avoid}h2{break-after:avoid}
.drawing{max-height:none;overflow:visible}.drawing svg{max-width:100%}}
"""


def page(
    facts: Facts,
    asked: Sequence[Asked] = (),
    links: Sequence[tuple[str, str]] = (),
    draw: Draw = charts.draw,
) -> str:
    """The whole page.

    Args:
        facts: what it tells.
        asked: the score's questions and answers; empty to leave them out.
        links: pages that lie beside it: file, and what it is.
        draw: makes a chart the text that stands for it.

    Raises:
        ChartError: a chart can't be drawn, and `draw` does not care.
    """
    body = "".join(
        (
            _head(facts),
            "<main>",
            _front(facts),
            _open(facts),
            _warned(facts),
            _lineage(facts.lineage),
            _runs(facts, draw),
            _changes(facts.changes),
            _figures(facts, draw),
            _volumes(facts.volumes, draw),
            _ages(facts.ages, draw),
            _timeline(facts, draw),
            _coverage(facts),
            _slow(facts),
            _score(asked),
            _catalog(links),
            "</main>",
            f"<footer>Made by <code>dataops report</code>, {_when(facts.at)}. Every number comes "
            "from the records of this product's runs.</footer>",
        )
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">"
        '<link rel="icon" href="data:,">'
        f"<title>{escape(facts.product)}: how it is</title><style>{STYLE}</style></head>"
        f"<body>{body}</body></html>\n"
    )


# ── Front ────────────────────────────────────────────────────────────────────────────────────────


def _head(facts: Facts) -> str:
    contact = f", {escape(facts.contact)}" if facts.contact else ""
    return (
        f"<header><h1>{escape(facts.product)}</h1>"
        f'<p class="dim">Owned by {escape(facts.team or "nobody")}{contact}. '
        f"As of {_when(facts.at)}.</p></header>"
    )


def _front(facts: Facts) -> str:
    return f'<div class="cards">{"".join(_card(*one) for one in answers(facts))}</div>'


def answers(facts: Facts) -> tuple[tuple[str, str, str, str], ...]:
    """The three questions of the front: the question, good or bad or calm, the answer, why."""
    found = facts.status
    current = found.current
    if current is None:
        good = ("bad", "No release yet", "Nothing was published: uv run dataops release")
    else:
        since = f"Published {_when_text(current.ended_at)}, {_age(found.age)} ago."
        last = found.last
        known = [one for one in found.open if one.found_by == "person"]
        if known:
            good = ("bad", "An error is known", f"{known[0].label}. {known[0].between}. {since}")
        elif found.readers.release is None:
            good = ("calm", "Nobody can tell", f"The warehouse could not be asked. {since}")
        elif found.readers.problem:
            good = ("bad", "Not what was released", f"Readers {found.readers.problem}. {since}")
        elif current.kind == REHEARSAL:
            good = ("calm", "A rehearsal", f"Built from the sample, not from raw. {since}")
        elif last is not None and last.outcome in (REFUSED, FAILED, "crashed", "stopped"):
            why = f"The last run was {last.outcome}; readers keep {current.run}. {since}"
            good = ("bad", "The last good release", why)
        else:
            good = ("good", "Yes", f"{current.run} passed its audit. {since}")
    if not facts.deadline:
        late = ("calm", "No deadline", "The product has none.")
    elif found.late:
        since = f"{len(found.late)} deadlines passed without a new release, since "
        late = ("bad", "Late", since + _when(found.late[0]) + ".")
    elif current is None:
        late = ("bad", "Nobody can tell", "Nothing was published yet.")
    elif current.kind == REHEARSAL:
        due = f"due each day at {facts.deadline} UTC, once there is raw."
        late = ("calm", "Nobody can tell", f"Nothing was built from raw yet; {due}")
    else:
        late = ("good", "Yes", f"Nothing is late; due each day at {facts.deadline} UTC.")
    count = len(found.open)
    if count:
        oldest = max(found.open, key=lambda one: one.seconds)
        owners = ", ".join(sorted({one.owner or "nobody" for one in found.open}))
        text = f"The oldest for {duration(oldest.seconds)}. With: {owners}."
        still = ("bad", f"{count} incident{'s' * (count != 1)}", text)
    elif found.warned:
        text = "The current release passed its audit; the monitors ask whether this is right: "
        still = ("calm", _some(len(found.warned), "warning"), text + found.warned[0].message)
    elif found.last is None:
        still = ("calm", "Nothing is known", "Nothing has run yet.")
    else:
        still = ("good", "Nothing", "No incident is open.")
    return (
        ("Is the data good now?", *good),
        ("Is it on time?", *late),
        ("What is open?", *still),
    )


def _card(question: str, kind: str, answer: str, why: str) -> str:
    return (
        f'<section class="card {kind}"><h2>{escape(question)}</h2><b>{escape(answer)}</b>'
        f"<p>{escape(why)}</p></section>"
    )


def _open(facts: Facts) -> str:
    if not facts.status.open:
        return ""
    rows = []
    for group in by_cause(facts.status.open):
        one = group[0]
        caused = "".join(f"<li>{escape(more.label)}</li>" for more in group[1:])
        more = _fold(f"and {len(group) - 1} more that it may have caused", f"<ul>{caused}</ul>")
        hangs = ", ".join(one.impact[:6]) + (" …" if len(one.impact) > 6 else "")
        rows.append(
            (
                f"<td class=id>{escape(one.label)}{more if caused else ''}</td>",
                _cell(one.owner or "nobody"),
                f"<td class=when>{_when(one.opened_at)}<br>{duration(one.seconds)}</td>",
                _cell(_short(one.cause)),
                _cell(hangs or "nothing"),
                _cell(one.between),
            )
        )
    heads = ("what", "who has it", "since", "cause", "hangs on it", "what came before")
    return "<h2>Open incidents</h2>" + _table("", heads, rows, stacked=True)


def _warned(facts: Facts) -> str:
    """What the monitors warned of in the current release, and how to say that it is right."""
    rows = [
        (
            _cell(one.message),
            f'<td><code>uv run dataops accept {escape(one.id)} --because "…"</code></td>',
        )
        for one in facts.status.warned
    ]
    if not rows:
        return ""
    return "<h2>Warnings</h2>" + _table("", ("what", "if it is right"), rows, stacked=True)


# ── Over time ────────────────────────────────────────────────────────────────────────────────────


def _runs(facts: Facts, draw: Draw) -> str:
    title = "<h2>Runs</h2>"
    if not facts.runs:
        return title + "<p>No production run yet. Rehearsals on the sample don't count.</p>"
    of = f"the last {len(facts.runs)} of {facts.total} production runs"
    bad = sum(bool(run.errors) for run in facts.runs)
    label = f"Errors of {of}: {bad} had errors, at most {max(r.errors for r in facts.runs)}."
    given = [
        charts.Bar(
            run.at,
            run.errors,
            _kind(run),
            f"{_when(run.at)}: {run.outcome}, {_some(run.errors, 'error')}",
        )
        for run in facts.runs
    ]
    newest = given[-_NARROW:]
    drawn = draw(charts.bars(given, label, "broad", 860, 8)) + draw(
        charts.bars(newest, f"{label} Drawn: the last {len(newest)}.", "narrow", 300, 3)
    )
    key = _key(
        ('style="background:var(--good)"', "published"),
        ('style="background:var(--bad)"', "refused, failed or crashed"),
        ('style="background:var(--calm)"', "stopped"),
        told="Above the line: errors.",
    )
    rows = [
        (
            _cell(run.run, "id"),
            _cell(_when(run.at), "when"),
            _cell(run.outcome),
            _cell(run.trigger),
            _cell(str(run.errors), "n"),
            _cell(f"{run.seconds:.0f} s", "n"),
        )
        for run in reversed(facts.runs)
    ]
    heads = ("run", "ended (UTC)", "outcome", "trigger", "errors", "took")
    table = _table("The same as a table, the newest first", heads, rows, numbers=(4, 5))
    return f"{title}<p>{escape(label)}</p>{drawn}{key}{_fold('All these runs', table)}"


def _figures(facts: Facts, draw: Draw) -> str:
    rows = []
    for figure, trend in facts.figures:
        known = [one.value for one in trend if one.value is not None]
        label = f"{figure.title} by week: " + (
            ", ".join(shown(one) if one.value is not None else "none" for one in trend)
            if known
            else "nothing yet"
        )
        told = [
            (one.value, f"{_day(since)} to {_day(until)}: {shown(one)}")
            for one, (since, until) in zip(trend, weeks(facts.at, len(trend)))
        ]
        spark = draw(charts.sparkline(told, label)) if known else ""
        absent = " class='dim'" if figure.value is None else ""
        rows.append(
            (
                f'<th scope="row">{escape(figure.title)}</th>',
                f"<td{absent}><b>{escape(shown(figure))}</b><br>"
                f'<span class="dim">{escape(counted(figure))}</span></td>',
                f"<td>{spark or '<span class=dim>no trend yet</span>'}</td>",
                f"<td>{_fold('what it means', f'<p>{escape(figure.definition)}</p>')}</td>",
            )
        )
    heads = ("figure", f"last {DAYS} days", "13 weeks", "definition")
    return "<h2>Figures</h2>" + _table("", heads, rows, stacked=True)


@dataclass(frozen=True)
class _Trend:
    """One relation over its last runs: what it is called, what is said of it, its points.

    Attributes:
        name: of the relation.
        kind: said after the name; empty when all are of one kind.
        told: how it is now, and what was expected.
        label: the chart's sentence.
        points: oldest first.
        unit: of the points' values.
    """

    name: str
    kind: str
    told: str
    label: str
    points: tuple[charts.Point, ...]
    unit: str = ""

    @property
    def strange(self) -> bool:
        return self.points[-1].strange


def _volumes(volumes: Sequence[Volume], draw: Draw) -> str:
    title = "<h2>Rows</h2>"
    if not volumes:
        return title + "<p>No relation was profiled in production yet.</p>"
    trends = []
    for one in volumes:
        _, rows, expected, _ = one.points[-1]
        band = (
            f"{max(0, expected.low):,.0f} to {expected.high:,.0f} expected, by its {expected.by}"
            if expected
            else "too little history to expect anything"
        )
        points = tuple(
            charts.Point(
                at,
                count,
                f"{_when(at)}: {count:,} rows",
                max(0.0, wanted.low) if wanted else None,
                wanted.high if wanted else None,
                strange,
            )
            for at, count, wanted, strange in one.points
        )
        label = f"Rows of {one.name} in the last {len(points)} runs, now {rows:,}; {band}."
        trends.append(_Trend(one.name, "", f"{rows:,} rows; {band}", label, points))
    key = _key(
        ('style="background:var(--line)"', "rows in the last runs"),
        ('style="background:var(--band)"', "expected then"),
        ('style="border:2px solid var(--bad)"', "strange"),
    )
    return title + key + _trends(trends, draw)


def _ages(ages: Sequence[Age], draw: Draw) -> str:
    if not ages:
        return ""
    trends = []
    for one in ages:
        _, age, expected, _ = one.points[-1]
        band = (
            f"at most {duration(expected.high)} expected"
            if expected and expected.high > 0
            else "too little history to expect anything"
        )
        size, unit = _unit(max(abs(seconds) for _, seconds, _, _ in one.points))
        points = tuple(
            charts.Point(
                at,
                seconds / size,
                f"{_when(at)}: {_old(seconds)}",
                max(0.0, wanted.low) / size if wanted else None,
                max(0.0, wanted.high) / size if wanted else None,
                strange,
            )
            for at, seconds, wanted, strange in one.points
        )
        now = f"its newest row was {_old(age)} in the last run"
        label = f"Age of {one.kind} {one.name} in the last {len(points)} runs: {now}; {band}."
        trends.append(_Trend(one.name, one.kind, f"{now}; {band}", label, points, unit))
    return "<h2>Freshness</h2>" + _trends(trends, draw)


def _trends(given: Sequence[_Trend], draw: Draw) -> str:
    """The strange ones first; the first with their axes, the others small and folded."""
    listed = sorted(given, key=lambda t: (not t.strange, not any(p.strange for p in t.points)))
    cells = "".join(
        f'<div class="cell"><h3>{_named(one)}</h3>'
        f"{draw(charts.line(one.points, one.label, one.unit))}"
        f'<p class="{"bad-text" if one.strange else "dim"}">{escape(one.told)}</p></div>'
        for one in listed[:_LARGE]
    )
    small = [
        (
            f'<th scope="row" class=id>{_named(one)}</th>',
            f"<td>{draw(charts.line(one.points, one.label, axes=False))}</td>",
            f"<td{' class=bad-text' if one.strange else ''}>{escape(one.told)}</td>",
        )
        for one in listed[_LARGE : _LARGE + _SMALL]
    ]
    more = len(listed) - _LARGE - _SMALL
    table = _table("", ("what", "the last runs", "now"), small)
    rest = _fold(f"And {len(small)} more", table) if small else ""
    left = f"<p>And {more} more, which the records hold.</p>" if more > 0 else ""
    return f'<div class="grid">{cells}</div>{rest}{left}'


def _named(one: _Trend) -> str:
    kind = f' <span class="dim">{escape(one.kind)}</span>' if one.kind else ""
    return escape(one.name) + kind


def _unit(most: float) -> tuple[float, str]:
    """Of how many seconds an axis counts, and what it calls that."""
    for size, name in ((86_400, " d"), (3_600, " h"), (60, " min")):
        if most >= 2 * size:
            return size, name
    return 1, " s"


def _lineage(found: Lineage) -> str:
    title = "<h2>Lineage</h2>"
    if not found.nodes:
        told = f"All {found.left_out} nodes are sound: none is drawn." if found.left_out else ""
        return f"{title}<p>{told}</p>" if told else ""
    bad = found.named(CAUSE, FAILING)
    words = f"Failing: {', '.join(bad[:20])}." if bad else "None of them fails."
    label = f"Lineage of {len(found.nodes)} nodes. {words}"
    states = {node.state for node in found.nodes}
    key = _key(
        *(
            (f'class="{state}"', told)
            for state, told in (
                (CAUSE, "fails, the most upstream"),
                (FAILING, "fails"),
                (BELOW, "stands on what fails"),
                (SOUND, "sound"),
            )
            if state in states
        )
    )
    left = f"<p>{found.left_out} sound nodes are not drawn.</p>" if found.left_out else ""
    drawn = drawing(list(found.nodes), list(found.edges), label)
    return (
        f"{title}<p>{escape(words)}</p>{key}"
        f'<div class="drawing" role="region" aria-label="Lineage" tabindex="0">{drawn}</div>{left}'
    )


def _changes(found: Sequence[Change]) -> str:
    if not found:
        return ""
    rows = []
    for one in found:
        changed = ", ".join(one.changed[:6]) + (" …" if len(one.changed) > 6 else "")
        what = f"{changed or 'no model'}"
        if one.below:
            what += f"; {one.below} more stand on these"
        moved = [f"<li>{escape(_moved(*row))}</li>" for row in one.rows]
        if one.more:
            moved.append(f"<li>and {one.more} more</li>")
        same = "not released" if one.verdict == "refused" else "as many as before"
        rows_moved = f"<ul>{''.join(moved)}</ul>" if moved else same
        commits = f"{one.commits} commit{'s' * (one.commits != 1)}" if one.commits else "tried"
        rows.append(
            (
                f"<td class=when>{escape(one.commit[:7])}<br><span class=dim>{commits}</span></td>",
                f"<td class=when>{one.at:%Y-%m-%d}<br>{one.at:%H:%M} UTC</td>",
                _cell(one.verdict),
                _cell(what),
                f"<td>{rows_moved}</td>",
                _cell(", ".join(one.readers) or "nobody"),
            )
        )
    heads = ("commit", "when", "verdict", "models changed", "rows", "who reads it")
    note = (
        '<p class="dim">Rows are compared with the release before, so new data counts too; what a '
        "change does by itself is in the report of its check.</p>"
    )
    return "<h2>The last changes</h2>" + _table("", heads, rows, stacked=True) + note


def _moved(name: str, before: int | None, after: int | None) -> str:
    said = ["none" if rows is None else f"{rows:,}" for rows in (before, after)]
    return f"{name}: {said[0]} → {said[1]}"


def _old(age: float) -> str:
    return f"{duration(age)} old" if age >= 0 else f"{duration(-age)} ahead of the clock"


def _catalog(links: Sequence[tuple[str, str]]) -> str:
    if not links:
        return ""
    items = "".join(f'<li><a href="{file}">{escape(what)}</a></li>' for file, what in links)
    return f"<h2>The current release</h2><ul>{items}</ul>"


def _timeline(facts: Facts, draw: Draw) -> str:
    title = "<h2>Incidents</h2>"
    if not facts.incidents:
        return title + "<p>None so far.</p>"
    since = facts.at - _SPAN
    recent = [i for i in facts.incidents if (i.closed_at or facts.at) >= since]
    names = list(dict.fromkeys(i.name for i in recent))[:_ROWS]
    shown_ = [i for i in recent if i.name in names]
    drawn = ""
    if shown_:
        label = (
            f"{_some(len(shown_), 'incident')} of the last {_SPAN.days} days, the newest on top, "
            f"{sum(i.open for i in shown_)} of them open."
        )
        begin = max(since, min([i.opened_at for i in shown_] + [facts.at - _LEAST]))
        spans = [
            charts.Span(
                i.name,
                i.opened_at,
                i.closed_at or facts.at,
                "bad" if i.open else "calm",
                f"{i.name}: {_when(i.opened_at)}, {duration(i.seconds)}",
            )
            for i in shown_
        ]
        drawn = f"<p>{label} Red is open.</p>" + "".join(
            draw(charts.timeline(spans, begin, facts.at, label, kind, width))
            for kind, width in (("broad", 620), ("narrow", 165))
        )
    rows = [_incident(one) for one in facts.incidents[:_INCIDENTS]]
    heads = ("what", "opened (UTC)", "lasted", "runs", "cause", "what came before")
    caption = f"The newest {len(rows)} of {len(facts.incidents)}"
    table = _table(caption, heads, rows, numbers=(2, 3))
    return f"{title}{drawn}{_fold('As a table', table)}"


def _incident(one: Incident) -> tuple[str, ...]:
    return (
        _cell(one.label, "id"),
        _cell(_when(one.opened_at), "when"),
        _cell(duration(one.seconds) + (", open" if one.open else ""), "n"),
        _cell(str(one.runs), "n"),
        _cell(_short(one.cause)),
        _cell(one.between),
    )


def _coverage(facts: Facts) -> str:
    if not facts.coverage:
        return ""
    rows = [
        (
            _cell(name),
            _cell(f"{covered} of {whole}", "n"),
            _cell(f"{100 * covered / whole:.0f} %" if whole else "there are none", "n"),
        )
        for name, covered, whole in facts.coverage
    ]
    heads = ("what", "with a data test", "share")
    table = _table("In the current release", heads, rows, numbers=(1, 2))
    return "<h2>Test coverage</h2>" + table


def _slow(facts: Facts) -> str:
    if not facts.slow:
        return ""
    rows = [(_cell(name), _cell(f"{seconds:.2f} s", "n")) for name, seconds in facts.slow]
    table = _table("In the last run that built any", ("model", "took"), rows, numbers=(1,))
    return "<h2>Slowest models</h2>" + table


def _score(asked: Sequence[Asked]) -> str:
    if not asked:
        return ""
    good = sum(one.answer.verdict == "yes" for one in asked)
    rows = [
        (
            f'<th scope="row">{escape(one.question)}</th>',
            _cell(one.answer.verdict),
            f"<td>{escape(one.answer.evidence)}"
            + (f"<br><b>next:</b> {escape(one.answer.next)}" if one.answer.next else "")
            + f"<br>{_fold('why', f'<p>{escape(one.why)}</p>')}</td>",
        )
        for one in asked
    ]
    table = _table("Unknown is not yes", ("question", "answer", "evidence"), rows)
    return f"<h2>Score: {good} of {len(asked)}</h2>{table}"


# ── Small things ─────────────────────────────────────────────────────────────────────────────────


def _table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Sequence[int] = (),
    stacked: bool = False,
) -> str:
    """A table; stacked when a phone shows each row as lines, each with its column's name."""
    top = "".join(
        f'<th scope="col"{" class=n" if n in numbers else ""}>{escape(head)}</th>'
        for n, head in enumerate(heads)
    )
    said = f"<caption>{escape(caption)}</caption>" if caption else ""
    if stacked:
        rows = ([_headed(*pair) for pair in zip(row, heads)] for row in rows)
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    kind = " class=stacked" if stacked else ""
    head = f"<thead><tr>{top}</tr></thead>"
    table = f"<table{kind}>{said}{head}<tbody>{body}</tbody></table>"
    name = escape(caption or ", ".join(heads), quote=True)
    return f'<div class="wide" role="region" aria-label="{name}" tabindex="0">{table}</div>'


def _key(*signs: tuple[str, str], told: str = "") -> str:
    """What each sign means: its attributes, and the words."""
    spans = " ".join(f"<span><i {look}></i>{words}</span>" for look, words in signs)
    return f'<p class="key">{spans} {told}</p>'


def _headed(cell: str, head: str) -> str:
    return cell.replace(">", f' data-head="{escape(head, quote=True)}">', 1)


def _cell(text: str, kind: str = "") -> str:
    return f"<td{f' class={kind}' if kind else ''}>{escape(text)}</td>"


def _fold(summary: str, inner: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{inner}</details>"


def _kind(run: RunLine) -> str:
    return {PUBLISHED: "good", "stopped": "calm"}.get(run.outcome, "bad")


def _short(unique_id: str) -> str:
    """A node's kind and name; dbt's ids also hold the project."""
    parts = unique_id.split(".")
    return f"{parts[0]} {'.'.join(parts[2:])}" if len(parts) > 2 else "the run itself"


def _when(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"


def _some(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _when_text(text: str) -> str:
    return text[:16].replace("T", " ") + " UTC" if text else "at an unknown time"


def _age(age: timedelta | None) -> str:
    return duration(age.total_seconds()) if age is not None else "an unknown time"
