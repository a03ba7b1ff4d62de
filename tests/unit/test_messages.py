"""Values that a database quotes are not in what leaves the machine, whatever the message is."""

from __future__ import annotations

import ipaddress
import re
import string
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from first_light.cli import app
from first_light.commands import check
from first_light.dbt.engine import DbtRun
from first_light.privacy.messages import (
    masked,
    masked_error,
    masked_exception,
    masked_sentence,
    without_quotes_of_databases,
)
from first_light.utils.errors import DataopsError, QueryError

# Statements that fail on a row, with a part of the message that is kept.
STATEMENTS = (
    ("select cast(v as integer) from (values ('O''Brien +49 170 1234567')) t(v)",
     "Could not convert string '…' to INT32"),
    ("select cast(v as integer) from (values ('Pat' || chr(10) || 'Brien')) t(v)",
     "Could not convert string '…' to INT32"),
    ("select cast(v as integer) from (values ('it''s ''Pat'', said Brien')) t(v)",
     "Could not convert string '…' to INT32"),
    ("select cast(v as date) from (values ('Pat')) t(v)", "Conversion Error"),
    ("select cast(v as timestamp) from (values ('Pat')) t(v)", "Conversion Error"),
    ("select cast(v as interval) from (values ('Pat')) t(v)", "Conversion Error"),
    ("select cast(v as uuid) from (values ('Pat')) t(v)", "Conversion Error"),
    ("select cast(v as boolean) from (values ('Pat')) t(v)", "Conversion Error"),
    ("select cast(v as blob) from (values ('\\xPat')) t(v)", "Error"),
    ("select cast(v as decimal(4, 2)) from (values (4917012345678)) t(v)", "Error"),
    ("select cast(v as decimal(4, 2)) from (values ('4917012345678')) t(v)", "Error"),
    ("select cast(v as integer) from (values (4917012345678)) t(v)",
     "out of range for the destination type INT32"),
    ("select cast(v as tinyint) from (values (1234567.8)) t(v)", "Error"),
    ("select v + v from (values (9223372036854775807)) t(v)", "Overflow in addition of INT64"),
    ("select strptime(v, '%d.%m.%Y') from (values ('31.02.1980 Pat')) t(v)", "Invalid Input Error"),
    ("select cast(v as struct(a integer)) from (values ('{''a'': Pat}')) t(v)", "Error"),
    ("select cast(v as integer[]) from (values ('[Pat, Brien]')) t(v)", "Error"),
    ("select cast(v as map(varchar, integer)) from (values ('{Pat=Brien}')) t(v)", "Error"),
    ("select cast(v as enum('a', 'Brien')) from (values ('Pat')) t(v)", "Error"),
    ("select cast(v as json) from (values ('{\"Pat\": Brien}')) t(v)", "Error"),
    ("select json_extract(v, '$.a') from (values ('{\"Pat\": Brien')) t(v)", "Error"),
    ("select error('customer ' || v || ' has no order') from (values ('Pat')) t(v)", "Error"),
    ("select regexp_matches('a', v) from (values ('(Pat')) t(v)", "Error"),
    ("select cast(v as bit) from (values ('Pat')) t(v)", "Error"),
    ("select (select v from (values ('Pat'), ('Brien')) t(v))", "Error"),
    ("select cast(v as hugeint) from (values ('Pat 1234567')) t(v)", "Conversion Error"),
    ("select cast(v as time) from (values ('31.02 Pat')) t(v)", "Conversion Error"),
    ("select cast(v as timestamptz) from (values ('31.02 Pat')) t(v)", "Conversion Error"),
    ("select date_diff('Pat', v, v) from (values (date '2026-01-01')) t(v)", "Error"),
    ("select strftime(v, '%Q Pat') from (values (timestamp '2026-01-01')) t(v)", "Error"),
    ("select chr(v) from (values (1234567890)) t(v)", "Error"),
    ("select lpad('Pat', 1234567, '') from (values ('Brien')) t(v)", "Error"),
    ("select from_base64(v) from (values ('Pat-Brien')) t(v)", "Error"),
    ("insert into people values ('pat@example.org', 2)", 'Duplicate key "email: …" violates'),
    ("insert into people values (null, 2)", "NOT NULL constraint failed: people.email"),
    ("insert into people values ('brien', -1)", "CHECK constraint failed on table people"),
    ("insert into orders values ('brien@example.org')", "Constraint Error"),
    # Values that read like a part of a message.
    ("select cast(v as integer) from (values ('x'' to BRIEN')) t(v)", "to INT32"),
    ("select cast(v as integer) from (values ('off to go to brien')) t(v)", "to INT32"),
    ("select error('a' || chr(10) || '| Pat | Brien | 170 | x |')", "Invalid Input Error"),
    ("select error('a' || chr(10) || 'Skipping due to Brien')", "Invalid Input Error"),
    ("select error('Mrs Brien Error: no order')", "Invalid Input Error"),
    ("select error('Pat: Referenced column Brien not found')", "Invalid Input Error"),
    ("select error('Overflow in pat of BRIEN')", "Invalid Input Error"),
    ("select error('permission denied for schema brien')", "Invalid Input Error"),
    # Functions whose messages quote their arguments.
    ("select regexp_replace('a', 'b', 'c', v) from (values ('Brien')) t(v)", "Error"),
    ("select like_escape('a', 'b', v) from (values ('Brien')) t(v)", "Error"),
    ("select format(v, 1) from (values ('Brien {')) t(v)", "Error"),
    ("select unhex(v) from (values ('Brien')) t(v)", "Error"),
    ("select cast(v as float[2]) from (values ('[1, 2, 1234567]')) t(v)", "Error"),
    ("select cast(v as union(i integer, d date)) from (values ('Brien')) t(v)", "Error"),
    ("select cast(v as usmallint) from (values (-1234567)) t(v)", "type UINT16"),
    ("select cast(v as time_ns) from (values ('Brien')) t(v)", "Error"),
    ("select decode(v::blob) from (values ('\\xFF Brien')) t(v)", "Error"),
    ("select to_timestamp(v) from (values (12345671234567000)) t(v)", "Error"),
    ("select date_part(v, now()) from (values ('Brien')) t(v)", "Error"),
    ("select cast({'Brien': v} as struct(a integer)) from (values ('Pat')) t(v)", "Error"),
)  # fmt: skip
UNKNOWN = "The message is not shown: it may quote values."
VALUES = ("pat", "brien", "example.org", "1234567", "31.02", "9223372036854775807", "170")


@pytest.mark.parametrize(("sql", "kept"), STATEMENTS)
def test_no_message_of_duckdb_shows_a_value(sql: str, kept: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table people (email varchar primary key, n int check (n > 0))")
        connection.execute("create table orders (email varchar references people (email))")
        connection.execute("insert into people values ('pat@example.org', 1)")
        with pytest.raises(duckdb.Error) as error:
            connection.execute(sql).fetchall()
    for text in (
        str(error.value),
        f"Runtime Error in model orders (models/orders.sql)\n{error.value}",
    ):
        for shown in (masked(text), masked_sentence(f"It could not be published. {text}")):
            assert not [value for value in VALUES if value in shown.lower()], shown
            assert kept in shown


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("", ""),
        ("Got 3 results, configured to fail if != 0", None),
        ("Runtime Error in model a (models/a.sql)\n"
         "Binder Error: Referenced column \"b\" not found in FROM clause!",
         'Runtime Error in model a (models/a.sql)\nBinder Error: Referenced column "b" not found'),
        ('invalid input syntax for type integer: "Pat"', "invalid input syntax for type integer"),
        ('date/time field value out of range: "Pat"', "date/time field value out of range"),
        ("duplicate key value violates unique constraint \"k\"\n"
         "DETAIL:  Key (email)=(Pat (x)=(y) already exists) already exists.",
         'duplicate key value violates unique constraint "k"\nKey (email)=(…) already exists'),
        ('value "Pat" is out of range for type integer', UNKNOWN),
        ('relation "pat" does not exist', UNKNOWN),
        ('Database Error in model a (models/a.sql)\n  type "pat" does not exist\n  compiled code',
         "Database Error in model a (models/a.sql)"),
        ('Database Error in model a (models/a.sql)\n  relation "o" does not exist\n  LINE 3: f',
         'Database Error in model a (models/a.sql)\nrelation "o" does not exist'),
        ("customer Pat has no order", UNKNOWN),
        ("KeyError: 'Pat'", "KeyError"),
    ],
)  # fmt: skip
def test_shapes(message: str, shown: str | None) -> None:
    assert masked(message) == (message if shown is None else shown)


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("The customer's name 'Pat' is dbt's", "The customer's name '…' is dbt's"),
        ("The name 'O'Brien' is wrong", "The name '…' is wrong"),
        ("The pointer of 'O''Brien' is damaged", "The pointer of '…' is damaged"),
        ("fetch https://user:s3cret@host/x failed", "fetch https://host/x failed"),
        ('Raw cannot be read: "Pat Brien"', 'Raw cannot be read: "…"'),
        ("DETAIL:  Key (email)=(Pat) already exists.", "DETAIL:  Key (email)=(…) already exists."),
        ("The pipeline failed. Conversion Error: Pat", "The pipeline failed. Conversion Error"),
        ("1 failed: model orders", "1 failed: model orders"),
        (
            "It failed.\nwhere: IO Error: Pat\nfix: Brien\nfix:   repeat the command",
            "It failed.\nwhere: IO Error\nfix:   repeat the command",
        ),
    ],
)
def test_a_sentence_keeps_its_words(sentence: str, shown: str) -> None:
    assert masked_sentence(sentence) == shown


@pytest.mark.parametrize(
    "call",
    [
        lambda: datetime.strptime("O'Brien", "%Y"),
        lambda: int("O'Brien"),
        lambda: float("Brien"),
        lambda: ipaddress.ip_address("O'Brien"),
        lambda: {"a": 1}["O'Brien"],
        lambda: ["a"].index("O'Brien"),
        lambda: date.fromisoformat("O'Brien"),
        lambda: Path("/nowhere/Brien.csv").read_text("utf-8"),
        lambda: re.compile("Brien("),
        lambda: "Brienü".encode("ascii"),
    ],
)
def test_no_message_of_python_shows_a_value(call: Callable[[], Any]) -> None:
    with pytest.raises(Exception) as error:  # noqa: PT011
        call()
    for shown in (
        masked_exception(error.value),
        masked_error(DataopsError("It failed.", str(error.value), "repeat it")),
        masked(f"Runtime Error in model a (models/a.py)\n  {error.value!r}"),
    ):
        assert "brien" not in shown.lower(), shown


def test_json_shows_no_value_that_a_database_quotes_and_all_other_words() -> None:
    quoted = "Conversion Error: Could not convert string 'Pat' to INT32"
    errors = (QueryError("It failed.", "value Pat is wrong"), DataopsError("It failed.", quoted))
    for error in errors:
        assert "Pat" not in "".join(without_quotes_of_databases(error))
    own = DataopsError("There is no model 'Pat'.", "models", "uv run dbt ls")
    assert without_quotes_of_databases(own) == (own.message, own.where, own.fix)


@given(st.text(alphabet=string.printable, max_size=40))
def test_an_unknown_message_is_reduced_to_its_kind(text: str) -> None:
    assert masked(f"Some New Error: z{text}Qq") == "Some New Error"
    assert "Qq" not in masked(f"z{text}Qq")
    assert "Qq" not in masked(f"Conversion Error: Could not convert string '{text}Qq' to DATE")


@pytest.mark.parametrize(
    ("example", "shown"),
    [
        ("1.5", True),
        ("-1,234.5", True),
        ("1e3", True),
        ("2026-03-01 10:00:00", True),
        ("2026-03-01T10:00:00.123Z", True),
        ("899-42-4242", False),  # a social security number
        ("4929420000004242", False),
        ("+44 20 79460991", False),
        ("51.9402314", False),  # a coordinate
        ("1887-03-17", False),
        ("424242.42", False),
        ("10.0.0.17", True),  # too few digits to be of anybody
        ("ada@mail.example", False),
    ],
)
def test_an_example_is_a_short_number_or_a_time(example: str, shown: bool) -> None:
    message = f"column amount: 1 value that its type cannot hold in a_2.csv, such as {example}"
    result = masked(f"{message}\nGot 1 result, configured to fail if != 0")
    assert (example in result) is shown
    assert result.startswith("column amount: 1 value that its type cannot hold in a_2.csv")


@pytest.mark.parametrize("in_pipeline", [True, False])
@pytest.mark.parametrize(
    "error",
    [
        QueryError(
            "The query failed in the warehouse.", 'value "Pat" is out of range', "repeat it"
        ),
        DataopsError("It failed.", "Conversion Error: Could not convert string 'Pat' to INT32"),
        DataopsError("The table of 'Pat' cannot be read."),
        duckdb.ConversionException("Conversion Error: timestamp field value: Pat"),
        ValueError("could not convert string to float: 'Pat'"),
    ],
)
def test_no_value_is_in_a_log_or_a_summary_of_a_pipeline(
    error: Exception,
    in_pipeline: bool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def stop() -> None:
        raise error

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(app, "app", stop)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    monkeypatch.delenv("CI", raising=False)
    if in_pipeline:
        monkeypatch.setenv("CI", "true")
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 2
    log = "".join(capfd.readouterr())
    assert ("Pat" in log) is not in_pipeline
    summary = tmp_path / "summary.md"
    assert summary.exists() is isinstance(error, DataopsError)
    assert not summary.exists() or "Pat" not in summary.read_text(encoding="utf-8")


def test_a_build_on_raw_that_ends_early_shows_no_value() -> None:
    """Such as by a hook: there is no node whose message it would be."""
    problem = "Runtime Error\n  Could not convert string 'Pat O'Brien' to INT32"
    run = DbtRun(False, problem=problem)
    assert "O'Brien" not in str(check._build_step(run, 0.0, None))
    sample: Any = object()
    assert "O'Brien" in str(check._build_step(run, 0.0, sample))


def test_what_dbt_says_of_a_file_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    where = "Compilation Error in model a (models/a.sql)\n  'b' is undefined"
    error = DataopsError("dbt could not parse the project.", where, "uv run dbt parse")
    assert masked_error(error) == str(error)
