"""Facts from the environment of a pipeline: forge, request, run, target branch."""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Mapping

from first_light.forge import gitea, github, gitlab
from first_light.forge.base import TOKEN, Forge
from first_light.forge.gitea import Gitea
from first_light.forge.github import GitHub
from first_light.forge.gitlab import GitLab
from first_light.forge.plain_git import PlainGit
from first_light.utils.addresses import source_without_credentials
from first_light.utils.errors import DataopsError

GITHUB, GITLAB, GITEA, FORGEJO, GIT = KINDS = ("github", "gitlab", "gitea", "forgejo", "git")
# What the pipelines of Gitea and Forgejo set, beside the variables of GitHub.
_GITEA_PIPELINES = ("GITEA_ACTIONS", "FORGEJO_ACTIONS")
# What is in the name of a host.
_HOSTS = {
    "github": GITHUB,
    "gitlab": GITLAB,
    "gitea": GITEA,
    "forgejo": FORGEJO,
    "codeberg.org": FORGEJO,
}
# `git@host:owner/name.git`, no URL and no path of Windows.
SCP_LIKE = re.compile(r"(?:[^@/:]+@)?(?P<host>[^/:]{2,}):(?!//)(?P<path>[^\\]+)$")
# Where Azure Pipelines and Bitbucket Pipelines name the repository: a branch is pushed there.
_PLAIN_GIT = ("BUILD_REPOSITORY_URI", "BITBUCKET_GIT_HTTP_ORIGIN")


def find_forge(environment: Mapping[str, str] = os.environ, variable: str = TOKEN) -> Forge:
    """The forge that this pipeline runs on.

    Args:
        environment: the pipeline's.
        variable: the variable that may hold the team's token.

    Raises:
        DataopsError: it runs on no forge, or without a token.
    """
    team_token = environment.get(variable, "")
    if repository := environment.get("GITHUB_REPOSITORY"):
        token = team_token or environment.get("GITHUB_TOKEN", "")
        if any(environment.get(name) for name in _GITEA_PIPELINES):
            if not token:
                raise _no_token("Gitea", gitea.RIGHTS)
            api, server = environment["GITHUB_API_URL"], environment["GITHUB_SERVER_URL"]
            return Gitea(
                f"{api}/repos/{repository}", f"{server}/{repository}.git", token, not team_token
            )
        if not token:
            raise _no_token("GitHub", github.RIGHTS)
        api = environment.get("GITHUB_API_URL", "https://api.github.com")
        server = environment.get("GITHUB_SERVER_URL", "https://github.com")
        return GitHub(
            f"{api}/repos/{repository}", f"{server}/{repository}.git", token, not team_token
        )
    if project := environment.get("CI_PROJECT_ID"):
        if not team_token:
            raise _no_token("GitLab", gitlab.RIGHTS)
        api = environment.get("CI_API_V4_URL", "https://gitlab.com/api/v4")
        server, path = environment.get("CI_SERVER_URL", ""), environment.get("CI_PROJECT_PATH", "")
        return GitLab(f"{api}/projects/{project}", f"{server}/{path}.git", team_token)
    for name in _PLAIN_GIT:
        if url := environment.get(name):
            if not team_token:
                raise _no_token("this remote", f"set {variable} to a token that may push to it")
            return PlainGit("", source_without_credentials(url), team_token)
    raise DataopsError(
        "Pull requests are opened from a pipeline, and this is not one.",
        where=f"none of GITHUB_REPOSITORY, CI_PROJECT_ID, {', '.join(_PLAIN_GIT)} is set",
        fix="uv run dataops update",
    )


def forge_of(url: str, environment: Mapping[str, str] = os.environ, kind: str = "") -> Forge:
    """The forge of a repository by its URL, which may be scp-like: `git@host:owner/name.git`.

    Args:
        url: the address that git uses.
        environment: holds the token.
        kind: one of `KINDS`, for hosts whose name does not say it; others are plain git.

    Raises:
        DataopsError: there is no token for it.
    """
    parts = urllib.parse.urlsplit(url)
    server, path = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", parts.path
    if scp_like := SCP_LIKE.match(url):
        server, path = f"https://{scp_like['host']}", scp_like["path"]
    elif parts.scheme == "ssh":
        server = f"https://{parts.hostname}"
    path = path.strip("/").removesuffix(".git")
    host = urllib.parse.urlsplit(server).hostname or ""
    kind = kind or next((name for part, name in _HOSTS.items() if part in host), GIT)
    token = {TOKEN: environment.get(TOKEN, "")}
    if not token[TOKEN] and (scp_like or parts.scheme == "ssh"):
        kind = GIT  # git has its own access, and a branch is pushed with it
    if kind == GITHUB:
        place = {"GITHUB_REPOSITORY": path}
        if host != "github.com":  # GitHub Enterprise
            place |= {"GITHUB_API_URL": f"{server}/api/v3", "GITHUB_SERVER_URL": server}
        return find_forge({**token, **place})
    if kind in (GITEA, FORGEJO):
        place = {"GITHUB_REPOSITORY": path, "GITEA_ACTIONS": "true", "GITHUB_SERVER_URL": server}
        return find_forge({**token, **place, "GITHUB_API_URL": f"{server}/api/v1"})
    if kind == GITLAB:
        project = urllib.parse.quote(path, safe="")
        place = {"CI_API_V4_URL": f"{server}/api/v4", "CI_SERVER_URL": server}
        return find_forge({**token, **place, "CI_PROJECT_ID": project, "CI_PROJECT_PATH": path})
    return PlainGit("", url, environment.get(TOKEN, ""))


def find_issues(environment: Mapping[str, str], variable: str) -> Forge | None:
    """The forge whose issues this pipeline may write; None when it runs on none or may not.

    Args:
        environment: the pipeline's.
        variable: the variable of the token for issues; GitHub's own token works as well.
    """
    has_github_token = environment.get("GITHUB_REPOSITORY") and environment.get("GITHUB_TOKEN")
    is_hosted = environment.get("GITHUB_REPOSITORY") or environment.get("CI_PROJECT_ID")
    if has_github_token or (is_hosted and environment.get(variable)):
        return find_forge(environment, variable)
    return None


def write_tokens(environment: Mapping[str, str]) -> list[str]:
    """The variables of a pipeline that hold a token which may write, for updates.

    Args:
        environment: the pipeline's.
    """
    return [name for name in (TOKEN, "GITHUB_TOKEN") if environment.get(name)]


def request_number(environment: Mapping[str, str]) -> int:
    """The pull or merge request that a pipeline runs for; 0 if there is none."""
    pull = re.fullmatch(r"refs/pull/(\d+)/merge", environment.get("GITHUB_REF", ""))
    return int(pull[1] if pull else environment.get("CI_MERGE_REQUEST_IID") or 0)


def target_environment(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The environment for the repository of the request, not of a fork."""
    project = environment.get("CI_MERGE_REQUEST_PROJECT_ID", "")
    return {**environment, "CI_PROJECT_ID": project} if project else environment


def run_url(environment: Mapping[str, str]) -> str:
    """The page of the run, with its artifacts; empty if the environment has none."""
    if run := environment.get("GITHUB_RUN_ID"):
        server = environment.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{environment.get('GITHUB_REPOSITORY', '')}/actions/runs/{run}"
    return environment.get("CI_PIPELINE_URL", "")


def target_branches(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The branches that a change may be compared with, most certain first."""
    names = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_DEFAULT_BRANCH")
    branches = [f"origin/{branch}" for name in names if (branch := environment.get(name))]
    if diff_base := environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        branches.append(diff_base)
    return tuple(branches)


def default_branch(environment: Mapping[str, str] = os.environ) -> str:
    """The default branch, if the checkout does not name one."""
    return environment.get("CI_DEFAULT_BRANCH", "main")


def _no_token(name: str, rights: str) -> DataopsError:
    return DataopsError(f"There is no token for {name}.", fix=rights)
