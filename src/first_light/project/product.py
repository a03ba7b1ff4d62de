"""A product: its folders, Copier answers, clock and git repository."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from first_light.project.restoring import is_half_written
from first_light.utils.errors import DataopsError
from first_light.utils.whole_files import finish_edits

ANSWERS = ".copier-answers.yml"
# What git names in every language when the folder belongs to another user.
_OWNERSHIP = "safe.directory"


@dataclass(frozen=True)
class Product:
    """One product on disk.

    Attributes:
        root: absolute path of the folder with dbt_project.yml.
    """

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Product:
        """The product that contains `start` (default: the working directory).

        Raises:
            DataopsError: neither the folder nor its parents are a product.
        """
        folder_ = (start or Path.cwd()).resolve()
        for folder in (folder_, *folder_.parents):
            if (folder / "dbt_project.yml").is_file() and (folder / ANSWERS).is_file():
                finish_edits(folder)
                return cls(folder)
        raise DataopsError(
            "This folder is not in a product made from the template.",
            where=f"{folder_}: no dbt_project.yml and {ANSWERS} here or above",
            fix="cd into your product and repeat the command",
        )

    @cached_property
    def answers(self) -> dict[str, Any]:
        """The Copier answers of the product (product_name, team, contact, …)."""
        loaded = yaml.safe_load((self.root / ANSWERS).read_text(encoding="utf-8"))
        return dict(loaded) if isinstance(loaded, dict) else {}

    @property
    def name(self) -> str:
        """The product's display name."""
        return str(self.answers.get("product_name", self.root.name)).strip()

    @property
    def deadline(self) -> str:
        """The time of day, HH:MM in UTC, by which data must be published; may be empty."""
        return str(self.answers.get("deadline") or "")

    @cached_property
    def slug(self) -> str:
        """The dbt project's name.

        Raises:
            DataopsError: dbt_project.yml does not contain it.
        """
        try:
            loaded = yaml.safe_load((self.root / "dbt_project.yml").read_text(encoding="utf-8"))
            return str(loaded["name"])
        except (yaml.YAMLError, TypeError, KeyError) as error:
            raise DataopsError(
                "dbt_project.yml has no project name.",
                str(error),
                "add it, such as `name: my_product`",
            ) from error

    @property
    def raw(self) -> Path:
        """The folder of the immutable landing data; DATAOPS_RAW overrides it.

        Raises:
            DataopsError: DATAOPS_RAW is a URL: only `release` reads there.
        """
        from first_light.project import settings  # the help of a command needs none

        location = settings.current().raw or "raw"
        if "://" in location:
            raise DataopsError(
                "This command reads raw from a folder, not from a URL.",
                where=f"DATAOPS_RAW={location}",
                fix="copy the files that it needs to raw/ and repeat: DATAOPS_RAW=raw …",
            )
        return self.root / location

    @property
    def sample(self) -> Path:
        """The folder of the sample, a small substitute for raw in git without personal data."""
        return self.root / "sample"

    @property
    def target(self) -> Path:
        """The folder of build artifacts; not in git."""
        return self.root / "target"

    @cached_property
    def group(self) -> str:
        """The dbt group that owns new models: the first one declared in models/_groups.yml."""
        path = self.root / "models" / "_groups.yml"
        groups: Any = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
        try:
            return str(groups["groups"][0]["name"])
        except (TypeError, KeyError, IndexError):
            raise DataopsError(
                "No group is defined that can own new models.",
                where="models/_groups.yml",
                fix="define one: `groups: [{name: my_team, owner: {name: My team}}]`",
            ) from None

    @property
    def as_of(self) -> str | None:
        """The newest time in the sample (ISO 8601, UTC), if known."""
        path = self.sample / "as_of.txt"
        return path.read_text(encoding="utf-8").strip() or None if path.is_file() else None

    def git(self, *arguments: str, check: bool = True) -> str:
        """The output of a git command in this product, without the last line break.

        Without `check`, a failure or a missing git gives an empty text.

        Raises:
            DataopsError: git failed and `check` is set, or it does not trust the folder's owner.
        """
        try:
            process = subprocess.run(
                ["git", *arguments],
                cwd=self.root,
                capture_output=True,
                text=True,
                errors="replace",
            )
        except FileNotFoundError:
            if check:
                raise DataopsError("git is not installed.", fix="install git") from None
            return ""
        if process.returncode and _OWNERSHIP in process.stderr:  # whatever git's language is
            raise DataopsError(
                "git does not read this repository, because somebody else owns its folder.",
                where=process.stderr.strip().splitlines()[0],
                fix=process.stderr.strip().splitlines()[-1].strip(),
            )
        if check and process.returncode:
            raise DataopsError(
                f"git {arguments[0]} failed.", where=(process.stderr or process.stdout).strip()
            )
        return process.stdout.rstrip("\n")

    def raise_if_uncommitted(self, conflict: str, command: str) -> None:
        """Stop a command whose changes would mix with uncommitted ones in the repository.

        Args:
            conflict: what would mix with them.
            command: the command to repeat once they are committed.

        Raises:
            DataopsError: there are uncommitted changes.
        """
        tracked = ("status", "--porcelain", "--untracked-files=no")
        if self.git(*tracked) or self.git("status", "--porcelain", *self.pathspec):
            if is_half_written(self.root):
                raise DataopsError(
                    "A command was killed while it changed files: they may be half written.",
                    where="git status",
                    fix=f"git stash --include-untracked, then: {command}",
                )
            raise DataopsError(
                f"There are uncommitted changes; {conflict} would mix with them.",
                where="git status",
                fix=f"git add -A && git commit, then: {command}",
            )

    @property
    def in_git(self) -> bool:
        """Whether the product is a git repository, or a folder in one that does not ignore it."""
        top = self.git("rev-parse", "--show-toplevel", check=False)
        if not top or Path(top).resolve() == self.root:
            return bool(top)
        return not self.git("check-ignore", str(self.root), check=False)

    @property
    def prefix(self) -> str:
        """The folder in its repository, such as services/sales/; empty at the repository's top."""
        return self.git("rev-parse", "--show-prefix", check=False)

    @property
    def pathspec(self) -> tuple[str, ...]:
        """Arguments that limit git to the product; none at the top, where all is the product."""
        return ("--", ".") if self.prefix else ()

    def local_name(self, path: str) -> str:
        """A path from the top of the repository, as it is called from the product's folder."""
        return os.path.relpath(path, self.prefix or ".")

    @property
    def repository(self) -> Path:
        """The top folder of its repository.

        Raises:
            DataopsError: there is none.
        """
        return Path(self.git("rev-parse", "--show-toplevel")).resolve()


def now() -> datetime:
    """The product's clock, in UTC: DATAOPS_NOW (ISO 8601) if set, for replays.

    Raises:
        DataopsError: DATAOPS_NOW is not a time.
    """
    from first_light.project import settings

    text = settings.current().now
    if not text:
        return datetime.now(timezone.utc)
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise DataopsError(
            "DATAOPS_NOW is not a time.", where=text, fix="set it like 2026-03-31T07:00:00+00:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
