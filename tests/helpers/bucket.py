"""A real S3 server on loopback, started and stopped by who needs it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import s3fs


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def server(where: Path) -> Iterator[dict[str, str]]:
    """moto's S3 server with one empty bucket, `lake`; yields the variables that lead there."""
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    port = free_port()
    with open(where / "moto.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            env={**os.environ, **environment},
            stdout=log,
            stderr=log,
        )
    try:
        _until_open(port, process)
        environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
        filesystem(environment).mkdir("lake")
        yield environment
    finally:
        process.terminate()
        process.wait()


def filesystem(environment: dict[str, str]) -> s3fs.S3FileSystem:
    """The server's content."""
    return s3fs.S3FileSystem(
        key="test",
        secret="test",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        use_listings_cache=False,
        skip_instance_cache=True,
    )


def _until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the S3 server ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise AssertionError("the S3 server does not answer")
