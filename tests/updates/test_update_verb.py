"""`dataops update`: what it does, what it would do, and what it rejects."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import harness
from first_light.cli.output import update as screen_update
from first_light.commands import update_notes
from first_light.commands.update import Change, notes_between, read_changes, update
from first_light.commands.update_request import prepare, trusted_target
from first_light.project import managed
from first_light.project.copier import run_update
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from gauntlet import run, versions
from gauntlet.lives import LIVES, Team

CHANGELOG = """# Changelog

## Unreleased

- not yet

## v1.1.0 (2026-02-01)

- a question

## [1.0.1]

- a fix

## 1.0.0

- the first
"""


def still(_: str) -> None:
    """Nobody looks."""


@pytest.fixture(autouse=True)
def copier_of_this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAOPS_COPIER", f"{sys.executable} -m copier")
    for name, value in harness.clean_environment().items():
        if name.startswith("GIT_"):
            monkeypatch.setenv(name, value)


@pytest.fixture
def team(template_history: Path, tmp_path: Path) -> Team:
    return run.born(template_history, tmp_path / "p", versions.FIRST, {}, LIVES["fresh"])


def test_a_preview_says_what_and_why_and_changes_nothing(team: Team) -> None:
    before = harness.tree(team.root, ".")
    seen = update(Product(team.root), still, to="v1.1.0", dry_run=True)
    assert harness.tree(team.root, ".") == before
    assert (seen.before, seen.after) == ("v1.0.0", "v1.1.0")
    assert seen.clean
    changes = {change.path: change for change in seen.changes}
    assert changes[".sqlfluff"] == Change(
        ".sqlfluff", "renewed", "managed: it equals a fresh render"
    )
    assert changes["dataops/NEW.md"].kind == "new"
    assert changes[".github/pull_request_template.md"].kind == "removed"
    assert seen.new_answers == {"colour": "red"}
    output = "\n".join(screen_update.lines(seen, preview=True))
    assert "new question colour: the default was used, 'red'" in output
    assert output.endswith("do it:  uv run dataops update")
    proposed = "\n".join(screen_update.lines(seen, preview=False, proposed=True))
    assert "(as a pull request in target/update)" in proposed
    assert proposed.endswith("the pipeline's next job opens the pull request")

    # What it would do is what it does.
    done = update(Product(team.root), still, to="v1.1.0")
    assert done == seen
    team.commit("updated")
    again = update(Product(team.root), still, to="v1.1.0")
    assert not again.anything
    assert list(screen_update.lines(again, preview=False)) == [
        "Up to date: the product is on v1.1.0."
    ]


def test_a_conflict_and_a_removed_edit_are_reported_not_lost(team: Team) -> None:
    """Copier exits 0 on the first and deletes the second."""
    versions.append(team.root / ".sqlfluff", "# our own line")
    versions.append(team.root / ".github/pull_request_template.md", "our own line")
    team.commit("edits of managed files")
    done = update(Product(team.root), still, to="v1.0.1")
    assert done.conflicts == (".sqlfluff",)
    assert done.rescued == (".github/pull_request_template.md",)
    assert "our own line" in (team.root / ".github/pull_request_template.md").read_text("utf-8")
    assert not done.clean
    output = update_notes.markdown(done, "")
    assert "conflict in .sqlfluff" in output
    assert "git switch template-update" in output


def test_a_file_kept_by_declaration_is_left_alone(team: Team) -> None:
    versions.append(team.root / ".sqlfluff", "# our own line")
    team.own(".sqlfluff", "ours")
    team.commit("kept")
    done = update(Product(team.root), still, to="v1.0.1")
    assert done.clean
    assert done.kept == (".sqlfluff",)
    assert "# a new rule" not in (team.root / ".sqlfluff").read_text("utf-8")
    # What the template changed there is shown: all of it in a file and in the pull request.
    assert "+# a new rule" in done.kept_diffs[".sqlfluff"].splitlines()
    assert "our own line" not in done.kept_diffs[".sqlfluff"]
    screen = "\n".join(screen_update.lines(done, preview=False))
    assert ".sqlfluff: owned by you, not changed; the template changed it: +1 -0 lines" in screen
    shown = re.search(r"own files: (cat \S+)", screen)
    assert shown is not None
    shell = subprocess.run(shlex.split(shown[1]), cwd=team.root, capture_output=True, text=True)
    assert "+# a new rule" in shell.stdout
    assert "+# a new rule" in update_notes.markdown(done, "")
    assert managed.step(Product(team.root)).verdict == "passed"


def test_a_migration_asks_first_and_leaves_the_product_as_it_was(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataopsError, match="migration") as raised:
        update(Product(team.root), still)
    assert "uv run dataops update --trust" in raised.value.fix
    assert harness.git(team.root, "status", "--porcelain") == ""
    # An operator has read them: the weekly update of every product runs them.
    monkeypatch.setenv("DATAOPS_TRUSTED_VERSION", "v2.0.0")
    done = prepare(Product(team.root), still, finish=False)
    assert done.after == "v2.0.0"
    assert done.clean


@pytest.mark.parametrize(
    ("limit", "to", "target"),
    [
        ("v2.0.0", None, "v2.0.0"),
        ("v2.1", None, "v2.0.0"),
        ("v1.9.9", None, ""),  # somebody has to read the newest first
        ("v1.9.9", "v1.1.0", "v1.1.0"),
        ("v1.0.0", "v1.1.0", ""),
        ("v2.0.0", "main", ""),
        ("yes", None, ""),
    ],
)
def test_migrations_are_trusted_up_to_a_version(limit: str, to: str | None, target: str) -> None:
    assert trusted_target(limit, ("v1.1.0", "v2.0.0", "v1.0.0"), to) == target


def test_uncommitted_work_is_not_mixed_in(team: Team) -> None:
    (team.root / "work.txt").write_text("unfinished")
    with pytest.raises(DataopsError, match="uncommitted"):
        update(Product(team.root), still)


def test_a_version_that_is_not_there_changes_nothing(team: Team) -> None:
    with pytest.raises(DataopsError, match="does not have this version") as document:
        update(Product(team.root), still, to="v9.9.9")
    assert f"v9.9.9; there are: {versions.FIRST}" in document.value.where
    assert harness.git(team.root, "status", "--porcelain") == ""


def answered(team: Team, key: str, value: str) -> None:
    answers = team.root / ".copier-answers.yml"
    text = re.sub(rf"^{key}: .*$", f"{key}: {value}", answers.read_text("utf-8"), flags=re.M)
    answers.write_text(text, "utf-8")
    team.commit(key)


def test_a_template_that_is_gone_and_an_older_version_say_what_to_do(team: Team) -> None:
    answered(team, "_commit", "v1.1.0")
    with pytest.raises(DataopsError, match="does not go back") as older:
        update(Product(team.root), still, to=versions.FIRST)
    assert "git revert" in older.value.fix
    answered(team, "_src_path", str(team.root.parent / "gone"))
    with pytest.raises(DataopsError, match="template's repository cannot be read") as gone:
        update(Product(team.root), still)
    assert "does not appear to be a git repository" in gone.value.where
    assert "git ls-remote file://" in gone.value.fix
    assert harness.git(team.root, "status", "--porcelain") == ""
    answered(team, "_commit", "''")
    step = managed.step(Product(team.root))
    assert step.verdict == "warned"
    assert "has no _commit, so no update can run" in step.details[0]


def test_a_missing_copier_says_what_to_do(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAOPS_COPIER", "no-such-command")
    with pytest.raises(DataopsError, match="cannot be started") as raised:
        update(Product(team.root), still)
    assert "DATAOPS_COPIER" in raised.value.fix


# Stands for Copier in the middle of an update, with a program of its own.
BUSY_COPIER = """\
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("README.md").write_text("half an update")
pathlib.Path("new.txt").write_text("half an update")
lock = subprocess.check_output(["git", "rev-parse", "--git-path", "index.lock"], text=True)
pathlib.Path(lock.strip()).write_text("")
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""


@contextmanager
def busy_update(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """An update whose Copier has begun and does not end, and the file with a child's process id."""
    (tmp_path / "copier.py").write_text(BUSY_COPIER)
    pid = tmp_path / "pid"
    monkeypatch.setenv("DATAOPS_COPIER", f"{sys.executable} {tmp_path / 'copier.py'} {pid}")
    command = [sys.executable, "-m", "first_light.cli.app", "update"]
    with subprocess.Popen(command, cwd=team.root, stderr=subprocess.PIPE) as process:
        while not (pid.exists() and pid.read_text()):
            assert process.poll() is None
            time.sleep(0.05)
        yield process, pid


@pytest.mark.slow
@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.gauntlet)]
)
def test_a_stopped_update_stops_copier_and_restores_the_tree(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    before = harness.tree(team.root, ".")
    with busy_update(team, tmp_path, monkeypatch) as (process, pid):
        process.send_signal(number)
        process.communicate()
    assert process.returncode == 130
    assert harness.tree(team.root, ".") == before
    assert harness.git(team.root, "status", "--porcelain") == ""
    status = Path("/proc") / pid.read_text() / "status"
    while status.exists() and "(zombie)" not in status.read_text():
        time.sleep(0.05)


@pytest.mark.slow
def test_a_killed_update_leaves_nothing_that_git_takes(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = harness.tree(team.root, ".")
    with busy_update(team, tmp_path, monkeypatch) as (process, pid):
        copier = int(Path(f"/proc/{pid.read_text()}/stat").read_text().rsplit(")", 1)[1].split()[1])
        process.kill()
        os.killpg(copier, signal.SIGKILL)  # a machine that goes down ends all of it
    assert harness.tree(team.root, ".") == before
    assert harness.git(team.root, "status", "--porcelain") == ""
    monkeypatch.delenv("DATAOPS_COPIER")
    assert update(Product(team.root), still, to="v1.0.1").after == "v1.0.1"
    worktrees = harness.git(team.root, "worktree", "list").splitlines()
    assert len([line for line in worktrees if "prunable" not in line]) <= 2


KILLED_AT_THE_END = """\
import os, signal
from first_light.commands.update import update
from first_light.project import working_copy
from first_light.project.product import Product
working_copy._mark_unmerged = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
update(Product.find(), lambda _: None, to="v1.0.1")
"""


def test_an_update_that_was_killed_while_it_moved_files_is_named(team: Team) -> None:
    before = harness.tree(team.root, ".")
    command = [sys.executable, "-c", KILLED_AT_THE_END]
    assert subprocess.run(command, cwd=team.root).returncode == -signal.SIGKILL
    with pytest.raises(DataopsError, match="killed while it changed files") as stopped:
        update(Product(team.root), still)
    subprocess.run(stopped.value.fix.split(", then: ")[0].split(), cwd=team.root, check=True)
    assert harness.tree(team.root, ".") == before
    with pytest.raises(DataopsError, match="runs a migration"):
        update(Product(team.root), still)
    (team.root / "README.md").write_text("my own work")
    with pytest.raises(DataopsError, match="There are uncommitted changes"):
        update(Product(team.root), still)


@pytest.mark.parametrize(
    ("before", "after", "words", "not_words"),
    [
        ("v1.0.0", "v1.1.0", ["a question", "a fix"], ["not yet", "the first"]),
        ("v1.0.0", "v1.0.1", ["a fix"], ["a question", "the first"]),
        ("v1.1.0", "v1.1.0", [], ["a question", "a fix", "the first"]),
    ],
)
def test_notes_are_those_between_two_versions(
    before: str, after: str, words: list[str], not_words: list[str]
) -> None:
    notes = notes_between(CHANGELOG, before, after)
    assert all(word in notes for word in words)
    assert not any(word in notes for word in not_words)


# The option with which Renovate's manager of Copier updates.
RENOVATE = ("--skip-answered",)


def change_questions(template: Path, old: str, new: str) -> None:
    """Release a version whose questions differ in one text."""
    questions = template / "copier.yml"
    text = questions.read_text("utf-8")
    assert old in text
    questions.write_text(text.replace(old, new, 1), encoding="utf-8")
    versions.release(template, "v1.1.0")


@pytest.mark.parametrize(
    ("key", "answer", "old", "new", "valid"),
    [
        ("ci", "gitlab", "GitLab CI: gitlab", "Another: another", "another"),
        ("team", "a b", "{% if not team.strip() %}", "{% if ' ' in team %}", "ab"),
    ],
    ids=["a choice is gone", "a validator is stricter"],
)
def test_a_stale_answer_stops_plain_copier_in_words(
    working_template: Path,
    tmp_path: Path,
    key: str,
    answer: str,
    old: str,
    new: str,
    valid: str,
) -> None:
    """With --defaults Copier takes the default in silence, and nothing tells of it later."""
    root = tmp_path / "p"
    run.born(working_template, root, versions.FIRST, {key: answer}, LIVES["fresh"])
    change_questions(working_template, old, new)

    def copier(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "copier", "update", "--defaults", *arguments],
            cwd=root,
            env=harness.clean_environment(),
            capture_output=True,
            text=True,
        )

    before = harness.tree(root, ".")
    for options in ((), RENOVATE):
        stopped = copier(*options)
        assert stopped.returncode == 1
        assert f"{key}: the answer {answer} is no longer valid" in stopped.stderr
        assert f"copier update --data {key}=ANSWER" in stopped.stderr
        assert "Traceback" not in stopped.stderr
        assert harness.tree(root, ".") == before
    with pytest.raises(DataopsError, match="Copier could not") as raised:
        update(Product(root), still)
    assert f"--data {key}=ANSWER" in raised.value.where

    # The fix that it names.
    done = copier(*RENOVATE, "--data", f"{key}={valid}")
    assert done.returncode == 0, done.stderr
    assert str(Product(root).answers[key]) == valid


def test_answers_of_another_form_and_a_first_copy_are_not_stopped(
    working_template: Path, tmp_path: Path
) -> None:
    root = tmp_path / "p"
    copied = subprocess.run(
        [sys.executable, "-m", "copier", "copy", "--defaults", str(working_template), str(root)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Warning" not in copied.stderr
    harness.git(root, "init", "-q", "-b", "main")
    team = Team(root, versions.FIRST)
    team.append(".copier-answers.yml", "opt_outs: {.sqlfluff: ours}")
    file = root / ".copier-answers.yml"
    file.write_text(
        file.read_text("utf-8")
        .replace("opt_outs: {}\n", "")
        .replace("product_name: p", "product_name: 7"),
        encoding="utf-8",
    )
    team.commit("written by hand")
    versions.append(working_template / "template" / ".yamllint", "# renewed")
    versions.release(working_template, "v1.0.1")
    run.update(root, "v1.0.1")
    assert Product(root).answers["product_name"] == "7"


def test_changes_are_read_from_git() -> None:
    status = "\0".join([" M .copier-answers.yml", " M a", "?? b c", " D d", "R  new", "old", ""])
    assert [(change.path, change.kind) for change in read_changes(status, {"a"})] == [
        *((".copier-answers.yml", "renewed"), ("a", "renewed"), ("b c", "new")),
        *(("d", "removed"), ("new", "new"), ("old", "removed")),
    ]


def test_a_bare_template_is_read_by_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAOPS_COPIER", f"{sys.executable} -m copier")
    bare, root = tmp_path / "a template.git", tmp_path / "p"
    harness.git(tmp_path, "init", "-q", "--bare", str(bare))
    harness.git(tmp_path, "init", "-q", str(root))
    (root / ".copier-answers.yml").write_text(f"_commit: v1.0.0\n_src_path: {bare}\n", "utf-8")
    harness.git(root, "add", "-A")
    harness.git(root, "commit", "-q", "-m", "First")
    with pytest.raises(DataopsError, match="bare repository") as raised:
        run_update(Product(root), None)
    assert raised.value.fix.endswith(f"--template {bare.as_uri()}")
