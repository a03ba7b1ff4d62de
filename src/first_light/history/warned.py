"""The tests that found rows in a run and did not reject it."""

from __future__ import annotations

from first_light.history.record import NodeRun, Record


def tests_that_warned(record: Record | None) -> tuple[NodeRun, ...]:
    """Those tests, in the order of the run; without a record none."""
    nodes = record.nodes if record else ()
    return tuple(node for node in nodes if node.status == "warn" and node.resource_type == "test")
