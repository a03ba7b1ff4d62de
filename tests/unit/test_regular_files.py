"""Files of folders in which others can write are opened without waiting."""

from __future__ import annotations

import ast
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import first_light
from first_light.commands.proposal import _content
from first_light.dbt.manifest import read_manifest
from first_light.history.facts import file_hash, raw_from_json
from first_light.history.log import record_in
from first_light.store.atomic import copy
from first_light.store.label import check_label
from first_light.store.pointer import _target
from first_light.store.superseded import read_times
from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import open_regular, read_regular

PACKAGE = Path(first_light.__file__).parent
_READS = {"read_bytes", "read_text"}


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise AssertionError("it waits for whoever writes into the pipe")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 2)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "read",
    [
        read_regular,
        lambda pipe: copy(pipe, pipe.with_name("goal")),
        file_hash,
        lambda pipe: check_label(pipe, "shop"),
        lambda pipe: _target(pipe, "release.json"),
        lambda pipe: read_manifest(pipe),
        lambda pipe: open_regular(pipe, follow=False),
    ],
)
def test_a_pipe_in_place_of_a_file_is_rejected_at_once(
    read: Callable[[Path], Any], tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises((OSError, DataopsError)):
        read(pipe)


def test_readers_that_do_without_a_file_do_so_with_a_pipe(tmp_path: Path) -> None:
    for name in ("release.json", "raw.json"):
        os.mkfifo(tmp_path / name)
    assert record_in(tmp_path) is None
    assert raw_from_json(tmp_path / "raw.json") == ()
    assert read_times(tmp_path / "raw.json") == {}


def test_a_pipe_that_replaces_an_artifact_after_the_look_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "text.md")
    monkeypatch.setattr(Path, "is_file", lambda _: True)
    with pytest.raises(DataopsError) as error:
        _content(tmp_path / "text.md", 10)
    assert error.value.where.endswith("text.md: not a plain file")


def test_a_file_a_link_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_regular(tmp_path / "link") == b"text"
    with pytest.raises(OSError, match="link"):
        open_regular(tmp_path / "link", follow=False)
    with pytest.raises(IsADirectoryError):
        read_regular(tmp_path)


def test_stores_and_histories_are_read_in_no_other_way() -> None:
    others = []
    for folder in ("store", "history"):
        for path in sorted((PACKAGE / folder).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                is_read = isinstance(node.func, ast.Attribute) and node.func.attr in _READS
                is_open = isinstance(node.func, ast.Name) and node.func.id == "open"
                modes = [a.value for a in node.args[1:] if isinstance(a, ast.Constant)]
                if is_read or (is_open and not any("w" in str(m) or "a" in str(m) for m in modes)):
                    others.append(f"{folder}/{path.name}: {ast.unparse(node)}")
    # The list of commits in an image is named by a variable.
    assert others == ["history/facts.py: Path(name).read_text(encoding='utf-8')"]
