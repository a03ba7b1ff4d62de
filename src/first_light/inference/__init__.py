"""Drafting: from files in raw to reviewable sources, staging models, tests and a first mart."""

from first_light.inference.drafts import Drafted, Drafts
from first_light.inference.known import known_tables, resources, time_spines
from first_light.inference.personal import Classify
from first_light.inference.tables import Known, draft_tables
from first_light.inference.values import Doubt, Reference
from first_light.inference.write import SUFFIX, Written, take_back, write

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
    "time_spines",
    "write",
]
