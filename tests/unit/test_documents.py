"""Every command has a JSON document, and the documents leave nothing out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from click import Command

import release_worker as worker
from first_light.cli import agents, app
from first_light.cli.output.documents import incidents
from first_light.cli.output.documents import status as documents
from first_light.cli.output.documents.index import DOCUMENTS, WITHOUT
from first_light.cli.output.documents.parts import Error
from first_light.cli.output.documents.status import Figure
from first_light.cli.terminal import as_json
from first_light.commands import incident
from first_light.project.product import Product
from first_light.status import current
from first_light.utils.errors import DataopsError, QueryError
from first_light.utils.steps import FAILED, PASSED, Problem, Step, problems


def _commands() -> dict[str, Command]:
    root = typer.main.get_command(app.app)
    commands: dict[str, Command] = {}
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        commands |= {f"{name} {n}": c for n, c in inner.items()} if inner else {name: command}
    return commands


def test_each_command_has_a_document_or_a_reason() -> None:
    commands = _commands()
    documented = {each.command for each in DOCUMENTS} | WITHOUT
    assert documented == set(commands), "list each command in cli/output/documents/index.py"
    for each in DOCUMENTS:
        options = {name for option in commands[each.command].params for name in option.opts}
        assert "--json" in options, each.command


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [(["status", "--json"], ""), (["status", "--json", "--surely"], "dataops --help")],
)
def test_a_command_that_cannot_run_prints_a_document_too(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    fix: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["dataops", *arguments])
    with pytest.raises(SystemExit) as end:
        app.main()
    assert end.value.code == 2
    captured = capfd.readouterr()
    error = json.loads(captured.out)["error"]
    assert error["message"]
    assert error["fix"] == fix or not fix
    assert error["message"].rstrip(".") in " ".join(captured.err.split())


def test_in_a_pipeline_the_document_holds_no_values(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise DataopsError("A query failed.", where="Conversion Error: 'Ada' is no number")

    monkeypatch.setattr(app, "app", fail)
    monkeypatch.setattr("sys.argv", ["dataops", "status", "--json"])
    monkeypatch.setenv("CI", "true")
    with pytest.raises(SystemExit):
        app.main()
    captured = capfd.readouterr()
    assert json.loads(captured.out)["error"]["message"] == "A query failed."
    assert "Ada" not in captured.out + captured.err


@pytest.mark.parametrize(
    "error",
    [
        QueryError("A query failed.", where="Conversion Error: 'Ada' is no number"),
        ValueError("invalid literal for int() with base 10: 'Ada'"),
    ],
)
def test_an_agent_is_sent_no_value_that_an_error_quotes(error: Exception) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(RuntimeError) as raised:
        agents.as_text(fail, RuntimeError)()
    assert str(raised.value)
    assert "Ada" not in str(raised.value)


def test_a_step_without_a_list_of_problems_shows_its_details() -> None:
    listed = Problem("a test failed", "models/orders.sql", "uv run dbt test")
    steps = (
        Step("build", FAILED, details=("a text",), problems=(listed,)),
        Step("hook", FAILED, details=("its output",), repeat="uv run pre-commit run hook"),
        Step("silent", FAILED, summary="2 broken"),
        Step("good", PASSED, details=("a remark",)),
    )
    assert problems(steps) == (
        listed,
        Problem("its output", "hook", "uv run pre-commit run hook"),
        Problem("2 broken", "silent", ""),
    )


def test_nothing_of_a_status_and_its_incidents_is_left_out(tmp_path: Path) -> None:
    product = Product(worker.make_product(tmp_path / "product"))
    worker.quick_release(product.root)
    opened, _ = incident.report(product, "numbers look odd", None, None)
    status = current.status(product)
    assert [each.incident for each in status.open] == [opened]
    expected = json.loads(as_json(status.to_dict()))
    assert json.loads(as_json(documents.status(status))) == expected
    listed = incidents.incidents(status.open)
    assert json.loads(as_json(listed)) == expected["open_incidents"]


def test_numbers_that_json_does_not_know_are_null() -> None:
    figure = Figure(float("nan"), "share", 1.0, float("inf"), "", True)
    assert json.loads(as_json(figure))["value"] is None
    assert json.loads(as_json(figure))["whole"] is None
    assert json.loads(as_json(Error(Problem("ä"))))["error"]["message"] == "ä"
