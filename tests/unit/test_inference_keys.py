"""Keys and references where the structure leaves doubt: link tables, prefixes, other words."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from first_light.inference import Drafted, Drafts, draft_tables
from first_light.inference.counters import NUMBERS_ROWS
from first_light.ingest import land
from first_light.privacy.detect import classify

Rows = Sequence[Sequence[object]]


def drafts_of(tmp_path: Path, tables: dict[str, Rows]) -> Drafts:
    """The drafts of tables that arrive as CSV files; the first row is the header."""
    inbox, raw = tmp_path / "inbox", tmp_path / "raw"
    inbox.mkdir(parents=True)
    for name, rows in tables.items():
        with (inbox / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    return draft_tables(land(inbox, raw), (), raw, "team", classify)


def drafted(tmp_path: Path, tables: dict[str, Rows]) -> dict[str, Drafted]:
    """What is found out about tables that arrive as CSV files."""
    return {table.name: table for table in drafts_of(tmp_path, tables).tables}


def references(table: Drafted) -> set[tuple[str, str, str, str]]:
    return {
        (r.column, r.parent, r.key, r.severity) for r in table.references if r.child == table.name
    }


STAFF: Rows = [["staff_id", "label"], *([n, f"N{n}"] for n in range(10))]
AREAS: Rows = [["area_id", "label"], *([n, f"A{n}"] for n in range(60))]


def test_a_link_table_has_the_key_of_both(tmp_path: Path) -> None:
    links: Rows = [["staff_id", "area_id"], *([n % 10, n] for n in range(50))]
    tables = drafted(tmp_path, {"staff": STAFF, "areas": AREAS, "staff_areas": links})
    link = tables["staff_areas"]
    assert link.key == ("staff_id", "area_id")
    assert "unique" not in link.tests
    assert references(link) == {
        ("staff_id", "staff", "staff_id", "error"),
        ("area_id", "areas", "area_id", "error"),
    }


def test_what_a_table_measures_is_no_key_though_it_has_the_name_of_the_table(
    tmp_path: Path,
) -> None:
    months = [f"{year}{month:02d}" for year in (2025, 2026) for month in range(1, 13)]
    rows: Rows = [
        ["month", "cost_center", "budget"],
        *([m, c, 1000 + 7 * n] for n, (m, c) in enumerate((m, c) for m in months for c in "AB")),
    ]
    assert drafted(tmp_path, {"budget": rows})["budget"].key == ("month", "cost_center")


@pytest.mark.parametrize(("minutes", "is_key"), [(60 * 24 * 20, False), (60, True)])
def test_a_combination_with_a_time_is_a_key_only_where_chance_would_repeat_it(
    minutes: int, is_key: bool, tmp_path: Path
) -> None:
    """Both are unique so far; only in the second it would be strange if that was chance."""
    chance = random.Random(7)
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < 1_500:
        pairs.add((chance.randrange(100), chance.randrange(minutes)))
    start = datetime(2026, 1, 5)
    rows = [[a, start + timedelta(minutes=m), n % 7] for n, (a, m) in enumerate(sorted(pairs))]
    drafts = drafts_of(tmp_path, {"logins": [["account_id", "at", "size"], *rows]})
    model = yaml.safe_load(drafts.files["models/staging/stg_logins.yml"])["models"][0]
    drafted_tests = [t["unique_combination_of_columns"] for t in model.get("data_tests", ())]
    assert [
        (test["arguments"]["combination_of_columns"], test.get("config", {}).get("severity"))
        for test in drafted_tests
    ] == ([(["account_id", "login_at"], None)] if is_key else [])


def test_a_reference_beside_an_own_key_is_not_unique(tmp_path: Path) -> None:
    cards: Rows = [["card_id", "area_id"], *([n, (n * 7) % 200] for n in range(200))]
    areas: Rows = [["area_id", "label"], *([n, f"A{n}"] for n in range(200))]
    card = drafted(tmp_path, {"areas": areas, "cards": cards})["cards"]
    assert (card.key, card.tests["unique"]) == (("card_id",), 1)


def test_a_table_of_details_keeps_its_key_as_likely(tmp_path: Path) -> None:
    details: Rows = [["area_id", "text"], *([n, f"t{n % 7}"] for n in range(60))]
    detail = drafted(tmp_path, {"areas": AREAS, "area_details": details})["area_details"]
    assert detail.key == ("area_id",)


def test_the_seeds_of_the_jaffle_shop(tmp_path: Path) -> None:
    customers: Rows = [["id", "first_name", "last_name"], *([n, "Anna", "P."] for n in range(100))]
    orders: Rows = [["id", "user_id", "status"], *([n, n * 7 % 100, "x"] for n in range(99))]
    payments: Rows = [["id", "order_id", "amount"], *([n, n * 3 % 99, n * 100] for n in range(113))]
    tables = drafted(
        tmp_path, {"raw_customers": customers, "raw_orders": orders, "raw_payments": payments}
    )
    assert set(tables) == {"customers", "orders", "payments"}
    assert references(tables["orders"]) == {("user_id", "customers", "id", "warn")}
    assert references(tables["payments"]) == {("order_id", "orders", "id", "error")}


@pytest.mark.parametrize("prefix", ["src_", "tbl", "dbo.", "public.", "stg_"])
def test_a_word_for_the_place_of_a_table_is_no_name(prefix: str, tmp_path: Path) -> None:
    customers: Rows = [["id", "label"], *([n, f"c{n}"] for n in range(60))]
    orders: Rows = [["id", "customer_id"], *([n, n * 7 % 60] for n in range(99))]
    files = {f"{prefix}Customers": customers, f"{prefix}Orders": orders}
    assert references(drafted(tmp_path, files)["orders"]) == {
        ("customer_id", "customers", "id", "error")
    }


def test_another_word_for_people_gives_way_to_a_table_of_that_name(tmp_path: Path) -> None:
    users: Rows = [["id", "label"], *([n, f"u{n}"] for n in range(100))]
    orders: Rows = [["id", "user_id"], *([n, n * 7 % 100] for n in range(99))]
    tables = drafted(tmp_path, {"users": users, "customers": users, "orders": orders})
    assert references(tables["orders"]) == {("user_id", "users", "id", "error")}


def test_a_word_or_a_day_refers_to_nothing(tmp_path: Path) -> None:
    kinds = ["sun", "rain", "fog", "snow", "hail"]
    weather: Rows = [
        ["town", "day", "weather"],
        *([f"t{n % 2}", f"Jan {n // 2} 2024", kinds[n % 5]] for n in range(60)),
    ]
    visits: Rows = [
        ["visit_id", "weather", "day"],
        *([n, kinds[n % 5], f"Jan {n % 30} 2024"] for n in range(90)),
    ]
    days: Rows = [["day", "price"], *([f"Jan {n} 2024", n * 1.5] for n in range(30))]
    tables = drafted(tmp_path, {"weather": weather, "visits": visits, "days": days})
    assert not references(tables["visits"])


def test_a_prefix_stays_where_the_plain_name_is_taken(tmp_path: Path) -> None:
    rows: Rows = [["id", "n"], *([n, n] for n in range(9))]
    other: Rows = [["id", "n"], *([n, n + 1] for n in range(9))]
    assert set(drafted(tmp_path, {"raw_orders": rows, "orders": other})) == {"raw_orders", "orders"}


@pytest.mark.parametrize(
    ("columns", "table"),
    [
        (("nameFirst", "nameLast"), "People"),
        (("name_given", "name_family"), "staff_list"),
        (("Fornavn", "Etternavn"), "export"),
        (("first", "last"), "customers"),
        (("Zuname", "Voornamen"), "liste"),
        (("nom_usage", "prenoms"), "export"),
        (("Nom", "Prénom"), "export"),
        (("Name", "Vorname"), "liste"),
        (("nombre", "apellidos"), "lista"),
        (("given", "family"), "export"),
    ],
)
def test_given_and_family_names_are_personal(
    columns: tuple[str, str], table: str, tmp_path: Path
) -> None:
    given = ["Anna", "Robert", "Maria", "James", "Linda"]
    family = ["Miller", "Smith", "Jones", "Brown"]
    rows: Rows = [[*columns, "height"], *([given[n % 5], family[n % 4], n] for n in range(60))]
    (result,) = drafted(tmp_path, {table: rows}).values()
    assert set(result.personal.values()) == {"person"}
    assert len(result.personal) == 2


def test_a_name_beside_no_part_of_one_is_not_personal(tmp_path: Path) -> None:
    rows: Rows = [["name", "maker", "price"], *([f"Chair {n}", "Brown", n] for n in range(60))]
    (result,) = drafted(tmp_path, {"products": rows}).values()
    assert not result.personal
    beside: Rows = [["Vorname", "Name"], *(["Anna", f"case {n}-b/{n}"] for n in range(60))]
    (result,) = drafted(tmp_path / "b", {"liste": beside}).values()
    assert set(result.personal) == {"vorname"}


def test_each_table_is_announced(tmp_path: Path) -> None:
    rows = "id,n\n" + "".join(f"{n},{n}\n" for n in range(5))
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        (tmp_path / "in" / f"{name}.csv").write_text(rows, encoding="utf-8")
    lines: list[str] = []
    tables = land(tmp_path / "in", tmp_path / "raw")
    draft_tables(tables, (), tmp_path / "raw", "team", classify, progress=lines.append)
    assert lines[:2] == ["profiling a (1 of 2)", "profiling b (2 of 2)"]


@pytest.mark.parametrize("name", ["row_no", "index", "zaehler", "Lfd. Nr."])
def test_numbers_of_rows_are_no_certain_keys_and_refer_to_nothing(
    tmp_path: Path, name: str
) -> None:
    tables: dict[str, Rows] = {
        f"{word}_list": [
            [name, "label", "weight"],
            *([n, f"{word} {n % 9}", n * 7 % 5] for n in range(1, 60 + 20 * at)),
        ]
        for at, word in enumerate(("north", "south", "east", "west"))
    }
    tables["towns"] = [
        [name, "town_code", "people"],
        *([n, f"T{n * 37 % 1000:03}", n * 31 % 977] for n in range(1, 150)),
    ]
    found = drafted(tmp_path, tables)
    assert [table.references for table in found.values()] == [()] * 5
    assert found["towns"].key == ("town_code",)
    files = drafts_of(tmp_path / "again", tables).files
    staging = yaml.safe_load(files["models/staging/stg_north_list.yml"])["models"][0]
    (counter,) = (c for c in staging["columns"] if "unique" in str(c.get("data_tests")))
    assert "'severity': 'warn'" in str(counter["data_tests"])
    assert [d.why for d in found["north_list"].undecided if d.column] == [NUMBERS_ROWS]


def test_ids_that_count_rows_stay_keys_and_are_referred_to(tmp_path: Path) -> None:
    tables: dict[str, Rows] = {
        "users": [["user_id", "label"], *([n, f"U{n}"] for n in range(1, 101))],
        "settings": [["user_id", "theme"], *([n, f"T{n % 3}"] for n in range(1, 101))],
        "profiles": [["user_id", "bio"], *([n, f"B{n % 7}"] for n in range(1, 91))],
    }
    found = drafted(tmp_path, tables)
    assert found["users"].key == ("user_id",)
    for child in ("settings", "profiles"):
        assert references(found[child]) == {("user_id", "users", "user_id", "error")}
