"""What dbt v2 prints and writes, without dbt."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from first_light.dbt import freshness
from first_light.dbt.engine import NodeResult
from first_light.dbt.freshness import Source
from first_light.dbt.v2 import DbtV2
from first_light.dbt.v2_results import differences, read_results
from first_light.project import settings
from first_light.project.settings import Settings
from first_light.utils.errors import DataopsError

LOADED, CLOCK = "2026-03-31T20:00:00Z", "2026-04-01T20:00:00Z"
DAY = 86_400.0


def source(name: str, warn: float | None, error: float | None) -> Source:
    result = NodeResult(f"source.shop.raw.{name}", "source", name, "models/raw.yml", "", 0.0)
    return Source(result, f"{{{{ source('raw', '{name}') }}}}", "at", "", "", warn, error)


@pytest.mark.parametrize(
    ("warn", "error", "loaded_at", "status", "age"),
    [
        (DAY, 2 * DAY, LOADED, "pass", DAY),
        (DAY - 1, DAY, LOADED, "warn", DAY),
        (DAY - 2, DAY - 1, LOADED, "error", DAY),
        (None, DAY - 1, LOADED, "error", DAY),
        (DAY, None, None, "warn", None),
        (DAY, DAY, None, "error", None),
    ],
)
def test_a_source_is_judged_by_its_age(
    warn: float | None, error: float | None, loaded_at: str | None, status: str, age: float | None
) -> None:
    row = {"unique_id": "source.shop.raw.orders", "loaded_at": loaded_at, "clock": CLOCK}
    (node,) = freshness.judge([source("orders", warn, error)], lambda _: [row]).nodes
    assert (node.status, node.age) == (status, age)


def test_a_source_that_cannot_be_read_does_not_hide_the_others() -> None:
    def show(query: str) -> list[dict[str, Any]]:
        if "broken" in query:
            raise DataopsError("It failed.", where="no such file")
        return [{"unique_id": "source.shop.raw.orders", "loaded_at": LOADED, "clock": CLOCK}]

    sources = [source("broken", DAY, DAY), source("orders", DAY, DAY)]
    run = freshness.judge(sources, show)
    assert not run.ok
    assert [(node.status, node.message) for node in run.nodes] == [
        ("runtime error", "no such file"),
        ("pass", ""),
    ]


@pytest.fixture
def engine(tmp_path: Path) -> Callable[..., DbtV2]:
    """dbt v2 with a command that prints some lines and ends with a code."""
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    profile = {"shop": {"outputs": {"ci": {"type": "duckdb", "path": "shop.duckdb"}}}}
    (tmp_path / "profiles.yml").write_text(json.dumps(profile))
    return lambda: DbtV2(tmp_path, "ci", tmp_path / "target")


def event(level: str, message: str) -> str:
    return json.dumps({"data": {}, "info": {"name": "Generic", "level": level, "msg": message}})


@pytest.mark.parametrize(
    ("lines", "code", "strict", "ok", "problem"),
    [
        ([event("info", "Loading profiles.yml")], 0, True, True, ""),
        ([event("warn", "[warning] [Unused (dbt1)]: x")], 0, True, False, "Unused"),
        ([event("warn", "[warning] [Unused (dbt1)]: x")], 0, False, True, ""),
        ([event("warn", "[warning] [UnusedResourceConfigPath (dbt1)]: x")], 0, True, True, ""),
        ([event("error", "[error]: bad\n   0: <unknown>")], 1, False, False, "[error]: bad"),
        (["thread 'main' panicked"], 101, False, False, "panicked"),
    ],
)
def test_warnings_fail_a_strict_parse_and_errors_every_one(
    engine: Callable[..., DbtV2],
    lines: list[str],
    code: int,
    strict: bool,
    ok: bool,
    problem: str,
    tmp_path: Path,
) -> None:
    script = tmp_path / "dbt.py"
    script.write_text(f"import sys\nprint({chr(10).join(lines)!r})\nsys.exit({code})\n")
    with settings.use(Settings(dbt_command=f"{sys.executable} {script}")):
        run = engine().parse(warnings_are_errors=strict)
    assert run.ok is ok
    assert problem in run.problem
    assert "<unknown>" not in run.problem


def test_a_command_that_is_not_there_is_named(engine: Callable[..., DbtV2], tmp_path: Path) -> None:
    missing = tmp_path / "dbt"
    with (
        settings.use(Settings(dbt_command=str(missing))),
        pytest.raises(DataopsError, match="dbt v2 could not be started") as error,
    ):
        engine().parse()
    assert str(missing) in error.value.where
    assert "DATAOPS_DBT_COMMAND" in error.value.fix


PRINTED = """    Failed [  1.61s] unit_test staging.refunds (models/staging/u.yml:2:11)

====================== Test Failures =======================
Test failed: refunds
+------------+
| payment_id |
+------------+
| 2 -> 1     |
+------------+
1 row(s) differ.

==================== Execution Summary =====================
Finished 'build' with 1 error for target 'ci' [6.0s]
"""


def test_the_differences_of_a_unit_test_are_found() -> None:
    (text,) = differences(PRINTED).values()
    assert text.splitlines()[-2:] == ["+------------+", "1 row(s) differ."]
    assert "2 -> 1" in text
    assert differences("nothing failed") == {}


@pytest.mark.parametrize(
    ("status", "failures", "message"),
    [
        ("fail", 1, "Got 1 result, configured to fail if > 0"),
        ("warn", 3, "Got 3 results, configured to warn if != 0"),
        ("error", None, "Binder Error: no column"),
    ],
)
def test_a_data_test_says_how_many_rows_it_found(
    status: str, failures: int | None, message: str, tmp_path: Path
) -> None:
    node = {
        "unique_id": "test.shop.no_orders",
        "resource_type": "test",
        "name": "no_orders",
        "package_name": "shop",
        "original_file_path": "tests/no_orders.sql",
        "config": {"error_if": "> 0"},
    }
    manifest = {"metadata": {"project_name": "shop"}, "nodes": {"test.shop.no_orders": node}}
    written = "Binder Error: no column" if status == "error" else "Error"
    result = {"unique_id": node["unique_id"], "status": status, "message": written}
    results = {"results": [{**result, "failures": failures}]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "run_results.json").write_text(json.dumps(results))
    (read,) = read_results(tmp_path)
    assert (read.status, read.failures, read.message) == (status, failures, message)
