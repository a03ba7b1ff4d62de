"""A forge of the tests' own that keeps pull or merge requests in a list, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Host:
    """Requests from one branch, as GitHub and GitLab both answer, and a remote to push to.

    Gitea answers with the requests of all branches, page after page.

    Attributes:
        kind: github, gitlab or gitea.
        url: of its interface.
        remote: the bare repository, at team/product.git in its folder.
        requests: oldest first.
        reject: whether the token may nothing.
        tokens: what callers said who they are.
    """

    kind: str
    url: str
    remote: Path
    requests: list[dict[str, Any]] = field(default_factory=list)
    reject: bool = False
    tokens: set[str] = field(default_factory=set)

    @property
    def environment(self) -> dict[str, str]:
        """What the service says in a pipeline of the repository."""
        place = self.remote.parents[1].as_uri()
        if self.kind != "gitlab":
            return {
                **({"GITEA_ACTIONS": "true"} if self.kind == "gitea" else {}),
                "GITHUB_REPOSITORY": "team/product",
                "GITHUB_API_URL": self.url,
                "GITHUB_SERVER_URL": place,
            }
        return {
            "CI_PROJECT_ID": "7",
            "CI_API_V4_URL": self.url,
            "CI_SERVER_URL": place,
            "CI_PROJECT_PATH": "team/product",
        }

    def body(self, number: int = 1) -> str:
        """A request's text."""
        output = self.requests[number - 1]
        return str(output.get("body") or output.get("description"))


_MOST_OF_GITEA = 50
# Requests of people: of their branches, and of a fork whose branch has the same name.
OTHERS: list[dict[str, Any]] = [
    {"number": 900 + n, "title": "A feature", "state": "open", "head": f"feature/{n}"}
    for n in range(60)
] + [{"number": 990, "title": "Theirs", "state": "open", "head": "template-update", "fork": True}]


def _as_gitea(request: dict[str, Any]) -> dict[str, Any]:
    head = {"label": request["head"], "repo_id": 9 if request.get("fork") else 1}
    return {**request, "merged": False, "head": head, "base": {"repo_id": 1}}


@contextmanager
def request_host(kind: str, remote: Path) -> Iterator[Host]:
    """One that listens until the end of the block."""
    this: Host

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def _answer(self, said: object, code: int = 200) -> None:
            this.tokens.add(self.headers["Authorization"])
            self.send_response(403 if this.reject else code)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def _body(self) -> dict[str, Any]:
            said: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            return said

        def do_GET(self) -> None:
            if kind != "gitea":
                self._answer(list(reversed(this.requests)))
                return
            asked = parse_qs(urlsplit(self.path).query)
            size = min(int(asked["limit"][0]), _MOST_OF_GITEA)
            first = (int(asked["page"][0]) - 1) * size
            every = [*OTHERS, *reversed(this.requests)]
            self._answer([_as_gitea(request) for request in every[first : first + size]])

        def do_POST(self) -> None:
            number = len(this.requests) + 1
            opened: dict[str, Any] = {"number": number, "iid": number, "merged_at": None}
            opened["state"] = "opened" if kind == "gitlab" else "open"
            this.requests.append({**opened, **self._body()})
            self._answer(this.requests[-1], 201)

        def do_PATCH(self) -> None:
            this.requests[int(self.path.rsplit("/", 1)[1]) - 1].update(self._body())
            self._answer({})

        do_PUT = do_PATCH

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    this = Host(kind, f"http://127.0.0.1:{server.server_port}", remote)
    try:
        yield this
    finally:
        server.shutdown()
