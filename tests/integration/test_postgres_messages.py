"""Values that PostgreSQL quotes are not in what leaves the machine, whatever the message is."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest

import postgres
from first_light.privacy.messages import masked, masked_error, masked_sentence
from first_light.utils.errors import DataopsError
from first_light.warehouse.postgres.server import errors_as

TABLES = (
    "create table people (email text primary key, n integer check (n > 0), day date, "
    "code varchar(4), constraint no_pat check (email not like 'brien%'))",
    "create table orders (email text references people (email))",
    "create domain digits as text check (value ~ '^[0-9]+$')",
    "create type mood as enum ('good', 'bad')",
    "create table booked (room int4range, exclude using gist (room with &&))",
    "create table parts (n integer) partition by range (n)",
    "create table low partition of parts for values from (0) to (10)",
    "insert into people values ('pat@example.org', 1)",
    "insert into booked values ('[1234567,1234569]')",
)
# Statements that fail on a row, with a part of the message that is kept.
STATEMENTS = (
    ("select 'Pat'::integer", "invalid input syntax for type integer"),
    ("select 'O''Brien: \"Pat\"'::integer", "invalid input syntax for type integer"),
    ("select 'Pat'::date", "invalid input syntax for type date"),
    ("select '31.02.1980'::date", "date/time field value out of range"),
    ("select 'Pat'::uuid", "invalid input syntax for type uuid"),
    ("select 'Pat'::boolean", "invalid input syntax for type boolean"),
    ("select '{\"Pat\": Brien}'::json", "invalid input syntax for type json"),
    ("select '{Pat, Brien'::integer[]", ""),
    ("select 'Pat'::mood", "invalid input value for enum mood"),
    ("select 'Pat'::digits", ""),
    ("select '9223372036854775808'::bigint", ""),
    ("select 1234567::smallint", "smallint out of range"),
    ("select 1234567.1::numeric(4, 2)", "numeric field overflow"),
    ("select to_date('31.02 Pat', 'DD.MM.YYYY')", ""),
    ("select 1234567 / 0", "division by zero"),
    ("select ('Pat' || chr(10) || 'Brien')::integer", "invalid input syntax for type integer"),
    ("insert into people values ('pat@example.org', 2)",
     'violates unique constraint "people_pkey"'),
    ("insert into people values (null, 2, null, 'Pat')", 'null value in column "email"'),
    ("insert into people values ('pat2@example.org', -1)", "violates check constraint"),
    ("insert into people values ('brien@example.org', 1)", 'violates check constraint "no_pat"'),
    ("insert into people values ('p', 1, null, 'Patricia')", "value too long for type"),
    ("insert into orders values ('brien@example.org')", "violates foreign key constraint"),
    ("delete from people; insert into orders values ('pat@example.org')", "violates foreign key"),
    ("insert into booked values ('[1234567,1234568]')", ""),
    ("insert into parts values (1234567)", ""),
    ("do $$ begin raise exception 'customer Pat has no order'; end $$", ""),
    ("select (select email from (values ('Pat'), ('Brien')) as t(email))", ""),
    ("select 'a' ~ '(Pat'", ""),
    ("select xmlparse(document '<Pat>Brien')", ""),
    ("select decode('Pat', 'hex')", ""),
    ("select 'Pat'::interval", "invalid input syntax for type interval"),
    ("select 'Pat'::inet", "invalid input syntax for type inet"),
)  # fmt: skip
VALUES = ("brien", "example.org", "1234567", "31.02", "922337203685477580", "customer", "patricia")


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.server() as result:
        for statement in TABLES:
            result.ask(statement)
        yield result


@pytest.mark.parametrize(("sql", "kept"), STATEMENTS)
def test_no_message_of_postgres_shows_a_value(server: postgres.Server, sql: str, kept: str) -> None:
    with pytest.raises(psycopg2.Error) as error:
        server.ask(sql)
    text = str(error.value)
    for message in (text, f"Database Error in model orders (models/orders.sql)\n  {text}"):
        shown = masked(message)
        values = [value for value in VALUES if value in shown.lower()]
        assert not values, shown
        assert "pat" not in shown.lower().replace("no_pat", ""), shown
        assert kept in shown
    sentence = masked_sentence(f"It could not be published. Database Error: {text}")
    assert not [value for value in VALUES if value in sentence.lower()], sentence


def test_what_a_statement_of_dataops_fails_with_shows_no_value(server: postgres.Server) -> None:
    """Such as a view that is copied: its own words are no shape."""
    with pytest.raises(DataopsError) as error, errors_as("The view could not be copied."):
        server.ask("do $$ begin raise exception 'customer Pat has no order'; end $$")
    assert "Pat" in str(error.value)
    assert "Pat" not in masked_error(error.value)
