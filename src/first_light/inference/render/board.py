"""The draft of a board: a fact by week and by its main category, for the team to go on from."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from first_light.inference import names, star
from first_light.inference.mart_values import Mart
from first_light.inference.values import Reference
from first_light.utils.sql_names import identifier

_NAME = re.compile(r"[a-z][a-z0-9_]*")
# What may be added up, money first; not prices of one unit.
AMOUNTS = (
    re.compile(r"(^|_)(amount|total|revenue|sales|betrag|umsatz)(_|$)"),
    re.compile(r"(^|_)(quantity|qty|menge)(_|$)"),
)
# A chart with more bars is none that people read.
_MOST_BARS = 20
_TEXT = {"text", "varchar", "string"}


@dataclass(frozen=True)
class BoardDraft:
    """A fact by week and, where it has one, by its main category.

    Attributes:
        fact: name of the model.
        day: its column with the day on which a row happened.
        amount: a column with amounts to add up; empty without one.
        category: a column with few names, such as of a dimension; empty without one.
    """

    fact: str
    day: str
    amount: str = ""
    category: str = ""

    @property
    def name(self) -> str:
        """Of the board."""
        return f"{self.fact}_by_week"

    def text(self, team: str, contact: str) -> str:
        """The file of the board.

        Args:
            team: the name of its owner.
            contact: the e-mail address of its owner.
        """
        rows, day = names.plain(self.fact), identifier(self.day)
        title = f"{names.capital(rows)} by week"
        total = f"    sum({identifier(self.amount)}) as amount,\n" if self.amount else ""
        parts = [
            "---",
            f"title: {json.dumps(title)}",
            "description: A draft; see what your readers need, and change it.",
            "owner:",
            f"  name: {json.dumps(team, ensure_ascii=False)}",
            f"  email: {json.dumps(contact)}",
            "---",
            f"There are **{{{{ total.row_count:,d }}}}** rows of {rows}, "
            "from {{ total.first_day }} to {{ total.last_day }}.",
            "A week begins on Monday; the first and the last one may not be complete.",
            "",
            "```sql total",
            "select",
            "    count(*) as row_count,",
            f"    min({day}) as first_day,",
            f"    max({day}) as last_day",
            f"from {{{{ ref('{self.fact}') }}}}",
            "```",
            "",
            "```sql weeks",
            "select",
            f"    cast(date_trunc('week', {day}) as date) as week,",
            f"{total}    count(*) as row_count",
            f"from {{{{ ref('{self.fact}') }}}}",
            f"where {day} is not null",
            "group by 1",
            "order by 1",
            "```",
            "",
            *_chart(f"Rows of {rows} by week", "row_count"),
        ]
        if self.amount:
            parts += ["", *_chart(f"{names.words(self.amount)} by week", "amount")]
        if self.category:
            parts += ["", *self._by_category(rows)]
        return "\n".join(parts) + "\n"

    def _by_category(self, rows: str) -> list[str]:
        """The query and the chart of the largest categories."""
        column = identifier(self.category)
        name, value, what = (
            ("amount", f"sum({identifier(self.amount)})", names.words(self.amount))
            if self.amount
            else ("row_count", "count(*)", f"Rows of {rows}")
        )
        return [
            "```sql categories",
            "select",
            f"    {column},",
            f"    {value} as {name}",
            f"from {{{{ ref('{self.fact}') }}}}",
            f"where {column} is not null",
            "group by 1",
            "order by 2 desc, 1",
            "```",
            "",
            "```yaml chart",
            "query: categories",
            f"title: {json.dumps(f'{what} by {names.plain(self.category)}')}",
            "mark: bar",
            "height: {step: 24}",
            "encoding:",
            f'  y: {{field: "{self.category}", type: nominal, sort: "-x", title: null}}',
            f'  x: {{field: {name}, type: quantitative, title: null, axis: {{format: "~s"}}}}',
            "```",
        ]


def draft_board(marts: Sequence[Mart], references: Sequence[Reference]) -> BoardDraft | None:
    """The board of the first fact that has a day; None where there is none.

    Args:
        marts: the drafted marts.
        references: references between the tables.
    """
    drafts = [
        (
            _is_lent(mart),
            BoardDraft(mart.name, mart.day, _amount(mart, references), _category(mart)),
        )
        for mart in marts
        if mart.is_fact and mart.day and _NAME.fullmatch(mart.name)
    ]
    # A fact that has its own day says more of time than one that is a part of it.
    return min(drafts, key=lambda entry: (entry[0], not entry[1].amount))[1] if drafts else None


def _is_lent(mart: Mart) -> bool:
    """Whether the day is that of another table."""
    source = next(column.source for column in mart.columns if column.name == mart.day)
    return source != mart.columns[0].source


def _amount(mart: Mart, references: Sequence[Reference]) -> str:
    """A column to add up: an amount of the fact itself that every row has."""
    refers = {r.column for r in references if r.child == mart.table.name}
    own = {column.name for column in mart.columns}
    measures = [
        column.name
        for column in star.measures(mart.table, mart.key, refers)
        if column.name in own and column.stats.nulls == 0
    ]
    return next((name for kind in AMOUNTS for name in measures if kind.search(name)), "")


def _category(mart: Mart) -> str:
    """The name of a dimension with few rows, else a text of the fact itself with few values."""
    filled = {c.name for c in mart.table.columns if c.stats.nulls * 2 <= mart.table.rows}
    small = {
        join.alias
        for join in mart.joins
        if join.reference.column in filled
        and 1 < mart.table.column(join.reference.column).stats.distinct <= _MOST_BARS
    }
    refers = {reference.column for reference in mart.references}
    few = {c.name for c in star.categories(mart.table, mart.key, refers, _MOST_BARS)}
    texts = [c for c in mart.columns if c.type.lower() in _TEXT and _NAME.fullmatch(c.name)]
    lent = [c.name for c in texts if c.source in small and not c.name.endswith("_id")]
    own = mart.columns[0].source
    same = [c.name for c in texts if c.source == own and c.name in few & filled]
    return next(iter(lent + same), "")


def _chart(title: str, column: str) -> list[str]:
    return [
        "```yaml chart",
        "query: weeks",
        f"title: {json.dumps(title)}",
        "mark: {type: line, point: true}",
        "encoding:",
        "  x: {field: week, type: temporal, title: null}",
        f'  y: {{field: {column}, type: quantitative, title: null, axis: {{format: "~s"}}}}',
        "```",
    ]
