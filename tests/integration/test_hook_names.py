"""Files named like options: the hooks read their names as names."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import harness
from first_light.hooks import team
from first_light.project.hook_run import HookRun
from harness import git

NAMES = ("--config=evil.yaml", "--files", "-h", "--help")
CONFIG = yaml.safe_load(
    (harness.TEMPLATE / "template" / ".pre-commit-config.yaml").read_text(encoding="utf-8")
)
# Hooks that run a tool of others on all kinds of files.
TOOLS = {
    hook["id"]: shlex.split(hook["entry"])[3:]
    for repository in CONFIG["repos"]
    for hook in repository["hooks"]
    if hook.get("pass_filenames", True) and "python" not in hook["entry"].split()
}
HOOK = "repos: [{repo: local, hooks: [{id: a, name: a, entry: trailing-whitespace-fixer --, language: system}]}]\n"  # noqa: E501


@pytest.fixture
def root(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    for name in NAMES:
        (tmp_path / name).write_text("a: 1 \n", encoding="utf-8")
    (tmp_path / "evil.yaml").write_text("repos: []\n", encoding="utf-8")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "files")
    return tmp_path


@pytest.mark.parametrize("hook", [hook for hook in TOOLS if hook != "sql"])
def test_a_managed_hook_reads_no_name_as_an_option(hook: str, root: Path) -> None:
    tool, *arguments = TOOLS[hook]
    for name in NAMES:
        process = subprocess.run(
            [Path(sys.executable).with_name(tool), *arguments, name],
            cwd=root, capture_output=True, text=True,
        )  # fmt: skip
        assert process.returncode == (hook in ("whitespace", "yaml")), process.stderr
        assert "usage" not in process.stdout + process.stderr
        assert name in process.stdout or process.returncode == 0


def test_all_files_are_given_to_the_hooks(root: Path) -> None:
    (root / ".pre-commit-config.yaml").write_text(HOOK, encoding="utf-8")
    (result,) = HookRun(root, change=NAMES).wait()
    assert result.status == "Failed"
    assert all(f"Fixing {name}" in result.output for name in NAMES)
    assert [(root / name).read_text(encoding="utf-8") for name in NAMES] == ["a: 1\n"] * len(NAMES)


def test_all_files_are_given_to_the_hooks_of_the_team(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / team.TEAM_HOOKS).write_text(HOOK, encoding="utf-8")
    monkeypatch.chdir(root)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    assert team.main(NAMES) == 1
    assert [(root / name).read_text(encoding="utf-8") for name in NAMES] == ["a: 1\n"] * len(NAMES)


def test_the_vendored_package_may_be_large_and_nothing_else(tmp_path: Path) -> None:
    (large,) = (
        hook
        for repository in CONFIG["repos"]
        for hook in repository["hooks"]
        if hook["id"] == "large-files"
    )
    large["entry"] = large["entry"].removeprefix("uv run --no-sync ")
    text = yaml.safe_dump({"repos": [{"repo": "local", "hooks": [large]}]})
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".pre-commit-config.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "vendor").mkdir()
    for name in ("first_light-1.0.0-py3-none-any.whl", "rows.csv"):
        (tmp_path / "vendor" / name).write_bytes(b"1" * 1_100_000)
    git(tmp_path, "add", "-A")
    (result,) = HookRun(tmp_path).wait()
    assert result.status == "Failed"
    assert "rows.csv" in result.output
    assert ".whl" not in result.output
