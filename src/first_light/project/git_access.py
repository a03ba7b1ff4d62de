"""Access of git to the remote: the token is passed in the environment, never in a file."""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Mapping

# GitHub's tokens require this user name; GitLab's accept any.
_USER = "x-access-token"


def git_access(token: str, remote: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables with which git sends a token to the remote's host, and to no other.

    Args:
        token: the token; empty if none is needed.
        remote: the remote's URL.
        environment: the present environment of git.
    """
    parts = urllib.parse.urlsplit(remote)
    if not token or parts.scheme not in ("http", "https") or not parts.hostname:
        return {}
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
    basic = base64.b64encode(f"{_USER}:{token}".encode()).decode()
    count = int(environment.get("GIT_CONFIG_COUNT") or 0)
    return {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": f"http.{place}.extraHeader",
        f"GIT_CONFIG_VALUE_{count}": f"Authorization: Basic {basic}",
    }
