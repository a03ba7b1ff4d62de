"""What it costs to say what a change does, beside checking everything the plain way."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.generate import generate
from bench.measure import Cost, Figure, in_turn, run

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "tests"))

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
from dataops.impact.compare import compare_tables
with duckdb.connect() as connection:
    connection.execute("set memory_limit = '1GB'")
    for side in ("base", "head"):
        connection.execute(f"attach '{side}.duckdb' as {side} (read_only)")
    diff = compare_tables(connection, "base.t", "head.t", [("id",)])
    assert diff.changed == 10_000, diff
"""
_START = "import duckdb\nimport dataops.impact.compare\n"


def compare() -> Figure:
    """One million rows × 20 columns by key, beside a bare start of Python with its imports."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        env = {**harness.clean_environment(), "PYTHONPATH": str(TEMPLATE / "template/dataops/src")}
        run([[sys.executable, "-c", _MILLION]], home, env)
        return in_turn(
            "compare 1,000,000 rows × 20 columns by key ÷ its imports",
            lambda: run([[sys.executable, "-c", _COMPARE]], home, env),
            lambda: run([[sys.executable, "-c", _START]], home, env),
        )


def leaf() -> Figure:
    """One changed leaf among 100 models."""
    return _one_model(100, -1, 0.25)


def leaf_500() -> Figure:
    """One changed leaf among 500 models."""
    return _one_model(500, -1, 0.125)


def root() -> Figure:
    """One changed root that feeds nine in ten of 100 models, beside the plain way on both sides."""
    return _one_model(100, 0, 1.2, sides=2)


def _one_model(models: int, which: int, aim: float, sides: int = 1) -> Figure:
    """`dataops check` of one changed model, beside a full build and all hooks on every file.

    Base is built already, as after the first check of a branch; every check of ours sees another
    change. The plain way lints with the template's own templater, which is faster than dbt's.
    """
    with tempfile.TemporaryDirectory() as scratch:
        product = harness.product(Path(scratch) / "product", {"content": "empty"})
        files = generate(product.root, models)
        product.commit()
        product.git("switch", "-q", "-c", "work")
        file = product.root / files[which]
        text = file.read_text()
        times = iter(range(1, 1000))

        def ours() -> Cost:
            file.write_text(text.replace(" as amount", f" + {next(times)} as amount"))
            check = [["uv", "run", "dataops", "check", "--base", "main"]]
            cost = run(check, product.root, product.environment)
            file.write_text(text)
            return cost

        def plain() -> Cost:
            commands = [
                ["uv", "run", "dbt", "build"],
                ["uv", "run", "pre-commit", "run", "--all-files"],
            ] * sides
            return run(commands, product.root, product.environment)

        what = "leaf" if which else "root"
        both = " on both sides" if sides == 2 else ""
        name = f"check of one changed {what} of {models} models ÷ all of it by hand{both}"
        return in_turn(name, ours, plain, pairs=1 if models > 100 else 2, aim=aim)
