"""The server of boards on this machine: what it lists, renders again, and refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from first_light.commands.serve_boards import BoardServer, open_server
from first_light.project.product import Product
from first_light.utils.errors import DataopsError

BOARD = "---\ntitle: Sales\nowner: {name: Shop, email: shop@example.com}\n---\nWords.\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BoardServer]:
    """The server of a product with a board, and one whose file is not valid."""
    (tmp_path / ".copier-answers.yml").write_text("product_name: The shop\n", encoding="utf-8")
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards" / "sales.md").write_text(BOARD, encoding="utf-8")
    (tmp_path / "boards" / "wrong.md").write_text("no head\n", encoding="utf-8")
    with open_server(Product(tmp_path), 0, lambda line: None) as opened:
        thread = threading.Thread(target=opened.serve_forever)
        thread.start()
        yield opened
        opened.shutdown()
        thread.join()


def ask(server: BoardServer, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    port = server.server_address[1]
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers={"Host": f"{host}:{port}"})
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_boards_are_listed_by_their_titles_and_a_wrong_one_by_its_name(
    server: BoardServer,
) -> None:
    status, text = ask(server, "/")
    assert status == 200
    assert '<a href="sales.html">Sales</a>' in text
    assert '<a href="wrong.html">wrong</a>' in text


def test_a_page_says_what_is_wrong_and_asks_again(server: BoardServer, tmp_path: Path) -> None:
    status, text = ask(server, "/wrong.html")
    assert status == 200
    assert "boards/wrong.md" in text
    assert 'http-equiv="refresh"' in text
    (tmp_path / "boards" / "wrong.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    assert ask(server, "/wrong.html")[1] != text, "it is read again"


def test_no_other_page_and_no_other_name_of_this_machine(server: BoardServer) -> None:
    assert ask(server, "/../.copier-answers.yml")[0] == 404
    assert ask(server, "/none.html")[0] == 404
    assert ask(server, "/", host="elsewhere.example")[0] == 403


def test_a_port_that_is_taken_is_said(server: BoardServer, tmp_path: Path) -> None:
    with pytest.raises(DataopsError, match="cannot be served on this port"):
        open_server(Product(tmp_path), server.server_address[1], lambda line: None)
