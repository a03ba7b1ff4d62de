"""`dataops check` turns red for what is wrong, and names it."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys

import pytest
from conftest import MakeProduct

AFTER_PARSE = """\
repos:
  - repo: local
    hooks:
      - id: after-parse
        name: dbt has read the project
        entry: test -f target/check/manifest.json
        language: system
        always_run: true
        pass_filenames: false
"""


@pytest.mark.slow
def test_each_fault_turns_the_check_red_by_name(make_product: MakeProduct) -> None:
    product = make_product()
    marts = product.root / "models" / "marts"

    # A broken contract: a public mart loses a promised type.
    contracted = marts / "orders.yml"
    text = contracted.read_text("utf-8")
    contracted.write_text(text.replace("data_type: date", "data_type: integer", 1), "utf-8")
    # A data test that fails, on two rows.
    (product.root / "tests" / "assert_no_telescopes.sql").write_text(
        "select day from {{ ref('days') }} order by day limit 2\n"
    )
    # A model that nobody described, in bad style, with an odd name.
    (product.root / "models" / "intermediate" / "odd.sql").write_text(
        "SELECT customer_id FROM {{ ref('stg_customers') }}\n"
    )
    # An existing model in bad style that no tool can put right.
    style = product.root / "models" / "staging" / "shop" / "stg_orders.sql"
    style.write_text(style.read_text("utf-8") + f"-- {'x' * 120}\n", "utf-8")
    # A view that keeps a value of a person, which dbt reads while it compiles it.
    (product.root / "models" / "marts" / "people.sql").write_text(
        "{{ config(materialized='view') }}\n"
        "{% set query %}select min(email) from {{ ref('stg_customers') }}{% endset %}\n"
        "{% set email = run_query(query).columns[0].values()[0] if execute else '' %}\n"
        "select customer_id from {{ ref('stg_customers') }} where email = '{{ email }}'\n"
    )
    # A secret.
    key = "AKIA" + "Q3EGRTXVY7ZAB4WM"
    (product.root / "notes.txt").write_text(f"aws_access_key_id = {key}\n")

    checked = product.dataops("check", code=1)
    assert "check failed" in checked.stdout
    report = json.loads((product.root / "target/check/report.json").read_text("utf-8"))
    failed = {step["name"]: "\n".join(step["details"]) for step in report["steps"]
              if step["verdict"] == "failed"}  # fmt: skip
    assert set(failed) == {
        "project rules", "dbt build on the sample", "definitions of views", "boards", "SQL style",
        "no secrets",
    }  # fmt: skip
    assert "people.sql: the definition of the view people" in failed["definitions of views"]
    assert "@" not in failed["definitions of views"]
    assert "boards/weekly_revenue.md:" in failed["boards"]  # it reads what was not built
    assert "model odd has no description" in failed["project rules"]
    assert "model odd has no test" in failed["project rules"]
    assert "rename it to int_odd" in failed["project rules"]
    assert "model orders" in failed["dbt build on the sample"]
    assert "contract" in failed["dbt build on the sample"]
    assert "assert_no_telescopes" in failed["dbt build on the sample"]
    (build,) = (step for step in report["steps"] if step["name"] == "dbt build on the sample")
    (rows,) = (text for text in build["details"] if text.startswith("test assert_no_telescopes"))
    assert re.search(r"\nday\n[-\d]+\n[-\d]+$", rows), rows  # what fails is shown
    assert "stg_orders.sql" in failed["SQL style"]
    assert "LT05" in failed["SQL style"]
    assert "notes.txt" in failed["no secrets"]
    assert key not in checked.stdout
    assert "uv run dbt build --select" in checked.stdout
    summary = (product.root / "target/check/report.md").read_text("utf-8")
    assert "| dbt build on the sample | ❌ failed |" in summary
    assert key not in summary


@pytest.mark.slow
def test_a_new_file_in_bad_style_is_put_right_and_said(make_product: MakeProduct) -> None:
    product = make_product({"content": "empty"})
    product.commit()
    (product.root / "tests").mkdir()
    new = product.root / "tests" / "assert_nothing.sql"
    new.write_text("SELECT 1 AS one WHERE FALSE\n")
    checked = product.dataops("check", code=1)
    assert "style of new files" in checked.stdout
    assert "tests/assert_nothing.sql" in checked.stdout
    assert new.read_text().startswith("select 1")
    assert "check passed" in product.dataops("check").stdout

    # What was committed before, as in a project that adopted the template, is told and left alone.
    old, bad = product.root / "models" / "legacy.sql", "SELECT 1 AS One\n"
    old.write_text(bad)
    product.commit("theirs")
    document = product.dataops("check", code=1)
    assert "SQL style" in document.stdout
    assert "files outside this change" in document.stdout
    assert old.read_text() == bad
    assert (product.root / "target/check/styled/models/legacy.sql").read_text() != bad

    # Its findings are recorded once, and accepted until somebody touches the file.
    recorded = product.dataops("baseline").stdout
    assert "1  rules/test (1 file)" in recorded
    assert "sql/CP01" in recorded
    accepted = product.dataops("check").stdout
    assert "check passed" in accepted
    assert "passed  baseline" in accepted
    assert old.read_text() == bad
    (product.root / "baseline.yml").unlink()

    # A warning of dbt fails until it is accepted with its reason; a summary follows deprecations.
    ghost, project = product.root / "models" / "ghost.yml", product.root / "pyproject.toml"
    ghost.write_text("models: [{name: ghost, description: Nothing., colour: red}]\n")
    settings = project.read_text("utf-8")
    parse = ("pre-commit", "run", "dbt-parse", "--all-files")
    assert "ghost" in product.uv_run(*parse, code=1).stdout
    accepted = '\n[tool.dataops.accepted-dbt-warnings]\nNoNodeForYamlKey = "theirs"\n'
    accepted += 'CustomKeyInObjectDeprecation = "theirs"\n'
    project.write_text(settings + accepted, "utf-8")
    product.uv_run(*parse)
    ghost.unlink()
    project.write_text(settings, "utf-8")

    # A commit answers for its own files; all of them are judged where all are asked for.
    product.uv_run("pre-commit", "install")
    new.write_text(new.read_text().replace("1 as one", "2 as one"))
    product.git("add", "tests")
    product.uv_run("git", "commit", "-q", "-m", "ours")
    every = product.uv_run("pre-commit", "run", "rules", "--all-files", code=1)
    assert "model legacy has no test" in every.stdout
    old.write_text("select 2 as one\n")
    product.git("add", "models")
    rejected = product.uv_run("git", "commit", "-q", "-m", "theirs, touched", code=1)
    assert "model legacy has no test" in rejected.stdout + rejected.stderr


@pytest.mark.slow
def test_a_warning_of_dbt_is_an_error(make_product: MakeProduct) -> None:
    product = make_product({"content": "empty"})
    (product.root / "models" / "customers.yml").write_text(
        "models:\n  - name: no_such_model\n    description: It is not there.\n"
    )
    checked = product.dataops("check", code=1)
    assert "no_such_model" in checked.stdout
    assert "skipped dbt build on the sample" in checked.stdout


@pytest.mark.slow
def test_a_profile_that_cannot_be_read_is_one_red_step(make_product: MakeProduct) -> None:
    product = make_product({"content": "empty"})
    profiles = product.root / "profiles.yml"
    profiles.write_text("ours:\n  target: prod\n  outputs: {prod: {type: trino}}\n")
    checked = product.dataops("check", code=1)
    assert "failed  dbt parse" in checked.stdout
    assert "there is no profile dataops, which dbt_project.yml names" in checked.stdout
    assert "skipped project rules" in checked.stdout
    report = json.loads((product.root / "target/check/report.json").read_text("utf-8"))
    assert {"managed files", "SQL style"} <= {step["name"] for step in report["steps"]}


@pytest.mark.slow
def test_check_shows_its_report_in_the_job_summary(make_product: MakeProduct) -> None:
    product = make_product({"content": "empty"})
    summary = product.root / "target-summary.md"
    summary.write_text("before\n")
    # Hooks rewrite files, with drafts beside them, which dbt must not read: they begin after it.
    (product.root / ".pre-commit-team.yaml").write_text(AFTER_PARSE)
    product.dataops("check", env={"GITHUB_STEP_SUMMARY": str(summary)})
    assert summary.read_text("utf-8").startswith("before\n## ✅ Check of my-product: passed")
    report = product.root / "target/check/report.json"
    product.commit()
    assert "There is no commit nix" in product.dataops("check", "--base", "nix", code=2).stderr
    assert report.is_file(), "what was there is kept"


def test_check_needs_git(make_product: MakeProduct) -> None:
    product = make_product({"content": "empty"})
    product.run("rm", "-rf", ".git")
    rejected = product.dataops("check", code=2)
    assert "not a git repository yet" in rejected.stderr
    assert "uv run dataops start" in rejected.stderr


def test_somebody_who_looks_sees_whole_rows_and_can_stop_it(make_product: MakeProduct) -> None:
    product = make_product({"content": "empty"})
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "first_light.cli.app", "check"]
    environment = {**product.environment, "TERM": "xterm-256color", "COLUMNS": "100"}
    shown = b""
    with subprocess.Popen(
        command, cwd=product.root, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as running:
        os.close(theirs)
        try:
            while b"project rules" not in shown:
                shown += os.read(ours, 4096)
            running.send_signal(signal.SIGINT)
            with contextlib.suppress(OSError):  # how a terminal says that nobody writes any more
                while more := os.read(ours, 4096):
                    shown += more
            assert running.wait(60) == 130
        finally:
            running.kill()
            os.close(ours)
    # The row with the spinner is wiped before a line is printed where it stood.
    assert b"\x1b[2Kpassed  dbt parse" in shown
    assert shown.rstrip().endswith(b"stopped")
    assert b"verdict" not in shown
    assert b"Traceback" not in shown
