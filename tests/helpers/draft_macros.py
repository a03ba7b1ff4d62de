"""The macros that drafted models call, for DuckDB: unit tests render drafts without dbt."""

from __future__ import annotations

MACROS = {
    "dbt": {
        "dateadd": lambda part, count, start: f"date_add({start}, interval ({count}) {part})",
        "generate_series": lambda n: f"select range + 1 as generated_number from range({n})",
    },
    "iso_week": lambda date: f"extract(week from {date})",
    "iso_weekday": lambda date: f"extract(isodow from {date})",
}
