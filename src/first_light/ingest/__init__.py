"""Landing: the team's files become raw files, and the call that reads them is found out.

Originals are only ever read. Raw files are only ever added. A rejection or a crash leaves raw as it
was.
"""

from __future__ import annotations

from first_light.ingest.deliver import land, table_in, tables_in

__all__ = ["land", "table_in", "tables_in"]
