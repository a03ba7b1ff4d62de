"""One pull request an update, on a forge of the test's own; a newer version takes it over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import harness
from first_light.commands import update_request
from first_light.commands.open_request import open_request
from first_light.commands.proposal import BRANCH, FOLDER
from first_light.commands.update_request import prepare
from first_light.forge.pipeline import find_forge
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from gauntlet import run, versions
from gauntlet.lives import LIVES, Team
from request_host import Host, request_host


@pytest.fixture(params=["github", "gitlab"])
def host(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Host]:
    remote = tmp_path / "remote" / "team" / "product.git"
    harness.git(tmp_path, "init", "-q", "--bare", "-b", "main", str(remote))
    for name, value in harness.clean_environment().items():
        if name.startswith("GIT_"):
            monkeypatch.setenv(name, value)
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    # What they do is tested elsewhere; here it would take a minute.
    monkeypatch.setattr(update_request, "_check", lambda _: "## check passed")
    monkeypatch.setattr(update_request, "_format", lambda _: False)
    with request_host(request.param, remote) as this:
        for name, value in {
            **this.environment,
            "DATAOPS_UPDATE_TOKEN": "token-of-the-test",
        }.items():
            monkeypatch.setenv(name, value)
        yield this


@pytest.fixture
def team(template_history: Path, tmp_path: Path) -> Team:
    return run.born(template_history, tmp_path / "p", versions.FIRST, {}, LIVES["fresh"])


def ask(team: Team, version: str) -> list[str]:
    output: list[str] = []
    # As in the first job, which has no token.
    with pytest.MonkeyPatch.context() as first_job:
        for name in ("DATAOPS_UPDATE_TOKEN", "GITHUB_TOKEN"):
            first_job.delenv(name, raising=False)
        prepare(Product(team.root), lambda _: None, to=version)
    open_request(team.root, find_forge(), output.append)
    assert harness.git(team.root, "branch", "--show-current").strip() == "main"
    assert harness.git(team.root, "status", "--porcelain") == ""
    return output


@pytest.mark.parametrize(
    "host", ["github", "gitlab", pytest.param("gitea", marks=pytest.mark.gauntlet)], indirect=True
)
def test_one_request_that_a_newer_version_takes_over_and_a_closed_one_ends(
    host: Host, team: Team
) -> None:
    assert "opened" in ask(team, "v1.0.1")[0]
    (opened,) = host.requests
    assert opened["title"] == "Update the template to v1.0.1"
    assert not opened.get("draft")
    assert "## check passed" in host.body()
    assert "`.github/pull_request_template.md`" in host.body()
    # The version changes a workflow of GitHub's.
    warned = host.body().startswith("**This update changes pipelines")
    assert warned == (host.kind != "gitlab")
    assert host.tokens == {"Bearer token-of-the-test"}

    # A newer version: the same request, the same branch, one commit on main's.
    assert "renewed" in ask(team, "v1.1.0")[0]
    assert [output["title"] for output in host.requests] == ["Update the template to v1.1.0"]
    assert "new question colour" in host.body()
    log = harness.git(host.remote, "log", "--format=%s", BRANCH).splitlines()
    assert log[0] == "Update the template to v1.1.0"
    assert "Update the template to v1.0.1" not in log

    # Closed without a merge: nobody is asked twice.
    host.requests[0]["state"] = "closed"
    assert "was closed" in ask(team, "v1.1.0")[0]
    assert len(host.requests) == 1


def test_a_conflict_is_a_draft_with_the_recipe(host: Host, team: Team) -> None:
    versions.append(team.root / ".sqlfluff", "# our own line")
    team.commit("an edit of a managed file")
    ask(team, "v1.0.1")
    (opened,) = host.requests
    assert opened.get("draft") or opened["title"].startswith("Draft: ")
    assert "conflict in .sqlfluff" in host.body()
    assert "git switch template-update" in host.body()
    assert "check passed" not in host.body()


# Git alone decides it, whatever the forge.
@pytest.mark.parametrize(
    "host", ["github", pytest.param("gitlab", marks=pytest.mark.gauntlet)], indirect=True
)
def test_commits_by_hand_on_the_branch_are_not_pushed_over(
    host: Host, team: Team, tmp_path: Path
) -> None:
    ask(team, "v1.0.1")
    clone = tmp_path / "clone"
    harness.git(tmp_path, "clone", "-q", "-b", BRANCH, str(host.remote), str(clone))
    (clone / "fixed.txt").write_text("by hand\n")
    harness.git(clone, "add", "-A")
    harness.git(clone, "commit", "-q", "-m", "Fix conflicts")
    harness.git(clone, "push", "-q", "origin", BRANCH)
    (output,) = ask(team, "v1.1.0")
    assert "Fix conflicts" in output
    assert "fixed.txt" in harness.git(host.remote, "ls-tree", "--name-only", BRANCH)


def test_a_token_without_the_right_says_which(host: Host, team: Team) -> None:
    host.reject = True
    with pytest.raises(DataopsError, match="403") as raised:
        ask(team, "v1.0.1")
    assert "DATAOPS_UPDATE_TOKEN" in raised.value.fix
    assert "token-of-the-test" not in str(raised.value)
    assert harness.git(team.root, "branch", "--show-current").strip() == "main"
    assert harness.git(team.root, "status", "--porcelain") == ""


def test_without_a_token_or_a_pipeline_it_says_so() -> None:
    with pytest.raises(DataopsError, match="this is not one"):
        find_forge({})
    with pytest.raises(DataopsError, match="no token for GitLab"):
        find_forge({"CI_PROJECT_ID": "7"})
    with pytest.raises(DataopsError, match="no token for Gitea"):
        find_forge({"GITHUB_REPOSITORY": "a/b", "GITEA_ACTIONS": "true"})
    assert "secret-token" not in repr(
        find_forge({"GITHUB_REPOSITORY": "a/b", "GITHUB_TOKEN": "secret-token"})
    )


@pytest.mark.parametrize("host", ["github"], indirect=True)
def test_githubs_own_token_may_not_push_workflows(
    host: Host, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATAOPS_UPDATE_TOKEN")
    monkeypatch.setenv("GITHUB_TOKEN", "the-pipelines-own")
    with pytest.raises(DataopsError, match="workflows") as raised:
        ask(team, "v1.0.1")
    assert ".github/workflows/check.yml" in raised.value.where
    assert host.requests == []


def test_what_runs_the_update_must_not_hold_a_token(host: Host, team: Team) -> None:
    with pytest.raises(DataopsError, match="must not have a token") as raised:
        prepare(Product(team.root), lambda _: None, to="v1.0.1")
    assert raised.value.where == "DATAOPS_UPDATE_TOKEN"
    assert not (team.root / FOLDER).exists()
