"""Addresses without the credentials that they may contain."""

from __future__ import annotations

import re

# A password may hold a slash or an at sign: with a colon before it, all up to the last at sign.
_USER = re.compile(r"(?<=//)(?:[^\s/@:]*:\S*|[^\s/@]*)@")
_SSH_USER = re.compile(r"ssh://(?P<name>[^\s/@:]+)(?::\S*)?@")  # part of the address
_QUERY = re.compile(r"(?P<address>//[^\s?#]*)(?:\?|#(?=[^\s#]*=))[^\s'\"<>`]+")
_SETTING = re.compile(
    r"\b(?P<name>\w*(?:password|passwd|pwd|token|secret|signature|access_?key|api_?key))"
    r"(?P<sign>\s*=\s*)(?:'[^'\n]*'|\"[^\"\n]*\"|[^\s'\",;&)]+)",
    re.IGNORECASE,
)


def without_credentials(text: str) -> str:
    """A text in which no address shows a secret: no user, no password, no query.

    Settings such as `password=…` keep their name only. Everything that shows an address to
    people, or writes it into a file, uses this function.
    """
    text = _QUERY.sub(r"\g<address>", _USER.sub("", text))
    return _SETTING.sub(r"\g<name>\g<sign>…", text)


def source_without_credentials(source: str) -> str:
    """A repository's address without credentials; the user of SSH is part of it and stays.

    A path of this machine, or a form such as `gh:owner/name`, stays as it is.
    """
    if "://" not in source:
        return source
    user = _SSH_USER.search(source)
    address = without_credentials(source)
    return address.replace("://", f"://{user['name']}@", 1) if user else address
