"""A forge: pull requests, comments and issues of a repository, through its web interface.

Standard library only: the job that comments on a check installs nothing else.
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from first_light.utils.errors import DataopsError
from first_light.utils.variables import variable

# The team's token, for pipelines whose own token lacks the rights that an update needs.
TOKEN = variable("update_token")
_SECONDS = 30
_PAGE = 100  # comments or issues in one answer
_COMMENT = "a comment to be written"
_ISSUES = "issues to be read or opened"
_REQUEST = "a pull request to be read or opened"


@dataclass(frozen=True)
class Request:
    """A pull or merge request.

    Attributes:
        number: its number on the forge.
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
class Forge(ABC):
    """Where the repository is hosted.

    Attributes:
        api: the URL of the repository in the forge's interface.
        push_url: where to push to.
        token: the token of the pipeline or of the team.
        default_token: whether the token is the pipeline's own.
    """

    api: str
    push_url: str
    token: str = field(repr=False)
    default_token: bool = False

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name, for people."""

    @property
    @abstractmethod
    def user(self) -> str:
        """The user that git names when it pushes with the token."""

    @property
    @abstractmethod
    def token_rights(self) -> str:
        """The rights that an update needs, for messages."""

    @property
    def has_requests(self) -> bool:
        """Whether pull requests can be opened here; otherwise a branch is pushed."""
        return True

    @property
    def protected_folder(self) -> str:
        """The folder that this token may not push to; empty if there is none."""
        return ""

    @property
    def pipeline_paths(self) -> tuple[str, ...]:
        """How paths of pipeline files begin, in lower case; none on a plain remote."""
        return ()

    @abstractmethod
    def of_branch(self, branch: str) -> list[Request]:
        """All requests from a branch, newest first.

        Raises:
            DataopsError: the forge rejected it.
        """

    @abstractmethod
    def open(self, branch: str, target: str, title: str, text: str, draft: bool) -> int:
        """Open a request; returns its number, 0 on a plain remote.

        Raises:
            DataopsError: the forge rejected it.
        """

    @abstractmethod
    def renew(self, number: int, title: str, text: str) -> None:
        """Give an open request a new title and text.

        Raises:
            DataopsError: the forge rejected it.
        """

    @abstractmethod
    def comment(self, number: int, marker: str, text: str) -> bool:
        """Create or replace the comment of a request that begins with a marker.

        Args:
            number: the request.
            marker: identifies the comment; it is put before the text.
            text: Markdown.

        Returns:
            Whether the comment existed.

        Raises:
            DataopsError: the forge rejected it.
        """

    @abstractmethod
    def issues(self, since: str) -> Iterator[Issue]:
        """The issues changed since a time (ISO 8601, UTC), newest first.

        Raises:
            DataopsError: the forge rejected it.
        """

    @abstractmethod
    def open_issue(self, title: str, text: str, label: str) -> int:
        """Open an issue; returns its number. The label is created if missing.

        Raises:
            DataopsError: the forge rejected it.
        """

    @abstractmethod
    def comment_issue(self, number: int, marker: str, text: str) -> None:
        """As `comment`, on an issue.

        Raises:
            DataopsError: the forge rejected it.
        """

    @abstractmethod
    def close_issue(self, number: int) -> None:
        """Close an issue.

        Raises:
            DataopsError: the forge rejected it.
        """

    def push_environment(self) -> dict[str, str]:
        """Variables for git push: the token is passed in the environment, never in a file."""
        if not self.token:
            return {}
        basic = base64.b64encode(f"{self.user}:{self.token}".encode()).decode()
        return {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{self.push_url}.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        }

    # ── For the classes of the forges ────────────────────────────────────────────────────────

    def call_requests(
        self, method: str, path: str, body: Mapping[str, object] | None = None, **query: str
    ) -> Any:
        """Call the API of requests."""
        return self._call(method, path, body, query, _REQUEST, self.token_rights)

    def call_issues(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Call the API of issues."""
        return self._call(method, path, body, {}, _ISSUES)

    def request_pages(self, path: str, **query: str) -> Iterator[Mapping[str, Any]]:
        """All requests of a list, page after page."""
        yield from self._pages(path, query, _REQUEST)

    def issue_pages(self, path: str, **query: str) -> Iterator[Mapping[str, Any]]:
        """All issues of a list, page after page."""
        yield from self._pages(path, query, _ISSUES)

    def write_comment(
        self, comments: str, marker: str, text: str, method: str, edited: str = ""
    ) -> bool:
        """Replace the comment that begins with the marker, or create it.

        Args:
            comments: the path of the comments of a request or an issue.
            marker: identifies the comment.
            text: Markdown.
            method: the HTTP method that changes a comment.
            edited: the path for changing comments, if different.

        Returns:
            Whether the comment existed.
        """
        body = {"body": f"{marker}\n{text}"}
        for comment in self._pages(comments, {}, _COMMENT):
            if str(comment["body"]).startswith(marker):
                self._call(method, f"{edited or comments}/{comment['id']}", body, {}, _COMMENT)
                return True
        self._call("POST", comments, body, {}, _COMMENT)
        return False

    def _pages(
        self, path: str, query: Mapping[str, str], action: str
    ) -> Iterator[Mapping[str, Any]]:
        page = 0
        while True:
            page += 1
            paging = {**query, "per_page": str(_PAGE), "page": str(page)}
            items = self._call("GET", path, None, paging, action)
            yield from items
            if len(items) < _PAGE:
                return

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        query: Mapping[str, str],
        action: str,
        fix: str = "",
    ) -> Any:
        url = self.api + path + (f"?{urllib.parse.urlencode(query)}" if query else "")
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise DataopsError(
                f"{self.name} did not allow {action} ({error.code}).",
                where=error.read().decode(errors="replace")[:500],
                fix=fix,
            ) from error
        except (OSError, ValueError) as error:
            reason = str(getattr(error, "reason", error))
            raise DataopsError(
                f"{self.name} could not be reached.",
                reason,
                "check the network, then repeat the command",
            ) from error
