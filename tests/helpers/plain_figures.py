"""The design's definitions of the figures, in plain Python over a list of records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean, median

from first_light.history.record import CommitFact, Record
from first_light.utils.timestamps import moment

_FAILED = {"error", "fail", "runtime error"}


@dataclass
class Known:
    """One incident, walked through run by run."""

    check: str
    subject: str
    cause: str
    opened: Record
    closed: Record | None = None


class Plain:
    """The design's definitions over a list of records."""

    def __init__(self, records: list[Record], at: datetime) -> None:
        self.at = at
        self.all = records
        self.runs = [r for r in records if r.command == "release" and r.kind == "release"]
        self.published = [r for r in self.runs if r.outcome == "published"]
        self.incidents = self._incidents()
        self.shipped = self._shipped()
        self.code = self._code()

    def errors(self, record: Record) -> dict[str, str]:
        """Check and subject of everything that failed."""
        result = {n.unique_id: n.subject for n in record.nodes if n.status in _FAILED}
        for fresh in record.freshness:
            if fresh.status == "error":
                result[f"freshness.{fresh.unique_id}"] = fresh.unique_id
        for finding in record.findings:
            if finding.level == "error":
                result[f"monitor.{finding.check}.{finding.subject}"] = finding.subject
        if not result and record.outcome in ("rejected", "failed", "crashed"):
            result["run"] = "run"
        return result

    def passed(self, record: Record, check: str) -> bool:
        if record.outcome == "published":
            return True
        if check in self.errors(record):
            return False
        if check == "run":
            return record.outcome == "rejected"
        if check.startswith("freshness."):
            return any(f"freshness.{f.unique_id}" == check for f in record.freshness)
        if check.startswith("monitor."):
            return bool(record.profile)
        return any(n.unique_id == check and n.status in ("pass", "success") for n in record.nodes)

    def _incidents(self) -> list[Known]:
        result: list[Known] = []
        for record in self.runs:
            for item in result:
                if item.closed is None and self.passed(record, item.check):
                    item.closed = record
            failing = self.errors(record)
            for check, subject in failing.items():
                if not any(item.check == check and item.closed is None for item in result):
                    result.append(Known(check, subject, self._cause(record, subject), record))
        return result

    def _cause(self, record: Record, subject: str) -> str:
        broken = set(self.errors(record).values())
        above = sorted(broken & self._above(record, subject))
        return min(above, key=lambda one: (len(broken & self._above(record, one)), one))

    def _above(self, record: Record, node: str) -> set[str]:
        parents = {n.unique_id: n.depends_on for n in record.nodes if n.resource_type == "model"}
        result = {node}
        for parent in parents.get(node, ()):
            result |= self._above(record, parent)
        return result

    def _shipped(self) -> dict[str, tuple[str, Record]]:
        """Each commit: when it was made, and the first production release that holds it."""
        result: dict[str, tuple[str, Record]] = {}
        waiting: dict[str, str] = {}
        for record in self.all:
            if record.command != "release" or record.outcome != "published":
                continue
            listed = [*record.git.commits]
            listed.append(CommitFact(record.git.commit, "", record.git.committed_at))
            for commit in listed:
                if commit.commit not in result:
                    waiting.setdefault(commit.commit, commit.committed_at)
            if record.kind == "release":
                result.update({c: (made, record) for c, made in waiting.items() if c})
                waiting.clear()
        return result

    def _code(self) -> list[dict[str, object]]:
        result: list[dict[str, object]] = []
        by_commit: dict[str, list[Record]] = {}
        for record in self.runs:
            shipped = self.shipped.get(record.git.commit)
            new = shipped is None or shipped[1].number >= record.number
            if record.outcome in ("published", "rejected") and new and record.git.commit:
                by_commit.setdefault(record.git.commit, []).append(record)
        tries = sorted(by_commit.values(), key=lambda runs: runs[0].number)
        by_run = {r.run: r for r in self.published}
        for n, runs in enumerate(tries):
            commit, first = runs[0].git.commit, runs[0]
            live = next((r for r in runs if r.outcome == "published"), None)
            judged = live or runs[-1]
            old = [r for r in self.published if r.number < first.number][-1:]
            before = {x.unique_id: x.checksum for x in old[0].nodes} if old else {}
            changed = {
                x.unique_id
                for x in judged.nodes
                if x.resource_type == "model" and before.get(x.unique_id) != x.checksum
            }
            touched = {
                x.unique_id
                for x in judged.nodes
                if x.resource_type == "model" and self._above(judged, x.unique_id) & changed
            }
            until = tries[n + 1][0].number if n + 1 < len(tries) else 10**9
            since = tries[n - 1][0].number if n else 0
            followed = live is not None and any(
                live.number < incident.opened.number < until and incident.subject in touched
                for incident in self.incidents
            )
            back = any(
                r.command == "rollback"
                and r.base in by_run
                and by_run[r.base].git.commit == commit
                and by_run[r.current].number < by_run[r.base].number
                and by_run[r.current].git.commit != commit
                for r in self.all
            )
            rework = any(
                since <= incident.opened.number < first.number
                and {incident.subject, incident.cause} & changed
                for incident in self.incidents
            )
            rejected = any(r.outcome == "rejected" for r in runs)
            bad = followed or back or rejected
            result.append({"at": _ended(first), "bad": bad, "rework": rework})
        return result

    def expected(self) -> list[tuple[datetime, bool, bool]]:
        """Each deadline since production began: met or not, and whether anything ran."""
        first = moment(self.runs[0].started_at)
        deadline = first.replace(hour=7, minute=0, second=0)
        result, day = [], timedelta(days=1)
        while deadline <= self.at:
            if deadline > first:
                met = any(
                    deadline - day < _ended(r) <= deadline
                    and all(check.status == "pass" for check in r.freshness)
                    for r in self.published
                )
                came = any(deadline - day < moment(r.started_at) <= deadline for r in self.runs)
                result.append((deadline, met, came))
            deadline += day
        return result

    def figure(self, name: str, since: datetime, until: datetime) -> float | None:
        """One figure, by its name."""
        runs = [r for r in self.runs if since <= _ended(r) < until]
        days = [item for item in self.expected() if since <= item[0] < until]
        code = [item for item in self.code if since <= item["at"] < until]  # type: ignore[operator]
        shipped = [item for item in self.shipped.values() if since <= _ended(item[1]) < until]
        opened = [
            incident for incident in self.incidents if since <= _ended(incident.opened) < until
        ]
        if name == "errors_per_run":
            return mean(len(self.errors(r)) for r in runs) if runs else None
        if name == "production_error_rate":
            bad = [bool(self.errors(r)) for r in runs] + [True for _, _, came in days if not came]
            return mean(bad) if bad else None
        if name == "on_time_rate":
            return mean(met for _, met, _ in days) if days else None
        if name == "deployment_frequency":
            first = moment(self.runs[0].started_at)
            span = (min(until, self.at) - max(since, first)).total_seconds() / 604_800
            releases = {r.run for _, r in shipped}
            return len(releases) / max(1, span)
        if name == "lead_time":
            times = [max(0.0, _seconds(moment(made), _ended(r))) for made, r in shipped if made]
            return median(times) if times else None
        if name == "change_failure_rate":
            return mean(bool(item["bad"]) for item in code) if code else None
        if name == "rework_rate":
            return mean(bool(item["rework"]) for item in code) if code else None
        if name == "detection_rate":
            return 1.0 if opened else None
        if name == "time_to_restore":
            return median(self.age(item) for item in opened) if opened else None
        if name == "test_coverage":
            newest = [r for r in self.published if since <= _ended(r) < until][-1:]
            if not newest:
                return None
            models = [n.unique_id for n in newest[0].nodes if n.resource_type == "model"]
            tested = {n.subject for n in newest[0].nodes if n.resource_type == "test"}
            return mean(model in tested for model in models)
        raise AssertionError(name)

    def age(self, one: Known) -> float:
        end = _ended(one.closed) if one.closed else self.at
        return max(0.0, _seconds(_ended(one.opened), end))


def _ended(record: Record) -> datetime:
    return moment(record.ended_at or record.started_at)


def _seconds(since: datetime, until: datetime) -> float:
    return (until - since).total_seconds()
