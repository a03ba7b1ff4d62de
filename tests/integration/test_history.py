"""The history: whole records, none lost when they are packed, none silent when they are damaged."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import re
import shutil
import string
from dataclasses import replace
from datetime import timezone
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import duckdb
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import release_worker as worker
from first_light.history import decoding as history_decoding
from first_light.history import log as history_module
from first_light.history import views
from first_light.history.decoding import read_record
from first_light.history.exercises import DrillFact
from first_light.history.facts import git_facts, raw_facts, read_raw
from first_light.history.log import History
from first_light.history.packs import HistoryError
from first_light.history.record import (
    CRASHED,
    PUBLISHED,
    REJECTED,
    SCHEMA,
    CommitFact,
    GitFacts,
    NodeRun,
    Record,
)
from first_light.privacy.messages import masked
from first_light.project.product import Product
from first_light.status.current import status
from first_light.store.locate import open_store, store_of
from first_light.utils.errors import DataopsError
from first_light.utils.timestamps import utc
from harness import git
from records import make_record
from stores import make_clones

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"

texts = st.text(max_size=20)
nodes = st.builds(
    NodeRun,
    *(texts,) * 6,
    depends_on=st.lists(texts, max_size=3).map(tuple),
    status=st.sampled_from(["success", "error", "pass", "fail"]),
    seconds=st.floats(0, 1e6),
    rows=st.none() | st.integers(0, 2**60),
    failures=st.none() | st.integers(0, 2**31),
    message=texts,
)


@given(
    st.lists(nodes, max_size=4).map(tuple),
    texts,
    st.just("") | st.text("0123456789abcdef", min_size=4, max_size=64),
    st.lists(texts, max_size=2).map(tuple),
)
@settings(max_examples=60, deadline=None)
def test_what_is_read_is_what_was_written(
    ran: tuple[NodeRun, ...], problem: str, commit: str, notes: tuple[str, ...]
) -> None:
    record = make_record(1, nodes=0, problem=problem, notes=notes, git=GitFacts(commit))
    record = replace(record, nodes=ran)
    assert read_record(record.to_json()) == record
    assert record.to_json().count(b"\n") == 1


def test_a_field_of_a_newer_dataops_does_no_harm() -> None:
    raw = json.loads(make_record(1).to_json())
    raw["weather"] = "fine"
    raw["nodes"][0]["weather"] = "fine"
    assert read_record(json.dumps(raw).encode()) == make_record(1)


HOSTILE_IDS = (
    "--upload-pack=touch /tmp/x",
    "-h",
    "HEAD",
    "@{u}",
    "../../x",
    "main:secret.txt",
    "a" * 65,
    "abcd\n--all",
    "ABCD",
)


@pytest.mark.parametrize("hostile", HOSTILE_IDS)
def test_no_id_in_a_record_is_an_option_or_a_path(tmp_path: Path, hostile: str) -> None:
    record = make_record(1)
    commits = (CommitFact("a" * 40, "", ""), CommitFact(hostile, "", ""))
    changed = (
        {"git": GitFacts(hostile)},
        {"git": GitFacts("a" * 40, base_commit=hostile)},
        {"git": GitFacts("a" * 40, commits=commits)},
        {"base": hostile},
        {"current": hostile},
        {"run": hostile},
    )
    for fields in changed:
        text = replace(record, **fields).to_json()
        with pytest.raises(ValueError, match="another form"):
            read_record(text)
    # In the history such a record is damaged: the next release puts it aside.
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / f"{record.run}.json").write_bytes(replace(record, git=GitFacts(hostile)).to_json())
    history = History(tmp_path)
    assert list(history.newest()) == []
    assert history.damaged == [record.run]


@given(st.integers(0, 2000))
@settings(max_examples=40, deadline=None)
def test_half_a_record_is_no_record(length: int) -> None:
    whole = make_record(1).to_json()
    if length < len(whole) - 1:
        with pytest.raises(ValueError, match="not a record"):
            read_record(whole[:length])


RUN = "000001-20260101T000000Z-abc"
IDS = {"run": RUN, "base": RUN, "current": RUN, "commit": "a" * 40, "base_commit": "b" * 40}


def filled(type_: Any) -> Any:
    """A value of a field's type that no default equals."""
    if dataclasses.is_dataclass(type_):
        hints = get_type_hints(type_)
        assert isinstance(type_, type)
        values = {field.name: filled(hints[field.name]) for field in dataclasses.fields(type_)}
        return type_(**values | {name: IDS[name] for name in IDS if name in values})
    arguments = get_args(type_)
    if get_origin(type_) is tuple:
        return (filled(arguments[0]), filled(arguments[0]))
    if get_origin(type_) is dict:
        return {'it\'s a "key"': filled(arguments[1])}
    if arguments:  # … | None
        return filled(arguments[0])
    return {str: 'it\'s a "text"', int: 2**40, float: 1.5, bool: True}[type_]


def test_sql_types_hold_every_field() -> None:
    record = replace(filled(Record), schema_version=SCHEMA)
    assert read_record(record.to_json()) == record
    with duckdb.connect() as connection:
        connection.execute("create table texts as select ? as record", [record.to_json().decode()])
        query = f"select * exclude (record) from ({views.from_text('texts')})"
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description or ()]
        (row,) = cursor.fetchall()
    assert dict(zip(names, row)) == json.loads(record.to_json())


def test_a_type_that_sql_cannot_hold_is_an_error() -> None:
    with pytest.raises(TypeError, match="no SQL type holds"):
        views.sql_type(set[str])


def test_missing_fields_get_their_default() -> None:
    raw = json.loads(make_record(1).to_json())
    for name in ("nodes", "git", "notes", "drill"):
        del raw[name]
    del raw["raw"]["tables"]
    read = read_record(json.dumps(raw).encode())
    assert (read.nodes, read.git, read.notes, read.drill) == ((), GitFacts(), (), DrillFact())
    assert read.raw == replace(make_record(1).raw, tables=())


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"number": "7"}, "$.number"),
        ({"nodes": [{**vars(make_record(1).nodes[0]), "seconds": "long"}]}, "$.nodes[0].seconds"),
        ({"git": None}, "$.git"),
        ({"counts": {"success": 1.5}}, "$.counts[...]"),
    ],
)
def test_a_wrong_type_is_an_error_that_names_the_field(change: dict[str, Any], place: str) -> None:
    raw = json.loads(make_record(1).to_json()) | change
    with pytest.raises(ValueError, match=f"{re.escape(place)}`$"):
        read_record(json.dumps(raw).encode())
    schema = json.loads((REFERENCE / "record.schema.json").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(raw, schema)


def test_the_json_schema_accepts_records() -> None:
    schema = json.loads((REFERENCE / "record.schema.json").read_text(encoding="utf-8"))
    for record in (make_record(1), replace(filled(Record), schema_version=SCHEMA)):
        jsonschema.validate(json.loads(record.to_json()), schema)


# ── Values do not get into records ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("message", "kept", "gone"),
    [
        (
            "Conversion Error: Could not convert string 'ada@example.com' to INT64 when casting "
            "from source column email",
            ["Could not convert string", "source column email"],
            ["ada"],
        ),
        (
            'Constraint Error: Duplicate key "email: ada@example.com" violates primary key',
            ["Duplicate key", "email", "violates primary key"],
            ["ada"],
        ),
        (
            "CSV Error on Line: 12\nOriginal Line: 7,Ada,Lovelace\nExpected Number of Columns: 2",
            ["CSV Error on Line: 12"],
            ["Ada"],
        ),
        (
            "duplicate key value violates unique constraint\n"
            "DETAIL:  Key (email)=(ada@example.com) already exists.",
            ["unique constraint", "Key (email)=", "already exists"],
            ["ada"],
        ),
        ("DETAIL:  Failing row contains (7, Ada, null).", ["Failing row contains"], ["Ada", "7"]),
        ('invalid input syntax for type integer: "Ada"', ["type integer"], ["Ada"]),
        ('relation "orders" does not exist\n  LINE 3: from orders', ['"orders"'], []),
        ('relation "ada" does not exist', [], ["ada"]),
        ("Binder Error: x\n\nLINE 7:  where name = 'Ada'\n  ^", ["Binder Error"], ["Ada", "LINE"]),
    ],
)
def test_masked(message: str, kept: list[str], gone: list[str]) -> None:
    output = masked(message)
    assert all(part in output for part in kept), output
    assert not any(part in output for part in gone), output


@given(st.text(alphabet=string.ascii_letters + string.digits + "@. -", min_size=1, max_size=30))
def test_what_a_database_quotes_is_masked(value: str) -> None:
    assert masked(f"Could not convert string '{value}' to DATE") == (
        "Could not convert string '…' to DATE"
    )


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────


def test_dbt_counted_otherwise(tmp_path: Path) -> None:
    record = replace(make_record(1), counts={"success": 99})
    with pytest.raises(HistoryError, match="differs from dbt's counts") as error:
        History(tmp_path).add(record)
    assert "99 success" in error.value.where


def test_a_run_that_cannot_be_recorded_keeps_its_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said at once, and written down by the next run."""
    root = worker.make_product(tmp_path / "product")
    add = History.add

    def reject(self: History, record: Record) -> None:
        raise HistoryError("The run could not be recorded.", where="disk")

    for fails, outcome in (("", PUBLISHED), ("test", REJECTED)):
        with monkeypatch.context() as failing:
            failing.setattr(History, "add", reject)
            failing.setenv("DBT_FAILS", fails)
            done = worker.quick_release(root)
        assert done.record.outcome == outcome
        assert not done.recorded
        assert any("could not be recorded" in sentence for sentence in done.warnings)
        result = status(Product(root))
        assert result.last is not None
        assert (result.last.run, result.last.outcome) == (done.record.run, outcome)
        assert History.add is add
        following = worker.quick_release(root)
        assert any(done.record.run in sentence for sentence in following.warnings)
        held = {item.run: item.outcome for item in History(root / "store" / "history").newest()}
        assert held[done.record.run] == outcome


def test_an_unexpected_error_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = worker.make_product(tmp_path / "product")
    monkeypatch.setattr(
        worker.QuickDbt,
        "build",
        lambda self, *a: (_ for _ in ()).throw(RuntimeError("'Ada' broke")),
    )
    done = worker.quick_release(root)
    assert done.exit_code == 2
    assert done.record.problem == "RuntimeError: '…' broke"
    assert next(History(root / "store" / "history").newest()) == done.record


def test_parsing_that_fails_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = worker.make_product(tmp_path / "product")
    monkeypatch.setenv("DBT_FAILS", "parse")
    done = worker.quick_release(root)
    assert done.exit_code == 1
    assert "could not parse the project" in done.record.problem
    assert next(History(root / "store" / "history").newest()) == done.record


# ── Packing ──────────────────────────────────────────────────────────────────────────────────────


def test_packing_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    monkeypatch.setattr(history_module, "_PACK", 300)
    history = History(tmp_path)
    written = []
    for number in range(1, 1001):
        written.append(make_record(number, problem="'…' ☃ \\ \" {}" if number % 7 else ""))
        history.add(written[-1])
        history.pack()
    loose = len(list((tmp_path / "runs").iterdir()))
    assert 50 <= loose <= 200
    assert 2 <= len(list((tmp_path / "packs").iterdir())) <= 5
    assert list(history.newest()) == written[::-1]
    assert history.highest() == 1000
    assert all(history.holds(record.run) for record in written[::37])
    with history.connect() as connection:
        result = connection.execute("select run, outcome, problem from runs order by number")
        assert result.fetchall() == [(item.run, item.outcome, item.problem) for item in written]
        [(nodes_found,)] = connection.execute("select count(*) from nodes").fetchall()
        assert nodes_found == 3000
        [(late,)] = connection.execute("select max(ended_at) from runs").fetchall()
        assert utc(late.replace(tzinfo=timezone.utc)) == written[-1].ended_at


@pytest.mark.parametrize("cut_at", range(1, 6))
def test_packing_cut_short_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut_at: int
) -> None:
    class Cut(BaseException):
        pass

    history = History(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    written = [make_record(number) for number in range(1, 450)]
    for record in written[:210]:
        history.add(record)
    history.pack()
    for record in written[210:]:
        history.add(record)
    steps = [0]

    def cut(act: Any) -> Any:
        def step(*arguments: Any, **options: Any) -> Any:
            steps[0] += 1
            if steps[0] == cut_at:
                raise Cut
            return act(*arguments, **options)

        return step

    with monkeypatch.context() as cutting:
        cutting.setattr(os, "replace", cut(os.replace))
        cutting.setattr(Path, "unlink", cut(Path.unlink))
        with pytest.raises(Cut):
            history.pack()
    for _ in range(2):
        assert [item.run for item in history.newest()] == [item.run for item in written[::-1]]
        with history.connect() as connection:
            counted = connection.execute("select count(*), count(distinct run) from runs")
            assert counted.fetchall() == [(449, 449)]
        history.pack()


@pytest.mark.slow
@pytest.mark.parametrize("runs", [3_000, pytest.param(26_000, marks=pytest.mark.thorough)])
def test_four_months_and_three_years_of_hourly_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: int
) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    history = History(tmp_path)
    with monkeypatch.context() as quickly:  # each pack is written once, not five times
        quickly.setattr(history_module, "_LOOSE_AT_MOST", 1049)
        for number in range(1, runs + 1):
            history.add(make_record(number, nodes=20))
            if number % 1_000 == 0:
                history.pack()
    history.pack()
    for query in (
        "select date_trunc('week', started_at), outcome, count(*) from runs group by all",
        "select median(ended_at - committed_at::timestamp) from commits",
        "select name, count(*) filter (where status = 'error'), avg(seconds) from nodes group by 1",
        "select run, rows, avg(rows) over (order by number rows 30 preceding) from nodes"
        " where name = 'model_7' order by number desc limit 1",
    ):
        with history.connect() as connection:
            assert connection.execute(query).fetchall(), query
    assert next(history.newest()).number == runs
    _look_through_a_branch(tmp_path, monkeypatch, runs)


def _look_through_a_branch(history: Path, monkeypatch: pytest.MonkeyPatch, runs: int) -> None:
    """The same history on a branch: few files, and every record after a fetch."""
    monkeypatch.setenv("DATAOPS_STORE", "branch")
    monkeypatch.setenv("DATAOPS_DATA_IN_GIT", "true")
    first, second = make_clones(history / "clones")
    assert worker.quick_release(first).exit_code == 0
    for name in ("runs", "packs"):
        shutil.copytree(history / name, store_of(Product(first)).history / name, dirs_exist_ok=True)
    store_of(Product(first)).push()
    listed = git(history / "clones" / "origin.git", "ls-tree", "-r", "dataops-store")
    assert len(listed.splitlines()) < 300
    there = History(open_store(Product(second)).history)
    with there.connect() as connection:
        counted = connection.execute("select count(*) from runs where outcome = 'published'")
        assert counted.fetchall()[0][0] > 0.7 * runs


# ── Damage ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("published", [True, False])
def test_a_record_cut_in_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, published: bool
) -> None:
    """A published run's is restored from its release; another one is put aside, and said."""
    root = worker.make_product(tmp_path / "product")
    assert worker.quick_release(root).exit_code == 0
    with monkeypatch.context() as rejecting:
        rejecting.setenv("DBT_FAILS", "" if published else "test")
        run = worker.quick_release(root).record.run
    file = root / "store" / "history" / "runs" / f"{run}.json"
    half = file.read_bytes()[:200]
    file.write_bytes(half)
    result = status(Product(root))
    assert result.damaged == (run,)
    assert not result.ok
    done = worker.quick_release(root)
    assert done.exit_code == 0
    assert any(run in sentence and "damaged" in sentence for sentence in done.warnings)
    assert (file.parent.parent / "damaged" / file.name).read_bytes() == half
    assert file.exists() is published
    assert status(Product(root)).ok
    assert [item.outcome for item in History(file.parent.parent).newest()] == [PUBLISHED] * (
        3 if published else 2
    )


def test_a_run_that_was_killed_is_recorded_by_the_next(tmp_path: Path) -> None:
    root = worker.make_product(tmp_path / "product")
    killed = make_record(1, outcome="running", counts={}, nodes=0)
    folder = root / "store" / "candidates" / killed.run
    folder.mkdir(parents=True)
    (folder / "release.json").write_bytes(killed.to_json())
    result = status(Product(root)).last
    assert result is not None
    assert result.outcome == CRASHED
    done = worker.quick_release(root)
    assert [item.outcome for item in History(root / "store" / "history").newest()] == [
        PUBLISHED,
        CRASHED,
    ]
    assert done.record.number == 2


# ── Facts ────────────────────────────────────────────────────────────────────────────────────────


def test_git_facts(tmp_path: Path) -> None:
    root = worker.make_product(tmp_path / "product")
    product = Product(root)
    assert git_facts(product, "") == GitFacts()
    git(root, "init", "-q", "-b", "main")
    assert git_facts(product, "").dirty
    commits = []
    for n in range(3):
        (root / "file").write_text(str(n), encoding="utf-8")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", f"change {n}")
        commits.append(git(root, "rev-parse", "HEAD").strip())
    facts = git_facts(product, commits[0])
    assert facts.commit == commits[2]
    assert [commit.commit for commit in facts.commits] == commits[:0:-1]
    assert (facts.commits_total, facts.branch, facts.dirty) == (2, "main", False)
    assert facts.committed_at.endswith("Z")
    assert git_facts(product, "").commits_total == 3
    (root / "new").touch()
    assert git_facts(product, commits[0]).dirty
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", str(shallow))
    there = git_facts(Product(shallow), commits[0])
    assert (there.commit, there.commits_total, there.commits) == (commits[2], None, ())
    assert git_facts(Product(shallow), "").commits_total is None
    assert git_facts(product, "f" * 40).commits_total is None


def test_raw_is_read_once_while_it_does_not_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, cache = tmp_path / "raw", tmp_path / "cache" / "raw.json"
    for name in ("orders/a.csv", "orders/b.csv", "customers/ä.csv", ".hidden/x", "orders/.tmp"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")
        os.utime(root / name, (1_700_000_000, 1_700_000_000))
    first = read_raw(root, cache)
    assert [file.name for file in first] == ["customers/ä.csv", "orders/a.csv", "orders/b.csv"]
    monkeypatch.setattr("first_light.history.facts.file_hash", lambda path: "read again")
    assert read_raw(root, cache) == first
    (root / "orders" / "b.csv").write_text("other", encoding="utf-8")
    second = read_raw(root, cache)
    assert [file.name for file in second if file.hash == "read again"] == ["orders/b.csv"]
    (root / "orders" / "a.csv").unlink()
    facts = raw_facts(read_raw(root, cache), first)
    assert (facts.modified, facts.removed) == (("orders/b.csv",), ("orders/a.csv",))
    assert [(table.name, table.files) for table in facts.tables] == [
        ("customers", 1),
        ("orders", 1),
    ]
    assert facts.fingerprint != raw_facts(first, ()).fingerprint
    cache.write_text("rubbish", encoding="utf-8")
    assert len(read_raw(root, cache)) == 2


def test_a_raw_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "raw" / "orders").mkdir(parents=True)
    (tmp_path / "raw" / "orders" / "a.csv").touch()

    def reject(path: Path) -> str:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("first_light.history.facts.file_hash", reject)
    with pytest.raises(DataopsError) as error:
        read_raw(tmp_path / "raw", tmp_path / "cache.json")
    assert error.value.where == "orders/a.csv: Input/output error"


# ── An older schema ──────────────────────────────────────────────────────────────────────────────


def as_schema_one(record: Record) -> bytes:
    """The record as a made-up schema 1 had it: hands were people, and its end had another name."""
    raw = json.loads(record.to_json())
    raw["finished_at"] = raw.pop("ended_at")
    return json.dumps({**raw, "schema_version": 1, "trigger": "person"}).encode() + b"\n"


def from_schema_one(raw: dict[str, Any]) -> dict[str, Any]:
    return {**raw, "ended_at": raw["finished_at"], "trigger": "manual"}


def test_records_of_an_older_schema_are_read_loose_and_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    written = [make_record(number, trigger="manual") for number in range(1, 260)]
    (tmp_path / "runs").mkdir()
    for record in written[:209]:
        (tmp_path / "runs" / f"{record.run}.json").write_bytes(as_schema_one(record))
    # The older version packed some of its own; the newer one adds to them.
    assert history.pack() == 159

    monkeypatch.setattr(history_decoding, "SCHEMA", 2)
    monkeypatch.setattr(history_module, "SCHEMA", 2)
    monkeypatch.setattr(history_decoding, "UPGRADES", {1: from_schema_one})
    written = [replace(record, schema_version=2) for record in written]
    for record in written[209:]:
        history.add(record)
    assert list(history.newest()) == written[::-1]
    for _ in range(2):
        with history.connect() as connection:
            result = connection.execute(
                "select run, trigger, ended_at, schema_version from runs order by number"
            ).fetchall()
        assert [row[:2] for row in result] == [(item.run, "manual") for item in written]
        assert all(row[2] is not None and row[3] == 2 for row in result)
        history.pack()
    # What was written stays to the letter.
    oldest = history.packs.column(history.packs.paths()[0], "record")[0]
    assert oldest.encode() == as_schema_one(make_record(1, trigger="manual"))


def test_a_record_of_a_newer_schema_is_not_guessed_at(tmp_path: Path) -> None:
    newer = json.dumps({**json.loads(make_record(1).to_json()), "schema_version": SCHEMA + 1})
    with pytest.raises(DataopsError, match="newer version of the package") as raised:
        read_record(newer.encode())
    assert raised.value.fix == "uv run dataops update"
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / f"{make_record(1).run}.json").write_text(newer, encoding="utf-8")
    with pytest.raises(DataopsError, match="newer version of the package"):
        History(tmp_path).connect()
