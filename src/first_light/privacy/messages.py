"""Messages without the values that they quote.

A message of a database may quote any value of any row, in ways that no list of quotes covers. So
the list here is of what may be shown: shapes of messages, with their names and types. A message of
an unknown shape is reduced to its kind.
"""

from __future__ import annotations

import re

from first_light.utils.addresses import without_credentials
from first_light.utils.errors import DataopsError, QueryError, as_text

_LONGEST = 1000
_UNKNOWN = "The message is not shown: it may quote values."
# The types of DuckDB, then those of PostgreSQL: any other word may be a part of a value.
_TYPE = (
    r"(?:(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?(?:8|16|32|64|128)?|BOOL(?:EAN)?|FLOAT|DOUBLE"
    r"|DECIMAL(?:\(\d+, ?\d+\))?|DATE|TIME(?:STAMP)?(?:_(?:S|MS|NS|TZ))?(?: WITH TIME ZONE)?"
    r"|INTERVAL|UUID|VARCHAR|JSON|BLOB|BIT|BIGNUM|ENUM)"
    r"|(?:small|big)?int(?:eger)?|bool(?:ean)?|real|double precision|numeric|money|date|interval"
    r"|time(?:stamp)?(?: with(?:out)? time zone)?|uuid|text|character(?: varying)?|jsonb?|bytea"
    r"|inet|cidr|macaddr8?|xml|oid|point|bit(?: varying)?)(?!\w)"
)
_NAME = r"\"?[^\W\d][\w.$]*\"?"
_KIND = re.compile(
    r"(?:[A-Z][A-Za-z-]* (?:(?:[A-Z][A-Za-z-]*|of) ){0,3}Error|[A-Z]\w*(?:Error|Exception))"
    r"(?=:|$)",
    re.MULTILINE,
)
# What may be before a shape with names in its line: after other words it would be part of a value,
# and so after the kind of what `error()` says.
_HEAD = re.compile(
    r"[ \t]*(?:(?!Invalid Input Error)[A-Z][A-Za-z-]*(?: (?:[A-Z][A-Za-z-]*|of))*: +)*"
)
# In a sentence of this package: a message of a database, up to the end or to the fix.
_EMBEDDED = re.compile(r"(?:[A-Z][A-Za-z-]* ){1,4}Error:(?:.*(?=\nfix:   [^\n]*\Z)|.*)", re.DOTALL)
_OF_FILES = re.compile(r"^(?:Parsing|Compilation|Dependency) Error\b", re.MULTILINE)
# A quote begins and ends outside of words: an apostrophe is in one.
_QUOTED = re.compile(r"(?<!\w)'[^\n]*?'(?![\w'])")
# PostgreSQL's quotes: Key (email)=(…), Failing row contains (…), invalid input …: "…"
_DETAIL = re.compile(r"(?P<head>\)=|\brow contains )\([^\n]*\)")
_INPUT = re.compile(r": \"[^\"\n]*\"")
# Python's quotes of a text with an apostrophe.
_WITH_APOSTROPHE = re.compile(r"(?<!\w)\"[^\"\n]*'[^\"\n]*\"(?!\w)")

_SHORT_NUMBER = r"[-+]?(?=(?:[.,]?\d){1,6}(?:[eE]|$))[\d.,]+(?:[eE][-+]?\d{1,2})?"
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[-+]\d\d(?::?\d\d)?)?"

# Texts without names or values, wherever they are.
_FIXED = re.compile(
    r"No function matches the given name and argument types|No files found that match the pattern"
    r"|Could not set lock on file|No space left on device"
    r"|could not allocate block of size [\d.]+ [KMGT]?i?B(?: \([\d.]+ [KMGT]?i?B/"
    r"[\d.]+ [KMGT]?i?B used\))?"
    r"|Failing row contains(?= \()|(?:integer|bigint|smallint) out of range"
    r"|date/time field value out of range(?=:)|numeric field overflow|division by zero"
    r"|canceling statement due to (?:statement timeout|lock timeout|user request)"
    r"|deadlock detected|syntax error at or near|out of (?:shared )?memory"
    r"|server closed the connection unexpectedly|remaining connection slots are reserved"
    r"|the database system is (?:starting up|shutting down|in recovery mode)"
    r"|terminating connection due to administrator command"
    r"|cannot execute [A-Z ]+ in a read-only transaction"
)
# A value may hold any character, a line break as well: `VALUE` is as long as it can be.
_SHAPES = tuple(
    re.compile(
        shape.replace("VALUE", r"(?P<value>[\s\S]*)")
        .replace("TYPE", _TYPE)
        .replace("NAME", _NAME)
        .replace("NUMBER", r"\d+"),
        re.MULTILINE,
    )
    for shape in (
        # dbt
        r"^(?:Runtime|Database|Compilation|Parsing|Dependency) Error"
        r"(?: in \w+ [\w.]+ \([^\s()]+\))?$",
        r"^Got NUMBER results?, configured to (?:fail|warn) if [<>=!]+ ?NUMBER",
        r"^This model has an enforced contract that failed\.$",
        r"^\| column_name +\| definition_type +\| contract_type +\| mismatch_reason +\|$",
        r"^\|(?: -+ \|){4}$",
        r"^\| \w+ +\|(?: [\w(), ]* \|){2} "
        r"(?:data type mismatch|missing in (?:contract|definition)) *\|$",
        r"^actual differs from expected:$",
        r"^Skipping due to fail_fast$",
        r"^Model '[\w.]+' \([^\s()]+\) depends on a node named '\w+'",
        # The test converts_exactly: an example is shown where it is a short number or a time.
        # Longer numbers are of people, cards and accounts; a date alone may be a birthday.
        r"^column NAME: [\d,]+ values? that its type cannot hold(?: in [\w .()-]+)?"
        rf"(?:, such as (?:{_SHORT_NUMBER}|{_TIME})$)?",
        r"^to hold these values: uv run dataops retype"
        r"(?: \"[^\W\d][\w.]*=[a-z]+(?:\(\d+,\d+\))?\")+$",
        r"^if the file is wrong: uv run dataops set-aside [\w .()/'-]+ --because \"…\"$",
        # DuckDB
        r"Could not convert string 'VALUE' to TYPE(?: when casting from source column NAME)?",
        r"Could not cast value VALUE to TYPE",
        r"Type TYPE with value VALUE can't be cast because the value is out of range for the "
        r"destination type TYPE",
        r"Duplicate key \"(?P<key>NAME): VALUE\" violates (?:unique|primary key)",
        r"NOT NULL constraint failed: NAME",
        r"CHECK constraint failed on table NAME",
        r"Overflow in [a-z]+ of TYPE",
        r"^CSV Error on Line: NUMBER$",
        r"^Expected Number of Columns: NUMBER(?: Found: NUMBER)?",
        r"Referenced (?:column|table) NAME not found",
        r"(?:Table|View|Schema|Type|Scalar Function) with name NAME does not exist",
        # PostgreSQL
        r"invalid input (?:syntax for type TYPE|value for enum NAME)(?=:|$)",
        r"value too long for type TYPE\(NUMBER\)",
        r"null value in column NAME (?:of relation NAME )?violates not-null constraint",
        r"duplicate key value violates unique constraint(?: NAME)?",
        r"new row for relation NAME violates check constraint NAME",
        r"(?:insert or update|update or delete) on table NAME violates foreign key constraint NAME"
        r"(?: on table NAME)?",
        r"Key \((?P<key>NAME(?:, NAME)*)\)=\(VALUE\) "
        r"(?:already exists|is not present in table NAME)",
        # Without a place in the SQL it is a value, as in `value::regclass`.
        r"(?:column|relation|schema|type|table) NAME does not exist(?=\s+LINE NUMBER:)",
        r"permission denied for (?:schema|table|relation|view|database) NAME",
        r"must be owner of (?:schema|table|relation|view|database) NAME",
        r"(?:relation|schema|table|type) NAME already exists",
    )
)


def masked(message: str) -> str:
    """A message of dbt or a database without values; records may enter git.

    Kept are the parts of a known shape, with values as `…`. Otherwise the kind of error is kept.
    """
    if not message.strip():
        return ""
    parts: list[tuple[int, int, str]] = []
    for shape in _SHAPES:
        for match in shape.finditer(message):
            parts.append((match.start(), match.end(), _without_value(match)))
    known = [part for part in parts if _HEAD.fullmatch(_line_before(message, part[0]))]
    kinds = [(m.start(), m.end(), m[0]) for m in _KIND.finditer(message)]
    known += [kind for kind in kinds if not _line_before(message, kind[0]).strip()]
    known += [(m.start(), m.end(), m[0]) for m in _FIXED.finditer(message)]
    lines: list[str] = []
    end = 0
    # The longest part first where several begin; one inside another is part of a value.
    for start, stop, text in sorted(known, key=lambda part: (part[0], -part[1])):
        if start < end:
            continue
        is_same_line = bool(lines) and "\n" not in message[end:start] and _KIND.fullmatch(lines[-1])
        if is_same_line:
            lines[-1] += f": {text}"
        elif _KIND.fullmatch(text) and lines and lines[-1].endswith(text):
            continue
        else:
            lines.append(text)
        end = stop
    return _clipped("\n".join(lines) or _UNKNOWN)


def masked_sentence(text: str) -> str:
    """A sentence of this package or of a person, without credentials and quoted text.

    A message of a database that it ends with is masked as such.
    """
    if match := _EMBEDDED.search(text):
        text = text[: match.start()] + masked(match[0]) + text[match.end() :]
    text = _INPUT.sub(': "…"', _DETAIL.sub(r"\g<head>(…)", without_credentials(text)))
    return _clipped(_QUOTED.sub("'…'", _WITH_APOSTROPHE.sub('"…"', text)))


def masked_error(error: DataopsError) -> str:
    """An error as it is printed, without values that it may quote.

    The fix stays, and what dbt says before it has read any row: how a file is wrong.
    """
    return as_text(*masked_parts(error))


def masked_parts(error: DataopsError) -> tuple[str, str, str]:
    """Message, place and fix of an error as `masked_error` prints them."""
    where = error.where
    if isinstance(error, QueryError):
        where = masked(where)
    elif not _OF_FILES.search(where):
        where = masked_sentence(where)
    return masked_sentence(error.message), where, error.fix


def without_quotes_of_databases(error: DataopsError) -> tuple[str, str, str]:
    """Message, place and fix; without values where a database's message is in them."""
    if isinstance(error, QueryError) or _EMBEDDED.search(f"{error.message}\n{error.where}"):
        return masked_parts(error)
    return error.message, error.where, error.fix


def masked_exception(error: Exception) -> str:
    """The type of an unexpected exception, and what of its text holds no value."""
    text = f"{type(error).__name__}: {error}"
    is_python = type(error).__module__ in ("builtins", "subprocess", "json.decoder")
    return masked_sentence(text) if is_python else masked(text)


def _without_value(match: re.Match[str]) -> str:
    text = match[0]
    if "value" not in match.re.groupindex:
        return text
    start, stop = (place - match.start() for place in match.span("value"))
    return f"{text[:start]}…{text[stop:]}"


def _line_before(message: str, place: int) -> str:
    return message[message.rfind("\n", 0, place) + 1 : place]


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
