"""`dataops boards serve`: the boards on this machine, rendered again when something changes."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from first_light.boards.document import FOLDER, read_board
from first_light.boards.page import Edition, index_page
from first_light.commands.boards import Workshop
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.templates import render

_RELOAD = 2  # seconds after which a page asks again
_LOCAL = ("127.0.0.1", "localhost")


class BoardServer(HTTPServer):
    """The server; it keeps the last page of each board until its file or the build changes."""

    def __init__(self, product: Product, port: int, report_progress: Callable[[str], None]) -> None:
        super().__init__((_LOCAL[0], port), _Handler)
        self._product = product
        self._doing = report_progress
        self._workshop: Workshop | None = None
        self._built = self._state()
        self._pages: dict[str, tuple[object, str]] = {}

    def page(self, name: str) -> str | None:
        """A page of this name; None if there is no such board."""
        folder = self._product.root / FOLDER
        paths = {path.stem: path for path in sorted(folder.glob("*.md"))}
        if name in ("", "index"):
            edition = Edition(self._product.name, facts=("development build",))
            return index_page({known: _title(path) for known, path in paths.items()}, edition)
        if name not in paths:
            return None
        path = paths[name]
        state = (path.stat().st_mtime_ns, self._state())
        kept = self._pages.get(name)
        if kept is None or kept[0] != state:
            kept = (state, self._rendered(name, path.read_text(encoding="utf-8")))
            self._pages[name] = kept
        return kept[1]

    def _rendered(self, name: str, text: str) -> str:
        try:
            board = read_board(name, text)
            if self._workshop is None or self._built != self._state():
                self._workshop, self._built = Workshop(self._product, self._doing), self._state()
            return self._workshop.render((board,), _RELOAD)[0].page.html
        except DataopsError as error:
            return render(
                "boards/templates/error.html.j2", title=name, error=str(error), reload=_RELOAD
            )

    def _state(self) -> object:
        """Changes with what dbt has built by hand."""
        results = self._product.target / "run_results.json"
        return results.stat().st_mtime_ns if results.is_file() else 0


def _title(path: Path) -> str:
    """A board's title; its name where the file is not valid, which its page explains."""
    try:
        return read_board(path.stem, path.read_text(encoding="utf-8")).title
    except DataopsError:
        return path.stem


class _Handler(BaseHTTPRequestHandler):
    server: BoardServer

    def do_GET(self) -> None:
        host = self.headers.get("Host", "").rpartition(":")[0]
        if host not in _LOCAL:  # a page elsewhere whose name leads here
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        name = self.path.partition("?")[0].strip("/").removesuffix(".html")
        page = self.server.page(name)
        if page is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        content = page.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """No line for each request."""


def open_server(product: Product, port: int, report_progress: Callable[[str], None]) -> BoardServer:
    """A server that listens on this machine only.

    Raises:
        DataopsError: the port is taken.
    """
    try:
        return BoardServer(product, port, report_progress)
    except OSError as error:
        raise DataopsError(
            "The boards cannot be served on this port.",
            where=f"{port}: {error.strerror}",
            fix="uv run dataops boards serve --port 0",
        ) from error
