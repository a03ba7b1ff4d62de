"""The text of a message: product, owner, root cause, downstream models, duration and next command.

No value of a row is in it: of dbt's messages nothing, of monitors' findings the numbers, and not
even these where the column is personal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from first_light.dbt.by_hand import rows_command
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.personal_columns import described, personal_columns
from first_light.figures.compute import duration
from first_light.history.record import NodeRun
from first_light.incidents.derive import Incident
from first_light.notify.pending import Due

_INCIDENTS_SHOWN, _NAMES_SHOWN = 10, 6


@dataclass(frozen=True)
class MessageText:
    """The messages of one product.

    Attributes:
        product: its name.
        answers: as it was made: team and contact stand in where no group owns a node.
        manifest: says which columns are personal; None: then messages hold no numbers of findings.
        warned_tests: of the last run: what found rows and rejected nothing.
    """

    product: str
    answers: Mapping[str, object]
    manifest: Manifest | None
    warned_tests: Sequence[NodeRun] = ()

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
        blocks += [self.opened(incident) for incident in news.opened[:_INCIDENTS_SHOWN]]
        if len(news.opened) > _INCIDENTS_SHOWN:
            blocks.append(
                f"and {len(news.opened) - _INCIDENTS_SHOWN} more incidents: uv run dataops status"
            )
        if news.closed:
            blocks.append(
                "\n".join(self.closed(incident) for incident in news.closed[:_INCIDENTS_SHOWN])
            )
            if len(news.closed) > _INCIDENTS_SHOWN:
                blocks[-1] += f"\nand {len(news.closed) - _INCIDENTS_SHOWN} more recovered"
        if news.rollback:
            blocks.append(self.rollback(news))
        still_open = len(news.open) - len(news.opened)
        if still_open:
            blocks.append(f"still open: {still_open}, already notified")
        if not news.open:
            blocks.append("no incident is open")
        if self.warned_tests:
            blocks.append("\n".join(self.warned(test) for test in self.warned_tests[:_NAMES_SHOWN]))
            rest = len(self.warned_tests) - _NAMES_SHOWN
            blocks[-1] += f"\nand {rest} more tests warned" if rest > 0 else ""
        return "\n\n".join(blocks)

    def opened(self, incident: Incident) -> str:
        """One incident that opened."""
        impact = ", ".join(incident.impact[:_NAMES_SHOWN]) + (
            " …" if len(incident.impact) > _NAMES_SHOWN else ""
        )
        lines = [
            f"open: {incident.label}",
            f"owner: {incident.owner or self.owner}",
            f"cause: {_short(incident.root_cause)}; {incident.between}",
            f"impact: {impact or 'no downstream models'}",
            f"age: {duration(incident.seconds)}, {_count(incident.runs, 'run')}",
            f"next: {incident.next}",
        ]
        if finding_text := self.finding(incident):
            lines.insert(1, f"seen: {finding_text}")
        if echoes := incident.echoes:
            names = ", ".join(echo.label for echo in echoes[:_NAMES_SHOWN])
            more = " …" if len(echoes) > _NAMES_SHOWN else ""
            lines.append(f"with it: {len(echoes)} more, from the same cause: {names}{more}")
        return "\n".join(lines)

    def warned(self, test: NodeRun) -> str:
        """One test that warned."""
        rows = "" if test.failures is None else f", {_count(test.failures, 'row')}"
        return f"warned: test {test.name}{rows}; its rows: {rows_command(test.name)}"

    def closed(self, incident: Incident) -> str:
        """One incident that is over."""
        seconds = duration(incident.seconds)
        return f"recovered: {incident.label}, after {seconds}, with {incident.closed_run}"

    def rollback(self, news: Due) -> str:
        """What readers see after a rollback."""
        rollback_ = news.rollback
        return (
            f"readers see {rollback_.current} again, before it was {rollback_.base}"
            if rollback_
            else ""
        )

    @property
    def owner(self) -> str:
        """The product's team."""
        team, contact = (str(self.answers.get(name) or "") for name in ("team", "contact"))
        return f"{team} <{contact}>" if team and contact else team or contact or "nobody"

    def finding(self, incident: Incident) -> str:
        """What a monitor saw, where that can't be personal; empty otherwise."""
        if incident.kind != "monitor" or self.manifest is None:
            return ""
        column = (
            incident.check.rpartition(f"{incident.subject}.")[2]
            if incident.subject in incident.check
            else ""
        )
        nodes = self.manifest.nodes

        def columns_of(node: Node) -> list[str]:
            own = [column] if column and node.unique_id == incident.subject else []
            return described(node) + own

        personal = personal_columns(self.manifest, lambda name: nodes[name].code, columns_of)
        return "" if column.lower() in personal.get(incident.subject, ()) else incident.message


def _short(unique_id: str) -> str:
    """A node's kind and name; dbt's ids also hold the project."""
    parts = unique_id.split(".")
    return f"{parts[0]} {'.'.join(parts[2:])}" if len(parts) > 2 else "the run itself"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
