"""dbt v2, through its command line and its artifacts.

What the open build 2.0.0a4 leaves out is made up for here:

- `dbt source freshness` does nothing: one query of `dbt show` reads the newest times.
- A unit test of an incremental model fails before the model's table exists
  (https://github.com/dbt-labs/dbt-core/issues/16040): such tests run after the other nodes.
- Messages of failed tests are one word, and how a unit test differs is only in the text for people:
  failed unit tests run once more, for that text.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from first_light.dbt import accepted_warnings, driver, freshness
from first_light.dbt.engine import EXTERNAL, DbtRun, QueryRunner
from first_light.dbt.folders import inside, packages_missing, plain
from first_light.dbt.manifest import Manifest, read_manifest
from first_light.dbt.profile import read_profile
from first_light.dbt.v2_results import add_results, compiled_nodes, differences, read_results
from first_light.project import settings
from first_light.utils.errors import DataopsError
from first_light.utils.variables import variable

VERSION = "2.0.0a4"
"""The version that runs where DATAOPS_DBT_COMMAND names no other."""

# Options of dbt 1.12 that say nothing here: dbt v2 has no cache to fill, and always compiles.
_UNKNOWN = frozenset({"--no-populate-cache", "--no-compile"})
_OWN_FOLDER = "--no-write-json"  # what others read in the target folder must stay as it is
_RESULTS = frozenset({"LogModelResult", "LogTestResult", "LogSnapshotResult", "LogSeedResult"})
_MOST_PROBLEMS = 50
_EVENT = re.compile(r"\[([A-Z]\w+) ")  # the name of an event, before its code


@dataclass(frozen=True)
class _Outcome:
    """What one command said.

    Attributes:
        code: its exit code.
        problems: its errors and warnings, in order.
        printed: what it printed as its result, a text a line.
    """

    code: int
    problems: tuple[str, ...]
    printed: tuple[str, ...]


@dataclass
class DbtV2:
    """`Engine` with dbt's executable; the attributes are the arguments of `open_engine`."""

    root: Path
    target: str
    target_path: Path
    environment: dict[str, str] = field(default_factory=dict)
    progress: Callable[[str], None] | None = None
    log: bool = False
    files: Path | None = None
    writes_files: bool = False
    keeps_builds: bool = field(default=True, init=False)
    reads_once: bool = field(default=False, init=False)

    def with_environment(self, variables: Mapping[str, str]) -> DbtV2:
        return replace(self, environment={**self.environment, **variables})

    def parse(self, *, warnings_are_errors: bool = True) -> DbtRun:
        if packages_missing(self.root) and not (installed := self.deps()).ok:
            return installed
        outcome = self._run(["parse"], self.target_path)
        accepted = tuple(f"[{name} " for name in accepted_warnings.names())
        problems = [t for t in outcome.problems if not any(name in t for name in accepted)]
        ok = outcome.code == 0 and not (warnings_are_errors and problems)
        names = {name for text in outcome.problems for name in _EVENT.findall(text)}
        problem = "" if ok else "\n".join(outcome.problems)
        return DbtRun(ok, problem=problem, warnings=tuple(sorted(names)))

    def build(self, *arguments: str) -> DbtRun:
        if not self.writes_files and (names := self._external_models()):
            problem = f"Only a release may build models that write files: {', '.join(names)}."
            return DbtRun(False, problem=problem)
        with self._place(arguments) as place:
            late = self._late_tests(arguments)
            excluded = ("--exclude", *late) if late else ()
            run = self._nodes(["build", *arguments, *excluded], place)
            if not late or (not run.nodes and not run.ok):
                return self._explained(run)
            with tempfile.TemporaryDirectory() as folder:
                after = self._nodes(["build", "--select", *late], Path(folder))
                add_results(place, Path(folder))
        return DbtRun(run.ok and after.ok, (*run.nodes, *after.nodes), run.problem or after.problem)

    def compile(self, *arguments: str) -> DbtRun:
        with self._place(arguments) as place:
            run = self._nodes(["compile", *arguments], place)
            return replace(run, nodes=run.nodes or compiled_nodes(place)) if run.ok else run

    def deps(self) -> DbtRun:
        outcome = self._run(["deps"], self.target_path)
        return DbtRun(outcome.code == 0, problem="\n".join(outcome.problems))

    def select(self, *arguments: str) -> tuple[tuple[str, ...], DbtRun]:
        shape = ("--output", "json", "--output-keys", "unique_id")
        with tempfile.TemporaryDirectory() as folder:
            outcome = self._run(["ls", *shape, *arguments], Path(folder))
        if outcome.code:
            return (), DbtRun(False, problem="\n".join(outcome.problems))
        return tuple(json.loads(line)["unique_id"] for line in outcome.printed), DbtRun(True)

    def freshness(self, *arguments: str) -> DbtRun:
        sources = freshness.sources(self.target_path / "manifest.json")
        return freshness.judge(sources, self._show)

    @contextlib.contextmanager
    def connect(self) -> Iterator[QueryRunner]:
        profile = read_profile(self.root, self.target, self._variables())
        with inside(self.files or self.root), driver.connect(profile) as queries:
            yield queries

    def clean_up(self) -> None:
        """Nothing to do: what this engine builds is in a file, or is meant to stay."""

    def _late_tests(self, arguments: Sequence[str]) -> list[str]:
        """The unit tests of incremental models that this build selects."""
        path = self.target_path / "manifest.json"
        if "unit_test" in arguments or not path.is_file():
            return []
        manifest = read_manifest(path, packages=True)
        late = {
            node.unique_id: node.name
            for node in manifest.of("unit_test")
            if _is_incremental(manifest, node.attached_to)
        }
        if not late:
            return []
        options = [item for item in arguments if item not in (_OWN_FOLDER, "--full-refresh")]
        selected, _ = self.select("--resource-type", "unit_test", *options)
        return sorted(late[name] for name in selected if name in late)

    def _external_models(self) -> list[str]:
        """The names of the models that write files, of what was parsed."""
        path = self.target_path / "manifest.json"
        if not path.is_file():
            return []
        nodes = read_manifest(path, packages=True).of("model")
        return sorted(node.name for node in nodes if node.materialized == EXTERNAL)

    def _explained(self, run: DbtRun) -> DbtRun:
        """The result with the differences of the unit tests that failed."""
        failed = [node.name for node in run.failed if node.kind == "unit_test"]
        if not failed:
            return run
        with tempfile.TemporaryDirectory() as folder:
            command = ["build", "--log-format", "text", "--select", *failed]
            texts = differences(self._printed(command, Path(folder)).stdout)
        return replace(
            run,
            nodes=tuple(
                replace(node, status="fail", message=texts[node.name])
                if node.kind == "unit_test" and node.failed and node.name in texts
                else node
                for node in run.nodes
            ),
        )

    def _printed(self, command: list[str], place: Path) -> subprocess.CompletedProcess[str]:
        """A command whose output is for people."""
        done = subprocess.run(
            self._command(command, place),
            cwd=self.files or self.root,
            env=self._variables(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        self._settle()
        return done

    def _show(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query with Jinja.

        Raises:
            DataopsError: it failed.
        """
        options = ["--quiet", "--output", "json", "--limit", "-1", "--inline", query]
        with tempfile.TemporaryDirectory() as folder:
            done = self._printed(["show", *options], Path(folder))
        try:
            rows: list[dict[str, Any]] = json.loads(done.stdout)
        except ValueError as error:
            raise DataopsError(
                "The query failed in the warehouse.", where=plain(done.stdout + done.stderr)
            ) from error
        return rows

    @contextlib.contextmanager
    def _place(self, arguments: Sequence[str]) -> Iterator[Path]:
        """Where a command writes its artifacts."""
        if _OWN_FOLDER in arguments:
            with tempfile.TemporaryDirectory() as folder:
                yield Path(folder)
        else:
            yield self.target_path

    def _nodes(self, command: list[str], place: Path) -> DbtRun:
        """Run a command that writes results."""
        place.mkdir(parents=True, exist_ok=True)
        results = place / "run_results.json"
        results.unlink(missing_ok=True)
        outcome = self._run(command, place)
        nodes = read_results(place) if results.is_file() else ()
        ok = outcome.code == 0
        problem = "" if ok or any(n.failed for n in nodes) else "\n".join(outcome.problems)
        return DbtRun(ok, nodes, problem)

    def _run(self, command: list[str], place: Path) -> _Outcome:
        problems: list[str] = []
        printed: list[str] = []
        finished = 0
        options = ["--log-format", "json", "--log-level", "info"]
        options += ["--log-path", str(self.target_path / "logs")]
        options += ["--log-level-file", "info" if self.log else "off"]
        arguments = self._command([*command, *options], place)
        self.target_path.mkdir(parents=True, exist_ok=True)
        with _process(arguments, self.files or self.root, self._variables()) as process:
            assert process.stdout is not None
            for line in process.stdout:
                event = _event(line)
                name, level, message = event["name"], event["level"], event["msg"]
                if level in ("warn", "error") and len(problems) < _MOST_PROBLEMS:
                    problems.append(plain(message.split("\n   0: <unknown>")[0]))
                elif name == "PrintEvent":
                    printed.append(message)
                elif name in _RESULTS:
                    finished += 1
                    if self.progress is not None:
                        self.progress(f"{finished} done, last {event['node']}")
        self._settle()
        return _Outcome(process.returncode, tuple(problems), tuple(printed))

    def _command(self, command: list[str], place: Path) -> list[str]:
        known = [item for item in command if item not in _UNKNOWN and item != _OWN_FOLDER]
        folders = ["--project-dir", str(self.root), "--profiles-dir", str(self.root)]
        return [
            *executable(),
            *known,
            *folders,
            *("--target", self.target, "--target-path", str(place)),
            *("--no-version-check", "--no-send-anonymous-usage-stats"),
        ]

    def _variables(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def _settle(self) -> None:
        """Let no file lie beside a database file: dbt v2 ends without closing it."""
        profile = read_profile(self.root, self.target, self._variables())
        with inside(self.files or self.root):
            driver.settle(profile)


def executable() -> list[str]:
    """The command of dbt v2."""
    if command := settings.current().dbt_command:
        return shlex.split(command)
    return ["uv", "tool", "run", "--quiet", "--from", f"dbt-core=={VERSION}", "dbt"]


@cache
def version() -> str:
    """The version that its command names.

    Raises:
        DataopsError: it could not be started.
    """
    with _process([*executable(), "--version"], Path(), os.environ) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
    if process.returncode:
        raise DataopsError(
            "dbt v2 could not be started.",
            where=plain(printed),
            fix=f"set {variable('dbt_command')} to its command, or dbt-engine to v1",
        )
    return printed.split()[-1]


def _is_incremental(manifest: Manifest, name: str) -> bool:
    return name in manifest.nodes and manifest.nodes[name].materialized == "incremental"


def _event(line: str) -> dict[str, str]:
    """Name, level and message of a line of the log; what is no event is an error."""
    try:
        content = json.loads(line)
        info, data = content["info"], content["data"]
        message = str(data.get("msg") or info["msg"])
        node = str((data.get("node_info") or {}).get("node_name") or "")
        return {"name": info["name"], "level": info["level"], "msg": message, "node": node}
    except (ValueError, KeyError, TypeError, AttributeError):
        level = "error" if line.strip() else "debug"
        return {"name": "", "level": level, "msg": line, "node": ""}


@contextlib.contextmanager
def _process(
    arguments: list[str], folder: Path, variables: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """A running command, ended before the block is left."""
    try:
        process = subprocess.Popen(
            arguments,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise DataopsError(
            "dbt v2 could not be started.",
            where=f"{arguments[0]}: {error.strerror or error}",
            fix=f"set {variable('dbt_command')} to its command, or dbt-engine to v1",
        ) from error
    try:
        yield process
        process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
