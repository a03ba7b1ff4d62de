"""What the template asks, and that every set of answers renders to a product that holds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import copier
import jinja2
import pytest
import yaml
from conftest import MakeProduct
from copier.errors import UserMessageError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import harness
from first_light.dbt.engine import open_engine
from first_light.dbt.profile import read_profile
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.kinds import warehouse_type
from tools.release import template


def test_asks_at_most_eight_questions_each_with_a_default() -> None:
    asked = template.asked()
    assert len(asked) <= 8
    assert all("default" in question and "help" in question for question in asked.values())


def test_needs_no_trust() -> None:
    assert not {"_tasks", "_jinja_extensions", "_migrations"} & set(template.settings())


def test_the_harness_rejects_an_answer_to_no_question(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no such question: produkt_name"):
        harness.render(tmp_path / "p", {"produkt_name": "x"})


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"product_name": "  "}, "The name is empty"),
        ({"product_name": "a\nb"}, "control characters or line breaks"),
        ({"product_name": "a\x07b"}, "control character"),
        ({"product_name": "a {{ b"}, "which dbt renders as code"),
        ({"product_name": "x" * 101}, "longer than 100"),
        ({"description": ""}, "The description is empty"),
        ({"description": "one\ntwo"}, "must be one line"),
        ({"team": "{% x"}, "which dbt renders as code"),
        ({"contact": "nobody"}, "e-mail address"),
        ({"contact": "a@b.c\nd"}, "e-mail address"),
        ({"contact": "a#b@example.com"}, "e-mail address"),
        ({"deadline": "7:00"}, "HH:MM"),
        ({"deadline": "24:00"}, "HH:MM"),
        ({"ci": "jenkins"}, "Invalid choice"),
        ({"content": "shop"}, "Invalid choice"),
    ],
)
def test_a_bad_answer_is_rejected_in_words(
    tmp_path: Path, answers: dict[str, str], words: str
) -> None:
    with pytest.raises(Exception, match=words):
        harness.render(tmp_path / "p", answers)
    assert not (tmp_path / "p" / "dbt_project.yml").exists()


def test_a_misspelt_variable_stops_the_render(tmp_path: Path) -> None:
    broken = tmp_path / "template"
    shutil.copytree(harness.TEMPLATE / "template", broken / "template")
    for name in ("copier.yml", "ownership.yml"):
        shutil.copy(harness.TEMPLATE / name, broken)
    with (broken / "template" / "CODEOWNERS.jinja").open("a") as file:
        file.write("{{ conatct }}\n")
    with pytest.raises(UserMessageError, match="not a git repository"):
        copier.run_copy(str(broken), tmp_path / "p", defaults=True, quiet=True)
    harness.git(broken, "init", "-q", "-b", "main")
    harness.git(broken, "add", "-A")
    harness.git(broken, "commit", "-q", "-m", "broken")
    with pytest.raises(jinja2.UndefinedError, match="conatct"):
        copier.run_copy(str(broken), tmp_path / "q", defaults=True, quiet=True)


def can_take_the_network_away() -> bool:
    """Whether this machine lets a test run without any network."""
    if not shutil.which("unshare"):
        return False
    return subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not can_take_the_network_away(), reason="unshare --net is not allowed here")
def test_needs_no_network(tmp_path: Path) -> None:
    script = "import sys, pathlib, harness; harness.render(pathlib.Path(sys.argv[1]))"
    subprocess.run(
        ["unshare", "--net", sys.executable, "-c", script, str(tmp_path / "p")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=True,
    )
    assert (tmp_path / "p" / "dbt_project.yml").exists()


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_one_ci_not_both(tmp_path: Path, ci: str) -> None:
    root = harness.render(tmp_path / "p", {"ci": ci})
    assert (root / ".github").exists() == (ci == "github")
    assert (root / ".gitlab-ci.yml").exists() == (ci == "gitlab")


def test_no_raw_no_lock_and_no_suffix_is_rendered(tmp_path: Path) -> None:
    root = harness.render(tmp_path / "p")
    assert not (root / "raw").exists()
    assert not (root / "uv.lock").exists()
    assert not list(root.rglob("*.jinja"))


def test_the_sample_in_git_is_small(tmp_path: Path) -> None:
    root = harness.render(tmp_path / "p")
    size = sum(path.stat().st_size for path in (root / "sample").rglob("*") if path.is_file())
    assert 0 < size < 1_000_000


names = st.text(
    alphabet=st.characters(
        min_codepoint=32, exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    ),
    min_size=1,
    max_size=40,
).filter(
    lambda text: (
        text.strip() and text.isprintable() and not any(s in text for s in ("{{", "{%", "{#"))
    )
)


@pytest.mark.slow
@settings(
    max_examples=1, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example("dbt", "null", "\\")
@example("No", '"', "- x")
@example("'", "007", "~")
@given(product_name=names, team=names, description=names)
def test_any_name_renders_a_product_that_dbt_reads(
    tmp_path_factory: pytest.TempPathFactory, product_name: str, team: str, description: str
) -> None:
    answers = {"product_name": product_name, "team": team, "description": description}
    root = harness.render(tmp_path_factory.mktemp("any") / "p", answers)
    saved = yaml.safe_load((root / ".copier-answers.yml").read_text("utf-8"))
    assert {key: saved[key] for key in answers} == answers
    exposure = yaml.safe_load((root / "models/_boards.yml").read_text("utf-8"))
    assert exposure["exposures"][0]["owner"]["name"] == team.strip()
    parsed = open_engine(root, "ci", root / "target").parse()
    assert parsed.ok, parsed.problem


@pytest.mark.slow
@pytest.mark.parametrize("warehouse", ["snowflake", "bigquery", "spark"])
def test_a_warehouse_of_releases_needs_no_account_to_be_parsed(
    tmp_path: Path, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the hook and the check do it; nothing but releases is on the warehouse."""
    root = harness.render(tmp_path / "p", {"warehouse": warehouse})
    for name in [n for n in os.environ if n.startswith(("SNOWFLAKE_", "BIGQUERY_", "SPARK_"))]:
        monkeypatch.delenv(name)
    assert f"first-light[{warehouse}]" in (root / "dataops/pyproject.toml").read_text("utf-8")
    parsed = open_engine(root, "ci", root / "target").parse()
    assert parsed.ok, parsed.problem
    assert warehouse_type(Product(root)) == warehouse
    with pytest.raises(DataopsError, match="are not set") as error:
        read_profile(root, "prod", {})
    assert error.value.fix.endswith(f"uv run dataops docs {warehouse}")


@pytest.mark.slow
@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({}, marks=pytest.mark.gauntlet),  # in CI it is what test_start.py starts
        pytest.param({"content": "empty"}, marks=pytest.mark.gauntlet),  # in test_check.py
        {**harness.WORST, "ci": "gitlab"},
    ],
    ids=["default", "empty", "worst"],
)
def test_every_profile_checks_and_builds_at_once(
    make_product: MakeProduct, answers: dict[str, str]
) -> None:
    """The product's hooks pass at the first run with an empty diff, and dbt builds by itself."""
    product = make_product(answers)
    product.git("add", "-A")
    checked = product.dataops("check")
    assert "check passed" in checked.stdout
    assert "with warnings" not in checked.stdout
    assert product.git("diff", "--stat") == ""
    product.dbt("build")
    product.commit("first")
    assert product.git("status", "--porcelain") == ""


@pytest.mark.slow
def test_hooks_pass_under_prek_too(make_product: MakeProduct) -> None:
    product = make_product()
    product.git("add", "-A")
    product.uv_run("prek", "run", "--all-files")
    assert product.git("diff", "--stat") == ""


@pytest.mark.slow
def test_developers_ci_and_prod_never_meet_in_one_schema(make_product: MakeProduct) -> None:
    product = make_product()
    schemas = {}
    for target in ("dev", "ci", "prod"):
        listed = product.dbt(
            *("--quiet", "ls", "--target", target, "--resource-types", "model", "snapshot"),
            *("--output", "json", "--output-keys", "schema"),
            env={"USER": "Ada.Love-Lace", "DATAOPS_CI_ID": "42"},
        )
        schemas[target] = {yaml.safe_load(line)["schema"] for line in listed.stdout.splitlines()}
    assert schemas["prod"] == {"staging", "intermediate", "marts", "snapshots"}
    assert schemas["dev"] == {f"dev_ada_love_lace_{name}" for name in schemas["prod"]}
    assert schemas["ci"] == {f"ci_42_{name}" for name in schemas["prod"]}


@pytest.mark.slow
@pytest.mark.parametrize("version", ["oldest", "newest"])
def test_renders_with_the_oldest_and_the_newest_copier(tmp_path: Path, version: str) -> None:
    oldest = template.settings()["_min_copier_version"]
    package = f"copier=={oldest}" if version == "oldest" else "copier"
    command = ["uvx", "--quiet", *(["--refresh"] if version == "newest" else []), "--from", package]
    command += ["copier", "copy", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    subprocess.run([*command, str(harness.template_repository()), str(tmp_path / "p")], check=True)
    expected = harness.render(tmp_path / "q", {"product_name": "p"})
    rendered, fresh = (harness.tree(root, ".") for root in (tmp_path / "p", expected))
    for files in (rendered, fresh):
        del files[".copier-answers.yml"]  # it names the commit
    assert rendered == fresh


@pytest.mark.slow
def test_a_copier_that_is_too_old_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        ["uvx", "--quiet", "--from", "copier==9.17.0", "copier", "copy", "--defaults"]
        + ["--vcs-ref", "HEAD", str(harness.TEMPLATE), str(tmp_path / "p")],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert template.settings()["_min_copier_version"] in done.stderr
