"""A git server on loopback: git's own smart HTTP backend, with a password where one is wanted."""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@contextmanager
def git_server(folder: Path, password: str = "", port: int = 0) -> Iterator[str]:
    """Serve the repositories in a folder; yields the server's URL.

    One with `http.receivepack` may be pushed to.

    Args:
        folder: holds the repositories.
        password: what any user must give, as a token of a forge; empty where anybody may read.
        port: where to listen; 0 for a free one.
    """

    def may_read(header: str) -> bool:
        """Whether it is the one header of a request; git sends several if it has several tokens."""
        kind, _, encoded = header.partition(" ")
        is_basic = kind == "Basic"
        given = base64.b64decode(encoded).decode().partition(":")[2] if is_basic else ""
        return given == password

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Silent."""

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

        def _answer(self, body: bytes) -> None:
            headers = self.headers.get_all("Authorization") or []
            if password and (len(headers) != 1 or not may_read(headers[0])):
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            path, _, query = self.path.partition("?")
            done = subprocess.run(
                ["git", "-c", "safe.directory=*", "http-backend"],
                input=body,
                capture_output=True,
                env={
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                    "GIT_PROJECT_ROOT": str(folder),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "PATH_INFO": path,
                    "QUERY_STRING": query,
                    "REQUEST_METHOD": self.command,
                    "CONTENT_TYPE": self.headers.get("Content-Type") or "",
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
                    "REMOTE_ADDR": "127.0.0.1",
                },
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            answer = dict(line.split(": ", 1) for line in head.decode().splitlines() if line)
            self.send_response(int(answer.pop("Status", "200 OK").split()[0]))
            for name, value in answer.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
