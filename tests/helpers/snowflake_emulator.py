"""fakesnow's server on loopback, for as long as a test needs it.

fakesnow requires other versions of DuckDB and sqlglot than products: it has its own environment.
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

_PACKAGES = ("fakesnow[server]==0.12.1", "snowflake-connector-python==4.8.1")
needs_emulator = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="fakesnow 0.12 imports what Python has since 3.11"
)
PROFILE = """shop:
  outputs:
    prod:
      type: snowflake
      account: emulator
      user: writer
      password: "{{ env_var('SNOWFLAKE_PASSWORD') }}"
      host: 127.0.0.1
      port: "{{ env_var('SNOWFLAKE_PORT') | as_number }}"
      protocol: http
      database: "{{ env_var('DATAOPS_DATABASE', env_var('SNOWFLAKE_DATABASE', 'shop')) }}"
      schema: by_hand
"""
"""A profiles.yml for it."""
ACCOUNT = {"SNOWFLAKE_ACCOUNT": "emulator", "SNOWFLAKE_USER": "writer"}
"""Further variables, for a product with the answer `snowflake`."""


def lead_here(profile: Path) -> None:
    """Let the template's profile lead to the emulator, which no account's name does."""
    text, kind = profile.read_text(encoding="utf-8"), "type: snowflake\n"
    assert kind in text
    place = """      host: 127.0.0.1
      port: "{{ env_var('SNOWFLAKE_PORT') | as_number }}"
      protocol: http
"""
    profile.write_text(text.replace(kind, kind + place), encoding="utf-8")


@contextlib.contextmanager
def server() -> Iterator[dict[str, str]]:
    """Start it, and stop it by its process id; yields the variables of `PROFILE`."""
    port = _free_port()
    program = Path(__file__).with_name("snowflake_emulator_server.py")
    process = subprocess.Popen(
        [str(_environment() / "bin" / "python"), str(program), str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )
    try:
        _wait(process, port)
        yield {"SNOWFLAKE_PORT": str(port), "SNOWFLAKE_PASSWORD": "any"}
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ask(environment: Mapping[str, str], query: str) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    import snowflake.connector

    with contextlib.closing(
        snowflake.connector.connect(
            account="emulator",
            user="reader",
            password="any",
            host="127.0.0.1",
            port=int(environment["SNOWFLAKE_PORT"]),
            protocol="http",
            database="shop",
        )
    ) as connection:
        return list(connection.cursor().execute(query).fetchall())


def _environment() -> Path:
    """The environment of fakesnow, installed once from the package index."""
    home = CACHE / "fakesnow" / "-".join(_PACKAGES).replace("==", "-")
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
