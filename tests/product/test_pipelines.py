"""The pipelines of a product: linted, and run as they are written with real runners."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

import harness
import planets
import runners
from comment_host import CommentHost, comment_host
from first_light.commands.comment import MARKER
from first_light.forge import top_pipelines
from pipeline_lint import lint_github, lint_gitlab
from runners import PipelineRun
from tools.release import pins

CHECKOUT = pins.pinned()["actions/checkout"]
GITHUB = harness.TEMPLATE / "template" / ".github" / "workflows" / "check.yml"
GITLAB = harness.TEMPLATE / "template" / ".gitlab-ci.yml"

Hosted = Callable[[str, str], Path]
Run = Callable[[str, Path, Path], PipelineRun]


@pytest.fixture(scope="session")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Hosted:
    """The bare repository of a product with the given answers; made once, never pushed to."""
    made: dict[tuple[str, str], Path] = {}

    def host(ci: str, content: str) -> Path:
        if (ci, content) not in made:
            home = tmp_path_factory.mktemp(f"{ci}-{content}")
            product = harness.product(home / "product", {"ci": ci, "content": content})
            # The shared lock names another product.
            product.run("uv", "lock", "--quiet")
            if content == "empty":
                planets.add(product.root)
            product.commit("First light")
            bare = home / "product.git"
            harness.git(home, "clone", "-q", "--bare", str(product.root), str(bare))
            made[ci, content] = bare
        return made[ci, content]

    return host


def propose(bare: Path, work: Path, edit: Callable[[Path], None]) -> Path:
    """A repository like `bare` in which somebody has proposed an edit."""
    copy = work / "product.git"
    harness.git(work, "clone", "-q", "--mirror", str(bare), str(copy))
    change = runners.clone(copy, work / "change")
    edit(change)
    harness.git(change, "add", "-A")
    harness.git(change, "commit", "-q", "-m", "Change")
    runners.propose(copy, change)
    return copy


@pytest.fixture(scope="session")
def run(installed: Path) -> Run:
    """Run the pipeline of the proposed change; all such runs install into one environment."""

    def run(runner: str, bare: Path, work: Path) -> PipelineRun:
        work.mkdir()
        if runner == "github":
            return runners.run_github(bare, work, installed=installed)
        return runners.run_gitlab(bare, work, installed=installed)

    return run


# ── Green ────────────────────────────────────────────────────────────────────────────────────────


def add_a_page(product: Path) -> None:
    (product / "docs").mkdir(exist_ok=True)
    (product / "docs" / "notes.md").write_text("# Notes\n")


def add_steps_of_their_own(product: Path) -> None:
    """The extension point of the managed workflow, which calls it where it is there."""
    action = product / ".github" / "actions" / "team" / "action.yml"
    action.parent.mkdir(parents=True)
    action.write_text(TEAM_ACTION, encoding="utf-8")


TEAM_ACTION = """\
name: team
description: Steps of our own.
runs:
  using: composite
  steps:
    - run: test -f dbt_project.yml && echo "ours, beside the managed ones"
      shell: bash
"""


# The empty product, which the red runs break, is green in test_package_sources.py in every run.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("event", "content"),
    [
        ("pull_request", "example"),
        pytest.param("merge_group", "empty", marks=pytest.mark.gauntlet),
    ],
)
def test_github_checks_a_clone(hosted: Hosted, tmp_path: Path, event: str, content: str) -> None:
    bare = propose(hosted("github", content), tmp_path, add_steps_of_their_own)
    (tmp_path / "run").mkdir()
    done = runners.run_github(bare, tmp_path / "run", event)
    assert ("ours, beside the managed ones" in done.log) == (event == "pull_request")
    comment = {} if event == "merge_group" else {"comment": "success"}
    assert done.jobs == {"check": "success", **comment}, done.log
    assert done.summary == (done.artifact / "report.md").read_text(encoding="utf-8")
    assert_green(done, event == "pull_request")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("branch", "source", "content"),
    [
        pytest.param("change", "merge_request_event", "example", marks=pytest.mark.gauntlet),
        pytest.param("main", "push", "empty", marks=pytest.mark.gauntlet),
    ],
)
def test_gitlab_checks_a_clone(
    hosted: Hosted, tmp_path: Path, branch: str, source: str, content: str
) -> None:
    bare = propose(hosted("gitlab", content), tmp_path, add_a_page)
    (tmp_path / "run").mkdir()
    done = runners.run_gitlab(bare, tmp_path / "run", branch, source, jobs=("check",))
    assert done.jobs == {"check": "success"}, done.log
    assert_green(done, branch == "change")


def assert_green(done: PipelineRun, is_change: bool) -> None:
    """The report says what was built, the log too, and a change has the page of its impact."""
    assert done.failed() == []
    report = (done.artifact / "report.md").read_text(encoding="utf-8")
    assert re.search(r"^\| dbt build on the sample \| . passed \|.* [1-9]\d* model", report, re.M)
    assert "check passed" in done.log
    page = done.artifact / "impact.html"
    assert page.is_file() == is_change
    assert not is_change or "<html" in page.read_text(encoding="utf-8")


def jobs(runner: str, check: str) -> dict[str, str]:
    """The jobs of a change and how they end; GitLab comments only where it is given a token."""
    return {"check": check, **({"comment": "success"} if runner == "github" else {})}


# ── Red ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Flaw:
    """Something wrong in a change.

    Attributes:
        file: the file that is written.
        text: what is written into it.
        step: the one step of the check that fails.
        says: what the log and the report must say.
    """

    file: str
    text: str
    step: str
    says: tuple[str, ...]


# Put together here, so that this file holds no secret itself.
SECRET = "AKIA" + "QWERTZUIOP123456"
FLAWS = {
    "bad SQL style": Flaw(
        planets.MODEL,
        planets.SQL.replace("select", "SELECT"),
        "SQL style",
        ("planets.sql", "[CP01]"),
    ),
    "failing data test": Flaw(
        planets.MODEL,
        planets.SQL + "union all\n" + planets.SQL.replace("Mercury", "Venus"),
        "dbt build on the sample",
        ("unique_planets_planet_id", "Got 1 result, configured to fail if != 0"),
    ),
    "broken contract": Flaw(
        planets.MODEL,
        planets.SQL.replace("cast(1 as bigint)", "cast(1 as varchar)"),
        "dbt build on the sample",
        ("planets", "This model has an enforced contract that failed", "planet_id"),
    ),
    "planted secret": Flaw(
        "docs/access.md",
        f"The key is {SECRET}.\n",
        "no secrets",
        ("AWS Access Key", "docs/access.md:1"),
    ),
    "missing description": Flaw(
        "models/marts/planets.yml",
        planets.YAML.replace("    description: One row a planet.\n", ""),
        "project rules",
        ("model planets has no description", "models/marts/planets.yml"),
    ),
}


# `dataops check` names each flaw in test_check.py. With every change, the run whose change is
# commented on is red on both hosts.
@pytest.mark.slow
@pytest.mark.gauntlet
@pytest.mark.parametrize("runner", ["github", "gitlab"])
@pytest.mark.parametrize("name", FLAWS)
def test_a_flaw_turns_the_run_red(
    hosted: Hosted, run: Run, tmp_path: Path, runner: str, name: str
) -> None:
    flaw = FLAWS[name]

    def plant(product: Path) -> None:
        (product / flaw.file).parent.mkdir(exist_ok=True)
        (product / flaw.file).write_text(flaw.text)

    bare = propose(hosted(runner, "empty"), tmp_path, plant)
    done = run(runner, bare, tmp_path / "run")
    assert done.jobs == jobs(runner, "failure"), done.log
    # What changes the data, or stops the build, is no surprise to the impact report either.
    assert [step for step in done.failed() if step != "impact"] == [flaw.step]
    report = (done.artifact / "report.md").read_text(encoding="utf-8")
    for output in flaw.says:
        assert output in done.log
        assert output in report
    assert f"check failed: {flaw.step}" in done.log
    assert SECRET not in done.log + report
    if runner == "github":
        assert done.summary == report


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["github", pytest.param("gitlab", marks=pytest.mark.gauntlet)])
def test_a_stale_lock_turns_the_run_red(
    hosted: Hosted, run: Run, tmp_path: Path, runner: str
) -> None:
    def add_a_dependency(product: Path) -> None:
        path = product / "pyproject.toml"
        changed = path.read_text(encoding="utf-8").replace('/dataops"]', '/dataops", "tabulate"]')
        path.write_text(changed, encoding="utf-8")

    done = run(
        runner, propose(hosted(runner, "empty"), tmp_path, add_a_dependency), tmp_path / "run"
    )
    assert done.jobs == jobs(runner, "failure"), done.log
    assert "lockfile" in done.log
    assert "uv lock" in done.log
    assert not (done.artifact / "report.json").exists()


# ── The comment ──────────────────────────────────────────────────────────────────────────────────


# What a fork's token may not do is in test_comment.py, without a pipeline.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("runner", "fork"),
    [
        ("github", False),
        ("gitlab", False),
        pytest.param("github", True, marks=pytest.mark.gauntlet),
    ],
)
def test_what_a_change_does_is_one_comment_and_a_fork_has_the_summary(
    hosted: Hosted, tmp_path: Path, installed: Path, runner: str, fork: bool
) -> None:
    def rename_mercury(product: Path) -> None:
        path = product / planets.MODEL
        path.write_text(planets.SQL.replace("Mercury", "Hermes"))

    bare = propose(hosted(runner, "empty"), tmp_path, rename_mercury)

    def go(work: Path, host: CommentHost) -> PipelineRun:
        work.mkdir()
        if runner == "github":
            return runners.run_github(bare, work, installed=installed, api=host.url)
        output = {"CI_MERGE_REQUEST_IID": "1", "CI_MERGE_REQUEST_PROJECT_ID": "3"}
        output |= {"CI_API_V4_URL": host.url, "DATAOPS_COMMENT_TOKEN": runners.TOKEN}
        return runners.run_gitlab(bare, work, installed=installed, variables=output)

    with comment_host() as host:
        host.people_say("A remark.", f"{MARKER}\nWhat the run before said.")
        done = go(tmp_path / "run", host)
        # The change is not declared, so the check fails; that is not for the comment to judge.
        assert done.jobs == {"check": "failure", "comment": "success"}, done.log
        assert done.failed() == ["impact"]
        assert "check failed: impact" in done.log
        remark, output = host.bodies
        assert remark == "A remark."
        assert output.startswith(f"{MARKER}\n## ❌ Check of")
        assert "Data-Change: planets -- WHY" in output
        assert "Mercury → Hermes" in output
        assert (done.artifact / "impact.md").read_text(encoding="utf-8") in output
        for name in ("impact.html", "impact.json"):
            assert (done.artifact / name).is_file()
        assert host.tokens == {f"Bearer {runners.TOKEN}"}

        if runner == "github":  # GitLab has no summary
            assert "Mercury → Hermes" in done.summary
        if not fork:
            return
        host.read_only = True
        done = go(tmp_path / "fork", host)
        assert done.jobs == {"check": "failure", "comment": "success"}, done.log
        assert "did not allow a comment to be written (403). A fork's token may only" in done.log
        assert host.bodies == [remark, output]
        assert "Mercury → Hermes" in done.summary


# ── What a team adds ─────────────────────────────────────────────────────────────────────────────


def test_gitlab_takes_the_teams_own_jobs(hosted: Hosted, tmp_path: Path) -> None:
    def add_a_job(product: Path) -> None:
        (product / ".gitlab" / "team.yml").write_text("greet:\n  script: [echo hello]\n")

    bare = propose(hosted("gitlab", "empty"), tmp_path, add_a_job)
    assert gitlab_jobs(bare, tmp_path, "change", "merge_request_event") == ["check", "greet"]
    assert gitlab_jobs(bare, tmp_path, "main", "push") == ["check", "pages", "release", "rollback"]


def test_gitlab_runs_one_pipeline_a_change(hosted: Hosted, tmp_path: Path) -> None:
    def show_the_workflow_rules(product: Path) -> None:
        # gitlab-ci-local evaluates the rules of jobs, not those of the workflow.
        pipeline = product / ".gitlab-ci.yml"
        rules = read(pipeline)["workflow"]["rules"]
        pipeline.write_text(yaml.safe_dump({"pipeline": {"script": ["true"], "rules": rules}}))

    bare = propose(hosted("gitlab", "empty"), tmp_path, show_the_workflow_rules)
    assert gitlab_jobs(bare, tmp_path, "change", "merge_request_event") == ["pipeline"]
    assert gitlab_jobs(bare, tmp_path, "change", "push") == []
    harness.git(tmp_path / "change", "push", "-q", "origin", "HEAD:main")
    assert gitlab_jobs(bare, tmp_path, "main", "push") == ["pipeline"]


def gitlab_jobs(bare: Path, work: Path, branch: str, source: str) -> list[str]:
    (work / f"{branch}-{source}").mkdir()
    return runners.gitlab_jobs(bare, work / f"{branch}-{source}", branch, source)


# ── What the runners do not enforce, read from the files ─────────────────────────────────────────


def read(path: Path) -> dict[str, Any]:
    """A YAML file; `on` is YAML 1.1's word for true."""
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in loaded.items()}


def test_github_limits() -> None:
    workflow = read(GITHUB)
    # Pushes to main are checked by the workflow that releases them.
    assert set(workflow["on"]) == {"pull_request", "merge_group", "workflow_call"}
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["cancel-in-progress"] is True
    assert "pull_request.number || github.run_id" in workflow["concurrency"]["group"]
    assert workflow["defaults"] == {"run": {"shell": "bash"}}
    # Only the job that comments may write, and it runs nothing but that.
    allowed = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    writes = {"contents": "read", "pull-requests": "write"}
    assert allowed == {"check": {"contents": "read"}, "comment": writes}
    comment = workflow["jobs"]["comment"]
    assert [step["run"] for step in comment["steps"] if "run" in step] == [
        "uv sync --frozen --only-install-package first-light",
        "uv run --no-sync python -I -m first_light.commands.comment",
    ]
    # What it installs and configures is the default branch's.
    assert comment["steps"][0]["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    assert "github.token" not in str(workflow["jobs"]["check"])
    assert comment["needs"] == "check"
    for job in workflow["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 60
        for step in job["steps"]:
            pinned = r"[\w-]+/[\w-]+@[0-9a-f]{40}|\./\.github/actions/team"
            assert re.fullmatch(pinned, step.get("uses", f"a/b@{'0' * 40}"))
    steps = {step["name"]: step for step in workflow["jobs"]["check"]["steps"]}
    assert steps["Check out"]["with"] == {"fetch-depth": 0, "persist-credentials": False}
    assert steps["Install uv"]["with"]["enable-cache"] is True


def test_limits_of_a_release_on_github(rendered: Mapping[str, Path]) -> None:
    folder = rendered["github"] / ".github" / "workflows"
    for name in ("release", "deadline"):
        workflow = read(folder / f"{name}.yml")
        assert workflow["permissions"] == {}
        limited = [workflow, *workflow["jobs"].values()]
        for part in limited:
            assert part.get("concurrency", {}).get("cancel-in-progress", False) is False
        for job in workflow["jobs"].values():
            if "uses" in job:
                continue
            assert set(job["permissions"]) <= {"contents", "issues", "pages", "id-token"}
            assert 0 < job["timeout-minutes"] <= 180
            # One command a step, and the shell decides nothing.
            for step in job["steps"]:
                assert not re.search(r"[;\n]|&&|\|\||^if ", step.get("run", "").strip())
                given = step.get("with", {})
                assert given.get("persist-credentials", False) is False
                assert given.get("enable-cache", False) is False
    release = read(folder / "release.yml")
    assert set(release["on"]) == {"push", "schedule", "workflow_dispatch"}
    assert release["on"]["push"] == {"branches": ["main"]}
    # One group for whatever starts it: nothing of the event in its name.
    assert release["jobs"]["release"]["concurrency"]["group"] == "release"
    # Whatever starts a release, it needs the check of the same commit, with what that asks for.
    check = release["jobs"]["check"]
    assert check["uses"] == "./.github/workflows/check.yml"
    assert check["if"] == "${{ inputs.what != 'rollback' }}"
    asked = [job["permissions"] for job in read(folder / "check.yml")["jobs"].values()]
    assert check["permissions"] == {right: value for part in asked for right, value in part.items()}
    assert "secrets" not in check
    assert release["jobs"]["release"]["needs"] == "check"
    waits = "(needs.check.result == 'success' || inputs.what == 'rollback')"
    assert waits in release["jobs"]["release"]["if"]
    # Secrets are the environment's, which a team limits to the default branch.
    branch = "github.ref_name == github.event.repository.default_branch"
    assert branch in release["jobs"]["release"]["if"]
    for name in ("release", "deadline", "update"):
        for job in read(folder / f"{name}.yml")["jobs"].values():
            assert ("secrets." in str(job)) == (job.get("environment") == "dataops")
    assert set(release["jobs"]["site"]["permissions"]) == {"pages", "id-token"}
    assert "pages" not in release["jobs"]["release"]["permissions"]
    checkout = release["jobs"]["release"]["steps"][0]["with"]
    assert checkout["fetch-depth"] == 0


def test_limits_of_a_release_on_gitlab(rendered: Mapping[str, Path]) -> None:
    jobs = read(rendered["gitlab"] / ".gitlab" / "release.yml")
    shared = jobs[".dataops"]
    check = read(GITLAB)["check"]
    assert shared["before_script"] == check["before_script"]
    assert shared["image"] == check["image"]
    assert shared["environment"] == {"name": "dataops/release", "action": "prepare"}
    for name in ("release", "rollback"):
        assert jobs[name]["resource_group"] == "release"
        assert jobs[name]["interruptible"] is False
    # It waits for the check of its commit, which every pipeline with a release has.
    assert jobs["release"]["needs"] == [{"job": "check", "artifacts": False}]
    assert check["rules"][0] == jobs["release"]["rules"][0]
    for name in ("release", "rollback", "pages", "deadline"):
        assert jobs[name]["extends"] == ".dataops"
        assert jobs[name]["timeout"]
        assert "environment" not in jobs[name]
        (command,) = jobs[name]["script"]
        assert command.startswith("uv run --no-sync dataops ")
    assert jobs["pages"]["artifacts"]["paths"] == ["public"]
    assert jobs["pages"]["script"][0].endswith(" --to public")


def test_both_release_with_the_same_commands(rendered: Mapping[str, Path]) -> None:
    folder = rendered["github"] / ".github" / "workflows"
    jobs = read(rendered["gitlab"] / ".gitlab" / "release.yml")
    steps = [
        *read(folder / "release.yml")["jobs"]["release"]["steps"],
        *read(folder / "deadline.yml")["jobs"]["deadline"]["steps"],
    ]
    there = {step["run"] for step in steps if "dataops" in step.get("run", "")}
    place = {jobs[name]["script"][0] for name in ("release", "rollback", "pages", "deadline")}
    assert {command.split(" --to ")[0] for command in there} == {
        command.split(" --to ")[0] for command in place
    }


@pytest.mark.parametrize(
    ("source", "said", "jobs"),
    [
        ("push", {}, ["check", "pages", "release", "rollback"]),
        ("schedule", {}, ["check", "pages", "release", "rollback"]),
        ("schedule", {"DATAOPS_DEADLINE": "yes"}, ["deadline"]),
        ("schedule", {"DATAOPS_UPDATE": "yes"}, ["request", "update"]),
    ],
)
def test_gitlab_schedules(
    hosted: Hosted, tmp_path: Path, source: str, said: dict[str, str], jobs: list[str]
) -> None:
    assert runners.gitlab_jobs(hosted("gitlab", "empty"), tmp_path, "main", source, said) == jobs


def test_every_pinned_action_says_its_version() -> None:
    workflows = [path.read_text(encoding="utf-8") for path in GITHUB.parent.iterdir()]
    lines = [line for text in workflows for line in text.splitlines()]
    used = [line for line in lines if "uses:" in line and "uses: ./" not in line]
    assert len(used) > len(workflows) > 1
    for line in used:
        assert re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_gitlab_limits() -> None:
    pipeline = read(GITLAB)
    job = pipeline["check"]
    assert job["interruptible"] is True
    assert pipeline["workflow"]["auto_cancel"] == {"on_new_commit": "interruptible"}
    assert job["timeout"]
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["expire_in"]
    assert pipeline["variables"]["GIT_DEPTH"] == "0"
    # GitLab keeps only what lies inside the project.
    assert not pipeline["variables"]["UV_CACHE_DIR"].startswith(("/", "~", ".."))
    tools, base = job["cache"]
    assert tools == {"key": {"files": ["uv.lock"]}, "paths": ["$UV_CACHE_DIR"]}
    assert base == {"key": "base-$CI_MERGE_REQUEST_DIFF_BASE_SHA", "paths": ["target/base"]}
    # No registry host: the runner's own settings say where images come from.
    assert job["image"] == "$PYTHON_IMAGE"
    assert re.fullmatch(r"[a-z]+:[0-9.]+", pipeline["variables"]["PYTHON_IMAGE"])
    comment = pipeline["comment"]
    assert comment["rules"] == [{"if": "$CI_MERGE_REQUEST_IID", "when": "always"}]
    assert comment["environment"] == {"name": "dataops/comment", "action": "prepare"}
    assert comment["script"] == ["uv run --no-sync python -I -m first_light.commands.comment"]
    assert comment["image"] == job["image"]
    assert comment["timeout"]


@pytest.mark.parametrize("folder", ["", "services/sales"])
@pytest.mark.parametrize(
    ("pipeline", "job", "artifact"),
    [(".gitlab-ci.yml", "comment", "check"), (".gitlab/update.yml", "request", "update")],
)
def test_a_gitlab_job_with_a_token_runs_nothing_of_the_other_job(
    rendered: Mapping[str, Path],
    tmp_path: Path,
    pipeline: str,
    job: str,
    artifact: str,
    folder: str,
) -> None:
    """An archive of artifacts can hold any file of the folder: git's settings, an environment."""
    bare, project = tmp_path / "product.git", tmp_path / "builds" / "product"
    harness.git(tmp_path, "init", "-q", "--bare", "-b", "main", str(bare))
    harness.git(tmp_path, "clone", "-q", str(bare), str(project))
    place = project / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / "uv.lock").write_text("of the default branch")
    harness.git(project, "add", "-A")
    harness.git(project, "commit", "-q", "-m", "First light")
    harness.git(project, "push", "-q", "origin", "HEAD:main")
    commit = harness.git(project, "rev-parse", "HEAD").strip()

    ran = tmp_path / "ran"
    hostile = (".git/hooks/post-checkout", ".git/monitor", f"{folder or '.'}/.venv/bin/python")
    for name in hostile:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\necho {name} >> {ran}\n")
        path.chmod(0o755)
    harness.git(project, "config", "core.fsmonitor", str(project / ".git/monitor"))
    (place / "uv.lock").write_text("of the other job")
    (place / "uv.toml").write_text("of the other job")
    (place / "target" / artifact).mkdir(parents=True)
    (place / "target" / artifact / "data").write_text("data of the other job\n")

    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("pip", "uv"):
        (tools / name).write_text(
            "#!/bin/sh\nset -e\necho $(pwd): $(cat uv.lock), $(ls -A)\n"
            f"if [ -e .venv ]; then .venv/bin/python; fi\ncat target/{artifact}/data\n"
        )
        (tools / name).chmod(0o755)
    path = rendered["gitlab"] / pipeline
    steps = read(path)[job]
    if folder:
        at_top = top_pipelines.gitlab_jobs(folder, {pipeline: path.read_text("utf-8")})
        steps = yaml.safe_load(at_top)[f"{folder}:{job}"]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(steps["before_script"] + steps["script"])],
        cwd=project,
        env={
            **harness.clean_environment(),
            "PATH": f"{tools}:{os.environ['PATH']}",
            "CI_REPOSITORY_URL": bare.as_uri(),
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": commit,
            "UV_VERSION": "1",
        },
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not ran.exists(), ran.read_text()
    places = re.findall(r"^(/.*): of the default branch, (?!.*uv\.toml)", done.stdout, re.MULTILINE)
    assert len(places) == done.stdout.count("data of the other job") == 3
    assert not any(Path(entered).is_relative_to(project) for entered in places)


def test_both_pipelines_run_the_same_commands_with_the_same_uv() -> None:
    job = read(GITHUB)["jobs"]["check"]
    pipeline = read(GITLAB)
    # A hosted runner starts its own PostgreSQL; GitLab brings one as a service.
    commands = [step["run"] for step in job["steps"] if step.get("run", "")[:3] == "uv "]
    before, script = pipeline["check"]["before_script"], pipeline["check"]["script"]
    assert before[0].startswith("pip install ")
    assert before[1:] + script == commands
    assert commands == ["uv sync --locked", "uv run --no-sync dataops check"]
    install = next(step for step in job["steps"] if step["name"] == "Install uv")
    assert install["with"]["version"] == pipeline["variables"]["UV_VERSION"]
    upload = next(step for step in job["steps"] if "upload-artifact" in step.get("uses", ""))
    assert upload["with"]["path"].split() == pipeline["check"]["artifacts"]["paths"]


def test_no_host_and_no_token_in_the_pipelines() -> None:
    given = r"\$\{\{ (github\.token|secrets\.\w+) \}\}( #.*)?|id-token: write"
    for folder in (GITHUB.parents[1], GITLAB.parent / ".gitlab"):
        for path in [*folder.rglob("*"), GITLAB]:
            if path.is_file():
                text = re.sub(given, "", path.read_text(encoding="utf-8"))
                assert "://" not in text, path
                assert not re.search(r"(token|password|secret)\w*[ \t]*[:=][ \t]*\S", text, re.I), (
                    path
                )
    # What checks a change, from a fork too, is given nothing at all.
    for job in (read(GITHUB)["jobs"]["check"], read(GITLAB)["check"]):
        assert not re.search(r"token|secrets\.|password", str(job), re.I)


# ── Linters ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """A product for each CI."""
    home = tmp_path_factory.mktemp("linted")
    return {
        ci: harness.render(home / ci, {"ci": ci, "content": "empty"}) for ci in ("github", "gitlab")
    }


def test_the_linters_find_nothing(rendered: Mapping[str, Path]) -> None:
    workflows = sorted((rendered["github"] / ".github" / "workflows").iterdir())
    assert "check.yml" in [path.name for path in workflows]
    for workflow in workflows:
        assert lint_github(workflow) == {}
    gitlab = rendered["gitlab"]
    for pipeline in (gitlab / ".gitlab-ci.yml", *sorted((gitlab / ".gitlab").glob("*.yml"))):
        assert lint_gitlab(pipeline) == {}


def test_one_ci_and_not_the_other(rendered: Mapping[str, Path]) -> None:
    assert not (rendered["github"] / ".gitlab-ci.yml").exists()
    assert not (rendered["github"] / ".gitlab").exists()
    assert not (rendered["gitlab"] / ".github").exists()
    assert (rendered["github"] / ".github" / "pull_request_template.md").exists()
    assert (rendered["gitlab"] / ".gitlab" / "merge_request_templates" / "Default.md").exists()


@pytest.mark.parametrize(
    ("linter", "good", "bad", "says"),
    [
        ("zizmor", "@{} # {}".format(*CHECKOUT.split()), "@v7", "unpinned-uses"),
        ("zizmor", "persist-credentials: false", "lfs: false", "artipacked"),
        ("zizmor", "permissions: {}", "permissions: write-all", "excessive-permissions"),
        (
            "zizmor",
            "run: uv sync",
            "run: echo ${{ github.head_ref }}; uv sync",
            "template-injection",
        ),
        ("actionlint", "steps.check.outcome", "steps.chekc.outcome", "chekc"),
        ("actionlint", "run: uv sync", "run: cd $HOME; uv sync", "SC2086"),
        ("schema", "timeout-minutes:", "timeout-minuets:", "timeout-minuets"),
    ],
)
def test_the_linters_find_what_is_wrong(
    tmp_path: Path, linter: str, good: str, bad: str, says: str
) -> None:
    text = GITHUB.read_text(encoding="utf-8")
    assert good in text
    workflow = tmp_path / ".github" / "workflows" / "check.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(text.replace(good, bad, 1), encoding="utf-8")
    assert says in lint_github(workflow).get(linter, "")


def test_the_linter_finds_what_is_wrong_for_gitlab(tmp_path: Path) -> None:
    text = GITLAB.read_text(encoding="utf-8").replace("expire_in:", "expires_in:")
    pipeline = tmp_path / ".gitlab-ci.yml"
    pipeline.write_text(text, encoding="utf-8")
    assert "expires_in" in lint_gitlab(pipeline)["schema"]
