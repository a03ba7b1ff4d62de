"""The facts of one column that its classification rests on."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from first_light.privacy import hints, pay_words, thing_words
from first_light.privacy import vocabulary as words
from first_light.privacy.abbreviations import abbreviates
from first_light.privacy.column_values import share
from first_light.privacy.lexicon import is_of, listed
from first_light.privacy.rows import UNKNOWN, Rows

# What stands in names for a longer word.
_SHORT = {
    "nm": "name", "nme": "name", "ownr": "owner", "cust": "customer", "usr": "user",
    "mbr": "member", "mgr": "manager", "clnt": "client", "tchr": "teacher", "rcpt": "recipient",
}  # fmt: skip


class Column:
    """The facts of one column: the words of its name, and shares of its values."""

    def __init__(
        self, tokens: list[str], table: frozenset[str], values: list[str], rows: Rows = UNKNOWN
    ) -> None:
        self.table = table
        if thing_words.GENERIC.issuperset(tokens):
            tokens = []
        self.tokens = [_SHORT.get(token, token) for token in tokens]
        count = len(self.tokens)
        self._runs = frozenset(
            "".join(self.tokens[a:b]) for a in range(count) for b in range(a + 1, count + 1)
        )
        self.values = values
        self.distinct = set(values)
        self.rows = rows
        self._shares: dict[tuple[bool, Callable[[str], object]], float] = {}
        self.of_people = is_of(table, words.PEOPLE) or rows.of_people
        self.of_payroll = bool(table & pay_words.PAYROLL)
        self.of_applications = bool(table & pay_words.APPLICATIONS)
        self.of_searches = bool(table & words.SEARCHES)
        self.of_employees = is_of(table, pay_words.EMPLOYEES)
        self.of_things = is_of(table - thing_words.GATHERINGS, words.THING) and not self.of_people
        self.is_of_goods = self.of_things or rows.of_goods
        self.is_thing = is_of(tokens, words.THING)
        self.is_named_good = not thing_words.NAMED_GOODS.isdisjoint(tokens) or any(
            token.endswith(thing_words.TITLES) for token in tokens
        )
        # An attribute of a thing is not the thing itself; but a login id is a login.
        is_user_name = "".join(tokens[-2:]) in words.USER_NAME
        self.is_attribute = len(tokens) > 1 and tokens[-1] in words.ABOUT and not is_user_name

    def name_contains(self, vocabulary: frozenset[str]) -> bool:
        """Whether consecutive words of the name, joined, are in the vocabulary.

        Or end with one of its longer words: German and Dutch have compound words.
        """
        return self.is_written(vocabulary) or not self._runs.isdisjoint(listed(vocabulary))

    def is_written(self, vocabulary: frozenset[str]) -> bool:
        """As `name_contains`, without the words that only the lists of languages have."""
        return any(
            run in vocabulary or any(run[at:] in vocabulary for at in range(2, len(run) - 6))
            for run in self._runs
        )

    def hints(self, vocabulary: frozenset[str], shortest: int = 0) -> bool:
        """Whether the name contains a word of the vocabulary or something short for one.

        A guess, which the values must confirm; `shortest` letters where they cannot.
        """
        candidates = {"".join(self.tokens), *self.tokens} - hints.UNABBREVIATED
        return self.name_contains(vocabulary) or any(
            abbreviates(candidate, vocabulary)
            for candidate in candidates
            if len(candidate) >= shortest
        )

    def has_stem(self, stem: re.Pattern[str]) -> bool:
        """Whether the name has a stem in it, see `stems`; the values must confirm it."""
        return stem.search(" ".join(self.tokens)) is not None

    def ends_with(self, vocabulary: frozenset[str]) -> bool:
        """Whether the last words of the name, joined, are in the vocabulary."""
        ends = {"".join(self.tokens[at:]) for at in range(len(self.tokens))}
        return not ends.isdisjoint(vocabulary) or not ends.isdisjoint(listed(vocabulary))

    def share(self, test: Callable[[str], object]) -> float:
        """The share, 0 to 1, of the values that pass; 0 for a column without values."""
        return self._cached(self.values, test)

    def distinct_share(self, test: Callable[[str], object]) -> float:
        """The share of the different values that pass; 0 for a column without values."""
        return self._cached(self.distinct, test)

    def _cached(self, values: Collection[str], test: Callable[[str], object]) -> float:
        """The share of values that pass: rules ask several times, and many values are long."""
        key = (values is self.distinct, test)
        if key not in self._shares:
            self._shares[key] = share(values, test)
        return self._shares[key]

    def is_consistent(self, test: Callable[[str], object], share: float = 0.5) -> bool:
        """Whether the values are consistent with a name: enough of them pass, or there are none."""
        if not self.values:
            return not self.is_attribute
        return self.share(test) >= share
