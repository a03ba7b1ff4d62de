"""A real PostgreSQL on loopback, Debian's package, for as long as a test needs it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

MISSING = "no PostgreSQL here: apt-get install postgresql"


@dataclass(frozen=True)
class Server:
    """A running server; its superuser is `postgres`, and everybody on loopback is trusted.

    Attributes:
        port: on 127.0.0.1.
    """

    port: int

    def environment(self, user: str = "postgres", database: str = "postgres") -> dict[str, str]:
        """What points every tool of PostgreSQL at this server."""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": user,
            "PGDATABASE": database,
        }

    def connect(self, user: str = "postgres", database: str = "postgres") -> Any:
        """A connection that commits every statement by itself."""
        import psycopg2

        output = self.environment(user, database)
        connection = psycopg2.connect(
            host=output["PGHOST"], port=output["PGPORT"], user=user, dbname=database
        )
        connection.autocommit = True
        return connection

    def ask(
        self, query: str, user: str = "postgres", database: str = "postgres"
    ) -> list[tuple[Any, ...]]:
        """The rows of one query; none for a statement."""
        with contextlib.closing(self.connect(user, database)) as connection:
            cursor = connection.cursor()
            cursor.execute(query)
            return list(cursor.fetchall()) if cursor.description else []


def programs() -> Path | None:
    """The newest installed version's programs, wherever Debian or the path has them."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[-3].zfill(3)
    )
    result = versions[-1] if versions else shutil.which("initdb")
    return Path(result).parent if result else None


@contextlib.contextmanager
def server(language: str = "") -> Iterator[Server]:
    """Start one in a folder of its own, stop it by its process id.

    It never runs as root: then it is the user `postgres` of Debian's package.

    Args:
        language: the language by whose rules it sorts texts, such as en-US; else by characters.
    """
    bin_ = programs()
    if bin_ is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    home = Path(tempfile.mkdtemp(prefix="postgres-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(home, owner.pw_uid, owner.pw_gid)
        who = (f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups")
        as_user = ["setpriv", *who]
    data, log, port = home / "data", home / "log", _free_port()
    options = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync")
    sorted_by = ("--locale-provider=icu", f"--icu-locale={language}") if language else ()
    subprocess.run(
        [*as_user, str(bin_ / "initdb"), *options, *sorted_by, "--locale=C.UTF-8", "-D", str(data)],
        check=True,
        capture_output=True,
        cwd="/",
    )
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": str(home),
        "fsync": "off",
        "timezone": "Asia/Tokyo",  # a product must not depend on the server's
    }
    output = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*as_user, str(bin_ / "postgres"), "-D", str(data), *output],
            stdout=file,
            stderr=file,
            cwd="/",
        )
    try:
        result = Server(port)
        _wait(result, process, log)
        yield result
    finally:
        process.send_signal(signal.SIGINT)  # disconnects everybody
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(home, ignore_errors=True)


def _wait(found: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg2

    begin = time.monotonic()
    while True:
        try:
            found.ask("select 1")
            return
        except psycopg2.OperationalError:
            document = log.read_text(errors="replace")
            assert process.poll() is None, document
            assert time.monotonic() - begin < 60, document
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as result:
        result.bind(("127.0.0.1", 0))
        return int(result.getsockname()[1])
