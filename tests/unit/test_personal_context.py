"""What one word means depends on the values and on the columns beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from first_light.inference.personal import kinds as kinds_of_table
from first_light.inference.values import Leaf
from first_light.privacy import kinds
from first_light.privacy import value_shapes as shapes
from first_light.privacy.detect import classify

GIVEN = ["Heike", "Bartosz", "Solène", "Rhys", "Fatma", "Linnéa", "Giulia", "Carmen", "Sanne",
         "Olga", "Jiří", "Pierre"]  # fmt: skip
FAMILY = ["Krüger", "Kowalska", "Carpentier", "Davies", "Yıldızoğlu", "Hedlund", "Rossi",
          "García", "Jansen", "Petrova", "Nováková", "Dubois"]  # fmt: skip
FULL = [f"{given} {family}" for given, family in zip(GIVEN, FAMILY, strict=True)]
STREETS = [f"Lindenweg {n}" for n in range(1, 7)] + [f"Via Roma {n}" for n in range(1, 7)]
PHONES = [f"0{30 + n} 55{n:02} {4711 + n}" for n in range(12)]
BOOKS = ["Emma", "Rebecca", "Anna Karenina", "Jane Eyre", "Oliver Twist", "The Night Watch",
         "Max Havelaar", "Middlemarch"]  # fmt: skip
DAYS = [f"{2012 + n}-0{1 + n % 9}-1{n % 10}" for n in range(12)]
CODES = [str(80_000 + 37 * n * n) for n in range(12)]
# With check digits, which the numbers of employees have not.
SWEDISH = ["640823-3234", "811228-9874", "670919-9530", "780121-2397", "900614-2389"]


def in_table(columns: Mapping[str, Sequence[str]], table: str = "export") -> dict[str, str]:
    """The kinds of the columns of one table, by name, of the columns that have one."""
    leaves = {Leaf((name,), "varchar"): values for name, values in columns.items()}
    return {leaf.path[0]: k for leaf, k in kinds_of_table(leaves, table, classify).items() if k}


def test_a_number_of_an_employee_has_no_check_digit() -> None:
    assert "pers_nr" not in in_table({"name": FULL, "pers_nr": CODES}, "kunder")
    assert in_table({"namn": FULL[:5], "pers_nr": SWEDISH}, "kunder")["pers_nr"] == (
        kinds.NATIONAL_ID
    )


def test_animals_are_born_as_well() -> None:
    columns = {"naam": ["Bella 3", "Klaartje 7", "Roza 1"] * 4, "geb_datum": DAYS}
    assert in_table(columns, "koeien") == {}
    assert in_table({"naam": FULL, "geb_datum": DAYS}, "klanten")["geb_datum"] == kinds.BIRTH_DATE


def test_firms_have_numbers_of_their_own() -> None:
    columns = {"raison_soc": [f"Groupe {n}" for n in FAMILY], "rue": STREETS, "standard": PHONES}
    found = in_table({**columns, "siret": CODES, "interlocuteur": FULL}, "clients")
    assert found == {"interlocuteur": kinds.PERSON}
    found = in_table({"nom": FULL, "rue": STREETS, "siret": CODES}, "clients")
    assert found["rue"] == kinds.ADDRESS, "people who work for themselves live somewhere"


def test_a_register_of_streets_is_not_about_who_lives_there() -> None:
    names = ["Lindenweg", "Goethestraße", "Am Anger", "Ringallee", "Torweg", "Hofgasse"] * 2
    assert in_table({"strassenname": names, "laenge_m": CODES}, "strassen") == {}


def test_a_title_of_a_book_and_the_name_of_a_boat_are_no_persons() -> None:
    found = in_table({"fornavn": GIVEN, "efternavn": FAMILY, "bogtitel": BOOKS}, "laanere")
    assert "bogtitel" not in found
    found = in_table({"sukunimi": FAMILY, "etunimi": GIVEN, "veneen_nimi": GIVEN}, "venepaikat")
    assert "veneen_nimi" not in found


def test_groups_have_members() -> None:
    assert in_table({"pilgrim": FULL, "bus": CODES}, "travel_groups") == {"pilgrim": kinds.PERSON}


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("captain", FULL),
        ("leg", [f"E. {given[0]}. {family}" for given, family in zip(GIVEN, FAMILY, strict=True)]),
    ],
)
def test_goods_are_made_and_found_by_people(column: str, values: list[str]) -> None:
    found = in_table({"sample": CODES, "species": ["Rosa canina"] * 12, column: values}, "samples")
    assert found == {column: kinds.PERSON}


def test_who_found_a_plant_does_not_live_there() -> None:
    found = in_table(
        {
            "sample": CODES,
            "leg": [f"E. {g[0]}. {f}" for g, f in zip(GIVEN, FAMILY, strict=True)],
            "lat": [f"{50 + n}.12345" for n in range(12)],
        },
        "samples",
    )
    assert found == {"leg": kinds.PERSON}


@pytest.mark.parametrize("title", ["Dr(a).", "Sr(a).", "p."])
def test_a_title_may_stand_for_two(title: str) -> None:
    names = [f"{title} {name}" for name in (FAMILY if title == "p." else FULL)]
    assert in_table({"domovnik": names, "cena": CODES}) == {"domovnik": kinds.PERSON}


def test_an_actor_of_an_event_is_a_login() -> None:
    logins = [f"{g[0].lower()}{f.lower()}" for g, f in zip("abcdefgh", ["rossi", "dubois", "jansen",
              "petrova", "miller", "garcia", "keller", "novak"], strict=True)]  # fmt: skip
    assert in_table({"event_id": CODES[:8], "actor": logins}, "auth_events") == {
        "actor": kinds.USER_NAME,
    }


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("pos", [str(100 + n) for n in range(12)]),
        ("veh", [f"VEH-{10 + n}" for n in range(12)]),
        ("repo", ["core", "docs", "web-ui", "infra", "julia-bindings"]),
        ("regime", ["externe", "interne", "DP"]),
        ("tkt", [f"220-{1_174_000_000 + 300_001_000 * n}" for n in range(12)]),
        ("page", [str(3 + 7 * n) for n in range(12)]),
        ("bin", [f"B-{10 + 7 * n}-{n % 9}" for n in range(12)]),
    ],
)
def test_short_words_of_other_things(name: str, values: list[str]) -> None:
    assert name not in in_table({"name": FULL[: len(values)], name: values}, "riders")


def test_a_day_may_end_in_a_dot() -> None:
    assert shapes.is_date("1958.10.30.")
    assert shapes.is_date("1958. 10. 30.")
