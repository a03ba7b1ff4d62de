"""Drafting: from files in raw to reviewable sources, staging models, tests and a first mart."""

from dataops.draft.known import known_tables, resources
from dataops.draft.personal import Classify
from dataops.draft.tables import Drafted, Drafts, Known, draft_tables
from dataops.draft.values import Doubt, Reference
from dataops.draft.write import SUFFIX, Written, take_back, write

__all__ = [
    "SUFFIX",
    "Classify",
    "Doubt",
    "Drafted",
    "Drafts",
    "Known",
    "Reference",
    "Written",
    "draft_tables",
    "known_tables",
    "resources",
    "take_back",
    "write",
]
