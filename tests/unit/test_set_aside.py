"""The list of files that are not read: how it is written, read, and applied by sources."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml

from first_light.dbt.source_filter import with_filter
from first_light.dbt.source_plan import raise_if_read, read_plan
from first_light.history.facts import RawFile, raw_facts
from first_light.project import set_aside
from first_light.project.set_aside import SetAside, with_entry
from first_light.utils.errors import DataopsError

ENTRY = SetAside("sales/sales_1.csv", 'net: "amounts"', "2026-03-02", "sales/sales_2.csv")
SWITCH = "{{ env_var('DATAOPS_RAW', 'raw' if target.name == 'prod' else 'sample') }}"
CALL = f"read_csv('{SWITCH}/sales/*.csv', header=true, all_varchar=true)"
SOURCE = f"""\
sources:
  - name: raw
    tables:
      - name: sales
        config:
          meta:
            external_location: "{CALL}"  # ours
        columns: []
"""


def product(tmp_path: Path, project: str, source: str = SOURCE) -> Path:
    (tmp_path / "models").mkdir(exist_ok=True)
    (tmp_path / set_aside.FILE).write_text(project, encoding="utf-8")
    (tmp_path / "models/raw_sales.yml").write_text(source, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "before",
    [
        "name: x\n",
        "name: x\nvars:\n  other: 1  # ours\nmodels: {}\n",
        "vars: # ours\n    set_aside: {}\n    other: [1]\nname: x\n",
        'vars:\n  set_aside:\n    sales/sales_0.csv: {because: "old"}\nname: x\n',
    ],
)
def test_an_entry_is_added_and_nothing_else_changes(before: str, tmp_path: Path) -> None:
    after = with_entry(before, ENTRY)
    assert set(before.splitlines()) - set(after.splitlines()) <= {"    set_aside: {}"}
    product(tmp_path, after)
    assert set_aside.read(tmp_path)[0] == ENTRY
    loaded = yaml.safe_load(after)
    loaded["vars"]["set_aside"].pop(ENTRY.file)
    old = yaml.safe_load(before)
    old.setdefault("vars", {}).setdefault("set_aside", {})
    assert loaded | {"vars": {**loaded["vars"]}} == old


def test_a_list_that_cannot_be_edited_is_left_alone() -> None:
    with pytest.raises(DataopsError, match="cannot be added"):
        with_entry("vars: {other: 1}\n", ENTRY)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("sales_1.csv: {because: x}", "named by its table"),
        ("sales/sales_1.csv: {}", "no reason"),
        ("sales/sales_1.csv: wrong", "no reason"),
        ('"sales/it\'s.csv": {because: x}', "a sign that SQL"),
    ],
)
def test_an_entry_that_is_not_valid_says_so(entry: str, reason: str, tmp_path: Path) -> None:
    product(tmp_path, f"vars:\n  set_aside:\n    {entry}\n")
    with pytest.raises(DataopsError, match=reason):
        set_aside.read(tmp_path)


def test_a_source_leaves_the_file_out(tmp_path: Path) -> None:
    for name in ("sales_1.csv", "sales_2.csv"):
        (tmp_path / "raw/sales").mkdir(parents=True, exist_ok=True)
        (tmp_path / "raw/sales" / name).write_text(f"file\n{name}\n", encoding="utf-8")
    listed = with_entry("name: x\n", ENTRY)
    entries = (ENTRY,)

    # An entry alone changes nothing: that is said, and not a release that counts both.
    root = product(tmp_path, listed)
    with pytest.raises(DataopsError, match="its source does not leave it out"):
        raise_if_read(root, entries)
    (table,) = read_plan(root)
    filtered = with_filter(SOURCE, table, "sales")
    assert filtered.count("  # ours") == 1
    assert with_filter(filtered, table, "sales") == filtered
    product(tmp_path, listed, filtered)
    raise_if_read(root, entries)
    (table,) = read_plan(root)
    read = f"from {table.relation(tmp_path / 'raw')}"
    assert duckdb.sql(read).fetchall() == [("sales_2.csv",)]

    # Without the entry the file is read again.
    product(tmp_path, "name: x\n", filtered)
    (table,) = read_plan(root)
    read = f"from {table.relation(tmp_path / 'raw')} order by all"
    assert duckdb.sql(read).fetchall() == [("sales_1.csv",), ("sales_2.csv",)]


def test_a_file_that_is_set_aside_is_not_removed() -> None:
    first, second = RawFile("sales/sales_1.csv", 1, "a"), RawFile("sales/sales_2.csv", 1, "b")
    facts = raw_facts([second], [first, second], [ENTRY])
    assert facts.removed == ()
    assert facts.set_aside == (str(ENTRY),)
    assert facts.fingerprint != raw_facts([first, second], ()).fingerprint
    assert raw_facts([second], [first, second]).removed == ("sales/sales_1.csv",)
    with pytest.raises(DataopsError, match="is not in raw"):
        set_aside.raise_if_missing([ENTRY], ["sales/sales_1.csv"])


@pytest.mark.parametrize(
    ("before", "now", "entries", "entries_before", "expected"),
    [
        # A rejected release had brought it: no published one has read it.
        (["a/1.csv"], ["a/1.csv"], [SetAside("a/2.csv", "wrong")], [], False),
        (["a/1.csv", "a/2.csv"], ["a/1.csv"], [SetAside("a/2.csv", "wrong")], [], True),
        # Set aside before the release, as now, or read again.
        (["a/1.csv"], ["a/1.csv"], [SetAside("a/2.csv", "why")], ["a/2.csv: wrong"], False),
        (["a/1.csv"], ["a/1.csv", "a/2.csv"], [], ["a/2.csv: wrong"], True),
        (["a/1.csv"], ["a/1.csv", "a/2.csv"], [], ["a/2.csv (2026-01-05): wrong"], True),
        (["a/1.csv"], ["a/1.csv", "a/2.csv"], [], ["a/2.csv.gz: wrong"], False),
    ],
)
def test_only_files_that_a_release_has_read_left_rows(
    before: list[str],
    now: list[str],
    entries: list[SetAside],
    entries_before: list[str],
    expected: bool,
) -> None:
    differs = set_aside.is_read_differently(set(before), set(now), entries, entries_before)
    assert differs is expected
