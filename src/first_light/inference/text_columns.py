"""How the text columns of raw are written: the evidence for the decision about their types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from first_light.inference import text_formats, types
from first_light.inference.marks import MARKS
from first_light.inference.profile import (
    ScratchDatabase,
    Staged,
    chunks,
    number,
    part_of,
    raw_value,
)
from first_light.inference.values import Leaf
from first_light.utils import sql_names
from first_light.utils.null_words import contents, means_none

FEW = 2_000
"""Up to so many different values a column is judged on them instead of on its rows."""


_FEW_WORDS = 3
"""Values of a column that may say yes and no."""


@dataclass(frozen=True)
class _Glance:
    """How a text column looks before its values are read.

    Attributes:
        negatives: names of `text_formats.NEGATIVES` that some value is written with.
        shortest: length of the shortest value.
        digits: number of values with a digit.
        families: names of `text_formats.FAMILY_PATTERNS` that half of the values have at least.
    """

    values: int = 0
    null_words: tuple[str, ...] = ()
    padded: bool = False
    sign: str = ""
    negatives: tuple[str, ...] = ()
    shortest: int = 0
    digits: int = 0
    families: frozenset[str] = frozenset()


def sorted_texts(value: object) -> tuple[str, ...]:
    """A list of texts that DuckDB gave, sorted; empty for null."""
    return tuple(sorted(str(item) for item in value)) if isinstance(value, list) else ()


def text_evidence(scratch: ScratchDatabase, staged: Staged) -> dict[Leaf, types.ColumnEvidence]:
    """What every text column of raw looks like, for all the readings there are."""
    texts = [leaf for leaf in staged.leaves if leaf.type == "VARCHAR"]
    distinct = _approximate(scratch, staged, texts)
    part = part_of(staged.raw, staged.rows)
    evidence: dict[Leaf, types.ColumnEvidence] = {}
    for some in chunks(texts):
        whole = [distinct[leaf] <= FEW or part == staged.raw for leaf in some]
        _see(
            scratch, [(raw_value(leaf), staged.raw if w else part) for leaf, w in zip(some, whole)]
        )
        glances = _glances(scratch)
        misfits = _misfits(scratch, glances)
        marks = _marks(scratch, glances)
        for at, (leaf, complete) in enumerate(zip(some, whole)):
            glance = glances.get(at, _Glance())
            misses = dict.fromkeys(text_formats.READINGS, glance.values) | misfits.get(at, {})
            evidence[leaf] = types.ColumnEvidence(
                values=glance.values,
                examples=_example(scratch, at, glance, misses),
                null_words=glance.null_words,
                misfits=misses,
                complete=complete,
                padded=glance.padded,
                sign=glance.sign,
                negatives=glance.negatives,
                shortest=glance.shortest,
                marks=marks.get(at, {}),
            )
    return evidence


def _see(scratch: ScratchDatabase, columns: Sequence[tuple[str, str]]) -> None:
    """Gathers the different values of some columns (expression, rows) in one narrow table.

    `c` numbers the column, `v` is the value, `x` the same without padding, `none` says whether
    it is a word for "no value".
    """
    words = ", ".join(sql_names.literal(word) for word in text_formats.NULL_WORDS)
    parts = " union all ".join(
        f"select {at} as c, {value} as v from {rows} where {value} is not null group by {value}"
        for at, (value, rows) in enumerate(columns)
    )
    scratch.rows(
        f"create or replace temp table seen as "
        f"select c, v, trim(v) as x, trim(v) in ({words}) as none from ({parts})"
    )


def _glances(scratch: ScratchDatabase) -> dict[int, _Glance]:
    """How the values of each seen column look before they are read."""
    looks = ", ".join(
        f"count(*) filter (where not none and {pattern_of('x')})"
        for pattern_of in text_formats.FAMILY_PATTERNS.values()
    )
    sign = f"regexp_extract(x, '{text_formats.SIGN_PATTERN}')"
    signs = (
        f"min({sign}) filter (where not none), max({sign}) filter (where not none), "
        f"bool_and({sign} <> '' and length(x) - length(replace(x, {sign}, '')) = length({sign})) "
        "filter (where not none)"
    )
    negative = ", ".join(
        f"count(*) filter (where not none and regexp_matches(x, '{pattern}'))"
        for pattern, _ in text_formats.NEGATIVES.values()
    )
    glances = {}
    for column, words, padded, count, shortest, digits, low, high, once, *counts in scratch.rows(
        f"select c, list(distinct x) filter (where none), "
        f"coalesce(bool_or(v <> x) filter (where not none), false), "
        f"count(*) filter (where not none), min(length(x)) filter (where not none), "
        f"count(*) filter (where not none and regexp_matches(x, '\\p{{Nd}}')), "
        f"{signs}, {looks}, {negative} from seen group by c"
    ):
        values = number(count)
        answers = iter(map(number, counts))
        alike = {name: next(answers) for name in text_formats.FAMILY_PATTERNS}
        negatives = {name: next(answers) for name in text_formats.NEGATIVES}
        glances[number(column)] = _Glance(
            values=values,
            null_words=sorted_texts(words),
            padded=bool(padded),
            sign=str(low) if once and low == high else "",
            negatives=tuple(name for name, count in negatives.items() if count),
            shortest=number(shortest),
            digits=number(digits),
            families=frozenset(f for f, n in alike.items() if 2 * n >= values > 0),
        )
    return glances


def _misfits(scratch: ScratchDatabase, glances: Mapping[int, _Glance]) -> dict[int, dict[str, int]]:
    """For each seen column and reading worth a try, the values that it doesn't fit."""
    misfits: dict[int, dict[str, int]] = {at: {} for at in glances}
    for family in text_formats.FAMILY_PATTERNS:
        columns = [at for at, glance in glances.items() if family in glance.families]
        readings = [r for r in text_formats.READINGS.values() if r.family == family]
        if not columns:
            continue
        expressions = ", ".join(
            f"count(*) filter (where not coalesce({reading.holds('x')}, false))"
            for reading in readings
        )
        signed = "".join(
            f" when {at} then {_bare('x', glances[at].sign, glances[at].negatives)}"
            for at in columns
            if glances[at].sign or glances[at].negatives
        )
        value = f"case c{signed} else x end" if signed and family == "number" else "x"
        for column, *misses in scratch.rows(
            f"select c, {expressions} from (select c, {value} as x from seen where not none "
            f"and c in ({', '.join(map(str, columns))})) group by c"
        ):
            counted = zip(readings, misses)
            misfits[number(column)] |= {r.name: number(n) for r, n in counted}
    return misfits


def _marks(scratch: ScratchDatabase, glances: Mapping[int, _Glance]) -> dict[int, dict[str, int]]:
    """For each seen column with digits or few values, the number that bear each of `MARKS`."""
    columns = [
        at
        for at, glance in glances.items()
        if 4 * glance.digits >= glance.values > 0 or 0 < glance.values <= _FEW_WORDS
    ]
    if not columns:
        return {}
    marked = ", ".join(
        f"count(*) filter (where regexp_full_match(x, {sql_names.literal(pattern)}))"
        for pattern in MARKS.values()
    )
    return {
        number(column): dict(zip(MARKS, map(number, counts), strict=True))
        for column, *counts in scratch.rows(
            f"select c, {marked} from seen where not none "
            f"and c in ({', '.join(map(str, columns))}) group by c"
        )
    }


def _bare(value: str, sign: str, negatives: Sequence[str]) -> str:
    """SQL for a number without its sign and with its minus in front, as staging cleans it."""
    if sign:
        value = f"replace({value}, {sql_names.literal(sign)}, '')"
    value = text_formats.with_minus(value, negatives)
    return f"trim({value})" if sign else value


def _example(
    scratch: ScratchDatabase, at: int, glance: _Glance, misfits: Mapping[str, int]
) -> tuple[str, ...]:
    """A value that keeps a column from being read as what all its others are."""
    near = types.nearest(misfits, glance.values)
    if not near or glance.sign:
        return ()
    holds = text_formats.READINGS[near].holds("x")
    rows = scratch.rows(
        f"select min(x) from seen where c = {at} and not none and not coalesce({holds}, false)"
    )
    return tuple(str(row[0]) for row in rows if row[0] is not None)


def _approximate(
    scratch: ScratchDatabase, staged: Staged, leaves: Sequence[Leaf]
) -> dict[Leaf, int]:
    counts: dict[Leaf, int] = {}
    for some in chunks(leaves):
        expressions = ", ".join(f"approx_count_distinct({raw_value(leaf)})" for leaf in some)
        values = scratch.rows(f"select {expressions} from {staged.raw}")[0]
        counts.update({leaf: number(v) for leaf, v in zip(some, values, strict=True)})
    return counts


def misread(
    scratch: ScratchDatabase, staged: Staged, leaf: Leaf, decided: types.Decided, limit: int = 50
) -> list[str]:
    """Raw values that the decided reading does not fit, words for "no value" aside."""
    holds = text_formats.READINGS[decided.reading].holds
    value = f"trim({raw_value(leaf)})" if decided.cast.trim else raw_value(leaf)
    words = ", ".join(sql_names.literal(word) for word in decided.cast.null_words)
    is_value = f"{value} not in ({words})" if words else "true"
    sign = next((s for s in text_formats.SIGNS if s in decided.cast.drop), "")
    plain = _bare(value, sign, decided.cast.negatives)
    return [
        str(r[0])
        for r in scratch.rows(
            f"select distinct {raw_value(leaf)} from {staged.raw} "
            f"where {raw_value(leaf)} is not null and {is_value} "
            f"and not coalesce({holds(plain)}, false) order by 1 limit {limit}"
        )
    ]


def null_words(
    scratch: ScratchDatabase, staged: Staged, leaf: Leaf
) -> tuple[tuple[str, ...], bool]:
    """Words for "no value" in all rows of a text column, and whether some value is padded."""
    words = ", ".join(sql_names.literal(word) for word in text_formats.NULL_WORDS)
    words_found = scratch.rows(
        f"select list(distinct trim({raw_value(leaf)})) "
        f"filter (where trim({raw_value(leaf)}) in ({words})), "
        f"coalesce(bool_or({raw_value(leaf)} <> trim({raw_value(leaf)})), false) from {staged.raw}"
    )[0]
    return sorted_texts(words_found[0]), bool(words_found[1])


def words_for_none(
    scratch: ScratchDatabase, staged: Staged, words_by_leaf: Mapping[Leaf, Sequence[str]]
) -> set[str]:
    """Words that mean "no value" in every text column of a table in which they occur.

    The same rule as for a CSV file, where the reader takes them for null.
    """
    leaves = [leaf for leaf, words in words_by_leaf.items() if words]
    occurring = {word for leaf in leaves for word in words_by_leaf[leaf]}
    unsafe: set[str] = set()
    for some in chunks(leaves):
        asked = ", ".join(contents(raw_value(leaf)) for leaf in some)
        for leaf, held in zip(some, scratch.rows(f"select {asked} from {staged.raw}")[0]):
            unsafe |= {w for w in words_by_leaf[leaf] if not means_none(w, number(held))}
    return occurring - unsafe


def raw_shapes(
    scratch: ScratchDatabase, staged: Staged, leaf: Leaf, words: Sequence[str]
) -> tuple[str, ...]:
    """Shapes of a raw text column's values, given words aside; empty when there are many."""
    listed = ", ".join(sql_names.literal(word) for word in words)
    part = part_of(staged.raw, staged.rows)
    values = (
        f"(select trim({raw_value(leaf)}) as v from {part} where {raw_value(leaf)} is not null)"
    )
    return scratch.shapes(f"(select v from {values} where v not in ({listed}))", "v", "")
