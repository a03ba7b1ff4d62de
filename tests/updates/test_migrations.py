"""Migrations: before, after, and twice; and through Copier, in an update that crosses one."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import harness
from gauntlet import run, versions
from gauntlet.lives import LIVES
from tools.release import template

HOOKS = harness.TEMPLATE / "hooks"
ANSWERS = """# Written by copier.
_commit: v1.1.0
contact: 'a: b@example.com'
description: "A line that says

    contact: in its second line"
opt_outs:
    .gitignore: ours
    .yamllint: "contact: us"
team: contact
"""


def hook(name: str) -> ModuleType:
    """A file of hooks/migrations, as a module."""
    spec = importlib.util.spec_from_file_location(name, HOOKS / "migrations" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


answers, files = hook("answers"), hook("files")


@pytest.fixture
def product(tmp_path: Path) -> Path:
    root = tmp_path / "product"
    (root / "dataops").mkdir(parents=True)
    (root / ".copier-answers.yml").write_text(ANSWERS, encoding="utf-8")
    harness.git(root, "init", "-q")
    return root


def said(product: Path) -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load((product / ".copier-answers.yml").read_text("utf-8"))
    return loaded


def test_an_answer_is_renamed_and_kept(product: Path) -> None:
    before = said(product)
    for _ in range(2):
        answers.rename_answer(product, "contact", "contact_email")
        after = said(product)
        assert after.pop("contact_email") == before["contact"]
        assert after == {key: value for key, value in before.items() if key != "contact"}


def test_a_newer_answer_is_not_overwritten(product: Path) -> None:
    answers.rename_answer(product, "contact", "team")
    assert said(product)["team"] == "contact"
    assert "contact" in said(product)


def test_a_choice_is_renamed_and_another_answer_stays(product: Path) -> None:
    for _ in range(2):
        answers.rename_choice(product, "team", "contact", "reach")
        assert said(product)["team"] == "reach"
    answers.rename_choice(product, "_commit", "v9", "v10")
    assert said(product)["_commit"] == "v1.1.0"


def moving(product: Path, path: str, content: str, made: str) -> None:
    """A managed file with a content, listed as another one."""
    (product / path).write_text(made, encoding="utf-8")
    listed = f"{files.hashlib.sha256(made.encode()).hexdigest()}  {path}\n"
    (product / "dataops" / "managed.sha256").write_text(listed, encoding="utf-8")
    (product / path).write_text(content, encoding="utf-8")
    harness.git(product, "add", "-A")


def test_an_edited_file_moves_with_its_edits(product: Path) -> None:
    moving(product, ".sqlfluff", "edited", made="made")
    for _ in range(2):
        files.move_edited(product, ".sqlfluff", "dataops/deep/sqlfluff.cfg")
        assert not (product / ".sqlfluff").exists()
        assert (product / "dataops/deep/sqlfluff.cfg").read_text() == "edited"


@pytest.mark.parametrize(
    ("path", "content"), [(".sqlfluff", "made"), (".gitignore", "edited"), (".yamllint", "edited")]
)
def test_a_file_without_edits_or_kept_by_declaration_stays(
    product: Path, path: str, content: str
) -> None:
    moving(product, path, content, made="made")
    files.move_edited(product, path, "dataops/elsewhere")
    assert (product / path).read_text() == content
    assert not (product / "dataops/elsewhere").exists()


def test_a_taken_place_and_a_missing_file_are_left_alone(product: Path) -> None:
    moving(product, ".sqlfluff", "edited", made="made")
    (product / "dataops" / "taken").write_text("theirs")
    files.move_edited(product, ".sqlfluff", "dataops/taken")
    files.move_edited(product, "nowhere", "dataops/x")
    assert (product / ".sqlfluff").read_text() == "edited"
    assert (product / "dataops" / "taken").read_text() == "theirs"


def test_migrations_use_the_standard_library_only() -> None:
    for file in HOOKS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                assert top in sys.stdlib_module_names or top == "migrations", f"{file}: {name}"


def test_every_migration_has_its_file_and_every_file_its_migration() -> None:
    declared = {
        "v" + str(entry["version"]).lstrip("v").replace(".", "_")
        for entry in template.settings().get("_migrations", ())
    }
    assert declared == {file.stem for file in (HOOKS / "migrations").glob("v*_*.py")}


def test_an_update_that_crosses_keeps_the_answer_and_shows_the_edits(
    template_history: Path, tmp_path: Path
) -> None:
    """A renamed question keeps its answer; edits of a renamed file are a conflict, not a loss."""
    document: dict[str, object] = {"contact": "us@example.com"}
    team = run.born(template_history, tmp_path / "p", versions.FIRST, document, LIVES["fresh"])
    versions.append(team.root / ".sqlfluff", "# the team's own line")
    team.commit("an edit of a managed file")
    run.update(team.root, versions.EVERY[-1], trusted=True)
    assert said(team.root)["contact_email"] == "us@example.com"
    assert "contact" not in said(team.root)
    moved = (team.root / "dataops/sqlfluff.cfg").read_text("utf-8")
    assert "# the team's own line" in moved
    assert "# a new rule" in moved
    assert not (team.root / ".sqlfluff").exists()
