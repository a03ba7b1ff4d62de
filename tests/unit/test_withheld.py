"""Which columns readers do not get: followed through SQL, on the safe side where that fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from first_light.dbt.hidden_code import keeps_results
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
    "select id, email.lower().upper() as x from {stg}": ("id x", "x"),
    "select id, (email).trim() as x, s.email.lower() as y from {stg} as s": ("id x y", "x y"),
    "select id, list_transform([city], lambda c: c[1]) as x from {stg}": ("id x", ""),
    "select id, email as x, city as x from {stg}": ("id x x_1", "x x_1"),
    'select id, email as "X", city as x from {stg}': ("id X x_1", "X x_1"),
    "select city as x, email as x, city as x_1 from {stg}": ("x x_1 x_1_1", "x x_1 x_1_1"),
    "select id, email from {stg} union all select 1, 'a'": ("id email", "email"),
    "select id, city from {stg} union all select id, id from {stg}": ("id city", ""),
    "select m as z from (select email as m, city as m from {stg})": ("z", "z"),
    "select 1 as one, date '2026-01-01' as day": ("one day", ""),
    "select city || i.range as n from range(3) as i, {stg}": ("n", "n"),
    "select columns(c -> c like 'e%') as x from {stg}": ("x", "x"),
    "select id, coalesce(*columns('email|city')) as x from {stg}": ("id x", "x"),
    "select id, count(case when email > 'm' then 1 end) as n from {stg} group by 1": ("id n", "n"),
    "select count(distinct lower(email)) as n, count(nullif(email, '')) as m from {stg}": (
        "n m",
        "m",
    ),
    "select id, s.email as x from {stg} s, lateral (select upper(s.city) as email) as l": (
        "id x",
        "x",
    ),
    "select s.id, l.x from {stg} s cross join lateral (select upper(s.email) as x) as l": (
        "id x",
        "x",
    ),
    "select id, first_value(email) over w as x from {stg} window w as (order by id)": ("id x", "x"),
    "select id, city from {stg} qualify row_number() over (order by email) = 1": ("id city", ""),
    "unpivot {stg} on email, city into name k value v": ("id k v", "id k v"),
    "with recursive a(x, y, n) as (select city, email, 1 from {stg} union all "
    "select y, x, n + 1 from a where n < 3) select x from a": ("x", "x"),
    "select a.id, b.email as x from {stg} a positional join {stg} b": ("id x", "x"),
    "select s.e as x, s.c from (select {'e': email, 'c': city} as s from {stg})": ("x c", "x c"),
    "select string_agg(to_json({'e': email}), ',') as x from {stg}": ("x", "x"),
    "select x from {stg} s, (values (1)) v(y), lateral (values (s.email)) as w(x)": ("x", "x"),
    "select unnest({'a': email}), id from {stg}": ("a id", "a"),
    "from {stg} select email as x, id": ("x id", "x"),
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


# ── What the SQL alone does not show ─────────────────────────────────────────────────────────────

SCHEMAS = '"warehouse"."staging"'


def hooked(hook: str, macros: dict[str, str] | None = None, kind: str = "model") -> dict[str, str]:
    """What is withheld where a hook runs after a model without personal columns, or the build."""
    mart = node("model", "mart", ("model.stg",), hooks=(hook,) if kind == "model" else ())
    after = node("operation", "after", source_code=hook if kind == "operation" else "")
    nodes = {n.unique_id: n for n in (SOURCE, STG, mart, after)}
    sql = {"model.stg": STG_SQL, "model.mart": f"select id, city from {SCHEMAS}.stg"}
    result = withheld_columns(
        Manifest(nodes, {}, macros or {}, dict.fromkeys(macros or {}, ())),
        sql,
        {("staging", "stg"): RAW, ("staging", "mart"): ("id", "city")},
    )
    return {name: " ".join(names) for (_, name), names in result.items() if name != "stg"}


@pytest.mark.parametrize(
    ("hook", "kind"),
    [
        ("update {{ this }} set city = (select max(email) from staging.stg)", "model"),
        ("insert into {{ this }} select id, email from {{ ref('stg') }}", "model"),
        ("merge into {{this}} using staging.stg on true when matched then update", "model"),
        ("create or replace table {{ this }} as select id, email as city from s.stg", "model"),
        ("copy {{ this }} (city) from 'raw/mails.csv'", "model"),
        ("{{ fill(this) }}", "model"),
        ("{{ fill_other(this) }}", "model"),
        ("UPDATE staging.mart SET city = 'x'", "operation"),
        ("{{ fill_mart() }}", "operation"),
    ],
)
def test_what_hooks_write_counts_as_personal(hook: str, kind: str) -> None:
    macros = {
        "macro.shop.fill": "{% macro fill(this) %} update {{ this }} set city = 'x'",
        "macro.shop.fill_other": "{% macro fill(rel) %} update {{ rel }} set city = ''",
        "macro.shop.fill_mart": "{% macro x() %} insert into {{ ref('mart') }} {% endmacro %}",
    }
    assert hooked(hook, macros, kind) == {"mart": "id city"}


@pytest.mark.parametrize("kind", ["model", "operation"])
@pytest.mark.parametrize(
    "hook",
    [
        "grant select on {{ this }} to readers",
        "create index by_city on {{ this }} (city)",
        "analyze",
        "insert into audit.runs select 'mart' as name, now()",
        "{{ log_run(this) }}",
    ],
)
def test_hooks_that_write_nothing_there_withhold_nothing(hook: str, kind: str) -> None:
    assert hooked(hook, {"macro.shop.log_run": "insert into audit.runs values (1)"}, kind) == {}


@pytest.mark.parametrize(
    ("code", "sql", "expected"),
    [
        # {% for mail in dbt_utils.get_column_values(ref('stg'), 'email') %}
        ("{{ values_of(ref('stg')) }} case when city = 'x' then", "select 'z@x.example' as a", "a"),
        ("{{ values_of(ref('stg')) }} select", 'select count(*) as "z@x.example"', "z@x.example"),
        ("{% set m = run_query('select max(salary)') %} select {{ m }}", "select 84242 as a", "a"),
        # Its own texts, short numbers, and what only filters, are no results.
        ("{{ values_of(ref('stg')) }} select 'own' as a", "select 'own' as a", ""),
        ("{{ values_of(ref('stg')) }} select 2 as a", "select 2 as a", ""),
        ("{% set m = run_query('') %} select 1 as a", "select 1 as a where 'x@y' > ''", ""),
        ("{% for i in range(3) %} select 'own' as a", "select 'own' as a", ""),
    ],
)
def test_values_that_dbt_read_while_it_compiled_are_followed(
    code: str, sql: str, expected: str
) -> None:
    mart = node("model", "mart", source_code=code, macros=("macro.utils.values_of",))
    macros = {"macro.utils.values_of": "{% call statement('x', fetch_result=True) %}"}
    name = expected or "a"
    result = withheld_columns(
        Manifest(
            {n.unique_id: n for n in (SOURCE, STG, mart)}, {}, macros, {"macro.utils.values_of": ()}
        ),
        {"model.stg": STG_SQL, "model.mart": sql},
        {("staging", "stg"): RAW, ("staging", "mart"): (name,)},
    )
    assert result.get(("staging", "mart"), ()) == ((name,) if expected else ())


@pytest.mark.parametrize(
    ("kind", "sql", "keeps"),
    [
        ("view", "select id from stg where email = 'z@x.example'", True),
        ("view", "select id from stg where phone = 4917012345", True),
        ("view", "select id from (", True),  # nobody can say what it holds
        ("view", "select id from stg where day <= '2026-01-31' and city <> 'own'", False),
        ("view", "select id from stg limit 99999", False),
        ("table", "select id from stg where email = 'z@x.example'", False),
    ],
)
def test_the_definition_of_a_view_keeps_what_dbt_read(kind: str, sql: str, keeps: bool) -> None:
    code = "{% set x = run_query('q') %} select id from stg where {{ x }} and city <> 'own'"
    view = node("model", "v", materialized=kind, source_code=code)
    assert keeps_results(Manifest({view.unique_id: view}, {}), view, sql) == keeps
    plain = node("model", "v", materialized=kind, source_code=sql)
    assert not keeps_results(Manifest({plain.unique_id: plain}, {}), plain, sql)


@pytest.mark.parametrize(
    ("hook", "sql"),
    [
        ("create or replace macro people() as table from {{ ref('stg') }}", "from people()"),
        ("create macro {{ target.schema }}.mails() as (select 1)", "select staging.mails() as id"),
        ("{{ helpers() }}", "select upper(Top_Mail(city)) as id from {stg}"),
        ("", "select udf(1) as id"),
        ("set variable mails = (select list(email) from stg)", "select getvariable('mails') as id"),
        ("set x.y = 'z'", "select id, current_setting('x.y') as city from {stg}"),
    ],
)
def test_what_a_function_of_the_repository_returns_counts_as_personal(hook: str, sql: str) -> None:
    parents = ("model.stg",) if "{stg}" in sql else ()
    after = node("operation", "after", source_code=hook)
    mart = node("model", "mart", parents)
    macros = {
        "macro.shop.helpers": "CREATE FUNCTION IF NOT EXISTS top_mail(a) AS (SELECT 1)",
        "macro.dbt.create": "create or replace function lower() as",
    }
    manifest = Manifest(
        {n.unique_id: n for n in (SOURCE, STG, mart, after)},
        {},
        macros,
        dict.fromkeys(macros, ()),
        frozenset({"udf"}),
    )
    text = sql.replace("{stg}", f"{SCHEMAS}.stg")
    built = {("staging", "stg"): RAW, ("staging", "mart"): ("id", "city")}
    hidden = withheld_columns(manifest, {"model.stg": STG_SQL, "model.mart": text}, built)
    assert hidden.get(("staging", "mart")) == ("id", "city")
    text = f"select id, lower(city) as city from {SCHEMAS}.stg"
    hidden = withheld_columns(manifest, {"model.stg": STG_SQL, "model.mart": text}, built)
    assert ("staging", "mart") not in hidden


def test_a_materialization_of_the_team_counts_as_personal() -> None:
    sql = f"select id, city from {SCHEMAS}.stg"
    assert of_model(sql, "id city", materialized="incremental") == ""
    assert of_model(sql, "id city", materialized="filled_by_a_macro") == "id city"


def test_failing_rows_of_a_test_are_followed_like_a_model() -> None:
    between = node("model", "between", ("model.stg",), materialized="ephemeral")
    test = node("test", "failures", ("model.between",))
    by_name = node("test", "by_name")
    sql = {
        "test.failures": "with __dbt__cte__between as (select id, email as e from "
        f"{SCHEMAS}.stg) select * from __dbt__cte__between where e is null",
        "test.by_name": f"select id, email from {SCHEMAS}.stg",
    }
    built = {"failures": ("id", "e"), "by_name": ("id", "email")}
    assert withheld(between, test, by_name, sql=sql, built=built) == {
        "failures": "e",
        "by_name": "email",
    }


def test_the_times_of_a_snapshot_are_those_of_its_column() -> None:
    columns_ = ("id", "dbt_mail", "dbt_scd_id", "dbt_valid_from", "dbt_valid_to", "dbt_updated_at")
    history = node(
        "snapshot", "history", ("model.stg",),
        materialized="snapshot", unique_key="id", updated_at="email",
    )  # fmt: skip
    sql = {"snapshot.history": f"select id, lower(#2) as dbt_mail, email from {SCHEMAS}.stg"}
    hidden = withheld(history, sql=sql, built={"history": columns_})["history"].split()
    assert hidden == list(columns_[1:])


@pytest.mark.parametrize(
    "code",
    [
        "return session.sql('select email from staging' + '.st' + 'g').df()",
        'return pd.DataFrame(json.load(open(path + "x")))',
        "return session.table(name)",
    ],
)
def test_python_that_reads_by_itself_counts_as_personal(code: str) -> None:
    mart = node("model", "mart", path="models/mart.py")
    columns = withheld(mart, sql={"model.mart": code}, built={"mart": ("email", "city")})
    assert columns == {"mart": "email city"}
