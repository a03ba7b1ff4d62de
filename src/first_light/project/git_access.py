"""Access of git to a remote: the token is passed in the environment, never in a file."""

from __future__ import annotations

import base64
import re
import urllib.parse
from collections.abc import Mapping

# GitHub's tokens require this user name; the other hosts accept any.
_USER = "x-access-token"
_COUNT = "GIT_CONFIG_COUNT"
_HEADER = re.compile(r"http\..+\.extraheader", re.IGNORECASE)


def git_access(token: str, remote: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables with which git sends a token to the remote's host, and to no other.

    Args:
        token: the token; empty if none is needed.
        remote: the remote's URL.
        environment: the present environment of git.
    """
    place = _place(remote)
    return _with_header(token, [f"{place}/"], environment) if place else {}


def repository_access(token: str, remote: str, environment: Mapping[str, str]) -> dict[str, str]:
    """As `git_access`, for one repository of the host, which needs a token of its own."""
    place = _place(remote)
    path = urllib.parse.urlsplit(remote).path.rstrip("/").removesuffix(".git")
    places = [f"{place}{path}{end}" for end in ("", ".git")]
    return _with_header(token, places, environment) if place else {}


def without_access(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without the tokens of `git_access`; other settings of git stay."""
    names = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")
    kept = [
        (environment.get(f"{names[0]}{n}", ""), environment.get(f"{names[1]}{n}", ""))
        for n in range(int(environment.get(_COUNT) or 0))
    ]
    kept = [(key, value) for key, value in kept if not _HEADER.fullmatch(key)]
    rest = {key: value for key, value in environment.items() if not key.startswith(names)}
    if _COUNT in rest:
        rest[_COUNT] = str(len(kept))
    for n, pair in enumerate(kept):
        rest |= {f"{name}{n}": text for name, text in zip(names, pair)}
    return rest


def _place(remote: str) -> str:
    """Scheme and host of a URL; empty if git sends no headers to it."""
    parts = urllib.parse.urlsplit(remote)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _with_header(token: str, places: list[str], environment: Mapping[str, str]) -> dict[str, str]:
    if not token:
        return {}
    basic = base64.b64encode(f"{_USER}:{token}".encode()).decode()
    # An empty header first: git would send those of other tokens for the host as well.
    headers = [(place, text) for place in places for text in ("", f"Authorization: Basic {basic}")]
    count = int(environment.get(_COUNT) or 0)
    variables = {_COUNT: str(count + len(headers))}
    for n, (place, text) in enumerate(headers, start=count):
        variables |= {
            f"GIT_CONFIG_KEY_{n}": f"http.{place}.extraHeader",
            f"GIT_CONFIG_VALUE_{n}": text,
        }
    return variables
