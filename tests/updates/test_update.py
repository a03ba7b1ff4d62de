"""`copier update` brings the template's changes and keeps every line of the team."""

from __future__ import annotations

import shutil
from pathlib import Path

import copier
import pytest
import yaml

import harness
from gauntlet.run import conflicts
from gauntlet.versions import append, release, working_tree
from tools.release.template import MANAGED, ownership


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """The working tree as a repository of its own, released as v1.0.0."""
    repository = working_tree(tmp_path / "template-repository")
    release(repository, "v1.0.0")
    return repository


def render(template: Path, into: Path, version: str) -> Path:
    copier.run_copy(
        str(template),
        into,
        data={"product_name": "Team product"},
        defaults=True,
        quiet=True,
        vcs_ref=version,
    )
    return into


def update(product: Path) -> None:
    copier.run_update(product, defaults=True, overwrite=True, quiet=True, unsafe=False)


def managed(root: Path) -> dict[str, bytes]:
    """The managed files, without the answers file, which names its version."""
    ours = ownership()
    return {
        path: content
        for path, content in harness.tree(root, ".").items()
        if path != ".copier-answers.yml" and ours.classes(path) == (MANAGED,)
    }


def test_an_update_keeps_the_teams_lines_and_renews_the_managed_files(
    template: Path, tmp_path: Path
) -> None:
    product = render(template, tmp_path / "product", "v1.0.0")
    harness.git(product, "init", "-q", "-b", "main")
    harness.git(product, "add", "-A")
    harness.git(product, "commit", "-q", "-m", "first")

    # The team lives in it: edits owned files, adds some, deletes some, overrides the linter.
    append(product / "README.md", "Our own line in the README.")
    append(product / "dbt_project.yml", "vars:", "  our_var: 1")
    append(product / "models" / "_groups.yml", "# our line")
    (product / "models" / "marts" / ".sqlfluff").write_text("[sqlfluff]\nmax_line_length = 120\n")
    (product / "team").mkdir()
    (product / "team" / "notes.md").write_text("ours\n")
    shutil.rmtree(product / "docs")
    (product / "models" / "marts" / "customers.sql").unlink()
    harness.git(product, "add", "-A")
    harness.git(product, "commit", "-q", "-m", "a year of work")

    # The template moves on: managed and owned files change, one comes and one goes.
    append(template / "template" / ".sqlfluff.jinja", "# a new rule")
    append(template / "template" / "dbt_project.yml.jinja", "# a better default")
    append(template / "template" / "models/marts/customers.sql", "-- changed in the template")
    (template / "template" / "dataops/NEW.md").write_text("new\n")
    (template / "template" / ".yamllint").unlink()
    release(template, "v1.1.0")

    update(product)

    assert conflicts(product) == []
    assert "Our own line in the README." in (product / "README.md").read_text("utf-8")
    assert "our_var: 1" in (product / "dbt_project.yml").read_text("utf-8")
    assert "a better default" not in (product / "dbt_project.yml").read_text("utf-8")
    assert "# our line" in (product / "models/_groups.yml").read_text("utf-8")
    assert (product / "models/marts/.sqlfluff").exists()
    assert (product / "team/notes.md").read_text() == "ours\n"
    assert not (product / "docs").exists()
    assert not (product / "models/marts/customers.sql").exists()
    assert managed(product) == managed(render(template, tmp_path / "fresh", "v1.1.0"))
    answers = yaml.safe_load((product / ".copier-answers.yml").read_text("utf-8"))
    assert answers["_commit"] == "v1.1.0"
    assert answers["product_name"] == "Team product"

    harness.git(product, "add", "-A")
    harness.git(product, "commit", "-q", "-m", "updated")
    update(product)
    assert harness.git(product, "status", "--porcelain") == ""


def test_an_edit_of_a_managed_file_is_not_lost_in_silence(template: Path, tmp_path: Path) -> None:
    """The line stays or is shown as a conflict; it never just disappears."""
    product = render(template, tmp_path / "product", "v1.0.0")
    harness.git(product, "init", "-q", "-b", "main")
    append(product / ".sqlfluff", "# the team's own line")
    harness.git(product, "add", "-A")
    harness.git(product, "commit", "-q", "-m", "first")
    append(template / "template" / ".sqlfluff.jinja", "# a new rule")
    release(template, "v1.1.0")
    update(product)
    assert "# the team's own line" in (product / ".sqlfluff").read_text("utf-8")
    assert "# a new rule" in (product / ".sqlfluff").read_text("utf-8")
    assert ".sqlfluff" in conflicts(product)
