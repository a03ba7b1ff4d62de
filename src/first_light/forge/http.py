"""Pull requests and issues on GitHub and GitLab, through their own interfaces."""

from __future__ import annotations

import base64
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from first_light.utils.errors import DataopsError

# A token of the team's own, where the pipeline's own may not do what an update needs.
TOKEN = "DATAOPS_UPDATE_TOKEN"
_SECONDS = 30
_PAGE = 100  # comments in one answer


@dataclass(frozen=True)
class Request:
    """A pull or merge request.

    Attributes:
        number: as people write it.
        title: its title.
        open: whether it is still open.
        merged: whether it was merged.
    """

    number: int
    title: str
    open: bool
    merged: bool


@dataclass(frozen=True)
class Issue:
    """An issue: its number, its text, whether it is open."""

    number: int
    text: str
    open: bool


@dataclass(frozen=True)
class Forge:
    """Where the repository is hosted.

    Attributes:
        name: GitHub, GitLab, or git for a plain remote, which has a branch and no request.
        requests: the URL of the repository's pull or merge requests; empty for a plain remote.
        push_url: where to push to.
        user: whom git says it is when it pushes.
        token: what it may do.
        owner: whose repository it is; GitHub asks for it.
        default_token: whether the token is the pipeline's own.
    """

    name: str
    requests: str
    push_url: str
    user: str
    token: str = field(repr=False)
    owner: str
    default_token: bool

    def of_branch(self, branch: str) -> list[Request]:
        """All requests from a branch, newest first.

        Raises:
            DataopsError: the forge refused.
        """
        if not self.requests:
            return []
        if self.name == "GitHub":
            query = {"head": f"{self.owner}:{branch}", "state": "all"}
            return [
                Request(
                    said["number"], said["title"], said["state"] == "open", bool(said["merged_at"])
                )
                for said in self._call("GET", query=query)
            ]
        return [
            Request(
                said["iid"], said["title"], said["state"] == "opened", said["state"] == "merged"
            )
            for said in self._call("GET", query={"source_branch": branch, "state": "all"})
        ]

    def open(self, branch: str, target: str, title: str, text: str, draft: bool) -> int:
        """Open a request; its number, 0 on a plain remote.

        Raises:
            DataopsError: the forge refused.
        """
        if not self.requests:
            return 0
        if self.name == "GitHub":
            said = {"head": branch, "base": target, "title": title, "body": text, "draft": draft}
            return int(self._call("POST", said)["number"])
        said = {
            "source_branch": branch,
            "target_branch": target,
            "title": f"Draft: {title}" if draft else title,
            "description": text,
            "remove_source_branch": True,
        }
        return int(self._call("POST", said)["iid"])

    def renew(self, number: int, title: str, text: str) -> None:
        """Give an open request a new title and text.

        Raises:
            DataopsError: the forge refused.
        """
        if self.name == "GitHub":
            self._call("PATCH", {"title": title, "body": text}, path=f"/{number}")
        else:
            self._call("PUT", {"title": title, "description": text}, path=f"/{number}")

    def comment(self, number: int, marker: str, text: str) -> bool:
        """Write the one comment of a request that begins with a marker, over what it said before.

        Args:
            number: the request.
            marker: how the comment is known again; it is put before the text.
            text: Markdown.

        Returns:
            Whether the comment was there.

        Raises:
            DataopsError: the forge refused.
        """
        # To GitHub a pull request is an issue, and its comments are that issue's.
        return self._comment(
            self._issues if self.name == "GitHub" else self.requests, number, marker, text
        )

    @property
    def _issues(self) -> str:
        """The URL of the repository's issues."""
        return self.requests.rpartition("/")[0] + "/issues"

    def _comment(self, of: str, number: int, marker: str, text: str) -> bool:
        github = self.name == "GitHub"
        place = f"{of}/{number}/{'comments' if github else 'notes'}"
        body = {"body": f"{marker}\n{text}"}
        page = 0
        while True:
            page += 1
            found = self._ask("GET", f"{place}?per_page={_PAGE}&page={page}", None, _COMMENT)
            for said in found:
                if str(said["body"]).startswith(marker):
                    one = f"{of}/comments/{said['id']}" if github else f"{place}/{said['id']}"
                    self._ask("PATCH" if github else "PUT", one, body, _COMMENT)
                    return True
            if len(found) < _PAGE:
                self._ask("POST", place, body, _COMMENT)
                return False

    def issues(self, since: str) -> Iterator[Issue]:
        """The issues that something happened to since then (ISO 8601, UTC), newest first.

        Raises:
            DataopsError: the forge refused.
        """
        page = 0
        while True:
            page += 1
            query = {"state": "all", "per_page": str(_PAGE), "page": str(page)}
            query["since" if self.name == "GitHub" else "updated_after"] = since
            url = f"{self._issues}?{urllib.parse.urlencode(query)}"
            found = self._ask("GET", url, None, _ISSUES)
            for said in found:
                if "pull_request" not in said:  # GitHub lists these too
                    number = said["number" if self.name == "GitHub" else "iid"]
                    text = said["body" if self.name == "GitHub" else "description"]
                    yield Issue(int(number), str(text or ""), said["state"] in ("open", "opened"))
            if len(found) < _PAGE:
                return

    def open_issue(self, title: str, text: str, label: str) -> int:
        """Open an issue; its number. The label is made when there is none.

        Raises:
            DataopsError: the forge refused.
        """
        if self.name == "GitHub":
            said = {"title": title, "body": text, "labels": [label]}
            return int(self._ask("POST", self._issues, said, _ISSUES)["number"])
        said = {"title": title, "description": text, "labels": label}
        return int(self._ask("POST", self._issues, said, _ISSUES)["iid"])

    def comment_issue(self, number: int, marker: str, text: str) -> None:
        """As `comment`, on an issue.

        Raises:
            DataopsError: the forge refused.
        """
        self._comment(self._issues, number, marker, text)

    def close_issue(self, number: int) -> None:
        """Close an issue.

        Raises:
            DataopsError: the forge refused.
        """
        github = self.name == "GitHub"
        body = {"state": "closed"} if github else {"state_event": "close"}
        self._ask("PATCH" if github else "PUT", f"{self._issues}/{number}", body, _ISSUES)

    def push_environment(self) -> dict[str, str]:
        """What lets git push: the token goes through the environment, never through a file."""
        if not self.token:
            return {}
        basic = base64.b64encode(f"{self.user}:{self.token}".encode()).decode()
        return {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{self.push_url}.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        }

    def _call(
        self,
        method: str,
        body: Mapping[str, object] | None = None,
        path: str = "",
        query: Mapping[str, str] | None = None,
    ) -> Any:
        url = self.requests + path + (f"?{urllib.parse.urlencode(query)}" if query else "")
        what, fix = "a pull request to be read or opened", what_the_token_needs(self.name)
        return self._ask(method, url, body, what, fix)

    def _ask(
        self, method: str, url: str, body: Mapping[str, object] | None, what: str, fix: str = ""
    ) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        asked = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise DataopsError(
                f"{self.name} did not allow {what} ({error.code}).",
                where=error.read().decode(errors="replace")[:500],
                fix=fix,
            ) from error
        except (OSError, ValueError) as error:
            said = str(getattr(error, "reason", error))
            raise DataopsError(f"{self.name} could not be reached.", where=said) from error


_COMMENT = "a comment to be written"
_ISSUES = "issues to be read or opened"


def what_the_token_needs(name: str) -> str:
    """The rights that an update needs, in words."""
    if name == "GitHub":
        return (
            "allow Actions to create pull requests (Settings, Actions, General), or set the secret "
            f"{TOKEN} to a token that may write contents, pull requests and workflows"
        )
    return (
        f"set the masked CI variable {TOKEN} to a project access token (developer, scopes api and "
        "write_repository)"
    )


def find_forge(environment: Mapping[str, str] = os.environ, variable: str = TOKEN) -> Forge:
    """The forge that this pipeline runs on.

    Args:
        environment: the pipeline's.
        variable: the one that may hold a token of the team's own.

    Raises:
        DataopsError: it runs on none, or without a token.
    """
    own = environment.get(variable, "")
    if repository := environment.get("GITHUB_REPOSITORY"):
        token = own or environment.get("GITHUB_TOKEN", "")
        api = environment.get("GITHUB_API_URL", "https://api.github.com")
        server = environment.get("GITHUB_SERVER_URL", "https://github.com")
        found = Forge(
            name="GitHub",
            requests=f"{api}/repos/{repository}/pulls",
            push_url=f"{server}/{repository}.git",
            user="x-access-token",
            token=token,
            owner=repository.split("/")[0],
            default_token=not own,
        )
    elif project := environment.get("CI_PROJECT_ID"):
        token = own
        api = environment.get("CI_API_V4_URL", "https://gitlab.com/api/v4")
        server, path = environment.get("CI_SERVER_URL", ""), environment.get("CI_PROJECT_PATH", "")
        found = Forge(
            name="GitLab",
            requests=f"{api}/projects/{project}/merge_requests",
            push_url=f"{server}/{path}.git",
            user="oauth2",
            token=token,
            owner="",
            default_token=False,
        )
    else:
        raise DataopsError(
            "A pull request is opened by the pipeline; this is none.",
            where="neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set",
            fix="uv run dataops update",
        )
    if not token:
        raise DataopsError(
            f"There is no token for {found.name}.", fix=what_the_token_needs(found.name)
        )
    return found


def forge_of(url: str, environment: Mapping[str, str] = os.environ) -> Forge:
    """The forge of a repository by its URL; hosts that are neither GitHub nor GitLab are plain git.

    Raises:
        DataopsError: there is no token for it.
    """
    parts = urllib.parse.urlsplit(url)
    path = parts.path.strip("/").removesuffix(".git")
    host = parts.hostname or ""
    said = {TOKEN: environment.get(TOKEN, "")}
    if host == "github.com":
        return find_forge({**said, "GITHUB_REPOSITORY": path})
    if "gitlab" in host:
        server = f"{parts.scheme}://{parts.netloc}"
        project = urllib.parse.quote(path, safe="")
        place = {"CI_API_V4_URL": f"{server}/api/v4", "CI_SERVER_URL": server}
        return find_forge({**said, **place, "CI_PROJECT_ID": project, "CI_PROJECT_PATH": path})
    return Forge("git", "", url, "", "", "", False)
