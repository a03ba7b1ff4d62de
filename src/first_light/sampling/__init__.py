"""The sample: a small substitute for raw without personal values, kept in git."""
