"""`dataops new`: where the template comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import harness
from first_light.commands.new import Origin, new, origin
from first_light.utils.errors import DataopsError


def template(root: Path) -> str:
    """A repository with a template; returns its commit."""
    root.mkdir()
    (root / "copier.yml").write_text("_subdirectory: template\n", encoding="utf-8")
    harness.git(root, "init", "-q", "-b", "main")
    harness.git(root, "add", "-A")
    harness.git(root, "commit", "-q", "-m", "First")
    return harness.git(root, "rev-parse", "HEAD").strip()


def recorded(folder: Path) -> str:
    return json.dumps({"url": folder.as_uri(), "dir_info": {"editable": True}})


def test_a_folder_is_taken_at_its_commit_without_uncommitted_work(tmp_path: Path) -> None:
    commit = template(tmp_path / "template")
    (tmp_path / "template" / "copier.yml").write_text("edited", encoding="utf-8")
    where = origin(recorded(tmp_path / "template"))
    assert where == Origin(str(tmp_path / "template"), commit)


def test_an_installation_from_a_repository_names_its_commit() -> None:
    vcs = {"vcs": "git", "commit_id": "a" * 40}
    text = json.dumps({"url": "https://git.example.com/t.git", "vcs_info": vcs})
    assert origin(text) == Origin("git+https://git.example.com/t.git", "a" * 40)


def test_an_installation_from_an_index_names_no_template(tmp_path: Path) -> None:
    assert origin(None) is None
    (tmp_path / "wheel").mkdir()  # a folder, but no template
    assert origin(recorded(tmp_path / "wheel")) is None


def test_a_folder_that_is_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(DataopsError, match="new or empty"):
        new(tmp_path, (), "anywhere", print)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
