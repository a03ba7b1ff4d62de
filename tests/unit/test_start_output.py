"""What `start` says last, by who has typed it, and the page that it offers to open."""

from __future__ import annotations

import io
import webbrowser
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from rich.console import Console

from first_light.cli import browser
from first_light.cli.output.console import show_added
from first_light.cli.output.start import next_steps
from first_light.commands.add import Added
from first_light.commands.start import Page, Started
from first_light.inference import Doubt, Drafts, Written
from first_light.inference.drafts import Drafted
from first_light.project.source_table import SourceTable

DESK = {"DISPLAY": ":0"}
_STREAMS = ("stdin", "stdout")


def test_a_fresh_clone_is_led_to_a_branch_a_new_product_to_its_next_delivery() -> None:
    nothing_new = Started((), None, "", None)
    clone = "\n".join(next_steps(nothing_new, (), to_load="", has_origin=True, is_clone=True))
    assert "docs/first-change.md" in clone
    assert "git switch -c" in clone
    assert "dataops release" not in clone
    started = Started((), None, "abc1234", None)
    pages = (Page("boards", "/a b/boards/index.html"), Page("catalog", "/a b/catalog.html"))
    made = next_steps(started, pages, to_load="", has_origin=False, is_clone=False)
    assert made[:2] == ("open  /a b/boards/index.html", "      /a b/catalog.html")
    assert "uv run dataops report" in made[2]
    assert "raw/TABLE/" in made[5]
    assert "git remote add origin URL" in made[6]
    # A remote to which nothing was pushed yet has no product to change on a branch.
    pushed = next_steps(nothing_new, (), to_load="", has_origin=True, is_clone=False)
    assert pushed[0].startswith("open  target/report/index.html")
    assert pushed[4] == "then  git push -u origin HEAD"


class Terminal:
    """Somebody in front of a terminal: what was asked, answered and opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.questions: list[str] = []
        self.opened: list[str] = []
        self.answer: bool | Exception = True
        self.has_browser = True
        for name in ("SSH_CONNECTION", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DISPLAY", ":0")
        self.is_terminal = dict.fromkeys(_STREAMS, True)
        streams = {n: SimpleNamespace(isatty=partial(self._is_terminal, n)) for n in _STREAMS}
        monkeypatch.setattr(browser, "sys", SimpleNamespace(platform="linux", **streams))
        monkeypatch.setattr(typer, "confirm", self._confirm)
        monkeypatch.setattr(webbrowser, "get", lambda: None)
        monkeypatch.setattr(webbrowser, "open", self._open)

    def _is_terminal(self, stream: str) -> bool:
        return self.is_terminal[stream]

    def _confirm(self, question: str, default: bool) -> bool:
        self.questions.append(question)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def _open(self, address: str) -> bool:
        self.opened.append(address)
        return self.has_browser


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(monkeypatch)


@pytest.fixture
def pages(tmp_path: Path) -> tuple[Page, ...]:
    boards = tmp_path / "my boards.html"
    boards.touch()
    return Page("boards", str(boards)), Page("catalog", str(tmp_path / "catalog.html"))


def test_a_page_is_opened_once_somebody_says_yes(
    terminal: Terminal, pages: tuple[Page, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    browser.offer(pages)
    assert terminal.questions == ["Open the boards in a browser?"]
    assert terminal.opened == [Path(pages[0].address).as_uri()]
    assert terminal.opened[0].endswith("/my%20boards.html")
    terminal.has_browser = False
    browser.offer(pages)
    assert f"Open it yourself: {pages[0].address}" in capsys.readouterr().out
    terminal.opened.clear()
    for answer in (False, typer.Abort()):  # no; Ctrl-C
        terminal.answer = answer
        browser.offer(pages)
    assert not terminal.opened
    assert len(terminal.questions) == 4


def test_nobody_is_asked_who_cannot_answer_or_see(
    terminal: Terminal, pages: tuple[Page, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.offer((Page("boards", "s3://bucket/boards/index.html"),))
    with monkeypatch.context() as patch:
        patch.delenv("DISPLAY")
        browser.offer(pages)
    for stream in _STREAMS:
        terminal.is_terminal = dict.fromkeys(_STREAMS, True) | {stream: False}
        browser.offer(pages)
    assert not terminal.questions


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", DESK, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {}, False),
        ("linux", {"SSH_CONNECTION": "a 1 b 22"}, False),
        ("linux", {"SSH_CONNECTION": "a 1 b 22", **DESK}, True),  # ssh -X
        ("darwin", {}, True),
        ("darwin", {"SSH_CONNECTION": "a 1 b 22"}, False),
    ],
)
def test_where_a_browser_can_appear(
    terminal: Terminal, platform: str, environment: dict[str, str], expected: bool
) -> None:
    assert browser.has_browser(environment, platform) is expected


def test_without_a_browser_nothing_can_appear(monkeypatch: pytest.MonkeyPatch) -> None:
    def get() -> None:
        raise webbrowser.Error

    monkeypatch.setattr(webbrowser, "get", get)
    assert not browser.has_browser(DESK, "linux")


def test_many_tables_with_the_same_questions_fit_on_a_screen() -> None:
    names = [f"table_{n}" for n in range(30)]
    drafted = tuple(
        Drafted(
            name, 9, 3, ("row_no",), {}, (), {},
            (Doubt(name, "row_no", "why"), Doubt(name, "", f"question {name}")),
        )
        for name in names
    )  # fmt: skip
    sources = tuple(SourceTable(name, "", (), notes=("a note",)) for name in names)
    added = Added(sources, frozenset(), Drafts({}, drafted), Written((), (), (), {}), None)
    console = Console(file=io.StringIO(), width=120)
    show_added(console, added)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert "table_0, table_1, table_2 and 27 more: a note" in lines
    assert "left to you: table_0.row_no, table_1.row_no, table_2.row_no and 27 more: why" in lines
    assert lines[-1] == "and 6 more questions, as comments in models/staging/"
    assert len(lines) < 60
