"""Data tests of a staging model: which rules the values follow. Pure.

Only what a colleague would write: the key, references and the time of a row, other columns that
are named as identifiers, states and types with a closed set of values, and amounts below zero. What
makes the table what it is (its key, its references) is an error; what is merely regular so far is
a warning. Personal columns get no values, ranges or patterns. `failing_rows` says in SQL what a
test will ask, so that every drafted test is tried on all rows before it is written down.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from first_light.inference import names
from first_light.inference.values import Column, Key, Reference, Severity, Table, Test
from first_light.project.layers import staging_model
from first_light.utils import sql_names
from first_light.utils.sql_names import quoted

ENOUGH = 50
"""Rows with a value from which regularity is taken for a rule."""

SET = 20
"""Values that a closed set has at most."""

EACH = 10
"""Rows that a value of a closed set has on average at least."""

_STATE = re.compile(
    r"(^|_)(status|state|stage|phase|type|kind|category|class|klass\w*|level|tier|grade|priority|"
    r"severity|channel|method|mode|gender|sex|currency|segment|role|direction|frequency|unit|"
    r"outcome|result|typ|art|kategorie|stufe|kanal|waehrung|geschlecht)(_code)?$"
)
_PLACE = re.compile(
    r"(^|_)(city|town|country|region|province|county|state_name|us_state|ship_state|home_state|"
    r"billing_state|shipping_state|address_state|customer_state|seller_state|name|street|ort|land)(_|$)"
)
_NEVER_NEGATIVE = re.compile(
    r"(^|_)(amount|price|cost|quantity|qty|total|subtotal|tax|fee|freight|salary|age|weight|height|"
    r"width|length|distance|duration|count|size|betrag|preis|menge)(_|$)"
)
_DOMAINS: tuple[tuple[re.Pattern[str], int, int], ...] = (
    (re.compile(r"(^|_)month(_of_year)?$"), 1, 12),
    (re.compile(r"(^|_)(day|day_of_month|dom)$"), 1, 31),
    (re.compile(r"(^|_)(weekday|day_of_week|dow)$"), 0, 7),
    (re.compile(r"(^|_)quarter$"), 1, 4),
    (re.compile(r"(^|_)week(_of_year)?$"), 0, 53),
    (re.compile(r"(^|_)hour(_of_day)?$"), 0, 24),
    (re.compile(r"(^|_)(minute|second)$"), 0, 60),
    (re.compile(r"(^|_)(lat|latitude)$"), -90, 90),
    (re.compile(r"(^|_)(lon|lng|long|longitude)$"), -180, 180),
    (re.compile(r"(^|_)(pct|percent|percentage|humid|humidity)$"), 0, 100),
)
_YEAR = re.compile(r"(^|_)(year|yr)$")
_UNSPEAKABLE = re.compile(
    # signs that a YAML file had better not hold, and what dbt would call as a function
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]|^\s|\s$|^$|^(env_var|ref|var|source|doc)\s*\(.+\)$"
)


def of_table(
    table: Table,
    key: Key | None,
    others: Sequence[Column],
    references: Sequence[Reference],
    loaded: str,
) -> list[Test]:
    """The tests of one staging model, model-wide ones first, then column by column.

    Args:
        others: unique columns besides the key.
        references: those of which this table is the child.
        loaded: the column that says when a row was loaded or changed; empty without one.
    """
    refers = {r.column: r for r in references}
    keyed = key.columns if key else ()
    tests: list[Test] = []
    if key and len(key.columns) > 1:
        tests.append(
            Test(
                "unique_combination_of_columns",
                "",
                key.severity,
                key.evidence,
                {"combination_of_columns": list(key.columns)},
            )
        )
    unique = {c.name for c in others}
    for column in table.columns:
        if column.name in keyed or column.name in refers or column.name == loaded:
            tests += _nulls(table, column, key, refers)
        if key and key.columns == (column.name,):
            tests.append(Test("unique", column.name, key.severity, key.evidence))
        elif column.name in unique and names.identifies(column.name):
            tests.append(Test("unique", column.name, "warn", f"{table.rows:,} rows, all different"))
        if column.name in refers:
            reference = refers[column.name]
            tests.append(
                Test(
                    "relationships",
                    column.name,
                    reference.severity,
                    reference.evidence,
                    {"to": f"ref('{staging_model(reference.parent)}')", "field": reference.key},
                )
            )
        elif not column.personal and column.name not in keyed:
            tests += _values(table, column) or _range(table, column) or _pattern(table, column)
    return tests or [_least(table)]


def _nulls(
    table: Table, column: Column, key: Key | None, refers: dict[str, Reference]
) -> list[Test]:
    if column.stats.nulls or not table.rows:
        return []
    severity: Severity = "warn"
    if key and column.name in key.columns:
        severity = key.severity
    if severity == "warn" and column.name in refers and table.rows >= ENOUGH:
        severity = refers[column.name].severity
    return [Test("not_null", column.name, severity, f"{table.rows:,} rows, 0 nulls")]


def _values(table: Table, column: Column) -> list[Test]:
    """A closed set: few values, each seen often, none seen only once."""
    stats = column.stats
    filled = table.rows - stats.nulls
    if column.cast.kind != "text" or not stats.counts or column.cast.form == "json":
        return []
    if not _STATE.search(column.name) or _PLACE.search(column.name):
        return []
    if filled < ENOUGH or len(stats.counts) > SET or filled < EACH * len(stats.counts):
        return []
    if len(stats.counts) < 2 or min(n for _, n in stats.counts) < 2 or stats.longest > 60:
        return []
    values = sorted(value for value, _ in stats.counts)
    if any(_UNSPEAKABLE.search(value) for value in values):
        return []
    rare = min(n for _, n in stats.counts)
    return [
        Test(
            "accepted_values",
            column.name,
            "warn",
            f"{filled:,} rows with a value, the rarest of {len(values)} in {rare:,}",
            {"values": values},
        )
    ]


def _range(table: Table, column: Column) -> list[Test]:
    """Bounds that the name gives when the values keep to them, else zero when none is below."""
    stats = column.stats
    if column.cast.kind not in {"integer", "decimal", "double"} or stats.low is None:
        return []
    if table.rows - stats.nulls < ENOUGH or stats.high is None or names.identifies(column.name):
        return []
    low, high = float(stats.low), float(stats.high)
    if not (-1e300 < low <= high < 1e300):
        return []
    seen = f"seen {stats.low} to {stats.high}"
    if any(other.personal for other in table.columns):  # an extreme is the value of one person
        seen = f"all {table.rows - stats.nulls:,} values"
    for name, least, most in _DOMAINS:
        if name.search(column.name) and least <= low and high <= most:
            return [_bounds(column, {"min_value": least, "max_value": most}, seen)]
    if _YEAR.search(column.name) and low >= 1800 and high <= 2200:
        return [_bounds(column, {"min_value": 1800, "max_value": 2200}, seen)]
    if low >= 0 and _NEVER_NEGATIVE.search(column.name):
        return [_bounds(column, {"min_value": 0}, seen)]
    return []


def _bounds(column: Column, arguments: dict[str, str | int | list[str]], seen: str) -> Test:
    return Test("accepted_range", column.name, "warn", seen, arguments)


def _pattern(table: Table, column: Column) -> list[Test]:
    stats = column.stats
    if (
        column.cast.kind != "text"
        or table.rows - stats.nulls < ENOUGH
        or column.cast.form == "json"
    ):
        return []
    if stats.distinct < 10 or not names.identifies(column.name):
        return []
    pattern = pattern_of(column)
    if not pattern:
        return []
    filled = table.rows - stats.nulls
    evidence = f"all {filled:,} values, {stats.distinct:,} of them different"
    return [Test("matches_pattern", column.name, "warn", evidence, {"pattern": pattern})]


_SEPARATORS = frozenset("-_./: #+")


def pattern_of(column: Column) -> str:
    """A regular expression that all values of a code match, from their shapes; else empty."""
    stats = column.stats
    if stats.shapes and stats.shortest == stats.longest and 2 <= stats.longest <= 40:
        return _fixed(stats.shapes)
    if len(stats.runs) == 1 and stats.longest <= 40:
        run = stats.runs[0]
        if "9" in run and run not in {"9", "A9a"} and set(run) <= {"A", "a", "9"} | _SEPARATORS:
            return "^" + "".join(_RUN.get(sign, _literal(sign)) for sign in run) + "$"
    return ""


_CLASSES = {"A": "A-Z", "a": "a-z", "9": "0-9"}
_RUN = {"A": "[A-Z]+", "a": "[a-z]+", "9": "[0-9]+"}


def _fixed(shapes: Sequence[str]) -> str:
    """The pattern of texts of one length: at each place the classes that occur there."""
    places: list[str] = []
    for signs in zip(*shapes, strict=False):
        kinds = set(signs)
        if kinds <= _CLASSES.keys():
            # letters of both cases and digits alike say nothing
            places.append("[" + "".join(_CLASSES[k] for k in "9Aa" if k in kinds) + "]")
        elif len(kinds) == 1 and kinds <= _SEPARATORS:
            places.append(_literal(signs[0]))
        else:
            return ""
    if all(place == "[a-z]" for place in places) or not any("[" in place for place in places):
        return ""
    pattern, at = "", 0
    while at < len(places):
        same = 1
        while at + same < len(places) and places[at + same] == places[at]:
            same += 1
        pattern += places[at] + (f"{{{same}}}" if same > 1 and "[" in places[at] else "")
        pattern += places[at] * (same - 1) if "[" not in places[at] else ""
        at += same
    return f"^{pattern}$"


def _literal(sign: str) -> str:
    return f"[{sign}]" if sign in ".+" else sign


def _least(table: Table) -> Test:
    """Something to hold on to where nothing was found: the first column gets no emptier."""
    fullest = min(table.columns, key=lambda c: (c.stats.nulls, table.columns.index(c)))
    nulls = fullest.stats.nulls
    evidence = f"{table.rows:,} rows, {nulls:,} nulls"
    return Test("not_null", fullest.name, "warn", evidence, allowed=nulls)


def failing_rows(test: Test, table: str, parent: str = "") -> str:
    """A query for the rows on which a test fails; `table` and `parent` are quoted relations."""
    column = quoted(test.column)
    arguments = test.arguments
    if test.name == "not_null":
        return f"select 1 from {table} where {column} is null"
    if test.name == "unique":
        return (
            f"select {column} from {table} where {column} is not null "
            f"group by {column} having count(*) > 1"
        )
    if test.name == "unique_combination_of_columns":
        several = arguments["combination_of_columns"]
        assert isinstance(several, list)
        listed = ", ".join(quoted(name) for name in several)
        return f"select 1 from {table} group by {listed} having count(*) > 1"
    if test.name == "relationships":
        field = quoted(str(arguments["field"]))
        return (
            f"select 1 from {table} as c left join {parent} as p on c.{column} = p.{field} "
            f"where c.{column} is not null and p.{field} is null"
        )
    if test.name == "accepted_values":
        values = arguments["values"]
        assert isinstance(values, list)
        listed = ", ".join(sql_names.literal(value) for value in values)
        return f"select 1 from {table} where {column} not in ({listed})"
    if test.name == "accepted_range":
        bounds = [f"{column} < {arguments['min_value']}"]
        if "max_value" in arguments:
            bounds.append(f"{column} > {arguments['max_value']}")
        return f"select 1 from {table} where {' or '.join(bounds)}"
    if test.name == "matches_pattern":
        pattern = sql_names.literal(str(arguments["pattern"]))
        return f"select 1 from {table} where not regexp_matches({column}, {pattern})"
    raise ValueError(f"no generic test is called {test.name}")
