"""Render products and work in them as a person would.

Products are rendered from a commit of the working tree and share one locked environment, made once,
so that a test costs what it tests. The package comes from src/, through PYTHONPATH.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import copier
from filelock import FileLock

import fork_server
from first_light.project.managed_list import MANIFEST
from tools.release.manifest import of_product
from tools.release.template import recorded

TEMPLATE = Path(__file__).resolve().parents[2]
CACHE = TEMPLATE / ".cache" / "tests"

WORST = {
    "product_name": '  Ünï "q\'uoted": #1 @ñandú — 数据 🚀 \\ $HOME %s `x` <b> & {x}  ',
    "description": "Sales: \"EU\" # core, 'quoted' \\n {not jinja} 100% — 🦆 - [x] | > & * ! ? ",
    "team": 'Größte: "Daten" #1 \'s Team 🐘 ',
    "contact": "o.brien+data%x@sub-domain.example.co.uk",
    "deadline": "00:00",
}
PROFILES: dict[str, dict[str, str]] = {
    "default": {},
    "empty": {"content": "empty"},
    "gitlab": {"ci": "gitlab"},
    "worst": WORST,
}


def reject_unknown(answers: Mapping[str, object], template: Path = TEMPLATE) -> None:
    """Copier accepts an answer to no question in silence, and a test of it would be dead."""
    if unknown := sorted(set(answers) - set(recorded(template))):
        raise AssertionError(f"no such question: {', '.join(unknown)}")


def render(
    into: Path,
    answers: Mapping[str, object] | None = None,
    template: Path | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """A product rendered from a template (default: the working tree), never trusted."""
    template = template or template_repository()
    reject_unknown(answers or {}, template)
    copier.run_copy(
        str(template),
        into,
        data=dict(answers or {}),
        defaults=True,
        overwrite=overwrite,
        quiet=True,
        vcs_ref="HEAD",
    )
    # Between releases the list of managed files may lag behind; a test of its own says so.
    (into / MANIFEST).write_text(of_product(into, template), encoding="utf-8")
    return into


@cache
def template_repository() -> Path:
    """The working tree as a committed repository, from which a product can be installed."""
    files = {name: (TEMPLATE / name).read_bytes() for name in working_files()}
    content = hashlib.sha256()
    for name, data in files.items():
        content.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    repository = CACHE / "templates" / content.hexdigest()[:12]
    repository.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{repository}.lock"):
        if not repository.is_dir():
            with tempfile.TemporaryDirectory(dir=repository.parent) as folder:
                draft = Path(folder) / "draft"
                lay_working_tree(draft)
                git(draft, "init", "-q", "-b", "main")
                git(draft, "add", "-A")
                git(draft, "commit", "-q", "-m", "the working tree")
                draft.rename(repository)
    return repository


def working_files() -> list[str]:
    """The files of the working tree that git tracks or would add."""
    listed = git(TEMPLATE, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return sorted(name for name in listed.split("\0") if name and (TEMPLATE / name).is_file())


def lay_working_tree(into: Path) -> None:
    """Copy the working tree, as git sees it."""
    for name in working_files():
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TEMPLATE / name, into / name)


@cache
def generator() -> ModuleType:
    """The example's generator of deliveries, template/example/shop.py."""
    file = TEMPLATE / "template" / "example" / "shop.py"
    spec = importlib.util.spec_from_file_location("example_shop", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclasses look for their own module
    spec.loader.exec_module(module)
    return module


def git(where: Path, *arguments: str) -> str:
    """What git answers; it must succeed."""
    done = subprocess.run(
        ["git", *arguments], cwd=where, capture_output=True, text=True, env=clean_environment()
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}{done.stdout}"
    return done.stdout


@dataclass
class Product:
    """A rendered product, with commands run in it as a person would type them."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(
        self, *command: str, code: int | None = 0, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the product; `code` is the exit code it must have (None: any)."""
        environment = {**self.environment, **(env or {})}
        done = fork_server.run(command, self.root, environment) or subprocess.run(
            command,
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if code is not None:
            assert done.returncode == code, (
                f"{' '.join(command)}: exit {done.returncode}, not {code}\n"
                f"{done.stdout}\n{done.stderr}"
            )
        return done

    def uv_run(self, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """`uv run …`, in the shared environment."""
        return self.run("uv", "run", *command, **options)

    def dataops(self, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """`uv run dataops …`."""
        return self.uv_run("dataops", *command, **options)

    def dbt(self, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """`uv run dbt …`, no wrapper."""
        return self.uv_run("dbt", *command, **options)

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments)

    def commit(self, message: str = "work") -> None:
        """Everything, committed, without hooks."""
        self.git("add", "-A")
        self.git("commit", "-q", "--no-verify", "-m", message)


def product(
    into: Path, answers: Mapping[str, object] | None = None, repository: bool = True
) -> Product:
    """A rendered product with its lock and its environment, under version control if wanted."""
    root = _rendered(into, answers or {})
    environment, lock = shared_environment(str((answers or {}).get("warehouse", "duckdb")))
    shutil.copy(lock, root / "uv.lock")
    if repository:
        git(root, "init", "-q", "-b", "main")
    return Product(root, product_environment(environment))


def started_example(into: Path) -> Product:
    """The example after `dataops start`, committed, with its raw: made once, then copied.

    What `start` itself does is tested in test_start.py.
    """
    environment, _ = shared_environment()
    made = CACHE / "started" / template_repository().name / into.name
    made.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{made}.lock"):
        if not made.is_dir():
            with tempfile.TemporaryDirectory(dir=made.parent) as folder:
                draft = product(Path(folder) / into.name)
                draft.dataops("start")
                draft.root.rename(made)
    shutil.copytree(made, into, symlinks=True)
    return Product(into, product_environment(environment))


def _rendered(into: Path, answers: Mapping[str, object]) -> Path:
    """As `render`: made once for each name and set of answers, then copied."""
    key = (into.name, json.dumps(answers, sort_keys=True))
    if key not in _renders:
        _renders[key] = render(_folder_of_renders() / str(len(_renders)) / into.name, answers)
    return Path(shutil.copytree(_renders[key], into, symlinks=True, dirs_exist_ok=True))


_renders: dict[tuple[str, str], Path] = {}


@cache
def _folder_of_renders() -> Path:
    folder = tempfile.mkdtemp(prefix="renders-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def without_boards(root: Path) -> None:
    """Remove the example's boards, and with them what depends on most of its models."""
    shutil.rmtree(root / "boards")
    (root / "models" / "_boards.yml").unlink()


def tree(root: Path, *folders: str) -> dict[str, bytes]:
    """Every file below the folders, by its path, with its content; git's own and dbt's left out."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in folders
        for path in sorted((root / folder).rglob("*"))
        if path.is_file() and not {".git", "target", "__pycache__"} & set(path.parts)
    }


def product_environment(shared: Path, source: Path = TEMPLATE / "src") -> dict[str, str]:
    """The variables under which `uv run` uses the shared environment with the package's code."""
    return {
        **clean_environment(),
        "UV_PROJECT_ENVIRONMENT": str(shared),
        "UV_NO_SYNC": "1",
        "PYTHONPATH": str(source),
        "NO_COLOR": "1",
        "COLUMNS": "120",
    }


def shared_environment(warehouse: str = "duckdb") -> tuple[Path, Path]:
    """The environment and lock that all products of a warehouse share; made at the first call."""
    dependencies = hashlib.sha256((TEMPLATE / "pyproject.toml").read_bytes()).hexdigest()[:12]
    home = CACHE / f"environment-{warehouse}-{dependencies}"
    lock = CACHE / f"{template_repository().name}-{warehouse}.uv.lock"
    with FileLock(f"{home}.lock"):
        if not (home / "ready").exists():
            shutil.rmtree(home, ignore_errors=True)
            _locked(home / "product", warehouse)
            # Compiled once here, not at the start of every command.
            sync = ["uv", "sync", "--quiet", "--locked", "--compile-bytecode"]
            subprocess.run(sync, cwd=home / "product", env=clean_environment(), check=True)
            (home / "ready").touch()
        if not lock.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as folder:
                _locked(Path(folder) / "product", warehouse).rename(lock)
    return home / "product" / ".venv", lock


def _locked(into: Path, warehouse: str) -> Path:
    """The lock of a product rendered in `into`."""
    answers = {"content": "empty", "product_name": "shared", "warehouse": warehouse}
    root = render(into, answers)
    subprocess.run(["uv", "lock", "--quiet"], cwd=root, env=clean_environment(), check=True)
    return root / "uv.lock"


def clean_environment() -> dict[str, str]:
    """The environment without what a surrounding git, uv, Python or dataops would slip in."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "DATAOPS_", "DBT_", "GITHUB_", "VIRTUAL_ENV", "UV_PROJECT"))
        # Where it is set, every command would compile all of dbt anew.
        and name != "PYTHONDONTWRITEBYTECODE"
    }
    person = {"NAME": "Ada Tester", "EMAIL": "ada@example.com"}
    for role in ("AUTHOR", "COMMITTER"):
        kept |= {f"GIT_{role}_{key}": value for key, value in person.items()}
    return kept
