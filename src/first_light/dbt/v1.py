"""dbt 1.x, run in this process: the only module that imports dbt's Python package.

Three uses of that package remain, each for its measured time on two cores:

- `dbtRunner`: a second command in the same process, with the manifest of the first, takes less than
  a second; a process of its own takes 4 to 6 s before it does anything.
- Its results and events: progress comes while a command runs, and a build with `--no-write-json`
  writes no artifacts. With 100 models, writing them takes 0.2 to 0.3 s a command.
- The adapter: a query takes under a millisecond, `dbt show --inline` 0.11 s.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from first_light.dbt.catalog_page import secured, without_columns
from first_light.dbt.engine import DbtRun, NodeResult, QueryResult, QueryRunner
from first_light.utils.errors import DataopsError

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# A folder that is configured and still empty is no error; every other warning is.
_WARNINGS_ARE_ERRORS = '{"error": "all", "warn": ["UnusedResourceConfigPath"]}'
_CONNECTION = "dataops"  # its name in dbt and in dbt's query comments
_FINISHED = "NodeFinished"
_CATALOG_PAGE = "static_index.html"
_MOST_PROBLEMS = 50


@dataclass
class DbtV1:
    """`Engine` with dbt's `dbtRunner`; the attributes are the arguments of `open_engine`."""

    root: Path
    target: str
    target_path: Path
    environment: dict[str, str] = field(default_factory=dict)
    progress: Callable[[str], None] | None = None
    log: bool = False
    files: Path | None = None
    keeps_builds: bool = field(default=True, init=False)
    _manifest: Manifest | None = field(default=None, repr=False)
    _adapter: Any = field(default=None, repr=False)
    _finished: int = field(default=0, repr=False)

    def with_environment(self, variables: Mapping[str, str]) -> DbtV1:
        return replace(self, environment={**self.environment, **variables})

    def parse(self, *, warnings_are_errors: bool = True) -> DbtRun:
        if self._packages_missing() and not (installed := self.deps()).ok:
            return installed
        strict = ["--warn-error-options", _WARNINGS_ARE_ERRORS] if warnings_are_errors else []
        result, run = self._invoke(["parse"], strict)
        if run.ok:
            self._manifest = result
            self._adapter = _last_adapter(result)
        return run

    def build(self, *arguments: str) -> DbtRun:
        return self._invoke(["build", *arguments])[1]

    def compile(self, *arguments: str) -> DbtRun:
        return self._invoke(["compile", *arguments])[1]

    def deps(self) -> DbtRun:
        return self._invoke(["deps"])[1]

    def select(self, *arguments: str) -> tuple[tuple[str, ...], DbtRun]:
        shape = ("--output", "json", "--output-keys", "unique_id")
        result, run = self._invoke(["ls", *shape, *arguments])
        names = (json.loads(line)["unique_id"] for line in result or ()) if run.ok else ()
        return tuple(names), run

    def freshness(self, *arguments: str) -> DbtRun:
        # The results come back as objects: no file of them, and not the manifest once more.
        return self._invoke(["source", "freshness", *arguments], ["--no-write-json"])[1]

    def docs(
        self, *arguments: str, withheld: Mapping[str, Collection[str]] | None = None
    ) -> DbtRun:
        run = self._invoke(["docs", "generate", "--static", *arguments])[1]
        page = self.target_path / _CATALOG_PAGE
        if not page.is_file():
            return run
        inlined = (self.target_path / name for name in ("manifest.json", "catalog.json"))
        try:
            # With the line ends that are in the files: the page holds the same.
            texts = [path.read_bytes().decode() for path in inlined]
            text = page.read_bytes().decode()
            if withheld:
                text, texts = without_columns(text, texts, withheld)
                (self.target_path / "catalog.json").write_bytes(texts[-1].encode())
            text = secured(text, texts)
        except (OSError, ValueError) as error:
            page.unlink()
            return replace(
                run, ok=False, problem=f"The catalog page is not safe to publish: {error}"
            )
        page.write_bytes(text.encode())
        return run

    @contextlib.contextmanager
    def connect(self) -> Iterator[QueryRunner]:
        if self._adapter is None:
            raise DataopsError("dbt has run no command yet, so there is no connection to query.")
        with _inside(self.files or self.root), _variables(self.environment):
            try:
                with self._adapter.connection_named(_CONNECTION):
                    yield AdapterQueries(self._adapter, self._manifest)
            finally:
                self._adapter.cleanup_connections()
                _release_database_files()

    def clean_up(self) -> None:
        """Nothing to do: what this engine builds is in a file, or is meant to stay."""

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
        self._finished = 0
        problems: list[str] = []
        runner = dbtRunner(
            manifest=self._manifest,
            callbacks=[self._on_event, lambda event: _collect_problem(event, problems)],
        )
        with _inside(self.files or self.root), _variables(self.environment):
            try:
                outcome = runner.invoke(arguments)
            finally:
                _release_database_files()
        if isinstance(outcome.exception, KeyboardInterrupt):  # dbt hands over what it caught
            raise outcome.exception
        if outcome.exception is not None:
            return None, DbtRun(False, problem=_plain(str(outcome.exception)))
        if self._manifest is not None:
            self._adapter = _last_adapter(self._manifest)
        nodes = tuple(_node_result(result) for result in getattr(outcome.result, "results", ()))
        problem = "" if outcome.success or any(n.failed for n in nodes) else "\n".join(problems)
        return outcome.result, DbtRun(bool(outcome.success), nodes, problem)

    def _on_event(self, event: Any) -> None:
        if self.progress is not None and event.info.name == _FINISHED:
            self._finished += 1
            self.progress(f"{self._finished} done, last {event.data.node_info.node_name}")


class AdapterQueries:
    """`QueryRunner` with dbt's adapter, connected as profiles.yml says.

    What is called here every adapter must provide, for dbt itself calls it.

    Args:
        adapter: dbt's.
        manifest: dbt's, to find in which database a relation is.
    """

    def __init__(self, adapter: Any, manifest: Manifest | None) -> None:
        self._adapter = adapter
        self._manifest = manifest

    @property
    def name(self) -> str:
        return str(self._adapter.type())

    def run(self, query: str) -> QueryResult:
        from dbt.adapters.sql import SQLAdapter

        with self._translated_errors():
            if not isinstance(self._adapter, SQLAdapter):
                _, table = self._adapter.execute(query, fetch=True)
                return QueryResult(list(table.column_names), [tuple(row) for row in table.rows])
            # Where there is a cursor, its rows: `execute` logs three lines, and makes a table whose
            # types it guesses; with a hundred models that was a quarter of the whole time.
            connections = self._adapter.connections
            with connections.exception_handler(query):
                cursor = connections.get_thread_connection().handle.cursor()
                cursor.execute(query)
                names = [column[0] for column in cursor.description]
                return QueryResult(names, [tuple(row) for row in cursor.fetchall()])

    def columns(self, schema: str, name: str) -> tuple[tuple[str, str], ...]:
        with self._translated_errors():
            relation = self._adapter.get_relation(self._database(schema, name), schema, name)
            columns = self._adapter.get_columns_in_relation(relation) if relation else ()
            return tuple((column.name, column.data_type) for column in columns)

    def _database(self, schema: str, name: str) -> Any:
        """The database that a model or source names; the profile's where none is named."""
        if self._manifest is not None:
            for node in self._manifest.nodes.values():
                if (node.schema, node.alias) == (schema, name):
                    return node.database
            for source in self._manifest.sources.values():
                if (source.schema, source.identifier) == (schema, name):
                    return source.database
        return self._adapter.config.credentials.database

    @contextlib.contextmanager
    def _translated_errors(self) -> Iterator[None]:
        from dbt_common.exceptions import DbtBaseException

        try:
            yield
        except DbtBaseException as error:
            self._adapter.release_connection()  # it may hold a transaction that has failed
            self._adapter.acquire_connection(_CONNECTION)
            raise DataopsError(
                "The query failed in the warehouse.", where=_first_line(error)
            ) from error


def _last_adapter(manifest: Manifest) -> Any:
    """The adapter of the last command, which dbt keeps until the next one begins."""
    from dbt.adapters.factory import get_adapter_by_type

    return get_adapter_by_type(manifest.metadata.adapter_type)


def _release_database_files() -> None:
    """Close database files, which this process would else keep locked after dbt has run.

    An adapter whose database is a file keeps it open beyond its connections, and offers
    `close_all_connections`.
    """
    from dbt.adapters.factory import FACTORY

    for adapter in FACTORY.adapters.values():
        close = getattr(adapter.ConnectionManager, "close_all_connections", None)
        if close is not None:
            close()


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


def _collect_problem(event: Any, problems: list[str]) -> None:
    if event.info.level in ("error", "warn") and len(problems) < _MOST_PROBLEMS:
        problems.append(_plain(event.info.msg))


def _plain(message: str) -> str:
    """dbt's message without the indentation of its log."""
    return "\n".join(line.strip() for line in message.strip().splitlines() if line.strip())


def _first_line(error: Exception) -> str:
    """The first line: what follows quotes the query, and may quote a row."""
    message = str(getattr(error, "msg", "") or error).strip()
    return message.splitlines()[0] if message else type(error).__name__


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


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
def _variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and restore them afterwards."""
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
