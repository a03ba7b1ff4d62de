"""Addresses without the credentials that they may contain."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

# A password may hold a slash or an at sign: with a colon before it, all up to the last at sign.
# JSON may escape the slashes.
_USER = re.compile(r"(?:(?<=//)|(?<=\\/\\/))(?:[^\s/@:]*:\S*|[^\s/@]*)@")
_PASSWORD = re.compile(r"//[^\s/@:]*:(?P<password>\S*)@")
_TOKEN = re.compile(r"//(?P<token>[^\s/@:]{16,})@")  # a shorter user is a name
_SHORTEST = 4  # of a password; shorter ones are in many words
_SSH_USER = re.compile(r"ssh://(?P<name>[^\s/@:]+)(?::\S*)?@")  # part of the address
_QUERY = re.compile(r"(?P<address>//[^\s?#]*)(?:\?|#(?=[^\s#]*=))[^\s'\"<>`]+")
_SETTING = re.compile(
    r"\b(?P<name>\w*(?:password|passwd|pwd|token|secret|signature|(?:access|account|api|shared)_?key))"
    r"(?P<sign>\s*=\s*|['\"]\s*:\s*)(?P<value>'[^'\n]*'|\"[^\"\n]*\"|[^\s'\",;&)]+)",
    re.IGNORECASE,
)


def without_credentials(text: str) -> str:
    """A text in which no address shows a secret: no user, no password, no query.

    Settings such as `password=…` keep their name only, and a password of an address in an
    environment variable is left out in any form: drivers quote parts of addresses. Everything that
    shows an address to people, or writes it into a file, uses this function.
    """
    for secret in _secrets_of_environment():
        text = text.replace(secret, "…")
    text = _QUERY.sub(r"\g<address>", _USER.sub("", text))
    return _SETTING.sub(_without_value, text)


def _without_value(setting: re.Match[str]) -> str:
    first = setting["value"][0]
    quote = first if ":" in setting["sign"] and first in "'\"" else ""  # of a value in JSON
    return f"{setting['name']}{setting['sign']}{quote}…{quote}"


def _secrets_of_environment() -> list[str]:
    """Passwords in the addresses of all variables, the longest first."""
    secrets = set()
    for value in os.environ.values():
        if "://" in value:
            found = [match["password"] for match in _PASSWORD.finditer(value)]
            found += [match["token"] for match in _TOKEN.finditer(value)]
            found += [match["value"] for match in _SETTING.finditer(value)]
            secrets |= {form for secret in found for form in (secret, unquote(secret))}
    return sorted((s for s in secrets if len(s) >= _SHORTEST), key=len, reverse=True)


def source_without_credentials(source: str) -> str:
    """A repository's address without credentials; the user of SSH is part of it and stays.

    A path of this machine, or a form such as `gh:owner/name`, stays as it is.
    """
    if "://" not in source:
        return source
    user = _SSH_USER.search(source)
    address = without_credentials(source)
    return address.replace("://", f"://{user['name']}@", 1) if user else address
