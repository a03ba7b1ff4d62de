"""`dataops release`: build one commit on all of raw, audit it, publish or refuse, record."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from dataops import history_facts as facts
from dataops import monitors, steps
from dataops.cause import Cause, find_cause, owner_of, subject_of
from dataops.dbt import Dbt, DbtRun, NodeResult
from dataops.errors import DataopsError
from dataops.history import History
from dataops.history_record import (
    FAILED,
    PUBLISHED,
    REAL,
    REFUSED,
    REHEARSAL,
    RUNNING,
    STOPPED,
    FreshnessRun,
    NodeRun,
    RawFacts,
    Record,
    masked,
    read_record,
    utc,
)
from dataops.history_recovery import recover
from dataops.manifest import Manifest, read_manifest
from dataops.overtaken import Overtaken, overtaken
from dataops.product import Product, now
from dataops.steps import Step
from dataops.store import FolderStore, durable, store_of
from dataops.store.folder import RECORD
from dataops.store.remote import Beaten
from dataops.warehouse import Label, Relation, Warehouse, open_warehouse

TRIGGERS = ("push", "schedule", "manual")
# What dbt wrote, and what it is called in a release.
_KEPT_ARTIFACTS = {
    "manifest.json": "manifest.json",
    "catalog.json": "catalog.json",
    "static_index.html": "index.html",
}
# What does not go on from its last state: everything else does, a team's own materialization too.
_STATELESS = frozenset({"", "table", "view", "ephemeral", "seed", "test", "unit", "external"})
_STATEFUL_KINDS = frozenset({"model", "snapshot"})
_DISK_FULL = ("no space left on device", os.strerror(errno.ENOSPC).lower(), "disk quota exceeded")
_ATTEMPTS = 3  # to publish, where others publish in the same store
_GRACE = 4.0  # seconds that a query gets to let go, once the process was told to stop
_PARSE, _BUILD, _FRESHNESS, _DOCS = "dbt parse", "dbt build", "source freshness", "catalog"


@dataclass(frozen=True)
class Options:
    """How a release is asked for.

    Attributes:
        trigger: push, schedule or manual.
        full_refresh: rebuild from raw alone, without current's state.
        allow_dirty: with uncommitted changes.
        check_disk: look first whether the disk will hold it.
    """

    trigger: str = "manual"
    full_refresh: bool = False
    allow_dirty: bool = False
    check_disk: bool = True


@dataclass(frozen=True)
class Released:
    """How it went.

    Attributes:
        record: what was written down.
        steps: what was done, with verdicts.
        failed: what the audit saw, most upstream first.
        cause: what to look at first; None when nothing failed.
        recorded: whether the record was written; else `warnings` says why not.
        warnings: what somebody should know, one sentence each.
        log: where dbt said it in full.
        address: where readers open the current release's database; empty where none is current.
    """

    record: Record
    steps: tuple[Step, ...]
    failed: tuple[NodeResult, ...]
    cause: Cause | None
    recorded: bool
    warnings: tuple[str, ...]
    log: Path
    address: str = ""

    @property
    def exit_code(self) -> int:
        return {PUBLISHED: 0, REFUSED: 1}.get(self.record.outcome, 2)


def release(
    product: Product,
    options: Options,
    say: Callable[[str], None],
    doing: Callable[[str], None],
) -> Released:
    """Make a release: build a candidate, audit it, then publish it or refuse it; record the run.

    Args:
        product: what to build.
        options: how.
        say: prints a line that stays.
        doing: shows what is being done right now.

    Raises:
        DataopsError: it could not begin: uncommitted changes, another release at work, a store that
            can't be written, no raw where there was some. Nothing has changed.
        Overtaken: a push or a schedule comes late: a newer commit is current already.
    """
    if not options.allow_dirty and product.in_git and (changed := facts.uncommitted(product)):
        raise DataopsError(
            "There are uncommitted changes: a release is made from a commit.",
            where=", ".join(changed[:5]) + (" …" if len(changed) > 5 else ""),
            mend="commit them (git add -A && git commit), "
            "or try it anyway: uv run dataops release --allow-dirty",
        )
    store = store_of(product)
    for again in reversed(range(_ATTEMPTS)):
        with _Signals() as signals, store.lock():
            history, warehouse = History(store.history), open_warehouse(product, store)
            run = _Run(product, options, store, history, warehouse, signals, say, doing)
            run.give_way()
            done = run.tell()
        if not (run.beaten and again):
            break
        say("Another release became current meanwhile: once more, from there.")
    return done


class _Stopped(KeyboardInterrupt):
    """The process was told to stop. (A KeyboardInterrupt, so that dbt lets go of its threads.)"""


@dataclass
class _Signals:
    """Turns a request to stop into an exception, but not while the outcome is being settled.

    A query may not let go. Then `give_up` is called, in a thread of its own, after some seconds:
    whoever asked to stop kills the process soon.
    """

    told: str = ""
    give_up: Callable[[], None] | None = None
    _settling: threading.Lock = field(default_factory=threading.Lock)
    _timer: threading.Timer | None = None
    _before: dict[int, object] = field(default_factory=dict)

    def __enter__(self) -> _Signals:
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGTERM", "SIGINT", "SIGHUP"):
                if number := getattr(signal, name, None):
                    self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self.told or self._settling.locked():
            return
        self.told = signal.Signals(number).name
        self._timer = threading.Timer(_GRACE, self._on_timeout)
        self._timer.daemon = True
        self._timer.start()
        raise _Stopped(self.told)

    def _on_timeout(self) -> None:
        if self.give_up is not None and self._settling.acquire(blocking=False):
            self.give_up()

    def look(self) -> None:
        """Raise what dbt may have swallowed."""
        if self.told:
            raise _Stopped(self.told)

    def hold(self) -> None:
        """From here on finish what is begun, whatever is asked."""
        self._settling.acquire()


@dataclass
class _Run:
    """One run's state; its phases are the methods, in order."""

    product: Product
    options: Options
    store: FolderStore
    history: History
    warehouse: Warehouse
    signals: _Signals
    say: Callable[[str], None]
    doing: Callable[[str], None]
    done: list[Step] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failed: list[NodeResult] = field(default_factory=list)
    manifest: Manifest | None = None
    raw_files: tuple[facts.RawFile, ...] = ()
    tables: tuple[facts.RawFile, ...] | None = None  # raw, where the warehouse holds it
    record: Record = field(init=False)
    environment: dict[str, str] = field(default_factory=dict)
    recorded: bool = False
    beaten: bool = False
    _began: float = field(default_factory=time.monotonic)

    @property
    def target(self) -> Path:
        """Where dbt writes; the candidate gets copies of what is to stay."""
        return self.product.target / "release"

    def tell(self) -> Released:
        """The whole story."""
        self.tidy_up_after_others()
        self.begin()
        self.signals.give_up = self.give_up
        try:
            try:
                outcome, problem = self.attempt()
            except DataopsError as error:
                outcome, problem = FAILED, str(error)
            except Exception as error:  # recorded like any other end, and told
                outcome, problem = FAILED, f"{type(error).__name__}: {error}"
            self.signals.hold()
        except KeyboardInterrupt:
            self.signals.hold()
            outcome, problem = STOPPED, self.told_to_stop()
        self.settle(outcome, problem)
        self.tidy_up()
        self.share()
        manifest = self.manifest
        cause = find_cause(self.failed, manifest) if manifest else None
        return Released(
            record=self.record,
            steps=tuple(self.done),
            failed=tuple(self.failed),
            cause=cause,
            recorded=self.recorded,
            warnings=tuple(self.warnings),
            log=self.target / "logs" / "dbt.log",
            address=self.warehouse.address(self.record.current) if self.record.current else "",
        )

    # ── Before ───────────────────────────────────────────────────────────────────────────────

    def give_way(self) -> None:
        """Leave it to a newer commit that is current already, unless a person asks for this one.

        Raises:
            Overtaken: it is.
        """
        run = self.store.current() if self.options.trigger != "manual" else None
        record = self.published(run) if run else None
        if run and record and overtaken(self.product, record.git.commit):
            raise Overtaken(run, self.product.git("rev-parse", "HEAD"))

    def tidy_up_after_others(self) -> None:
        for sentence in recover(self.store, self.history, self.warehouse):
            self.warn(sentence)

    def begin(self) -> None:
        """Give the run its id, and write down that it has begun."""
        base = self.store.current() or ""
        kind = self.kind_of_release()
        last = next(self.history.newest(), None)
        number = self.store.next_number(self.history.highest())
        git = facts.git_facts(self.product, self.last_published_commit())
        began = now()
        commit = (git.commit[:7] or "nogit").lower()
        stamp = utc(began).replace("-", "").replace(":", "")
        self.record = Record(
            run=f"{number:06d}-{stamp}-{commit}{self.store.tag}",
            number=number,
            product=self.product.slug,
            verb="release",
            trigger=self.options.trigger,
            outcome=RUNNING,
            began_at=utc(began),
            kind=kind,
            base=base,
            current=base,
            warehouse=self.warehouse.name,
            full_refresh=self.options.full_refresh,
            git=git,
            tools=facts.tools(),
        )
        if last and last.began_at > self.record.began_at:
            self.note(
                f"The clock went back: run {last.run} began later than this one, "
                "which follows it all the same."
            )
        self.write_down()

    def kind_of_release(self) -> str:
        """From raw, or a rehearsal on the sample where there is no raw yet.

        Raises:
            DataopsError: raw was there and is gone, or is not where DATAOPS_RAW says.
        """
        root, self.tables = self.product.raw, self.warehouse.raw()
        files = self.tables is None and root.is_dir() and facts.raw_files(root)
        if self.tables or files:
            return REAL
        told = os.environ.get("DATAOPS_RAW")
        published = (self.published(run) for run in self.store.kept())
        real = any(record and record.kind == REAL for record in published)
        if self.tables is not None and real:
            raise DataopsError(
                "No table in raw holds a row, though earlier releases were built from it.",
                where="schema raw",
                mend="load it, and repeat the command; readers keep what they have",
            )
        if self.tables is None and (told or real):
            raise DataopsError(
                "There are no files in raw"
                + (", though earlier releases were built from it." if real else "."),
                where=f"DATAOPS_RAW={told}" if told else "raw/",
                mend="set DATAOPS_RAW to the folder that holds the landing data, and repeat the "
                "command; readers keep what they have",
            )
        return REHEARSAL

    def last_published_commit(self) -> str:
        for run in reversed(self.store.kept()):
            if record := self.published(run):
                return record.git.commit
        return ""

    def published(self, run: str) -> Record | None:
        try:
            return read_record((self.store.releases / run / RECORD).read_bytes())
        except (OSError, ValueError):
            return None

    # ── The candidate and its audit ──────────────────────────────────────────────────────────

    def attempt(self) -> tuple[str, str]:
        """Build and audit; returns the outcome, and the problem if there is one."""
        base = self.record.base
        self.read_raw(base)
        if self.options.check_disk:
            before = self.published(base) if base else None
            self.warehouse.make_room(self.record.raw, before.raw if before else RawFacts())
        self.forget_last_run()
        dbt = self.dbt()

        parsed = self.step(_PARSE, lambda: dbt.parse(warnings_are_errors=False))
        if not parsed.ok:
            return REFUSED, f"dbt could not read the project.\n{parsed.problem}"
        self.manifest = read_manifest(self.target / "manifest.json", packages=True)
        state_from = "" if self.options.full_refresh or not self.goes_on_from(base) else base
        where = self.warehouse.begin(self.record.run, state_from, stateful(self.manifest))
        self.environment.update(where)
        if self.record.kind == REHEARSAL:
            self.warehouse.take_sample()

        refresh = ["--full-refresh"] if self.options.full_refresh else []
        built = self.step(_BUILD, lambda: dbt.build(*refresh))
        self.keep_nodes(built)
        if (problem := _trouble(built)) or built.failed:
            if problem and not built.failed:
                return REFUSED, problem
            if _disk_full(built.failed):
                return FAILED, "The disk is full."
        fresh = self.step(_FRESHNESS, lambda: dbt.freshness())
        self.keep_freshness(fresh)
        self.failed = [*fresh.failed, *built.failed]
        if not built.ok or not fresh.ok:
            problem = fresh.problem if not fresh.ok and not fresh.failed else ""
            return REFUSED, problem or _told(self.failed)
        if problem := self.watch(built):
            return REFUSED, problem
        documented = self.step(_DOCS, lambda: dbt.docs("--no-compile"))
        if not documented.ok:
            return FAILED, f"The catalog could not be made.\n{documented.problem}"
        self.look_whether_raw_moved()
        self.signals.look()
        return PUBLISHED, ""

    def watch(self, built: DbtRun) -> str:
        """Compare the candidate with the product's own past; returns what refuses it, if anything.

        A rehearsal is only profiled: the sample has no past.
        """
        assert self.manifest is not None
        self.signals.look()
        self.doing("monitors")
        begin = time.monotonic()
        sql = {result.unique_id: result.sql for result in built.nodes}
        with self.phase("monitors"):
            memory = monitors.recall(self.history, self.record.raw.fingerprint, now())
            profile = monitors.profile_all(
                self.warehouse,
                self.record.run,
                self.manifest,
                self.record.nodes,
                sql,
                self.raw_for_monitors(memory.before.release.run if memory.before else ""),
                memory,
            )
            self.record = replace(self.record, profile=profile)
            watched = monitors.Watched((), {}, len(profile))
            if self.record.kind == REAL:
                watched = monitors.judge_all(
                    profile,
                    memory,
                    self.manifest,
                    self.record.nodes,
                    now(),
                    monitors.read_accepted(self.product.root),
                )
            self.record = replace(self.record, findings=watched.findings)
        seconds = time.monotonic() - begin
        step = Step("monitors", watched.verdict, seconds, watched.summary())
        self.done.append(step)
        self.say(f"{step.verdict:<8}{step.name} {seconds:.1f} s")
        for finding in watched.findings:
            self.say(f"{finding.level:<8}{finding.message}")
        return watched.problem

    def raw_for_monitors(self, before: str) -> monitors.Raw | None:
        """Files that came to raw since the release `before`; a rehearsal's sample has none."""
        if self.record.kind != REAL or self.tables is not None:
            return None
        known = facts.raw_from_json(self.store.releases / before / facts.RAW_LIST) if before else ()
        return monitors.Raw(
            str(self.product.raw), self.environment["DATAOPS_RAW"], self.raw_files, known or None
        )

    def goes_on_from(self, base: str) -> bool:
        """Whether current's state is this one's: what a rehearsal collected was the sample's."""
        before = self.published(base) if base else None
        return before is not None and before.kind == self.record.kind

    def read_raw(self, base: str) -> None:
        self.doing("reading raw")
        with self.phase("raw"):
            self.raw_files = self.raw_now()
        before = self.published(base) if base else None
        kept: tuple[facts.RawFile, ...] = ()
        if before and before.kind == self.record.kind == REAL and self.tables is None:
            kept = facts.raw_from_json(self.store.releases / base / facts.RAW_LIST)
        raw = facts.raw_facts(self.raw_files, kept)
        self.record = replace(self.record, raw=raw)
        for names, what in ((raw.edited, "edited"), (raw.removed, "removed")):
            if names:
                self.note(
                    f"Raw is only ever added to, but {len(names)} files were {what} since the "
                    f"current release: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"
                )

    def raw_now(self) -> tuple[facts.RawFile, ...]:
        """What raw, or in a rehearsal the sample, is made of now."""
        rehearsal = self.record.kind == REHEARSAL
        if not rehearsal and (tables := self.warehouse.raw()) is not None:
            return tables
        root = self.product.sample if rehearsal else self.product.raw
        return facts.read_raw(root, self.store.cache / f"{'sample' if rehearsal else 'raw'}.json")

    def look_whether_raw_moved(self) -> None:
        with self.phase("raw"):
            after = self.raw_now()
        if arrived := len(set(after) - set(self.raw_files)):
            self.record = replace(self.record, raw=replace(self.record.raw, arrived=arrived))
            what = "files came to raw" if self.tables is None else "tables of raw grew"
            self.note(
                f"{arrived} {what} while the release was built: it may hold some of it. "
                "The next release holds all."
            )

    def dbt(self) -> Dbt:
        rehearsal = self.record.kind == REHEARSAL
        root = self.product.sample if rehearsal else self.product.raw
        # Relative where it can be: dbt's compiled SQL then is the same on every machine.
        inside = root.is_relative_to(self.product.root)
        raw = root.relative_to(self.product.root) if inside else root
        self.environment["DATAOPS_RAW"] = str(raw)
        self.environment.update(self.warehouse.environment(rehearsal))
        if rehearsal and not os.environ.get("DATAOPS_NOW") and self.product.as_of:
            self.environment["DATAOPS_NOW"] = self.product.as_of
        progress = self.doing
        return Dbt(
            self.product.root,
            "prod",
            self.target,
            self.environment,
            progress=lambda line: progress(f"dbt: {line}"),
            log=True,
        )

    def forget_last_run(self) -> None:
        """Keep only what dbt parsed: an unchanged file is not read again."""
        self.target.mkdir(parents=True, exist_ok=True)
        for path in self.target.iterdir():
            if path.name != "partial_parse.msgpack":
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def keep_nodes(self, built: DbtRun) -> None:
        assert self.manifest is not None
        relations = {
            node.unique_id: Relation(node.schema, node.alias)
            for node in self.manifest.nodes.values()
            if node.kind in ("model", "snapshot", "seed") and node.alias
        }
        ready = [result.unique_id for result in built.nodes if result.status == "success"]
        wanted = [relations[one] for one in ready if one in relations]
        with self.phase("rows"):
            rows = self.warehouse.rows(self.record.run, wanted)
        nodes = tuple(
            node_run(result, self.manifest, rows.get(relations[result.unique_id]))
            if result.unique_id in relations and result.status == "success"
            else node_run(result, self.manifest, None)
            for result in built.nodes
        )
        counts = dbt_counts(self.target / "run_results.json") if built.nodes else {}
        self.record = replace(self.record, nodes=nodes, counts=counts)

    def keep_freshness(self, fresh: DbtRun) -> None:
        self.record = replace(
            self.record,
            freshness=tuple(
                FreshnessRun(
                    result.unique_id,
                    result.name,
                    result.status,
                    result.loaded_at,
                    result.age,
                    masked(result.message),
                )
                for result in fresh.nodes
            ),
        )

    # ── The verdict ──────────────────────────────────────────────────────────────────────────

    def settle(self, outcome: str, problem: str) -> None:
        """Publish if the audit passed, and record the run in any case."""
        if outcome == PUBLISHED:
            self.doing("publishing")
            try:
                self.publish()
                return
            except (DataopsError, OSError) as error:
                outcome, problem = FAILED, f"It could not be published. {error}"
                self.beaten = isinstance(error, Beaten)
        self.conclude(outcome, problem)
        with contextlib.suppress(OSError):
            self.warehouse.discard(self.record.run)  # first of all: the record may need the room
        try:
            self.write_down()
        except DataopsError as error:
            self.warn(f"error: how the run ended could not be written down: {error}")
        if self.add_to_history():
            self.store.discard(self.record.run)

    def told_to_stop(self) -> str:
        return f"The process was told to stop ({self.signals.told or 'SIGINT'})."

    def give_up(self) -> None:
        """Record the run and end the process, though a query still runs in it."""
        try:
            self.settle(STOPPED, self.told_to_stop())
            self.share()
        finally:
            os._exit(2)

    def publish(self) -> None:
        """Seal the candidate, put it among the releases, swing the pointer, then record."""
        begin = time.monotonic()
        run = self.record.run
        folder = self.store.candidate(run)
        for source, name in _KEPT_ARTIFACTS.items():
            if (self.target / source).exists():
                shutil.copyfile(self.target / source, folder / name)
        durable.write(folder / facts.RAW_LIST, facts.raw_to_json(self.raw_files))
        self.conclude(PUBLISHED, "", current=run)
        record = self.record
        self.warehouse.seal(
            run,
            Label(
                release_id=run,
                kind=record.kind,
                built_from="raw" if record.kind == REAL else "sample",
                commit=record.git.commit,
                dirty=record.git.dirty,
                raw_fingerprint=record.raw.fingerprint,
                published_at=record.ended_at,
            ),
        )
        self.write_down()
        self.store.keep(run)
        try:
            self.warehouse.publish(run)
            self.store.point(run, (run, self.record.to_json()))
        except DataopsError:
            if (current := self.store.current()) != run:
                if current:
                    self.warehouse.publish(current)
                self.warehouse.drop(run)
                self.store.drop(run)
                raise
            self.warn("error: the disk may not hold the new pointer after a power cut")
        seconds = time.monotonic() - begin
        self.done.append(Step("publish", steps.PASSED, seconds, f"current is {run}"))
        self.say(f"{steps.PASSED:<8}publish {seconds:.1f} s")
        if self.add_to_history():
            self.store.settle(run)

    def conclude(self, outcome: str, problem: str, current: str | None = None) -> None:
        self.record = replace(
            self.record,
            outcome=outcome,
            problem=masked(problem),
            ended_at=utc(now()),
            seconds=round(time.monotonic() - self._began, 3),
            current=self.current_now() if current is None else current,
        )

    def current_now(self) -> str:
        """What readers see: in a store that others use too, it need not be what it was."""
        try:
            return self.store.current() or ""
        except DataopsError:
            return self.record.base

    def add_to_history(self) -> bool:
        """Never changes the verdict, and is never silent."""
        try:
            self.history.add(self.record)
        except DataopsError as error:
            self.warn(f"error: {error}")
            return False
        self.recorded = True
        return True

    def share(self) -> None:
        try:
            self.store.share()
        except (DataopsError, OSError) as error:
            self.warn(f"error: {error} What is new stays here, and goes with the next run.")

    # ── After ────────────────────────────────────────────────────────────────────────────────

    def tidy_up(self) -> None:
        try:
            prune(self.store, self.warehouse, kept_releases())
            self.history.pack()
        except (DataopsError, OSError) as error:
            self.warn(f"error: tidying up: {error}")

    # ── Small things ─────────────────────────────────────────────────────────────────────────

    def step(self, name: str, act: Callable[[], DbtRun]) -> DbtRun:
        self.signals.look()
        self.doing(name)
        begin = time.monotonic()
        with self.phase(name):
            run = act()
        self.signals.look()
        seconds = time.monotonic() - begin
        verdict = steps.PASSED if run.ok else steps.FAILED
        if run.ok and run.warned:
            verdict = steps.WARNED
        step = Step(name, verdict, seconds, _summary(run))
        self.done.append(step)
        self.say(f"{step.verdict:<8}{step.name} {seconds:.1f} s")
        return run

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        begin = time.monotonic()
        try:
            yield
        finally:
            phases = dict(self.record.phases)
            phases[name] = round(phases.get(name, 0.0) + time.monotonic() - begin, 3)
            self.record = replace(self.record, phases=phases)

    def write_down(self) -> None:
        self.store.write_down(self.record.run, self.record.to_json())

    def note(self, sentence: str) -> None:
        self.record = replace(self.record, notes=(*self.record.notes, sentence))
        self.warn(sentence)

    def warn(self, sentence: str) -> None:
        self.warnings.append(sentence)
        self.say(sentence)


# ── Deciding ─────────────────────────────────────────────────────────────────────────────────────


def stateful(manifest: Manifest) -> list[Relation]:
    """The relations that go on from what they hold: incremental models, snapshots, a team's own."""
    return sorted(
        Relation(node.schema, node.alias)
        for node in manifest.nodes.values()
        if node.kind in _STATEFUL_KINDS and node.materialized not in _STATELESS and node.alias
    )


def node_run(result: NodeResult, manifest: Manifest, rows: int | None) -> NodeRun:
    """dbt's result as a record holds it."""
    subject = subject_of(result, manifest)
    group = manifest.nodes[subject].group if subject in manifest.nodes else ""
    node = manifest.nodes.get(result.unique_id)
    return NodeRun(
        unique_id=result.unique_id,
        kind=result.kind,
        name=result.name,
        path=result.path,
        group=group or owner_of(subject, manifest)[0],
        subject=subject,
        depends_on=result.depends_on,
        status=result.status,
        seconds=round(result.seconds, 3),
        rows=rows,
        failures=result.failures,
        message="" if result.status in ("success", "pass") else masked(result.message),
        checksum=node.checksum[:12] if node else "",
    )


def dbt_counts(run_results: Path) -> dict[str, int]:
    """dbt's own counts of nodes by status, from the file that it wrote.

    Raises:
        DataopsError: dbt wrote none.
    """
    try:
        found = json.loads(run_results.read_bytes())
        return dict(sorted(Counter(str(one["status"]) for one in found["results"]).items()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataopsError("dbt's results could not be read.", where=str(error)) from error


def kept_releases() -> int:
    """How many releases stay: DATAOPS_KEEP, by default 10, at least 1.

    Raises:
        DataopsError: it is no such number.
    """
    told = os.environ.get("DATAOPS_KEEP") or "10"
    if not told.isdigit() or int(told) < 1:
        raise DataopsError(
            "DATAOPS_KEEP is not a number of releases.",
            where=told,
            mend="set it to 10, or unset it",
        )
    return int(told)


def to_prune(kept: list[str], current: str | None, keep: int) -> list[str]:
    """Which releases go: all but the newest `keep`, and never the current one."""
    return [run for run in kept[: max(0, len(kept) - keep)] if run != current]


def prune(store: FolderStore, warehouse: Warehouse, keep: int) -> list[str]:
    """Delete old releases; who reads one keeps reading. Returns which.

    Raises:
        DataopsError: the store can't be written, or its pointer is broken: then nothing is deleted.
    """
    gone = to_prune(store.kept(), store.current(), keep)
    for run in gone:
        warehouse.drop(run)
        store.drop(run)
    return gone


def _summary(run: DbtRun) -> str:
    counts = Counter(node.kind for node in run.nodes)
    parts = [
        f"{count} {kind.replace('_', ' ')}{'s' * (count != 1)}" for kind, count in counts.items()
    ]
    for word, nodes in (("failed", run.failed), ("warned", run.warned), ("skipped", run.skipped)):
        if nodes:
            parts.append(f"{len(nodes)} {word}")
    return ", ".join(parts)


def _trouble(run: DbtRun) -> str:
    return "" if run.ok else run.problem or "dbt build failed."


def _told(failed: list[NodeResult]) -> str:
    names = ", ".join(f"{result.kind} {result.name}" for result in failed[:5])
    return f"{len(failed)} failed: {names}{' …' if len(failed) > 5 else ''}"


def _disk_full(failed: tuple[NodeResult, ...]) -> bool:
    return any(sign in result.message.lower() for result in failed for sign in _DISK_FULL)
