"""The YAML files of the draft: what dbt reads, with the evidence for each test beside it."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping, Sequence

from first_light.inference import names
from first_light.inference.mart import Mart
from first_light.inference.record_conditions import records_sql
from first_light.inference.render.sql import SOURCE
from first_light.inference.values import Column, Doubt, Freshness, Key, Leaf, Reference, Table, Test
from first_light.project.source_table import ROOT
from first_light.utils import sql_names

WIDTH = 96

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./(),' -]*[A-Za-z0-9_.)]|[A-Za-z]")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan"})
# A whole run of signs: a brace that stays before a quoted run would become part of it.
_JINJA = re.compile(r"[{}%#]*(?:\{[{%#]|[}%#]\})[{}%#]*")
_UNPRINTED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_SCHEMA = (
    "{{ env_var('DATAOPS_RAW_SCHEMA', 'raw' if target.name == 'prod' else "
    "target.schema ~ '_sample') }}"
)
_RAW = "{{ env_var('DATAOPS_RAW', 'raw' if target.name == 'prod' else 'sample') }}"


def scalar(text: str) -> str:
    """`text` as a YAML scalar on one line; plain where every YAML reader takes it for text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and ": " not in text:
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    return _UNPRINTED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", escaped)


def unrendered(text: str) -> str:
    """`text` so that Jinja gives back exactly it."""
    return _JINJA.sub(lambda sign: "{{ '" + sign[0] + "' }}", text)


def _prose(indent: str, key: str, text: str) -> list[str]:
    """A `key: text` pair; long text is folded over several lines."""
    text = " ".join(unrendered(text).split())
    line = f"{indent}{key}: {scalar(text)}"
    if len(line) <= WIDTH or _UNPRINTED.search(text) or not text.isprintable():
        return [line]
    wrapped = textwrap.wrap(
        text, WIDTH - len(indent) - 2, break_long_words=False, break_on_hyphens=False
    )
    return [f"{indent}{key}: >-"] + [f"{indent}  {part}" for part in wrapped]


def _comment(indent: str, text: str) -> list[str]:
    safe = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    wrapped = textwrap.wrap(safe, WIDTH - len(indent) - 2, break_on_hyphens=False)
    return [f"{indent}# {part}" for part in wrapped]


def source(
    table: Table,
    leaves: Sequence[Leaf],
    fresh: Freshness | None,
    references: Sequence[Reference],
    parents: Mapping[str, Table],
    on_server: bool,
    guarded: Mapping[str, Mapping[str, str | bool]],
) -> str:
    """The dbt source of one table; `on_server` it is read from a schema.

    Args:
        guarded: the casts that must change no value, see `exactness.guarded`.
    """
    lines = [
        "sources:",
        f"  - name: {SOURCE}",
        *([f"    schema: {_quoted(_SCHEMA)}"] if on_server else []),
        "    tables:",
        f"      - name: {scalar(table.name)}",
    ]
    files = len(table.source.files)
    summary = f"{names.words(table.name)} as they arrive, {_n(table.rows, 'row')}"
    lines += _prose("        ", "description", f"{summary} in {_n(files, 'file')}.")
    for note in table.source.notes:
        lines += _comment("        ", note)
    lines.append("        config:")
    records = records_sql(table.no_records)
    if fresh:
        lines += _comment("          ", fresh.evidence)
        lines.append(f"          loaded_at_field: {scalar(unrendered(fresh.loaded_at))}")
        only = f", filter: {_inner(records)}" if records else ""
        warn = f"{{count: {fresh.days}, period: day}}"
        lines.append(f"          freshness: {{warn_after: {warn}{only}}}")
    else:
        lines.append("          freshness: null")
    lines += ["          meta:", *_location(table)]
    if records:
        lines += _comment("            ", "which rows are records; the sample has no others")
        lines.append(f"            records: {_quoted(unrendered(records))}")
    lines += _exact_casts(table.name, guarded, records)
    lines.append("        columns:")
    refers = {r.column: r for r in references if r.child == table.name}
    seen: set[str] = set()
    for leaf in leaves:
        if leaf.path[0] not in seen:
            seen.add(leaf.path[0])
            lines.append(f"          - name: {scalar(unrendered(leaf.path[0]))}")
            columns = [c for c in table.columns if c.leaf.path[0] == leaf.path[0]]
            lines += _prose("            ", "description", _raw_description(columns))
            lines += _raw_config(columns, refers, parents)
            lines += _raw_tests(leaf, columns[0], records)
    return "\n".join(lines) + "\n"


def _location(table: Table) -> list[str]:
    """Where dbt-duckdb reads the table; braces and percent signs need its older formatter."""
    before = table.source.read
    location = _RAW.join(unrendered(part) for part in before.split(ROOT))
    lines = []
    bare = before.replace(ROOT, "")
    if any(sign in bare for sign in "{}%"):
        location = _RAW.join(unrendered(part.replace("%", "%%")) for part in before.split(ROOT))
        lines.append("            formatter: oldstyle")
    return [f"            external_location: {_quoted(location)}", *lines]


def _exact_casts(
    table: str, guarded: Mapping[str, Mapping[str, str | bool]], records: str
) -> list[str]:
    """The test of a source table that its casts in staging change no value."""
    if not guarded:
        return []
    lines = ["        data_tests:"]
    lines += _comment("          ", "a value that its type can't hold would be changed in silence")
    lines += ["          - converts_exactly:", f"              name: {table}_converts_exactly"]
    lines.append("              arguments:")
    if records:
        lines.append(f"                records: {_quoted(unrendered(records))}")
    lines.append("                columns:")
    for name, target in guarded.items():
        items = [f"{key}: {_flow(value)}" for key, value in target.items()]
        only = list(target) == ["type"]
        spelled = _flow(target["type"]) if only else f"{{{', '.join(items)}}}"
        lines.append(f"                  {scalar(name)}: {spelled}")
    return lines


def _flow(value: str | bool) -> str:
    """A value inside braces."""
    return str(value).lower() if isinstance(value, bool) else _inner(value)


def _raw_description(columns: Sequence[Column]) -> str:
    """The description of a raw column, which may be several columns of the model when nested."""
    first = columns[0]
    if len(first.leaf.path) == 1:
        return _description(first)
    fields = ", ".join(_lower(c.name) for c in columns)
    return f"Nested: {fields}{', personal' if first.personal else ''}."


def _raw_config(
    columns: Sequence[Column], refers: Mapping[str, Reference], parents: Mapping[str, Table]
) -> list[str]:
    meta = []
    reference = refers.get(columns[0].name)
    if reference:
        key = parents[reference.parent].column(reference.key)
        target = f"{reference.parent}.{key.leaf.path[0]}"
        meta.append(f"references: {_inner(target)}")
    if columns[0].pii:
        meta.append(f"pii: {_inner(columns[0].pii)}")
    return [f"            config: {{meta: {{{', '.join(meta)}}}}}"] if meta else []


def _raw_tests(leaf: Leaf, column: Column, records: str) -> list[str]:
    """A raw number must be written as it was: another way of writing is another number."""
    name = leaf.path[0]
    if not column.cast.shape or len(leaf.path) > 1 or '"' in name or _JINJA.search(name):
        return []
    bare = sql_names.identifier(name, rendered=True) == name.lower()
    quote = [] if bare else ["            quote: true"]
    evidence = "otherwise the cast in staging would make another number of it"
    pattern: dict[str, str | int | list[str]] = {"pattern": column.cast.shape}
    only = [f"                  config: {{where: {_inner(records)}}}"] if records else []
    return [
        *quote,
        *_tests("            ", [Test("matches_pattern", name, "error", evidence, pattern)]),
        *only,
    ]


def _inner(text: str) -> str:
    """A scalar inside braces: anything that isn't a bare word is quoted."""
    text = unrendered(text)
    return text if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", text) else _quoted(text)


def staging(
    table: Table,
    key: Key | None,
    groups: Sequence[tuple[str, Sequence[Column]]],
    tests: Sequence[Test],
    doubts: Sequence[Doubt],
    group: str,
) -> str:
    """The YAML beside a staging model."""
    lines = ["models:", f"  - name: {table.model}"]
    lines += _prose("    ", "description", f"{names.words(table.name)}: {_grain(key)}.")
    for doubt in doubts:
        if not doubt.column:
            lines += _comment("    ", doubt.why)
    lines += _config("    ", group, "protected", contract=False)
    lines += _tests("    ", [t for t in tests if not t.column])
    lines.append("    columns:")
    for _, columns in groups:
        for column in columns:
            lines.append(f"      - name: {scalar(column.name)}")
            lines += _prose("        ", "description", _description(column))
            for doubt in doubts:
                if doubt.column == column.name:
                    lines += _comment("        ", doubt.why)
            lines += _tests("        ", [t for t in tests if t.column == column.name])
    return "\n".join(lines) + "\n"


def mart(mart: Mart, types: Mapping[str, str], group: str) -> str:
    """The YAML beside the mart, with its contract.

    Args:
        types: SQL type of each column of the mart, as the warehouse makes it.
    """
    key = mart.key
    lent = [f"the {_lower(join.name)}" for join in mart.joins]
    with_ = f", with {' and '.join(lent)}" if lent else ""
    lines = ["models:", f"  - name: {scalar(mart.name)}"]
    lines += _prose("    ", "description", f"{names.words(mart.name)}: {_grain(key)}{with_}.")
    lines += _config("    ", group, "public", contract=True)
    if key and len(key.columns) > 1:
        arguments: dict[str, str | int | list[str]] = {"combination_of_columns": list(key.columns)}
        test = Test("unique_combination_of_columns", "", key.severity, key.evidence, arguments)
        lines += _tests("    ", [test])
    lines.append("    columns:")
    for column in mart.columns:
        keyed = key is not None and column.name in key.columns
        certain = keyed and key is not None and key.severity == "error"
        lines += _contracted(column.name, _description(column), types[column.name], certain)
        tests = []
        if keyed and key is not None:
            if len(key.columns) == 1:
                tests.append(Test("unique", column.name, key.severity, key.evidence))
            if not certain:
                tests.append(Test("not_null", column.name, key.severity, key.evidence))
        elif not key and column == _fullest(mart):
            tests.append(
                Test("not_null", column.name, "warn", f"{mart.fact.rows:,} rows, "
                     f"{column.stats.nulls:,} nulls", allowed=column.stats.nulls)
            )  # fmt: skip
        lines += _tests("        ", tests)
    for join in mart.joins:
        words = names.words(join.column.name)
        place = f"{join.reference.parent}, by {join.reference.column}"
        lines += _contracted(join.name, f"{words} of {place}.", types[join.name], False)
    return "\n".join(lines) + "\n"


def _fullest(mart: Mart) -> Column:
    return min(mart.columns, key=lambda c: (c.stats.nulls, mart.columns.index(c)))


def _contracted(name: str, description: str, kind: str, certain: bool) -> list[str]:
    lines = [f"      - name: {scalar(name)}", *_prose("        ", "description", description)]
    lines.append(f"        data_type: {kind}")
    if certain:
        lines += ["        constraints:", "          - type: not_null"]
    return lines


def _config(indent: str, group: str, access: str, contract: bool) -> list[str]:
    lines = [f"{indent}config:", f"{indent}  group: {scalar(group)}", f"{indent}  access: {access}"]
    return lines + ([f"{indent}  contract: {{enforced: true}}"] if contract else [])


def _tests(indent: str, tests: Sequence[Test]) -> list[str]:
    if not tests:
        return []
    lines = [f"{indent}data_tests:"]
    for test in tests:
        lines += _comment(f"{indent}  ", test.evidence)
        body: list[str] = []
        if test.arguments:
            body.append(f"{indent}      arguments:")
            for name, value in test.arguments.items():
                if isinstance(value, list):
                    body.append(f"{indent}        {name}:")
                    body += [f"{indent}          - {_argument(test, v)}" for v in value]
                else:
                    body.append(
                        f"{indent}        {name}: "
                        + (str(value) if isinstance(value, int) else scalar(value))
                    )
        if test.allowed:
            body.append(f'{indent}      config: {{severity: warn, warn_if: ">{test.allowed}"}}')
        elif test.severity == "warn":
            body.append(f"{indent}      config: {{severity: warn}}")
        lines.append(f"{indent}  - {test.name}" + (":" if body else ""))
        lines += body
    return lines


def _argument(test: Test, value: str) -> str:
    """One item of a list argument; dbt puts accepted values between quotes just as they are."""
    if test.name == "accepted_values":
        value = value.replace("'", "''")
    return scalar(unrendered(value))


def _grain(key: Key | None) -> str:
    if key is None:
        return "no column or combination was found that identifies a row"
    if len(key.columns) == 1:
        return f"one row for each {_lower(key.columns[0])}"
    columns = [_lower(name) for name in key.columns]
    return f"one row for each combination of {', '.join(columns[:-1])} and {columns[-1]}"


def _lower(name: str) -> str:
    return names.words(name).lower()


def _description(column: Column) -> str:
    """A plain stub for a reviewer to complete: the name as words, and what the data shows."""
    stats = column.stats
    parts = [names.words(column.name)]
    if stats.distinct == 0:
        parts.append("no value yet")
    elif not column.personal:
        parts.append(
            _n(stats.distinct, "value") if stats.exact else f"about {stats.distinct:,} values"
        )
    if column.personal:
        parts.append("personal")
    if column.cast.note:
        parts.append(column.cast.note)
    return ", ".join(parts) + "."


def _n(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
