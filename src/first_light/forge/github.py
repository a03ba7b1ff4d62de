"""GitHub: pull requests and issues. `api` is https://api.github.com/repos/OWNER/NAME."""

from __future__ import annotations

from collections.abc import Iterator

from first_light.forge.base import TOKEN, Forge, Issue, Request

RIGHTS = (
    "allow Actions to create pull requests (Settings, Actions, General), or set the secret "
    f"{TOKEN} to a token that may write contents, pull requests and workflows"
)


class GitHub(Forge):
    """A repository on GitHub."""

    @property
    def name(self) -> str:
        return "GitHub"

    @property
    def user(self) -> str:
        return "x-access-token"

    @property
    def token_rights(self) -> str:
        return RIGHTS

    @property
    def protected_folder(self) -> str:
        """The pipeline's own token may not push changes of workflows."""
        return ".github/workflows/" if self.default_token else ""

    @property
    def pipeline_paths(self) -> tuple[str, ...]:
        return (".github/workflows/", ".github/actions/")

    def of_branch(self, branch: str) -> list[Request]:
        owner = self.api.rsplit("/", 2)[-2]
        return [
            Request(pull["number"], pull["title"], pull["state"] == "open", bool(pull["merged_at"]))
            for pull in self.call_requests("GET", "/pulls", head=f"{owner}:{branch}", state="all")
        ]

    def open(self, branch: str, target: str, title: str, text: str, draft: bool) -> int:
        body = {"head": branch, "base": target, "title": title, "body": text, "draft": draft}
        return int(self.call_requests("POST", "/pulls", body)["number"])

    def renew(self, number: int, title: str, text: str) -> None:
        self.call_requests("PATCH", f"/pulls/{number}", {"title": title, "body": text})

    def comment(self, number: int, marker: str, text: str) -> bool:
        # To GitHub a pull request is an issue, and its comments are that issue's.
        return self.write_comment(
            f"/issues/{number}/comments", marker, text, "PATCH", "/issues/comments"
        )

    def issues(self, since: str) -> Iterator[Issue]:
        for issue in self.issue_pages("/issues", state="all", since=since):
            if "pull_request" not in issue:
                yield Issue(
                    int(issue["number"]), str(issue["body"] or ""), issue["state"] == "open"
                )

    def open_issue(self, title: str, text: str, label: str) -> int:
        body = {"title": title, "body": text, "labels": [label]}
        return int(self.call_issues("POST", "/issues", body)["number"])

    def comment_issue(self, number: int, marker: str, text: str) -> None:
        self.comment(number, marker, text)

    def close_issue(self, number: int) -> None:
        self.call_issues("PATCH", f"/issues/{number}", {"state": "closed"})
