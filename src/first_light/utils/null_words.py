"""Words that mean "no value" in files: one list for reading, drafting and detection."""

from __future__ import annotations

CERTAIN = ("NULL", "null", r"\N", "#N/A", "N/A", "n/a", "<NA>", "(null)")
"""Words that machines write for a missing value, in every column."""

UNLIKELY_VALUES = ("Null", "<null>", "NaN", "nan", "#NULL!", "-", "--", "?", ".")
"""Words that are a value in hardly any column."""

DOUBTFUL = ("NA", "na", "None", "none", "NONE", "nil", "Nil")
"""Words that mean it among numbers and dates; elsewhere they may be a value: Namibia is NA."""

AMONG_NUMBERS = (*UNLIKELY_VALUES, *DOUBTFUL, "#NA")
"""Words that mean it in a column whose other values are numbers or dates."""

ALL = (*CERTAIN, *AMONG_NUMBERS)
