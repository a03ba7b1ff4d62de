"""The baseline of an adopted project: what it accepts, what it does not, and how it shrinks."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from first_light.hooks import present
from first_light.hooks.debt import Debt
from first_light.hooks.listing import Finding, FindingsFile, read_findings
from first_light.project import baseline
from first_light.project.baseline import Baseline
from first_light.project.hook_run import CONFIG, HookRun
from first_light.project.product import ANSWERS, Product
from first_light.utils.errors import DataopsError
from first_light.utils.steps import PASSED, WARNED
from harness import git

OLD = Finding("description", "models/old.sql", "model old has no description")
RECORDED = Baseline({
    "rules/description": {"models/old.sql": 1, "models/gone.sql": 1},
    "rules/owner": {},
    "sql/LT01": {"models/old.sql": 3, "models/other.sql": 2},
})  # fmt: skip


@pytest.fixture
def product(tmp_path: Path) -> Product:
    (tmp_path / ANSWERS).write_text("{}\n")
    (tmp_path / "dbt_project.yml").write_text("name: shop\n")
    (tmp_path / "models").mkdir()
    for name in ("old", "other"):
        (tmp_path / "models" / f"{name}.sql").write_text("select 1 \n")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "theirs")
    return Product(tmp_path)


def debt(product: Product, *touched: str) -> Debt:
    return Debt(product, git(product.root, "rev-parse", "HEAD").strip(), "main", touched)


def test_only_what_a_change_adds_or_touches_is_judged(product: Product) -> None:
    baseline.write(product.root, RECORDED)
    git(product.root, "add", "-A")
    git(product.root, "commit", "-qm", "baseline")
    new = replace(OLD, file="models/new.sql")
    more = replace(OLD, text="a second one in the same file")

    assert debt(product).judged([OLD]) == ()
    assert debt(product).judged([OLD, new]) == (new,)
    assert debt(product).judged([OLD, more]) == (OLD, more)
    assert debt(product, OLD.file).judged([OLD]) == (OLD,)
    assert debt(product, "models/schema.yml").judged([OLD]) == ()
    assert debt(product).excluded["sql"] == {"models/old.sql", "models/other.sql"}
    assert debt(product, OLD.file).excluded["sql"] == {"models/other.sql"}


def test_the_change_that_records_the_baseline_is_not_judged_for_it(product: Product) -> None:
    baseline.write(product.root, RECORDED)
    adopting = debt(product, OLD.file)
    assert adopting.judged([OLD]) == ()
    assert OLD.file in adopting.excluded["sql"]


def test_without_a_baseline_everything_is_judged(product: Product) -> None:
    assert debt(product).judged([OLD]) == (OLD,)
    assert debt(product).excluded == {}
    assert debt(product).step() is None


def test_entries_that_no_longer_apply_are_named_and_removed(product: Product) -> None:
    baseline.write(product.root, RECORDED)
    git(product.root, "add", "-A")
    git(product.root, "commit", "-qm", "baseline")
    clean = debt(product, OLD.file)
    clean.judged([])
    clean.note_clean("sql")
    step = clean.step()
    assert step is not None
    assert step.verdict == WARNED
    assert "sql/LT01, models/old.sql: 3 recorded, 0 present" in step.details
    assert "rules/description, models/gone.sql: 1 recorded, 0 present" in step.details
    assert "other.sql" not in "".join(step.details)  # it was not examined

    shrunk = RECORDED.shrunk("sql", {"sql/LT01": {"models/old.sql": 9}}, {OLD.file})
    assert shrunk.number("sql/LT01", OLD.file) == 3, "a baseline only shrinks"
    shrunk = RECORDED.shrunk("sql", {}, {OLD.file})
    assert shrunk.findings["sql/LT01"] == {"models/other.sql": 2}
    baseline.write(product.root, shrunk)
    fewer = debt(product).step()
    assert fewer is not None
    assert fewer.verdict == PASSED
    assert fewer.summary == "4 findings in 3 files, 3 fewer than main"
    assert str(baseline.trend(product)).startswith("4 findings, 7 on ")


def test_the_file_is_read_as_it_was_written_and_damage_is_named(tmp_path: Path) -> None:
    baseline.write(tmp_path, RECORDED)
    assert baseline.read(tmp_path) == RECORDED
    (tmp_path / baseline.FILE).write_text("sql/LT01: [models/old.sql]\n")
    with pytest.raises(DataopsError, match="baseline cannot be read"):
        baseline.read(tmp_path)


SQL = """==== finding fixable violations ====
== [models/a.sql] FAIL
L:   1 | P:   1 | CP01 | Keywords must be lower case. [capitalisation.keywords]
L:   2 | P:   8 | LT01 | Expected single whitespace between comma and naked
                       | identifier. [layout.spacing]
== [models/b.sql] FAIL
L:   1 | P:   1 | CP01 | Keywords must be lower case. [capitalisation.keywords]
"""
YAML = """models/schema.yml
  7:7       error    wrong indentation: expected 4 but found 6  (indentation)
  13:7      error    wrong indentation: expected 4 but found 6  (indentation)
"""


def test_a_step_shows_one_line_for_each_rule_and_a_file_all_findings(tmp_path: Path) -> None:
    lines = FindingsFile(tmp_path).add("SQL style", read_findings(SQL))
    assert lines == (
        "models/a.sql:1 Keywords must be lower case. [capitalisation.keywords] [CP01]; "
        "1 more in 2 files",
        "models/a.sql:2 Expected single whitespace between comma and naked identifier. "
        "[layout.spacing] [LT01]",
        "all findings: target/check/findings.txt",
    )
    assert (tmp_path / "target/check/findings.txt").read_text().count("[CP01]") == 2
    (line,) = [
        line for line in FindingsFile(tmp_path).add("YAML", read_findings(YAML)) if "7" in line
    ]
    assert line.startswith("models/schema.yml:7 wrong indentation")
    assert read_findings("Traceback (most recent call last):\n  boom\n") == ()


HOOKS = """repos:
  - repo: local
    hooks:
      - id: whitespace
        name: no trailing white space
        entry: uv run --no-sync trailing-whitespace-fixer --
        language: system
        types: [text]
        exclude: ^sample/
      - id: yaml
        name: YAML
        entry: uv run --no-sync yamllint --strict --
        language: system
        types: [yaml]
"""


def test_a_hook_is_counted_without_a_change_and_leaves_out_excluded_files(product: Product) -> None:
    root = product.root
    (root / "models" / "schema.yml").write_text("a:   1\n")
    (root / "sample").mkdir()
    (root / "sample" / "a.csv").write_text("a \n")
    local = HOOKS.replace("uv run --no-sync ", f"{Path(sys.executable).parent}/")
    (root / CONFIG).write_text(HOOKS)
    names = [name for name in git(root, "ls-files", "-o", "-c").split() if name != CONFIG]
    found = present.findings(root, "whitespace", names)
    assert found == {"whitespace": {"models/old.sql": 1, "models/other.sql": 1}}
    assert present.findings(root, "yaml", names)["yaml/colons"] == {"models/schema.yml": 1}
    assert git(root, "diff", "--name-only") == ""

    (root / CONFIG).write_text(local)
    excluded = {"whitespace": ["models/old.sql"], "yaml": ["models/schema.yml"]}
    models = [name for name in names if name.startswith("models/")]
    results = HookRun(root, only=models, excluded=excluded).wait()
    assert [result.status for result in results][:2] == ["Failed", "Skipped"]
    everything = HookRun(root, only=models).wait()
    assert [result.status for result in everything][:2] == ["Failed", "Failed"]
    assert "models/other.sql" in results[0].output
    assert "models/old.sql" not in results[0].output
    assert subprocess.run(["git", "diff", "--quiet"], cwd=root).returncode == 0
