"""A product built in memory, many times over: its own compiled SQL and tests, no dbt between.

dbt takes seconds a build, a drill needs hundreds. So dbt compiles the product once, and its SQL
runs here in the order of its dependencies: models, contracts, data tests, freshness, then the
monitors of a release. Incremental models are built whole; snapshots, Python models and what depends
on them are left out, and so are hooks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from first_light.dbt.engine import QueryResult
from first_light.dbt.manifest import Node, TestVerdict
from first_light.drill.plan import Plan
from first_light.drill.reader_faults import Edit
from first_light.drill.readers import Readers
from first_light.history.facts import RawFile
from first_light.history.measured import MetricFact
from first_light.history.record import FindingRun, NodeRun, RelationProfile
from first_light.monitors import collect
from first_light.monitors import run as monitors
from first_light.monitors.accepted import Accepted
from first_light.monitors.baseline import Release, release_of, remember
from first_light.monitors.levels import ERROR
from first_light.monitors.sources import location
from first_light.privacy.messages import masked
from first_light.utils.errors import DataopsError, QueryError
from first_light.utils.sql_names import literal, quoted
from first_light.utils.steps import FAILED, PASSED, WARNED
from first_light.warehouse.scratch import DIALECT, Connection, EngineError, connect
from first_light.warehouse.scratch_build import build_statements, verdict_query

_CATALOG = "warehouse"  # as dbt's views spell it


@dataclass(frozen=True)
class Detection:
    """One thing that an audit saw wrong.

    Attributes:
        by: what saw it: dbt model, dbt test, freshness, or a monitor's name.
        name: the node, and the column where there is one.
        rejects: whether it rejects the release.
        message: what it says.
    """

    by: str
    name: str
    rejects: bool
    message: str


@dataclass(frozen=True)
class Audit:
    """What one audit saw.

    Attributes:
        seen: what is wrong.
        release: what history would keep of it.
        findings: what the monitors saw of it.
    """

    seen: tuple[Detection, ...]
    release: Release
    findings: tuple[FindingRun, ...] = ()

    @property
    def verdict(self) -> str:
        if any(detection.rejects for detection in self.seen):
            return FAILED
        return WARNED if self.seen else PASSED


class Scratch:
    """The product in memory, on the deliveries that were loaded so far.

    Args:
        plan: its SQL.
        root: the product, for its seeds.
    """

    name = DIALECT

    def __init__(self, plan: Plan, root: Path) -> None:
        self.plan = plan
        self._root = root
        self._connection: Connection = connect()
        self._connection.execute("set TimeZone = 'UTC'; set threads = 1")  # small queries, many
        self._connection.execute(f"attach ':memory:' as {_CATALOG}")
        self._connection.execute(f"use {_CATALOG}")
        schemas = {node.schema for node in plan.order} | {"drill"}
        for schema in sorted(schemas):
            self._connection.execute(f"create schema if not exists {quoted(schema)}")
        self._tables = {
            source: f"{_CATALOG}.drill.{quoted(f'source_{n}')}"
            for n, source in enumerate(plan.sources)
        }
        self._loaded: set[str] = set()
        self.readers = Readers(plan.manifest, plan.semantics, plan.boards, plan.order, self)
        self._edits: dict[str, str] = {}
        self._sql = {node.unique_id: node.code for node in plan.order}
        self._paths: dict[str, list[str]] = {}
        self._files: dict[str, RawFile] = {}

    # ── Deliveries ───────────────────────────────────────────────────────────────────────────

    def deliver(self, files: Mapping[str, Sequence[RawFile]]) -> None:
        """Load the new files of each source, as the product reads them. They lie in raw already.

        Raises:
            DataopsError: the product can't read them.
        """
        for source, new_files in files.items():
            if not new_files:
                continue
            new = [literal(str(self.plan.raw / file.name)) for file in new_files]
            paths = self._paths.setdefault(source, [])
            paths += new
            table = self._tables[source]
            insert = f"insert into {table} by name {self._reading(source, new)}"
            create = f"create or replace table {table} as {self._reading(source, paths)}"
            try:
                if source in self._loaded:
                    with contextlib.suppress(EngineError):
                        self._connection.execute(insert)
                        continue
                self._connection.execute(create)  # also where the columns are others now
            except EngineError as error:
                raise DataopsError(
                    "A delivery cannot be read with the external_location of its source.",
                    where=f"{new_files[0].name}: {str(error).splitlines()[0]}",
                    fix="correct external_location, or remove the file from raw, "
                    "then: uv run dataops drill",
                ) from error
            finally:
                self._loaded.add(source)
                self._files.update((file.name, file) for file in new_files)

    def _reading(self, source: str, paths: Sequence[str]) -> str:
        place = self.plan.sources[source]
        literal = location(place, str(self.plan.raw)) or ""
        listed = ", ".join(paths)
        return f"select * from {place.replace(literal, f'[{listed}]')}"

    def newest(self) -> datetime | None:
        """The latest time of loading in any source."""
        newest_times = []
        for source in sorted(self._loaded):
            if loaded := self.plan.manifest.nodes[source].record_loaded_at:
                query = f"select cast(max({loaded}) as timestamp) from {self._tables[source]}"
                (row,) = self._connection.execute(query).fetchall()
                newest_times.append(row[0])
        latest = max((time for time in newest_times if time is not None), default=None)
        return latest.replace(tzinfo=timezone.utc) if latest else None

    # ── Build and audit ──────────────────────────────────────────────────────────────────────

    def audit(
        self,
        at: datetime,
        past: Sequence[Release],
        *,
        read: str = "",
        files: Sequence[RawFile] | None = None,
        earlier_files: Sequence[RawFile] = (),
        only: Collection[str] | None = None,
        tested: bool = True,
        accepted: Sequence[Accepted] = (),
    ) -> Audit:
        """Build the product and look at it as a release does.

        Args:
            at: the product's clock.
            past: what was published, oldest first.
            read: a source that is read from its files, not from what was loaded: they are broken.
            files: what is in raw; None: what was loaded.
            earlier_files: what was in raw at the delivery before.
            only: nodes and sources to build, test and look at; None: all.
            tested: whether the data tests run.
            accepted: what the team takes for normal.
        """
        listed = (
            tuple(sorted(self._files.values(), key=lambda item: item.name))
            if files is None
            else tuple(files)
        )
        detections, nodes = self._build(read, only)
        if tested:
            detections += self._test({node.unique_id for node in nodes}, only, read)
        detections += self._freshness(at, read)
        profile: tuple[RelationProfile, ...] = ()
        findings: tuple[FindingRun, ...] = ()
        metrics: tuple[MetricFact, ...] = ()
        fingerprint = str(hash(tuple(sorted((item.name, item.hash) for item in listed))))
        if not any(item.by == "dbt model" for item in detections):
            memory = remember(past, fingerprint, at)
            root = str(self.plan.raw)
            raw = collect.Raw(root, root, listed, tuple(earlier_files) or None)
            manifest = self.plan.manifest
            profile = collect.profile_all(self, manifest, nodes, self._sql, raw, memory, only)
            new_files = raw.findings(manifest, self._sql)
            metrics = self.readers.measured()
            findings = monitors.judge_all(
                profile, memory, manifest, nodes, at, accepted, new_files, metrics,
                self.plan.calendar,
            ).findings  # fmt: skip
            detections += [
                Detection(
                    f"monitor {finding.check}",
                    f"{finding.name}.{finding.column}" if finding.column else finding.name,
                    finding.level == ERROR,
                    finding.message,
                )
                for finding in findings
            ]
        release = release_of(
            profile,
            run=f"{len(past) + 1:06d}",
            number=len(past) + 1,
            at=at,
            fingerprint=fingerprint,
            anomalies=frozenset(
                (finding.check, finding.subject, finding.column) for finding in findings
            ),
            checksums={node.unique_id: node.checksum for node in nodes},
            metrics={fact.name: (fact.value, fact.definition) for fact in metrics},
        )
        return Audit(tuple(detections), release, findings)

    @contextlib.contextmanager
    def edited(self, edit: Edit) -> Iterator[None]:
        """The product with what a commit edits; what was built stays as it is."""
        edits, redefined = self._edits, self.readers.redefined
        self._edits = {edit.model: edit.sql} if edit.model else {}
        self.readers.redefined = {edit.metric: edit.sql} if edit.metric else {}
        try:
            yield
        finally:
            self._edits, self.readers.redefined = edits, redefined

    def missed_on_boards(self) -> list[Detection]:
        """What readers would miss on the boards, from what is built."""
        return [
            Detection(
                "board", f"{board.name}.{problem.query}", problem.level == ERROR, problem.message
            )
            for board, problem in self.readers.problems()
        ]

    def rebuild(self, only: Collection[str]) -> None:
        """Build some nodes again from what was loaded."""
        self._build("", only)

    def _build(
        self, read: str, only: Collection[str] | None
    ) -> tuple[list[Detection], list[NodeRun]]:
        detections: list[Detection] = []
        nodes: list[NodeRun] = []
        broken: set[str] = set()
        for node in self.plan.order:
            if node.unique_id in broken:
                continue
            try:
                if only is None or node.unique_id in only:
                    for statement in self._statements(node, read):
                        self._connection.execute(statement)
                rows = None
                if node.materialized != "view":
                    counted = f"select count(*) from {_place(node)}"
                    rows = self._connection.execute(counted).fetchall()[0][0]
            except EngineError as error:
                broken |= self.plan.manifest.graph.descendants(node.unique_id)
                message = masked(str(error))
                detections.append(Detection("dbt model", node.name, True, message))
                continue
            run = NodeRun(
                unique_id=node.unique_id,
                resource_type=node.kind,
                name=node.name,
                original_file_path=node.path,
                group=node.group,
                subject=node.unique_id,
                depends_on=node.depends_on,
                status="success",
                seconds=0.0,
                rows=rows,
                checksum="edited" if node.unique_id in self._edits else node.checksum[:12],
            )
            nodes.append(run)
        return detections, nodes

    def _statements(self, node: Node, read: str) -> list[str]:
        """What dbt does to build it."""
        code = self._edits.get(node.unique_id, node.code)
        return build_statements(node, _place(node), self._from(code, read), self._root)

    def _from(self, sql: str, read: str, is_test: bool = False) -> str:
        """SQL that reads what was loaded instead of the files, but for the source in question.

        A test may ask for the file of a row; what was loaded no longer knows it.
        """
        for source, place in self.plan.sources.items():
            if source in self._loaded and source != read:
                table = self._tables[source]
                if is_test and "filename" not in place:
                    table = f"(select *, cast(null as varchar) as filename from {table})"
                sql = sql.replace(place, table)
        return sql

    def _test(
        self, built: Collection[str], only: Collection[str] | None, read: str
    ) -> list[Detection]:
        tests_ = [
            test
            for test in self.plan.tests
            if all(up in built or up in self.plan.sources for up in test.depends_on)
            and (only is None or set(only).intersection(test.depends_on))
        ]
        queries = [
            self._test_query(number, test.code, test.verdict, read)
            for number, test in enumerate(tests_)
            if test.verdict is not None
        ]
        verdicts: dict[int, tuple[int, bool, bool]] = {}
        try:
            union = " union all ".join(queries) or "select 0 where false"
            for number, *row in self._connection.execute(union).fetchall():
                verdicts[number] = (row[0], row[1], row[2])
        except EngineError:  # one of them can't run: each by itself
            verdicts = {}
        detections = []
        for number, test in enumerate(tests_):
            try:
                if number not in verdicts:
                    _, *row = self._connection.execute(queries[number]).fetchall()[0]
                    verdicts[number] = (row[0], row[1], row[2])
            except EngineError as error:
                detections.append(Detection("dbt test", test.name, True, masked(str(error))))
                continue
            failures, warns, fails = verdicts[number]
            rejects = fails and test.verdict is not None and test.verdict.severity == "error"
            if rejects or warns:
                detections.append(Detection("dbt test", test.name, rejects, f"{failures} rows"))
        return detections

    def _test_query(self, number: int, sql: str, verdict: TestVerdict, read: str) -> str:
        return verdict_query(number, verdict, self._from(sql, read, is_test=True))

    def _freshness(self, at: datetime, read: str) -> list[Detection]:
        detections = []
        for source, place in self.plan.sources.items():
            node = self.plan.manifest.nodes[source]
            warn, error = node.fresh
            if not node.loaded_at or (warn is None and error is None):
                continue
            relation_ = place if source == read else self._tables[source]
            name = f"{node.schema}.{node.name}"
            try:
                query = f"select cast(max({node.record_loaded_at}) as timestamp) from {relation_}"
                latest = self._connection.execute(query).fetchall()[0][0]
            except EngineError as problem:
                detections.append(Detection("freshness", name, True, str(problem).splitlines()[0]))
                continue
            age = (at - latest.replace(tzinfo=timezone.utc)) if latest else timedelta.max
            hours = age / timedelta(hours=1)
            for limit, rejects in ((error, True), (warn, False)):
                if limit is not None and age.total_seconds() > limit:
                    message = f"its newest row is {hours:.0f} hours old"
                    detections.append(Detection("freshness", name, rejects, message))
                    break
        return detections

    # ── What monitors ask ────────────────────────────────────────────────────────────────────

    def run(self, query: str) -> QueryResult:
        try:
            cursor = self._connection.execute(query)
            return QueryResult(
                [column[0] for column in cursor.description or ()], cursor.fetchall()
            )
        except EngineError as error:
            raise QueryError(
                "The query failed in the scratch database.", where=str(error).splitlines()[0]
            ) from error

    def columns(self, schema: str, name: str) -> tuple[tuple[str, str], ...]:
        """Never called: DuckDB lists the columns of all relations at once."""
        raise NotImplementedError


def _place(node: Node) -> str:
    return f"{_CATALOG}.{quoted(node.schema)}.{quoted(node.alias)}"
