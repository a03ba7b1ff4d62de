"""dbt behind one interface: its commands, their results, and queries on what they built.

Nothing here imports dbt. `open_engine` chooses the module that runs it, `v1.py` or `v2.py`, by the
setting `dbt-engine`.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from first_light.dbt.versions import KEY, PARSED
from first_light.project import settings
from first_light.utils.private import make_private_folder

EXTERNAL = "external"  # how a model is materialized that writes a file
FAILED = frozenset({"error", "fail", "runtime error", "partial success"})


@dataclass(frozen=True)
class NodeResult:
    """What dbt said of one node.

    Attributes:
        unique_id: dbt's id, e.g. `model.shop.orders`.
        kind: dbt's resource type: model, test, unit_test, snapshot, source, …
        name: the node's own name.
        path: its file, relative to the product.
        status: dbt's word: success, pass, warn, error, fail, skipped.
        seconds: time it took.
        failures: failing rows of a test; None where there is no such count.
        message: dbt's message, empty when all is well.
        sql: the compiled SQL, empty when there is none.
        depends_on: unique ids of its direct parents.
        loaded_at: of a source, its newest time (ISO 8601); empty if unknown.
        age: of a source, seconds from then to the product's clock; None if unknown.
        scanned: bytes that the warehouse charges for; 0 where it does not say.
    """

    unique_id: str
    kind: str
    name: str
    path: str
    status: str
    seconds: float
    failures: int | None = None
    message: str = ""
    sql: str = ""
    depends_on: tuple[str, ...] = ()
    loaded_at: str = ""
    age: float | None = None
    scanned: int = 0

    @property
    def failed(self) -> bool:
        return self.status in FAILED

    @property
    def warned(self) -> bool:
        return self.status == "warn"


def forget_last_run(target: Path) -> None:
    """Empty the folder where dbt writes, but for what it parsed: that need not be read again.

    Only its owner can open it: databases, logs and reports in it may hold values of raw.
    """
    make_private_folder(target)
    with contextlib.suppress(PermissionError):  # somebody else's, who shares it
        target.chmod(0o700)
    for path in target.iterdir():
        if path.name not in (PARSED, KEY):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@dataclass(frozen=True)
class DbtRun:
    """One dbt command that was run.

    Attributes:
        ok: dbt's own verdict.
        nodes: what each node did; empty when dbt did not get so far.
        problem: why dbt could not run, in its words; empty when it ran.
        warnings: the names of dbt's events that were no errors, by name.
    """

    ok: bool
    nodes: tuple[NodeResult, ...] = ()
    problem: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        return tuple(node for node in self.nodes if node.failed)

    @property
    def warned(self) -> tuple[NodeResult, ...]:
        return tuple(node for node in self.nodes if node.warned)

    @property
    def skipped(self) -> tuple[NodeResult, ...]:
        return tuple(node for node in self.nodes if node.status == "skipped")


class QueryResult(NamedTuple):
    """The result of a query.

    Attributes:
        columns: their names.
        rows: their values, as the warehouse's driver gives them.
    """

    columns: list[str]
    rows: list[tuple[Any, ...]]


class QueryRunner(Protocol):
    """A connection to what dbt has built."""

    @property
    def name(self) -> str:
        """duckdb, postgres, snowflake, …: as dbt calls the kind of warehouse."""

    def run(self, query: str) -> QueryResult:
        """The result of a query.

        Raises:
            DataopsError: the warehouse rejected it.
        """


class Engine(Protocol):
    """dbt in one folder, on one target, with one database.

    `arguments` are those of dbt's own command line.
    """

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables set while dbt runs (DATAOPS_DB, DATAOPS_RAW, DATAOPS_NOW, …)."""

    @property
    def keeps_builds(self) -> bool:
        """Whether what one process has built is there for the next."""

    @property
    def reads_once(self) -> bool:
        """Whether commands that follow `parse` go on with what it read, and open no file again."""

    def with_environment(self, variables: Mapping[str, str]) -> Engine:
        """The same engine, with more variables for the commands that follow."""

    def parse(self, *, warnings_are_errors: bool = True) -> DbtRun:
        """Read the project, after installing its packages where none are; later commands reuse it.

        Args:
            warnings_are_errors: every warning fails, but for a folder that is still empty and
                deprecated versions of models.
        """

    def build(self, *arguments: str) -> DbtRun:
        """`dbt build`: models, snapshots, data tests and unit tests, in order."""

    def compile(self, *arguments: str) -> DbtRun:
        """`dbt compile`: the SQL of everything, into the manifest; nothing is built."""

    def deps(self) -> DbtRun:
        """`dbt deps`: install the packages that the project names."""

    def select(self, *arguments: str) -> tuple[tuple[str, ...], DbtRun]:
        """The unique ids that `dbt ls` lists, e.g. for `--select state:modified+ --state …`."""

    def freshness(self, *arguments: str) -> DbtRun:
        """`dbt source freshness`, judged at the product's clock."""

    def connect(self) -> AbstractContextManager[QueryRunner]:
        """A connection as dbt's own, to query what it has built.

        Raises:
            DataopsError: the warehouse could not be reached.
        """

    def clean_up(self) -> None:
        """Delete what the builds left on a shared server; a database file stays."""


def open_engine(
    root: Path,
    target: str,
    target_path: Path,
    environment: Mapping[str, str] | None = None,
    progress: Callable[[str], None] | None = None,
    *,
    log: bool = False,
    files: Path | None = None,
    writes_files: bool = False,
) -> Engine:
    """dbt, of the version that the setting `dbt-engine` names.

    Args:
        root: the folder of dbt_project.yml.
        target: the profile's target: dev, ci or prod.
        target_path: where dbt writes its artifacts.
        environment: variables set while dbt runs.
        progress: called with a short line whenever a node has finished.
        log: write dbt's full log to logs/dbt.log in `target_path`.
        files: the folder that relative paths in sources mean; `root` if None.
        writes_files: external models write their files, which readers use; else they are tables.
    """
    options = (progress, log, files, writes_files)
    arguments = (root, target, target_path, dict(environment or {}), *options)
    if settings.current().dbt_engine == "v2":
        from first_light.dbt.v2 import DbtV2

        return DbtV2(*arguments)
    from first_light.dbt.v1 import DbtV1

    return DbtV1(*arguments)


def version() -> str:
    """The version of the dbt that commands run.

    Raises:
        DataopsError: it could not be started.
    """
    if settings.current().dbt_engine == "v2":
        from first_light.dbt import v2

        return v2.version()
    return metadata.version("dbt-core")
