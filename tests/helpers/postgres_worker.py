"""`dataops release` and `rollback` on PostgreSQL in a small product, with a stand-in for dbt.

    python postgres_worker.py ROOT release|rollback [ID]

KILL_BEFORE=NAME kills the process, as the system would, before the store or the warehouse does NAME
(`warehouse.publish`, `store.point`, …); KILL_AFTER=NAME after it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import sys
import threading
import unittest.mock
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import release_worker as worker
from connection_queries import ConnectionQueries
from first_light.commands.release import release as make_release
from first_light.dbt.engine import DbtRun
from first_light.project.product import Product
from first_light.release import begin as release_begin
from first_light.release import outcome
from first_light.release import retention as pruning
from first_light.release.options import Options
from first_light.store.folder import FolderStore
from first_light.store.locate import open_store
from first_light.utils.errors import DataopsError
from first_light.warehouse.postgres.server import connect
from first_light.warehouse.postgres.warehouse import PostgresWarehouse


def make_product(root: Path) -> Path:
    """The least that is a product on PostgreSQL; its raw is a table."""
    worker.make_product(root)
    with (root / ".copier-answers.yml").open("a", encoding="utf-8") as file:
        file.write("warehouse: postgres\n")
    with connect(Product(root)) as connection:
        connection.cursor().execute("create table raw.orders as select 1 as order_id")
    return root


@dataclass
class QuickDbt(worker.QuickDbt):
    """The same tables as the worker's on DuckDB, in the candidate's schema.

    DBT_COLUMN is SQL for one more column of the first. DBT_SLOW builds something that takes an
    hour, in a thread and a session as dbt's are.
    """

    def build(self, *arguments: str) -> DbtRun:
        if os.environ.get("DBT_SLOW"):
            thread = threading.Thread(target=self._build_slowly)
            thread.start()
            while thread.is_alive():
                thread.join(0.1)
        token = secrets.token_hex(8)
        more = os.environ.get("DBT_COLUMN", "1 as extra")
        with connect(Product(self.root)) as connection:
            cursor = connection.cursor()
            cursor.execute("create schema if not exists candidate_marts")
            for table in worker.TABLES:
                column = f", {more}" if table == worker.TABLES[0] else ""
                cursor.execute(
                    f"create table candidate_marts.{table} as select '{token}' as token, i{column} "
                    "from generate_series(1, 10) as numbers (i)"
                )
            cursor.execute(
                "comment on table candidate_marts.one is 'It''s one row a number'; "
                "comment on column candidate_marts.one.i is 'The number'; "
                "comment on column candidate_marts.one.token is 'The same in all rows'"
            )
            cursor.execute("create table if not exists candidate_marts.log (release integer)")
            cursor.execute(
                "insert into candidate_marts.log select count(*) from candidate_marts.log"
            )
        built = (*worker.TABLES, "log")
        results = [self._result(f"model.shop.{name}", "success") for name in built]
        if self.fails == "test":
            results.append(self._result("test.shop.unique_one", "fail"))
        self._write("run_results.json", {"results": [{"status": r.status} for r in results]})
        return DbtRun(self.fails != "test", tuple(results))

    @contextlib.contextmanager
    def connect(self) -> Iterator[ConnectionQueries]:
        with connect(Product(self.root)) as connection:
            yield ConnectionQueries("postgres", connection)

    def _build_slowly(self) -> None:
        with connect(Product(self.root)) as connection:
            cursor = connection.cursor()
            schema = self.environment["DATAOPS_SCHEMA"]
            cursor.execute("set application_name = %s", (schema,))
            cursor.execute(f"create schema {schema}_marts")
            cursor.execute(f"create table {schema}_marts.slow as select 1 as i from pg_sleep(3600)")

    def _write(self, name: str, content: Any) -> None:
        if name == "manifest.json":
            for node in content["nodes"].values():
                node["schema"] = "candidate_marts"
                # Columns come and go here, and nobody has to say that they mean it.
                node["config"]["meta"] = {"dataops": {"monitors": "off"}}
        super()._write(name, content)


def quick_release(root: Path, **options: Any) -> outcome.Released:
    """A release of the product in `root`, in this process; what is pruned goes at once."""
    quiet: Callable[[str], None] = lambda line: None  # noqa: E731
    with (
        unittest.mock.patch.object(release_begin, "open_engine", QuickDbt),
        unittest.mock.patch.object(pruning, "GRACE", 0.0),
    ):
        return make_release(Product(root), Options(**options), quiet, quiet)


def kill_at(said: str, after: bool) -> None:
    """End without a word when the store or the warehouse comes to what is said."""
    where, _, name = said.partition(".")
    kind: Any = {"store": FolderStore, "warehouse": PostgresWarehouse}[where]
    act = getattr(kind, name)

    def killed(*arguments: Any, **more: Any) -> None:
        if name == "publish" and arguments[1] == open_store(arguments[0].product).current():
            act(*arguments, **more)  # a look whether the last run got through
            return
        if after:
            act(*arguments, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(kind, name, killed)


def main() -> int:
    root, verb, *arguments = sys.argv[1:]
    for variable in ("KILL_BEFORE", "KILL_AFTER"):
        if output := os.environ.get(variable):
            kill_at(output, variable == "KILL_AFTER")
    try:
        if verb == "release":
            return quick_release(Path(root)).exit_code
        from first_light.commands.rollback import rollback

        rollback(Product(Path(root)), arguments[0] if arguments else None)
    except DataopsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
