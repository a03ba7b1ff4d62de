"""Kinds that a column's values show together with the columns beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from stdnum.ean import calc_check_digit

from first_light.inference.personal import kinds as kinds_of_table
from first_light.inference.values import Leaf
from first_light.privacy import kinds, national_numbers, people_names, phones
from first_light.privacy.abbreviations import abbreviates
from first_light.privacy.birth_dates import year_of
from first_light.privacy.detect import classify
from first_light.privacy.mask import Masker
from first_light.privacy.vocabulary import words

GIVEN = ["Heike", "Jürgen", "Solène", "Íñigo", "Rhys", "Imogen", "Fatma", "Chinedu", "Linnéa",
         "Bartosz", "Giulia", "Pierre", "Carmen", "Sanne", "Astrid", "Mehmet", "Olga",
         "Jiří"]  # fmt: skip
FAMILY = ["Krüger", "Winkler", "Carpentier", "Molina", "Davies", "Ashworth", "Polat", "Adeyemi",
          "Hedlund", "Kowalski", "Rossi", "Dubois", "Garcia", "Jansen", "Lindgren", "Yılmaz",
          "Petrova", "Novák"]  # fmt: skip
NAMES = [f"{given} {family}" for given, family in zip(GIVEN, FAMILY, strict=True)]
BIRTHS = [f"{1 + n}.0{1 + n % 9}.{1938 + 4 * n}" for n in range(18)]
HIRED = [f"{1 + n}.0{1 + n % 9}.{2007 + n}" for n in range(18)]
STREETS = [f"{street} {n}" for n in range(1, 7) for street in ("Hauptstr.", "Via Roma", "Ringvej")]
PHONES = [f"0{30 + n} 55{n:02} {4711 + n}" for n in range(18)]
FIRMS = [f"{family} & Söhne GmbH" for family in FAMILY]
MONEY = [f"{3100 + 37 * n},50" for n in range(18)]
REMARKS = [f"Ihre Mutter rief am {n + 1}. an, ruft wieder an" for n in range(18)]
TEXTS = [f"Waterproof to {n + 1} metres, soft wool, fits the belt" for n in range(18)]
HEALTH = ["epilepsy", "nut allergy", "asthma", "n/a", "diabetes type 2", "pacemaker"] * 3


def in_table(columns: Mapping[str, Sequence[str]], table: str = "t") -> dict[str, str]:
    """The kinds of the columns of one table, by name, of the columns that have one."""
    leaves = {Leaf((name,), "varchar"): values for name, values in columns.items()}
    return {leaf.path[0]: k for leaf, k in kinds_of_table(leaves, table, classify).items() if k}


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("c1", BIRTHS, kinds.BIRTH_DATE),
        ("c2", HIRED, None),
        ("c3", STREETS, kinds.ADDRESS),
        ("c4", PHONES, kinds.PHONE),
        ("c5", REMARKS, kinds.FREE_TEXT),
        ("c6", HEALTH, kinds.SENSITIVE),
        ("c7", GIVEN, kinds.PERSON),
        ("c8", FIRMS, None),
        ("c9", MONEY, None),
        ("gbdat", HIRED, kinds.BIRTH_DATE),
        ("GBORT", ["Bremen", "Jena", "Kassel"] * 6, kinds.ADDRESS),
        ("pstlz", ["10115", "50667", "80331"] * 6, kinds.ADDRESS),
        ("nachn", FAMILY, kinds.PERSON),
        ("num_permis", [f"88YX{72706 + n}" for n in range(18)], kinds.NATIONAL_ID),
        ("Age", [str(17 + 3 * n) for n in range(18)], kinds.SENSITIVE_NUMBER),
        ("age_group", [f"{20 + n}" for n in range(18)], None),
        ("init", [name[:3].upper() for name in FAMILY], kinds.PERSON),
        ("code", [name[:3].upper() for name in FAMILY], None),
        ("DOB", [f"{10 + n}JUL{50 + n}" for n in range(18)], kinds.BIRTH_DATE),
        ("upd_by", [f"{a[0]}{b}".lower() for a, b in zip(GIVEN, FAMILY)], kinds.USER_NAME),
        ("grouped_by", ["region", "colour", "brand"] * 6, None),
        ("trade", ["PAINT", "PLUMB", "CARP"] * 6, None),
        ("timezone", ["Europe/Berlin", "Europe/London", "America/New_York"] * 6, None),
        ("awb", [f"0531.{11 + n}.{74011 + 377 * n}" for n in range(18)], None),
        ("receipt_no", [str(260_041 + n) for n in range(18)], None),
    ],
)
def test_values_decide_beside_names_of_people(
    name: str, values: list[str], kind: str | None
) -> None:
    marked = in_table({"who": NAMES, name: values})
    assert marked == {"who": kinds.PERSON, **({name: kind} if kind else {})}


EANS = [ean + calc_check_digit(ean) for ean in (f"40063813{3300 + n}" for n in range(18))]


@pytest.mark.parametrize("beside", [{"AccountName": FIRMS}, {"c1": EANS, "text": TEXTS}])
def test_what_firms_and_goods_have_as_well_is_not_personal(beside: dict[str, list[str]]) -> None:
    columns = {"street": STREETS, "line": PHONES, "colour": ["Jade", "Amber"] * 9}
    assert in_table({**beside, **columns}) == {}
    assert in_table(columns).keys() == {"street", "line"}, "nothing says whose they are"


MACS = [f"F0:9F:C2:{n:02X}:C5:{n:02X}" for n in range(18)]
INSIDE = [f"10.44.3.{n + 1}" for n in range(18)]
TEAMS = ["Estates Team", "Legal", "Servicio Técnico", "Abteilung Einkauf", "Orion Holdings LLC"]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [("mac", MACS, kinds.DEVICE), ("ip_address", INSIDE, kinds.IP)],
)
def test_addresses_of_a_network_are_personal_where_the_rows_tell_of_people(
    name: str, values: list[str], kind: str
) -> None:
    beside = {"level": ["info", "warn"] * 9, name: values}
    assert name not in in_table(beside, "access_points")
    assert in_table(beside, "visitor_probes")[name] == kind
    assert in_table({**beside, "who": NAMES})[name] == kind


@pytest.mark.parametrize("name", ["owner", "contact_name", "author"])
def test_teams_and_offices_are_no_persons(name: str) -> None:
    assert name not in in_table({name: TEAMS * 3, "budget": MONEY})
    assert in_table({name: NAMES, "budget": MONEY})[name] == kinds.PERSON


def test_pay_needs_rows_about_work() -> None:
    columns = {"who": NAMES, "betrg": MONEY}
    assert "betrg" not in in_table(columns)
    assert in_table({**columns, "kostl": ["4180", "4170"] * 9})["betrg"] == kinds.INCOME


def test_an_address_of_something_in_the_table_is_not_a_persons() -> None:
    columns = {"cabin": ["Upper Deck", "Lower Deck", "Harbour"] * 6, "tel_cabin": PHONES}
    assert in_table(columns) == {}
    assert in_table({**columns, "who": NAMES})["tel_cabin"] == kinds.PHONE
    columns = {"garage": ["Norauto Bron", "Speedy Lyon", "Midas Vaise"] * 6, "tel_garage": PHONES}
    assert "tel_garage" not in in_table({**columns, "who": NAMES})


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("NWACHUKWU, CHINEDU", True), ("Dr. Seidel", True), ("willem-jan el amrani", True),
        ("Vero tas", False), ("Edificio Goya", False), ("Krüger & Lang KG", False),
        ("Rose", False),
    ],
)  # fmt: skip
def test_a_full_name(text: str, is_name: bool) -> None:
    assert people_names.is_full_name(text) is is_name


@pytest.mark.parametrize(
    ("text", "is_login"),
    [("KRUEGERH", True), ("aschmidt", True), ("anna.molina", True), ("CORP\\jdavies2", True),
     ("BATCH_IS", False), ("invoice", False), ("a1b2c3", False)],
)  # fmt: skip
def test_a_login_made_of_a_name(text: str, is_login: bool) -> None:
    assert people_names.is_login_of_name(text) is is_login


@pytest.mark.parametrize(
    ("token", "word", "short"),
    [("nachn", "nachname", True), ("gbdt", "geburtsdatum", False), ("gbdat", "gebdatum", True),
     ("mgr", "manager", True), ("obs", "observaciones", True), ("ab", "abteilung", False),
     ("rate", "rentenversicherungsnummer", False), ("tag", "tarifgruppe", False)],
)  # fmt: skip
def test_a_short_word_stands_for_few_long_ones(token: str, word: str, short: bool) -> None:
    assert abbreviates(token, words(word)) is short


def test_numbers_of_persons_have_check_digits_or_days_of_birth() -> None:
    pesels = ["44051401359", "02070803628", "90090515836", "83010411457", "55030101193"]
    assert national_numbers.are_of_persons(pesels)
    assert not national_numbers.are_of_persons([f"{int(p) + 1}" for p in pesels])
    people = [f"19{50 + 6 * n}0{n + 1}1{n}-517{n}" for n in range(6)]
    invoices = [f"2026010{n + 1}-517{n}" for n in range(6)]
    assert national_numbers.are_of_persons(people)
    assert not national_numbers.are_of_persons(invoices)


def test_telephone_numbers_are_spaced_and_of_one_country() -> None:
    assert phones.are_phones(["021 285 84 91", "078 805 84 08", "+41 79 123 45 67"] * 2 + PHONES)
    assert not phones.are_phones([f"00{28440 + n}" for n in range(9)])  # personnel numbers
    assert not phones.are_phones([f"978-84-5557-01{n}-4" for n in range(9)])


def test_the_year_of_a_date() -> None:
    assert [year_of(d) for d in ("20180305", "09.11.1977", "1977-11-09", "x")] == [
        2018, 1977, 1977, None,
    ]  # fmt: skip
    assert year_of("09/11/99") == 1999


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (kinds.CARD, "529150XXXXXX8183"), (kinds.DEVICE, "GA1.2.757500908.1764861693"),
        (kinds.NATIONAL_ID, "L-WG 964"), (kinds.SENSITIVE, "epilepsy - no sauna"),
        (kinds.ADDRESS, "BS76 7TD"), (kinds.INCOME, "3591,23"),
    ],
)  # fmt: skip
def test_a_mask_keeps_the_format(kind: str, value: str) -> None:
    mask = Masker(b"k" * 32).mask(kind, value)
    assert mask != value
    assert len(mask) == len(value)
    assert [c for c in mask if not c.isalnum()] == [c for c in value if not c.isalnum()]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("bediener", FAMILY, kinds.PERSON),  # who does something, by its ending
        ("colour", ["Brown", "Green", "White", "Black", "Gray", "Rose"], None),
        ("sammler", [f"{given[0]}. {name}" for given, name in zip(GIVEN, FAMILY, strict=True)],
         kinds.PERSON),
        ("c1", [f"{name}/{given} MR" for given, name in zip(GIVEN, FAMILY, strict=True)],
         kinds.PERSON),
        ("c2", [f"{word}/{word}" for word in ("tools", "garden", "bath")] * 6, None),
        ("keyword", ["shoes", "cars", "travel"] * 6, None),
        ("c3", [f"19{10 + n}.{40 + n}.0{n % 9}" for n in range(18)], None),  # no day has month 40
    ],
)  # fmt: skip
def test_values_show_persons_in_any_table(
    name: str, values: Sequence[str], kind: str | None
) -> None:
    assert in_table({name: values, "pieces": [str(n) for n in range(18)]}).get(name) == kind


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("telemovel_casa", [f"91{5550000 + 7 * n}" for n in range(18)], kinds.PHONE),
        ("rendimento_anual", MONEY, kinds.INCOME),
        ("bekenntnis", ["ev", "rk", "keines"] * 6, kinds.SENSITIVE),
        ("puk", [f"{71930000 + 911 * n}" for n in range(18)], kinds.SECRET),
        ("morada", [f"{name} {n}" for n, name in enumerate(FAMILY, 1)], kinds.ADDRESS),
        ("aktion_name", ["Spring Sale", "Winter Launch", "Fleet upgrade"] * 6, None),
        ("permit_no", [f"BP-{10000 + 77 * n}" for n in range(18)], None),  # of the table itself
        ("personalnr", [str(20000 + n) for n in range(18)], None),  # counted, so given by a table
    ],
)
def test_rows_about_people_confirm_a_stem(
    name: str, values: Sequence[str], kind: str | None
) -> None:
    people = {"full_name": NAMES, "geburtsdatum": BIRTHS, name: values}
    assert in_table(people, "permits").get(name) == kind


def test_what_has_a_name_of_its_own_is_a_place() -> None:
    place = {"street": STREETS, "lat": [f"5{n % 9}.12{n:03}" for n in range(18)]}
    assert set(in_table(place, "hubs")) == {"street", "lat"}
    named = {"hub_name": ["Nordhafen", "West Gate", "Mill"] * 6, **place}
    assert in_table(named, "hubs") == {}
    owned = {**named, "owner_address": STREETS}
    assert in_table(owned, "hubs") == {"owner_address": kinds.ADDRESS}


def test_one_who_acts_does_not_make_rows_about_people() -> None:
    dishes = {"dish_name": [f"Soup {n}" for n in range(18)], "allergens": ["nuts", "milk"] * 9}
    assert in_table({**dishes, "chef": NAMES}, "recipes") == {"chef": kinds.PERSON}
    guests = {"guest_name": NAMES, "allergens": ["nuts", "milk"] * 9}
    assert in_table(guests, "stays")["allergens"] == kinds.SENSITIVE


UNLISTED = ["Ingrid Slagter", "Joost Zandstra", "Ruben Boerema", "Thijs Kamphuis",
            "Fenna Dijkgraaf", "Willem Haverkort", "Sander Molenaar", "Geert Schuurman",
            "Jikke Wiersma", "Sanne Bouwmeester"]  # fmt: skip
DISHES = ["Caesar Salad", "Waldorf Salad", "Peach Melba", "Beef Wellington", "Crepe Suzette",
          "Pasta Carbonara", "Eggs Benedict", "Chicken Kiev", "Apple Crumble",
          "Lemon Tart"]  # fmt: skip


@pytest.mark.parametrize("name", ["field_7", "pachter", "wyk", "nm_adotante"])
def test_names_are_known_by_their_form_where_no_list_has_the_family(name: str) -> None:
    beside = {"plot": [str(n) for n in range(18)]}
    assert in_table({**beside, name: UNLISTED})[name] == kinds.PERSON
    assert "field_7" not in in_table({**beside, "field_7": DISHES})


def test_a_login_of_a_given_name_needs_no_word() -> None:
    logins = ["jane.penhaligon", "maria84", "oscar.trevanion", "peter7", "sarah.quick", "rzxq12"]
    assert in_table({"c9": logins})["c9"] == kinds.USER_NAME
    assert in_table({"c9": ["web.cache", "queue7", "edge.proxy", "batch12", "blue.lake"]}) == {}


def test_rows_that_begin_with_a_firm_are_the_firms() -> None:
    contact = {"contact_name": NAMES, "mobile": PHONES}
    firm = {"street": STREETS, "phone": PHONES, "email": ["info@a.example", "sales@b.example"] * 9}
    for name in ("RAG_SOC", "company_name", "org_nm", "Firma", "razon_social"):
        marks = in_table({"id": ["1", "2"] * 9, name: FAMILY, **firm, **contact})
        assert marks == {"contact_name": kinds.PERSON, "mobile": kinds.PHONE}, name
    marks = in_table({"id": ["1", "2"] * 9, **contact, **firm})
    assert {"street", "phone", "contact_name"} <= marks.keys()


@pytest.mark.parametrize("table", ["oficinas", "brokers_offices", "Filialen", "agences", "kliniki"])
def test_tables_of_organisations_have_a_contact_and_are_not_people(table: str) -> None:
    columns = {"cod": ["1", "2"] * 9, "street": STREETS, "tel": PHONES, "director": NAMES}
    assert in_table(columns, table) == {"director": kinds.PERSON}
    assert {"street", "tel"} <= in_table(columns, "kundenliste").keys()


def test_addresses_of_offices_are_nobodys() -> None:
    offices = ["info@a.example", "sales@b.example", "kontakt@c.example"] * 6
    assert in_table({"mail": offices, "price": MONEY}) == {}
    assert in_table({"mail": [*offices[:-1], "ann.lee@d.example"], "price": MONEY}) == {
        "mail": kinds.EMAIL
    }


def test_numbers_of_firms_are_no_numbers_of_persons() -> None:
    of_firms = [f"{10 + n}.222.333/0001-{10 + n}" for n in range(18)]
    assert "tax_id" not in in_table({"who": NAMES, "tax_id": of_firms})
    of_persons = [f"{100 + n}.222.333-{10 + n}" for n in range(18)]
    assert in_table({"who": NAMES, "tax_id": of_persons})["tax_id"] == kinds.NATIONAL_ID


def test_remarks_without_people_in_rows_without_people_are_not_personal() -> None:
    remarks = [f"drive belt {n} worn, replaced at the next stop" for n in range(18)]
    assert in_table({"remarks": remarks, "rpm": MONEY}, "presses") == {}
    assert in_table({"remarks": REMARKS, "rpm": MONEY}, "presses") == {"remarks": kinds.FREE_TEXT}
    assert in_table({"remarks": remarks, "who": NAMES})["remarks"] == kinds.FREE_TEXT


def test_groups_of_blood_need_no_word() -> None:
    groups = ["A Rh+", "0-", "AB Rh-", "B+"] * 4
    assert in_table({"field_9": groups, "who": NAMES})["field_9"] == kinds.SENSITIVE
    assert "field_9" not in in_table({"field_9": ["A", "B", "AB", "C"] * 4, "who": NAMES})
