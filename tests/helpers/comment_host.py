"""A forge of the tests' own that keeps comments in a list, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class CommentHost:
    """Comments on one request, as GitHub and GitLab both answer.

    Attributes:
        url: of its interface.
        comments: oldest first.
        read_only: whether the token may only read, as a fork's.
        asked: method and path of every call.
        tokens: what callers said who they are.
    """

    url: str
    comments: list[dict[str, Any]] = field(default_factory=list)
    read_only: bool = False
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    @property
    def bodies(self) -> list[str]:
        return [str(comment["body"]) for comment in self.comments]

    def people_say(self, *bodies: str) -> None:
        for body in bodies:
            self.comments.append({"id": len(self.comments) + 1, "body": body})


@contextmanager
def comment_host() -> Iterator[CommentHost]:
    """One that listens until the end of the block."""
    this: CommentHost

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def _answer(self, said: object, code: int = 200) -> None:
            this.asked.append(f"{self.command} {urlsplit(self.path).path}")
            this.tokens.add(self.headers["Authorization"])
            self.send_response(code)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def do_GET(self) -> None:
            asked = {name: int(v[0]) for name, v in parse_qs(urlsplit(self.path).query).items()}
            first = (asked["page"] - 1) * asked["per_page"]
            self._answer(this.comments[first : first + asked["per_page"]])

        def _write(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if this.read_only:
                self._answer({"message": "Resource not accessible by integration"}, 403)
            elif self.command == "POST":
                this.people_say(said["body"])
                self._answer(this.comments[-1], 201)
            else:
                number = int(urlsplit(self.path).path.rsplit("/", 1)[1])
                this.comments[number - 1].update(said)
                self._answer({})

        do_POST = do_PATCH = do_PUT = _write

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    this = CommentHost(f"http://127.0.0.1:{server.server_port}")
    try:
        yield this
    finally:
        server.shutdown()
