"""`make release`: the version follows from what the release does to products."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import harness
from gauntlet import versions
from tools.release import __main__ as tool
from tools.release import contract, interface, manifest
from tools.release.effect import (
    MAJOR,
    MINOR,
    PATCH,
    Effect,
    Snapshot,
    effect,
    next_version,
    note,
    snapshot,
    under_declared,
)
from tools.release.template import ownership

CHANGELOG = "# Changelog\n\n## Unreleased\n\n- something new\n\n## v0.9.0\n\n- the first\n"


def test_the_level_is_what_products_will_see(template_history: Path, tmp_path: Path) -> None:
    answers = {"default": {}, "gitlab": {"ci": "gitlab"}}
    seen = {}
    for version in versions.EVERY:
        copy = tmp_path / version
        harness.git(tmp_path, "clone", "-q", "-b", version, str(template_history), str(copy))
        seen[version] = snapshot(copy, version, answers)
    patch, minor, major = (
        effect(seen[before], seen[after])
        for before, after in zip(versions.EVERY, versions.EVERY[1:])
    )
    assert (patch.level, minor.level, major.level) == (PATCH, MINOR, MAJOR)
    assert ".gitlab-ci.yml" in patch.changed  # only the second profile shows it
    assert "README.md" not in patch.changed  # it is the team's
    assert minor.questions == {"colour": "red"}
    assert minor.seeds == ("docs/colours.md",)
    assert minor.handed_over == (".editorconfig", ".yamllint")
    assert major.migrations == ("v2.0.0",)
    assert effect(seen["v1.0.0"], seen["v1.0.0"]) == Effect((), (), (), {}, ())


def test_every_note_has_four_lines() -> None:
    document = note(
        Effect(("profiles.yml",), ("docs/new.md",), (".yamllint",), {"colour": "red"}, ())
    )
    assert [line.split(":")[0] for line in document.splitlines()] == [
        *("- Files changed", "- Questions added", "- Migrations", "- Expected conflicts")
    ]
    assert "`colour` (default 'red')" in document
    assert "no trust needed" in document
    assert "--trust` is needed" in note(Effect((), (), (), {}, ("v2.0.0",)))


@pytest.mark.parametrize(
    ("level", "following"), [(PATCH, "v1.2.4"), (MINOR, "v1.3.0"), (MAJOR, "v2.0.0")]
)
def test_a_version_that_promises_too_little_is_seen(level: str, following: str) -> None:
    assert next_version("v1.2.3", level) == following
    assert not under_declared("v1.2.3", following, level)
    assert not under_declared("v1.2.3", "v3.0.0", level)
    assert under_declared("v1.2.3", "v1.2.3", level)
    assert under_declared("v1.2.3", "v1.2.4", level) == (level != PATCH)


def commit(template: Path, message: str = "work") -> None:
    listed = manifest.of_template(template)
    (template / manifest.TEMPLATE_FILE).write_text(listed, encoding="utf-8")
    kept = contract.merged(contract.read(template), contract.of_template(template))
    (template / contract.CONTRACT).write_text(contract.text(kept), encoding="utf-8")
    harness.git(template, "add", "-A")
    harness.git(template, "commit", "-q", "-m", message)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://user:token@git.example.com/team/x.git", "https://git.example.com/team/x.git"),
        ("git@git.example.com:team/x.git", "https://git.example.com/team/x.git"),
        ("ssh://git@git.example.com:2222/team/x.git", "https://git.example.com/team/x.git"),
        ("/srv/x.git", ""),
        ("../x", ""),
        ("file:///srv/x.git", ""),
        ("", ""),
    ],
)
def test_the_address_is_that_of_anybody_who_clones(url: str, address: str) -> None:
    assert tool.address_of(url) == address


def test_the_first_release_on_github_has_badges_of_workflows_that_exist(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text((harness.TEMPLATE / "README.md").read_text("utf-8"), "utf-8")
    tool.fill_in(tmp_path, "https://github.com/team/x.git")
    workflows = "https://github.com/team/x/actions/workflows/"
    badge = rf"{workflows}([\w.-]+)/badge\.svg\)\]\({workflows}\1\)"
    shown = re.findall(badge, page.read_text("utf-8"))
    assert shown
    for name in shown:
        assert (harness.TEMPLATE / ".github" / "workflows" / name).is_file()
    assert tool.badges("https://git.example.com/team/x") == ""


def test_a_name_that_is_gone_is_a_major_release(tmp_path: Path) -> None:
    now = interface.names(harness.TEMPLATE)
    assert {
        "dataops check --on", "variable DATAOPS_STORE", "JSON Check.problems", "record Record.run"
    } <= now  # fmt: skip
    assert interface.names(tmp_path) == frozenset()
    was = Snapshot({}, {}, frozenset(), ownership(harness.TEMPLATE), now)
    less = replace(was, interface=now - {"dataops check --on"})
    assert (effect(was, less).level, effect(less, was).level) == (MAJOR, PATCH)
    assert note(effect(was, less)).endswith("- Removed: `dataops check --on`\n")


def test_the_first_release_in_a_remote_and_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    template, remote = versions.working_tree(tmp_path / "template"), tmp_path / "remote.git"
    for name, value in harness.clean_environment().items():
        if name.startswith("GIT_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(tool, "profiles", lambda _: {"default": {}})
    monkeypatch.setattr(tool, "HERE", template)
    monkeypatch.setattr(sys, "argv", ["release"])
    (template / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    assert tool.main() == 1
    assert "uncommitted" in capsys.readouterr().err
    commit(template)
    harness.git(tmp_path, "init", "-q", "--bare", str(remote))
    harness.git(template, "remote", "add", "origin", "https://user:token@git.example.com/team/x")
    harness.git(template, "remote", "set-url", "--push", "origin", str(remote))
    assert tool.main() == 0
    printed = capsys.readouterr().out
    for shown in ("v1.0.0\n", "`ci` (default", "`.gitattributes`", "- Migrations: none"):
        assert shown in printed
    harness.git(template, *printed.split("publish it with: git ")[1].split())
    assert "refs/tags/v1.0.0" in harness.git(remote, "for-each-ref")
    page = harness.git(remote, "show", "v1.0.0:README.md")
    assert "uvx --from git+https://git.example.com/team/x dataops new my-product" in page
    assert not re.search(r"\bADDRESS\b|token|<!-- badges", page)

    (template / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    (template / "template" / "docs" / "new.md").write_text("# New\n", encoding="utf-8")
    commit(template)
    with pytest.raises(tool.Rejected, match=r"v1\.0\.1 promises too little.*\n.*`docs/new\.md`"):
        tool.prepare(template, "v1.0.1")
    version, section = tool.prepare(template, "")
    assert version == "v1.1.0"
    tool.publish(template, version, section, date(2026, 1, 2))
    written = (template / "CHANGELOG.md").read_text("utf-8")
    assert (
        "## Unreleased\n\n## v1.1.0 (2026-01-02)\n\n- something new\n\n- Files changed:" in written
    )
    assert written.endswith("\n## v0.9.0\n\n- the first\n")
    assert tool.last_release(template) == "v1.1.0"
    assert "Expected conflicts" in harness.git(template, "tag", "-l", "-n99", "v1.1.0")
    with pytest.raises(tool.Rejected, match="says nothing"):
        tool.prepare(template, "")


def test_a_broken_contract_is_not_released(working_template: Path) -> None:
    (working_template / "template" / "profiles.yml.jinja").unlink()
    listed = manifest.of_template(working_template)
    (working_template / manifest.TEMPLATE_FILE).write_text(listed, encoding="utf-8")
    harness.git(working_template, "add", "-A")
    harness.git(working_template, "commit", "-q", "-m", "gone")
    with pytest.raises(tool.Rejected, match=r"profiles\.yml is gone"):
        tool.prepare(working_template, "")
