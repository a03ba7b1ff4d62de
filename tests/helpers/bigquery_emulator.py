"""An emulator of BigQuery on loopback, for as long as a test needs it.

bqemulator requires other versions of DuckDB and sqlglot than products: it has its own environment.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from harness import CACHE

# Its functions are Python, which DuckDB calls with numpy.
_PACKAGES = ("bqemulator==1.4.0", "numpy==2.4.6")
needs_emulator = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="bqemulator requires Python 3.11"
)
PROFILE = """shop:
  outputs:
    prod:
      type: bigquery
      method: oauth-secrets
      token: any
      project: emulated
      api_endpoint: "http://127.0.0.1:{{ env_var('BIGQUERY_PORT') }}"
      dataset: "{{ env_var('DATAOPS_SCHEMA', env_var('BIGQUERY_DATASET', 'shop')) }}"
      location: EU
"""
"""A profiles.yml for it."""


def lead_here(profile: Path) -> None:
    """Let the template's profile lead to the emulator, which asks for no credentials."""
    lines = profile.read_text(encoding="utf-8").splitlines()
    (at,) = (n for n, line in enumerate(lines) if line.strip().startswith("method: "))
    place = """      method: oauth-secrets
      token: any
      api_endpoint: "http://127.0.0.1:{{ env_var('BIGQUERY_PORT') }}\""""
    lines[at] = place
    profile.write_text("\n".join((*lines, "")), encoding="utf-8")


@contextlib.contextmanager
def server() -> Iterator[dict[str, str]]:
    """Start it, and stop it by its process id; yields the variables of `PROFILE`."""
    port = _free_port()
    program = Path(__file__).with_name("bigquery_emulator_program.py")
    process = subprocess.Popen(
        [str(_environment() / "bin" / "python"), str(program), str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )
    try:
        _wait(process, port)
        yield {"BIGQUERY_PORT": str(port)}
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def session(environment: Mapping[str, str]) -> Iterator[Any]:
    """A session of a reader."""
    from first_light.warehouse.bigquery.driver import open_session

    endpoint = f"http://127.0.0.1:{environment['BIGQUERY_PORT']}"
    values = {"method": "oauth-secrets", "token": "any", "api_endpoint": endpoint}
    with open_session({**values, "project": "emulated"}) as cursor:
        yield cursor


def ask(environment: Mapping[str, str], query: str) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    with session(environment) as cursor:
        rows: list[tuple[Any, ...]] = cursor.rows(query)
        return rows


def _environment() -> Path:
    """The environment of bqemulator, installed once from the package index."""
    home = CACHE / "bqemulator" / "-".join(_PACKAGES).replace("==", "-")
    home.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{home}.lock"):
        if not (home / "complete").exists():
            for command in (
                ["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(home)],
                ["uv", "pip", "install", "--quiet", "--python", str(home), *_PACKAGES],
            ):
                subprocess.run(command, check=True, capture_output=True)
            (home / "complete").touch()
    return home


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    begin = time.monotonic()
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() - begin < 60
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as result:
        result.bind(("127.0.0.1", 0))
        return int(result.getsockname()[1])
