"""The answers for the warehouse: one definition in the template, the package and its pages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from jinja2 import Environment, StrictUndefined

from first_light.dbt.driver import load_kind
from first_light.dbt.profile import missing_variables, read_profile
from first_light.utils.errors import DataopsError
from first_light.warehouse.setup import Setup
from tools.release import template

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
CHOICES = template.asked()["warehouse"]["choices"]
ANSWERS = tuple(CHOICES.values())
ELSEWHERE = tuple(name for name in ANSWERS if name not in ("duckdb", "postgres"))
"""Answers where development and checks stay on files."""


def setup(name: str) -> Setup:
    found: Setup = load_kind(name).setup
    return found


def rendered(name: str, slug: str = "my_product") -> dict[str, dict[str, object]]:
    """The targets of the template's profile."""
    text = (ROOT / "template" / "profiles.yml.jinja").read_text("utf-8")
    jinja = Environment(undefined=StrictUndefined)
    content = jinja.from_string(text).render(
        warehouse=name, warehouse_name=setup(name).name, slug=slug
    )
    outputs: dict[str, dict[str, object]] = yaml.safe_load(content)["dataops"]["outputs"]
    return outputs


def test_every_warehouse_of_the_package_that_is_an_answer_is_asked() -> None:
    entries = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    kinds = entries["first_light.warehouses"]
    assert {name for name in kinds if setup(name).is_answer} == set(ANSWERS)
    assert all("preview" in label for label, name in CHOICES.items() if name in ELSEWHERE)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_target_of_releases_is_the_one_that_a_move_builds_with(name: str) -> None:
    outputs = rendered(name)
    expected = dict(setup(name).target)
    if name == "duckdb":  # a move reads no raw at a URL
        outputs["prod"].pop("filesystems")
    assert outputs["prod"] == expected
    if name in ELSEWHERE:
        assert outputs["dev"] == rendered("duckdb")["dev"]
        assert outputs["ci"] == rendered("duckdb")["ci"]
        assert "my_product" not in yaml.safe_dump(rendered(name, "shop"))


@pytest.mark.parametrize("name", ANSWERS)
def test_the_adapter_is_an_extra_with_the_same_range(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    if name == "duckdb":
        assert setup(name).package in project["dependencies"]
    else:
        assert extras[name] == [setup(name).package]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_page_has_the_one_command(name: str) -> None:
    page = (ROOT / "docs" / "guides" / f"{setup(name).page}.md").read_text("utf-8")
    command, by_hand = (
        page.index(text)
        for text in (f"dataops configure --warehouse {name}", "dataops own profiles.yml")
    )
    assert command < by_hand


@pytest.mark.parametrize("name", ELSEWHERE)
def test_missing_variables_are_named_with_the_page(name: str, tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: p\nprofile: dataops\n")
    profile = {"dataops": {"outputs": rendered(name)}}
    (tmp_path / "profiles.yml").write_text(yaml.safe_dump(profile))
    missing = missing_variables(tmp_path, "prod")
    assert (
        missing
        == {
            "snowflake": ("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER"),
            "bigquery": ("BIGQUERY_PROJECT",),
            "spark": ("SPARK_HOST",),
        }[name]
    )
    with pytest.raises(DataopsError) as error:
        read_profile(tmp_path, "prod", {})
    assert all(variable in error.value.where for variable in missing)
    assert error.value.fix.endswith(f"uv run dataops docs {name}")
    values = read_profile(tmp_path, "prod", dict.fromkeys(missing, "given")).values
    assert "given" in values.values()
    assert missing_variables(tmp_path, "dev") == ()
