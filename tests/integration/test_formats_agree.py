"""The same table gives the same types and values, whatever the format of its file.

Texts in every format; numbers, booleans and dates as such in JSON and Excel too. A number in
Parquet has a type of its own, which says more than its digits.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from one_table import VALUE_WRITERS, WRITERS, Outcome, Texts, Values, drafted, texts

_dates = st.dates(dt.date(1990, 1, 1), dt.date(2035, 12, 31))
_stamps = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2035, 12, 31)).map(
    lambda at: at.replace(microsecond=0)
)
_decimals = st.decimals(-(10**6), 10**6, places=2)
# What a text holds: a carriage return alone is not kept by Excel, nor are control characters.
_signs = st.characters(
    exclude_categories=("Cs", "Cc", "Cn", "Co", "Zs", "Zl", "Zp", "Cf"), max_codepoint=0xFFFD
)
_texts = st.text(st.one_of(_signs, st.sampled_from("\",;'\n |#-")), min_size=1, max_size=12)
_MAKES = {
    "integers": st.integers(-(10**6), 10**6).map(str),
    "long integers": st.integers(-(10**18), 10**18).map(str),
    "decimals": _decimals.map(str),
    "comma": _decimals.map(lambda number: str(number).replace(".", ",")),
    "grouped": _decimals.map(lambda number: f"{number:,.2f}"),
    "euros": _decimals.map(lambda number: f"{number} €"),
    "doubles": st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    "dates": _dates.map(str),
    "german dates": _dates.map(lambda day: f"{day:%d.%m.%Y}"),
    "american dates": _dates.map(lambda day: f"{day:%m/%d/%Y}"),
    "dashed dates": _dates.map(lambda day: f"{day:%d-%m-%Y}"),
    "short years": _dates.map(lambda day: f"{day:%d-%m-%y}"),
    "compact dates": _dates.map(lambda day: f"{day:%Y%m%d}"),
    "named months": _dates.map(lambda day: f"{day:%d %b %Y}"),
    "timestamps": _stamps.map(str),
    "ISO timestamps": _stamps.map(dt.datetime.isoformat),
    "zoned timestamps": _stamps.map(lambda at: at.isoformat() + "Z"),
    "offsets": _stamps.map(lambda at: at.isoformat() + "+02:00"),
    "true": st.booleans().map(lambda value: str(value).lower()),
    "yes": st.sampled_from(["yes", "no"]),
    "Y": st.sampled_from(["Y", "N"]),
    "flags": st.sampled_from(["0", "1"]),
    "guids": st.uuids().map(str),
    "capital guids": st.uuids().map(lambda guid: str(guid).upper()),
    "zeros": st.integers(0, 99999).map(lambda number: f"{number:06d}"),
    "versions": st.sampled_from(["1.10", "1.9", "2.0.1", "10"]),
    "times": st.times().map(lambda time: f"{time:%H:%M}"),
    "texts": _texts,
    "JSON-like": st.sampled_from(["{}", "[1]", '{"a": 1}', '"x"', "[]", "true", "1e5", "null"]),
}
_null_words = st.sampled_from(["NA", "n/a", "NULL", "-", "nan", "None", r"\N", "?"])


@st.composite
def _tables(draw: st.DrawFn) -> dict[str, list[str | None]]:
    """Columns of one make each, some with null words, some with values of another make."""
    rows = draw(st.integers(1, 25))
    # A file of one column has no delimiter, and an empty line is no row in it.
    columns: dict[str, list[str | None]] = {"row_id": [str(n) for n in range(1, rows + 1)]}
    for make in draw(st.lists(st.sampled_from(sorted(_MAKES)), min_size=1, max_size=5)):
        stray = draw(
            st.sampled_from([st.none(), _null_words, _MAKES[draw(st.sampled_from(sorted(_MAKES)))]])
        )
        name = draw(st.sampled_from(["value", "Amount", "created at", "ordre n°", "datum", "x"]))
        values = st.one_of(_MAKES[make], *[_MAKES[make]] * 5, stray)
        columns[f"{name} {len(columns)}"] = draw(st.lists(values, min_size=rows, max_size=rows))
    return columns


def _outcomes(folder: Path, columns: Texts) -> dict[str, Outcome]:
    outcomes = {}
    for ending, write in WRITERS.items():
        inbox = folder / ending
        inbox.mkdir()
        write(inbox / f"things.{ending}", columns)
        outcomes[ending] = drafted(inbox, folder / f"raw_{ending}")
    return outcomes


def _check(folder: Path, columns: Texts) -> None:
    outcomes = _outcomes(folder, columns)
    expected = outcomes.pop("csv")
    assert len(expected.rows) == len(columns["row_id"])
    for ending, outcome in outcomes.items():
        assert outcome.types == expected.types, ending
        assert outcome.rows == expected.rows, ending


_KINDS: dict[str, st.SearchStrategy[object]] = {
    "integers": st.integers(-(10**12), 10**12),
    # A number does not say with how many zeros it was written.
    "decimals": _decimals.filter(lambda number: number % 1 != 0),
    "rates": st.decimals(-1000, 1000, places=5).filter(lambda number: number % 1 != 0),
    "booleans": st.booleans(),
    "dates": _dates,
    "timestamps": _stamps.filter(lambda at: at.time() != dt.time()),
}


@st.composite
def _typed_tables(draw: st.DrawFn) -> dict[str, list[object]]:
    rows = draw(st.integers(1, 25))
    columns: dict[str, list[object]] = {"row_id": list(range(1, rows + 1))}
    for kind in draw(st.lists(st.sampled_from(sorted(_KINDS)), min_size=1, max_size=5)):
        name = draw(st.sampled_from(["value", "Amount", "created at", "rate", "x"]))
        values = st.one_of(_KINDS[kind], *[_KINDS[kind]] * 5, st.none())
        columns[f"{name} {len(columns)}"] = draw(st.lists(values, min_size=rows, max_size=rows))
    return columns


def _check_values(folder: Path, columns: Values) -> None:
    texts_in_csv = texts(columns)
    (folder / "csv").mkdir()
    WRITERS["csv"](folder / "csv" / "things.csv", texts_in_csv)
    expected = drafted(folder / "csv", folder / "raw_csv")
    for ending, write in VALUE_WRITERS.items():
        (folder / ending).mkdir()
        write(folder / ending / f"things.{ending}", columns)
        assert drafted(folder / ending, folder / f"raw_{ending}") == expected, ending


_SLOW = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.mark.slow
@settings(max_examples=10, **_SLOW)  # type: ignore[arg-type]
@given(columns=_tables())
def test_formats_agree(
    tmp_path_factory: pytest.TempPathFactory, columns: dict[str, list[str | None]]
) -> None:
    _check(tmp_path_factory.mktemp("formats"), columns)


@pytest.mark.thorough
@settings(max_examples=60, **_SLOW)  # type: ignore[arg-type]
@given(columns=_tables())
def test_formats_agree_on_many_tables(
    tmp_path_factory: pytest.TempPathFactory, columns: dict[str, list[str | None]]
) -> None:
    _check(tmp_path_factory.mktemp("formats"), columns)


@settings(max_examples=6, **_SLOW)  # type: ignore[arg-type]
@given(columns=_typed_tables())
def test_values_of_a_type_agree(
    tmp_path_factory: pytest.TempPathFactory, columns: dict[str, list[object]]
) -> None:
    _check_values(tmp_path_factory.mktemp("values"), columns)


@pytest.mark.thorough
@settings(max_examples=40, **_SLOW)  # type: ignore[arg-type]
@given(columns=_typed_tables())
def test_values_of_a_type_agree_on_many_tables(
    tmp_path_factory: pytest.TempPathFactory, columns: dict[str, list[object]]
) -> None:
    _check_values(tmp_path_factory.mktemp("values"), columns)
