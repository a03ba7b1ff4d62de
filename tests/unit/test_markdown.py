"""Markdown from templates: what a value holds never becomes markup."""

from __future__ import annotations

import html
import re

import pytest

from first_light.forge import job_summary
from first_light.utils import steps, templates
from first_light.utils.steps import FAILED, PASSED, Step

HOSTILE = "<script>alert(1)</script> | [link](http://x) `code` *bold* \\ end\nnew line"


def test_a_value_stays_in_its_table_cell() -> None:
    text = steps.markdown("Check", [Step(HOSTILE, PASSED, 1.0, HOSTILE)])
    (row,) = [line for line in text.splitlines() if line.startswith("| ") and "passed" in line]
    assert row.replace("\\|", "").count("|") == 5
    assert "<script" not in text
    for sign in ("[link", "`code", "*bold"):
        assert f"\\{sign}" in row


@pytest.mark.parametrize(
    "text",
    [
        *("@team/owners", "ada@example.org", "&#64;team", "&commat;team"),
        *("http://x.org", "HTTPS://x.org", "ftp://x.org", "www.x.org", "WWW.x.org"),
        *("fixes #12", "team/product#12", "!12", "[a](http://x.org)", "<http://x.org>"),
        *("GH-12", "/merge", "/approve", "/assign @x", '~"label"', "~bug", '%"next"', "$1"),
    ],
)
def test_a_value_becomes_no_link_and_no_mention(text: str) -> None:
    """A forge makes links of bare text after Markdown and HTML are read."""
    shown = html.unescape(str(templates.escape_markdown(text)))
    assert not re.search(r"@\w|://|www\.|[#!$]\d|GH-\d|^/\w|[~%][a-z\"]", shown, re.IGNORECASE), (
        shown
    )
    plain = shown.replace("\u200b", "").replace("\\", "")
    assert plain == text, "it reads as it was"


def test_code_is_shown_as_it_is() -> None:
    text = "git clone https://x.org/a@b"
    assert templates.code(text) == f"`{text}`"
    assert text in templates.block(text)


@pytest.mark.parametrize("text", ["a ``` b", "```\nrm -rf\n```", "`", "``````"])
def test_a_fenced_block_is_not_ended_by_its_text(text: str) -> None:
    for rendered in (templates.block(text), job_summary.message("Title", text)):
        lines = rendered.splitlines()
        fence = lines[-1]
        assert set(fence) == {"`"}
        inside = "\n".join(lines[lines.index(f"{fence}text") + 1 : -1])
        assert inside == text
        assert fence not in inside


@pytest.mark.parametrize("text", ["plain", "a`b", "``", "`edge`", "a|b"])
def test_a_code_span_is_not_ended_by_its_text(text: str) -> None:
    span = templates.code(text)
    marks = span[: len(span) - len(span.lstrip("`"))]
    assert span.endswith(marks)
    assert marks not in span[len(marks) : -len(marks)]


def test_a_report_shows_failures_with_the_command_that_repeats_them() -> None:
    done = [
        Step("YAML", PASSED, 0.2),
        Step("SQL style", FAILED, 2.0, "1 finding", ("models/a.sql, line 3",), "uv run sqlfluff"),
    ]
    report = steps.markdown("Check of Shop", done)
    assert report.startswith("## ❌ Check of Shop: failed\n")
    assert "| YAML | ✅ passed | 0.2 |  |\n| SQL style | ❌ failed | 2.0 | 1 finding |" in report
    assert "\n### ❌ SQL style\n\n```text\nmodels/a.sql, line 3\n```\n" in report
    assert "Repeat only this step: `uv run sqlfluff`" in report
    brief = steps.brief("Check of Shop", done)
    assert brief == (
        "## ❌ Check of Shop: failed\n\n- ❌ SQL style: 1 finding · `uv run sqlfluff`\n"
    )
    assert steps.brief("Check", [done[0]]) == "## ✅ Check: passed\n"


def test_a_name_that_a_template_does_not_know_is_an_error() -> None:
    with pytest.raises(Exception, match="undefined"):
        templates.render("utils/markdown/steps.md.j2")
