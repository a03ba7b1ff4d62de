"""How long the report takes after years of runs, beside a command that reads no history."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.measure import Cost, Figure, in_turn, run

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "tests" / "helpers"))

import harness  # noqa: E402

RECORDS = 26_000  # an hourly run for three years

_HISTORY = f"""\
import sys
from pathlib import Path
import ops_history as ops
import release_worker as worker
root = worker.make_product(Path("product"))
records = ops.simulate(20_000, 2, 1)[-{RECORDS}:]
assert len(records) > 20_000, len(records)
history = ops.write(root / "store" / "history", records)
while history.pack():
    pass
last = records[-1].started_at
(root / "at").write_text(last)
print(len(records), "records", file=sys.stderr)
"""


def report() -> Figure:
    """`dataops report` over 26,000 records, aim under 5 s, beside `dataops --help`."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        path = f"{TEMPLATE / 'src'}:{TEMPLATE / 'tests/helpers'}"
        env = {**harness.clean_environment(), "PYTHONPATH": path}
        run([[sys.executable, "-c", _HISTORY]], home, env)
        product = home / "product"
        env["DATAOPS_NOW"] = (product / "at").read_text()
        command = [sys.executable, "-m", "first_light.cli.app"]

        def ours() -> Cost:
            return run([[*command, "report"]], product, env)

        def other() -> Cost:
            return run([[*command, "--help"]], product, env)

        name = f"report over {RECORDS:,} records (aim: under 5 s) ÷ dataops --help"
        return in_turn(name, ours, other)
