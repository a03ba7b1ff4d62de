"""A product's life on its host, one run after another, with the pipelines as they are written."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

import harness
import planets
import runners
from runners import HostSettings, PipelineRun

NAMES = """\
        data_tests:
          - accepted_values:
              arguments:
                values: [Mercury, Venus, Earth, Mars]
"""


class Hosted:
    """A product whose repository is a bare one, and whose pipelines run beside it."""

    def __init__(self, home: Path, ci: str, installed: Path) -> None:
        self.home, self.runs = home, 0
        self.bare, self.installed = home / "product.git", installed
        self.root = harness.product(home / "product", {"ci": ci, "content": "empty"}).root
        harness.Product(self.root, harness.clean_environment()).run("uv", "lock", "--quiet")
        planets.add(self.root, planets.YAML + NAMES)
        harness.git(home, "init", "-q", "--bare", "-b", "main", str(self.bare))
        harness.git(self.root, "remote", "add", "origin", str(self.bare))

    def push(self, planet: str) -> str:
        """Push a commit in which the planet has this name; returns the commit."""
        (self.root / planets.MODEL).write_text(
            planets.SQL.replace("Mercury", planet), encoding="utf-8"
        )
        harness.git(self.root, "add", "-A")
        message = f"{planet}\n\nData-Change: planets"
        harness.git(self.root, "commit", "-q", "--no-verify", "-m", message)
        harness.git(self.root, "push", "-q", "origin", "HEAD:main")
        return harness.git(self.root, "rev-parse", "HEAD").strip()

    def folder(self) -> Path:
        self.runs += 1
        work = self.home / f"run-{self.runs}"
        work.mkdir()
        return work

    # ── What readers and people see ──────────────────────────────────────────────────────────

    def store(self, path: str) -> bytes:
        done = subprocess.run(
            ["git", "show", f"dataops-store:{path}"], cwd=self.bare, capture_output=True, check=True
        )
        return bytes(done.stdout)

    def current(self) -> str:
        """The release that readers see."""
        return self.store("current").decode().strip().rpartition("/")[2]

    def planet(self) -> str:
        """What readers read in it."""
        file = self.home / "read" / self.current() / "warehouse.duckdb"
        if not file.exists():
            file.parent.mkdir(parents=True)
            file.write_bytes(self.store(f"releases/{self.current()}/warehouse.duckdb"))
        with duckdb.connect(str(file), read_only=True) as connection:
            (result,) = connection.execute("select planet_name from marts.planets").fetchall()
        return str(result[0])

    def records(self) -> list[dict[str, object]]:
        """Every run, oldest first, and what was noticed between them; not who was told of it."""
        listed = harness.git(self.bare, "ls-tree", "--name-only", "dataops-store", "history/runs/")
        result = [dict(json.loads(self.store(name))) for name in sorted(listed.split())]
        return [record for record in result if record["command"] != "notify"]

    def outcomes(self) -> list[object]:
        """How every run ended, oldest first."""
        return [record["outcome"] for record in self.records()]


def github(
    hosted: Hosted, event: str = "push", settings: HostSettings | None = None
) -> PipelineRun:
    return runners.run_github(
        hosted.bare, hosted.folder(), event, "release.yml", hosted.installed, hosted=settings
    )


def allow_real_releases(hosted: Hosted, folder: Path) -> dict[str, str]:
    """Raw of one table; one setting makes releases real, once the team allows data in git."""
    with (hosted.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.dataops]\ndata-in-git = true\n")
    raw = folder / "raw" / "planets"
    raw.mkdir(parents=True)
    (raw / "1.csv").write_text("planet_id\n1\n", encoding="utf-8")
    return {"DATAOPS_RAW": str(raw.parent)}


def watch(hosted: Hosted, secrets: str) -> PipelineRun:
    settings = HostSettings(secrets={"DATAOPS_SECRETS": secrets})
    return runners.run_github(
        hosted.bare, hosted.folder(), "schedule", "deadline.yml", hosted.installed, hosted=settings
    )


@pytest.mark.slow
def test_github_deploys_rejects_and_falls_back(tmp_path: Path, installed: Path) -> None:
    hosted = Hosted(tmp_path, "github", installed)
    pages = tmp_path / "pages"

    # The first push deploys, as a rehearsal; Pages is off, and the run says how to switch it on.
    hosted.push("Mercury")
    first = github(hosted)
    released = {"check": "success", "release": "success", "site": "success"}
    assert first.jobs == released, first.log
    assert hosted.planet() == "Mercury"
    assert hosted.records()[-1]["trigger"] == "push"
    assert hosted.records()[-1]["kind"] == "rehearsal"
    assert "published" in first.summary
    assert "A rehearsal on the sample" in first.summary
    assert "For a release from raw, set DATAOPS_RAW to the folder" in first.summary
    assert "set Settings, Pages, Source to GitHub Actions" in first.log
    assert (first.site / "index.html").is_file()
    oldest = hosted.current()

    # What the data of production alone show is rejected and recorded; readers keep what they had;
    # the site is published all the same.
    real = allow_real_releases(hosted, tmp_path)
    hosted.push("{{ 'Pluto' if target.name == 'prod' else 'Mercury' }}")
    rejected = github(hosted, settings=HostSettings(pages=pages, variables=real))
    assert rejected.jobs == {**released, "release": "failure"}, rejected.log
    assert hosted.outcomes() == ["published", "rejected"]
    assert (hosted.current(), hosted.planet()) == (oldest, "Mercury")
    assert "accepted_values_planets" in rejected.summary
    assert f"keep `{oldest}`" in rejected.summary
    assert "rejected" in (pages / "index.html").read_text(encoding="utf-8")

    # The next good one is published.
    hosted.push("Venus")
    done = github(hosted, "schedule", HostSettings(variables=real))
    assert done.jobs == released
    assert hosted.planet() == "Venus"
    assert (hosted.records()[-1]["trigger"], hosted.records()[-1]["kind"]) == (
        "schedule",
        "release",
    )

    # Back to the one before, by hand: nothing is built, and no check is waited for.
    back = github(hosted, "workflow_dispatch", HostSettings(inputs={"what": "rollback", "to": ""}))
    assert back.jobs == {"release": "success", "site": "success"}, back.log
    assert (hosted.current(), hosted.planet()) == (oldest, "Mercury")
    assert hosted.records()[-1]["outcome"] == "rolled back"
    assert f"current is {oldest}" in back.summary


@pytest.mark.slow
@pytest.mark.gauntlet  # what decides is in the commands, whose own tests have each case
def test_github_never_goes_backwards(tmp_path: Path, installed: Path) -> None:
    hosted = Hosted(tmp_path, "github", installed)
    released = {"check": "success", "release": "success", "site": "success"}
    real = allow_real_releases(hosted, tmp_path)
    good = hosted.push("Venus")
    assert github(hosted, settings=HostSettings(variables=real)).jobs == released
    oldest = hosted.current()

    # A commit whose check fails is no attempt at a release, by the schedule neither.
    hosted.push("Pluto")
    unchecked = github(hosted, "schedule")
    assert unchecked.jobs == {"check": "failure"}, unchecked.log
    assert "accepted_values_planets" in unchecked.summary
    assert hosted.outcomes() == ["published"]
    assert hosted.current() == oldest

    # Two pushes at once, each with a run of its own and nothing that lets one wait: the newer wins.
    older = hosted.push("Earth")
    newer = hosted.push("Mars")
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(github, hosted, "push", HostSettings(commit=commit, variables=real))
            for commit in (older, newer)
        ]
        both = [run.result() for run in runs]
    assert [run.jobs["release"] for run in both] == ["success", "success"], both[0].log
    assert hosted.planet() == "Mars"
    # Where the older one published first, the newer one says so and starts again from it.
    lost = [record for record in hosted.records() if record["outcome"] == "failed"]
    assert all("Another release became current" in str(record["problem"]) for record in lost)
    assert set(hosted.outcomes()) <= {"published", "superseded", "failed"}
    newest = hosted.current()

    # A run that was started again for an old commit publishes nothing.
    stale = github(hosted, settings=HostSettings(commit=good, variables=real))
    assert stale.jobs == released, stale.log
    assert "A newer commit is current already" in stale.log
    assert "superseded" in stale.summary
    assert hosted.current() == newest

    # The deadline is met; two days later nothing has come, and the job says so, and writes it down.
    assert watch(hosted, "").jobs == {"deadline": "success"}
    late = watch(hosted, f"DATAOPS_NOW={datetime.now(timezone.utc) + timedelta(days=2):%FT%TZ}")
    assert late.jobs == {"deadline": "failure"}, late.log
    assert hosted.outcomes()[-1] == "late"
    assert hosted.current() == newest


@pytest.mark.slow
@pytest.mark.gauntlet  # what its jobs call is what GitHub's call
def test_gitlab_deploys_rejects_and_falls_back(tmp_path: Path, installed: Path) -> None:
    hosted = Hosted(tmp_path, "gitlab", installed)

    def gitlab(*jobs: str, source: str = "push", **variables: str) -> PipelineRun:
        return runners.run_gitlab(
            hosted.bare, hosted.folder(), "main", source, hosted.installed, jobs, variables
        )

    hosted.push("Mercury")
    first = gitlab("release", "pages")
    assert first.jobs == {"release": "success", "pages": "success"}, first.log
    assert hosted.planet() == "Mercury"
    assert hosted.records()[-1]["trigger"] == "push"
    assert "rehearsal" in first.log
    assert (first.site / "index.html").is_file()
    oldest = hosted.current()

    hosted.push("Pluto")
    rejected = gitlab("release", "pages")
    assert rejected.jobs == {"release": "failure", "pages": "success"}, rejected.log
    assert (hosted.current(), hosted.planet()) == (oldest, "Mercury")
    assert "rejected" in (rejected.site / "index.html").read_text(encoding="utf-8")

    hosted.push("Venus")
    assert gitlab("release", source="schedule").jobs == {"release": "success"}
    assert hosted.planet() == "Venus"
    assert hosted.records()[-1]["trigger"] == "schedule"

    assert gitlab("rollback", TO="1").jobs == {"rollback": "success"}
    assert (hosted.current(), hosted.planet()) == (oldest, "Mercury")
    assert hosted.outcomes() == ["published", "rejected", "published", "rolled back"]
