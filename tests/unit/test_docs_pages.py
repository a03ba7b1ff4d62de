"""`dataops docs`: the pages of the installed version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from first_light.cli.app import app
from first_light.commands.docs import page, pages
from first_light.utils.errors import DataopsError

ROOT = Path(__file__).resolve().parents[2]


def test_every_page_has_a_name_of_its_own() -> None:
    names = [page.name for page in pages()]
    assert len(names) == len(set(names))
    assert {"get-started", "deploy", "commands", "decisions"} <= set(names)


def test_a_page_is_found_by_name_and_by_path() -> None:
    assert page("deploy") == page("guides/deploy.md") == page("Deploy")
    assert page("deploy").title == "Deploy a product"
    assert "<!--" not in page("deploy").text


@pytest.mark.parametrize(("name", "near"), [("deplyo", "deploy"), ("postgre", "postgres")])
def test_an_unknown_page_names_similar_ones(name: str, near: str) -> None:
    with pytest.raises(DataopsError, match=f"There is no page {name}") as raised:
        page(name)
    assert raised.value.fix == f"uv run dataops docs {near}"


def test_an_unknown_page_without_similar_ones_lists_all() -> None:
    with pytest.raises(DataopsError) as raised:
        page("qqqq")
    assert (raised.value.where, raised.value.fix) == ("", "uv run dataops docs")


def test_without_an_argument_pages_are_listed() -> None:
    result = CliRunner().invoke(app, ["docs"])
    assert result.exit_code == 0
    assert "guides" in result.stdout
    assert "Deploy a product" in result.stdout


def test_outside_a_terminal_a_page_is_markdown() -> None:
    result = CliRunner().invoke(app, ["docs", "stores"])
    assert result.stdout.startswith("# Choose where releases are stored\n")


def test_every_page_that_the_code_proposes_exists() -> None:
    names = {page.name for page in pages()}
    for folder in ("src", "template", "docs"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".md", ".jinja", ".yml"}:
                text = path.read_text(encoding="utf-8")
                proposed = re.findall(r"uv run dataops docs ([a-z-]+)", text)
                assert set(proposed) <= names, path


def test_the_wheel_carries_every_section() -> None:
    included = re.findall(r'^"docs/([a-z-]+)', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    shown = {page.section or page.name for page in pages()}
    assert shown - {"gallery"} == set(included)  # pictures are for the site, not for a terminal


def test_the_files_that_a_template_of_ones_own_merges_otherwise_exist() -> None:
    page = (ROOT / "docs" / "guides" / "operate.md").read_text("utf-8")
    merged = dict(re.findall(r"^(\S+) merge=(\w+)$", page, re.MULTILINE))
    assert set(merged.values()) == {"generated", "kept"}
    assert set(re.findall(r"git config merge\.(\w+)\.driver", page)) == set(merged.values())
    assert [path for path in merged if not (ROOT / path).is_file()] == []
