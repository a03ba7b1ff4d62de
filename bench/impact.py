"""What it costs to say what a change does, beside checking everything the plain way."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.generate import generate
from bench.measure import Cost, Figure, in_turn, run

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "tests" / "helpers"))

import harness  # noqa: E402

_MILLION = """\
import duckdb
for side, twist in (("base", "i"), ("head", "case when i % 100 = 0 then i + 1 else i end")):
    with duckdb.connect(side + ".duckdb") as connection:
        kinds = ("{}", "cast({} / 100.0 as decimal(18, 2))", "'v' || ({} % 5003)",
                 "timestamp '2026-01-01' + to_seconds({})")
        columns = [kinds[n % 4].format(f"(({twist if n in (2, 5) else 'i'}) * {n + 3} % 99991)")
                   + f" as c{n}" for n in range(20)]
        connection.execute(
            f"create table t as select i as id, {', '.join(columns)} from range(1000000) r(i)")
"""
_COMPARE = """\
import duckdb
from first_light.impact.compare import compare_tables
with duckdb.connect() as connection:
    connection.execute("set memory_limit = '1GB'")
    for side in ("base", "head"):
        connection.execute(f"attach '{side}.duckdb' as {side} (read_only)")
    diff = compare_tables(connection, "base.t", "head.t", [("id",)])
    assert diff.changed == 10_000, diff
"""
_LINTER = """\
[project]
name = "dbt-linter"
version = "0"
requires-python = ">=3.10"
dependencies = ["dbt-core<2", "dbt-duckdb", "duckdb<2", "sqlfluff-templater-dbt"]
[tool.uv]
package = false
exclude-dependencies = ["dbt-core-experimental-parser"]
"""
_START = "import duckdb\nimport first_light.impact.compare\n"


def compare() -> Figure:
    """One million rows × 20 columns by key, beside a bare start of Python with its imports."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        env = {**harness.clean_environment(), "PYTHONPATH": str(TEMPLATE / "src")}
        run([[sys.executable, "-c", _MILLION]], home, env)
        return in_turn(
            "compare 1,000,000 rows × 20 columns by key ÷ its imports",
            lambda: run([[sys.executable, "-c", _COMPARE]], home, env),
            lambda: run([[sys.executable, "-c", _START]], home, env),
        )


def leaf_10() -> Figure:
    """One changed leaf among 10 models."""
    return _one_model(10, -1)


def leaf_100() -> Figure:
    """One changed leaf among 100 models."""
    return _one_model(100, -1)


def leaf_500() -> Figure:
    """One changed leaf among 500 models."""
    return _one_model(500, -1, 0.125)


def leaf_1000() -> Figure:
    """One changed leaf among 1,000 models."""
    return _one_model(1000, -1, 0.125)


def growth() -> Figure:
    """One changed leaf among 1,000 models beside one among 100: half as fast is five times."""
    with tempfile.TemporaryDirectory() as scratch:
        large, small = (_Change(Path(scratch) / str(n), n, -1) for n in (1000, 100))
        for change in (large, small):
            change.check()
        name = "check of one changed leaf of 1,000 models ÷ of 100"
        return in_turn(name, large.check, small.check, pairs=2, warm=False, aim=5.0)


def root() -> Figure:
    """One changed root that feeds nine in ten of 100 models, beside the plain way on both sides."""
    return _one_model(100, 0, 1.2, sides=2)


class _Change:
    """A generated product with one model changed; base is built by the first check.

    Args:
        folder: where to.
        models: how many.
        which: the place of the changed one among them.
    """

    def __init__(self, folder: Path, models: int, which: int) -> None:
        self.product = harness.product(folder, {"content": "empty"})
        files = generate(self.product.root, models)
        self.product.commit()
        self.product.git("switch", "-q", "-c", "work")
        self._file = self.product.root / files[which]
        self._text = self._file.read_text()
        self._times = iter(range(1, 1000))

    def check(self) -> Cost:
        """`dataops check` of a change that it has not seen yet."""
        self._file.write_text(self._text.replace(" as amount", f" + {next(self._times)} as amount"))
        command = ["uv", "run", "dataops", "check", "--base", "main"]
        cost = run([command], self.product.root, self.product.environment)
        self._file.write_text(self._text)
        return cost

    def plain(self, sides: int = 1) -> Cost:
        """The plain way: everything is built, linted as dbt compiles it, and looked at by hooks."""
        commands = [
            ["uv", "run", "dbt", "build"],
            [_linter(), "lint", "--templater", "dbt", "models"],
            ["uv", "run", "pre-commit", "run", "--all-files"],
        ] * sides
        return run(commands, self.product.root, self.product.environment)


def _linter() -> str:
    """sqlfluff with dbt's templater, which pins sqlfluff and so has an environment of its own."""
    home = harness.CACHE.parent / "bench" / "dbt-linter"
    sqlfluff = home / ".venv" / "bin" / "sqlfluff"
    if not sqlfluff.exists():
        home.mkdir(parents=True, exist_ok=True)
        (home / "pyproject.toml").write_text(_LINTER)
        subprocess.run(["uv", "sync", "--quiet"], cwd=home, check=True)
    return str(sqlfluff)


def _one_model(models: int, which: int, aim: float | None = None, sides: int = 1) -> Figure:
    """`dataops check` of one changed model, beside the plain way, in turn."""
    with tempfile.TemporaryDirectory() as scratch:
        change = _Change(Path(scratch) / "product", models, which)
        change.check()
        what = "leaf" if which else "root"
        both = " on both sides" if sides == 2 else ""
        return in_turn(
            f"check of one changed {what} of {models} models ÷ all of it by hand{both}",
            change.check,
            lambda: change.plain(sides),
            pairs=1 if models >= 100 else 2,
            warm=False,
            aim=aim,
        )
