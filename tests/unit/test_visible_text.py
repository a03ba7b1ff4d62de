"""Names and values in a terminal and in a log are text: they control neither."""

from __future__ import annotations

import html
import io
import random
import re
import time
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from rich.markup import escape
from rich.table import Table

from first_light.cli import terminal
from first_light.project import environment
from first_light.project.product import Product
from first_light.utils.visible_text import inert, visible

HOSTILE = {
    "\x1b[2Jgone": "\\x1b[2Jgone",
    "\x1b]0;title\x07": "\\x1b]0;title\\x07",
    "\x1b]8;;https://evil.example\x1b\\here": "\\x1b]8;;https://evil.example\\x1b\\here",
    "passed\rfailed": "passed\\rfailed",
    "ab\x08\x08xy": "ab\\x08\\x08xy",
    "\x9b31mred": "\\x9b31mred",
    "\u202egpj.exe": "\\u202egpj.exe",
    "a\u2066b": "a\\u2066b",
    "nul\x00": "nul\\x00",
    "Zürich 東京 🙂": "Zürich 東京 🙂",
    "a\tb\nc": "a\tb\nc",
    "[bold]no markup[/bold]": "[bold]no markup[/bold]",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_value_controls_a_terminal(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert visible(text) == HOSTILE[text]
    for console in (terminal.out, terminal.err):
        output = io.StringIO()
        # Its property would bind it to a stream for good, also when that is put back.
        monkeypatch.setattr(console, "_file", output)
        table = Table(box=None)
        table.add_column(escape(text))
        table.add_row(escape(text))
        console.print(escape(text))
        console.print(table)
        assert not set(output.getvalue()) & set("\x00\x07\x08\r\x1b\x9b\u202e\u2066")
        assert HOSTILE[text].splitlines()[0].split("\t")[0] in output.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::all is lost", ": :error::all is lost"),
        ("a name\n  ::stop-commands::x", "a name\n  : :stop-commands::x"),
        ("::add-mask::the", ": :add-mask::the"),
        ("x ##[add-mask]the", "x ## [add-mask]the"),
        ("a::b", "a::b"),
    ],
)
def test_no_value_is_a_command_of_a_runner(
    monkeypatch: pytest.MonkeyPatch, text: str, shown: str
) -> None:
    monkeypatch.setenv("CI", "true")
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@team/owners", "@\u200bteam/owners"),
        ("see _@team_, \\@team, (@team)", "see _@\u200bteam_, \\@\u200bteam, (@\u200bteam)"),
        ("&#64;team &#x40;team &commat;team", "@\u200bteam @\u200bteam @\u200bteam"),
        ("@&#116;eam", "@\u200bteam"),
        ("&#064&#x40;team", "@\u200b@\u200bteam"),
        ("&&#35;64;team &#0000000000064;team", "@\u200bteam @\u200bteam"),
        ("fixes #12, !3", "fixes #\u200b12, !\u200b3"),
        ("fixes #&#49; &num;2 &excl;3", "fixes #\u200b1 #\u200b2 !\u200b3"),
        ("#<x></x>1, &#1 &7 &amp;7", "#\u200b<x></x>1, &#\u200b1 &\u200b7 &amp;\u200b7"),
        ("closes GH-12, gh\\-3, high-1", "closes GH\u200b-12, gh\u200b\\-3, high-1"),
        (
            "closes https://forge.io/a/b/issues/1, [x](/-/merge_requests\\/%31), 3 issues/day",
            "closes https://forge.io/a/b/issues\u200b/1, [x](/-/merge_requests\u200b\\/%31), "
            "3 issues/day",
        ),
        ("passed\n/merge\n  /approve", "passed\n\u200b/merge\n  \u200b/approve"),
        ("passed\r/merge\x0b/close", "passed\n\u200b/merge\n\u200b/close"),
        (
            "&lt;b&gt; &amp;#64;team &#124; &vert; a&b",
            "&lt;b&gt; &amp;#\u200b64;team &#124; &vert; a&b",
        ),
        ("```\n/merge\n```", "```\n\u200b/merge\n```"),
        ("a &#8203; b, ada@example.org, 1/2 | a/b", "a &#8203; b, ada@example.org, 1/2 | a/b"),
    ],
)
def test_text_of_another_job_mentions_nobody_and_commands_nothing(text: str, shown: str) -> None:
    assert inert(text) == shown


@pytest.mark.parametrize(
    "text", ["&" * 200_000 + "#35;" * 200_000 + "64;a", "&#" + "9" * 900_000, "\n" * 900_000]
)
def test_no_text_of_another_job_takes_long(text: str) -> None:
    before = time.process_time()
    shown = inert(text)
    assert time.process_time() - before < 5  # without a limit, hours
    assert "@a" not in shown


def test_random_text_of_another_job_is_inert_when_a_forge_shows_it() -> None:
    """Whatever is put together from signs, entities and markup: as it is shown, it is no command.

    The forges look for mentions and numbers in texts between tags, once Markdown and entities are
    read, and for addresses in links too.
    """
    parts = (
        "@ &#64; &#064 &commat; # &#35; &num; ! & &amp; 1 &#49; ada GH- \\ / %31 ` * _ <b> </b> "
    )
    parts += "</x> | &lt; &nbsp; é [x]( ) <a href=' '> issues/ https://f.io/a/b/pull/ /merge"
    tokens = [*parts.split(" "), " ", "\n", "\r", "\x0c", "\0", "```\n", "\u2028"]
    markdown = MarkdownIt("commonmark", {"html": True})
    for _ in range(1500):
        text = "".join(random.choices(tokens, k=random.randint(2, 9)))
        shown = inert(text)
        page = markdown.render(shown)
        links = re.findall(r"(?:href|src)=[\"']([^\"']*)", page)
        for piece in map(html.unescape, [*re.split(r"<[^>]*>", page), *links]):
            assert not re.search(r"(?<![A-Za-z0-9_/`])@[A-Za-z0-9]", piece, re.ASCII), text
            assert not re.search(r"(?<![A-Za-z0-9_])([#!&]|GH-)\d", piece, re.ASCII), text
            assert not re.search(r"/(issues|pull)/(\d|%3\d)", piece, re.ASCII), text
        assert not re.search(r"^\s*/[a-z]", shown.replace("\r", "\n"), re.MULTILINE), text


def test_a_secret_is_masked_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv(environment.SECRETS, "PASSWORD_OF_TEST=50%25%0Aoff")
    monkeypatch.delenv("PASSWORD_OF_TEST", raising=False)
    environment.prepare(Product(tmp_path))
    monkeypatch.delenv("PASSWORD_OF_TEST")
    # The runner decodes %25 to %.
    assert capsys.readouterr().err == "::add-mask::50%2525%250Aoff\n"
