"""What has not changed is taken over on PostgreSQL too: copies of tables, and raw as rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import postgres
from carried_product import CarriedProduct, built_names, carried_names
from first_light.history.record import PUBLISHED

_PROFILE = """\
shop:
  target: prod
  outputs:
    prod:
      type: postgres
      host: "{{ env_var('PGHOST') }}"
      port: "{{ env_var('PGPORT') | as_number }}"
      user: "{{ env_var('PGUSER') }}"
      password: ""
      dbname: "{{ env_var('PGDATABASE') }}"
      schema: "{{ env_var('DATAOPS_SCHEMA', 'by_hand') }}"
      threads: 1
"""
_SOURCES = """\
sources:
  - name: raw
    schema: raw
    tables: [{name: orders}, {name: customers}]
"""
_VIEW = "'int_orders'"
_COMMENTS = (
    "select description from pg_description as d "
    "inner join pg_class as c on d.objoid = c.oid and d.classoid = 'pg_class'::regclass "
    "inner join pg_namespace as n on c.relnamespace = n.oid "
    "where relname in ({names}) and nspname ~ '^{run}.*marts$'"
)
_VIEWS = (
    "select replace(definition, schemaname, '') from pg_views "
    "where viewname = 'int_orders' and schemaname ~ '^{run}.*marts$'"
)


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    with postgres.server() as result:
        yield result


@pytest.mark.slow
def test_unchanged_tables_are_copied(
    server: postgres.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.ask("create database shop")
    for name, value in server.environment("postgres", "shop").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATAOPS_CARRY_OVER", "true")
    monkeypatch.chdir(tmp_path)
    product = CarriedProduct(tmp_path)
    product.replace(".copier-answers.yml", "product_name", "warehouse: postgres\nproduct_name")
    product.write("profiles.yml", _PROFILE)
    product.write("models/raw.yml", _SOURCES)
    product.write("models/clock.sql", "select current_date as today from {{ ref('cities') }}\n")
    product.write("models/after_clock.sql", "select today from {{ ref('clock') }}\n")

    def ask(statement: str) -> object:
        return server.ask(statement, database="shop")

    ask("create schema raw")
    ask(
        "create table raw.orders as select n as order_id, 'c' || n % 4 as customer_id, "
        "'web' as channel, '2026-01-01' as day, '20.50' as amount from generate_series(1, 9) as n"
    )
    ask("create table raw.customers as select 'c1' as customer_id, 'Bern' as city")
    first = product.release()
    assert first.record.outcome == PUBLISHED, first.record.problem
    catalog, lineage = _catalog(tmp_path), _lineage(tmp_path)
    again = product.release()
    assert again.record.outcome == PUBLISHED, again.record.problem
    assert built_names(again.record) == {"clock", "after_clock"}
    comments = ask(_COMMENTS.format(run="r000002", names="'orders', 'int_orders'"))
    assert {"Orders.", "Each order's last state.", "The order's number."} <= set(_texts(comments))
    # The view that dbt made, and the one that was made from what it compiled.
    made, made_again = (
        {*_texts(ask(_VIEWS.format(run=run))), *_texts(ask(_COMMENTS.format(run=run, names=_VIEW)))}
        for run in ("r000001", "r000002")
    )
    assert made
    assert made == made_again

    # Lineage is the same in the schemas of another release.
    assert "stg_orders.<wbr>amount</a></td>" in catalog
    assert _catalog(tmp_path) == catalog
    assert _lineage(tmp_path) == lineage

    # As many rows as before, but others.
    ask("update raw.customers set city = 'Basel'")
    third = product.release()
    assert third.record.outcome == PUBLISHED, third.record.problem
    assert {"stg_customers", "cities", "totals"} <= built_names(third.record)
    assert {"stg_orders", "orders", "daily"} <= carried_names(third.record)
    assert ask("select city from marts.cities") == [("Basel",)]
    assert ask("select count(*) from marts.orders") == [(9,)]

    # A table of the current release that was replaced.
    schema = ask("select nspname from pg_namespace where nspname ~ '^r000003.*marts$'")
    assert isinstance(schema, list)
    ask(f"truncate {schema[0][0]}.orders")
    assert not carried_names(product.release().record)
    assert ask("select count(*) from marts.orders") == [(9,)]


def _texts(rows: object) -> list[str]:
    """The only column of an answer."""
    assert isinstance(rows, list)
    return [row[0] for row in rows]


def _catalog(root: Path) -> str:
    """The page of the current release, without which one it is."""
    page = (root / "store" / "current" / "catalog.html").read_text("utf-8")
    page = re.sub(r'<p class="dim">Release .*?</p>', "", page)
    return re.sub(r"r\d{6}_\w+?_(marts|history)", r"\1", page)


def _lineage(root: Path) -> bytes:
    """What the current release keeps of it."""
    return (root / "store" / "current" / "lineage.json").read_bytes()
