"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import harness
from gauntlet import versions

# Folders of landing tests, the seed of random tests, stores elsewhere.
pytest_plugins = ["landing", "seeds", "stores"]

MakeProduct = Callable[..., harness.Product]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: at the end no worker is left alone with a long one."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(scope="session", autouse=True)
def somebody() -> None:
    """Whose commits the tests make in their own process: a fresh machine knows of nobody."""
    person = harness.clean_environment()
    os.environ.update((name, person[name]) for name in person if name.startswith("GIT_"))


@pytest.fixture
def make_product(tmp_path: Path) -> MakeProduct:
    """Make a product with the given answers, under git, in the shared environment."""

    def make(
        answers: Mapping[str, object] | None = None, name: str = "my-product"
    ) -> harness.Product:
        return harness.product(tmp_path / name, answers)

    return make


@pytest.fixture
def working_template(tmp_path: Path) -> Path:
    """The working tree as a repository of its own, committed, to change at will."""
    repository = versions.working_tree(tmp_path / "template-repository")
    versions.release(repository, versions.FIRST)
    return repository


@pytest.fixture(scope="session")
def template_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of the template with every version released; not to be changed."""
    return versions.history(tmp_path_factory.mktemp("history") / "template")
