"""Fixtures that every test may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import harness

MakeProduct = Callable[..., harness.Product]


@pytest.fixture
def make_product(tmp_path: Path) -> MakeProduct:
    """Make a product with the given answers, under git, in the shared environment."""

    def make(
        answers: Mapping[str, object] | None = None, name: str = "my-product"
    ) -> harness.Product:
        return harness.product(tmp_path / name, answers)

    return make
