"""Files that a command changes together: a kill at any instant leaves all old or all new."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness
from first_light.project.product import Product
from first_light.utils.whole_files import write_together, write_whole

OLD = {"a.yml": b"old: a\r\n", "models/b.sql": b"select 1", "models/c.yml": b"\xff old"}
NEW = {"a.yml": b"new: a\r\n", "models/b.sql": b"select 22", "models/c.yml": b"\xff new"}
UNFINISHED = "target/unfinished-edits.json"
# Ends at the n-th change below the product; in a process that this test forks.
CHANGES = {"os.rename", "os.remove", "os.chmod", "os.mkdir"}


def product(root: Path) -> Path:
    root.mkdir()
    for name in ("dbt_project.yml", ".copier-answers.yml"):
        (root / name).write_text("{}", encoding="utf-8")
    for name, content in OLD.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
    (root / "a.yml").chmod(0o640)
    return root


def contents(root: Path) -> dict[str, bytes]:
    return {name: (root / name).read_bytes() for name in OLD}


WORKER = f"""
import os, signal, sys
from pathlib import Path
from first_light.utils.whole_files import write_together
roots, changes, seen, kill_at = sys.argv[1:], {CHANGES!r}, 0, 0

def step(event, arguments):
    global seen
    is_write = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if event in changes or is_write:
        seen += 1
        if seen == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(step)
for kill_at, root in enumerate(roots, 1):
    if not os.fork():
        seen = 0
        write_together(Path(root), {NEW!r})
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_files_are_written_together_whatever_is_killed(tmp_path: Path) -> None:
    roots = [product(tmp_path / str(n)) for n in range(30)]
    command = [sys.executable, "-c", WORKER, *map(str, roots)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    codes = [int(line) for line in done.stdout.split()]
    assert codes.count(-signal.SIGKILL) > 8, "the worker was not killed"
    assert codes.count(0) > 5, "the worker never came to its end"
    halves = 0
    for root, code in zip(roots, codes):
        left = contents(root)
        assert all(left[name] in (OLD[name], NEW[name]) for name in OLD), f"half a file: {root}"
        halves += left not in (OLD, NEW)
        Product.find(root)  # any command
        assert contents(root) in ((OLD, NEW) if code else (NEW,))
        assert not (root / UNFINISHED).exists()
        assert (root / "a.yml").stat().st_mode & 0o777 == 0o640
    assert halves > 2, "no kill came between two files"


@pytest.mark.parametrize(
    "listed",
    [
        json.dumps({"a.yml": ["other", "new"], "models/b.sql": ["select 1", "select 22"]}),
        json.dumps({"a.yml": ["", "x"], "../outside.txt": ["x", "y"]}),
        json.dumps({"a.yml": ["old: a\r\n", "new"], "models/b.sql": ["select 1", "select 22"]}),
        "[" * 5000,
        "[1]",
        '{"a.yml": 1}',
    ],
)
def test_a_file_that_was_edited_since_is_left_alone(listed: str, tmp_path: Path) -> None:
    """A list whose files are all as they were is of a command that wrote nothing yet."""
    root = product(tmp_path / "product")
    (tmp_path / "outside.txt").write_text("x", encoding="utf-8")
    (root / "target").mkdir()
    (root / UNFINISHED).write_text(listed, encoding="utf-8")
    Product.find(root)
    assert contents(root) == OLD
    assert (tmp_path / "outside.txt").read_text(encoding="utf-8") == "x"
    assert not (root / UNFINISHED).exists()


@contextlib.contextmanager
def _rejecting(monkeypatch: pytest.MonkeyPatch, name: str, code: int, part: str) -> Iterator[None]:
    """Let a call of the system fail for files with this in their names."""
    real = getattr(os, name)

    def rejecting(*arguments: object, **options: object) -> object:
        if any(part in str(argument) for argument in arguments):
            raise OSError(code, os.strerror(code), part)
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, name, rejecting)
        yield


def test_a_file_that_cannot_be_written_changes_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = product(tmp_path / "product")
    refused = _rejecting(monkeypatch, "replace", errno.EIO, "c.yml")
    with refused, pytest.raises(OSError, match=r"c\.yml"):
        write_together(root, NEW)
    assert contents(root) == OLD
    assert os.listdir(root / "target") == []
    assert not list(root.rglob("*.part"))


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_writing_is_whole_or_not_at_all(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    write_whole(file, b"old")
    with _rejecting(monkeypatch, call, errno.ENOSPC, ""), pytest.raises(OSError, match="No sp"):
        write_whole(file, b"new")
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_file_keeps_its_rights_and_never_has_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    file.chmod(0o600)
    seen = []
    real = os.fsync

    def watched(handle: int) -> None:
        seen.append(os.fstat(handle).st_mode & 0o7777)
        real(handle)

    monkeypatch.setattr(os, "fsync", watched)
    write_whole(file, b"new")
    assert seen[0] == 0o600
    assert file.stat().st_mode & 0o7777 == 0o600


def test_a_link_is_followed_in_a_repository_and_replaced_in_a_store(tmp_path: Path) -> None:
    """What a hostile store links to is not its own."""
    outside, link = tmp_path / "outside", tmp_path / "link"
    outside.write_bytes(b"old")
    link.symlink_to(outside)
    write_whole(link, b"new")
    assert (link.is_symlink(), outside.read_bytes()) == (True, b"new")
    write_whole(link, b"newer", through_links=False)
    assert (link.is_symlink(), outside.read_bytes(), link.read_bytes()) == (False, b"new", b"newer")


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_command_that_only_reads_works_where_nothing_can_be_written(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = product(tmp_path / "product")
    (root / "a.yml").write_bytes(NEW["a.yml"])
    names = ("a.yml", "models/b.sql")
    listed = {name: [OLD[name].decode(), NEW[name].decode()] for name in names}
    (root / "target").mkdir()
    (root / UNFINISHED).write_text(json.dumps(listed), encoding="utf-8")
    with _rejecting(monkeypatch, "open", code, ".part"):
        assert Product.find(root).root == root.resolve()
    assert contents(root) == OLD | {"a.yml": NEW["a.yml"]}
    Product.find(root)
    assert contents(root) == NEW | {"models/c.yml": OLD["models/c.yml"]}
    (root / UNFINISHED).write_text(json.dumps(listed | {"a.yml": ["x", "y"]}), encoding="utf-8")
    refused = _rejecting(monkeypatch, "unlink", errno.EIO, "unfinished")
    with refused, pytest.raises(OSError, match="unfinished"):
        Product.find(root)


def test_no_command_writes_a_file_of_the_repository_otherwise() -> None:
    """Other writes of these packages are to target/, raw/, the store or a temporary folder."""
    elsewhere = {
        "commands/check.py",
        "commands/preview.py",
        "commands/proposal.py",
        "commands/template_text.py",
        "project/hook_run.py",
        "project/restoring.py",
        "boards/render.py",
    }
    package = harness.TEMPLATE / "src" / "first_light"
    writers = {
        path.relative_to(package).as_posix()
        for folder in ("commands", "cli", "project", "boards", "monitors", "inference")
        for path in (package / folder).rglob("*.py")
        if re.search(r"\.write_(text|bytes)\(", path.read_text(encoding="utf-8"))
    }
    assert writers == elsewhere
