"""Stores elsewhere, between two machines that hold the same product."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import s3fs

import bucket
import release_worker as worker
from first_light.store import mirror
from first_light.store.bucket import BucketRemote, open_filesystem
from harness import git


@dataclass(frozen=True)
class Places:
    """Two machines that hold the same product, and the store between them.

    Attributes:
        first, second: the product on each.
        hide: makes the store unreachable.
        show: makes it reachable again.
        releases: lists the releases in the store itself.
    """

    first: Path
    second: Path
    hide: Callable[[], object]
    show: Callable[[], object]
    releases: Callable[[], list[str]]


def make_clones(where: Path) -> tuple[Path, Path]:
    where.mkdir(exist_ok=True)
    origin = where / "origin.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(origin)], check=True)
    first = worker.make_product(where / "first")
    (first / ".gitignore").write_text("/raw/\n/.dataops/\n/target/\n", encoding="utf-8")
    git(first, "init", "-q", "-b", "main")
    git(first, "add", "-A")
    git(first, "commit", "-qm", "first")
    git(first, "remote", "add", "origin", str(origin))
    git(first, "push", "-q", "origin", "main")
    git(where, "clone", "-q", str(origin), "second")
    shutil.copytree(first / "raw", where / "second" / "raw")
    return first, where / "second"


@pytest.fixture(scope="module")
def bucket_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with bucket.server(tmp_path_factory.mktemp("moto")) as environment:
        yield environment


@pytest.fixture
def clones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two machines that hold the same product, with a bare remote between them."""
    monkeypatch.setattr(mirror, "_warned", set())
    monkeypatch.setenv("DATAOPS_STORE", "branch")
    monkeypatch.setenv("DATAOPS_DATA_IN_GIT", "true")
    return make_clones(tmp_path)


@pytest.fixture(params=["branch", "bucket"])
def places(
    request: pytest.FixtureRequest,
    clones: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Places:
    origin, away = tmp_path / "origin.git", tmp_path / "away.git"
    if request.param == "branch":

        def listed() -> list[str]:
            names = git(origin, "ls-tree", "--name-only", "dataops-store", "releases/")
            return [name.partition("/")[2] for name in names.split()]

        return Places(*clones, lambda: origin.rename(away), lambda: away.rename(origin), listed)
    environment = request.getfixturevalue("bucket_server")
    prefix = f"lake/{tmp_path.name}"
    inside = bucket.filesystem(environment)

    def lead_to(endpoint: str) -> None:
        s3fs.S3FileSystem.clear_instance_cache()
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    lead_to(environment["AWS_ENDPOINT_URL"])
    monkeypatch.setenv("DATAOPS_STORE", f"s3://{prefix}")
    # Connections that are open stay so: once hidden, every call makes a new one.
    anew = property(lambda self: open_filesystem(self.address)[0])

    def hide() -> None:
        monkeypatch.setattr(BucketRemote, "_fs", anew)
        lead_to(f"http://127.0.0.1:{bucket.free_port()}")

    return Places(
        *clones,
        hide,
        lambda: lead_to(environment["AWS_ENDPOINT_URL"]),
        lambda: sorted({name.split("/")[3] for name in inside.find(f"{prefix}/releases")}),
    )
