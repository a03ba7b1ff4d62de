"""The tokens of a fleet: each is sent to one host."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Collection, Mapping

from first_light.forge.base import TOKEN
from first_light.forge.pipeline import SCP_LIKE


def host_of(url: str) -> str:
    """The host of a URL that git opens with a token; empty for SSH and local paths."""
    parts = urllib.parse.urlsplit(url)
    return (parts.hostname or "") if parts.scheme in ("http", "https") else ""


def ssh_host(url: str) -> str:
    """The host of an address that git opens with SSH, also a scp-like one; empty for others."""
    if scp_like := SCP_LIKE.match(url):
        return scp_like["host"]
    parts = urllib.parse.urlsplit(url)
    return (parts.hostname or "") if parts.scheme == "ssh" else ""


def variable_of(host: str) -> str:
    """The variable of a host's token, such as DATAOPS_UPDATE_TOKEN_GIT_ACME_ORG."""
    return f"{TOKEN}_{re.sub('[^A-Z0-9]+', '_', host.upper())}"


def token_for(url: str, hosts: Collection[str], environment: Mapping[str, str]) -> str:
    """The token for a product; empty if there is none.

    Args:
        url: the product's.
        hosts: of the whole fleet: the token without a host is sent only if there is one host.
        environment: holds the tokens.
    """
    host = host_of(url)
    own = environment.get(variable_of(host or ssh_host(url)), "")
    if not host:  # git has its own access there; the token opens pull requests
        return own
    return own or (environment.get(TOKEN, "") if set(hosts) == {host} else "")
