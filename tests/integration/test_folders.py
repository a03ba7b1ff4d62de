"""A product in a folder of a larger repository, whose default branch is not main."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import harness
from first_light.commands.comment import MARKER, marker
from first_light.commands.configure import configure
from first_light.commands.update import update
from first_light.forge import repository_files
from first_light.history.facts import git_facts, uncommitted
from first_light.hooks import team
from first_light.impact.base import _check_out
from first_light.impact.change import Change, find_change
from first_light.project import default_branch
from first_light.project.hook_install import install_hooks
from first_light.project.hook_run import HookRun
from first_light.project.product import Product
from first_light.store.locate import store_of
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, PASSED
from gauntlet.lives import LIVES
from gauntlet.run import born
from gauntlet.versions import FIRST
from harness import git

FOLDER = "services/sales"


def quiet(_: str) -> None:
    """Nobody looks."""


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a product's folder and another one, on trunk."""
    monkeypatch.setenv("DATAOPS_COPIER", f"{sys.executable} -m copier")
    git(tmp_path, "init", "-q", "-b", "trunk")
    harness.render(tmp_path / FOLDER, {"content": "empty", "branch": "trunk"})
    (tmp_path / "other").mkdir()
    (tmp_path / "other/page.md").write_text("one\n", encoding="utf-8")
    repository_files.write(Product(tmp_path / FOLDER))
    commit(tmp_path, "Begin")
    return tmp_path


def commit(top: Path, message: str) -> str:
    git(top, "add", "-A")
    git(top, "commit", "-q", "--no-verify", "-m", message)
    return git(top, "rev-parse", "HEAD").strip()


def test_commits_and_changes_of_other_folders_are_not_the_products(top: Path) -> None:
    product = Product(top / FOLDER)
    begin = git_facts(product, "").commit
    (top / "other/page.md").write_text("two\n", encoding="utf-8")
    commit(top, "Elsewhere")
    facts = git_facts(product, begin)
    assert (facts.commit, facts.commits, facts.commits_total) == (begin, (), 0)
    git(top, "checkout", "-q", "-b", "change")
    (top / "other/page.md").write_text("three\n", encoding="utf-8")
    (product.root / "models/new.sql").write_text("select 1 as one\n", encoding="utf-8")
    own = commit(top, "Both")
    facts = git_facts(product, begin)
    assert [fact.commit for fact in facts.commits] == [own]
    (product.root / "models/newer.sql").write_text("select 2 as two\n", encoding="utf-8")
    (top / "other/draft.md").write_text("four\n", encoding="utf-8")
    assert uncommitted(product) == ["models/newer.sql"]
    change = find_change(product, None)
    assert isinstance(change, Change)
    assert change.ref == "trunk"
    assert change.files == {"models/new.sql", "models/newer.sql"}
    tree = product.target / "base/tree"
    _check_out(product, begin, tree)
    assert (tree / "dbt_project.yml").read_bytes() == (
        product.root / "dbt_project.yml"
    ).read_bytes()
    assert not (tree / "models/new.sql").exists()
    assert not (tree / "services").exists()


def test_names_that_products_would_share_are_their_own(
    top: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = tmp_path_factory.mktemp("remote")
    git(remote, "init", "-q", "--bare")
    git(top, "remote", "add", "origin", str(remote))
    monkeypatch.setenv("DATAOPS_STORE", "branch")
    product = Product(top / FOLDER)
    assert "dataops-store-services-sales" in store_of(product).place
    assert marker(product.root) == "<!-- dataops check of services-sales -->"
    assert marker(top) == MARKER


def test_pipelines_at_the_top_follow_those_of_the_product(top: Path) -> None:
    product = Product(top / FOLDER)
    checked = repository_files.step(product)
    assert checked is not None
    assert checked.verdict == PASSED
    release = yaml.safe_load((top / ".github/workflows/services-sales-release.yml").read_text())
    assert release[True]["push"] == {
        "branches": ["trunk"],
        "paths": [f"{FOLDER}/**", ".github/workflows/services-sales-release.yml"],
    }
    assert release["defaults"]["run"]["working-directory"] == FOLDER
    assert release["jobs"]["check"]["uses"] == "./.github/workflows/services-sales-check.yml"
    assert release["jobs"]["release"]["concurrency"]["group"] == "services-sales-release"
    assert release["env"]["DATAOPS_STORE"] == "${{ vars.DATAOPS_STORE_SERVICES_SALES }}"
    lint = [Path(sys.executable).with_name("actionlint"), *(top / ".github/workflows").iterdir()]
    linted = subprocess.run(lint, cwd=top, capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout

    own = product.root / ".github/workflows/nightly.yml"
    own.write_text("on: {push: }\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n", "utf-8")
    checked = repository_files.step(product)
    assert checked is not None
    assert checked.verdict == FAILED
    assert ".github/workflows/services-sales-nightly.yml" in checked.details[0]
    repository_files.write(product)
    assert (top / ".github/workflows/services-sales-nightly.yml").is_file()
    own.unlink()
    repository_files.write(product)
    assert not (top / ".github/workflows/services-sales-nightly.yml").exists()
    own.write_text("- no workflow\n", encoding="utf-8")
    with pytest.raises(DataopsError, match="pipeline"):
        repository_files.write(product)


def test_another_schedule_and_another_ci_change_the_pipelines_at_the_top(
    top: Path,
) -> None:
    product = Product(top / FOLDER)
    (top / "other/draft.md").write_text("not committed\n", encoding="utf-8")
    changed = configure(product, {"deadline": "09:30"}, quiet).changed
    assert "../../.github/workflows/services-sales-release.yml" in changed
    assert "15 8 * * *" in (top / ".github/workflows/services-sales-release.yml").read_text()
    commit(top, "Later")
    configure(Product(product.root), {"ci": "gitlab"}, quiet)
    assert not list((top / ".github/workflows").glob("services-sales-*"))
    jobs = yaml.safe_load((top / ".gitlab/products/services-sales.yml").read_text())
    release = jobs["services/sales:release"]
    assert release["needs"] == [{"job": "services/sales:check", "artifacts": False}]
    assert release["resource_group"] == "services-sales-release"
    assert jobs["services/sales:check"]["before_script"][0] == "cd 'services/sales'"
    assert all(
        rule.get("when") == "never" or f"{FOLDER}/**/*" in rule["changes"]
        for job in jobs.values()
        for rule in job.get("rules", ())
    )
    included = yaml.safe_load((top / ".gitlab-ci.yml").read_text())["include"]
    assert included == [{"local": ".gitlab/products/*.yml"}]
    checked = repository_files.step(Product(product.root))
    assert checked is not None
    assert checked.verdict == PASSED


def test_an_update_changes_the_folder_and_the_top_only(
    template_history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAOPS_COPIER", f"{sys.executable} -m copier")
    git(tmp_path, "init", "-q", "-b", "trunk")
    team_ = born(template_history, tmp_path / FOLDER, FIRST, {"content": "empty"}, LIVES["fresh"])
    inner = team_.root / ".git"
    if inner.exists():
        subprocess.run(["rm", "-r", str(inner)], check=True)
    (tmp_path / "page.md").write_text("one\n", encoding="utf-8")
    commit(tmp_path, "Begin")
    result = update(Product(team_.root), quiet, trust=True)
    assert result.clean
    assert result.anything
    paths = {line[3:] for line in git(tmp_path, "status", "--porcelain", "-uall").splitlines()}
    assert f"{FOLDER}/.copier-answers.yml" in paths
    assert ".github/workflows/services-sales-check.yml" in paths
    assert all(
        path.startswith((f"{FOLDER}/", ".github/workflows/services-sales-")) for path in paths
    )
    written = {change.path for change in result.changes if change.why.startswith("written from")}
    assert "../../.github/workflows/services-sales-check.yml" in written
    commit(tmp_path, "Update")
    assert not update(Product(team_.root), quiet).anything


def test_a_template_that_has_moved_is_followed_by_one_command(
    top: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    product = Product(top / FOLDER)
    moved = tmp_path_factory.mktemp("moved") / "template.git"
    git(top, "clone", "-q", "--bare", str(harness.template_repository()), str(moved))
    before = product.answers["_commit"]
    result = update(product, quiet, to=before, template=str(moved))
    answers = Product(product.root).answers
    assert (answers["_src_path"], answers["_commit"]) == (str(moved), before)
    assert moved.as_uri() in (product.root / "dataops/pyproject.toml").read_text()
    assert {change.path for change in result.changes} >= {
        ".copier-answers.yml",
        "dataops/pyproject.toml",
    }
    assert result.clean
    commit(top, "Move")
    empty = tmp_path_factory.mktemp("empty")
    git(empty, "init", "-q")
    git(empty, "commit", "-q", "--allow-empty", "-m", "Another repository")
    with pytest.raises(DataopsError):
        update(Product(product.root), quiet, template=str(empty))
    assert git(top, "status", "--porcelain") == ""
    assert Product(product.root).answers["_src_path"] == str(moved)


def test_hooks_run_in_the_folder_at_a_commit_and_in_a_check(top: Path) -> None:
    product = Product(top / FOLDER)
    entry = "trailing-whitespace-fixer --"
    hook = {"id": "white", "name": "white", "entry": entry, "language": "system"}
    hooks: Any = {"repos": [{"repo": "local", "hooks": [{**hook, "files": r"^models/[^a]"}]}]}
    (product.root / ".pre-commit-config.yaml").write_text(yaml.safe_dump(hooks), encoding="utf-8")
    hooks["repos"][0]["hooks"][0]["files"] = "^macros/"
    (product.root / team.TEAM_HOOKS).write_text(yaml.safe_dump(hooks), encoding="utf-8")
    for name in ("models/b.sql", "models/a.sql", "macros/c.sql"):
        (product.root / name).parent.mkdir(exist_ok=True)
        (product.root / name).write_text("select 1 \n", encoding="utf-8")
    (result,) = HookRun(product.root).wait()
    assert result.status == "Failed"
    assert "Fixing models/b.sql" in result.output
    assert (product.root / "models/a.sql").read_text() == "select 1 \n"
    ran = subprocess.run(
        [sys.executable, "-m", "first_light.hooks.team", "macros/c.sql", "models/a.sql"],
        cwd=product.root, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "Fixing macros/c.sql" in ran.stdout

    old = top / ".git/hooks/pre-commit"
    old.write_text("#!/bin/sh\necho the old hook\n", encoding="utf-8")
    old.chmod(0o755)
    install_hooks(product)
    (product.root / "models/b.sql").write_text("select 2 \n", encoding="utf-8")
    git(top, "add", "-A")
    environment = harness.clean_environment()
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    committed = subprocess.run(
        ["git", "commit", "-qm", "bad style"],
        cwd=product.root, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert committed.returncode != 0
    assert "Fixing models/b.sql" in committed.stdout + committed.stderr
    assert "the old hook" in committed.stdout + committed.stderr


def test_the_remotes_default_branch_is_compared_with_the_one_that_is_released(
    top: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    product = Product(top / FOLDER)
    assert default_branch.default_branch(product) == "trunk"
    clone = tmp_path_factory.mktemp("clone")
    git(top, "branch", "develop")
    git(top, "symbolic-ref", "HEAD", "refs/heads/develop")
    git(clone, "clone", "-q", str(top), ".")
    cloned = Product(clone / FOLDER)
    warned = repository_files.branch_step(cloned)
    assert warned is not None
    assert warned.repeat == "uv run dataops configure --branch develop"
    git(clone, "checkout", "-q", "--orphan", "not-committed-yet")
    assert repository_files.branch_step(cloned) is None
    git(clone, "checkout", "-q", "develop")
    git(clone, "remote", "set-head", "origin", "trunk")
    assert repository_files.branch_step(cloned) is None


def test_gits_own_words_are_shown_for_a_folder_of_another_owner(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(DataopsError, match="dubious ownership") as error:
        _ = Product(top / FOLDER).in_git
    assert error.value.fix.startswith("git config --global --add safe.directory ")
