"""An impact as one page: the lineage drawn, every model's rows; no script, no request."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from html import escape

from first_light.dbt.graph import Graph
from first_light.impact import text as words
from first_light.impact.findings import DOWNSTREAM, Impact, ModelImpact
from first_light.impact.tables import TableDiff
from first_light.utils.graph_svg import drawing

# A drawing of more boxes than this shows only what changes; and if that is as many, only what was
# edited and what others read.
_DRAWN = 150
# A drawing of no more columns than this is made to fit the page.
_FITS = 7
# More than this is folded.
_ROWS, _LISTED = 50, 8
_LEGEND = (
    ("breaking", "breaks its contract"),
    ("changed", "says something else"),
    ("columns", "columns added or moved"),
    ("added", "new"),
    ("removed", "removed"),
    ("unknown", "not known"),
    ("same", "no data change"),
    ("context", "not reached"),
)
_STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #d9d9e0; --paper: #fff;
  --card: #f9f9fb; --breaking: #ce2c31; --changed: #cc4e00; --columns: #0d74ce; --added: #218358;
  --removed: #8e4ec6; --unknown: #946800; --same: #8b8d98; }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #b0b4ba; --line: #363a3f;
  --paper: #111113; --card: #18191b; --breaking: #ff9592; --changed: #ffa057; --columns: #70b8ff;
  --added: #3dd68c; --removed: #d19dff; --unknown: #f5e147; --same: #777b84; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.2rem 4rem; max-width: 76rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 .3rem; }
h1.good { border-left: 5px solid var(--added); padding-left: .7rem; }
h1.wrong { border-left: 5px solid var(--breaking); padding-left: .7rem; }
h2 { font-size: 1.05rem; margin: 2rem 0 .6rem; }
p { margin: .4rem 0; }
.soft { color: var(--soft); }
.bad { border-left: 3px solid var(--breaking); padding: .1rem 0 .1rem .8rem; margin: .8rem 0; }
.doubt { border-left: 3px solid var(--unknown); padding: .1rem 0 .1rem .8rem; margin: .8rem 0; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  padding: .6rem .8rem; white-space: pre-wrap; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px;
  font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { font-weight: 600; color: var(--soft); white-space: nowrap; }
td.n, th.n { text-align: right; white-space: nowrap; }
details { border: 1px solid var(--line); border-radius: 6px; background: var(--card);
  margin: .5rem 0; }
summary { cursor: pointer; padding: .45rem .8rem; }
details > div { padding: 0 .8rem .7rem; }
.drawing { border: 1px solid var(--line); border-radius: 6px; background: var(--card);
  overflow: auto; max-height: 75vh; }
svg { display: block; }
.drawing.fits svg { max-width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.edge { fill: none; stroke: var(--soft); opacity: .45; stroke-width: 1.3; }
.box { fill: var(--paper); stroke: var(--line); stroke-width: 1.4; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; font-size: 13px; margin: .5rem 0; }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .4em; }
""" + "".join(
    f".box.{state} {{ stroke: var(--{state}); stroke-width: 2.2; }}"
    f".dot.{state} {{ background: var(--{state}); }}\n"
    for state in ("breaking", "changed", "columns", "added", "removed", "unknown", "same")
) + (
    ".box.same { stroke-width: 1.4; } .box.removed { stroke-dasharray: 5 3; }\n"
    ".dot.context { border: 1px solid var(--line); }\n"
)  # fmt: skip


def page(impact: Impact) -> str:
    """The page."""
    title = f"Impact: {impact.headline}"
    body = [
        f'<h1 class="{"good" if impact.allowed else "wrong"}">{escape(title)}</h1>',
        f'<p class="soft">{escape(words.compared(impact))}</p>',
        *_attention(impact),
        *_lineage(impact),
        *_table(impact),
        *_readers(impact),
        *_details(impact),
        *_quiet(impact),
        *_others(impact),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _attention(impact: Impact) -> list[str]:
    lines = []
    for model in impact.breaking:
        told = "".join(f"<li>{escape(one)}</li>" for one in model.breaking)
        lines.append(
            f'<div class="bad"><strong>{escape(model.name)} breaks its public contract</strong>'
            f"<ul>{told}</ul><p>Keep it and give the new shape a version of its own: "
            f"{escape(words.versions(model))}</p></div>"
        )
    if missing := impact.undeclared:
        names = escape(words.some([model.name for model in missing], 20))
        lines.append(
            f'<div class="bad"><strong>Not declared:</strong> {names}. Is it meant? Say so in a '
            f"commit message:<pre>{escape(words.paste(impact))}</pre></div>"
        )
    unstable = [
        f"{m.name}: {'its rows' if '*' in m.unstable else ', '.join(m.unstable)}"
        for m in impact.unstable
    ]
    unknown = [f"{model.name}: {model.unknown}" for model in impact.unknown]
    lines += _doubts("Changes whenever it is built, so it cannot be judged", unstable)
    lines += _doubts("Nobody can tell what happens to", unknown)
    return lines + [f"<p>{escape(remark)}</p>" for remark in words.remarks(impact)]


def _doubts(title: str, told: list[str]) -> list[str]:
    if not told:
        return []
    items = f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in told)}</ul>"
    if len(told) > _LISTED:
        summary = f"<summary>{escape(title)} {len(told)} models</summary>"
        return [f'<details class="doubt">{summary}<div>{items}</div></details>']
    return [f'<div class="doubt"><strong>{escape(title)}</strong>{items}</div>']


def _lineage(impact: Impact) -> list[str]:
    nodes = list(impact.nodes)
    if len(nodes) > _DRAWN:
        nodes = [n for n in nodes if n.kind == "exposure" or n.state not in ("same", "context")]
    if len(nodes) > _DRAWN:
        read = {m.unique_id for m in impact.models if m.status != DOWNSTREAM or m.promised}
        nodes = [node for node in nodes if node.kind == "exposure" or node.unique_id in read]
    left_out = len(impact.nodes) - len(nodes)
    if not nodes:
        return []
    edges = joined({node.unique_id for node in nodes}, impact.edges)
    states = {node.state for node in nodes}
    legend = "".join(
        f'<span><span class="dot {state}"></span>{told}</span>'
        for state, told in _LEGEND
        if state in states
    )
    lines = ["<h2>Lineage</h2>", f'<div class="legend">{legend}</div>']
    if left_out:
        changed = sum(node.state not in ("same", "context") for node in impact.nodes)
        hidden = changed - sum(node.state not in ("same", "context") for node in nodes)
        more = f"; {hidden} of them change too" if hidden else ""
        lines.append(f'<p class="soft">{left_out} are not drawn{more}.</p>')
    fits = " fits" if len({node.rank for node in nodes}) <= _FITS else ""
    return [*lines, f'<div class="drawing{fits}">{drawing(nodes, edges)}</div>']


def joined(kept: Collection[str], edges: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Which of some boxes lead to which, directly or through boxes that are not drawn."""
    parents: dict[str, list[str]] = {}
    for parent, child in edges:
        parents.setdefault(child, []).append(parent)
    graph = Graph(parents)
    sources: dict[str, set[str]] = {}  # the nearest boxes above each node that are drawn
    for name in graph.in_order():
        above = ({up} if up in kept else sources[up] for up in graph.parents(name))
        sources[name] = set().union(*above)
    return sorted((source, name) for name in kept for source in sources.get(name, ()))


def _table(impact: Impact) -> list[str]:
    shown = words.first(m for m in impact.models if m.diff is None or not m.diff.same)
    if not shown:
        return []
    rows: list[list[str]] = []
    for model in shown:
        diff = model.diff
        cells = ["", "", "", "", "?" if model.unknown or model.unstable else ""]
        if diff is not None:
            counts = [f"{n:,}" if n else "" for n in (diff.added, diff.removed)]
            cells = [words.rows(diff), *counts, words.changed_rows(diff), words.columns(diff)]
        name = model.name + (f" (was {model.was})" if model.was else "")
        declared = model.declared or ("no" if model.must_declare else "")
        rows.append([name, words.status(model), *cells, declared])
    heads = ("model", "", "rows", "added", "removed", "changed", "columns", "declared")
    numbers = (2, 3, 4, 5)
    lines = ["<h2>What changes</h2>", _html_table(heads, rows[:_ROWS], numbers)]
    if rest := rows[_ROWS:]:
        more = _html_table(heads, rest, numbers)
        lines.append(f"<details><summary>{len(rest)} more</summary><div>{more}</div></details>")
    return lines


def _readers(impact: Impact) -> list[str]:
    rows = [
        [
            f"exposure {exposure.label}",
            "" if exposure.status == DOWNSTREAM else exposure.status,
            exposure.owner,
            words.reads(exposure),
        ]
        for exposure in impact.exposures
    ]
    for model in impact.models:
        if model.access == "public" and (model.says_other or model.unknown):
            promise = "public, with a contract" if model.contract else "public"
            rows.append([model.name, promise, model.owner, words.summary(model)])
    if not rows:
        return []
    return ["<h2>Who reads it</h2>", _html_table(("", "", "owner", "what changes"), rows)]


def _details(impact: Impact) -> list[str]:
    shown = words.first(impact.changed)
    if not shown:
        return []
    opened = " open" if len(shown) <= 3 else ""
    return ["<h2>Rows and columns</h2>", *(_detail(model, opened) for model in shown)]


def _detail(model: ModelImpact, opened: str) -> str:
    assert model.diff is not None
    lines = [f'<p class="soft">{escape(words.why(model))}</p>']
    lines += [f"<p>{escape(note)}</p>" for note in model.notes]
    if model.origins:
        told = "; ".join(f"{c} ← {', '.join(o)}" for c, o in model.origins.items())
        lines.append(f'<p class="soft">From: {escape(told)}.</p>')
    lines += _columns(model.diff)
    for what, rows in (
        ("removed", model.diff.removed_rows),
        ("added", model.diff.added_rows),
    ):
        if rows:
            items = "".join(f"<li>{escape(words.row(one))}</li>" for one in rows)
            lines.append(f"<p>Rows {what}, for example:</p><ul>{items}</ul>")
    return (
        f"<details{opened}><summary><strong>{escape(model.name)}</strong>: "
        f"{escape(words.summary(model))}</summary><div>{''.join(lines)}</div></details>"
    )


def _columns(diff: TableDiff) -> list[str]:
    if not diff.columns:
        return []
    rows = [
        [
            words.column(column),
            words.changed(column, diff),
            *(words.both(column, of) for _, of in words.FIGURES),
            words.example(column),
        ]
        for column in words.ordered(diff)
    ]
    heads = ("column", "changed", *(name for name, _ in words.FIGURES), "example")
    return [_html_table(heads, rows, numbers=(1, 2, 3))]


def _quiet(impact: Impact) -> list[str]:
    if not impact.same:
        return []
    names = escape(", ".join(model.name for model in impact.same))
    return [
        f"<h2>No data change in {len(impact.same)}</h2>",
        f'<p>Every row and column is as it was.</p><p class="soft">{names}</p>',
    ]


def _others(impact: Impact) -> list[str]:
    if not impact.others:
        return []
    items = "".join(f"<li>{escape(words.other(one))}</li>" for one in impact.others)
    return ["<h2>Besides</h2>", f"<ul>{items}</ul>"]


def _html_table(
    heads: Iterable[str], rows: Iterable[list[str]], numbers: tuple[int, ...] = ()
) -> str:
    def cells(tag: str, texts: Iterable[str]) -> str:
        return "".join(
            f"<{tag}{' class=n' if i in numbers else ''}>{escape(text)}</{tag}>"
            for i, text in enumerate(texts)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table><thead><tr>{cells("th", heads)}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
