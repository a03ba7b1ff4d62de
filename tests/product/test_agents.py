"""What a coding agent reads in a product: AGENTS.md and the skills, followed step by step."""

from __future__ import annotations

import asyncio
import json
import re
import sysconfig
import textwrap
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from mcp import Client, StdioServerParameters

import harness

SKILLS = harness.TEMPLATE / "template" / "skills"
# A fence with what it is: `console` runs, `LANGUAGE PATH` is a file, all else is to be read.
BLOCK = re.compile(r"^( *)(`{3,})([^\n`]+)\n(.*?)^\1\2$", re.M | re.S)
WRONG_DAY = "orders/orders_2026-04-01.csv"


def blocks(skill: str) -> list[tuple[str, str]]:
    """What each block is and its text, in the order of the skill."""
    text = (SKILLS / skill / "SKILL.md").read_text(encoding="utf-8")
    return [(kind, textwrap.dedent(body)) for _, _, kind, body in BLOCK.findall(text)]


def follow(
    product: harness.Product, skill: str, first: int = 0, last: int | None = None, code: int = 0
) -> None:
    """Do what the blocks of a skill say, files and commands, from the first to before the last."""
    for kind, body in blocks(skill)[first:last]:
        if kind == "console":
            product.run("bash", "-euo", "pipefail", "-c", body, code=code)
        elif " " in kind and kind != "yaml chart":
            path = product.root / kind.split()[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_skill_says_when_to_use_it_and_agents_md_names_it(tmp_path: Path) -> None:
    manual = (harness.render(tmp_path / "p") / "AGENTS.md").read_text(encoding="utf-8")
    skills = sorted(path.name for path in SKILLS.iterdir())
    assert re.findall(r"\(skills/([\w-]+)/SKILL\.md\)", manual) == sorted(skills, key=manual.index)
    for skill in skills:
        text = (SKILLS / skill / "SKILL.md").read_text(encoding="utf-8")
        head = yaml.safe_load(text.split("---")[1])
        assert head["name"] == skill
        assert "Use it " in head["description"]


@pytest.mark.parametrize("answers", [{}, harness.WORST])
def test_the_settings_of_editors_are_json(tmp_path: Path, answers: dict[str, str]) -> None:
    root = harness.render(tmp_path / "p", answers)
    for name in ("extensions", "settings", "tasks"):
        assert json.loads((root / ".vscode" / f"{name}.json").read_text("utf-8"))
    container = json.loads((root / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert container["name"]
    assert container["postCreateCommand"] == "uv run dataops start"


def test_editors_know_the_schemas_of_dbt_and_one_dbt_project(tmp_path: Path) -> None:
    """`check` lays another commit out below target/base, which is no project to open."""
    root = harness.render(tmp_path / "p")
    settings = json.loads((root / ".vscode" / "settings.json").read_text("utf-8"))
    globs = [glob for listed in settings["yaml.schemas"].values() for glob in listed]
    for path in root.rglob("*.yml"):
        name = path.relative_to(root).as_posix()
        if name.startswith(".") or name == "profiles.yml":
            continue
        patterns = [glob.replace("/**/", "/*") for glob in globs]
        assert sum(fnmatch(f"/{name}", pattern) for pattern in patterns) == 1, name
    assert settings["files.exclude"]["target"] is True
    assert settings["files.watcherExclude"] == {"**/target/base/**": True}


@pytest.mark.slow
@pytest.mark.gauntlet
def test_the_other_skills_step_by_step(tmp_path: Path) -> None:
    product = harness.started_example(tmp_path / "my-product")
    marts = product.root / "models" / "marts"

    for skill in ("add-a-mart", "add-a-source", "write-a-board"):
        follow(product, skill)
        assert product.git("status", "--porcelain") == ""
        product.git("switch", "--quiet", "main")

    skill = "change-a-public-model"
    follow(product, skill, 0, 1)
    rule = "where customer_id is not null"
    replace(marts / "customers.sql", rule, f"{rule} and status <> 'cancelled'")
    replace(marts / "customers.yml", "Orders placed, including cancelled ones.", "Orders kept.")
    follow(product, skill, 1, 2)
    undeclared = product.dataops("check", code=1).stdout
    assert "Data-Change: customers" in undeclared
    follow(product, skill, 3)
    product.git("switch", "--quiet", "main")

    skill = "correct-personal-data"
    source = product.root / "models" / "staging" / "shop" / "raw_customers.yml"
    description = "description: \"{{ doc('city') }}\"\n"
    replace(source, description, f"{description}            config: {{meta: {{pii: address}}}}\n")
    follow(product, skill)


@pytest.mark.slow
def test_a_rejected_release_step_by_step(tmp_path: Path) -> None:
    product = harness.started_example(tmp_path / "my-product")

    # A day without most of its rows is rejected; set aside, the next release is published.
    skill = "fix-a-rejected-release"
    wrong = max((product.root / "raw" / "orders").iterdir())
    lines = wrong.read_text(encoding="utf-8").splitlines(keepends=True)
    later = wrong.with_name(Path(WRONG_DAY).name)
    later.write_text("".join([lines[0], *lines[1:3]]).replace("EUR", "XXX"), encoding="utf-8")
    rejected = product.dataops("release", code=1).stdout
    command = re.search(r"uv run (dataops set-aside [^\n]+)", rejected)
    assert command, rejected
    follow(product, skill, 0, 1, code=1)
    product.run("bash", "-c", f"uv run {command.group(1)}")
    follow(product, skill, 1)

    # What an agent asks of a change.
    product.git("switch", "--quiet", "--create", "words")
    replace(product.root / "boards" / "weekly_revenue.md", "# ", "# The ")
    product.dataops("check")
    answers = asyncio.run(ask(product))
    assert answers["status"]["current"]
    assert answers["releases"][0]["outcome"] == "published"
    assert {"orders", "stg_orders"} <= {line["name"] for line in answers["models"]["resources"]}
    columns = {column["name"]: column for column in answers["describe"]["columns"]}
    assert columns["customer_id"]["tests"]
    assert answers["describe"]["contract"] is True
    assert "orders" in answers["lineage"]["downstream"]
    assert answers["score"]["total"] == 12
    assert answers["check"]["steps"]
    assert "choose one: customers" in answers["unknown"]

    # An error that readers found, once it is corrected: the draft holds it off, and offers a drill.
    reported = ("incident", "report", "the total is that of the largest order", "--model")
    opened = json.loads(product.dataops(*reported, "customers", "--json").stdout)["incident"]
    replace(product.root / "models/marts/customers.sql", "sum(total_amount)", "max(total_amount)")
    closing = product.dataops("incident", "close", opened, "--because", "corrected").stdout
    assert f"uv run dataops incident draft {opened}" in closing
    drafted = json.loads(product.dataops("incident", "draft", opened, "--json").stdout)
    assert drafted["changed_models"] == ["customers"]
    (test,) = yaml.safe_load((product.root / drafted["file"]).read_text("utf-8"))["unit_tests"]
    assert test["model"] == "customers"
    amounts = [
        float(row["total_amount"])
        for given in test["given"]
        for row in given["rows"]
        if row.get("total_amount") is not None
    ]
    assert len(amounts) == 2  # of one customer: no smaller rows show it
    (row,) = test["expect"]["rows"]
    assert float(row["lifetime_total_amount"]) == max(amounts) != sum(amounts)


async def ask(product: harness.Product) -> dict[str, Any]:
    """Every tool of `dataops mcp`, asked once by the official client, over its standard input."""
    command = str(Path(sysconfig.get_path("scripts")) / "dataops")
    server = StdioServerParameters(
        command=command, args=["mcp"], env=product.environment, cwd=product.root
    )
    arguments = {"describe": {"name": "customers"}, "lineage": {"name": "stg_orders"}}
    answers = {}
    async with Client(server) as client:
        listed = (await client.list_tools()).tools
        for tool in listed:
            assert tool.description
            assert tool.annotations
            assert tool.annotations.read_only_hint
            done = await client.call_tool(tool.name, arguments.get(tool.name, {}))
            (content,) = done.content
            assert content.type == "text"
            assert not done.is_error, content.text
            answers[tool.name] = json.loads(content.text)
        wrong = await client.call_tool("describe", {"name": "customer"})
        (content,) = wrong.content
        assert content.type == "text"
        assert wrong.is_error
        answers["unknown"] = content.text
    return answers
