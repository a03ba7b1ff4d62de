"""Descriptions of drafted columns and tables: what the name or the values tell, else a TODO. Pure.

Numbers of rows or values are no description: they are out of date with the next delivery. They are
in the evidence beside the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from first_light.inference import names
from first_light.inference.names import capital, plain
from first_light.inference.values import Column, Key, Reference, Table, Test
from first_light.privacy import kinds

_PERSONAL = {
    kinds.EMAIL: "E-mail address",
    kinds.PHONE: "Telephone number",
    kinds.PERSON: "Name of a person, or a part of it",
    kinds.USER_NAME: "Login or handle",
    kinds.ADDRESS: "Address of a person, or a part of it",
    kinds.BIRTH_DATE: "Date of birth",
    kinds.IP: "IP address",
    kinds.DEVICE: "Identifier of a device",
    kinds.CARD: "Number of a payment card",
    kinds.BANK_ACCOUNT: "Number of a bank account",
    kinds.NATIONAL_ID: "Identifier that an authority gave",
    kinds.SECRET: "Password, token or key",
    kinds.FREE_TEXT: "Free text, which may name people",
}
_MADE = {
    "created": "was created", "inserted": "was inserted", "updated": "was last changed",
    "modified": "was last changed", "changed": "was last changed", "deleted": "was deleted",
    "loaded": "was loaded", "ingested": "was loaded", "extracted": "was extracted",
    "exported": "was exported", "synced": "was synchronised", "ordered": "was ordered",
    "placed": "was placed", "paid": "was paid", "shipped": "was shipped",
    "delivered": "was delivered", "returned": "was returned", "refunded": "was refunded",
    "cancelled": "was cancelled", "canceled": "was cancelled", "closed": "was closed",
    "opened": "was opened", "completed": "was completed", "finished": "was finished",
    "started": "started", "ended": "ended", "sent": "was sent", "received": "was received",
    "read": "was read", "clicked": "was clicked", "viewed": "was viewed",
    "published": "was published", "posted": "was posted", "tweeted": "was tweeted",
    "booked": "was booked", "invoiced": "was invoiced", "issued": "was issued",
    "registered": "was registered", "approved": "was approved", "rejected": "was rejected",
    "requested": "was requested", "resolved": "was resolved", "recorded": "was recorded",
    "logged": "was logged", "measured": "was measured", "observed": "was observed",
    "verified": "was verified", "confirmed": "was confirmed", "activated": "was activated",
    "expired": "expired", "arrived": "arrived", "departed": "departed", "scanned": "was scanned",
    "uploaded": "was uploaded", "downloaded": "was downloaded", "renewed": "was renewed",
    "signed": "was signed", "purchased": "was purchased", "sold": "was sold",
    "scheduled": "is scheduled", "submitted": "was submitted", "assigned": "was assigned",
}  # fmt: skip
_DAYS = {
    "due": "Day on which it is due", "birth": "Day of birth", "hire": "Day of hiring",
    "start": "First day", "end": "Last day", "expiry": "Last day of validity",
    "ship": "Day of shipping", "delivery": "Day of delivery", "invoice": "Day of the invoice",
    "payment": "Day of payment", "booking": "Day of booking", "return": "Day of return",
}  # fmt: skip
_UNITS = (
    (r"_cents?$", "in hundredths of the currency unit"),
    (r"_(eur|euro|euros)$", "in euros"), (r"_(usd|dollars?)$", "in US dollars"),
    (r"_gbp$", "in pounds sterling"), (r"_chf$", "in Swiss francs"),
    (r"_kg$", "in kilograms"), (r"_(grams?|gr)$", "in grams"), (r"_lbs?$", "in pounds"),
    (r"_km$", "in kilometres"), (r"_(meters?|metres?)$", "in metres"), (r"_cm$", "in centimetres"),
    (r"_mm$", "in millimetres"), (r"_miles?$", "in miles"), (r"_(ft|feet)$", "in feet"),
    (r"_(ms|millis|milliseconds)$", "in milliseconds"), (r"_(secs?|seconds)$", "in seconds"),
    (r"_(mins?|minutes)$", "in minutes"), (r"_(hrs|hours)$", "in hours"), (r"_days$", "in days"),
    (r"_months$", "in months"), (r"_years$", "in years"),
    (r"_(pct|percent|percentage)$", "in percent"), (r"_celsius$", "in degrees Celsius"),
    (r"_fahrenheit$", "in degrees Fahrenheit"), (r"_kwh$", "in kilowatt hours"),
    (r"_kw$", "in kilowatts"), (r"_(bytes)$", "in bytes"), (r"_mb$", "in megabytes"),
    (r"_hpa$", "in hectopascals"), (r"_(litres?|liters?)$", "in litres"),
)  # fmt: skip
_TEXTS = (
    (r"(^|_)(url|website|link|homepage)$", "Web address"),
    (r"(^|_)(zip|zip_code|zipcode|postal_code|postcode|plz)$", "Postal code"),
    (r"(^|_)(city|town|ort|stadt)$", "City"), (r"(^|_)(country|land)$", "Country"),
    (r"(^|_)(region|province|state)$", "State or region"), (r"(^|_)(language|lang)$", "Language"),
    (r"(^|_)currency(_code)?$", "Currency"), (r"(^|_)iban$", "IBAN"), (r"(^|_)isbn$", "ISBN"),
    (r"(^|_)(ean|gtin)$", "Number of the article (GTIN)"), (r"(^|_)sku$", "Stock keeping unit"),
    (r"(^|_)(user_agent)$", "What the browser says about itself"),
    (r"(^|_)(comments?|notes?|remarks?|bemerkung)$", "Free text"),
    (r"(^|_)(time_?zone|tz|tzone)$", "Time zone"),
)  # fmt: skip
_NUMBERS = (
    (r"(^|_)(lat|latitude)$", -90, 90, "Latitude in degrees"),
    (r"(^|_)(lon|lng|long|longitude)$", -180, 180, "Longitude in degrees"),
    (r"(^|_)(year|yr)$", 1000, 2999, "Year"), (r"(^|_)month$", 1, 12, "Month, 1 to 12"),
    (r"(^|_)quarter$", 1, 4, "Quarter, 1 to 4"), (r"(^|_)day$", 1, 31, "Day of the month"),
    (r"(^|_)hour$", 0, 24, "Hour of the day"), (r"(^|_)minute$", 0, 59, "Minute of the hour"),
    (r"(^|_)(quantity|qty|menge)$", -1e9, 1e9, "Number of units"),
    (r"(^|_)(pct|percent|percentage)$", -1e9, 1e9, "Percentage"),
)  # fmt: skip
_MONEY = re.compile(
    r"(^|_)(amount|price|cost|costs|total|subtotal|tax|fee|revenue|balance|salary|payment|paid|"
    r"discount|freight|betrag|preis|kosten|gross|net|spend|budget|sales)(_|$)"
)

_SHARE = re.compile(r"(^|_)(rate|ratio|share|pct|percent|factor|count)(_|$)")


def of_column(
    column: Column,
    table: Table,
    key: Key | None,
    reference: Reference | None,
    tests: Sequence[Test] = (),
    sums: Mapping[str, str] | None = None,
) -> str:
    """The description of a column of a model, a sentence or a TODO.

    Args:
        column: the column.
        table: the table it is from.
        key: the table's key.
        reference: the reference that the column is, if it is one.
        tests: drafted tests of the table; a closed set is named only where it is tested.
        sums: by column, what it is the sum or product of.
    """
    text = _meaning(column, table, key, reference, tests, sums or {})
    if column.personal:
        text += ", personal" if text else "Personal"
    note = f" ({column.cast.note})" if column.cast.note else ""
    return f"{text}{note}." if text else f"TODO: {_asked(column)}{note}."


def known(column: Column, table: Table) -> str:
    """The description of a raw column; empty where neither name nor values tell its meaning."""
    text = of_column(column, table, None, None)
    return "" if text.startswith("TODO") else text


def _meaning(
    column: Column,
    table: Table,
    key: Key | None,
    reference: Reference | None,
    tests: Sequence[Test],
    sums: Mapping[str, str],
) -> str:
    name, row = column.name, plain(names.singular(table.name))
    if reference is not None:
        role = plain(names.role(name))
        if reference.parent == table.name:
            return f"Another {row}: {role}"
        return f"{capital(role)} of the {row}, in {plain(reference.parent)}"
    if key and name in key.columns:
        if len(key.columns) == 1:
            return f"Identifies the {row}"
        return f"{names.words(name)}, part of what identifies the {row}"
    if column.pii:
        return _PERSONAL.get(column.pii, "")
    if name in sums:
        return sums[name]
    if column.cast.kind == "boolean":
        return _yes_or_no(name, row)
    if column.cast.kind in {"date", "timestamp", "time"}:
        return _moment(name, row, column.cast.kind)
    if column.cast.kind in {"integer", "decimal", "double"}:
        return _number(column)
    return _text(column, row, tests)


def _yes_or_no(name: str, row: str) -> str:
    verb, _, rest = name.partition("_")
    if verb == "is" and rest:
        return f"Whether the {row} is {plain(rest)}"
    if verb in {"has", "had", "was", "can", "accepts", "requires", "contains", "includes", "needs",
                "allows", "supports", "uses", "wants", "receives"} and rest:  # fmt: skip
        return f"Whether the {row} {verb} {plain(rest)}"
    return ""


def _moment(name: str, row: str, kind: str) -> str:
    if match := re.fullmatch(r"(?:.*_)?([a-z]+)_(at|on|date|time|ts|utc|timestamp)", name):
        if match[1] in {f"{row}ed", f"{row}d"}:
            return f"{'Day' if kind == 'date' else 'Time'} of the {row}"
        if what := _MADE.get(match[1]):
            return f"When the {row} {what}"
        if kind == "date" and match[1] in _DAYS:
            return _DAYS[match[1]]
    head = re.sub(r"_(date|day|at|time|timestamp)$", "", name)
    if head != name and plain(head) == row:
        return f"{'Day' if kind == 'date' else 'Time'} of the {row}"
    return ""


def _number(column: Column) -> str:
    name, stats = column.name, column.stats
    for pattern, unit in _UNITS:
        if match := re.search(pattern, name):
            return f"{names.words(name[: match.start()])} {unit}" if match.start() else ""
    if stats.low is not None and stats.high is not None:
        low, high = float(stats.low), float(stats.high)
        for pattern, least, most, meaning in _NUMBERS:
            if re.search(pattern, name) and least <= low and high <= most:
                return meaning
    counted = re.fullmatch(r"(?:n|num|nb|number_of|count_of|anzahl)_(.+)|(.+)_(?:count|cnt)", name)
    if counted and column.cast.kind == "integer":
        return f"Number of {plain(counted[1] or _plural(counted[2]))}"
    return ""


def _text(column: Column, row: str, tests: Sequence[Test]) -> str:
    if column.cast.form == "json":
        return ""
    for test in tests:
        if test.name == "accepted_values" and test.column == column.name:
            values = test.arguments["values"]
            assert isinstance(values, list)
            if len(values) <= 8:
                listed = ", ".join(values[:-1]) + f" or {values[-1]}"
                return f"{names.words(column.name)} of the {row}: {listed}"
    name, stats = column.name, column.stats
    if stats.shapes == ("AA",) and re.search(r"(^|_)country(_code)?$", name):
        return "Country, by its ISO 3166 code of two letters"
    if stats.shapes == ("AAA",) and re.search(r"(^|_)currency(_code)?$", name):
        return "Currency, by its ISO 4217 code"
    for pattern, meaning in _TEXTS:
        if re.search(pattern, name):
            return meaning
    bare = name.removeprefix(row.replace(" ", "_") + "_")
    if bare in {"name", "title", "label", "bezeichnung"}:
        return f"{'Title' if bare == 'title' else 'Name'} of the {row}"
    if bare.endswith("_name"):
        return f"Name of the {plain(bare.removesuffix('_name'))}"
    if bare in {"description", "desc", "beschreibung"}:
        return f"What the {row} is, in free text"
    return ""


def _asked(column: Column) -> str:
    """What somebody who knows the data is asked about a column."""
    words = plain(column.name)
    if column.cast.form == "json":
        return f"which fields {words} has, and what they mean"
    if column.cast.kind in {"date", "timestamp", "time"}:
        return f"what happens at {words}"
    if column.cast.kind in {"integer", "decimal", "double"}:
        if _MONEY.search(column.name) and not _SHARE.search(column.name):
            return f"what {words} covers, and in which currency and unit"
        if not names.identifies(column.name):
            return f"what {words} measures, and in which unit"
    return f"what {words} says"


def of_rows(table: Table, key: Key | None, references: Sequence[Reference]) -> str:
    """What one row of a table stands for, without a full stop; a TODO where no key is known."""
    if key is None:
        return (
            "TODO: what one row stands for; no column or combination was found that identifies one"
        )
    return f"One row per {grain(table.name, key, references)}"


def grain(table: str, key: Key, references: Sequence[Reference]) -> str:
    """What a key identifies: `order`, `combination of order and line no`."""
    row = plain(names.singular(table))
    if len(key.columns) == 1:
        name = key.columns[0]
        if names.is_own_key(name, table) or not any(r.column == name for r in references):
            own = names.is_own_key(name, table) or names.identifies(name)
            return row if own else plain(name)
    parts = [plain(names.role(name)) for name in key.columns]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _plural(name: str) -> str:
    if name.endswith("s"):
        return name
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("x", "ch", "sh")) else f"{name}s"
