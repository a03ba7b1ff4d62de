"""Boards: pages of charts, tables and numbers that readers look at, defined in the repository."""
