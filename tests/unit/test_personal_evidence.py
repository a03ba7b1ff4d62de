"""Evidence that values, the columns beside them and the subject of the table give together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from first_light.inference.personal import kinds as kinds_of_table
from first_light.inference.values import Leaf
from first_light.privacy import kinds, name_lists, national_numbers, people_names, phones
from first_light.privacy import value_shapes as shapes
from first_light.privacy.detect import classify

GIVEN = ["Heike", "Bartosz", "Solène", "Rhys", "Fatma", "Linnéa", "Giulia", "Carmen", "Sanne",
         "Olga", "Jiří", "Pierre"]  # fmt: skip
FAMILY = ["Krüger", "Kowalska", "Carpentier", "Davies", "Yıldızoğlu", "Hedlund", "Rossi",
          "García", "Jansen", "Petrova", "Nováková", "Dubois"]  # fmt: skip
FULL = [f"{given} {family}" for given, family in zip(GIVEN, FAMILY, strict=True)]
TOWNS = ["Kassel", "Gdynia", "Nantes", "Cardiff", "Bursa", "Lund", "Pavia", "Lugo", "Zwolle",
         "Tver", "Opava", "Metz"]  # fmt: skip
STREETS = [f"Lindenweg {n}" for n in range(1, 7)] + [f"Via Roma {n}" for n in range(1, 7)]
PHONES = [f"0{30 + n} 55{n:02} {4711 + n}" for n in range(12)]
MONEY = [f"{31 + 37 * n},50" for n in range(12)]


def in_table(columns: Mapping[str, Sequence[str]], table: str = "export") -> dict[str, str]:
    """The kinds of the columns of one table, by name, of the columns that have one."""
    leaves = {Leaf((name,), "varchar"): values for name, values in columns.items()}
    return {leaf.path[0]: k for leaf, k in kinds_of_table(leaves, table, classify).items() if k}


def test_given_names_beside_family_names_need_no_header() -> None:
    assert in_table({"col_1": GIVEN, "col_2": FAMILY, "col_3": TOWNS}) == {
        "col_1": kinds.PERSON, "col_2": kinds.PERSON,
    }  # fmt: skip
    assert in_table({"col_1": GIVEN, "town": TOWNS}) == {}
    assert in_table({"brand": GIVEN, "series": FAMILY}) == {}, "goods are called after people"


@pytest.mark.parametrize("name", ["Feld3", "col_7", "Unnamed: 4", "F2", "Spalte 5"])
def test_a_name_that_nobody_gave_is_short_for_nothing(name: str) -> None:
    beside = {"who": FULL, "geburtsdatum": [f"{n + 1}.05.{1950 + 4 * n}" for n in range(12)]}
    assert name not in in_table({**beside, name: ["Nord", "Süd", "Ost", "West"] * 3})
    assert in_table({**beside, name: STREETS})[name] == kinds.ADDRESS


@pytest.mark.parametrize(
    ("word", "is_family"),
    [
        ("kowalska", True), ("novakova", True), ("yildizoglu", True), ("papadopoulou", True),
        ("hauksdottir", True), ("beridze", False), ("gelashvili", True), ("mcallister", True),
        ("garden", False), ("the", False),
    ],
)  # fmt: skip
def test_family_names_have_forms_and_endings(word: str, is_family: bool) -> None:
    assert name_lists.is_family_word(word) is is_family


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("Mr K Davies", True), ("Mevr. Jansen", True), ("Sig. Rossi", True),
        ("The Baker of Bath", False), ("Victoria Station", False), ("Robert-Koch-Klinikum", False),
        ("Halle Tony Garnier", False), ("Bäckerei Krüger", False),
    ],
)  # fmt: skip
def test_titles_belong_to_names_and_places_do_not(text: str, is_name: bool) -> None:
    assert people_names.is_full_name(text) is is_name


def test_initials_need_few_names_that_are_known() -> None:
    unlisted = ["J. Zandberghe", "K. Vermeirssen", "L. Krüger", "M. Ooijevaar", "N. Jansen",
                "O. Rossi", "P. Twijnstra", "R. Quaedvlieg"]  # fmt: skip
    assert in_table({"c5": unlisted, "amount": MONEY[:8]})["c5"] == kinds.PERSON
    codes = [f"Zone {sign}" for sign in "ABCDEFGH"]
    assert in_table({"c5": codes, "amount": MONEY[:8]}) == {}


def test_a_number_after_a_name_makes_a_user_name() -> None:
    known_as = [f"{given} {70 + n}" for n, given in enumerate(GIVEN)]
    assert in_table({"displayName": known_as})["displayName"] == kinds.USER_NAME
    assert in_table({"ref": [f"RES-{1170 + n}" for n in range(12)]}) == {}


def test_files_are_named_after_people() -> None:
    files = [f"tessere/{f}-{g}.jpg".lower() for g, f in zip(GIVEN, FAMILY, strict=True)]
    assert in_table({"file": files})["file"] == kinds.URL
    assert in_table({"file": [f"regal/eiche-{n}.jpg" for n in range(12)]}) == {}


def test_numbers_that_operators_have_are_telephones_however_they_are_written() -> None:
    beside = {"who": FULL}
    spanish = [f"6{70 + n} 80 {10 + n} {20 + n}" for n in range(12)]
    french = [f"06{12345678 + 1111 * n}" for n in range(12)]
    assert phones.are_valid(spanish)
    assert phones.are_valid(french)
    assert in_table({**beside, "col_4": french})["col_4"] == kinds.PHONE
    assert not phones.are_valid([f"{100 + n}-{117400 + n}" for n in range(12)])
    assert not phones.are_valid([f"{20240000000 + 977 * n}" for n in range(12)])


@pytest.mark.parametrize(
    ("values", "of_people", "are_persons"),
    [
        ([f"756.{1000 + n}.5678.{10 + n}" for n in range(6)], False, True),
        ([f"{chr(65 + n)}BCDEF80A{10 + n}H501Z" for n in range(6)], False, True),
        ([f"{chr(65 + n)}{123456780 + n}" for n in range(6)], True, True),
        ([f"{chr(65 + n)}{123456780 + n}" for n in range(6)], False, False),
        ([f"K{123456780 + n}" for n in range(6)], True, False),  # of customers: all begin alike
    ],
)
def test_formats_of_national_numbers(values: list[str], of_people: bool, are_persons: bool) -> None:
    found = national_numbers.have_format_of_persons(values, of_people=of_people)
    assert found is are_persons


def test_suppliers_who_are_people_live_somewhere() -> None:
    columns = {"name": FULL, "street": STREETS, "phone": PHONES}
    assert in_table(columns, "suppliers").keys() == {"name", "street", "phone"}
    firms = {**columns, "name": [f"{family} & Söhne GmbH" for family in FAMILY]}
    assert in_table(firms, "suppliers") == {}
    contacts = {"company": [f"{family} GmbH" for family in FAMILY], **columns}
    assert in_table(contacts, "suppliers").keys() == {"name"}


def test_who_owns_or_pays_for_something_is_what_a_row_is_about() -> None:
    columns = {"meter_no": [f"1EMH{n:05}" for n in range(12)], "supply_address": STREETS}
    assert in_table(columns, "meter_reads") == {}
    owned = {**columns, "account_name": [f"Mr {name}" for name in FULL]}
    assert "supply_address" in in_table(owned, "meter_reads")


def test_trees_stand_in_streets() -> None:
    trees = {"art": ["Tilia cordata", "Acer rubrum"] * 6, "standort": STREETS}
    assert in_table(trees, "baumkataster") == {}
    assert in_table({**trees, "pate": FULL}, "baumpatenschaften").keys() == {"pate", "standort"}


def test_a_breed_is_no_race() -> None:
    dogs = {
        "halter": FULL,
        "iban": ["DE02120300000000202051"] * 12,
        "rasse": ["Pudel", "Dackel"] * 6,
    }
    assert "rasse" not in in_table(dogs, "hundesteuer")
    people = {"name": FULL, "race": ["asian", "white", "black"] * 4}
    assert in_table(people, "voters")["race"] == kinds.SENSITIVE


def test_values_tell_of_beliefs_and_drugs() -> None:
    faiths = ["röm.-kath.", "evang.", "muslim", "ohne Bekenntnis"] * 3
    drugs = ["Enalapril 10", "Omeprazol 20", "Sertralina 50", "Ninguna"] * 3
    for values in (faiths, drugs):
        assert in_table({"who": FULL, "tel": PHONES, "c8": values})["c8"] == kinds.SENSITIVE


def test_what_people_pay_for_is_in_their_words() -> None:
    ibans = ["DE02120300000000202051", "DE02500105170137075030"] * 6
    purposes = ["Huur mei", "Voor Oma Corrie", "Factuur 24", "Etentje Sanne", "Premie zorg"] * 2
    statement = {"naam": FULL[:10], "rekening": ibans[:10], "omschrijving": purposes}
    assert in_table(statement, "afschriften")["omschrijving"] == kinds.FREE_TEXT
    assert in_table({"omschrijving": purposes, "prijs": MONEY[:10]}, "afschriften") == {}


def test_secrets_accounts_and_ids_of_advertising() -> None:
    users = {"email": [f"a{n}@b.example" for n in range(12)]}
    seeds = [f"JBSWY3DPEHPK3PX{sign}" for sign in "ABCDEFGHKLMN"]
    assert in_table({**users, "totpSeed": seeds})["totpSeed"] == kinds.SECRET
    accounts = [str(59439580 + 7919 * n) for n in range(12)]
    assert in_table({**users, "DD Account": accounts})["DD Account"] == kinds.BANK_ACCOUNT
    assert "account" not in in_table({**users, "account": accounts})
    guids = [f"ed3024f0-cf51-4c2f-8257-2f469f829e{n:02}" for n in range(12)]
    assert in_table({**users, "idPublicidade": guids})["idPublicidade"] == kinds.DEVICE


@pytest.mark.parametrize(
    ("text", "is_firm"),
    [("Lidex Sp. z o.o.", True), ("Elektro Koch", True), ("SV Krüger Goslar", True),
     ("Eis & Co. KG", True), ("Anna Koch", False), ("Jan Vasco", False)],
)  # fmt: skip
def test_a_firm_has_a_legal_form_or_a_trade(text: str, is_firm: bool) -> None:
    assert shapes.is_company(text) is is_firm
