"""What a draft looks like to the colleague who reviews it: names, marts, descriptions, tests."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
import yaml

from draft_macros import MACROS
from first_light.boards.document import read_board
from first_light.boards.sql import references
from first_light.dbt.manifest import Column, Manifest, Node
from first_light.hooks.project_rules import open_descriptions, rule_violations
from first_light.inference import Drafts, draft_tables, names
from first_light.inference.render.board import BoardDraft
from first_light.ingest import land
from first_light.privacy.detect import classify
from first_light.project.settings import Settings, use
from first_light.warehouse.postgres.setup import SETUP

Rows = Sequence[Sequence[object]]

START = date(2024, 1, 1)
GIVEN = ("Stephanie", "Renee", "Michael", "Laura", "Peter", "Julia", "Thomas", "Anna")
FAMILY = ("Evans", "Gibson", "Miller", "Turner", "Schmidt", "Wagner", "Fischer")


def drafted(
    tmp_path: Path, tables: Mapping[str, Rows], on_server: bool = False, **team: Any
) -> Drafts:
    """The draft of tables that arrive as CSV files; the first row is the header."""
    inbox, raw = tmp_path / "inbox", tmp_path / "raw"
    inbox.mkdir(parents=True)
    for name, rows in tables.items():
        with (inbox / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    with use(Settings(**team)):
        found = land(inbox, raw)
        return draft_tables(
            found,
            (),
            raw,
            "team",
            classify,
            on_server=on_server,
            source_keys=SETUP.source if on_server else None,
        )


def model(drafts: Drafts, name: str) -> dict[str, Any]:
    folder = "staging" if name.startswith("stg_") else "marts"
    loaded: dict[str, Any] = yaml.safe_load(drafts.files[f"models/{folder}/{name}.yml"])["models"][
        0
    ]
    return loaded


def columns(drafts: Drafts, name: str) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in model(drafts, name)["columns"]}


def day(n: int) -> str:
    return str(START + timedelta(n))


SHOP: Mapping[str, Rows] = {
    "raw_customers": [
        ["id", "name", "segment", "active"],
        *([n, f"{GIVEN[n % 8]} {FAMILY[n % 7]}", ("home", "office")[n % 2], str(n % 2 == 0)]
          for n in range(1, 61)),
    ],
    "raw_orders": [
        ["id", "customer", "ordered_at", "status", "net", "tax", "total", "bonus", "paid", "ip"],
        *([n, n % 60 + 1, f"{day(n // 4)} 10:00:00", ("new", "sent")[n % 2], f"{n}.10",
           f"{n % 7}.05", f"{n + n % 7}.15", 0, f"{n}.10", f"10.0.{n // 250}.{n % 250}"]
          for n in range(1, 301)),
    ],
    "raw_items": [
        ["id", "order", "qty", "price", "line_total"],
        *([n, (n * 7) % 300 + 1, n % 5 + 1, f"{n % 9 + 1}.333",
           f"{round((n % 5 + 1) * (n % 9 + 1.333), 2):.2f}"] for n in range(1, 401)),
    ],
    "staff": [
        ["id", "hire_date", "birth_date", "city"],
        *([n, day(n * 11), str(date(1970, 1, 1) + timedelta(n * 40)), ("Rome", "Bern")[n % 2]]
          for n in range(1, 61)),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Drafts:
    return drafted(tmp_path_factory.mktemp("shop"), SHOP)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("MwSt", "mwst"),
        ("IBAN", "iban"),
        ("GmbHName", "gmbh_name"),
        ("USt_IdNr", "ust_id_nr"),
        ("customerIDs", "customer_ids"),
        ("EnergyKWh", "energy_k_wh"),
        ("energy kWh", "energy_kwh"),
        ("HTTPStatus", "http_status"),
        ("XCoordinate", "x_coordinate"),
        ("дата рождения", "data_rozhdeniya"),
        ("ДатаЗаказа", "data_zakaza"),
        ("ЩИТ", "shchit"),
        ("объект", "obekt"),
        ("ΑΡΙΘΜΟΣ ΠΕΛΑΤΗ", "arithmos_pelati"),
        ("客户ID", "ke_hu_id"),
        ("हिन्दी", "hindi"),
        ("État cédé №", "etat_cede_no"),
        ("price €", "price"),
    ],
)
def test_names_stay_readable(text: str, name: str) -> None:
    assert names.snake(text, "x") == name


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("customers", "customer"), ("order_lines", "order_line"), ("people", "person"),
        ("categories", "category"), ("addresses", "address"), ("boxes", "box"),
        ("warehouses", "warehouse"), ("statuses", "status"), ("status", "status"),
        ("analyses", "analysis"), ("databases", "database"), ("salesmen", "salesman"),
        ("movies", "movie"), ("series", "series"), ("sales", "sale"), ("children", "child"),
        ("purchases", "purchase"), ("shelves", "shelf"), ("specimen", "specimen"), ("data", "data"),
    ],
)  # fmt: skip
def test_singulars(plural: str, singular: str) -> None:
    assert names.singular(plural) == singular


def test_columns_are_named_for_models(shop: Drafts) -> None:
    assert set(columns(shop, "stg_customers")) == {
        "customer_id", "customer_name", "segment", "is_active",
    }  # fmt: skip
    assert {"order_id", "customer_id"} <= set(columns(shop, "stg_orders"))
    # a reserved word that refers to orders is named after their key
    assert {"item_id", "order_id"} <= set(columns(shop, "stg_items"))
    assert "order as" not in shop.files["models/staging/stg_items.sql"].replace('"order" as', "")
    # what was found is told in the words of the files
    assert [t.key for t in shop.tables] == [("id",)] * 4


def test_a_star_of_facts_dimensions_and_dates(shop: Drafts) -> None:
    assert shop.marts == ("items", "orders", "customers", "dates")
    assert list(columns(shop, "items")) == [
        "item_id", "order_id", "qty", "price", "line_total", "customer_id", "ordered_at",
        "ordered_date",
    ]  # fmt: skip
    assert all(model(shop, name)["config"]["access"] == "public" for name in shop.marts)
    assert all(
        column["data_type"] for name in shop.marts for column in columns(shop, name).values()
    )
    # readers get no personal columns
    assert "customer_name" not in columns(shop, "customers")


def test_a_dimension_has_the_figures_of_its_fact(shop: Drafts) -> None:
    names = list(columns(shop, "customers"))
    assert names[names.index("order_count") :] == [
        "order_count", "first_ordered_at", "last_ordered_at", "lifetime_net", "lifetime_tax",
        "lifetime_total", "lifetime_paid",
    ]  # fmt: skip
    query = shop.files["models/marts/customers.sql"]
    stages = {
        "stg_customers": "(select n as customer_id, 'home' as segment, true as is_active "
        "from range(2) as t (n))",
        "stg_orders": "(select 1 as customer_id, "
        "timestamp '2024-01-01' + to_days(cast(n as integer)) as ordered_at, "
        "1.25 as net, 0.25 as tax, 1.50 as total, n as paid from range(3) as t (n))",
    }
    rendered = jinja2.Template(query).render(ref=stages.__getitem__)
    with duckdb.connect() as db:
        found = db.sql(f"select * exclude (customer_id, segment, is_active) from ({rendered})")
        assert found.order("order_count").fetchall() == [
            (0, None, None, 0, 0, 0, 0),
            (
                *(3, datetime(2024, 1, 1), datetime(2024, 1, 3)),
                *map(Decimal, ("3.75", "0.75", "4.5", "3")),
            ),
        ]
        # a mart whose type rounds a sum is rejected
        test = shop.files["tests/customers_sums_are_exact.sql"]
        rounded = f"(select * replace (round(lifetime_net) as lifetime_net) from ({rendered}))"
        for mart, failures in ((f"({rendered})", []), (rounded, [(1,)])):
            query = jinja2.Template(test).render(ref={**stages, "customers": mart}.__getitem__)
            assert db.sql(query).fetchall() == failures


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        # people of whom readers get nothing else
        ({"orders": ["ordered_at", "amount"]}, ["order_count", "lifetime_amount"]),
        # one of two has amounts
        (
            {"orders": ["ordered_at", "amount"], "visits": ["visited_at", "page"]},
            ["order_count", "lifetime_amount"],
        ),
        # which of two counts?
        ({"orders": ["ordered_at", "amount"], "refunds": ["refunded_at", "amount"]}, []),
        # amounts in several currencies have no sum
        ({"orders": ["ordered_at", "amount", "currency"]}, ["order_count"]),
        # neither have prices and rates
        ({"orders": ["ordered_at", "unit_price", "tax_rate"]}, ["order_count"]),
    ],
)
def test_figures_of_one_certain_fact_only(
    facts: Mapping[str, Sequence[str]], expected: list[str], tmp_path: Path
) -> None:
    people = [[n, f"{GIVEN[n % 8]} {FAMILY[n % 7]}"] for n in range(1, 61)]

    def value(name: str, n: int) -> object:
        if name.endswith("_at"):
            return f"{day(n // 4)} 10:00:00"
        return ("EUR", "USD")[n % 2] if name == "currency" else f"{n % 9}.25"

    tables: dict[str, Rows] = {
        fact: [
            ["id", "customer_id", *names],
            *([n, n % 60 + 1, *(value(name, n) for name in names)] for n in range(1, 301)),
        ]
        for fact, names in facts.items()
    }
    drafts = drafted(tmp_path, {"customers": [["id", "name"], *people], **tables})
    named = list(columns(drafts, "customers")) if "customers" in drafts.marts else []
    assert [n for n in named if n.endswith("_count") or n.startswith("lifetime")] == expected


def test_whole_amounts_may_be_cents(tmp_path: Path) -> None:
    rows = [[n, n * 250, n * 250 + 19, n % 7] for n in range(1, 60)]
    tables: dict[str, Rows] = {
        "payments": [["id", "amount", "total", "n_votes"], *rows],
        "fees": [["id", "fee"], *([n, f"{n * 250}.50"] for n in range(1, 60))],
        "prices": [["id", "price_cents"], *([n, n * 250] for n in range(1, 60))],
    }
    drafts = drafted(tmp_path, tables)
    asked = {t.name: [d.why for d in t.undecided if "cents" in d.why] for t in drafts.tables}
    assert asked.pop("payments") == [
        "amount and total are whole numbers, which may be cents: kept as they are"
    ]
    assert not any(asked.values())


def test_a_fact_without_amounts_takes_over_the_price(tmp_path: Path) -> None:
    products = [[f"JAF-{n:03d}", f"Jaffle {n}", n * 100 + 99] for n in range(1, 13)]
    items = [[n, f"JAF-{n % 12 + 1:03d}", f"{day(n)} 10:00:00"] for n in range(1, 301)]
    drafts = drafted(
        tmp_path,
        {
            "products": [["sku", "name", "price"], *products],
            "items": [["id", "sku", "sold_at"], *items],
        },
    )
    assert "products.price as product_price" in drafts.files["models/marts/items.sql"]


def test_a_unique_key_written_as_one_word_is_referred_to(tmp_path: Path) -> None:
    parks = [[n, f"ABC{n:02d}", f"Park {n}"] for n in range(1, 41)]
    games = [[n, f"ABC{n * 7 % 40 + 1:02d}", n % 9] for n in range(1, 201)]
    drafts = drafted(
        tmp_path,
        {
            "parks": [["ID", "parkkey", "parkname"], *parks],
            "home_games": [["id", "parkkey", "openings"], *games],
        },
    )
    (reference,) = next(t for t in drafts.tables if t.name == "home_games").references
    assert (reference.column, reference.parent, reference.key) == ("parkkey", "parks", "parkkey")


def test_one_board_shows_a_fact_by_week(shop: Drafts, tmp_path: Path) -> None:
    assert shop.board is not None
    board = read_board(shop.board.name, shop.board.text("Größte: 'Daten'", "a@b.example"))
    assert references(board).models == (shop.board.fact,)
    assert shop.board.fact in shop.marts
    read = {shop.board.day, shop.board.amount}
    assert read <= set(columns(shop, shop.board.fact)), read
    assert (shop.board.amount, shop.board.category) == ("total", "status")
    assert len(board.blocks) == 3
    assert board.owner == {"name": "Größte: 'Daten'", "email": "a@b.example"}
    cities: Rows = [["id", "name"], *([n, f"c{n}"] for n in range(40))]
    assert drafted(tmp_path, {"cities": cities}).board is None


def test_a_board_counts_by_the_names_of_a_small_dimension(tmp_path: Path) -> None:
    def board(lines: int) -> BoardDraft:
        names: Rows = [["line_id", "line_name"], *([n, f"Line {n}"] for n in range(lines))]
        trips = [
            [n, n % lines, "" if n % 4 else f"t{n % 3}", "ab"[n % 2], f"2026-01-{n % 28 + 1:02d}"]
            for n in range(90)
        ]
        head = ["trip_id", "line_id", "rarely", "off", "started"]
        result = drafted(tmp_path / str(lines), {"lines": names, "trips": [head, *trips]}).board
        assert result is not None
        return result

    small = board(8)
    assert (small.fact, small.category) == ("trips", "line_name")
    text = small.text("a", "a@b.example")
    assert "count(*) as row_count" in text
    assert 'title: "Rows of trips by line name"' in text
    large = board(40)
    assert large.category == "off"  # nobody reads a chart of 40 bars
    assert '{field: "off", ' in large.text("a", "a@b.example")  # YAML takes it for false


def test_a_fact_in_time_gets_its_metrics(shop: Drafts, tmp_path: Path) -> None:
    orders, items = model(shop, "orders"), model(shop, "items")
    assert orders["semantic_model"] == {"enabled": True}
    assert (orders["agg_time_dimension"], orders["primary_entity"]) == (
        "ordered_date",
        "orders_row",
    )
    marked = {n: c["dimension"] for n, c in columns(shop, "orders").items() if "dimension" in c}
    assert marked == {
        "status": "categorical",
        "ordered_date": {"type": "time", "name": "ordered_date"},
    }
    sums = {metric["name"]: (metric["agg"], metric["expr"]) for metric in orders["metrics"]}
    assert sums == {"orders_count": ("sum", "1"), "orders_total": ("sum", "total")}
    assert "items_qty" in {metric["name"] for metric in items["metrics"]}
    assert model(shop, "dates")["time_spine"] == {"standard_granularity_column": "date_day"}
    assert "semantic_model" not in model(shop, "customers")
    # Nothing has a day, or the fact has a name that MetricFlow does not take.
    staff = drafted(tmp_path / "staff", {"staff": SHOP["staff"]})
    assert "time_spine" not in "".join(staff.files.values())
    odd = drafted(tmp_path / "odd", {"month": SHOP["raw_orders"]})
    assert odd.marts == ("month", "dates")
    assert "semantic_model" not in "".join(odd.files.values())


def test_one_table_alone_is_a_fact_where_it_has_a_time(tmp_path: Path) -> None:
    drafts = drafted(tmp_path, {"raw_orders__x": SHOP["raw_orders"]})
    assert drafts.marts == ("orders_x", "dates")
    orders = model(drafts, "orders_x")
    assert orders["config"]["access"] == "public"
    assert [metric["name"] for metric in orders["metrics"]] == ["orders_x_count", "orders_x_total"]
    assert model(drafts, "dates")["time_spine"] == {"standard_granularity_column": "date_day"}
    assert drafts.board is not None
    assert (drafts.board.fact, drafts.board.amount) == ("orders_x", "total")
    assert drafts.board.category == "status"


def test_each_table_of_events_is_a_fact_where_none_refers_to_another(tmp_path: Path) -> None:
    readings = [["read_at", "room", "kwh"]]
    readings += [[f"{day(n)} 08:00:00", f"r{n % 3}", f"{n % 7}.5"] for n in range(90)]
    tables = {"sales": SHOP["raw_orders"], "readings": readings, "staff": SHOP["staff"]}
    drafts = drafted(tmp_path, tables)
    assert drafts.marts == ("sales", "readings", "dates")
    assert [m["name"] for m in model(drafts, "readings")["metrics"]] == ["readings_count"]
    assert "sales_total" in {m["name"] for m in model(drafts, "sales")["metrics"]}
    assert drafts.board is not None
    assert drafts.board.fact == "sales"


def test_marts_with_prefixes(tmp_path: Path) -> None:
    drafts = drafted(tmp_path, SHOP, mart_names="prefixed")
    assert drafts.marts == ("fct_items", "fct_orders", "dim_customers", "dim_dates")


def test_identities_become_tests(shop: Drafts) -> None:
    (sums,) = model(shop, "stg_orders")["data_tests"]
    assert sums["expression_is_true"]["arguments"] == {"expression": "net + tax = total"}
    (product,) = model(shop, "stg_items")["data_tests"]
    assert product["expression_is_true"]["arguments"] == {
        "expression": "abs(qty * price - line_total) <= 0.005"
    }
    assert columns(shop, "orders")["total"]["description"] == "Sum of net and tax."


def test_an_identity_of_few_rows_allows_few_exceptions(tmp_path: Path) -> None:
    drafts = drafted(tmp_path, {"orders": SHOP["raw_orders"][:100]})
    (sums,) = model(drafts, "stg_orders")["data_tests"]
    assert sums["expression_is_true"]["config"] == {"error_if": ">3"}


def test_an_identity_with_one_exception_is_none(tmp_path: Path) -> None:
    rows = [list(row) for row in SHOP["raw_orders"]]
    rows[150][6] = "9999.99"
    assert "data_tests" not in model(drafted(tmp_path, {"orders": rows}), "stg_orders")


def test_only_tests_that_a_colleague_would_write(shop: Drafts) -> None:
    tests = {
        (name, column): [test if isinstance(test, str) else next(iter(test)) for test in found]
        for name in ("stg_orders", "stg_customers", "stg_staff")
        for column, about in columns(shop, name).items()
        for found in [about.get("data_tests", [])]
        if found
    }
    assert tests == {
        ("stg_orders", "order_id"): ["not_null", "unique"],
        ("stg_orders", "customer_id"): ["not_null", "relationships"],
        ("stg_orders", "ordered_at"): ["not_null"],
        ("stg_orders", "status"): ["accepted_values"],
        ("stg_orders", "tax"): ["accepted_range"],
        ("stg_orders", "total"): ["accepted_range"],
        ("stg_customers", "customer_id"): ["not_null", "unique"],
        ("stg_customers", "segment"): ["accepted_values"],
        ("stg_staff", "staff_id"): ["not_null", "unique"],
    }


def test_freshness_by_values_and_never_of_lives(shop: Drafts, tmp_path: Path) -> None:
    newest = {table.name: table.newest for table in shop.tables}
    assert newest == {"customers": "", "items": "", "orders": day(75), "staff": ""}
    (question,) = [d.why for t in shop.tables for d in t.undecided if t.name == "staff"]
    assert question.endswith("candidates: hire_date")
    # any name will do for a time that follows the order of the rows
    rows: Rows = [["k", "w", "born_on"], *([n, day(n // 3), day(n % 50)] for n in range(200))]
    (table,) = drafted(tmp_path / "pings", {"pings": rows}).tables
    assert table.newest == day(66)
    # No row was made in the future: it is a calendar, and the question names the column.
    ahead = [date.today() + timedelta(n - 60) for n in range(90)]
    calendar: Rows = [["day", "name"], *([str(at), f"n{at.day}"] for at in ahead)]
    (table,) = drafted(tmp_path / "calendar", {"holidays": calendar}).tables
    assert table.newest == ""
    assert [d.why for d in table.undecided if d.why.endswith("candidates: day")]


def test_descriptions_say_something_or_ask(shop: Drafts) -> None:
    orders = columns(shop, "stg_orders")
    assert orders["customer_id"]["description"] == "Customer of the order, in customers."
    assert orders["ordered_at"]["description"] == "Time of the order."
    assert orders["status"]["description"] == "Status of the order: new or sent."
    assert orders["net"]["description"].startswith("TODO: what net covers")
    described = "".join(
        c["description"]
        for name in ("stg_orders", "stg_items")
        for c in columns(shop, name).values()
    )
    assert "300" not in described
    assert "values" not in described


def test_a_draft_for_postgresql_has_the_same_marts(shop: Drafts, tmp_path: Path) -> None:
    server = drafted(tmp_path, SHOP, on_server=True)
    assert server.marts == shop.marts
    for name in shop.marts:
        path = f"models/marts/{name}.sql"
        assert server.files[path] == shop.files[path]


def test_words_for_null_may_come_to_a_server_as_they_are(tmp_path: Path) -> None:
    rows: Rows = [["id", "n", "note"], *([n, n if n % 5 else "N/A", f"x{n}"] for n in range(1, 30))]
    staging = drafted(tmp_path, {"t": rows}, on_server=True).files["models/staging/stg_t.sql"]
    assert "cast(nullif(n, 'N/A') as integer) as n" in staging
    assert "nullif(note" not in staging


def test_dates_are_all_days_between(shop: Drafts) -> None:
    first = {"items": 3, "orders": 1}

    def days(name: str) -> str:
        made = f"date '{day(first[name])}' + cast(n * 9 as integer) as ordered_date"
        return f"(select {made} from range(3) as r (n))"

    query = jinja2.Template(shop.files["models/marts/dates.sql"]).render(ref=days, **MACROS)
    rows = duckdb.sql(f"select * from ({query}) order by date_day").fetchall()
    assert rows[0] == (date(2024, 1, 2), 2024, 1, 1, 1, 2, False)
    assert [row[0] for row in rows] == [START + timedelta(n) for n in range(1, 22)]


def test_drafts_follow_the_layers(tmp_path: Path) -> None:
    tables: dict[str, Rows] = {
        "shops": [("shop_id", "city"), *((n, f"Town {n % 7}") for n in range(1, 31))],
        "sales": [
            ("sale_id", "shop_id", "sold_on", "amount"),
            *((n, 1 + n % 30, day(n % 90), f"{n}.50") for n in range(1, 200)),
        ],
    }
    layers = {"bronze": ["base_"], "silver": ["int_"], "gold": ["fct_", "dim_"]}
    files = drafted(tmp_path, tables, layers=layers).files
    models = {path for path in files if path.endswith(".sql")}
    assert {
        *("models/bronze/base_sales.sql", "models/bronze/base_shops.sql"),
        *("models/gold/fct_sales.sql", "models/gold/dim_shops.sql", "models/gold/dim_dates.sql"),
    } <= models
    text = "\n".join(files.values())
    assert "ref('base_shops')" in text
    assert "stg_" not in text
    assert "models/staging" not in "".join(files)


def test_rules_check_mart_names_and_count_what_is_open() -> None:
    described = (Column("a", "TODO: what a says.", "", ""), Column("b", "It is b.", "", ""))
    node = Node(
        "model.s.orders", "model", "orders", "models/marts/orders.sql", description="d",
        columns=described, group="g",
    )  # fmt: skip
    manifest = Manifest({node.unique_id: node}, {})
    with use(Settings(mart_names="prefixed")):
        assert any("fct_orders or dim_orders" in line for line in rule_violations(manifest))
    with use(Settings()):
        assert not any("mart_names" in line for line in rule_violations(manifest))
    assert open_descriptions(manifest) == ["orders.a"]


def test_no_extreme_of_a_person_is_in_a_draft(tmp_path: Path) -> None:
    rows = [
        (7000 + n, f"p{n}@mail.example", 151 + n % 40, 3 + n % 90, n % 3 + 61 * (n == 77))
        for n in range(400)
    ]
    header = ("id", "email", "height_cm", "age", "quantity")
    people = drafted(tmp_path / "people", {"customers": [header, *rows]})
    text = "\n".join(people.files.values())
    assert "all 400 values" in text
    assert not [value for value in ("190", "151", "92", "63", "7399") if value in text]
    plants = [(*row[:1], *row[2:]) for row in (header, *rows)]
    things = drafted(tmp_path / "things", {"plants": plants})
    assert "# seen 151 to 190" in "\n".join(things.files.values())


@pytest.mark.parametrize("suffix", ["json", "ndjson"])
def test_nan_among_json_numbers_is_said(tmp_path: Path, suffix: str) -> None:
    lines = [f'{{"id": {n}, "amount": {"NaN" if n % 7 == 0 else n / 2}}}' for n in range(1, 60)]
    text = "\n".join(lines) if suffix == "ndjson" else f"[{', '.join(lines)}]"
    (tmp_path / f"readings.{suffix}").write_text(text, encoding="utf-8")
    tables = land(tmp_path / f"readings.{suffix}", tmp_path / "raw")
    drafts = draft_tables(tables, (), tmp_path / "raw", "team", classify)
    assert [(doubt.column, doubt.why) for doubt in drafts.tables[0].undecided] == [
        ("amount", "NaN in 8 rows: read as no value")
    ]


def test_a_word_for_none_that_may_be_a_value_is_said(tmp_path: Path) -> None:
    """A person may be called Null; a dash is nobody's name."""
    rows = [(n, ("Ada", "Null", "Bo")[n % 3], ("east", "-")[n % 2]) for n in range(30)]
    drafts = drafted(tmp_path, {"players": [("id", "alias", "side"), *rows]})
    assert [(doubt.column, doubt.why) for doubt in drafts.tables[0].undecided] == [
        ("alias", "'Null' in 10 rows: read as no value")
    ]
    assert "nullif(alias, 'Null')" in "\n".join(drafts.files.values())


def test_a_column_with_the_names_of_persons_of_another_table_is_personal(tmp_path: Path) -> None:
    people: Rows = [["name", "age", "height"], *([name, 30, 180] for name in GIVEN)]
    groups: Rows = [["group", "member"], *([n % 3, GIVEN[n]] for n in range(6))]
    sizes: Rows = [["size", "member_count"], *([size, 1] for size in ("S", "M", "L", "XL"))]
    drafts = drafted(tmp_path, {"people": people, "groups": groups, "sizes": sizes})
    source = yaml.safe_load(drafts.files["models/staging/raw_groups.yml"])["sources"][0]
    marks = {
        column["name"]: column.get("config", {}).get("meta", {}).get("pii")
        for column in source["tables"][0]["columns"]
    }
    assert marks == {"group": None, "member": "person"}
    assert "pii" not in drafts.files["models/staging/raw_sizes.yml"]
