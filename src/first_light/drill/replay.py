"""`dataops drill`: faults on the product's own data, in a scratch; and what notices each."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from first_light.drill.faults import FAULTS as DELIVERY_FAULTS
from first_light.drill.faults import Delivery, Fault
from first_light.drill.plan import Plan, below, plan
from first_light.drill.reader_faults import READER_FAULTS, ReaderFault
from first_light.drill.result import Drilled, Replayed
from first_light.drill.scratch import Audit, Detection, Scratch
from first_light.drill.table import UnsuitedError
from first_light.history.facts import RawFile, raw_files
from first_light.history.record import FindingRun
from first_light.monitors.accepted import Accepted, read_accepted
from first_light.monitors.baseline import Release
from first_light.monitors.levels import ERROR, WARN
from first_light.monitors.sources import pattern
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, WARNED

FAULTS: tuple[Fault | ReaderFault, ...] = (*DELIVERY_FAULTS, *READER_FAULTS)
DAYS = 60
_ARCHIVE = 7
# The audit follows at this time of the night after the newest row: the last rows of a day come now
# before, now after eleven, and releases have to stay on one day of the week.
_RELEASE_TIME = timedelta(minutes=30)
_DATE = re.compile(r"(\d{4})[-_]?(\d\d)[-_]?(\d\d)")

Names = tuple[str, str]
"""What saw something wrong, and in what."""
Day = Mapping[str, bytes]
"""What comes in one day: path below raw, and content."""


def drill(
    product: Product,
    progress: Callable[[str], None],
    faults: Sequence[Fault | ReaderFault] = FAULTS,
    days: Iterable[Day] | None = None,
) -> Drilled:
    """Replay faults on the newest delivery, after the clean ones before it.

    Args:
        product: what is drilled; its own raw is only read.
        progress: shows what is being done.
        faults: which.
        days: deliveries, oldest first; None: those of the product's own raw, see `own_days`.

    Raises:
        DataopsError: it can't be compiled, or raw holds nothing to replay.
    """
    given = list(own_days(product) if days is None else days)
    if len(given) < 2:
        raise DataopsError(
            "Raw has fewer than two deliveries, so there is nothing to replay.",
            where=str(product.raw),
            fix="add files of at least two days, with the date in their names: "
            "uv run dataops add PATH",
        )
    with tempfile.TemporaryDirectory(prefix="drill-") as scratch:
        raw = Path(scratch).resolve() / "raw"
        raw.mkdir()
        progress("compiling")
        prepared = plan(product, raw, product.target / "drill")
        replay = Replay(prepared, product.root)
        clean = replay.live(given[:-1], progress)
        results = []
        for fault in replay.faults(given[-1], faults):
            results.append(fault)
            progress(f"fault {len(results)} of {len(faults)}: {fault.fault}")
    return Drilled(
        len(clean),
        tuple(replay.rejected),
        sum(audit_.verdict == WARNED for audit_ in clean),
        tuple(results),
        prepared.left_out,
        replay.alarms,
    )


class Replay:
    """A product that lives through days in a scratch.

    Args:
        prepared: its SQL.
        root: the product.

    Attributes:
        past: what was published.
        rejected: the clean days that the audit rejected, with what it saw.
    """

    def __init__(self, prepared: Plan, root: Path) -> None:
        for path in prepared.raw.iterdir():  # what another one left
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.plan = prepared
        self.scratch = Scratch(prepared, root)
        self.past: list[Release] = []
        self.rejected: list[tuple[str, tuple[Detection, ...]]] = []
        self._accepted = [*read_accepted(root)]
        self._rejecting: list[frozenset[tuple[str, str]]] = []
        self._warned: frozenset[str] = frozenset()
        self._came: list[dict[str, dict[str, bytes]]] = []
        self._files: list[RawFile] = []
        self._before: list[RawFile] = []
        self._at = datetime(1970, 1, 1, tzinfo=timezone.utc)
        self._patterns = {
            source: pattern(place, str(prepared.raw)) for source, place in prepared.sources.items()
        }

    def live(
        self, days: Sequence[Day], progress: Callable[[str], None], tested: bool = True
    ) -> list[Audit]:
        """Clean days: the first ones lie in raw when history begins; the audits of the others."""
        first = min(_ARCHIVE, len(days) // 2)
        archive = {name: content for day in days[:first] for name, content in day.items()}
        if archive:
            self.go_on(archive)
        audits: list[Audit] = []
        for day in days[first:]:
            progress(f"clean day {len(audits) + 1} of {len(days) - first}")
            audits.append(self.go_on(day, tested))
        return audits

    def go_on(self, day: Day, tested: bool = True) -> Audit:
        """One clean day: its files come, the product is built and audited, and published.

        What monitors reject in it, and a warning that comes the second day in a row, is accepted,
        as a team does when all is as it should be: the next days are compared with it, too.
        """
        files_by_source = self._sorted(day)
        listed = self._write(day)
        self.scratch.deliver(
            {
                source: [file for file in listed if file.name in files_by_source[source]]
                for source in files_by_source
            }
        )
        self._files += listed
        self._came.append(files_by_source)
        newest = self.scratch.newest() or self._at
        midnight = newest.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self._at = midnight + _RELEASE_TIME
        audit = published = self._audit(tested)
        rejected = audit.verdict == FAILED
        if rejected:
            self.rejected.append((f"{self._at:%Y-%m-%d}", audit.seen))
            if accepted_findings := _acceptable(audit):
                self._accepted += accepted_findings
                published = self._audit(tested)
        warned = {finding.id: finding for finding in audit.findings if finding.level == WARN}
        repeated = [finding for name, finding in warned.items() if name in self._warned]
        self._accepted += _as_accepted(repeated, audit)
        self._warned = frozenset(warned)
        self._rejecting.append(
            frozenset((source.by, source.name) for source in audit.seen if source.rejects)
        )
        if published.verdict != FAILED:
            self.past.append(published.release)
            self._before = list(self._files)
        return audit

    @property
    def alarms(self) -> int:
        """How often clean days were rejected, see `count_alarms`."""
        return count_alarms(self._rejecting)

    def _audit(self, tested: bool) -> Audit:
        return self.scratch.audit(
            self._at, self.past, earlier_files=self._before, tested=tested, accepted=self._accepted
        )

    def faults(self, day: Day, faults: Sequence[Fault | ReaderFault]) -> Iterator[Replayed]:
        """Each fault on this day's delivery, one at a time; each hits the next source in turn.

        Raises:
            DataopsError: without any fault the day is rejected already.
        """
        published = list(self.past)
        clean = self.go_on(day)
        if len(self.past) == len(published):
            rejecting = next(detection for detection in clean.seen if detection.rejects)
            raise DataopsError(
                "The newest delivery is rejected without any fault injected.",
                where=f"{rejecting.by} {rejecting.name}: {rejecting.message}",
                fix="fix the failing test or monitor, then: uv run dataops drill",
            )
        self.past = published
        earlier_files = [file for file in self._files if file.name not in day]
        usual = [*clean.seen, *self.scratch.missed_on_boards()]
        usual_names = {(detection.by, detection.name) for detection in usual}
        sources = sorted(detection for detection, files in self._came[-1].items() if files)
        for number, fault in enumerate(faults):
            if isinstance(fault, ReaderFault):
                yield self._edited(fault, earlier_files, usual_names)
                continue
            skipped = ""
            for turn in range(len(sources)):
                source = sources[(number + turn) % len(sources)]
                try:
                    files = fault.act(self._delivery(source))
                except (UnsuitedError, UnicodeDecodeError, ValueError) as error:
                    skipped = skipped or str(error)
                    continue
                detections = self._struck(source, files, earlier_files)
                new = _new(detections, usual_names)
                yield Replayed(fault.name, fault.description, self._name(source), new)
                break
            else:
                yield Replayed(fault.name, fault.description, "", skipped=skipped or "no source")

    def _edited(
        self, fault: ReaderFault, earlier_files: Sequence[RawFile], usual: Collection[Names]
    ) -> Replayed:
        """What an audit sees of a commit that comes with the newest delivery."""
        try:
            edit = fault.act(self.plan, self.scratch.readers)
        except UnsuitedError as error:
            return Replayed(fault.name, fault.description, "", skipped=str(error))
        only = below(edit.model, self.plan) if edit.model else frozenset[str]()
        with self.scratch.edited(edit):
            audit = self.scratch.audit(
                self._at,
                self.past,
                earlier_files=earlier_files,
                only=only,
                accepted=self._accepted,
            )
            seen = [*audit.seen, *self.scratch.missed_on_boards()]
        self.scratch.rebuild(only)
        return Replayed(fault.name, fault.description, edit.subject, _new(seen, usual))

    def _struck(
        self, source: str, files: Mapping[str, bytes], earlier_files: Sequence[RawFile]
    ) -> tuple[Detection, ...]:
        """What an audit sees when these files come to a source in the place of its own."""
        own_files = self._came[-1][source]
        for name in own_files:
            (self.plan.raw / name).unlink()
        listed = self._write(files)
        other_files = [file for file in self._files if file.name not in own_files]
        audit = self.scratch.audit(
            self._at,
            self.past,
            read=source,
            files=sorted([*other_files, *listed], key=lambda one: one.name),
            earlier_files=earlier_files,
            only=below(source, self.plan),
            accepted=self._accepted,
        )
        seen = audit.seen
        if not any(detection.by == "dbt model" for detection in seen):
            seen = (*seen, *self.scratch.missed_on_boards())
        for name in files:
            (self.plan.raw / name).unlink()
        self._write(own_files)
        self.scratch.rebuild(below(source, self.plan))
        return seen

    def _delivery(self, source: str) -> Delivery:
        node = self.plan.manifest.nodes[source]
        return Delivery(
            self._came[-1][source],
            [day[source] for day in reversed(self._came[:-1])],
            [
                files
                for other_source, files in sorted(self._came[-1].items())
                if other_source != source
            ],
            frozenset(re.findall(r"\w+", node.loaded_at)),
            frozenset(column.name for column in node.columns if column.references),
            frozenset(column.name for column in node.columns if column.pii),
        )

    def _name(self, source: str) -> str:
        node = self.plan.manifest.nodes[source]
        return f"{node.schema}.{node.name}"

    def _sorted(self, day: Day) -> dict[str, dict[str, bytes]]:
        return {
            source: {name: content for name, content in day.items() if pattern_.match(name)}
            for source, pattern_ in self._patterns.items()
        }

    def _write(self, files: Mapping[str, bytes]) -> list[RawFile]:
        for name, content in files.items():
            path = self.plan.raw / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return [
            RawFile(name, len(content), hashlib.blake2b(content, digest_size=16).hexdigest())
            for name, content in sorted(files.items())
        ]


def _new(seen: Iterable[Detection], usual: Collection[Names]) -> tuple[Detection, ...]:
    """What a clean day does not show, each once; what rejects first."""
    new = {detection for detection in seen if (detection.by, detection.name) not in usual}
    return tuple(sorted(new, key=lambda one: (not one.rejects, one.by, one.name)))


def count_alarms(days: Iterable[frozenset[tuple[str, str]]]) -> int:
    """The number of rejections; the same rejection on consecutive days counts once."""
    count, previous = 0, frozenset[tuple[str, str]]()
    for rejecting in days:
        count += bool(rejecting) and not rejecting & previous
        previous = rejecting
    return count


def _acceptable(audit: Audit) -> list[Accepted]:
    """What a team accepts to let a day through that nothing but monitors rejects."""
    rejecting = [finding for finding in audit.findings if finding.level == ERROR]
    if len(rejecting) < sum(detection.rejects for detection in audit.seen):
        return []
    return _as_accepted(rejecting, audit)


def _as_accepted(findings: Iterable[FindingRun], audit: Audit) -> list[Accepted]:
    return [
        Accepted(
            finding.check,
            finding.subject,
            finding.column,
            finding.value or 0.0,
            audit.release.run,
            "a drill",
        )
        for finding in findings
    ]


def own_days(product: Product, most: int = DAYS + _ARCHIVE + 1) -> list[Day]:
    """The deliveries of the product's raw, by the dates in the names of their files.

    What is older than the last ones, or says no date, comes with the first of them: rows that come
    later lead there.
    """
    days: dict[str, list[str]] = {}
    root = product.raw
    for name in raw_files(root) if root.is_dir() else []:
        match_ = _DATE.search(name.rpartition("/")[2])
        days.setdefault("-".join(match_.groups()) if match_ else "", []).append(name)
    undated = days.pop("", [])
    older, last = sorted(days)[:-most], sorted(days)[-most:]
    for day in older:
        undated += days[day]
    if last:
        days[last[0]] += undated
    return [{name: (root / name).read_bytes() for name in sorted(days[day])} for day in last]


def chosen(names: Sequence[str]) -> Sequence[Fault | ReaderFault]:
    """The faults of these names; all of them without any.

    Raises:
        DataopsError: there is no such fault.
    """
    by_name = {fault.name: fault for fault in FAULTS}
    if unknown := sorted(set(names) - set(by_name)):
        raise DataopsError(
            f"Unknown fault: {', '.join(unknown)}.", fix=f"use one of {', '.join(by_name)}"
        )
    return [by_name[name] for name in names] or FAULTS
