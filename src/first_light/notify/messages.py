"""The text of a message: which product, whose, why, what hangs on it, how long, what to type.

No value of a row is in it: of dbt's messages nothing, of monitors' findings the numbers, and not
even these where the column is personal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from first_light.dbt.manifest import Manifest
from first_light.figures.compute import duration
from first_light.incidents.derive import Incident, by_cause
from first_light.monitors.personal import personal_columns
from first_light.notify.pending import Due

_LISTED, _NAMED = 10, 6


@dataclass(frozen=True)
class Words:
    """How one product speaks.

    Attributes:
        product: its name.
        answers: as it was made: team and contact stand in where no group owns a node.
        manifest: says which columns are personal; None: then no finding's numbers are told.
    """

    product: str
    answers: Mapping[str, object]
    manifest: Manifest | None

    def title(self, news: Due) -> str:
        """One line."""
        parts = []
        if news.opened:
            parts.append(_count(len(news.opened), "new incident"))
        if news.closed:
            parts.append(f"{len(news.closed)} recovered")
        if news.rollback:
            parts.append("rolled back")
        return f"{self.product}: {', '.join(parts)}"

    def text(self, news: Due) -> str:
        """The whole message."""
        blocks = []
        groups = by_cause(news.opened)
        for group in groups[:_LISTED]:
            blocks.append(self.opened(group[0]))
            if more := group[1:]:
                names = ", ".join(one.label for one in more[:_NAMED])
                rest = " …" if len(more) > _NAMED else ""
                blocks[-1] += f"\nwith it: {len(more)} more, from the same cause: {names}{rest}"
        if len(groups) > _LISTED:
            blocks.append(f"and {len(groups) - _LISTED} more causes: uv run dataops status")
        if news.closed:
            blocks.append("\n".join(self.closed(one) for one in news.closed[:_LISTED]))
            if len(news.closed) > _LISTED:
                blocks[-1] += f"\nand {len(news.closed) - _LISTED} more recovered"
        if news.rollback:
            blocks.append(self.rollback(news))
        still = len(news.open) - len(news.opened)
        if still:
            blocks.append(f"still open: {still}, told before")
        if not news.open:
            blocks.append("nothing is open any more")
        return "\n\n".join(blocks)

    def opened(self, one: Incident) -> str:
        """One incident that opened."""
        impact = ", ".join(one.impact[:_NAMED]) + (" …" if len(one.impact) > _NAMED else "")
        lines = [
            f"open: {one.label}",
            f"owner: {one.owner or self.owner}",
            f"cause: {_short(one.root_cause)}; {one.between}",
            f"impact: {impact or 'nothing hangs on it'}",
            f"age: {duration(one.seconds)}, {_count(one.runs, 'run')}",
            f"next: {one.next}",
        ]
        if said := self.finding(one):
            lines.insert(1, f"seen: {said}")
        return "\n".join(lines)

    def closed(self, one: Incident) -> str:
        """One incident that is over."""
        return f"recovered: {one.label}, after {duration(one.seconds)}, with {one.closed_run}"

    def rollback(self, news: Due) -> str:
        """What readers see after a rollback."""
        back = news.rollback
        return f"readers see {back.current} again, before it was {back.base}" if back else ""

    @property
    def owner(self) -> str:
        """The product's team."""
        team, contact = (str(self.answers.get(name) or "") for name in ("team", "contact"))
        return f"{team} <{contact}>" if team and contact else team or contact or "nobody"

    def finding(self, one: Incident) -> str:
        """What a monitor saw, where that can't be personal; empty otherwise."""
        if one.kind != "monitor" or self.manifest is None:
            return ""
        code = {node.unique_id: node.code for node in self.manifest.nodes.values()}
        personal = personal_columns(self.manifest, code).get(one.subject, frozenset())
        column = one.check.rpartition(f"{one.subject}.")[2] if one.subject in one.check else ""
        return "" if column.lower() in personal else one.message


def _short(unique_id: str) -> str:
    """A node's kind and name; dbt's ids also hold the project."""
    parts = unique_id.split(".")
    return f"{parts[0]} {'.'.join(parts[2:])}" if len(parts) > 2 else "the run itself"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
