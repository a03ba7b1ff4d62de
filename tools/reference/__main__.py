"""Write the generated pages under docs/reference; with --check only compare them."""

from __future__ import annotations

import sys

from tools.reference import commands, documents, messages, records, settings

PAGES = (
    commands.PAGE,
    documents.PAGE,
    documents.SCHEMA,
    messages.PAGE,
    records.PAGE,
    records.SCHEMA,
    settings.PAGE,
    settings.SCHEMA,
)


def main() -> int:
    """Exit code 1 if --check found a page that is out of date."""
    if "--check" not in sys.argv:
        for page in PAGES:
            page.write()
        return 0
    stale = [page.name for page in PAGES if not page.is_current()]
    for name in stale:
        print(f"docs/reference/{name} is not up to date with the code: make format")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
