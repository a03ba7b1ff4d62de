"""The catalog: one page per release of what it holds, made from dbt's manifest."""
