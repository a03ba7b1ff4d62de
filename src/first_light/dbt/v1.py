"""dbt 1.x, run in this process: the only module that imports dbt's Python package.

Two uses of that package remain, each for its measured time on two cores:

- `dbtRunner`: a second command in the same process, with the manifest of the first, takes less than
  a second; a process of its own takes 4 to 6 s before it does anything.
- Its results and events: progress comes while a command runs, and a build with `--no-write-json`
  writes no artifacts. With 100 models, writing them takes 0.2 to 0.3 s a command.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from first_light.dbt import accepted_warnings, driver
from first_light.dbt.engine import EXTERNAL, DbtRun, NodeResult, QueryRunner
from first_light.dbt.folders import inside, packages_missing, plain
from first_light.dbt.profile import read_profile
from first_light.dbt.versions import forget_other_versions
from first_light.utils.variables import set_variables

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_FINISHED = "NodeFinished"
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
    writes_files: bool = False
    keeps_builds: bool = field(default=True, init=False)
    reads_once: bool = field(default=True, init=False)
    _manifest: Manifest | None = field(default=None, repr=False)
    _finished: int = field(default=0, repr=False)

    def with_environment(self, variables: Mapping[str, str]) -> DbtV1:
        return replace(self, environment={**self.environment, **variables})

    def parse(self, *, warnings_are_errors: bool = True) -> DbtRun:
        if packages_missing(self.root) and not (installed := self.deps()).ok:
            return installed
        forget_other_versions(self.root, self.target_path)
        strict = ["--warn-error-options", accepted_warnings.option()] if warnings_are_errors else []
        result, run = self._invoke(["parse"], strict)
        if run.ok:
            self._manifest = result if self.writes_files else _without_files(result)
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

    @contextlib.contextmanager
    def connect(self) -> Iterator[QueryRunner]:
        profile = read_profile(self.root, self.target, {**os.environ, **self.environment})
        with inside(self.files or self.root), driver.connect(profile) as queries:
            yield queries

    def clean_up(self) -> None:
        """Nothing to do: what this engine builds is in a file, or is meant to stay."""

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
        warnings: set[str] = set()
        runner = dbtRunner(
            manifest=self._manifest,
            callbacks=[self._on_event, lambda event: _collect_problem(event, problems, warnings)],
        )
        with inside(self.files or self.root), set_variables(self.environment):
            try:
                outcome = runner.invoke(arguments)
            finally:
                _release_database_files()
        if isinstance(outcome.exception, KeyboardInterrupt):  # dbt hands over what it caught
            raise outcome.exception
        if outcome.exception is not None:
            return None, DbtRun(False, problem=plain(str(outcome.exception)))
        nodes = tuple(_node_result(result) for result in getattr(outcome.result, "results", ()))
        problem = "" if outcome.success or any(n.failed for n in nodes) else "\n".join(problems)
        return outcome.result, DbtRun(
            bool(outcome.success), nodes, problem, tuple(sorted(warnings))
        )

    def _on_event(self, event: Any) -> None:
        if self.progress is not None and event.info.name == _FINISHED:
            self._finished += 1
            self.progress(f"{self._finished} done, last {event.data.node_info.node_name}")


def _without_files(manifest: Manifest) -> Manifest:
    """The project, with tables instead of models that write files."""
    for node in manifest.nodes.values():
        if node.config.materialized == EXTERNAL:
            node.config.materialized = "table"
    return manifest


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
        message=plain(result.message or ""),
        sql=getattr(node, "compiled_code", None) or "",
        depends_on=tuple(getattr(depends_on, "nodes", ()) or ()),
        loaded_at=loaded_at.isoformat() if loaded_at else "",
        age=getattr(result, "age", None) if loaded_at else None,
        scanned=int((getattr(result, "adapter_response", None) or {}).get("bytes_billed") or 0),
    )


def _collect_problem(event: Any, problems: list[str], warnings: set[str]) -> None:
    if event.info.level == "warn":
        warnings.add(event.info.name)
    if event.info.level in ("error", "warn") and len(problems) < _MOST_PROBLEMS:
        problems.append(plain(event.info.msg))
