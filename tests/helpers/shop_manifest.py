"""A manifest of the models that the simulated history is about."""

from __future__ import annotations

import ops_history as ops
from first_light.dbt.manifest import Manifest, Node

MANIFEST = Manifest(
    {
        f"model.shop.{name}": Node(
            f"model.shop.{name}", "model", name, "", group="data_team", depends_on=parents
        )
        for name, parents in ops.MODELS.items()
    }
    | {
        "exposure.shop.board": Node(
            "exposure.shop.board", "exposure", "board", "", depends_on=("model.shop.revenue",)
        )
    },
    {"data_team": {"name": "Data team", "email": "data@example.com"}},
)
