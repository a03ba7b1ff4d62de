"""Try what a warehouse guarantees: scratch releases under readers, with publishers that are killed.

The same steps run in a team's account and in the tests of this package.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from first_light.project.product import Product
from first_light.release.verify.place import SCHEMA, STEPS, WITHHELD, Place
from first_light.release.verify.reader import visit
from first_light.release.verify.readers import Readers, arguments, reading
from first_light.release.verify.result import Guarantee, Verification, order
from first_light.release.verify.result import reading as judged
from first_light.utils.errors import DataopsError, QueryError
from first_light.utils.variables import set_variables
from first_light.warehouse.kinds import kind_of, warehouse_type

# Before which steps a publisher is killed; a candidate of an earlier step is not a release.
_KILLED_BEFORE = ("seal", "promote", "publish", "point", "conclude")


@dataclass(frozen=True)
class Options:
    """How much is tried.

    Attributes:
        releases: how many are published under readers.
        readers: processes that read.
        rows: rows of each of the three tables.
        folder: where the scratch store is; it must not exist yet.
    """

    folder: Path
    releases: int = 4
    readers: int = 2
    rows: int = 1000


def verify(product: Product, options: Options, progress: Callable[[str], None]) -> Verification:
    """Make scratch releases, publish them under readers, kill publishers, roll back, delete.

    Args:
        product: the product; of its warehouse only a scratch place is used.
        options: how much.
        progress: shows what is being done.

    Raises:
        DataopsError: it could not be tried.
    """
    name = warehouse_type(product)
    try:
        options.folder.mkdir(parents=True)
    except FileExistsError as error:
        raise DataopsError(
            "The folder for the scratch store exists already.",
            where=str(options.folder),
            fix="delete it if no other verification is running, or choose another one: --store",
        ) from error
    try:
        with kind_of(product).scratch(product) as variables, set_variables(variables):
            place = Place(product, options.folder, options.rows)
            guarantees = _Kit(place, options, progress).run()
    finally:
        shutil.rmtree(options.folder, ignore_errors=True)
    gone = Guarantee("nothing is left behind", not options.folder.exists(), "scratch place removed")
    return Verification(name, (*guarantees, gone))


@dataclass
class _Kit:
    place: Place
    options: Options
    progress: Callable[[str], None]
    releases: list[str] = field(default_factory=list)
    publishing: list[float] = field(default_factory=list)  # seconds

    def run(self) -> tuple[Guarantee, ...]:
        self.progress("first release")
        self._release()
        self.progress("readers start")
        with reading(self.place, self.options.readers) as readers:
            steps = (self._publish, self._kill, self._roll_back, self._prune)
            guarantees = [g for step in steps for g in step(readers)]
        return (*guarantees, self._state(), self._withheld())

    def _release(self) -> None:
        begun = 0.0

        def reached(step: str) -> None:
            nonlocal begun
            if step == "publish":
                begun = time.monotonic()
            elif step == "conclude":
                self.publishing.append(time.monotonic() - begun)

        self.releases.append(self.place.release(reached))

    def _publish(self, readers: Readers) -> Iterator[Guarantee]:
        start = readers.seen()
        del self.publishing[:]
        for n in range(self.options.releases):
            self.progress(f"release {n + 1} of {self.options.releases} under readers")
            self._release()
            readers.wait()
        yield judged("readers see one whole release", readers.since(start), self.releases)
        backwards = sum(order(visits[n:]) for visits, n in zip(readers.visits, start))
        evidence = f"{backwards} queries saw an older release than the one before"
        yield Guarantee("readers never go back", not backwards, evidence)
        last = {visits[-1].release for visits in readers.visits}
        evidence = f"{len(self.publishing)} releases published; readers are on the last one"
        held = last == {self.releases[-1]}
        if not held:
            evidence = f"readers are on {', '.join(sorted(last))}, not on {self.releases[-1]}"
        yield Guarantee("a release reaches readers", held, evidence, max(self.publishing))

    def _kill(self, readers: Readers) -> Iterator[Guarantee]:
        start, known, slowest = readers.seen(), list(self.releases), 0.0
        problems = []
        for step in (*_KILLED_BEFORE, ""):
            when = f"before {step}" if step else "while it published"
            self.progress(f"kill a publisher {when}")
            self._killed(step)
            readers.wait()
            known += [run for run in self._everything() if run not in known]
            begun = time.monotonic()
            try:
                self.place.recover()
            except DataopsError as error:
                problems.append(f"killed {when}: {error.message} {error.where}")
            slowest = max(slowest, time.monotonic() - begun)
            current, seen = self.place.store.current(), visit(self.place)
            if seen["problem"] or seen["release"] != current:
                problems.append(f"killed {when}: readers see {seen['release']} {seen['problem']}")
            if left := [*self.place.store.unfinished(), *self.place.store.publishing()]:
                problems.append(f"killed {when}: {', '.join(left)} is left")
            self.releases = self.place.store.retained()
        kills = len(_KILLED_BEFORE) + 1
        yield judged("a killed publisher breaks no reader", readers.since(start), known)
        evidence = problems[0] if problems else f"{kills} publishers killed, each step repaired"
        yield Guarantee("the next command recovers", not problems, evidence, slowest)
        self._release()  # what was killed blocks nothing

    def _killed(self, step: str) -> None:
        """Start a publisher and kill it: before a step, or at any instant of publishing."""
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "first_light.release.verify.publisher"),
                *arguments(self.place),
                *([step] if step else []),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        with process:
            reached = ""
            for line in process.stdout:
                reached = line.strip()
                if reached == (step or "publish"):
                    break
            if not step:
                time.sleep(random.uniform(0, max(self.publishing, default=0.0)))
            process.send_signal(signal.SIGKILL)
            problem = process.stderr.read()
        if reached not in STEPS or reached != (step or "publish"):
            lines = problem.strip().splitlines() or ["it ended"]
            raise DataopsError("The publisher of the verification failed.", where=lines[-1])

    def _everything(self) -> list[str]:
        store = self.place.store
        return [*store.retained(), *store.publishing()]

    def _roll_back(self, readers: Readers) -> Iterator[Guarantee]:
        self.progress("roll back under readers")
        start, goal, begun = readers.seen(), self.releases[-2], time.monotonic()
        self.place.roll_back(goal)
        seconds = time.monotonic() - begun
        readers.wait()
        last = {visits[-1].release for visits in readers.visits}
        problems = [v.problem for v in readers.since(start) if v.problem]
        evidence = problems[0] if problems else f"readers are on {', '.join(sorted(last))}"
        held = last == {goal} and not problems
        yield Guarantee("a rollback is at once", held, evidence, seconds)

    def _prune(self, readers: Readers) -> Iterator[Guarantee]:
        self.progress("delete old releases under readers")
        current = self.place.store.current() or ""
        start, kept, slowest = readers.seen(), [current], 0.0
        for run in self.releases:
            if run != current:
                begun = time.monotonic()
                self.place.drop(run)
                slowest = max(slowest, time.monotonic() - begun)
        readers.wait()
        left = [run for run in self.releases if run != current and self._exists(run)]
        problems = [v.problem for v in readers.since(start) if v.problem]
        evidence = f"{len(self.releases) - 1} releases deleted while readers read {current}"
        if problems or left:
            evidence = problems[0] if problems else f"still there: {', '.join(left)}"
        self.releases = kept
        yield Guarantee("old releases can be deleted", not (problems or left), evidence, slowest)

    def _exists(self, run: str) -> bool:
        try:
            self.place.warehouse().check(run)
        except DataopsError:
            return False
        return True

    def _state(self) -> Guarantee:
        self.progress("state of current")
        name, begun = "a candidate starts from current's state", time.monotonic()
        try:
            rows = self.place.state_rows()
        except DataopsError as error:
            return Guarantee(name, False, f"{error.message} {error.where}")
        seconds = time.monotonic() - begun
        evidence = f"{rows} of {self.options.rows} rows of a table were in the next candidate"
        seen = visit(self.place)
        held = rows == self.options.rows and not seen["problem"]
        return Guarantee(name, held, evidence, seconds)

    def _withheld(self) -> Guarantee:
        self.progress("withheld columns")
        run, schema = self.place.store.current() or "", self.place.reader_schema(SCHEMA)
        with self.place.warehouse().reader(run) as queries:
            try:
                queries.run(f"select {WITHHELD} from {schema}.orders")
            except QueryError:
                return Guarantee(
                    "readers get no withheld column", True, f"a query of {WITHHELD} was refused"
                )
        return Guarantee("readers get no withheld column", False, f"{WITHHELD} can be read")
