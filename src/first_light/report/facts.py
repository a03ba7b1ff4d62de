"""What the report tells, read once from the store and its history: values, no words yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from first_light.dbt.manifest import Manifest
from first_light.dbt.root_cause import owner_of
from first_light.figures.compute import NAMES, Figure, Ledger, weeks
from first_light.history.exercises import StrengthFact
from first_light.incidents.derive import Incident, incidents
from first_light.monitors.prediction import Expected, Past, expect
from first_light.project.product import Product
from first_light.report.changes import Change, changes
from first_light.report.lineage import NOTHING, Lineage, lineage
from first_light.score.evidence import last_strength
from first_light.status.current import Status, manifest_of, status
from first_light.store.locate import store_of

DAYS = 90  # what the figures look back on
_RUNS, _VOLUMES, _SLOW, _WEEKS = 120, 30, 10, 13
# The last production runs that looked at their relations, and what each saw of each.
_LISTED = (
    "with newest as "
    f"(select run from production where profiled order by number desc limit {_RUNS}), "
    "listed as "
    "(select run, number, unnest(profile) as r from runs semi join newest using (run))"
)


@dataclass(frozen=True)
class RunLine:
    """One production run: what it was, how it ended, how many errors it had."""

    run: str
    at: datetime
    outcome: str
    trigger: str
    errors: int
    seconds: float


@dataclass(frozen=True)
class Volume:
    """Rows of one relation in the last runs, each with what was expected of it then."""

    name: str
    points: tuple[tuple[datetime, int, Expected | None, bool], ...]


@dataclass(frozen=True)
class Age:
    """How old the newest row of one relation was in the last runs, in seconds.

    Attributes:
        name: the relation.
        kind: source or model.
        points: when, how old, what was expected of it then, whether it was found too old.
    """

    name: str
    kind: str
    points: tuple[tuple[datetime, float, Expected | None, bool], ...]


@dataclass(frozen=True)
class Exposure:
    """Who reads the product: a board or a dashboard elsewhere.

    Attributes:
        title: its name for people.
        owner: name and address; empty without one.
        url: where it is; empty for a board.
        failing: names of the open incidents above it.
    """

    title: str
    owner: str
    url: str
    failing: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Everything on the page.

    Attributes:
        product: its name.
        team, contact, deadline: as the product was made with.
        status: how it stands.
        figures: of the last 90 days, each with its trend by weeks, oldest first.
        runs: the last production runs, oldest first.
        total: how many production runs there were.
        incidents: all of them, newest first.
        volumes: rows a relation.
        ages: how fresh each source and each model is that says a time.
        changes: what the last changes of code did, newest first.
        lineage: what stands on what, and what fails.
        slow: the slowest models of the last run: name and seconds.
        coverage: tests by what they cover: name, covered, of how many.
        exposures: who reads the current release.
        strength: of the tests, as last measured; without changes if it never was.
    """

    product: str
    team: str
    contact: str
    deadline: str
    status: Status
    figures: tuple[tuple[Figure, tuple[Figure, ...]], ...]
    runs: tuple[RunLine, ...]
    total: int
    incidents: tuple[Incident, ...]
    volumes: tuple[Volume, ...]
    slow: tuple[tuple[str, float], ...]
    coverage: tuple[tuple[str, int, int], ...]
    ages: tuple[Age, ...] = ()
    changes: tuple[Change, ...] = ()
    lineage: Lineage = NOTHING
    exposures: tuple[Exposure, ...] = ()
    strength: StrengthFact = field(default_factory=StrengthFact)

    @property
    def at(self) -> datetime:
        return self.status.at


def collect(product: Product, book: Ledger) -> Facts:
    """Read everything that the page tells.

    Raises:
        DataopsError: the store can't be read, or its pointer is broken.
    """
    store = store_of(product)
    manifest = manifest_of(store, store.current())
    status_ = status(product, book)
    return gather(book, status_, manifest, product.name, product.answers, product.deadline)


def gather(
    book: Ledger,
    status_: Status,
    manifest: Manifest | None,
    product: str,
    answers: Mapping[str, object],
    deadline: str,
) -> Facts:
    """The facts from a history, a status and a manifest that were read."""
    spans = weeks(status_.at, _WEEKS)
    figures = {figure.name: figure for figure in book.figures(DAYS)}
    return Facts(
        product=product,
        team=str(answers.get("team") or ""),
        contact=str(answers.get("contact") or ""),
        deadline=deadline,
        status=status_,
        figures=tuple((figures[name], book.trend(name, spans)) for name in NAMES),
        runs=_runs(book),
        total=_count(book, "select count(*) from production"),
        incidents=incidents(book, manifest),
        volumes=_volumes(book),
        slow=_slow(book),
        coverage=coverage(manifest) if manifest else (),
        strength=last_strength(book),
        ages=_ages(book),
        changes=changes(book, manifest),
        lineage=lineage(book, manifest, status_.open),
        exposures=_exposures(manifest, status_.open) if manifest else (),
    )


def _exposures(manifest: Manifest, open_incidents: Sequence[Incident]) -> tuple[Exposure, ...]:
    subjects = {incident.subject: incident.name for incident in open_incidents}
    return tuple(
        Exposure(
            node.label or node.name,
            owner_of(node.unique_id, manifest)[1],
            node.url,
            tuple(sorted(subjects[name] for name in above & set(subjects))),
        )
        for node in manifest.of("exposure")
        for above in (manifest.graph.ancestors(node.unique_id) | {node.unique_id},)
    )


def coverage(manifest: Manifest) -> tuple[tuple[str, int, int], ...]:
    """What has at least one data test: models, described columns, models that feed an exposure."""
    tests = manifest.of("test")
    models = manifest.of("model")
    tested = {unique_id for test in tests for unique_id in (test.attached_to, *test.depends_on)}
    columns = [
        (model.unique_id, column.name.lower()) for model in models for column in model.columns
    ]
    columns_by_model = {
        (test.attached_to, name.lower())
        for test in tests
        if test.call
        for name in (test.call.column, *_columns_of(test.call.arguments))
        if name
    }
    exposures = (exposure.unique_id for exposure in manifest.of("exposure"))
    feeding = manifest.graph.ancestors(*exposures)
    fed = [model for model in models if model.unique_id in feeding]
    return (
        ("models", sum(model.unique_id in tested for model in models), len(models)),
        ("columns", sum(column in columns_by_model for column in columns), len(columns)),
        ("models that feed an exposure", sum(m.unique_id in tested for m in fed), len(fed)),
    )


def _columns_of(arguments: dict[str, object]) -> list[str]:
    names = arguments.get("combination_of_columns")
    return [str(name_) for name_ in names] if isinstance(names, list) else []


def _runs(book: Ledger) -> tuple[RunLine, ...]:
    rows = book.connection.execute(
        "select p.run, p.ended_at, p.outcome, p.trigger, count(e.check_id), any_value(p.seconds) "
        "from production as p left join problems as e using (run) "
        "group by p.run, p.number, p.ended_at, p.outcome, p.trigger "
        f"order by p.number desc limit {_RUNS}"
    ).fetchall()
    return tuple(
        RunLine(run, at.replace(tzinfo=timezone.utc), outcome, trigger, errors, seconds or 0.0)
        for run, at, outcome, trigger, errors, seconds in reversed(rows)
    )


def _volumes(book: Ledger) -> tuple[Volume, ...]:
    rows = book.connection.execute(
        f"{_LISTED} "
        "select l.r.unique_id, l.r.name, p.ended_at, l.r.rows, p.outcome = 'published', "
        "exists (select 1 from seen as s where s.run = l.run and s.subject = l.r.unique_id "
        "and s.check_id like 'monitor.volume.%') "
        "from listed as l join production as p using (run) order by l.r.name, l.number"
    ).fetchall()
    series: dict[tuple[str, str], list[tuple[datetime, int, bool, bool]]] = defaultdict(list)
    for unique_id, name, at, count, published, strange in rows:
        suffix = ": what came" if unique_id.startswith("source.") else ""
        series[unique_id, name + suffix].append(
            (at.replace(tzinfo=timezone.utc), count, published, strange)
        )
    return tuple(
        Volume(name, tuple((at, int(n), expected, odd) for at, n, expected, odd in banded(values)))
        for (_, name), values in series.items()
    )


def _ages(book: Ledger) -> tuple[Age, ...]:
    """Sources as dbt's freshness tells them, models by the latest time in them."""
    rows = book.connection.execute(
        f"{_LISTED}, "
        "ages as ("
        "select run, number, r.unique_id as unique_id, r.name as name, 'model' as kind, "
        "epoch(p.ended_at) - r.newest as age, false as old "
        "from listed join production as p using (run, number) "
        "where r.newest is not null and r.unique_id not like 'source.%' "
        "union all "
        "select run, number, unique_id, name, 'source', age_seconds, status in ('warn', 'error') "
        "from sources semi join newest using (run) where age_seconds is not null) "
        "select a.unique_id, a.kind, a.name, p.ended_at, a.age, p.outcome = 'published', "
        "a.old or exists (select 1 from seen as s where s.run = a.run "
        "and s.subject = a.unique_id and s.check_id like 'monitor.freshness.%') "
        "from ages as a join production as p using (run) order by a.kind desc, a.name, a.number"
    ).fetchall()
    series: dict[tuple[str, str, str], list[tuple[datetime, float, bool, bool]]] = defaultdict(list)
    for unique_id, kind, name, at, age, published, old in rows:
        point = (at.replace(tzinfo=timezone.utc), float(age), published, old)
        series[unique_id, kind, name].append(point)
    return tuple(Age(name, kind, banded(values)) for (_, kind, name), values in series.items())


def banded(
    values: Sequence[tuple[datetime, float, bool, bool]],
) -> tuple[tuple[datetime, float, Expected | None, bool], ...]:
    """The last values, each with what the normal ones before it let expect.

    Args:
        values: when, how much, whether it was published, whether a monitor found it strange.
    """
    points = []
    for n in range(max(0, len(values) - _VOLUMES), len(values)):
        at, value, _, strange = values[n]
        earlier = [
            Past(when, float(past_value))
            for when, past_value, good, odd in values[:n]
            if good > odd
        ]
        points.append((at, value, expect(earlier, at), strange))
    return tuple(points)


def _slow(book: Ledger) -> tuple[tuple[str, float], ...]:
    return tuple(
        book.connection.execute(
            "with built as (select number, name, seconds from results "
            "where kind in ('model', 'snapshot', 'seed') and carried_from = '') "
            "select name, seconds from built where number = (select max(number) from built) "
            f"order by seconds desc, name limit {_SLOW}"
        ).fetchall()
    )


def _count(book: Ledger, query: str) -> int:
    row = book.connection.execute(query).fetchone()
    return int(row[0]) if row else 0
