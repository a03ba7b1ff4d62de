"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import harness
from gauntlet import versions

# Folders of landing tests, what tests cost, the seed of random tests, stores elsewhere.
pytest_plugins = ["landing", "processor_time", "seeds", "stores"]

MakeProduct = Callable[..., harness.Product]


# Folders of tests, those with the longest tests first.
_TIERS = ("product", "updates", "integration", "unit")


@pytest.hookimpl(trylast=True)  # after tests were deselected
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deal out files with slow tests to the workers, the longest first; quick tests come last.

    At first each worker gets an equal part of the list, in its order; who is done earlier takes
    from the end of the others' parts. So every worker begins with its share of slow files, whose
    fixtures it makes once, and none is left alone with a long test at the end.
    """
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    longest_first = sorted(slow, key=lambda path: (_tier(path), -slow[path], str(path)))
    shares = [
        [item for path in longest_first[number::workers] for item in files[path]]
        for number in range(workers)
    ]
    others = sorted(files.keys() - slow.keys(), key=lambda path: (_tier(path), str(path)))
    quick = [item for path in others for item in files[path]]
    dealt: list[pytest.Item] = []
    for number, share in enumerate(shares):
        size = (len(items) - len(dealt)) // (workers - number)
        missing = max(0, size - len(share))
        dealt += share + quick[:missing]
        quick = quick[missing:]
    items[:] = dealt + quick


def _tier(path: Path) -> int:
    return min((_TIERS.index(part) for part in path.parts if part in _TIERS), default=len(_TIERS))


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


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that pipelines install into in turn: each compiles only what is new."""
    return tmp_path_factory.mktemp("installed") / ".venv"


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
