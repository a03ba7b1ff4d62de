"""Which columns readers do not get: followed through SQL, on the safe side where that fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from first_light.dbt.manifest import Column, Manifest, Node
from first_light.utils.errors import DataopsError
from first_light.warehouse.withheld_columns import withheld_columns

RAW = ("id", "email", "city")
FILES = "read_csv('raw/customers/*.csv', header=true)"
# One model over stg, which has id, email (marked), city: its SQL; its columns; what is withheld.
MODELS = {
    "select id, email as contact from {stg}": ("id contact", "contact"),
    "select id, lower(trim(email)) contact from {stg}": ("id contact", "contact"),
    "select coalesce(city,\n    email\n) contact, city from {stg}": ("contact city", "contact"),
    "select id, 'x' || email as contact from {stg} as s": ("id contact", "contact"),
    "select s.* from {stg} as s": ("id email city", "email"),
    "select * exclude (email) from {stg}": ("id city", ""),
    "select * replace (email as city) from {stg}": ("id email city", "email city"),
    "select * rename (email as city2) from {stg}": ("id city2 city", "city2"),
    "with t(a, b) as (select email, id from {stg}) select a, b from t": ("a b", "a"),
    "select a, b from {stg} as t(b, a, c)": ("a b", "a b"),
    "select city as id, id as city from {stg} as t(id, city, x)": ("id city", "id city"),
    "select a from (select email, id from {stg}) as t(a, b)": ("a", "a"),
    "select id, city from {stg} union all select id, email from {stg}": ("id city", "city"),
    "select s from {stg} as s": ("s", "s"),
    "select to_json(s) as j, s.id from {stg} as s": ("j id", "j"),
    "select stg from {stg}": ("stg", "stg"),
    "select struct_pack(e := email) as j, id from {stg}": ("j id", "j"),
    "select count(email) as n, count(distinct email) as m from {stg}": ("n m", ""),
    "select max(email) as a, list(email) as b, city from {stg} group by 3": ("a b city", "a b"),
    "select id, row_number() over (partition by email) as n from {stg}": ("id n", "n"),
    "select id, (select max(email) from {stg}) as m from {stg}": ("id m", "m"),
    "select id, md5(email) as key, email is null as no from {stg}": ("id key no", "key no"),
    "select id from {stg} where email like '%@x.example'": ("id", ""),
    "select s.id, t.email as e from {stg} s join {stg} t using (id)": ("id e", "e"),
    "select columns('e.*') from {stg}": ("email", "email"),
    "select #2 as x, id from {stg}": ("x id", "x"),
    "select id, (select lower(#2) from {stg} limit 1) as x from {stg}": ("id x", "x"),
    "pivot {stg} on city using first(email)": ("id a b", "id a b"),
    "select k, v from {stg} unpivot (v for k in (email, city))": ("k v", "k v"),
    "with recursive r as (select email e, 1 n from {stg} union all select e, n + 1 from r) "
    "select e from r": ("e", "e"),
    "with a as (select email x from {stg}), b as (select x y from a) select y, 1 as n from b": (
        "y n",
        "y",
    ),
    "with a as (select * from {stg}) select t.b from a as t(a, b, c)": ("b", "b"),
    "select id, case when true then city\nelse email end e from {stg}": ("id e", "e"),
    "select v from (values (1, 2)) as t(email, v), {stg}": ("v", "v"),
    "not SQL at all": ("a", "a"),
    "select email as e from ((s": ("e", "e"),
    "select 1 as one, date '2026-01-01' as day": ("one day", ""),
    "select city || i.range as n from range(3) as i, {stg}": ("n", "n"),
}


def node(kind: str, name: str, parents: tuple[str, ...] = (), **more: Any) -> Node:
    schema = {"source": "raw"}.get(kind, "staging")
    relation = FILES if kind == "source" else f'"warehouse"."{schema}"."{name}"'
    facts: dict[str, Any] = {
        "materialized": "table",
        "schema": schema,
        "alias": name,
        "relation": relation,
    }
    facts |= {"path": f"models/{name}.sql", "depends_on": parents, **more}
    return Node(unique_id=f"{kind}.{name}", kind=kind, name=name, **facts)


def columns(*names: str, marked: str = "email") -> tuple[Column, ...]:
    return tuple(Column(name, "", "", "email" if name == marked else "") for name in names)


SOURCE = node("source", "customers", columns=columns(*RAW), schema="raw")
STG = node("model", "stg", ("source.customers",))
STG_SQL = f"with s as (select * from {FILES}) select id, email, city from s"


def withheld(
    *more: Node,
    sql: dict[str, str] | None = None,
    built: Mapping[str, tuple[str, ...]] | None = None,
    **options: Any,
) -> dict[str, str]:
    nodes = {n.unique_id: n for n in (SOURCE, STG, *more)}
    places = {("staging", name): names for name, names in {"stg": RAW, **(built or {})}.items()}
    result = withheld_columns(
        Manifest(nodes, {}),
        {"model.stg": STG_SQL, **(sql or {})},
        places,
        **options,
    )
    return {name: " ".join(names) for (_, name), names in result.items() if name != "stg"}


def of_model(sql: str, names: str, **facts: Any) -> str:
    model = node("model", "mart", ("model.stg",), **facts)
    text = sql.replace("{stg}", '"warehouse"."staging"."stg"')
    found = withheld(model, sql={"model.mart": text}, built={"mart": tuple(names.split())})
    return found.get("mart", "")


@pytest.mark.parametrize("sql", MODELS)
def test_columns_are_followed_through_sql(sql: str) -> None:
    names, expected = MODELS[sql]
    assert sorted(of_model(sql, names).split()) == sorted(expected.split())


def test_a_source_and_what_it_feeds_first() -> None:
    assert withheld_columns(
        Manifest({n.unique_id: n for n in (SOURCE, STG)}, {}),
        {"model.stg": STG_SQL},
        {("STAGING", "STG"): ("ID", "EMAIL", "CITY")},
    ) == {("STAGING", "STG"): ("EMAIL",)}


def test_python_counts_as_personal_unless_the_model_permits_it() -> None:
    python = {"path": "models/mart.py"}
    assert of_model("def model(dbt, session): ...", "a b", **python) == "a b"
    for permitted, rest in ((True, ""), (["B"], "a"), (False, "a b")):
        meta = {"publish_personal": permitted}
        assert of_model("", "a b", meta=meta, **python) == rest
    with pytest.raises(DataopsError, match="list of columns"):
        of_model("", "a b", meta={"publish_personal": "yes"})


def test_permission_is_the_models_own() -> None:
    permits = node("model", "one", ("model.stg",), meta={"publish_personal": ["email"]})
    reads = node("model", "two", ("model.one",))
    sql = {
        "model.one": 'select email from "warehouse"."staging"."stg"',
        "model.two": 'select email from "warehouse"."staging"."one"',
    }
    built = {"one": ("email",), "two": ("email",)}
    assert withheld(permits, reads, sql=sql, built=built) == {"two": "email"}


def test_what_dbt_does_not_know_of() -> None:
    hidden = node("model", "hidden")  # no ref(): dbt knows no parent
    test = node("test", "failures", ("model.stg",))
    harmless = node("test", "harmless", ("model.dates",))
    dates = node("model", "dates")
    files = node("model", "files")
    sql = {
        "model.hidden": "select email as e, id from staging.stg",
        "model.dates": "select 1 as one",
        "model.files": "select e, 1 as one from read_csv('raw/customers/a.csv')",
    }
    built = {
        "hidden": ("e", "id"),
        "failures": ("email", "id"),
        "harmless": ("one",),
        "dates": ("one",),
        "files": ("e", "one"),
        "made_by_a_hook": ("x",),
    }
    nodes = (hidden, test, harmless, dates, files)
    assert withheld(*nodes, sql=sql, built=built) == {
        "hidden": "e id",
        "failures": "email id",
        "files": "e",
        "made_by_a_hook": "x",
    }


def test_ephemeral_models_snapshots_and_state() -> None:
    between = node("model", "between", ("model.stg",), materialized="ephemeral")
    above = node("model", "above", ("model.between",))
    history = node(
        "snapshot", "history", ("model.stg",), materialized="snapshot", unique_key="email"
    )
    grows = node("model", "grows", ("model.stg",), materialized="incremental")
    sql = {
        "model.above": "with __dbt__cte__between as (select id, email e from "
        '"warehouse"."staging"."stg") select id, e as f from __dbt__cte__between',
        "snapshot.history": 'select email, city from "warehouse"."staging"."stg"',
        "model.grows": "select id, email as a, c as b, a as c, old "
        'from "warehouse"."staging"."grows" '
        'union all select id, email, city, city, city from "warehouse"."staging"."stg"',
    }
    built = {
        "above": ("id", "f"),
        "history": ("email", "city", "dbt_scd_id", "dbt_valid_from"),
        "grows": ("id", "a", "b", "c", "old"),
    }
    earlier = {("staging", "grows"): ("old",)}
    found = withheld(between, above, history, grows, sql=sql, built=built, earlier=earlier)
    assert found == {"above": "f", "history": "email dbt_scd_id", "grows": "a b c old"}
    marked = node("model", "between", materialized="ephemeral", columns=columns("x", marked="x"))
    assert withheld(marked, above, sql=sql, built={"above": ("id", "f")}) == {"above": "id f"}


def test_nothing_is_withheld_where_nothing_is_marked() -> None:
    plain = node("source", "customers", columns=columns(*RAW, marked=""))
    assert not withheld_columns(
        Manifest({plain.unique_id: plain, STG.unique_id: STG}, {}),
        {},
        {("staging", "stg"): RAW, ("staging", "unknown"): ("x",)},
    )


@pytest.mark.parametrize(
    "sql",
    [
        "select * from 'raw/customers/x.csv'",
        "select * from 'raw/customers/x.csv.gz'",
        "select * from 'raw/customers/x.tsv'",
        "select * from 'raw/customers/*'",
        'select * from "raw/customers/x.csv"',
        "select email, city from 's3://bucket/customers'",
        "from 'raw/customers/x.ndjson' select email, city",
        "select a.* from range(3) as n, 'raw/customers/x.csv.zst' as a",
        "select * from $$raw/customers/x.csv$$",
        "select * from read_text('raw/customers/x.csv')",
        "select * from sniff_csv('raw/customers/x.csv')",
        "select * from st_read('raw/customers/x.csv')",
        "select * from postgres_query('db', 'select * from customers')",
        "select * from query('select * from staging.stg')",
        "select * from dblink('db', 'select 1') as t(email text, city text)",
        "select * from other_database.main.customers",
        "select * from customers_of_a_hook",
        "select * from information_schema.columns",
        "with a as (select * from 'x.txt') select * from a",
    ],
)
def test_what_no_source_describes_counts_as_personal(sql: str) -> None:
    mart = node("model", "mart")
    assert withheld(mart, sql={"model.mart": sql}, built={"mart": ("email", "city")}) == {
        "mart": "email city"
    }


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 as email, 2 as city",
        "with days as (select * from range(3) as t(email)) select email, 1 as city from days",
        "select email, city from (values (1, 2)) as t(email, city)",
        "select email, 1 as city from generate_series(1, 3) as t(email)",
        "select unnest([1, 2]) as email, 1 as city",
        """with recursive n as (select 1 as email union all select email + 1 from n)
        select email, 1 as city from n""",
    ],
)
def test_what_reads_nothing_is_not_personal(sql: str) -> None:
    mart = node("model", "mart")
    assert withheld(mart, sql={"model.mart": sql}, built={"mart": ("email", "city")}) == {}
