"""DuckDB with its extension for lakes, for as long as a test needs it.

Packages have the extension for one version of DuckDB exactly: Python finds it before the installed
one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from harness import CACHE

_VERSION = "1.5.5"
_PACKAGES = tuple(
    f"{name}=={_VERSION}"
    for name in ("duckdb", "duckdb-extension-ducklake", "duckdb-extension-sqlite-scanner")
)
_INSTALL = """
import duckdb, pathlib, sys
connection = duckdb.connect()
for file in pathlib.Path(sys.argv[1]).glob("duckdb_extension_*/extensions/*/*.duckdb_extension"):
    connection.execute(f"install '{file}'")
"""
PROFILE = """shop:
  outputs:
    prod:
      type: duckdb
      path: ":memory:"
      extensions: [ducklake, sqlite]
      attach:
        - path: "ducklake:sqlite:lake/catalog.sqlite"
          alias: lake
          options: {data_path: lake/data/}
      database: lake
      schema: "{{ env_var('DATAOPS_SCHEMA', env_var('DUCKLAKE_SCHEMA', 'shop')) }}"
      threads: 1
"""
"""A profiles.yml with a lake beside it."""


def environment() -> dict[str, str]:
    """The variables with which Python has this DuckDB and finds the extensions."""
    folder = CACHE / "ducklake" / f"{_VERSION}-{sys.version_info.major}.{sys.version_info.minor}"
    packages, home = folder / "packages", folder / "home"
    variables = {"PYTHONPATH": str(packages), "HOME": str(home)}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "complete").exists():
            home.mkdir(parents=True, exist_ok=True)
            target = ("--python", sys.executable, "--target", str(packages))
            for command in (
                ["uv", "pip", "install", "--quiet", *target, *_PACKAGES],
                [sys.executable, "-c", _INSTALL, str(packages)],
            ):
                values = {**os.environ, **variables}
                values["HOME"] = os.environ.get("HOME", "") if command[0] == "uv" else str(home)
                subprocess.run(command, check=True, capture_output=True, env=values)
            (folder / "complete").touch()
    return variables


def ask(root: Path, query: str) -> str:
    """The rows of a query, as text, by a reader of the lake of a product."""
    program = (
        "import duckdb, sys; c = duckdb.connect(); "
        "c.execute(\"attach 'ducklake:sqlite:lake/catalog.sqlite' as lake (read_only)\"); "
        "print(c.execute(sys.argv[1]).fetchall())"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, query],
        cwd=root,
        env={**os.environ, **environment()},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()
