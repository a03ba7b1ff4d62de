"""The folder of a product in its repository. Standard library only: jobs with a token use it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path


def prefix_of(root: Path) -> str:
    """The folder in its repository, such as services/sales/; empty at the repository's top."""
    return _git(root, "--show-prefix")


def top_of(root: Path) -> Path:
    """The top of the repository; the folder itself if it is in none."""
    return Path(_git(root, "--show-toplevel") or root)


def name_of(folder: str) -> str:
    """A product's folder in names of files, jobs and branches: services-sales; empty at the top."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", folder).strip("-.")


def suffixed(name: str, folder: str) -> str:
    """A name that is the product's own in a repository with several: name-services-sales."""
    return "-".join(filter(None, (name, name_of(folder))))


def _git(root: Path, option: str) -> str:
    command = ["git", "rev-parse", option]
    process = subprocess.run(command, cwd=root, capture_output=True, text=True, errors="replace")
    return process.stdout.rstrip("\n")
