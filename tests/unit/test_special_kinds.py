"""Coordinates, pay, protected data, logins, searches, plates, and texts that name people."""

from __future__ import annotations

import re
from typing import Any

import pytest

from first_light.privacy import kinds
from first_light.privacy.detect import classify
from first_light.privacy.mask import Masker, masked_flags
from first_light.privacy.repository_values import reach
from first_light.privacy.scrub import Originals

DEGREES = ["52.51703", "48.13743", "-3.70379", "13.38886", "2.35222", "40.41678"]
PAIRS = ["52.51703, 13.38886", "48.85661, 2.35222", "40.41678, -3.70379"]
LOGINS = ["amiller", "rsmith12", "jkowalski", "o.haddad", "gweiss", "tokafor"]
MONEY = ["4200.00", "3150.50", "2899.90", "5120.00", "3333.33"]
PLATES = ["B-MW 1234", "M-AX 77", "HH-KL 4521", "K-PQ 901", "S-TT 12"]
VINS = [f"WVWZZZ1KZ{letter}W00{number}" for letter, number in zip("ABCDE", range(1234, 1239))]
FILES = ["cv_anna_miller.pdf", "contract_robert_s.docx", "scan_maria.png", "letter.pdf"]
PROFILES = ["https://www.linkedin.com/in/ann-lee", "https://www.linkedin.com/in/bob"]
QUERIES = ["divorce lawyer near me", "red shoes 42", "anna miller berlin", "debt help", "a rash"]
PHONES = ["0171 2345678", "030 123 4567 8", "+49 171 2345678", "0211-4567890", "+49 30 901820"]


@pytest.mark.parametrize(
    "name",
    [
        "lat", "lng", "lon", "long", "latitude", "Longitude", "start_lat", "pickupLongitude",
        "geo_lat", "gps_latitude", "dropoff_lng", "Breitengrad", "latitud", "coord_x_lat",
    ],
)  # fmt: skip
def test_coordinates(name: str) -> None:
    assert classify(name, DEGREES, "trips") == kinds.LOCATION
    assert classify(name, DEGREES, "airports") is None
    assert classify(name, ["9000.1234", "7000.5678"], "trips") is None


FLAGS, NATIONS = ["yes", "no", "no", "yes", "no"], ["German", "French", "Turkish", "Polish"]
FAITHS = ["Islam", "Hıristiyan", "Ateist", "Yahudi", "Budist"]


@pytest.mark.parametrize(
    ("columns", "values", "kind"),
    [
        (
            "trips.start_station_lat rides.endStationLng rides.from_station_longitude "
            "bookings.cust_lat",
            DEGREES,
            kinds.LOCATION,
        ),
        ("stops.dropoff_lat deliveries.drop_off_longitude tour_stops.pickup_lng", DEGREES,
         kinds.LOCATION),
        ("airports.pickup_lat stops.stop_lat stops.lon", DEGREES, None),
        ("patients.weight_kg vitals.heart_rate befunde.blutzucker_mg messung.koerpergewicht",
         ["71", "84", "96", "65"], kinds.SENSITIVE_NUMBER),
        ("visits.blutdruck", ["120/80", "135/90", "142/95"], kinds.SENSITIVE_NUMBER),
        ("parcels.weight_kg machines.pulse foods.glucose recipients.weight animals.heart_rate",
         ["71", "84", "96", "65"], None),
        ("readings.heart_rate patients.weight", ["9000", "8100", "0.1"], None),
        ("readings.station_lat flights.origin_airport_lat orders.store_lat", DEGREES, None),
        ("employees.veteran applicants.is_veteran people.reservist staff.military_service", FLAGS,
         kinds.SENSITIVE),
        ("employees.veteran_status candidates.wehrdienst staff.service_branch",
         ["Army", "Navy", "none"], kinds.SENSITIVE),
        ("hotels.veteran vehicles.military", FLAGS, None),
        ("personel.din musteriler.din ogrenciler.dini calisanlar.mezhep", FAITHS, kinds.SENSITIVE),
        ("screws.din parts.din", ["912", "933", "934"], None),
        ("guests.nationality staff.national_origin kunden.Nationalität clienti.cittadinanza "
         "calisanlar.uyruk customers.citizenship", NATIONS,
         kinds.SENSITIVE),
        ("films.nationality ships.nationality", NATIONS, None),
        ("employees.total_comp offers.total_comp employees.comp staff.base_comp "
         "executives.comp_total_usd employees.total_compensation employees.bonus_amount",
         MONEY, kinds.INCOME),
        ("stores.total_comp_sales sales.comp departments.total_salary_budget", MONEY, None),
        ("employees.comp_id", ["11", "12", "13"], None),
        ("payouts.wallet users.walletAddress", [f"0x{n:040x}" for n in range(5)],
         kinds.BANK_ACCOUNT),
        ("shops.wallet", ["leather", "slim", "red"], None),
        ("contracts.signature_png users.avatar", ["iVBORw0KGgoAAAAB", "data:image/png;base64,AB"],
         kinds.SECRET),
        ("products.picture contracts.file", ["iVBORw0KGgoAAAAB", "/9j/4AAQSkZJRg"], None),
        ("contracts.signature", ["yes, signed", "not yet", "refused"], None),
        ("payouts.twitter customers.x", ["@ada_l", "@grace.h", "@alan42"], kinds.USER_NAME),
        ("customers.kv_nummer members.health_insurance_no members.frequent_flyer_no",
         ["A123456780", "B234567891", "C345678902"], kinds.NATIONAL_ID),
        ("customers.emergency_contact members.Notfallkontakt",
         ["Ann Lee, aunt, 0160 1234567", "Bob, a friend, 0171 765432"], kinds.FREE_TEXT),
        ("members.genetic_finding patients.gene_variant", ["BRCA1 c.68_69del", "MTHFR c.677C>T"],
         kinds.SENSITIVE),
        ("calls.latency homes.flat returns.late", ["12.5", "13.1", "9.9"], None),
    ],
)  # fmt: skip
def test_siblings_of_known_kinds(columns: str, values: list[str], kind: str | None) -> None:
    for column in columns.split():
        table, name = column.split(".")
        assert classify(name, values, table) == kind, column


@pytest.mark.parametrize("name", ["geohash", "pickup_geohash", "geohash7"])
def test_geohashes(name: str) -> None:
    hashes = ["u33dc0x", "u281z9k", "u0v92hq", "gcpvj0d", "9q8yyk8"]
    assert classify(name, hashes, "trips") == kinds.LOCATION
    assert classify(name, hashes, "airports") is None
    assert classify(name, ["u3", "north area", "city", "west"], "trips") is None
    masked = [Masker(b"k" * 32).mask(kinds.LOCATION, value) for value in hashes]
    assert not set(masked) & set(hashes)


@pytest.mark.parametrize(
    "values",
    [
        PAIRS,
        ["POINT(13.38 52.51)", "POINT (2.35 48.85)"],
        ['{"type": "Point", "coordinates": [13.38, 52.51]}'],
        ["geo:52.51,13.38", "geo:48.85,2.35"],
        ["52.51703;13.38886", "48.85661;2.35222"],
        ["lat: 52.517, lon: 13.389", "lat: 48.857, lon: 2.352"],
        ["N52 31.205 E013 24.297", "N48 51.396 E002 21.132"],
        ["0101000020E61000000000000000C02A400000000000404A40"],
        ["33U 390000 5820000", "31U 452000 5412000"],
        ["9F4MGC28+4F", "8FW4V942+J7"],
        ["https://maps.example/?q=52.51703,13.38886", "https://maps.example/?q=48.85661,2.35222"],
    ],
)
def test_pairs_of_coordinates_under_any_name(values: list[str]) -> None:
    assert classify("x", values, "visits") == kinds.LOCATION
    assert classify("x", values, "stations") is None


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("tickets.created_by", LOGINS, kinds.USER_NAME),
        ("tickets.lastModifiedBy", LOGINS, kinds.USER_NAME),
        ("tickets.owner", LOGINS, kinds.USER_NAME),
        ("tickets.geaendert_von", LOGINS, kinds.USER_NAME),
        ("files.changed_by", ["system", "etl", "system"], None),
        ("files.sponsored_by", ["acme", "nike", "adidas"], None),
        ("orders.customer_id", LOGINS, None),
        ("jobs.owner_team", LOGINS, None),
        ("orders.created_by", ["17", "18", "19"], None),
        ("payroll.gross", MONEY, kinds.INCOME),
        ("staff.Gehalt", MONEY, kinds.INCOME),
        ("staff.annual_salary", ["52000", "48000"], kinds.INCOME),
        ("departments.avg_salary", MONEY, None),
        ("statement.net_income", MONEY, None),
        ("products.price", MONEY, None),
        ("staff.salary_band", ["A", "B"], None),
        ("employees.salary_band", ["50,000-60,000", "30k – 35k", "75000+"], kinds.INCOME),
        ("customers.income", ["< 20.000 €", "20.000 € – 40.000 €", "> 90.000 €"], kinds.INCOME),
        ("customers.income_year", ["2021-2022", "2022-2023"], None),
        ("jobs.salary_range", ["50,000-60,000", "30k-35k"], None),
        ("plans.income", ["50000-60000", "1000-2000"], None),
        ("members.religion", ["catholic", "none", "muslim"], kinds.SENSITIVE),
        ("cases.icd10", ["E11.9", "I10", "J45"], kinds.SENSITIVE),
        ("races.race", ["Spa", "Monza"], None),
        ("machines.diagnosis", ["overheated", "worn"], None),
        ("fleet.license_plate", PLATES, kinds.NATIONAL_ID),
        ("fleet.vin", VINS, kinds.NATIONAL_ID),
        ("fleet.x", VINS, kinds.NATIONAL_ID),
        ("uploads.file_name", FILES, kinds.URL),
        ("contacts.profile_url", PROFILES, kinds.URL),
        ("contacts.x", ["https://a.de/?mail=a@b.de", "https://a.de/?mail=c@d.de"], kinds.URL),
        ("products.image_url", ["https://a.de/1.jpg", "https://a.de/2.jpg"], None),
        ("log.search_text", QUERIES, kinds.FREE_TEXT),
        ("log.query", ["select a from b where c", "select 1 from d where e"] * 3, None),
        ("anything.reachable_under", PHONES, kinds.PHONE),
        ("anything.order_no", PHONES, None),
        ("donors.contact_number", PHONES, kinds.PHONE),
        ("members.mobilnr", PHONES, kinds.PHONE),
        ("drivers.licence_no", ["LARSE1234567", "QUINN7654321"], kinds.NATIONAL_ID),
        ("modules.licence_no", ["LARSE1234567", "QUINN7654321"], None),
        ("pacjenci.pesel", ["85010112345", "90051254321"], kinds.NATIONAL_ID),
        ("laanere.fødselsdato", ["1985-01-01", "1990-05-12"], kinds.BIRTH_DATE),
        ("medlemmar.förnamn", ["Astrid", "Nils"], kinds.PERSON),
        ("medlemmar.gatuadress", ["Storgatan 4", "Ringvägen 12"], kinds.ADDRESS),
        ("hearings.stenographer", ["Ann Lee", "Ada Quinn"], kinds.PERSON),
        ("rides.lat_e7", ["525170300", "488566100"], kinds.LOCATION),
        ("shops.lat_e7", ["525170300", "488566100"], None),
        ("visits.x_koord", DEGREES, kinds.LOCATION),
        ("tickets.changed_by", ["amiller@corp", "rsmith@corp"], kinds.USER_NAME),
        ("tickets.sAMAccountName", LOGINS, kinds.USER_NAME),
        ("sales.cashier", LOGINS, kinds.USER_NAME),
        ("fleet.registration", PLATES, kinds.NATIONAL_ID),
        ("fleet.registration", ["2026-01-01", "2026-02-01"], None),
        ("files.path", ["/home/xqrt/a.docx", "/home/bzrk/b.txt"], kinds.URL),
        ("files.path", ["/srv/data/a.docx", "/srv/data/b.txt"], None),
        ("people.mastodon", ["https://m.example/@xqrt", "https://m.example/@bzrk"], kinds.URL),
        ("contacts.url", ["https://twitter.com/xqrt", "https://x.com/bzrk"], kinds.URL),
        ("log.q", QUERIES, kinds.FREE_TEXT),
        ("patients.code", ["E11.9", "J45", "F32.1"], kinds.SENSITIVE),
        ("products.code", ["E11.9", "J45", "F32.1"], None),
        ("patients.primary_dx", ["Asthma", "Migraine"], kinds.SENSITIVE),
        ("patients.condition", ["Asthma", "Migraine"], kinds.SENSITIVE),
        ("cars.condition", ["used", "new"], None),
        ("employees.bonus", MONEY, kinds.INCOME),
        ("employee_orders.amount", MONEY, None),
        ("clientes.nome", ["Anna", "Luca"], kinds.PERSON),
        ("rides.longitudine", DEGREES, kinds.LOCATION),
        ("rides.szerokosc_geograficzna", DEGREES, kinds.LOCATION),
        ("rides.ship_to_latitude", DEGREES, kinds.LOCATION),
        ("checkins.what3words", ["///filled.count.soap", "///index.home.raft"], kinds.LOCATION),
        ("checkins.point", ["(52.5,13.3)", "(48.8,2.3)"], kinds.LOCATION),
        ("trackers.h3", ["8a1fb46622dffff", "8a1fb46622cffff"], kinds.LOCATION),
        ("machines.operator", LOGINS, kinds.USER_NAME),
        ("machines.operator", ["Miller A.", "Smith R.", "Haddad O."], kinds.PERSON),
        ("machines.operator", ["eq", "lt", "gt", "le", "ge"], None),
        ("turbines.operator", ["Vattenfall", "RWE", "EnBW", "Statkraft", "Enel"], None),
        ("calls.agent_id", ["a.miller", "r.smith", "o.haddad", "g.weiss"], kinds.USER_NAME),
        ("calls.agent_id", ["a1", "b2", "c3"], None),
        ("searches.term", ["rash", "lawyer", "anna miller", "debt", "shoes"], kinds.FREE_TEXT),
        ("events.ricerca", QUERIES, kinds.FREE_TEXT),
        ("contracts.term", ["12 months", "24 months", "3 months", "one year", "5 years"], None),
        ("campaigns.keywords", QUERIES, None),
        ("members.kyrka", ["catholic", "none"], kinds.SENSITIVE),
        ("churches.denomination", ["catholic", "lutheran"], None),
        ("employees.wynagrodzenie", MONEY, kinds.INCOME),
        ("employees.income", MONEY, kinds.INCOME),
        ("loans.income", MONEY, kinds.INCOME),
        ("companies.income", MONEY, None),
        ("movies.earnings", MONEY, None),
        ("patients.is_diabetic", ["true", "false"], kinds.SENSITIVE),
        ("patients.heart_disease", ["0", "1"], kinds.SENSITIVE),
        ("customers.smoker", ["yes", "no"], kinds.SENSITIVE),
        ("mitarbeiter.schwerbehindert", ["ja", "nein"], kinds.SENSITIVE),
        ("employees.is_disabled", ["true", "false"], kinds.SENSITIVE),
        ("users.disabled", ["true", "false"], None),
        ("patients.allergy_form_received", ["yes", "no"], None),
        ("rooms.smoking", ["yes", "no"], None),
        ("customers.vip", ["yes", "no"], None),
        ("students.first_nm", ["Ann", "Bob"], kinds.PERSON),
        ("schools.name_full", ["Rice University", "Cal Poly"], None),
    ],
)
def test_a_column_of_a_special_kind(column: str, values: list[str], kind: str | None) -> None:
    table, _, name = column.partition(".")
    assert classify(name, values, table) == kind


@pytest.mark.parametrize(
    ("kind", "values", "shape"),
    [
        (kinds.LOCATION, DEGREES, r"-?[0-9]{1,3}\.[0-9]{5}"),
        (kinds.LOCATION, PAIRS, r"[0-9]{2}\.[0-9]{5}, -?[0-9]{1,2}\.[0-9]{5}"),
        (kinds.LOCATION, ["POINT(13.38 52.51)"], r"POINT\([0-9]{2}\.[0-9]{2} [0-9]{2}\.[0-9]{2}\)"),
        (kinds.INCOME, MONEY, r"[1-9][0-9]{3}\.[0-9]{2}"),
        (kinds.INCOME, ["4.5e7"], r"[1-9]\.[0-9]e7"),
        (kinds.URL, PROFILES, r"https://[a-z.]+/[a-z]{2}/[a-z-]+"),
        (kinds.URL, FILES, r"[a-z_]+\.(pdf|docx|png)"),
    ],
)
def test_masks_keep_the_shape(kind: str, values: list[str], shape: str) -> None:
    masker = Masker(b"k" * 32, avoid=values)
    masks = [masker.mask(kind, value) for value in values]
    assert all(re.fullmatch(shape, mask) for mask in masks), masks
    assert not set(masks) & set(values)


@pytest.mark.parametrize(
    ("values", "masks"),
    [
        (["yes", " No", "YES", None, ""], ["no", " no", "NO", None, ""]),
        (["ja", "nein"], ["nein", "nein"]),
        ([True, None, False], [False, None, False]),
        ([1, 0], [0, 0]),
        (["0", "1"], ["0", "0"]),
        (["yes", "unknown"], None),
        ([None, ""], None),
    ],
)
def test_a_mask_of_yes_and_no_is_always_no(values: list[Any], masks: list[Any] | None) -> None:
    assert masked_flags(values) == masks
    assert Masker(b"k" * 32).mask(kinds.SENSITIVE, {"smokes": True}) == {"smokes": False}


def test_yes_and_no_are_no_values_to_look_for_elsewhere() -> None:
    assert not Originals([(kinds.SENSITIVE, "true"), (kinds.SENSITIVE, "False")])
    assert reach(kinds.SENSITIVE, "false") is None


def test_zeros_at_the_end_need_no_more_decimals_in_masks() -> None:
    masks = [Masker(b"k" * 32).mask(kinds.INCOME, value) for value in ("12.50", "7.00")]
    assert [mask[-1] for mask in masks] == ["0", "0"]


def test_a_place_name_beside_coordinates_is_masked_as_text() -> None:
    masked = Masker(b"k" * 32).mask(kinds.LOCATION, '{"type": "Point", "street": "Lindenweg 4"}')
    assert '"Point"' in masked
    assert "Lindenweg" not in masked
