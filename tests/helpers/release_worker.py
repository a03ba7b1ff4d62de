"""`dataops release` and `rollback` in a small product, with a stand-in for dbt that takes no time.

    python release_worker.py ROOT release|rollback [ARGUMENT …]
    python release_worker.py serve

KILL_AT=n kills the process, as the system would, at its n-th step: on the disk, or with git or a
bucket where the store is one. SHOW_STEPS=FILE writes down the steps that there were.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import unittest.mock
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from connection_queries import ConnectionQueries
from first_light.commands.release import release as make_release
from first_light.dbt.engine import DbtRun, NodeResult
from first_light.project.product import Product
from first_light.release import begin as release_begin
from first_light.release import outcome
from first_light.release import retention as pruning
from first_light.release.options import Options
from first_light.store import branch
from first_light.utils.errors import DataopsError

TABLES = ("one", "two")
_ON_THE_DISK = ("fsync", "replace", "rename", "unlink", "symlink", "mkdir", "rmdir", "chmod")


def make_product(root: Path, raw: bool = True) -> Path:
    """The least that is a product, outside git, with one file in raw."""
    (root / "raw" / "orders").mkdir(parents=True)
    (root / "sample" / "orders").mkdir(parents=True)
    (root / "dbt_project.yml").write_text("name: shop\n", encoding="utf-8")
    (root / ".copier-answers.yml").write_text(
        'product_name: Shop\ndeadline: "07:00"\n', encoding="utf-8"
    )
    (root / "sample" / "orders" / "orders.csv").write_text("order_id\n1\n", encoding="utf-8")
    if raw:
        landed = root / "raw" / "orders" / "orders.csv"
        landed.write_text("order_id\n1\n2\n", encoding="utf-8")
        os.utime(landed, (1e9, 1e9))  # long ago: the first release remembers its hash
    return root


@dataclass
class QuickDbt:
    """Builds two tables that hold the same token, and a third that grows by one row a release."""

    root: Path
    target: str
    target_path: Path
    environment: dict[str, str]
    progress: Callable[[str], None] | None = None
    log: bool = False
    writes_files: bool = False
    fails: str = field(default_factory=lambda: os.environ.get("DBT_FAILS", ""))

    def with_environment(self, variables: Mapping[str, str]) -> QuickDbt:
        return replace(self, environment={**self.environment, **variables})

    def parse(self, *, warnings_are_errors: bool = True) -> DbtRun:
        self._write("manifest.json", manifest())
        return DbtRun(self.fails != "parse", problem="no" if self.fails == "parse" else "")

    def build(self, *arguments: str) -> DbtRun:
        import duckdb

        while self.fails == "deaf":
            with contextlib.suppress(KeyboardInterrupt):
                print("building", flush=True)
                time.sleep(60)
        rows = int(os.environ.get("DBT_ROWS", "10"))
        with duckdb.connect(self.environment["DATAOPS_DB"]) as connection:
            connection.execute("create schema if not exists marts")
            for table in TABLES:
                connection.execute(
                    f"create table marts.{table} as select '{secrets.token_hex(8)}' as token, "
                    f"i, md5(i::varchar) as noise from range({rows}) t(i)"
                    if table == TABLES[0]
                    else f"create table marts.{table} as from marts.{TABLES[0]}"
                )
            connection.execute("create table if not exists marts.log (release integer)")
            connection.execute("insert into marts.log select count(*) from marts.log")
        results = [self._result(f"model.shop.{name}", "success") for name in (*TABLES, "log")]
        results.append(self._result("test.shop.unique_one", "pass"))
        if self.fails == "test":
            results[-1] = self._result("test.shop.unique_one", "fail", "Got 3 results: 'Ada'")
        self._write("run_results.json", {"results": [{"status": r.status} for r in results]})
        return DbtRun(self.fails != "test", tuple(results))

    @contextlib.contextmanager
    def connect(self) -> Iterator[ConnectionQueries]:
        import duckdb

        with duckdb.connect(self.environment["DATAOPS_DB"]) as connection:
            yield ConnectionQueries("duckdb", connection)

    def freshness(self, *arguments: str) -> DbtRun:
        return DbtRun(True)

    def _result(self, unique_id: str, status: str, message: str = "") -> NodeResult:
        entry = manifest()["nodes"][unique_id]
        return NodeResult(
            unique_id,
            entry["resource_type"],
            entry["name"],
            entry["original_file_path"],
            status,
            0.1,
            message=message,
        )

    def _write(self, name: str, content: Any) -> None:
        self.target_path.mkdir(parents=True, exist_ok=True)
        (self.target_path / name).write_text(json.dumps(content), encoding="utf-8")


def manifest() -> dict[str, Any]:
    """Two tables, one that goes on from its state, and a test."""

    def node(kind: str, name: str, materialized: str, **more: Any) -> dict[str, Any]:
        return {
            "unique_id": f"{kind}.shop.{name}",
            "resource_type": kind,
            "name": name,
            "alias": name,
            "schema": "marts",
            "relation_name": f'"marts"."{name}"',
            "original_file_path": f"models/{name}.sql",
            "package_name": "shop",
            "group": "data_team",
            "config": {"materialized": materialized},
            **more,
        }

    nodes = [
        node("model", TABLES[0], "table"),
        node("model", TABLES[1], "table", depends_on={"nodes": [f"model.shop.{TABLES[0]}"]}),
        node("model", "log", "incremental"),
        node("test", "unique_one", "test", attached_node=f"model.shop.{TABLES[0]}"),
    ]
    group = {"name": "data_team", "owner": {"name": "Data team", "email": "data@example.com"}}
    return {
        "metadata": {"project_name": "shop"},
        "nodes": {node["unique_id"]: node for node in nodes},
        "groups": {"group.shop.data_team": group},
    }


def quick_release(root: Path, **options: Any) -> outcome.Released:
    """A release of the product in `root`, in this process, which keeps its own dbt for the rest.

    PRUNE_GRACE is how many seconds an old release stays besides; here none.
    """
    quiet: Callable[[str], None] = lambda line: None  # noqa: E731
    grace = float(os.environ.get("PRUNE_GRACE", "0"))
    with (
        unittest.mock.patch.object(release_begin, "open_engine", QuickDbt),
        unittest.mock.patch.object(pruning, "GRACE", grace),
    ):
        return make_release(Product(root), Options(**options), quiet, quiet)


def count_steps(kill_at: int) -> list[str]:
    """Count the steps, and end without a word at the given one; 0 never does."""
    seen: list[str] = []

    def counted(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            seen.append(name)
            if len(seen) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return act(*arguments, **options)

        return step

    for name in _ON_THE_DISK:
        # A killed process does not lose what the system holds: waiting for the disk proves nothing.
        act = (lambda handle: None) if name == "fsync" else getattr(os, name)
        setattr(os, name, counted(name, act))
    if os.environ.get("DATAOPS_STORE", "") == "branch":
        setattr(branch.BranchRemote, "_run", counted("git", branch.BranchRemote._run))  # noqa: B010
    elif os.environ.get("DATAOPS_STORE", "").startswith("s3:"):
        import s3fs

        s3fs.S3FileSystem._call_s3 = counted("s3", s3fs.S3FileSystem._call_s3)
    return seen


class Warm:
    """Starts workers that need not import anything first: they are forked from one that has.

    Each leads a process group of its own, with the git that it starts, under its process id.
    """

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, __file__, "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, *arguments: str, **environment: str) -> int:
        """Returns its process id, which is nobody else's until `wait` was called."""
        return self._ask(json.dumps([arguments, {**os.environ, **environment}]))

    def wait(self) -> int:
        """The exit code of the one that was started last; -9 where it was killed."""
        return self._ask("")

    def stop(self) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()

    def _ask(self, line: str) -> int:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(f"{line}\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())


def _serve() -> int:
    """What `Warm` talks with: a line of arguments starts a worker, an empty one waits for it."""
    import duckdb  # noqa: F401
    import s3fs  # noqa: F401

    worker = 0
    for line in sys.stdin:
        if not line.strip():
            print(os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]), flush=True)
            continue
        arguments, environment = json.loads(line)
        if worker := os.fork():
            print(worker, flush=True)
            continue
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os.environ.clear()
        os.environ.update(environment)
        try:
            code = run(*arguments)
        except Exception:
            code = 70
        os._exit(code)
    return 0


def run(root: str, verb: str, *arguments: str) -> int:
    """One worker's life; returns its exit code."""
    seen = count_steps(int(os.environ.get("KILL_AT", "0")))
    try:
        if verb == "release":
            code = quick_release(Path(root)).exit_code
        elif verb == "rollback":
            from first_light.commands.rollback import rollback

            rollback(Product(Path(root)), arguments[0] if arguments else None)
            code = 0
        else:
            raise SystemExit(f"no such verb: {verb}")
    except DataopsError as error:
        print(error, file=sys.stderr)
        code = 2
    if shown := os.environ.get("SHOW_STEPS"):
        Path(shown).write_text(" ".join(seen), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(_serve() if sys.argv[1] == "serve" else run(*sys.argv[1:]))
