"""GitLab: merge requests and issues. `api` is https://gitlab.com/api/v4/projects/ID."""

from __future__ import annotations

from collections.abc import Iterator

from first_light.forge.base import TOKEN, Forge, Issue, Request

RIGHTS = (
    f"set the CI variable {TOKEN} (masked, protected, environment dataops/update) to a project "
    "access token (developer, scopes api and write_repository)"
)


class GitLab(Forge):
    """A project on GitLab."""

    @property
    def name(self) -> str:
        return "GitLab"

    @property
    def user(self) -> str:
        return "oauth2"

    @property
    def token_rights(self) -> str:
        return RIGHTS

    @property
    def pipeline_paths(self) -> tuple[str, ...]:
        return (".gitlab-ci.yml", ".gitlab/")

    def of_branch(self, branch: str) -> list[Request]:
        return [
            Request(
                merge["iid"], merge["title"], merge["state"] == "opened", merge["state"] == "merged"
            )
            for merge in self.call_requests(
                "GET", "/merge_requests", source_branch=branch, state="all"
            )
        ]

    def open(self, branch: str, target: str, title: str, text: str, draft: bool) -> int:
        body = {
            "source_branch": branch,
            "target_branch": target,
            "title": f"Draft: {title}" if draft else title,
            "description": text,
            "remove_source_branch": True,
        }
        return int(self.call_requests("POST", "/merge_requests", body)["iid"])

    def renew(self, number: int, title: str, text: str) -> None:
        body = {"title": title, "description": text}
        self.call_requests("PUT", f"/merge_requests/{number}", body)

    def comment(self, number: int, marker: str, text: str) -> bool:
        return self.write_comment(f"/merge_requests/{number}/notes", marker, text, "PUT")

    def issues(self, since: str) -> Iterator[Issue]:
        for issue in self.issue_pages("/issues", state="all", updated_after=since):
            text = str(issue["description"] or "")
            yield Issue(int(issue["iid"]), text, issue["state"] == "opened")

    def open_issue(self, title: str, text: str, label: str) -> int:
        body = {"title": title, "description": text, "labels": label}
        return int(self.call_issues("POST", "/issues", body)["iid"])

    def comment_issue(self, number: int, marker: str, text: str) -> None:
        self.write_comment(f"/issues/{number}/notes", marker, text, "PUT")

    def close_issue(self, number: int) -> None:
        self.call_issues("PUT", f"/issues/{number}", {"state_event": "close"})
