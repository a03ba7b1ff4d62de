"""`uv run dataops …` and `uv run dbt …`, forked from a process that has imported them already.

Importing dbt and the package takes longer than most commands. A fork server has done it, once for
each environment and each worker of the tests; a command is a fork of it, with the arguments,
environment, folder and output of its own, and runs the same console script as `uv run` does.

A command of its own process is what a user starts, so that some tests always have it: see
`tests/product/test_all_commands.py`, which runs every command so, and all that a shell, a hook or a
pipeline starts. FIRST_LIGHT_TESTS_FORK=0 starts all commands so.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

COMMANDS = ("dataops", "dbt")
_SOURCE = Path(__file__).resolve().parents[2] / "src"
# Modules that most commands import; all that they import in turn is there with them.
_MODULES = (
    "first_light.cli.app",
    "first_light.cli.output.documents.changes",
    "first_light.cli.output.documents.releases",
    "first_light.commands.check",
    "first_light.commands.release",
    "first_light.metrics.queries",
    "dbt.cli.main",
    "dbt.adapters.duckdb",
    "copier",
)
# What decides how a process starts, or what a module reads when it is imported: a command with
# other values of these is started by uv.
_READ_AT_START = (
    "DBT_",
    "HOME",
    "LANG",
    "LC_",
    "LD_",
    "PYTHON",
    "TZ",
    "UV_",
    "VIRTUAL_ENV",
    "XDG_",
)
_READ_BY_RICH = ("COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TERM", "TTY_", "CLICOLOR")


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str] | None:
    """Run `uv run COMMAND …` in the folder; None where only uv itself can start it.

    The server of an environment starts with its second command: one command alone is not worth it.
    """
    if command[:2] != ("uv", "run") or command[2:3] not in [(name,) for name in COMMANDS]:
        return None
    if not _may_fork(environment) or not (folder / "pyproject.toml").is_file():
        return None
    key = tuple(sorted(_start(environment).items()))
    with _lock:
        if key not in _servers:
            _servers[key] = None
            return None
        server = _servers[key] = _servers[key] or ForkServer(environment)
    return server.run(command[2:], folder, environment)


def _may_fork(environment: Mapping[str, str]) -> bool:
    """Whether the environment is one that many tests share, whose packages stay as they are."""
    return (
        os.environ.get("FIRST_LIGHT_TESTS_FORK") != "0"
        and environment.get("UV_NO_SYNC") == "1"
        and "UV_PROJECT_ENVIRONMENT" in environment
        and environment.get("PYTHONPATH") == str(_SOURCE)
    )


def _start(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that a server has in common with its commands."""
    names = (*_READ_AT_START, *_READ_BY_RICH)
    return {name: value for name, value in environment.items() if name.startswith(names)}


def spent() -> float:
    """Seconds of a processor that forked commands have taken so far."""
    return sum(server.seconds for server in _servers.values() if server is not None)


class ForkServer:
    """A process with the modules imported, of which every command is a fork.

    Args:
        environment: the variables of a command; those that are read at the start count.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        home = Path(environment["UV_PROJECT_ENVIRONMENT"])
        uv = shutil.which("uv", path=environment["PATH"])
        assert uv is not None
        # What `uv run` adds.
        self._added = {"VIRTUAL_ENV": str(home), "UV": uv, "UV_RUN_RECURSION_DEPTH": "1"}
        self._scripts = home / "bin"
        self._busy = threading.Lock()
        self.seconds = 0.0  # of a processor, by the commands so far
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [str(self._scripts / "python"), __file__],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=self._environment(environment),
            )
        atexit.register(self.stop)

    def run(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a console script of the environment with its arguments, as `subprocess.run` does."""
        typed = [str(self._scripts / command[0]), *command[1:]]
        request = json.dumps([typed, str(folder), self._environment(environment)]).encode()
        with self._busy, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            length = len(request).to_bytes(8, "big")
            socket.send_fds(self._socket, [length], [out.fileno(), err.fileno()])
            self._socket.sendall(request)
            answer = _received(self._socket, 12)
            assert answer is not None, f"the fork server ended: {_text(err)}"
            code = int.from_bytes(answer[:4], "big", signed=True)
            self.seconds += int.from_bytes(answer[4:], "big") / 1e6
            return subprocess.CompletedProcess(command, code, _text(out), _text(err))

    def stop(self) -> None:
        """End it; commands have ended before."""
        self._socket.close()
        self._process.wait()

    def _environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        path = f"{self._scripts}{os.pathsep}{environment['PATH']}"
        return {**environment, **self._added, "PATH": path}


_servers: dict[tuple[tuple[str, str], ...], ForkServer | None] = {}
_lock = threading.Lock()


def _received(connection: socket.socket, size: int) -> bytes | None:
    """So many bytes; None where the other side ended."""
    content = b""
    while len(content) < size:
        part = connection.recv(size - len(content))
        if not part:
            return None
        content += part
    return content


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8").replace("\r\n", "\n")


def _serve() -> list[str] | None:
    """Fork a command for each request; returns in the command, with what was typed."""
    connection = socket.socket(fileno=os.dup(0))
    while True:
        length, handles, _, _ = socket.recv_fds(connection, 8, 2)
        if not length:
            return None
        request = _received(connection, int.from_bytes(length, "big"))
        assert request is not None
        if not (command := os.fork()):
            typed, folder, environment = json.loads(request)
            connection.close()
            nowhere = os.open(os.devnull, os.O_RDONLY)
            for handle, stream in zip((nowhere, *handles), (0, 1, 2)):
                os.dup2(handle, stream)
                os.close(handle)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
            return list(typed)
        for handle in handles:
            os.close(handle)
        _, status, used = os.wait4(command, 0)
        code = os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True)
        spent = round((used.ru_utime + used.ru_stime) * 1e6).to_bytes(8, "big")
        connection.sendall(code + spent)


def _import() -> None:
    """Import what commands need; no thread remains, which a fork would not have."""
    import gc
    import importlib

    for name in _MODULES:
        importlib.import_module(name)
    import duckdb

    from first_light.privacy.people_names import is_given

    is_given("Ada")  # reads the names of all languages
    duckdb.close()  # the database that its import opens has a thread
    gc.collect()
    gc.freeze()  # a fork that collects garbage would copy every page of it
    assert threading.active_count() == 1, threading.enumerate()


if __name__ == "__main__":
    sys.path[0] = str(Path(sys.executable).parent)  # as for a console script
    _import()
    if (arguments := _serve()) is not None:
        sys.argv = arguments
        runpy.run_path(sys.argv[0], run_name="__main__")
