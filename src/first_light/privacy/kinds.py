"""Kinds of personal data."""

from __future__ import annotations

from typing import Final

EMAIL: Final = "email"  # e-mail addresses
PHONE: Final = "phone"  # telephone, mobile and fax numbers
PERSON: Final = "person"  # names of natural persons, complete or in part
USER_NAME: Final = "user_name"  # logins and handles
ADDRESS: Final = "address"  # streets, house numbers, postcodes of people
BIRTH_DATE: Final = "birth_date"  # dates or years of birth
IP: Final = "ip"  # IPv4 and IPv6 addresses
DEVICE: Final = "device"  # MAC addresses, IMEIs, advertising ids
CARD: Final = "card"  # payment card numbers
BANK_ACCOUNT: Final = "bank_account"  # IBANs and account numbers
NATIONAL_ID: Final = "national_id"  # social security, tax, passport, licence, plate numbers; VINs
LOCATION: Final = "location"  # coordinates, in numbers, pairs and geometries
INCOME: Final = "income"  # salaries, wages and other pay of one person
SENSITIVE: Final = "sensitive"  # health, religion, origin and what else is specially protected
SENSITIVE_NUMBER: Final = "sensitive_number"  # the same in numbers: blood pressure, weight
URL: Final = "url"  # addresses of pages and names of files that name somebody
SECRET: Final = "secret"  # passwords, tokens, keys
FREE_TEXT: Final = "free_text"  # prose, which may contain all of the above
KINDS: Final[frozenset[str]] = frozenset(
    {
        EMAIL, PHONE, PERSON, USER_NAME, ADDRESS, BIRTH_DATE, IP, DEVICE, CARD, BANK_ACCOUNT,
        NATIONAL_ID, LOCATION, INCOME, SENSITIVE, SENSITIVE_NUMBER, URL, SECRET, FREE_TEXT,
    }
)  # fmt: skip
NUMERIC: Final[frozenset[str]] = frozenset({LOCATION, INCOME, SENSITIVE_NUMBER})
"""Kinds whose masks change digits only, so that a column of numbers stays one."""
