"""Files in raw that are not read: the list in dbt_project.yml, and the filter of the sources.

    vars:
      set_aside:
        takings/takings_2024-01.csv:
          because: net amounts instead of gross
          date: "2026-03-02"
          replaced_by: takings/takings_2024-01_2.csv

The list is a variable of dbt, so that sources and models read it without a wrapper. Raw itself is
not changed: without its entry a file is read again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import literal

FILE: Final = "dbt_project.yml"
VARIABLE: Final = "set_aside"
JINJA: Final = """'{{ var('set_aside', {}) | join("', '") }}'"""
"""The names of all files that are set aside, as items of an SQL list."""

_JINJA = re.compile(r"'\{\{\s*var\(\s*(['\"])set_aside\1.*?\}\}'", re.DOTALL)
_READ = "'{}%"  # signs that SQL or Jinja would read in a name
_COMMENT = "# Files in raw that are not read. Without its entry a file is read again."


@dataclass(frozen=True)
class SetAside:
    """One file in raw that is not read.

    Attributes:
        file: its path below raw, such as takings/takings_2024-01.csv.
        because: the reason.
        date: ISO 8601, when it was set aside; may be empty.
        replaced_by: the path below raw of the file that is read in its place; may be empty.
    """

    file: str
    because: str
    date: str = ""
    replaced_by: str = ""

    @property
    def table(self) -> str:
        """The folder of the file."""
        return self.file.partition("/")[0]

    def __str__(self) -> str:
        facts = [self.date, f"replaced by {self.replaced_by}" if self.replaced_by else ""]
        listed = ", ".join(fact for fact in facts if fact)
        return f"{self.file}{f' ({listed})' if listed else ''}: {self.because}"


def read(product: Path) -> tuple[SetAside, ...]:
    """The files that are set aside, in the order of the list.

    Raises:
        DataopsError: the list cannot be read, or an entry is not valid.
    """
    try:
        loaded = yaml.safe_load((product / FILE).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        return ()  # dbt names the fault, with its line
    variables = loaded.get("vars") if isinstance(loaded, dict) else None
    entries = variables.get(VARIABLE) if isinstance(variables, dict) else None
    if not entries:
        return ()
    if not isinstance(entries, dict):
        raise _invalid("it is not a mapping of files", "vars.set_aside")
    return tuple(_entry(str(name), facts) for name, facts in entries.items())


def is_read_differently(
    before: Set[str], now: Set[str], entries: Iterable[SetAside], entries_before: Iterable[str]
) -> bool:
    """Whether a file that a release was built from is set aside now, or the reverse.

    A file that no release has read left nothing in models that keep rows.

    Args:
        before: the files that the release was built from, by their path below raw.
        now: those that are read now.
        entries: the files that are set aside now.
        entries_before: those of the release, as its record lists them.
    """
    if any(entry.file in before for entry in entries):
        return True
    heads = tuple(f"{name}{end}" for name in now for end in (" (", ": "))
    return any(entry.startswith(heads) for entry in entries_before)


def raise_if_missing(entries: Iterable[SetAside], files: Iterable[str]) -> None:
    """Check that every file that is set aside, and every replacement, is in raw.

    Args:
        entries: the list.
        files: the paths of all files in raw, below its root.

    Raises:
        DataopsError: one is not.
    """
    names = set(files)
    for entry in entries:
        for name in (entry.file, entry.replaced_by):
            if name and name not in names:
                raise DataopsError(
                    f"{name} is not in raw, but the list of files that are set aside names it.",
                    where=f"{FILE}, vars.{VARIABLE}, {entry.file}",
                    fix="correct the name, or remove the entry",
                )


def condition(table: str) -> str:
    """The SQL condition, with Jinja, for rows of files that are not set aside.

    Args:
        table: the folder of the files.
    """
    return f"{literal(f'{table}/')} || parse_filename(filename) not in ({JINJA})"


def is_filtered(location: str) -> bool:
    """Whether a source's external_location leaves out the files that are set aside."""
    return bool(_JINJA.search(location))


def rendered(location: str, entries: Iterable[SetAside]) -> str:
    """An external_location with the names in place of the variable, as dbt renders it."""
    listed = ", ".join(literal(entry.file) for entry in entries) or "''"
    return _JINJA.sub(lambda _: listed, location)


def with_entry(text: str, entry: SetAside) -> str:
    """The text of dbt_project.yml with one more entry.

    Raises:
        DataopsError: the list is written in a way that an entry cannot be added to.
    """
    lines = text.splitlines()
    values = {"because": entry.because, "date": entry.date, "replaced_by": entry.replaced_by}
    at = next((n for n, line in enumerate(lines) if re.match(r"vars:\s*(#.*)?$", line)), None)
    new: list[str] = []
    if at is None:
        at = len(lines)
        new += ["", "vars:"]
    else:
        at += 1
    inside = re.compile(rf"(\s+){VARIABLE}:\s*(?:\{{\s*\}})?\s*(#.*)?$")
    listed = next((n for n in range(at, len(lines)) if inside.match(lines[n])), None)
    indent = "  "
    if listed is None:
        new += [f"  {_COMMENT}", f"  {VARIABLE}:"]
    else:
        match = inside.match(lines[listed])
        assert match is not None
        indent, at = match[1], listed + 1
        lines[listed] = f"{indent}{VARIABLE}:"
    new.append(f"{indent}  {_scalar(entry.file)}:")
    new += [f"{indent}    {key}: {_scalar(value)}" for key, value in values.items() if value]
    result = "\n".join([*lines[:at], *new, *lines[at:]]) + "\n"
    expected = _variables(text)
    expected[VARIABLE] = {**(expected.get(VARIABLE) or {}), entry.file: _given(values)}
    if _variables(result) != expected:
        raise DataopsError(
            "The entry cannot be added to the list of files that are set aside.",
            where=f"{FILE}, vars.{VARIABLE}",
            fix="write `vars:` and `set_aside:` on lines of their own, then repeat the command",
        )
    return result


def _variables(text: str) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    variables = loaded.get("vars") if isinstance(loaded, dict) else None
    return dict(variables) if isinstance(variables, dict) else {}


def _given(values: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}


def can_be_named(file: str) -> bool:
    """Whether a path below raw is a table's folder and a name that SQL and Jinja leave alone."""
    return is_in_table(file) and not any(sign in file for sign in _READ)


def is_in_table(file: str) -> bool:
    """Whether a path below raw is a table's folder and a name."""
    return file.count("/") == 1 and all(file.split("/"))


def _entry(name: str, facts: object) -> SetAside:
    if not is_in_table(name):
        raise _invalid("a file is named by its table and its name, such as sales/sales_1.csv", name)
    if not can_be_named(name):
        raise _invalid("the name has a sign that SQL or Jinja would read", name)
    because = facts.get("because") if isinstance(facts, dict) else None
    if not isinstance(facts, dict) or not because:
        raise _invalid("it has no reason", name)
    date, by = (str(facts.get(key) or "") for key in ("date", "replaced_by"))
    return SetAside(name, str(because), date, by)


def _invalid(reason: str, name: str) -> DataopsError:
    return DataopsError(
        f"An entry of the files that are set aside is not valid: {reason}.",
        where=f"{FILE}, vars.{VARIABLE}, {name}",
        fix='write it like `sales/sales_1.csv: {because: "wrong month"}`, or remove it',
    )


def _scalar(text: str) -> str:
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_./ -]*[A-Za-z0-9]", text)
    return text if plain else json.dumps(text, ensure_ascii=False)
