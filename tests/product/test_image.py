"""The image of a product: linted, built and run, without a container engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import copier
import duckdb
import pytest

import harness
import images
import runners
from first_light.project.package import build_wheel
from gauntlet import versions
from git_server import git_server
from package_index import index_server

TEMPLATE = harness.TEMPLATE / "template"
DOCKERFILE = TEMPLATE / "Dockerfile"
needs_buildah = pytest.mark.skipif(
    not images.may_mount() or (bool(images.MISSING) and os.environ.get("CI") != "true"),
    reason="no right to mount here"
    if not images.may_mount()
    else f"missing here: {', '.join(images.MISSING)} (apt-get install buildah mmdebstrap)",
)


def hadolint(text: str) -> str:
    done = subprocess.run(
        [str(runners.SCRIPTS / "hadolint"), "-"], input=text, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_the_linter_finds_nothing() -> None:
    assert hadolint(DOCKERFILE.read_text(encoding="utf-8")) == ""


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ("FROM ${BASE} AS", "FROM python:latest AS", "DL3007"),
        ("WORKDIR /product\nCOPY py", "WORKDIR product\nCOPY py", "DL3000"),
        ('["dataops"]', "dataops", "DL3025"),
        ("USER 10001:10001", "USER root", "DL3002"),
    ],
)
def test_the_linter_finds_what_is_wrong(good: str, bad: str, says: str) -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    assert good in text
    assert says in hadolint(text.replace(good, bad))


def test_no_secret_and_no_data_gets_into_an_image() -> None:
    left_out = (TEMPLATE / ".dockerignore").read_text(encoding="utf-8").split()
    ignored = [
        line.strip("/")
        for line in (TEMPLATE / ".gitignore").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    # What never enters git never enters an image either; `**` finds it in every folder.
    assert not [name for name in ignored if name not in left_out and f"**/{name}" not in left_out]
    assert ".git" in left_out


def build(product: harness.Product, home: Path) -> tuple[images.Image, str]:
    """Build the image of a committed product; returns it and the commit."""
    commits = product.git("log", "-100", "--format=%H %aI %cI").strip()
    base = re.search(r"^ARG BASE=(\S+)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert base
    made = images.build(product.root, "product", base[1], home, COMMITS=commits)
    return made, commits.split()[0]


def add_package(product: harness.Product) -> None:
    """Give the product a Python package of its own."""
    module = product.root / "src" / "house" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text('NAME = "the package of the product"\n', encoding="utf-8")
    settings = product.root / "pyproject.toml"
    text = settings.read_text(encoding="utf-8").replace("package = false", "package = true")
    backend = '[build-system]\nrequires = ["setuptools>=77"]\n'
    backend += 'build-backend = "setuptools.build_meta"\n'
    settings.write_text(f"{text}\n{backend}", encoding="utf-8")
    product.run("uv", "lock", "--quiet")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[images.Image, str]:
    """The image of the example, and the commit that it was built from."""
    assert not images.MISSING, f"missing here: {', '.join(images.MISSING)}"
    home = tmp_path_factory.mktemp("image")
    product = harness.product(home / "product")
    product.environment = harness.clean_environment()
    product.dataops("package", "vendored")  # a build reaches no path of this machine
    add_package(product)
    product.commit("First light")
    (product.root / ".env").write_text("PASSWORD=x")
    return build(product, home)


@pytest.mark.slow
@needs_buildah
def test_an_image_releases_and_can_write_nothing_but_the_store(
    built: tuple[images.Image, str], tmp_path: Path
) -> None:
    image, commit = built
    assert image.inspect("{{.OCIv1.Config.Entrypoint}}") == "[dataops]"
    assert image.inspect("{{.OCIv1.Config.User}}") == "10001:10001"
    raw, store = tmp_path / "raw", tmp_path / "store"
    shop = TEMPLATE / "example" / "shop.py"
    subprocess.run(["python3", str(shop), "--out", str(raw)], check=True, capture_output=True)
    store.mkdir()
    os.chown(store, 10001, 10001)
    volumes = (f"{raw}:/raw:ro", f"{store}:/store")
    tried = "; ".join(
        [
            "id -u",
            "for place in /product /product/dataops /product/.venv /raw /etc; do"
            " touch $place/x 2>/dev/null && echo wrote $place; done",
            "ls -a /product",
            "python -c 'import house; print(house.NAME)'",
            "dataops release --trigger schedule",
        ]
    )
    done = image.run("sh", "-c", tried, volumes=volumes)
    assert "the package of the product" in done.stdout
    names = done.stdout.split()
    assert names[0] == "10001"
    assert "wrote" not in names
    assert not {".git", ".env", "raw", "store", ".github"} & set(names)
    current = store / "current"
    record = json.loads((current / "release.json").read_text(encoding="utf-8"))
    assert (record["outcome"], record["kind"]) == ("published", "release")
    assert record["trigger"] == "schedule"
    assert record["git"]["commit"] == commit
    assert [item["commit"] for item in record["git"]["commits"]] == [commit]
    with duckdb.connect(str(current / "warehouse.duckdb"), read_only=True) as connection:
        (count,) = connection.execute("select count(*) from marts.orders").fetchall()[0]
    assert count > 0
    # Without raw it is not a rehearsal: an image is production, and says what is missing.
    missing = image.run("dataops", "release", volumes=volumes[1:], code=2)
    assert "DATAOPS_RAW=/raw" in missing.stderr


@pytest.mark.parametrize(("commits", "code"), [("", 1), ("0123 then now", 0)])
def test_an_image_that_nobody_could_trace_is_not_built(
    tmp_path: Path, commits: str, code: int
) -> None:
    step = re.search(r"^RUN (test .*)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert step
    done = subprocess.run(["sh", "-c", step[1]], cwd=tmp_path, env={"COMMITS": commits})
    assert done.returncode == code
    assert (tmp_path / "commits.txt").exists() == (code == 0)


@pytest.mark.gauntlet
@needs_buildah
@pytest.mark.parametrize("source", ["git", "index"])
def test_an_image_finds_the_package_elsewhere(tmp_path: Path, source: str) -> None:
    """A build has what the network gives: a repository that all can read, or an index."""
    (tmp_path / "git").mkdir()
    template = versions.working_tree(tmp_path / "git" / "template")
    versions.release(template, "v1.0.0")
    build_wheel(template, tmp_path / "index" / "first-light")
    with git_server(tmp_path / "git") as url, index_server(tmp_path / "index") as index:
        root = tmp_path / "product"
        data = {"content": "empty"}
        if source == "index":
            data |= {"package_source": "index", "package_index": index}
        copier.run_copy(f"git+{url}/template/.git", root, data=data, defaults=True, quiet=True)
        product = harness.Product(root, harness.clean_environment())
        product.git("init", "-q", "-b", "main")
        product.run("uv", "lock", "--quiet")
        product.commit("First light")
        image, _ = build(product, tmp_path)
    shown = image.run("dataops", "package").stdout
    assert (source, "running: 1.0.0") == (shown.split(":")[0], shown.rpartition("(")[2][:-2])
