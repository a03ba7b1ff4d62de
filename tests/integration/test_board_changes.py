"""Boards in a check: those that a change reaches are rendered from both sides and compared."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

import harness
from first_light.boards.document import read_boards
from first_light.boards.exposures import FILE, write_exposures
from first_light.dbt.engine import DbtRun
from first_light.dbt.manifest import Manifest, Node
from first_light.impact import boards_step
from first_light.impact.base import Built
from first_light.impact.current import CurrentSide
from first_light.impact.plan import Plan
from first_light.project.product import Product
from first_light.utils.steps import FAILED, PASSED, SKIPPED

BOARD = """---
title: Sales
owner: {name: Shop, email: shop@example.com}
---
```sql total
select sum(amount) as amount from {{ ref('sales') }}
```

```yaml numbers
label: Amount
value: total.amount
```

```sql days
select day, amount from {{ ref('sales') }} order by 1
```

```yaml chart
query: days
title: Sales by day
mark: bar
encoding: {x: {field: day, type: ordinal}, y: {field: amount, type: quantitative}}
```
"""
SALES = Node(
    "model.shop.sales", "model", "sales", "models/sales.sql",
    schema="main", alias="sales", relation='"warehouse"."main"."sales"',
)  # fmt: skip


def side(root: Path, folder: Path, factor: int, boards: dict[str, str]) -> Manifest:
    """One side: its boards below `root`, its build in `folder`, its manifest."""
    (root / "boards").mkdir(parents=True)
    (root / "models").mkdir()
    (root / ".copier-answers.yml").write_text("warehouse: duckdb\n")
    for name, text in boards.items():
        (root / "boards" / f"{name}.md").write_text(text)
    write_exposures(root, read_boards(root))
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(
            f"create table sales as select n as day, n * {factor} as amount from range(1, 4) t (n)"
        )
    exposures = {
        f"exposure.shop.{name}": Node(
            f"exposure.shop.{name}", "exposure", name, FILE, depends_on=(SALES.unique_id,)
        )
        for name in boards
    }
    return Manifest({SALES.unique_id: SALES, **exposures}, {})


def judged(
    tmp_path: Path,
    before: dict[str, str],
    after: dict[str, str],
    *,
    factor: int = 1,
    reached: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
    message: str = "work",
    on_current: bool = False,
) -> tuple[Any, list[dict[str, Any]], Path]:
    """The step, what boards.json says, and its folder."""
    head_root, here, tree = tmp_path / "head", tmp_path / "check", tmp_path / "base/tree"
    base = side(tree, tmp_path / "base", 1, before)
    head = side(head_root, here, factor, after)
    (head_root / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    targets = "{ci: {type: duckdb}, prod: {type: duckdb}}"
    (head_root / "profiles.yml").write_text(f"shop: {{outputs: {targets}}}\n")
    harness.git(head_root, "init", "-q")
    for text in ("base", message):
        harness.git(head_root, "commit", "-q", "--allow-empty", "-m", text)
    built = {SALES.unique_id: Built(True, "select 1 as day, 1 as amount")}
    base_side: Any = object.__new__(CurrentSide) if on_current else SimpleNamespace()
    database = tmp_path / "base/warehouse.duckdb"
    vars(base_side).update(manifest=base, tree=tree, database=database, built=built)
    plan = Plan(
        Product(head_root),
        cast(Any, SimpleNamespace(files=frozenset(files), base="HEAD~1")),
        cast(Any, base_side),
        head,
        frozenset(f"exposure.shop.{name}" for name in reached),
        "",
        {},
        built,
        here,
    )
    step = boards_step.judge(Product(head_root), plan, DbtRun(True), here)
    path = here / "boards.json"
    return step, json.loads(path.read_text("utf-8"))["boards"] if path.is_file() else [], here


def test_a_model_that_moves_a_board_is_said_in_numbers(tmp_path: Path) -> None:
    both = {"sales": BOARD, "other": BOARD.replace("title: Sales\n", "title: Other\n")}
    step, boards, folder = judged(tmp_path, both, both, factor=2, reached=("sales",))
    assert (step.verdict, step.summary) == (
        PASSED,
        "1 of 2 boards reached, 2 charts or numbers differ",
    )
    (board,) = boards
    assert board["change"] == "changed"
    assert [chart["differences"] for chart in board["charts"]] == [
        ["Amount: 6 → 12 (+100.0\u00a0%)"],
        ["amount: 6 → 12 (+100.0\u00a0%) in total; 3 of 3 rows differ"],
    ]
    assert "Amount: 6 → 12" in (folder / "boards.md").read_text("utf-8")
    page = (folder / "boards.html").read_text("utf-8")
    assert page.count('class="chart narrow"') == 2, "before and after"
    assert "impact.html" not in page, "there is no such page"


def test_an_edited_board_is_compared_and_others_are_left_alone(tmp_path: Path) -> None:
    edited = BOARD.replace("mark: bar", "mark: point")
    step, boards, _ = judged(
        tmp_path, {"sales": BOARD}, {"sales": edited, "new": BOARD}, files=(
            "boards/sales.md", "boards/new.md",
        ),
    )  # fmt: skip
    assert step.verdict == PASSED
    assert [(board["board"], board["change"]) for board in boards] == [
        ("new", "added"),
        ("sales", "changed"),
    ]
    assert boards[1]["charts"][0]["differences"] == ["it is drawn in another way"]


def test_other_numbers_of_an_edited_board_are_declared(tmp_path: Path) -> None:
    """Neither another drawing nor a model that moves the board counts as an edit of its numbers."""
    edited = {"sales": BOARD.replace("sum(amount)", "max(amount)")}
    step, _, _ = judged(tmp_path / "a", {"sales": BOARD}, edited, files=("boards/sales.md",))
    assert step.verdict == FAILED
    (detail,) = step.details
    assert "sales, Amount: Amount: 6 → 3" in detail
    assert detail.endswith("Data-Change: sales -- WHY")
    for message, verdict in (
        ("Data-Change: sales -- the best day", PASSED),
        ("Data-Change: sales -- WHY", FAILED),
        ("Data-Change: other -- the best day", FAILED),
    ):
        step, _, _ = judged(
            tmp_path / message[13:18] / verdict, {"sales": BOARD}, edited,
            files=("boards/sales.md",), message=f"Show the best day\n\n{message}",
        )  # fmt: skip
        assert step.verdict == verdict
    drawn = {"sales": BOARD.replace("mark: bar", "mark: point").replace("order by", "order  by")}
    step, _, _ = judged(
        tmp_path / "b", {"sales": BOARD}, drawn, factor=2, files=("boards/sales.md",)
    )
    assert step.verdict == PASSED


@pytest.mark.parametrize(
    ("text", "verdict", "message"),
    [
        (BOARD.replace("order by 1", "where day > 9"), FAILED, "is empty: days has no rows"),
        (BOARD.replace("select day,", "select daj,"), FAILED, "The query days failed"),
        (BOARD.replace("mark: bar", "marke: bar"), FAILED, "a chart needs a mark"),
    ],
)
def test_what_readers_would_miss_is_seen_before_a_release(
    tmp_path: Path, text: str, verdict: str, message: str
) -> None:
    """Rows may be missing in the sample only; a broken definition is broken everywhere."""
    head = {"sales": BOARD}
    if "marke" in text:
        side(tmp_path / "x", tmp_path / "x", 1, head)
        (tmp_path / "x/boards/sales.md").write_text(text)
        plan = cast(Any, SimpleNamespace())
        step = boards_step.judge(Product(tmp_path / "x"), plan, DbtRun(True), tmp_path)
    else:
        step, _, _ = judged(tmp_path, head, {"sales": text}, files=("boards/sales.md",))
    assert step.verdict == verdict
    assert any(message in detail for detail in step.details), step.details


@pytest.mark.parametrize("on_current", [True, False])
def test_a_failed_query_on_real_data_shows_no_value(tmp_path: Path, on_current: bool) -> None:
    text = BOARD.replace("select day,", "select cast('Pat' || day as integer) as day,")
    step, _, folder = judged(
        tmp_path, {"sales": BOARD}, {"sales": text}, files=("boards/sales.md",),
        on_current=on_current,
    )  # fmt: skip
    assert step.verdict == FAILED
    assert "The query days failed" in (folder / "boards.json").read_text("utf-8")
    shown = [*step.details, *(path.read_text("utf-8") for path in folder.glob("boards.*"))]
    assert any("Pat1" in part for part in shown) is not on_current


def test_exposures_that_are_not_those_of_the_boards_fail(tmp_path: Path) -> None:
    side(tmp_path / "x", tmp_path / "x", 1, {"sales": BOARD})
    (tmp_path / "x" / FILE).unlink()
    plan = cast(Any, SimpleNamespace())
    step = boards_step.judge(Product(tmp_path / "x"), plan, DbtRun(True), tmp_path)
    assert step.verdict == FAILED
    assert step.repeat == "uv run dataops boards render"


def test_without_boards_there_is_nothing_to_judge(tmp_path: Path) -> None:
    step, _, _ = judged(tmp_path, {}, {})
    assert step.verdict == SKIPPED
