"""What a process and its children ask the network for.

Two recorders, since neither sees all: a proxy on loopback, for clients that follow its variables in
whatever language they are written, and an audit hook in every Python process.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Runs at the start of every Python process with this folder in PYTHONPATH.
_HOOK = """
import ipaddress, os, sys

_WITH_SOCKET = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_EVENTS = _WITH_SOCKET | {"socket.getaddrinfo",
           "socket.gethostbyname", "socket.gethostbyaddr"}

def _is_local(host):
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False

def _record(event, arguments):
    if event not in _EVENTS:
        return
    target = arguments[1] if event in _WITH_SOCKET else arguments
    if isinstance(target, tuple) and target and not _is_local(target[0]):
        line = f"{event} {target[0]} by {sys.argv}\\n"
        descriptor = os.open(RECORD, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, line.encode())
        os.close(descriptor)

sys.addaudithook(_record)
"""


class Connections:
    """A record of connections to other machines.

    Attributes:
        environment: variables for the processes to record; PYTHONPATH is a folder to put first.
    """

    def __init__(self, folder: Path, proxy: str) -> None:
        self._file = folder / "connections.txt"
        self._requests: list[str] = []
        (folder / "sitecustomize.py").write_text(f"RECORD = {str(self._file)!r}\n{_HOOK}")
        names = ("http_proxy", "https_proxy", "all_proxy")
        self.environment = {
            **dict.fromkeys((*names, *(name.upper() for name in names)), proxy),
            **dict.fromkeys(("no_proxy", "NO_PROXY"), ""),
            "PYTHONPATH": str(folder),
        }

    def add(self, request: str) -> None:
        """Note what the proxy was asked for."""
        self._requests.append(request)

    def seen(self) -> list[str]:
        """All connections so far, one a line."""
        recorded = self._file.read_text().splitlines() if self._file.exists() else []
        return [*self._requests, *recorded]


@contextmanager
def recorded(folder: Path) -> Iterator[Connections]:
    """A record of connections, for processes with its environment.

    Args:
        folder: an empty folder for the recorders.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connections = Connections(folder, f"http://127.0.0.1:{listener.getsockname()[1]}")

        def record() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connections.add(connection.recv(200).decode(errors="replace"))

        thread = threading.Thread(target=record, daemon=True)
        thread.start()
        yield connections
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
