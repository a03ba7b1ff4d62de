"""What the last changes of code did: which models, how many rows, who reads them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timezone

from first_light.dbt.manifest import Manifest
from first_light.figures.compute import Ledger
from first_light.incidents.derive import downstream

_CHANGES, _ROWS = 8, 12


@dataclass(frozen=True)
class Change:
    """One code release.

    Attributes:
        run: the run that published it, or the last that tried.
        commit: what it was made from.
        at: when its first run ended.
        verdict: published, rejected, rolled back, or followed by an incident.
        commits: how many commits it brought.
        changed: names of the models whose files differ from the release before.
        below: how many models stand on these.
        rows: models whose number of rows is another: name, before, after; None where it was not.
        more: how many of these are not listed.
        readers: names of the exposures downstream of the change.
    """

    run: str
    commit: str
    at: datetime
    verdict: str
    commits: int
    changed: tuple[str, ...]
    below: int
    rows: tuple[tuple[str, int | None, int | None], ...]
    more: int
    readers: tuple[str, ...]


def changes(book: Ledger, manifest: Manifest | None) -> tuple[Change, ...]:
    """The last code releases, the newest first."""
    results = book.connection.execute(
        "select v.run, v.commit, v.happened_at, v.first_number, "
        "case when v.rolled_back then 'rolled back' when v.followed_by_incident then "
        "'followed by an incident' when v.published_number is null then 'rejected' "
        "else 'published' end, "
        "(select count(*) from shipped as s where s.run = v.run) "
        f"from code_verdicts as v order by v.first_number desc limit {_CHANGES}"
    ).fetchall()
    commits = [row[1] for row in results]
    changed, touched = (
        _by_commit(book, f'select "commit", {node} from {table}', commits)
        for table, node in (("changed", "unique_id"), ("touched", "node"))
    )
    exposures = {node.name for node in manifest.of("exposure")} if manifest else set()
    entries = []
    for run, commit, at, first, verdict, brought in results:
        rows = _rows(book, run, first, touched[commit])
        if verdict == "rejected":  # what was not built has no number of rows, and lost none
            rows = tuple(row for row in rows if row[2] is not None)
        readers = {
            name
            for node in changed[commit]
            if manifest
            for name in downstream(node, manifest)
            if name in exposures
        }
        entries.append(
            Change(
                run,
                commit,
                at.replace(tzinfo=timezone.utc),
                verdict,
                brought,
                tuple(sorted(node.split(".", 2)[-1] for node in changed[commit])),
                len(touched[commit] - changed[commit]),
                rows[:_ROWS],
                max(0, len(rows) - _ROWS),
                tuple(sorted(readers)),
            )
        )
    return tuple(entries)


def _by_commit(book: Ledger, query: str, commits: list[str]) -> dict[str, set[str]]:
    runs_by_commit: dict[str, set[str]] = defaultdict(set)
    rows = book.connection.execute(f'{query} where list_contains(?, "commit")', [commits])
    for commit, node in rows.fetchall():
        runs_by_commit[commit].add(node)
    return runs_by_commit


def _rows(
    book: Ledger, run: str, first: int, nodes: set[str]
) -> tuple[tuple[str, int | None, int | None], ...]:
    """Rows of these nodes in the release before and in this run, where they differ."""
    rows = book.connection.execute(
        "with before as (select unique_id, rows from results where number = "
        "(select max(number) from published where number < ?)), "
        "after as (select unique_id, rows from results where run = ?) "
        "select coalesce(a.unique_id, b.unique_id), b.rows, a.rows "
        "from after as a full join before as b using (unique_id) "
        "where a.rows is distinct from b.rows "
        "and list_contains(?, coalesce(a.unique_id, b.unique_id)) "
        "order by abs(coalesce(a.rows, 0) - coalesce(b.rows, 0)) desc, 1",
        [first, run, sorted(nodes)],
    ).fetchall()
    return tuple((node.split(".", 2)[-1], before, after) for node, before, after in rows)
