"""What the monitors cost: a share of the very build that they watch, in one run."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from bench.generate import generate
from bench.measure import Cost, Figure

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "tests" / "helpers"))

import harness  # noqa: E402

_DAYS = 60
_SHARE = 0.15


def monitors_10() -> Figure:
    """Profile and judge 10 models with 60 days of history ÷ their dbt build."""
    return _share(10, None)


def monitors_100() -> Figure:
    """The same for 100 models: at most 15 %."""
    return _share(100, _SHARE)


def monitors_500() -> Figure:
    """The same for 500 models."""
    return _share(500, None, releases=1)


def _share(models: int, aim: float | None, releases: int = 3) -> Figure:
    with tempfile.TemporaryDirectory() as scratch:
        product = harness.product(Path(scratch) / "generated", {"content": "empty"})
        generate(product.root, models)
        shutil.copytree(product.root / "sample", product.root / "raw")
        product.commit()
        product.dataops("release")
        _remember(product.root / "store" / "history" / "runs")
        ours, other = [], []
        for number in range(releases):
            print(f"  {models} models: run {number + 1} of {releases}", file=sys.stderr, flush=True)
            name = product.root / "raw" / "events" / f"more_{number}.csv"
            name.write_text(f"id,kind,amount\n{2000 + number},1,1\n", encoding="utf-8")
            printed = product.run("uv", "run", "python", "-c", _TIMED).stdout
            load = os.getloadavg()[0]
            costs = json.loads(printed.splitlines()[-1])
            ours.append(Cost(costs["monitors"][0], 0.0, costs["monitors"][1], load))
            other.append(Cost(costs["dbt build"][0], 0.0, costs["dbt build"][1], load))
    name_of = f"monitors of {models} models, {_DAYS} days of history ÷ dbt build in the same run"
    return Figure(name_of, tuple(ours), tuple(other), aim)


# A release that prints what its phases cost, by the clock and of the processor.
_TIMED = """
import json, time
from first_light.project.product import Product
from first_light.release import pipeline

costs = {}

def timed(name, phase):
    def run(*arguments):
        begin = time.monotonic(), time.process_time()
        try:
            return phase(*arguments)
        finally:
            costs[name] = [time.monotonic() - begin[0], time.process_time() - begin[1]]
    return run

pipeline._PHASES = tuple((doing, name, timed(name, run)) for doing, name, run in pipeline._PHASES)
quiet = lambda line: None
pipeline.release(Product.find(), pipeline.Options(), quiet, quiet)
print(json.dumps(costs))
"""


def _remember(runs: Path) -> None:
    """Sixty days like the first release, before it."""
    (first,) = runs.iterdir()
    record = json.loads(first.read_bytes())
    end = datetime.now(timezone.utc)
    for day in range(_DAYS):
        at = (end - timedelta(days=_DAYS + 1 - day)).strftime("%Y-%m-%dT%H:%M:%SZ")
        number = record["number"] + 1 + day
        run = f"{number:06d}-{at.replace('-', '').replace(':', '')}-{record['run'][-7:]}"
        raw = {**record["raw"], "fingerprint": f"{day:032x}"}
        item = {
            **record,
            "run": run,
            "number": number,
            "started_at": at,
            "ended_at": at,
            "raw": raw,
        }
        text = json.dumps(item, ensure_ascii=False, separators=(",", ":")) + "\n"
        (runs / f"{run}.json").write_text(text, encoding="utf-8")
