"""The updater as it is written, run by the real runners against a forge on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import harness
import runners
from gauntlet import run, versions
from gauntlet.lives import LIVES, Team
from request_host import Host, request_host
from runners import HostSettings, PipelineRun

BRANCH = "template-update"
TOKEN = "token-of-the-team"


@dataclass
class Updated:
    """A product on its forge, made from a template that releases one version after the other."""

    host: Host
    team: Team
    template: Path
    home: Path
    installed: Path
    runs: list[PipelineRun] = field(default_factory=list)

    def released(self, version: str) -> None:
        """The template's next version is there."""
        harness.git(
            self.template, "fetch", "-q", "origin", f"refs/tags/{version}:refs/tags/{version}"
        )

    def push(self) -> None:
        self.team.commit("work")
        harness.git(self.team.root, "push", "-q", "origin", "main")

    def run(self, token: str = TOKEN) -> PipelineRun:
        """The scheduled pipeline."""
        work = self.home / f"run-{len(self.runs)}"
        work.mkdir()
        bare, installed = self.host.remote, self.installed
        if self.host.kind == "github":
            secrets = {"DATAOPS_UPDATE_TOKEN": token} if token else {}
            # act takes its actions from the server that it is told: so git alone is led here.
            led = work / "gitconfig"
            place = self.host.remote.parents[1].as_uri()
            led.write_text(f'[url "{place}/"]\n\tinsteadOf = https://github.com/\n', "utf-8")
            settings = HostSettings(secrets=secrets, environment={"GIT_CONFIG_GLOBAL": str(led)})
            done = runners.run_github(
                bare,
                work,
                "schedule",
                "update.yml",
                installed,
                api=self.host.url,
                hosted=settings,
            )
        else:
            variables = {**self.host.environment, "DATAOPS_UPDATE": "yes"}
            scoped = {"dataops/update": {"DATAOPS_UPDATE_TOKEN": token}} if token else {}
            done = runners.run_gitlab(
                bare, work, "main", "schedule", installed, variables=variables, scoped=scoped
            )
        assert TOKEN not in done.log
        self.runs.append(done)
        return done

    def commits(self) -> list[str]:
        """What the branch holds beside main."""
        return harness.git(self.host.remote, "log", "--format=%s", f"main..{BRANCH}").splitlines()


@contextmanager
def updated(kind: str, history: Path, home: Path, installed: Path) -> Iterator[Updated]:
    template = home / "template"
    harness.git(home, "clone", "-q", "--no-tags", str(history), str(template))
    remote = home / "remote" / "team" / "product.git"
    harness.git(home, "init", "-q", "--bare", "-b", "main", str(remote))
    harness.git(template, "fetch", "-q", "origin", "refs/tags/v1.0.0:refs/tags/v1.0.0")
    answers: dict[str, object] = {"ci": kind, "content": "empty"}
    team = run.born(template, home / "product", versions.FIRST, answers, LIVES["fresh"])
    harness.Product(team.root, harness.clean_environment()).run("uv", "lock", "--quiet")
    # The hooks put this right once they run: it is no line of the template's.
    team.write("notes.md", "ours   \n")
    harness.git(team.root, "remote", "add", "origin", str(remote))
    with request_host(kind, remote) as host:
        this = Updated(host, team, template, home, installed)
        this.push()
        yield this


def opened(this: Updated) -> None:
    """One request, clean, of two commits, checked."""
    this.released("v1.0.1")
    assert set(this.run().jobs.values()) == {"success"}, this.runs[-1].log
    (request,) = this.host.requests
    assert request["title"] == "Update the template to v1.0.1"
    assert not request.get("draft")
    assert this.host.tokens == {f"Bearer {TOKEN}"}
    assert this.commits() == ["Format", "Update the template to v1.0.1"]
    changed = harness.git(this.host.remote, "show", "--format=", "--name-only", BRANCH)
    assert changed.split() == ["notes.md"]
    body = this.host.body()
    assert "From template v1.0.0 to v1.0.1." in body
    assert "managed files" in body, "what dataops check said is missing"
    assert "could not run" not in body
    assert "preview" not in this.runs[-1].log


def superseded(this: Updated) -> None:
    """A newer version takes the same request and the same branch over."""
    this.released("v1.1.0")
    assert set(this.run().jobs.values()) == {"success"}, this.runs[-1].log
    assert [output["title"] for output in this.host.requests] == ["Update the template to v1.1.0"]
    assert this.commits() == ["Format", "Update the template to v1.1.0"]
    assert "new question colour" in this.host.body()


def closed(this: Updated) -> None:
    """Nobody is asked twice."""
    this.host.requests[0]["state"] = "closed"
    done = this.run()
    assert set(done.jobs.values()) == {"success"}
    assert "was closed" in done.log
    assert len(this.host.requests) == 1


def in_conflict(this: Updated) -> None:
    """A draft, which lists the files and the recipe."""
    this.released("v1.1.0")
    this.host.requests.clear()
    versions.append(this.team.root / ".sqlfluff", "# our own line")
    this.push()
    # Somebody has to decide: the job is red too.
    assert this.run().jobs == {"update": "failure", "request": "success"}, this.runs[-1].log
    (request,) = this.host.requests
    assert request.get("draft") or request["title"].startswith("Draft: ")
    assert "conflict in .sqlfluff" in this.host.body()
    assert "git switch template-update" in this.host.body()
    assert this.commits() == ["Update the template to v1.1.0"]


def without_the_right(this: Updated) -> None:
    """It says which token it lacks, and opens nothing."""
    this.released("v1.0.1")
    done = this.run(token="")
    assert done.jobs == {"update": "success", "request": "failure"}, done.log
    assert "DATAOPS_UPDATE_TOKEN" in done.log
    assert this.host.requests == []
    assert harness.git(this.host.remote, "branch", "--list", BRANCH) == ""
    this.host.tokens.clear()


WHOLE_STORY = (without_the_right, opened, superseded, closed, in_conflict)


# What becomes of a request is tested in test_update_request.py on both forges, without pipelines.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "story"),
    [
        ("github", (opened, in_conflict)),
        pytest.param("gitlab", (without_the_right, opened), marks=pytest.mark.gauntlet),
        pytest.param("github", WHOLE_STORY, marks=pytest.mark.gauntlet),
        pytest.param("gitlab", WHOLE_STORY[:-1], marks=pytest.mark.gauntlet),
    ],
)
def test_the_updater_opens_one_request_and_keeps_it(
    template_history: Path,
    tmp_path: Path,
    installed: Path,
    kind: str,
    story: tuple[Callable[[Updated], None], ...],
) -> None:
    with updated(kind, template_history, tmp_path, installed) as this:
        for part in story:
            part(this)
