"""Where a product finds the package: each of the three places, lived in from copy to update."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
import yaml
from jinja2 import Environment, StrictUndefined

import harness
import planets
import runners
from first_light.project import managed
from first_light.project.answers import write_answers
from first_light.project.package import build_wheel, is_public
from first_light.project.pin import (
    PIN,
    is_edited,
    outdated_wheel,
    pin_of_answers,
    pin_text,
    pinned_commit,
)
from first_light.project.product import ANSWERS, Product
from first_light.utils.steps import FAILED, WARNED
from gauntlet import versions
from git_server import git_server
from package_index import index_server

PASSWORD = "open-sesame"  # pragma: allowlist secret
WHEEL = "first_light-1.0.0-py3-none-any.whl"
BOTH = pytest.mark.parametrize("warehouse", ["duckdb", "postgres"])
PLACES: dict[str, dict[str, str]] = {
    "git": {},
    "vendored": {"package_source": "vendored", "package_wheel": WHEEL},
    "vendored, no wheel yet": {"package_source": "vendored"},
    "index": {"package_source": "index", "package_index": "https://packages.example.com/simple/"},
}


# ── The pin ──────────────────────────────────────────────────────────────────────────────────────


@BOTH
@pytest.mark.parametrize("place", PLACES)
def test_the_command_writes_what_the_template_renders(
    tmp_path: Path, place: str, warehouse: str
) -> None:
    answers = {"content": "empty", "warehouse": warehouse, **PLACES[place]}
    product = Product(harness.render(tmp_path / "p", answers))
    text = (product.root / PIN).read_text(encoding="utf-8")
    assert pin_text(pin_of_answers(product.answers, pinned_commit(product.root))) == text
    assert not is_edited(product)
    (product.root / PIN).write_text(text.replace("first-light", "first-light-x"), encoding="utf-8")
    step = managed.step(product)
    assert (step.verdict, "dataops/pyproject.toml edited" in step.summary) == (FAILED, True)
    (product.root / PIN).unlink()
    assert "dataops/pyproject.toml deleted" in managed.step(product).summary


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("gh:team/template", "https://github.com/team/template.git"),
        ("git+https://reader:secret@git.example.com/t.git", "https://git.example.com/t.git"),
        ("git@git.example.com:team/t.git", "ssh://git@git.example.com/team/t.git"),
        ("/srv/my templates/t", "file:///srv/my%20templates/t"),
    ],
)
def test_addresses(source: str, address: str) -> None:
    assert pin_of_answers({"_src_path": source, "_commit": "v1.2.0"}).address == address


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("git+https://token@git.example.com/t.git", "git+https://git.example.com/t.git"),
        ("https://reader:a/b@c@git.example.com/t.git", "https://git.example.com/t.git"),
        ("https://git.example.com/t.git?private_token=x", "https://git.example.com/t.git"),
        ("ssh://git:secret@git.example.com/t.git", "ssh://git@git.example.com/t.git"),
        *((same, same) for same in ("gh:a/b", "git@host:a/b.git", "/srv/a@b/t", "../t")),
    ],
)
def test_answers_keep_no_credentials(tmp_path: Path, source: str, kept: str) -> None:
    (tmp_path / ANSWERS).write_text("# Written by copier\n")
    write_answers(tmp_path, {"_src_path": source, "team": "x"})
    assert Product(tmp_path).answers["_src_path"] == kept
    # The same in what Copier renders.
    text = (harness.TEMPLATE / "template" / "{{_copier_conf.answers_file}}.jinja").read_text()
    rendering = Environment(undefined=StrictUndefined)
    rendering.filters |= {
        "regex_replace": lambda value, pattern, by: re.sub(pattern, by, value),
        "to_nice_yaml": yaml.safe_dump,
    }
    rendered = rendering.from_string(text).render(_copier_answers={"_src_path": source})
    assert yaml.safe_load(rendered) == {"_src_path": kept}


@pytest.mark.slow
def test_a_product_made_with_a_password_in_the_address_keeps_none(
    template: Path, tmp_path: Path
) -> None:
    with git_server(template.parent, PASSWORD) as url:
        address = f"git+{url}/template/.git".replace("://", f"://reader:{PASSWORD}@")
        copier.run_copy(address, tmp_path / "p", data={"ci": "github"}, defaults=True, quiet=True)
    files = [path for path in (tmp_path / "p").rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []
    assert Product(tmp_path / "p").answers["_src_path"] == f"git+{url}/template/.git"


@pytest.mark.parametrize(
    ("described", "versions_"),
    [("v1.2.3", ">=1.2.3,<2"), ("v0.4.0-3-gabc1234", ">=0.4.0,<1"), ("abc1234", ">=0,<1")],
)
def test_versions_of_an_index(described: str, versions_: str) -> None:
    assert pin_of_answers({"_commit": described}).versions == versions_


@pytest.mark.parametrize(
    ("described", "version", "outdated"),
    [
        ("v1.0.0", "1.0.0", False),
        ("v1.1.0", "1.0.0", True),
        ("v1.0.0-2-gabcdef1", "1.0.1.dev2+gabcdef123", False),
        ("v1.0.0-2-gabcdef1", "1.0.0", True),
        ("abcdef1", "0.0.1.dev9+gabcdef1", False),
        ("abcdef1", "0.0.1.dev9+g1234567", True),
    ],
)
def test_an_old_wheel_is_noticed(described: str, version: str, outdated: bool) -> None:
    wheel = f"first_light-{version}-py3-none-any.whl"
    answers = {"_commit": described, "package_source": "vendored", "package_wheel": wheel}
    assert bool(outdated_wheel(answers)) == outdated


def test_a_plain_update_leaves_an_old_wheel_and_the_check_says_so(tmp_path: Path) -> None:
    answers = {"content": "empty", **PLACES["vendored"]}
    step = managed.step(Product(harness.render(tmp_path / "p", answers)))
    assert (step.verdict, "dataops package vendored" in step.details[0]) == (WARNED, True)


def test_an_index_without_a_url_is_no_product(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="package_index=URL"):
        harness.render(tmp_path / "p", {"package_source": "index"})


def test_who_can_read_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_public(f"file://{tmp_path}")
    assert not is_public("ssh://git@git.example.com/team/t.git")
    # Loopback counts as this machine. Taken for another host, the password decides.
    monkeypatch.setattr("first_light.project.package.is_local", lambda address: False)
    harness.git(tmp_path, "init", "-q", "-b", "main", "t.git")
    harness.git(tmp_path / "t.git", "commit", "-q", "--allow-empty", "-m", "x")
    with git_server(tmp_path) as url:
        assert is_public(f"{url}/t.git/.git")
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login reader password {PASSWORD}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with git_server(tmp_path, PASSWORD) as url:
        harness.git(tmp_path, "ls-remote", f"{url}/t.git/.git")  # this person can
        assert not is_public(f"{url}/t.git/.git")


# ── A whole life ─────────────────────────────────────────────────────────────────────────────────


class Home:
    """A person's machine: a home with or without the git server's password, and a template."""

    def __init__(self, folder: Path, installed: Path | None, access: bool = False) -> None:
        folder.mkdir()
        bare = runners.bare_environment(folder, installed)
        person = {
            name: value
            for name, value in harness.clean_environment().items()
            if name.startswith("GIT_")
        }
        uv = Path(shutil.which("uv") or "uv").parent
        self.environment = {**bare, **person, "PATH": f"{uv}:{bare['PATH']}", "NO_COLOR": "1"}
        if access:
            entry = f"machine 127.0.0.1 login reader password {PASSWORD}\n"
            (folder / "home" / ".netrc").write_text(entry)

    def product(self, root: Path) -> harness.Product:
        return harness.Product(root, self.environment)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that all installs go to in turn: each compiles only what is new."""
    return tmp_path_factory.mktemp("installed") / ".venv"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """The working tree, released as v1.0.0."""
    (tmp_path / "git").mkdir()
    repository = versions.working_tree(tmp_path / "git" / "template")
    versions.release(repository, "v1.0.0")
    return repository


def release_next(template: Path) -> None:
    """A version in which the package alone is another."""
    with (template / "src" / "first_light" / "__init__.py").open("a", encoding="utf-8") as file:
        file.write('\nNEXT = "1.1.0"\n')
    versions.release(template, "v1.1.0")


def running(product: harness.Product) -> str:
    """The package's version in the product's environment."""
    asked = "import importlib.metadata as m; print(m.version('first-light'))"
    return product.uv_run("python", "-c", asked).stdout.strip()


def pipeline(product: harness.Product, tmp_path: Path, ci: str, installed: Path) -> None:
    """Push the product to a bare repository, propose a change and run its pipeline."""
    bare = tmp_path / f"{ci}.git"
    product.git("clone", "-q", "--bare", ".", str(bare))
    change = runners.clone(bare, tmp_path / f"{ci}-change")
    (change / "docs" / "notes.md").write_text("# Notes\n")
    harness.git(change, "add", "-A")
    harness.git(change, "commit", "-q", "-m", "Change")
    runners.propose(bare, change)
    (tmp_path / f"{ci}-run").mkdir()
    if ci == "github":
        done = runners.run_github(bare, tmp_path / f"{ci}-run", installed=installed)
        assert done.jobs == {"check": "success", "comment": "success"}, done.log
    else:
        work = tmp_path / f"{ci}-run"
        done = runners.run_gitlab(bare, work, installed=installed, jobs=("check",))
        assert done.jobs == {"check": "success"}, done.log
    assert done.failed() == []


def renew(product: harness.Product, limit: int) -> None:
    """Update to the version whose package is another; no file of the team may change."""
    updated = product.dataops("update")
    assert "v1.0.0 → v1.1.0" in updated.stdout, updated.stdout
    product.git("add", "-A")
    changed = product.git("diff", "--cached", "--name-only", "-M10%").split()
    assert len(changed) <= limit, changed
    assert all(
        re.fullmatch(r"\.copier-answers\.yml|dataops/.*|uv\.lock|vendor/.*\.whl", path)
        for path in changed
    )
    product.git("commit", "-q", "--no-verify", "-m", "Update")
    product.run("uv", "sync", "--locked", "--quiet")
    assert running(product) == "1.1.0"
    assert "check passed" in product.dataops("check").stdout


def make(
    home: Home, address: str, root: Path, ci: str, data: dict[str, str] | None = None
) -> harness.Product:
    """Plain `copier copy`, with planets for content."""
    answers = {"ci": ci, "content": "empty", **(data or {})}
    given = [f"--data={key}={value}" for key, value in answers.items()]
    command = [sys.executable, "-m", "copier", "copy", "--defaults", "--quiet", *given]
    harness.Product(root.parent, home.environment).run(*command, address, str(root))
    planets.add(root)
    return harness.Product(root, home.environment)


def each(*in_ci: str) -> pytest.MarkDecorator:
    """Both pipelines; those that are not named wait for the gauntlet."""
    return pytest.mark.parametrize(
        "ci",
        [
            pytest.param(ci, marks=[] if ci in in_ci else pytest.mark.gauntlet)
            for ci in ("github", "gitlab")
        ],
    )


@pytest.mark.slow
@each()
def test_vendored_because_the_template_asks_for_a_password(
    template: Path, tmp_path: Path, installed: Path, ci: str
) -> None:
    author = Home(tmp_path / "author", installed, access=True)
    anybody = Home(tmp_path / "anybody", installed)
    root = tmp_path / "product"
    with git_server(template.parent, PASSWORD) as url:
        product = make(author, f"git+{url}/template/.git", root, ci)
        assert "git+http://127.0.0.1" in (root / PIN).read_text()
        started = product.dataops("start")
        assert f"vendor/{WHEEL}" in started.stdout, started.stdout
        assert "the template's address is" in started.stdout
        assert not product.git("status", "--porcelain")
        assert (running(product), Product(root).answers["package_source"]) == ("1.0.0", "vendored")
    # The server is gone: whoever clones, and the pipeline, never ask for it.
    elsewhere = anybody.product(tmp_path / "elsewhere")
    harness.git(tmp_path, "clone", "-q", str(root), str(elsewhere.root))
    elsewhere.run("uv", "sync", "--locked", "--quiet")
    elsewhere.dataops("release")
    pipeline(elsewhere, tmp_path, ci, installed)  # a check
    # Nor does the next version: the update brings it along.
    release_next(template)
    port = int(url.rpartition(":")[2])
    with git_server(template.parent, PASSWORD, port):
        renew(product, limit=4)  # the wheel is the fourth: its name holds its version
        assert "v1.1.0" in product.dataops("update").stdout  # nothing newer


@pytest.mark.slow
@each("gitlab")
def test_git_at_an_address_that_all_can_read(
    template: Path, tmp_path: Path, installed: Path, ci: str
) -> None:
    anybody = Home(tmp_path / "anybody", installed)
    with git_server(template.parent) as url:
        product = make(anybody, f"git+{url}/template/.git", tmp_path / "product", ci)
        product.git("init", "-q", "-b", "main")
        product.run("uv", "lock", "--quiet")
        product.commit("First light")
        elsewhere = anybody.product(tmp_path / "elsewhere")
        harness.git(tmp_path, "clone", "-q", str(product.root), str(elsewhere.root))
        elsewhere.run("uv", "sync", "--locked", "--quiet")
        pipeline(elsewhere, tmp_path, ci, installed)  # a check
        release_next(template)
        renew(elsewhere, limit=3)
        # There and back: the same files, but for the place.
        before = harness.tree(elsewhere.root, "dataops")
        elsewhere.dataops("package", "vendored")
        assert "git+" not in (elsewhere.root / "uv.lock").read_text()
        warned = elsewhere.dataops("package", "git")
        assert "pipelines cannot fetch" in warned.stdout
        assert harness.tree(elsewhere.root, "dataops") == before
        assert not (elsewhere.root / "vendor").exists()
        assert not elsewhere.git("status", "--porcelain", "--", "dataops", "uv.lock")


@pytest.mark.slow
@each()
def test_an_index_moves_by_the_lock_alone(
    template: Path, tmp_path: Path, installed: Path, ci: str
) -> None:
    anybody = Home(tmp_path / "anybody", installed)
    wheels = tmp_path / "index" / "first-light"
    build_wheel(template, wheels)
    with index_server(wheels.parent) as url:
        data = {"package_source": "index", "package_index": url}
        product = make(anybody, str(template), tmp_path / "product", ci, data)
        product.git("init", "-q", "-b", "main")
        product.dataops("start")
        assert Product(product.root).answers["package_source"] == "index"
        pipeline(product, tmp_path, ci, installed)
        # A newer package on the index, within the major version.
        release_next(template)
        build_wheel(template, wheels)
        product.run("uv", "lock", "--quiet", "--upgrade-package", "first-light")
        assert product.git("diff", "--name-only").split() == ["uv.lock"]
        product.run("uv", "sync", "--locked", "--quiet")
        assert running(product) == "1.1.0"
        product.commit("Newer package")
        copier.run_update(product.root, defaults=True, quiet=True, overwrite=True)  # plain
        product.run("uv", "lock", "--quiet")
        changed = product.git("diff", "HEAD", "--name-only").split()
        assert changed == [".copier-answers.yml", "dataops/pyproject.toml", "uv.lock"]
        assert "check passed" in product.dataops("check").stdout


def test_a_failed_change_of_place_leaves_everything(tmp_path: Path) -> None:
    product = harness.product(tmp_path / "p", {"content": "empty"})
    product.commit("First light")
    answers = yaml.safe_load((product.root / ".copier-answers.yml").read_text())
    assert answers["package_source"] == "git"
    # Nothing listens at this port of loopback.
    failed = product.dataops("package", "index", "--url", "http://127.0.0.1:9/simple/", code=2)
    assert "could not be locked" in failed.stderr
    assert not product.git("status", "--porcelain")
    assert "git" in product.dataops("package").stdout
    for wrong in (["elsewhere"], ["git", "--url", "http://127.0.0.1:9/"], ["index"]):
        assert "fix:" in product.dataops("package", *wrong, code=2).stderr
    secret = product.dataops("package", "index", "--url", "https://me:pass@x.example/", code=2)
    assert "pass@" not in secret.stderr
    assert not product.git("status", "--porcelain")


# ── One command ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def uvx(template: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `uvx --from git+ADDRESS dataops …` in a fresh folder."""
    home = Home(tmp_path / "somebody", None)
    (tmp_path / "work").mkdir()
    # dbt-core asks for a package that fetches a binary from outside any index when it is built.
    (tmp_path / "overrides.txt").write_text("dbt-core-experimental-parser; python_version < '3'\n")
    home.environment["UV_OVERRIDE"] = str(tmp_path / "overrides.txt")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["uvx", "--from", f"git+file://{template}", "dataops", *arguments]
        return subprocess.run(
            command,
            cwd=tmp_path / "work",
            env=home.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    return run


@pytest.mark.slow
def test_one_command_from_files_to_a_release(
    uvx: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    work = tmp_path / "work"
    lines = ["town,people", *(f"Town {n},{1000 + n}" for n in range(40))]
    (work / "towns.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = uvx("new", "my-product", "--from", "towns.csv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cd my-product" in done.stdout
    product = Product(work / "my-product")
    assert product.answers["content"] == "empty"
    assert product.answers["_commit"] == "v1.0.0"
    assert (product.root / "models" / "staging" / "stg_towns.sql").is_file()
    assert (product.root / "vendor" / WHEEL).is_file()
    assert os.path.lexists(product.root / "store" / "current")
    again = uvx("new", "my-product")
    assert (again.returncode, "must be new or empty" in again.stderr) == (2, True)
