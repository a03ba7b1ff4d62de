"""The YAML files of the draft: what dbt reads, with the evidence for each test beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from first_light.inference import descriptions, names
from first_light.inference.record_conditions import records_sql
from first_light.inference.render.yaml_text import (
    JINJA,
    comment,
    config,
    inner,
    prose,
    quoted,
    scalar,
    test_lines,
    unrendered,
)
from first_light.inference.values import Column, Doubt, Freshness, Key, Leaf, Reference, Table, Test
from first_light.project.source_table import ROOT, SOURCE
from first_light.utils import sql_names

_RAW = "{{ env_var('DATAOPS_RAW', 'raw' if target.name == 'prod' else 'sample') }}"


def source(
    table: Table,
    leaves: Sequence[Leaf],
    key: Key | None,
    fresh: Freshness | None,
    references: Sequence[Reference],
    parents: Mapping[str, Table],
    keys: Mapping[str, str],
    guarded: Mapping[str, Mapping[str, str | bool]],
) -> str:
    """The dbt source of one table.

    Args:
        keys: where its tables are in raw, where releases read no files.
        guarded: the casts that must change no value, see `exactness.guarded`.
    """
    source_name = table.source.source
    lines = [
        "sources:",
        f"  - name: {scalar(source_name)}",
        *(f"    {key}: {quoted(value)}" for key, value in keys.items()),
        "    tables:",
        f"      - name: {scalar(table.source.table)}",
    ]
    if keys and source_name != SOURCE:  # all tables of raw are in one schema
        lines.append(f"        identifier: {scalar(table.name)}")
    summary = f"{names.words(table.name)} as delivered"
    if key:
        summary += f", one row per {descriptions.grain(table.name, key, references)}"
    lines += prose("        ", "description", f"{summary}.")
    files = len(table.source.files)
    lines += comment("        ", f"{_n(table.rows, 'row')} in {_n(files, 'file')}")
    for note in table.source.notes:
        lines += comment("        ", note)
    lines.append("        config:")
    records = records_sql(table.no_records)
    if fresh:
        lines += comment("          ", fresh.evidence)
        lines.append(f"          loaded_at_field: {scalar(unrendered(fresh.loaded_at))}")
        only = f", filter: {inner(records)}" if records else ""
        warn = f"{{count: {fresh.days}, period: day}}"
        lines.append(f"          freshness: {{warn_after: {warn}{only}}}")
    else:
        lines.append("          freshness: null")
    lines += ["          meta:", *_location(table)]
    if records:
        lines += comment("            ", "which rows are records; the sample has no others")
        lines.append(f"            records: {quoted(unrendered(records))}")
    lines += _exact_casts(table.name, guarded, records)
    lines.append("        columns:")
    if table.source.export:
        lines.append("          - name: filename")
        text = "Path of the file that a row came in; the newest full export counts."
        lines += prose("            ", "description", text)
    refers = {r.column: r for r in references if r.child == table.name}
    seen: set[str] = set()
    for leaf in leaves:
        if leaf.path[0] not in seen:
            seen.add(leaf.path[0])
            lines.append(f"          - name: {scalar(unrendered(leaf.path[0]))}")
            columns = [c for c in table.columns if c.leaf.path[0] == leaf.path[0]]
            if text := _raw_description(table, columns):
                lines += prose("            ", "description", text)
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
    return [f"            external_location: {quoted(location)}", *lines]


def _exact_casts(
    table: str, guarded: Mapping[str, Mapping[str, str | bool]], records: str
) -> list[str]:
    """The test of a source table that its casts in staging change no value."""
    if not guarded:
        return []
    lines = ["        data_tests:"]
    lines += comment("          ", "a value that its type can't hold would be changed in silence")
    lines += ["          - converts_exactly:", f"              name: {table}_converts_exactly"]
    lines.append("              arguments:")
    if records:
        lines.append(f"                records: {quoted(unrendered(records))}")
    lines.append("                columns:")
    for name, target in guarded.items():
        items = [f"{key}: {_flow(value)}" for key, value in target.items()]
        only = list(target) == ["type"]
        spelled = _flow(target["type"]) if only else f"{{{', '.join(items)}}}"
        lines.append(f"                  {scalar(name)}: {spelled}")
    return lines


def _flow(value: str | bool) -> str:
    """A value inside braces."""
    return str(value).lower() if isinstance(value, bool) else inner(value)


def _raw_description(table: Table, columns: Sequence[Column]) -> str:
    """The description of a raw column, which may be several columns of the model when nested."""
    first = columns[0]
    if len(first.leaf.path) == 1:
        return descriptions.known(first, table)
    fields = ", ".join(names.plain(c.name) for c in columns)
    return f"Nested: {fields}{', personal' if first.personal else ''}."


def _raw_config(
    columns: Sequence[Column], refers: Mapping[str, Reference], parents: Mapping[str, Table]
) -> list[str]:
    meta = []
    reference = refers.get(columns[0].name)
    if reference:
        key = parents[reference.parent].column(reference.key)
        target = f"{reference.parent}.{key.leaf.path[0]}"
        meta.append(f"references: {inner(target)}")
    if columns[0].pii:
        meta.append(f"pii: {inner(columns[0].pii)}")
    return [f"            config: {{meta: {{{', '.join(meta)}}}}}"] if meta else []


def _raw_tests(leaf: Leaf, column: Column, records: str) -> list[str]:
    """A raw number must be written as it was: another way of writing is another number."""
    name = leaf.path[0]
    if not column.cast.shape or len(leaf.path) > 1 or '"' in name or JINJA.search(name):
        return []
    bare = sql_names.identifier(name, rendered=True) == name.lower()
    quote = [] if bare else ["            quote: true"]
    evidence = "otherwise the cast in staging would make another number of it"
    pattern: dict[str, str | int | list[str]] = {"pattern": column.cast.shape}
    only = [f"                  config: {{where: {inner(records)}}}"] if records else []
    return [
        *quote,
        *test_lines("            ", [Test("matches_pattern", name, "error", evidence, pattern)]),
        *only,
    ]


def staging(
    table: Table,
    key: Key | None,
    groups: Sequence[tuple[str, Sequence[Column]]],
    tests: Sequence[Test],
    doubts: Sequence[Doubt],
    references: Sequence[Reference],
    sums: Mapping[str, str],
    group: str,
) -> str:
    """The YAML beside a staging model.

    Args:
        table: the table.
        key: its key, if one is known.
        groups: its columns in the order of the model.
        tests: its data tests.
        doubts: what was left undecided about it.
        references: those of which it is the child.
        sums: by column, what it is the sum or product of.
        group: the dbt group of the model.
    """
    lines = ["models:", f"  - name: {table.model}"]
    refers = {r.column: r for r in references}
    lines += prose("    ", "description", f"{descriptions.of_rows(table, key, references)}.")
    for doubt in doubts:
        if not doubt.column:
            lines += comment("    ", doubt.why)
    lines += config("    ", group, "protected", contract=False)
    lines += test_lines("    ", [t for t in tests if not t.column])
    lines.append("    columns:")
    for _, columns in groups:
        for column in columns:
            lines.append(f"      - name: {scalar(column.name)}")
            text = descriptions.of_column(column, table, key, refers.get(column.name), tests, sums)
            lines += prose("        ", "description", text)
            for doubt in doubts:
                if doubt.column == column.name:
                    lines += comment("        ", doubt.why)
            lines += test_lines("        ", [t for t in tests if t.column == column.name])
    return "\n".join(lines) + "\n"


def _n(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
