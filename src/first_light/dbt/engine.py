"""dbt, run in this process; what it found becomes small typed objects, raw JSON goes no further."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from first_light.dbt.adapter import CONNECTION, Adapter
from first_light.utils.errors import DataopsError

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# A folder that is configured and still empty is no error; every other warning is.
WARNINGS_ARE_ERRORS = '{"error": "all", "warn": ["UnusedResourceConfigPath"]}'

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
        loaded_at: of a source, its newest time (ISO 8601); empty when it could not be told.
        age: of a source, seconds from then to the product's clock; None when it could not be told.
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

    @property
    def failed(self) -> bool:
        return self.status in FAILED

    @property
    def warned(self) -> bool:
        return self.status == "warn"


def forget_last_run(target: Path) -> None:
    """Empty the folder where dbt writes, but for what it parsed: that need not be read again."""
    target.mkdir(parents=True, exist_ok=True)
    for path in target.iterdir():
        if path.name != "partial_parse.msgpack":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@dataclass(frozen=True)
class DbtRun:
    """One dbt command that was run.

    Attributes:
        ok: dbt's own verdict.
        nodes: what each node did; empty when dbt did not get so far.
        problem: why dbt could not run, in its words; empty when it ran.
    """

    ok: bool
    nodes: tuple[NodeResult, ...] = ()
    problem: str = ""

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        return tuple(node for node in self.nodes if node.failed)

    @property
    def warned(self) -> tuple[NodeResult, ...]:
        return tuple(node for node in self.nodes if node.warned)

    @property
    def skipped(self) -> tuple[NodeResult, ...]:
        return tuple(node for node in self.nodes if node.status == "skipped")


@dataclass
class Dbt:
    """dbt in one folder, on one target, with one database.

    Attributes:
        root: the folder of dbt_project.yml.
        target: the profile's target: dev, ci or prod.
        target_path: where dbt writes what it makes.
        environment: variables set while dbt runs (DATAOPS_DB, DATAOPS_RAW, DATAOPS_NOW, …).
        progress: called with a short line whenever a node has finished.
        log: whether dbt writes what it does, in full, to logs/dbt.log in `target_path`.
        files: the folder that relative paths in sources mean; `root` if None.
        stays: whether what one process has built is there for the next.
    """

    root: Path
    target: str
    target_path: Path
    environment: dict[str, str] = field(default_factory=dict)
    progress: Callable[[str], None] | None = None
    log: bool = False
    files: Path | None = None
    stays: ClassVar[bool] = True
    _manifest: Manifest | None = field(default=None, repr=False)
    _adapter: Any = field(default=None, repr=False)
    _done: int = field(default=0, repr=False)

    def with_environment(self, variables: Mapping[str, str]) -> Dbt:
        """The same dbt, with more variables for the commands that follow."""
        return replace(self, environment={**self.environment, **variables})

    def parse(self, *, warnings_are_errors: bool = True) -> DbtRun:
        """Read the project; the commands that follow do not read it again."""
        if self._packages_missing() and not (installed := self.deps()).ok:
            return installed
        strict = ["--warn-error-options", WARNINGS_ARE_ERRORS] if warnings_are_errors else []
        result, run = self._invoke(["parse"], strict)
        if run.ok:
            self._manifest = result
            self._adapter = _registered(result)
        return run

    def build(self, *arguments: str) -> DbtRun:
        """`dbt build`: models, snapshots, data tests and unit tests, in order."""
        return self._invoke(["build", *arguments])[1]

    def compile(self, *arguments: str) -> DbtRun:
        """`dbt compile`: the SQL of everything, into the manifest; nothing is built."""
        return self._invoke(["compile", *arguments])[1]

    def deps(self) -> DbtRun:
        """`dbt deps`: install the packages that the project names."""
        return self._invoke(["deps"])[1]

    def select(self, *arguments: str) -> tuple[tuple[str, ...], DbtRun]:
        """The unique ids that `dbt ls` finds, e.g. for `--select state:modified+ --state …`."""
        shape = ("--output", "json", "--output-keys", "unique_id")
        result, run = self._invoke(["ls", *shape, *arguments])
        found = (json.loads(line)["unique_id"] for line in result or ()) if run.ok else ()
        return tuple(found), run

    def freshness(self, *arguments: str) -> DbtRun:
        """`dbt source freshness`, judged at the product's clock."""
        # What it found comes back as it is: no file of it, and not the manifest once more.
        return self._invoke(["source", "freshness", *arguments], ["--no-write-json"])[1]

    @contextlib.contextmanager
    def adapter(self) -> Iterator[Adapter]:
        """dbt's own adapter, connected as its last command was, to ask what that has built.

        Raises:
            DataopsError: no command has run yet.
        """
        if self._adapter is None:
            raise DataopsError("dbt has run no command yet, so there is no connection to query.")
        with _inside(self.files or self.root), _environment(self.environment):
            try:
                with self._adapter.connection_named(CONNECTION):
                    yield Adapter(self._adapter, self._manifest)
            finally:
                self._adapter.cleanup_connections()
                close_connections()

    def finish(self) -> None:
        """Leave nothing on a server; a file of one's own stays."""

    def docs(self, *arguments: str) -> DbtRun:
        """`dbt docs generate`: the catalog, as one static page."""
        return self._invoke(["docs", "generate", "--static", *arguments])[1]

    def _packages_missing(self) -> bool:
        """Whether packages are named and none is installed, as in a fresh clone."""
        named = (self.root / "packages.yml").is_file() or "packages:" in _text(
            self.root / "dependencies.yml"
        )
        return named and not (self.root / "dbt_packages").is_dir()

    def _invoke(self, command: list[str], options: Sequence[str] = ()) -> tuple[Any, DbtRun]:
        from dbt.cli.main import dbtRunner  # seconds to import: only when it is needed

        arguments = [
            *("--quiet", "--no-use-colors", "--no-use-colors-file", "--log-level", "none"),
            *("--log-level-file", "info" if self.log else "none"),
            *("--log-path", str(self.target_path / "logs")),
            *options,
            *command,
            *("--project-dir", str(self.root), "--profiles-dir", str(self.root)),
            *("--target", self.target),
            # Installing packages makes nothing there.
            *(() if command == ["deps"] else ("--target-path", str(self.target_path))),
        ]
        self.target_path.mkdir(parents=True, exist_ok=True)
        self._done = 0
        problems: list[str] = []
        runner = dbtRunner(
            manifest=self._manifest,
            callbacks=[self._on_event, lambda event: _collect_problem(event, problems)],
        )
        with _inside(self.files or self.root), _environment(self.environment):
            try:
                outcome = runner.invoke(arguments)
            finally:
                close_connections()
        if isinstance(outcome.exception, KeyboardInterrupt):  # dbt hands over what it caught
            raise outcome.exception
        if outcome.exception is not None:
            return None, DbtRun(False, problem=_plain(str(outcome.exception)))
        if self._manifest is not None:
            self._adapter = _registered(self._manifest)
        nodes = tuple(_node_result(result) for result in getattr(outcome.result, "results", ()))
        problem = "" if outcome.success or any(n.failed for n in nodes) else "\n".join(problems)
        return outcome.result, DbtRun(bool(outcome.success), nodes, problem)

    def _on_event(self, event: Any) -> None:
        if self.progress is not None and event.info.name in _FINISHED:
            self._done += 1
            self.progress(f"{self._done} done, last {event.data.node_info.node_name}")


_FINISHED = frozenset({"NodeFinished"})


def _registered(manifest: Manifest) -> Any:
    """The adapter of the last command, which dbt keeps until the next one begins."""
    from dbt.adapters.factory import get_adapter_by_type

    return get_adapter_by_type(manifest.metadata.adapter_type)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _collect_problem(event: Any, problems: list[str]) -> None:
    if event.info.level in ("error", "warn") and len(problems) < 50:
        problems.append(_plain(event.info.msg))


def close_connections() -> None:
    """Let go of the database file, which this process would else keep locked after dbt has run."""
    with contextlib.suppress(ImportError):
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()


def _node_result(result: Any) -> NodeResult:
    node = result.node
    depends_on = getattr(node, "depends_on", None)
    loaded_at = getattr(result, "max_loaded_at", None)
    if loaded_at is not None and loaded_at.year <= 1:  # how dbt says that the source holds no rows
        loaded_at = None
    return NodeResult(
        unique_id=node.unique_id,
        kind=str(node.resource_type),
        name=node.name,
        path=node.original_file_path,
        status=str(result.status),
        seconds=float(result.execution_time or 0.0),
        failures=getattr(result, "failures", None),
        message=_plain(result.message or ""),
        sql=getattr(node, "compiled_code", None) or "",
        depends_on=tuple(getattr(depends_on, "nodes", ()) or ()),
        loaded_at=loaded_at.isoformat() if loaded_at else "",
        age=getattr(result, "age", None) if loaded_at else None,
    )


def _plain(message: str) -> str:
    """dbt's message without the indentation of its log."""
    return "\n".join(line.strip() for line in message.strip().splitlines() if line.strip())


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Run in `folder`: relative paths in sources are read from the working directory."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
