"""Detect coordinates, pay, specially protected data, logins, and texts that name people.

These are personal because of what the table is about: the coordinates of an airport are not, those
of a trip are. So each needs its name and values of the right format, and gives way to tables and
columns of things.
"""

from __future__ import annotations

import re
from typing import Final

from first_light.privacy import (
    body_measures,
    hints,
    pay_words,
    people_names,
    positions,
    stems,
)
from first_light.privacy import value_shapes as shapes
from first_light.privacy import vocabulary as words
from first_light.privacy.column_facts import Column
from first_light.privacy.kinds import (
    BANK_ACCOUNT,
    FREE_TEXT,
    INCOME,
    LOCATION,
    NATIONAL_ID,
    PERSON,
    SECRET,
    SENSITIVE,
    SENSITIVE_NUMBER,
    URL,
    USER_NAME,
)
from first_light.privacy.lexicon import is_of

_PLACE_WORDS: Final = frozenset({"location", "locations", "stop", "stops", "device", "zone"})
# A station is where somebody's trip begins and ends.
_ENDS: Final = words.words("start end from to origin destination pickup dropoff checkout checkin")
# What these weigh is a parcel or a rank.
_PARTNERS: Final = words.words("""
    lead leads agent agents profile profiles contact contacts seller sellers buyer buyers
    author authors recipient recipients contractor contractors freelancer freelancers
""")
_WAYS: Final = words.words("""
    stop stops route routes event events job jobs task tasks service services vehicle vehicles
    package packages queue
""")
_STOPS: Final = frozenset({"station", "stations", "dock", "site", "venue", "branch"})
_PARTICIPLE: Final = re.compile(
    r"[a-z]+ed|made|sent|written|given|done|taken|sold|paid|run|put|ge[a-z]+[td]|[a-z]+(stell|leg|"
    r"fass|bearbeite)t|cree|modifie|valide|creado|modificado|aprobado|aangemaakt|toegewezen"
)
_GEOHASH: Final = frozenset({"geohash"})
_CELL: Final = words.words("h h3 h3index h3cell point punkt what3words w3w")
# A cell of H3, a point of PostgreSQL, three words.
_CELLS: Final = re.compile(
    r"8[0-9a-f]{14}|\(-?[0-9.]+, ?-?[0-9.]+\)|/{0,3}[^\W\d_]+\.[^\W\d_]+\.[^\W\d_]+"
)
_SHORTEST_FLAG = 6  # letters of what may be short for one
_FLAGS, _FEW = 0.3, 6  # of the values; different ones
_OPERATOR: Final = words.words("operator bediener operateur operador operatore operatoer machinist")
_WITH_INITIAL: Final = re.compile(r"[A-Z][^\W\d_]{2,},? [A-Z]\.?|[A-Z]\. ?[A-Z][^\W\d_]{2,}")
# 50,000-60,000, 30k – 35k, < 20.000 €, 75000+
_AMOUNT: Final = r"[^\w\s<>≥≤-]?\s?[0-9][0-9.,' ]*[kK]?\s?(?:[^\w\s+-]|[A-Z]{3})?"
_BAND: Final = re.compile(
    r"(?!(?:19|20)[0-9]{2}\s?[-–/]\s?(?:19|20)?[0-9]{2}$)"  # two years
    rf"(?:{_AMOUNT}\s?(?:-|–|—|to|bis|à|a|/)\s?{_AMOUNT}"
    rf"|(?:[<>≥≤]=?|over|under|above|below|up to|bis|über|ab|unter)\s?{_AMOUNT}|{_AMOUNT}\+)"
)
_ICD: Final = re.compile(r"[A-TV-Z][0-9][0-9AB](\.[0-9A-Z]{1,4})?")
_MADE_BY_FIRMS: Final = words.words("manufactured produced sponsored powered published supplied")
_LAST_WORD_BY: Final = words.words("by von par por door av af da przez")
# What is grouped or ordered is no act of somebody.
_NO_ACT: Final = words.words("group order sort partition ranked split sorted grouped divided stand")


def by_number(column: Column) -> str | None:
    """Kinds whose values may be numbers: coordinates, measures of bodies, and pay."""
    if _is_location(column):
        return LOCATION
    if _is_body_measure(column):
        return SENSITIVE_NUMBER
    return INCOME if _is_income(column) else None


def by_name(column: Column) -> str | None:
    """Kinds of text that the name indicates and the values do not contradict."""
    if column.values and column.share(shapes.is_vin) >= 0.9 and len(column.distinct) >= 5:
        named = column.name_contains(words.words("vin chassis fahrgestell vehicle car"))
        if named or not column.ends_with(words.words("id key code token sku")):
            return NATIONAL_ID
    is_registration = column.tokens[-1:] in (["registration"], ["reg"]) or (
        not column.is_of_goods and column.hints(hints.PLATE, shortest=5)
    )
    if is_registration and column.share(shapes.is_plate) >= 0.9:
        return NATIONAL_ID
    if column.name_contains(words.WALLET) and column.share(shapes.is_wallet) >= 0.8:
        return BANK_ACCOUNT
    is_picture = column.share(shapes.is_picture) >= 0.5
    if is_picture and column.name_contains(words.PICTURE) and not column.of_things:
        return SECRET
    if len(column.distinct) >= 3 and column.share(shapes.is_handle) >= 0.8:
        return USER_NAME
    if _is_sensitive(column):
        return SENSITIVE
    if "".join(column.tokens[-1:]) in _OPERATOR and column.share(_WITH_INITIAL.fullmatch) >= 0.8:
        return PERSON
    if _is_login(column):
        return USER_NAME
    if _is_search(column):
        return FREE_TEXT
    return URL if _names_people_in_files(column) else None


def by_flag(column: Column) -> str | None:
    """What yes and no say about somebody's health or beliefs, in tables of people."""
    # Of a customer or a user it says that the account is.
    is_disabled = column.of_employees and column.tokens[-1:] == ["disabled"]
    is_flag = is_disabled or column.hints(hints.FLAGS, shortest=_SHORTEST_FLAG)
    if not column.of_people or not is_flag:
        return None
    is_statistic = set(column.tokens) & words.STATISTIC
    # Whether a file or an answer is there says nothing.
    is_about = set(column.tokens[-1:]) & words.words("consent sent received id count code form")
    return None if is_statistic or is_about else SENSITIVE


def _is_of_things(column: Column) -> bool:
    tokens = set(column.tokens) - _PLACE_WORDS
    if "shipto" in "".join(column.tokens):
        tokens -= {"ship"}
    if tokens & _ENDS:
        tokens -= _STOPS
    return column.of_things or is_of(tokens, words.THING)


def _is_location(column: Column) -> bool:
    is_door = column.has_stem(stems.DOOR) and not column.rows.of_named_things
    is_way = column.table & words.THING <= _WAYS
    is_carried = column.rows.of_devices and column.has_stem(stems.TRIP)
    if (_is_of_things(column) and not (is_door and is_way) and not is_carried) or (
        column.is_attribute and not column.values
    ):
        return False
    if column.share(positions.is_position) >= 0.8:
        return True
    if column.name_contains(_CELL) and column.share(_CELLS.fullmatch) >= 0.9:
        return True
    if column.name_contains(_GEOHASH) and column.share(positions.is_geohash) >= 0.9:
        return True
    if not column.name_contains(words.LOCATION | words.WEAK_LOCATION):
        return False
    if not column.values:
        return not column.name_contains(words.WEAK_LOCATION)
    if column.share(shapes.is_degrees) >= 0.8:
        return True
    is_strong = column.name_contains(words.LATITUDE)  # in ten-millionths of a degree
    return is_strong and column.share(re.compile(r"-?[0-9]{8,10}").fullmatch) >= 0.9


def _is_body_measure(column: Column) -> bool:
    if column.is_of_goods:
        return False
    is_table_of_bodies = bool(column.table & (words.PEOPLE - _PARTNERS))
    return body_measures.is_body_measure(
        column.tokens,
        column.values,
        of_bodies=column.rows.of_bodies or is_table_of_bodies,
        of_persons=column.of_people or column.rows.names_persons,
    )


def _is_income(column: Column) -> bool:
    if (
        column.of_people
        and column.name_contains(pay_words.INCOME | pay_words.WEAK_INCOME)
        and column.values
        and column.share(_BAND.fullmatch) >= 0.8
    ):
        return True  # of one person a band is nearly as telling as the amount
    if not column.is_consistent(shapes.is_number, 0.8) or column.tokens[-1:] == ["id"]:
        return False
    if column.ends_with(pay_words.TOTAL_PAY) and not column.of_things:
        return True
    statistics = words.STATISTIC - {"total"} if column.of_people else words.STATISTIC
    if set(column.tokens) & statistics:
        return False
    if column.of_payroll and set(column.tokens) & pay_words.PAY:
        return True
    plain = "".join(token for token in column.tokens if token not in pay_words.OF_PAY)
    if column.of_employees and plain in pay_words.PAY_OF_EMPLOYEES:
        return True
    tokens = set(column.tokens)
    is_rate = not (tokens.isdisjoint(pay_words.RATES) or tokens.isdisjoint(pay_words.PER_TIME))
    if is_rate and column.of_people and not column.of_things:
        return True
    if column.name_contains(pay_words.WEAK_INCOME) and not column.of_things:
        of_applicant = bool(set(column.tokens) & pay_words.APPLICANT)
        if column.of_people or column.of_applications or of_applicant:
            return True
    return not column.of_things and column.name_contains(pay_words.INCOME)


def _is_sensitive(column: Column) -> bool:
    if column.of_people and column.share(_ICD.fullmatch) >= 0.9:
        return any("." in value for value in column.values)
    if column.of_things and column.table & words.THING:
        return False
    if column.of_people and column.name_contains(hints.FLAGS):  # yes, no and formerly
        flags = column.share(lambda value: value.lower() in shapes.BOOLEANS)
        if flags >= _FLAGS and len(column.distinct) <= _FEW:
            return True
    if not column.name_contains(words.SENSITIVE):
        return False
    if set(column.tokens) & words.STATISTIC or set(column.tokens) & words.words("date at cost"):
        return False
    is_weak = column.is_written(words.WEAK_SENSITIVE) or not column.is_written(words.SENSITIVE)
    if is_weak and not column.of_people:
        return False
    return column.is_consistent(lambda value: re.search(r"[^\W\d_]", value), 0.5)


def _is_login(column: Column) -> bool:
    """Logins in `created_by` and the like, and in columns of a role where the values show it."""
    is_act = (
        (
            len(column.tokens) >= 2
            and column.tokens[-1] in _LAST_WORD_BY
            and _PARTICIPLE.fullmatch(column.tokens[-2]) is not None
            and column.tokens[-2] not in _MADE_BY_FIRMS | _NO_ACT
        )
        or _is_by_somebody(column)
        or "".join(column.tokens[-2:]) in {"assignedto", "reportedto"}
    )
    # The id of an agent may be a login.
    tokens = column.tokens[:-1] if column.tokens[-1:] == ["id"] else column.tokens
    is_id, role = tokens != column.tokens, "".join(tokens[-1:])
    is_operator = role in _OPERATOR
    may_be_login = is_operator or (is_id and role in words.LOGIN_ROLE)
    if may_be_login and column.distinct_share(people_names.is_login_of_name) >= 0.6:
        return len(column.distinct) >= 3
    is_role = column.tokens[-1:] != [] and column.ends_with(words.LOGIN_ROLE)
    if not (is_act or is_role) or set(column.tokens) & words.THING:
        return False
    if not column.values:
        return is_act
    if column.share(lambda value: value.lower() in words.SERVICES) >= 0.5:
        return False
    likely = column.share(shapes.is_login)
    if is_act:
        return likely >= 0.5
    return likely >= 0.9 and len(column.distinct) >= 5


def _is_by_somebody(column: Column) -> bool:
    """Whether a name ends in `by`, and the values are logins that are made of names."""
    if len(column.tokens) < 2 or column.tokens[-1] not in _LAST_WORD_BY:
        return False
    if set(column.tokens) & (_NO_ACT | _MADE_BY_FIRMS):
        return False
    return column.distinct_share(people_names.is_login_of_name) >= 0.4


def _is_search(column: Column) -> bool:
    is_named = column.ends_with(words.SEARCH) and (not column.of_things or column.of_searches)
    if not is_named and not (column.of_searches and column.ends_with(words.WEAK_SEARCH)):
        return False
    is_code = re.compile(
        r"(?i)(select|with|insert|update|delete|from)\b.*|[?&]?\w+=.*|\W*"
    ).fullmatch
    return bool(column.values) and (
        column.share(is_code) < 0.2
        and (column.of_searches or column.share(lambda value: " " in value) >= 0.3)
        and len(column.distinct) >= 5
    )


def _names_people_in_files(column: Column) -> bool:
    if column.share(shapes.is_location_of_file) < 0.8 or not column.values:
        return False
    if column.share(lambda value: "@" in value or "%40" in value) >= 0.1:
        return True
    named = max(
        column.share(shapes.names_someone), column.distinct_share(people_names.is_file_of_person)
    )
    if column.of_things:
        return named >= 0.3
    is_profile = column.name_contains(words.PROFILE)
    return named >= 0.15 or (is_profile and len(column.distinct) >= 2)
