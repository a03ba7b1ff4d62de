"""Subscriptions: a full export of accounts each day, new invoices with a peak on the 1st, logins.

Accounts grow slowly and some are cancelled; the invoices of a month come on its first days.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

from bench.audit.shops.base import Day, calendar, is_holiday, poisson, table

_PLANS = {"basic": 9, "team": 29, "business": 99}
_PLAN_WEIGHTS = (0.6, 0.3, 0.1)
_COUNTRIES, _COUNTRY_WEIGHTS = ("DE", "FR", "NL", "ES", "PL"), (0.45, 0.2, 0.15, 0.12, 0.08)
_CURRENCIES = {"DE": "EUR", "FR": "EUR", "NL": "EUR", "ES": "EUR", "PL": "PLN"}
_FIRST_ACCOUNTS = 700


def deliveries(first: date, days: int, seed: int) -> Iterator[tuple[date, Day]]:
    """Accounts (all of them, every day), invoices and logins of the day."""
    chance = random.Random(seed)
    accounts: list[list[object]] = []
    invoice = 0
    for number, day in enumerate(calendar(first, days)):
        came = _FIRST_ACCOUNTS if number == 0 else poisson(chance, 3 if day.weekday() < 5 else 1)
        for _ in range(came):
            country = chance.choices(_COUNTRIES, _COUNTRY_WEIGHTS)[0]
            plan = chance.choices(list(_PLANS), _PLAN_WEIGHTS)[0]
            signed = f"{day} {chance.randrange(6, 23):02}:{chance.randrange(60):02}:00"
            accounts.append(
                [1000 + len(accounts), plan, country, "active", signed, chance.randrange(1, 25)]
            )
        for account in accounts:
            if account[3] == "active" and chance.random() < 0.0012:
                account[3] = "cancelled"
            elif account[3] == "active" and chance.random() < 0.0008:
                account[1] = "team" if account[1] == "basic" else "business"
        active = [account for account in accounts if account[3] == "active"]
        share = {1: 0.55, 2: 0.2, 3: 0.1}.get(day.day, 0.006)
        rows: list[list[object]] = []
        for account in active:
            if chance.random() < share:
                invoice += 1
                net = _PLANS[str(account[1])] * (1 + 0.2 * chance.randrange(0, 6))
                tax = round(net * 0.19, 2)
                rows.append(
                    [
                        f"INV-{invoice:06}", account[0], day, f"{net:.2f}", f"{tax:.2f}",
                        f"{net + tax:.2f}", _CURRENCIES[str(account[2])],
                        "paid" if chance.random() < 0.93 else "open",
                    ]
                )  # fmt: skip
        logins: list[list[object]] = []
        busy = (0.5 if day.weekday() < 5 else 0.15) * (0.4 if is_holiday(day) else 1)
        for account in active:
            for _ in range(poisson(chance, busy)):
                hour = min(23, max(0, round(chance.gauss(13, 3.5))))
                logins.append(
                    [
                        account[0], f"{day}T{hour:02}:{chance.randrange(60):02}:00Z",
                        chance.choices(("web", "ios", "android"), (0.6, 0.25, 0.15))[0],
                        "true" if chance.random() < 0.96 else "false",
                    ]
                )  # fmt: skip
        yield (
            day,
            {
                f"accounts/accounts_{day}.csv": table(
                    ["account_id", "plan", "country", "status", "signed_up_at", "seats"], accounts
                ),
                f"invoices/invoices_{day}.csv": table(
                    ["invoice_no", "account_id", "issued_on", "net", "tax", "gross", "currency",
                     "state"],
                    rows,
                ),
                f"logins/logins_{day}.csv": table(
                    ["account_id", "at", "client", "succeeded"], logins
                ),
            },
        )  # fmt: skip
