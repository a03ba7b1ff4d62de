"""Which models of dbt packages are nobody's concern in a release."""

from __future__ import annotations

from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.packages import unasked_nodes


def test_models_of_packages_are_left_out_unless_asked_for() -> None:
    asked = {"dataops": {"publish": True}}
    nodes = (
        Node("model.shop.orders", "model", "orders", "models/orders.sql"),
        Node("model.tool.notes", "model", "notes", "models/notes.sql"),
        Node("model.tool.asked", "model", "asked", "models/asked.sql", meta=asked),
        Node("model.tool.read", "model", "read", "models/read.sql"),
        Node("test.tool.unique", "test", "unique", "models/notes.yml"),
        Node("exposure.shop.page", "exposure", "page", "e.yml", depends_on=("model.tool.read",)),
    )
    manifest = Manifest({node.unique_id: node for node in nodes}, {})
    assert unasked_nodes(manifest, "shop") == {"model.tool.notes"}
