"""`dataops release`: build one commit on all of raw, audit it, publish or reject, record."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from first_light.dbt.root_cause import find_cause
from first_light.history import facts
from first_light.history.log import History
from first_light.history.raw_location import raw_place
from first_light.history.record import (
    FAILED,
    PUBLISHED,
    REAL,
    REHEARSAL,
    RUNNING,
    STOPPED,
    Record,
)
from first_light.history.rolled_back import rejection, taken_back
from first_light.privacy.messages import masked
from first_light.project.product import Product, now
from first_light.release.after import AfterRun, no_action
from first_light.release.audit import Audit
from first_light.release.ops_tables import write_ops
from first_light.release.outcome import Released
from first_light.release.recovery import recover
from first_light.release.retention import kept_releases, prune
from first_light.release.run import Options, Run
from first_light.release.signals import Signals
from first_light.release.superseded import Overtaken, overtaken
from first_light.store import atomic as durable
from first_light.store.locate import store_of
from first_light.store.remote import Beaten
from first_light.store.run_ids import run_id
from first_light.utils import steps
from first_light.utils.errors import DataopsError
from first_light.utils.steps import Step
from first_light.utils.timestamps import utc
from first_light.warehouse.base import Label, open_warehouse

__all__ = ["Options", "Released", "release"]

# What dbt wrote, and what it is called in a release.
_KEPT_ARTIFACTS = {
    "manifest.json": "manifest.json",
    "catalog.json": "catalog.json",
    "static_index.html": "index.html",
}
_ATTEMPTS = 3  # to publish, where others publish in the same store


def release(
    product: Product,
    options: Options,
    say: Callable[[str], None],
    doing: Callable[[str], None],
    after: AfterRun = no_action,
) -> Released:
    """Make a release: build a candidate, audit it, then publish it or reject it; record the run.

    Args:
        product: what to build.
        options: how.
        say: prints a line that stays.
        doing: shows what is being done right now.
        after: what else to do once the run is recorded, while the store is locked.

    Raises:
        DataopsError: it could not begin: uncommitted changes, another release at work, a store that
            can't be written, no raw where there was some. Nothing has changed.
        Overtaken: a push or a schedule comes late: a newer commit is current already.
    """
    if not options.allow_dirty and product.in_git and (changed := facts.uncommitted(product)):
        raise DataopsError(
            "There are uncommitted changes, and a release is made from a commit.",
            where=", ".join(changed[:5]) + (" …" if len(changed) > 5 else ""),
            fix="commit them (git add -A && git commit), "
            "or include them: uv run dataops release --allow-dirty",
        )
    store = store_of(product)
    for again in reversed(range(_ATTEMPTS)):
        with Signals() as signals, store.lock():
            history, warehouse = History(store.history), open_warehouse(product, store)
            run = _Release(product, options, store, history, warehouse, signals, say, doing)
            run.after = after
            run.give_way()
            done = run.tell()
        if not (run.beaten and again):
            break
        say("Another run came first: once more, from there.")
    return done


@dataclass
class _Release(Run):
    """A run from its beginning to its end; the methods are its phases, in order."""

    beaten: bool = False
    after: AfterRun = no_action

    def tell(self) -> Released:
        """The whole story."""
        self.warehouse.take_turn()
        try:
            self.tidy_up_after_others()
            self.begin()
            self.signals.give_up = self.give_up
            self.settle(*self.attempt())
        finally:
            self.warehouse.end_turn()
        for sentence in tuple(self.after(self.product, self.store, self.history)):
            self.warn(sentence)
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
            open_to=self.open_to(),
        )

    def open_to(self) -> str:
        """Who can read the first release from raw: it is said before there is a second."""
        if (self.record.outcome, self.record.kind) != (PUBLISHED, REAL):
            return ""
        others = [self.published(run) for run in self.store.kept() if run != self.record.run]
        first = not any(other and other.kind == REAL for other in others)
        return self.store.open_to if first and self.warehouse.in_store else ""

    # ── Before ───────────────────────────────────────────────────────────────────────────────

    def give_way(self) -> None:
        """Do not undo what is newer, or what somebody decided, unless a person asks for it.

        Raises:
            Overtaken: a newer commit is current already.
            DataopsError: this is a schedule, and somebody rolled back from this commit.
        """
        run = self.store.current() if self.options.trigger != "manual" else None
        record = self.published(run) if run else None
        if run and record and overtaken(self.product, record.git.commit):
            raise Overtaken(run, self.product.git("rev-parse", "HEAD"))
        if self.options.trigger == "schedule":
            now_current = record.git.commit if record else ""
            back = taken_back(self.history.newest(), self.published, now_current)
            if back and (commit := facts.git_facts(self.product, "").commit) in back:
                raise rejection(commit, back[commit])

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
        self.record = Record(
            run=run_id(number, utc(began), commit + self.store.tag),
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
        self.tables = self.warehouse.raw()
        if self.tables or (self.tables is None and not raw_place(self.product).is_empty()):
            return REAL
        told = os.environ.get("DATAOPS_RAW")
        published = (self.published(run) for run in self.store.kept())
        real = any(record and record.kind == REAL for record in published)
        if self.tables is not None and real:
            raise DataopsError(
                "All tables in raw are empty, but earlier releases were built from raw.",
                where="schema raw",
                fix="load it, then repeat the command; readers keep the current release",
            )
        if self.tables is None and (told or real):
            raise DataopsError(
                "There are no files in raw"
                + (", though earlier releases were built from it." if real else "."),
                where=f"DATAOPS_RAW={told}" if told else "raw/",
                fix="set DATAOPS_RAW to the folder or URL of the landing data, and repeat the "
                "command; readers keep what they have",
            )
        return REHEARSAL

    def last_published_commit(self) -> str:
        for run in reversed(self.store.kept()):
            if record := self.published(run):
                return record.git.commit
        return ""

    def attempt(self) -> tuple[str, str]:
        """Build and audit; returns the outcome, and the problem if there is one."""
        try:
            try:
                outcome, problem = Audit(self).attempt()
            except DataopsError as error:
                outcome, problem = FAILED, str(error)
            except Exception as error:  # recorded like any other end, and told
                outcome, problem = FAILED, f"{type(error).__name__}: {error}"
            self.signals.hold()
        except KeyboardInterrupt:
            self.signals.hold()
            outcome, problem = STOPPED, self.told_to_stop()
        return outcome, problem

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
        for sentence in write_ops(
            self.warehouse, self.history, record, self.product, self.manifest
        ):
            self.warn(sentence)
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
            seconds=round(time.monotonic() - self.began, 3),
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
