"""What a change does: which models and rows it changes, for whom, and whether its author said so.

Deciding is pure (`tables`, `sql`, `lineage`, `contracts`, `declared`, `judge`, `markdown`, `page`);
`base`, `compare` and `run` act.
"""
