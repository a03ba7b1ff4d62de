"""The linters of pipelines: what is wrong in a workflow or in a GitLab pipeline."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import runners


def lint(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run one of the linters that are installed with the tests."""
    scripts = runners.SCRIPTS
    return subprocess.run(
        [str(scripts / command[0]), *map(str, command[1:])],
        env={**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )


def lint_github(workflow: Path) -> dict[str, str]:
    """The linters of GitHub workflows that find something, and what they say."""
    output = {
        "actionlint": lint("actionlint", workflow),
        "zizmor": lint("zizmor", "--offline", "--no-progress", "--persona=auditor", workflow),
        "schema": lint("check-jsonschema", "--builtin-schema=vendor.github-workflows", workflow),
    }
    return {name: done.stdout + done.stderr for name, done in output.items() if done.returncode}


def lint_gitlab(pipeline: Path) -> dict[str, str]:
    """The linters of GitLab pipelines that find something, and what they say."""
    schema = ("--builtin-schema=vendor.gitlab-ci", "--data-transform=gitlab-ci")
    done = lint("check-jsonschema", *schema, pipeline)
    return {"schema": done.stdout + done.stderr} if done.returncode else {}
