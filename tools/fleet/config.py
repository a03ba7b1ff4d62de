"""fleet.toml: the products, one git URL each."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from first_light.forge.pipeline import KINDS
from tools.fleet import tokens


class FleetError(Exception):
    """The command can't run; the message says what, where and the fix."""


@dataclass(frozen=True)
class Member:
    """One product of the fleet.

    Attributes:
        url: its git URL.
        folder: its folder in that repository, such as services/sales; empty at the top.
        group: any word that sorts products, for instance a department; empty for none.
        canary: whether it is updated first.
        forge: github, gitlab or git, for hosts whose name does not say it; empty for the others.
        token: reads and pushes it; empty if git has its own access.
    """

    url: str
    group: str = ""
    canary: bool = False
    folder: str = ""
    forge: str = ""
    token: str = field(default="", repr=False)

    @property
    def key(self) -> str:
        """What identifies the product: its address, with its folder."""
        return f"{self.url}#{self.folder}" if self.folder else self.url

    @property
    def name(self) -> str:
        """The folder's or the repository's name.

        The address may be scp-like, such as `git@host:sales.git`.
        """
        if self.folder:
            return self.folder
        return re.split(r"[/:]", self.url.rstrip("/"))[-1].removesuffix(".git")


def read(path: Path, environment: Mapping[str, str] = os.environ) -> tuple[Member, ...]:
    """The products that a fleet.toml lists, in its order.

    Args:
        path: the file.
        environment: holds the tokens.

    Raises:
        FleetError: the file is missing, no TOML, or says something that is not known.
    """
    try:
        loaded: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FleetError(f"{path} cannot be read: {error}") from error
    result = []
    for number, output in enumerate(loaded.get("product", []), start=1):
        if not isinstance(output, dict) or not isinstance(output.get("url"), str):
            raise FleetError(f"{path}: product {number} has no url")
        if unknown := sorted(set(output) - {"url", "folder", "group", "canary", "forge"}):
            raise FleetError(f"{path}: product {number} says {', '.join(unknown)}, not known")
        folder = str(output.get("folder", "")).strip("/")
        forge = str(output.get("forge", ""))
        if forge and forge not in KINDS:
            raise FleetError(f"{path}: product {number} has a forge other than {', '.join(KINDS)}")
        group, canary = str(output.get("group", "")), bool(output.get("canary"))
        result.append(Member(output["url"], group, canary, folder, forge))
    if not result:
        raise FleetError(f"{path} lists no product: add [[product]] with its url")
    urls = [member.key for member in result]
    if twice := sorted({url for url in urls if urls.count(url) > 1}):
        raise FleetError(f"{path} lists twice: {', '.join(twice)}")
    hosts = {host for member in result if (host := tokens.host_of(member.url))}
    return tuple(
        replace(member, token=tokens.token_for(member.url, hosts, environment)) for member in result
    )
