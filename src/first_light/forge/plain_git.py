"""A plain git remote: it has branches, but no requests or issues."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator

from first_light.forge.base import Forge, Issue, Request


class PlainGit(Forge):
    """A remote on a host without a known API; unsupported operations do nothing."""

    @property
    def name(self) -> str:
        return "git"

    @property
    def has_requests(self) -> bool:
        return False

    @property
    def user(self) -> str:
        # Bitbucket Cloud asks for this name with a repository's token; the others accept any.
        is_bitbucket = urllib.parse.urlsplit(self.push_url).hostname == "bitbucket.org"
        return "x-token-auth" if is_bitbucket else "x-access-token"

    @property
    def token_rights(self) -> str:
        return "let git push to this remote without a prompt"

    def of_branch(self, branch: str) -> list[Request]:
        return []

    def open(self, branch: str, target: str, title: str, text: str, draft: bool) -> int:
        return 0

    def renew(self, number: int, title: str, text: str) -> None:
        """There is no request."""

    def comment(self, number: int, marker: str, text: str) -> bool:
        return False

    def issues(self, since: str) -> Iterator[Issue]:
        return iter(())

    def open_issue(self, title: str, text: str, label: str) -> int:
        return 0

    def comment_issue(self, number: int, marker: str, text: str) -> None:
        """There is no issue."""

    def close_issue(self, number: int) -> None:
        """There is no issue."""
