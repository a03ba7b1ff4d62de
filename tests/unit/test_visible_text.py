"""Names and values in a terminal and in a log are text: they control neither."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
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
        ("&#64;team &#x40;team &COMMAT;team", "@\u200bteam @\u200bteam @\u200bteam"),
        ("@&#116;eam", "@\u200b&#116;eam"),
        ("fixes #12, !3", "fixes #\u200b12, !\u200b3"),
        ("passed\n/merge\n  /approve", "passed\n\u200b/merge\n  \u200b/approve"),
        ("```\n/merge\n```", "```\n\u200b/merge\n```"),
        ("a &#8203; b, ada@example.org, 1/2 | a/b", "a &#8203; b, ada@example.org, 1/2 | a/b"),
    ],
)
def test_text_of_another_job_mentions_nobody_and_commands_nothing(text: str, shown: str) -> None:
    assert inert(text) == shown


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
