"""Gitea and Forgejo: pull requests and issues. `api` is https://HOST/api/v1/repos/OWNER/NAME."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from first_light.forge.base import TOKEN, Forge, Issue, Request

RIGHTS = (
    f"set {TOKEN} to an access token with the scopes write:repository and write:issue, of a user "
    "that may write to the repository"
)
_PAGE = 50  # more is not answered, unless the host is set up so
_DRAFT, _WIP = "Draft: ", "WIP: "
_COLOUR = "#d73a4a"  # a label must have one


class Gitea(Forge):
    """A repository on Gitea or Forgejo."""

    @property
    def name(self) -> str:
        return "Gitea"

    @property
    def user(self) -> str:
        return "x-access-token"  # any name does

    @property
    def token_rights(self) -> str:
        return RIGHTS

    @property
    def pipeline_paths(self) -> tuple[str, ...]:
        folders = (".gitea/", ".forgejo/", ".github/")
        return tuple(f"{folder}{kind}/" for folder in folders for kind in ("workflows", "actions"))

    def of_branch(self, branch: str) -> list[Request]:
        # The list has no filter for it. The label stays when the branch is deleted.
        return [
            Request(
                pull["number"], _as_draft(pull["title"]), pull["state"] == "open", pull["merged"]
            )
            for pull in self.request_pages("/pulls", state="all")
            if pull["head"]["label"] == branch
            and pull["head"]["repo_id"] == pull["base"]["repo_id"]
        ]

    def open(self, branch: str, target: str, title: str, text: str, draft: bool) -> int:
        name = f"{_WIP}{title}" if draft else title
        body = {"head": branch, "base": target, "title": name, "body": text}
        return int(self.call_requests("POST", "/pulls", body)["number"])

    def renew(self, number: int, title: str, text: str) -> None:
        body = {"title": title.replace(_DRAFT, _WIP, 1), "body": text}
        self.call_requests("PATCH", f"/pulls/{number}", body)

    def comment(self, number: int, marker: str, text: str) -> bool:
        comments = f"/issues/{number}/comments"
        return self.write_comment(comments, marker, text, "PATCH", "/issues/comments")

    def issues(self, since: str) -> Iterator[Issue]:
        for issue in self.issue_pages("/issues", state="all", type="issues", since=since):
            number, text = int(issue["number"]), str(issue["body"] or "")
            yield Issue(number, text, issue["state"] == "open")

    def open_issue(self, title: str, text: str, label: str) -> int:
        found = (entry["id"] for entry in self.issue_pages("/labels") if entry["name"] == label)
        number = (
            next(found, None)
            or self.call_issues("POST", "/labels", {"name": label, "color": _COLOUR})["id"]
        )
        body = {"title": title, "body": text, "labels": [number]}
        return int(self.call_issues("POST", "/issues", body)["number"])

    def comment_issue(self, number: int, marker: str, text: str) -> None:
        self.comment(number, marker, text)

    def close_issue(self, number: int) -> None:
        self.call_issues("PATCH", f"/issues/{number}", {"state": "closed"})

    def _pages(
        self, path: str, query: Mapping[str, str], action: str
    ) -> Iterator[Mapping[str, Any]]:
        page, last = 0, None
        while True:
            page += 1
            paging = {**query, "limit": str(_PAGE), "page": str(page)}
            items = self._call("GET", path, None, paging, action)
            if items == last:  # the comments of an issue are no pages
                return
            yield from items
            if len(items) < _PAGE:
                return
            last = items


def _as_draft(title: str) -> str:
    return f"{_DRAFT}{title.removeprefix(_WIP)}" if title.startswith(_WIP) else title
