"""Names of people with something beside them: a number, a sign, a note."""

from __future__ import annotations

import re

from first_light.privacy import people_names, texts
from first_light.privacy import vocabulary as words
from first_light.privacy.column_facts import Column
from first_light.privacy.kinds import PERSON, USER_NAME

_FEW, _SEVERAL = 3, 5  # different values


def kind_of(column: Column) -> str | None:
    """What names with a number, a sign or a note are, or None."""
    return _of_numbered_names(column) or _of_noted_names(column)


def _of_numbered_names(column: Column) -> str | None:
    """What somebody is known as, with a number or a sign: Jane 84, @jane lee."""
    is_named = column.hints(words.PERSON | words.USER_NAME | words.ROLE) and not column.is_thing
    numbered = column.distinct_share(people_names.is_numbered_name)
    names = {people_names.first_word(value) for value in column.distinct}
    has_several = len(names) >= _SEVERAL  # a code begins with the same letters
    return USER_NAME if is_named and has_several and numbered >= 0.6 else None


def _of_noted_names(column: Column) -> str | None:
    """Names with a note, as in `Anna (mother)`."""
    if column.is_thing or column.is_of_goods:
        return None
    noted = column.distinct_share(lambda v: people_names.is_given(re.split(r" ?[(/-]", v)[0]))
    if len({people_names.first_word(value) for value in column.distinct}) < _FEW:
        return None  # a code begins with the same letters
    is_hinted = column.hints(words.PERSON | words.ROLE)
    return PERSON if is_hinted and noted >= 0.6 and texts.words_on_average(column) < 4 else None
