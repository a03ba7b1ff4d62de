"""What rendering boards adds to a release: the phase `boards`, beside the whole release."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.measure import Cost, Figure, run

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "tests" / "helpers"))

import harness  # noqa: E402

_SHOP = TEMPLATE / "template" / "example" / "shop.py"
_HEAD = """---
title: Charts
owner: {name: Bench, email: bench@example.com}
---
```sql days
select order_date, channel, sum(net_amount) as revenue
from {{ ref('orders') }}
where order_date > (select max(order_date) - 60 from {{ ref('orders') }})
group by 1, 2
```
"""
_CHART = """
```yaml chart
query: days
title: Chart %d
mark: %s
encoding:
  x: {field: order_date, type: temporal}
  y: {field: revenue, type: quantitative}
  color: {field: channel, type: nominal}
```
"""
_MARKS = ("line", "bar", "area")


def boards_1() -> Figure:
    """One chart."""
    return _boards(1)


def boards_10() -> Figure:
    """Ten charts, aim: at most a tenth of the release."""
    return _boards(10, aim=0.1)


def boards_50() -> Figure:
    """Fifty charts."""
    return _boards(50)


def _boards(charts: int, aim: float | None = None, pairs: int = 3) -> Figure:
    """Releases of the example with one board; its charts have 60 days of three channels."""
    from first_light.history.log import History

    with tempfile.TemporaryDirectory() as scratch:
        product = harness.product(Path(scratch) / "shop")
        run([[sys.executable, str(_SHOP), "--out", "raw"]], product.root, product.environment)
        harness.without_boards(product.root)
        board = product.root / "boards" / "charts.md"
        board.parent.mkdir(exist_ok=True)
        blocks = (_CHART % (n, _MARKS[n % len(_MARKS)]) for n in range(charts))
        board.write_text(_HEAD + "".join(blocks), encoding="utf-8")
        product.dataops("boards", "render", code=None)  # nothing is built yet; writes the exposure
        product.commit()
        ours, other = [], []
        for _ in range(pairs + 1):  # the first warms the caches and is not counted
            whole = run([["uv", "run", "dataops", "release"]], product.root, product.environment)
            record = next(History(product.root / "store" / "history").newest())
            seconds = record.phases["boards"]
            ours.append(Cost(seconds, 0.0, 0.0, whole.load))
            other.append(whole)
        name = f"boards with {charts} charts ÷ the release with them"
        return Figure(name, tuple(ours[1:]), tuple(other[1:]), aim)
