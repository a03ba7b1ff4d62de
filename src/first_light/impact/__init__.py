"""What a change does: which models and rows it changes, for whom, and whether its author said so.

Deciding is pure: `tables`, `findings`, `sql`, `lineage`, `judge`, `words`, `markdown`, `page`.
Acting is at the edge: `base` checks the other side out and builds it, `sides` opens both databases,
`compare` runs the SQL, `trace` and `run` put it together, `step` is what a check sees of it.
"""
