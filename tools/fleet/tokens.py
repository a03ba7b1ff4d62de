"""The tokens of a fleet: each is sent to one host."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Collection, Mapping

from first_light.forge.base import TOKEN


def host_of(url: str) -> str:
    """The host of a URL that git opens with a token; empty for SSH and local paths."""
    parts = urllib.parse.urlsplit(url)
    return (parts.hostname or "") if parts.scheme in ("http", "https") else ""


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
    if not host:
        return ""
    own = environment.get(variable_of(host), "")
    return own or (environment.get(TOKEN, "") if set(hosts) == {host} else "")
