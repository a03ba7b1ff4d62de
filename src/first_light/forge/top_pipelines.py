"""Pipelines of a product in a folder of a larger repository, as they have to be at its top.

GitHub and GitLab read pipelines at the top of a repository only. Those of the product are
rewritten: they run in its folder, for changes of its folder, and share no name with others.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import PlainScalarString

from first_light.project.git_folder import name_of

GITHUB = ".github/workflows"
GITLAB = ".gitlab-ci.yml"
GITLAB_PRODUCTS = ".gitlab/products"
COMMAND = "uv run dataops pipelines"
HEAD = "# Written from "

_HASH_FILES = re.compile(r"hashFiles\('")
_OWN = re.compile(r"\bvars\.(DATAOPS_STORE|DATAOPS_RAW)\b")
_SECRETS = re.compile(r"\bsecrets\.(DATAOPS_SECRETS)\b")
# GitHub Pages is one site for a repository, so products in folders leave theirs as artifacts.
_SITE = "site"
_TRIGGERS = ("pull_request", "push")
_NOT_JOBS = ("include", "workflow", "variables", "default", "stages")
_GITLAB_PATHS = ("paths", "files", "exclude")
# Where a job that works in a clone of its own finds the product in it.
_AT_TOP = "folder=."
# GitLab publishes what a job of this name leaves: one site for a repository, too.
_PAGES = "pages"


def variable_of(folder: str) -> str:
    """A product's folder in the names of variables: SERVICES_SALES."""
    return re.sub(r"\W+", "_", folder.strip("/"), flags=re.ASCII).strip("_").upper()


# ── GitHub ───────────────────────────────────────────────────────────────────────────────────────


def workflow(folder: str, file: str, text: str) -> str:
    """A workflow for the top of the repository.

    Args:
        folder: the product's folder, such as services/sales.
        file: the workflow's name in the product, such as check.yml.
        text: its text there.
    """
    name = name_of(folder)
    loaded = _yaml().load(text)
    loaded["name"] = f"{folder}: {loaded.get('name', PurePosixPath(file).stem)}"
    for trigger in _TRIGGERS:
        if trigger in loaded["on"]:
            settings = loaded["on"][trigger] or CommentedMap()
            settings["paths"] = [f"{folder}/**", f"{GITHUB}/{name}-{file}"]
            loaded["on"][trigger] = settings
    run = loaded.setdefault("defaults", CommentedMap()).setdefault("run", CommentedMap())
    run.insert(0, "working-directory", folder)
    if isinstance(loaded.get("concurrency"), Mapping):
        loaded["concurrency"]["group"] = f"{name}-{loaded['concurrency']['group']}"
    loaded["jobs"].pop(_SITE, None)
    for job in loaded["jobs"].values():
        _move_job(folder, name, job)
    _replace(loaded, lambda value: _expression(folder, value))
    head = f"{HEAD}{folder}/{GITHUB}/{file} by: {COMMAND}\n# Do not edit it.\n"
    return head + _text(loaded)


def _move_job(folder: str, name: str, job: dict[str, Any]) -> None:
    job.get("outputs", {}).pop(_SITE, None)
    if not job.get("outputs", True):
        del job["outputs"]
    if isinstance(job.get("concurrency"), Mapping):
        job["concurrency"]["group"] = f"{name}-{job['concurrency']['group']}"
    if "uses" in job:
        job["uses"] = _action(folder, name, job["uses"])
    for step in job.get("steps", ()):
        if "uses" not in step:
            continue
        step["uses"] = _action(folder, name, step["uses"])
        if step["uses"].startswith("astral-sh/setup-uv@"):
            step.setdefault("with", CommentedMap()).insert(0, "working-directory", folder)
        options = step.get("with", {})
        if "path" in options:
            options["path"] = _lines_below(folder, options["path"])
        for key in ("key", "restore-keys"):
            if key in options:
                options[key] = f"{name}-{options[key]}"


def _action(folder: str, name: str, address: str) -> str:
    """The address of a workflow or an action of the product, from the top."""
    workflows = f"./{GITHUB}/"
    if address.startswith(workflows):
        return f"{workflows}{name}-{address.removeprefix(workflows)}"
    return f"./{folder}/{address[2:]}" if address.startswith("./") else address


def _lines_below(folder: str, paths: str) -> str:
    lines = [f"{folder}/{line}" if line.strip() else line for line in paths.split("\n")]
    return type(paths)("\n".join(lines))


def _expression(folder: str, value: str) -> str:
    """A text with its files below the folder, and with the variables of this product."""
    suffix = variable_of(folder)
    value = _HASH_FILES.sub(f"hashFiles('{folder}/", value)
    value = _OWN.sub(rf"vars.\1_{suffix}", value)
    return _SECRETS.sub(rf"secrets.\1_{suffix} || secrets.\1", value)


# ── GitLab ───────────────────────────────────────────────────────────────────────────────────────


def gitlab_top() -> str:
    """The pipeline of a repository that has none yet: it includes those of all products."""
    return f"""\
# Runs the pipelines of the products in this repository. Add your own jobs here.
include:
  - local: {GITLAB_PRODUCTS}/*.yml

workflow:
  # One pipeline per change: for the merge request, and for the default branch after the merge.
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  auto_cancel:
    on_new_commit: interruptible
"""


def gitlab_jobs(folder: str, files: Mapping[str, str]) -> str:
    """The jobs of one product, for the pipeline at the top of the repository.

    Args:
        folder: the product's folder, such as services/sales.
        files: the text of its .gitlab-ci.yml, by that name, and of the files that this includes.
    """
    jobs: dict[str, Any] = CommentedMap()
    variables: dict[str, Any] = {}
    for text in files.values():
        for key, value in _yaml().load(text).items():
            if key == "variables":
                variables |= value
            elif key not in _NOT_JOBS:
                jobs[key] = value
    result = CommentedMap()
    for key, job in jobs.items():
        _move_gitlab_job(folder, job, variables)
        result[_job_name(folder, key)] = job
    for key, job in jobs.items():  # after all have been read
        _enter(folder, jobs, key, job)
    sources = ", ".join(f"{folder}/{name}" for name in files)
    return f"{HEAD}{sources}\n# by: {COMMAND}\n# Do not edit it.\n" + _text(result)


def _job_name(folder: str, name: str) -> str:
    if name.startswith("."):
        return f".{folder}:{name[1:]}"
    return f"{folder}:{_SITE if name == _PAGES else name}"


def _move_gitlab_job(folder: str, job: Any, variables: Mapping[str, Any]) -> None:
    name = name_of(folder)
    if "extends" in job:
        job["extends"] = _job_name(folder, job["extends"])
    else:  # what extends it has them, too
        own = job.pop("variables", {})
        job.insert(0, "variables", CommentedMap({**variables, **own}))
    for rule in job.get("rules", ()):
        if rule.get("when") != "never":
            rule["changes"] = [f"{folder}/**/*", f"{GITLAB_PRODUCTS}/{name}.yml"]
    if "rules" in job:
        other = CommentedMap(
            {"if": f'$DATAOPS_PRODUCT && $DATAOPS_PRODUCT != "{folder}"', "when": "never"}
        )
        job["rules"].insert(0, other)
    for need in job.get("needs", ()):
        need["job"] = _job_name(folder, need["job"])
    if "resource_group" in job:
        job["resource_group"] = f"{name}-{job['resource_group']}"
    if "environment" in job:
        job["environment"]["name"] += f"/{name}"
    artifacts = job.get("artifacts", {})
    if "expose_as" in artifacts:
        artifacts["expose_as"] = f"{artifacts['expose_as']} {name}"
    for cache in job.get("cache", ()):
        if isinstance(cache["key"], str):
            cache["key"] = f"{name}-{cache['key']}"
    for place in (artifacts, *job.get("cache", ())):
        key = place.get("key")
        for holder in (place, key if isinstance(key, dict) else {}):
            for entry in _GITLAB_PATHS:
                if entry in holder:
                    holder[entry] = [f"{folder}/{path}" for path in holder[entry]]


def _enter(folder: str, jobs: Mapping[str, Any], key: str, job: dict[str, Any]) -> None:
    """Let a job begin in the product's folder."""
    command = f"cd {_quoted(folder)}"
    if "before_script" in job:
        lines = job["before_script"]
        if _AT_TOP in lines:
            lines[lines.index(_AT_TOP)] = f"folder={_quoted(folder)}"
        lines.insert(0, command)
    elif "script" in job and not any("before_script" in base for base in _bases(folder, jobs, job)):
        job["script"].insert(0, command)
    if "after_script" in job:
        job["after_script"].insert(0, command)


def _bases(
    folder: str, jobs: Mapping[str, Any], job: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    by_name = {_job_name(folder, key): value for key, value in jobs.items()}
    while (job := by_name.get(job.get("extends", ""), {})) != {}:
        yield job


def _quoted(folder: str) -> str:
    return "'" + folder.replace("'", "'\\''") + "'"


# ── YAML ─────────────────────────────────────────────────────────────────────────────────────────


def _yaml() -> YAML:
    yaml = YAML()  # keeps comments and quotes; `on` is a word in it
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _text(loaded: Any) -> str:
    stream = io.StringIO()
    _yaml().dump(loaded, stream)
    return stream.getvalue()


def _replace(value: Any, change: Any) -> None:
    """Change every text in nested mappings and lists."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in list(entries):
        if isinstance(entry, str):
            if (new := change(entry)) != entry:
                value[key] = new if isinstance(entry, PlainScalarString) else type(entry)(new)
        elif isinstance(entry, (dict, list)):
            _replace(entry, change)
