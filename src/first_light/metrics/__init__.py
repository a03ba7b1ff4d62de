"""Metrics: the numbers that dbt's semantic models define, on any build of the product."""
