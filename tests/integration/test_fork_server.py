"""A forked command does what one does that uv starts; what could not be the same is not forked."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from conftest import MakeProduct

import fork_server
import harness

_TIME = re.compile(r"\d\d:\d\d:\d\d")


@pytest.fixture
def product(make_product: MakeProduct, monkeypatch: pytest.MonkeyPatch) -> harness.Product:
    monkeypatch.delenv("FIRST_LIGHT_TESTS_FORK", raising=False)
    made = make_product({"content": "empty"})
    made.environment["DATAOPS_NOW"] = "2026-03-01T06:00:00Z"
    return made


def forked(
    product: harness.Product, *command: str, **environment: str
) -> subprocess.CompletedProcess[str] | None:
    variables = {**product.environment, **environment}
    return fork_server.run(("uv", "run", *command), product.root, variables)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("dataops", "--version"), 0),
        (("dataops", "no-such-command"), 2),
        (("dataops", "status", "--json"), 1),
        (("dbt", "ls", "--quiet", "--target", "nowhere"), 2),
    ],
)
def test_a_forked_command_does_what_a_started_one_does(
    product: harness.Product, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], code: int
) -> None:
    forked(product, *command)  # the first may be left to uv
    first = forked(product, *command)
    monkeypatch.setenv("FIRST_LIGHT_TESTS_FORK", "0")
    assert forked(product, *command) is None
    second = product.uv_run(*command, code=code)
    assert first is not None
    assert first.returncode == code
    for output, expected in ((first.stdout, second.stdout), (first.stderr, second.stderr)):
        assert _TIME.sub("", output) == _TIME.sub("", expected)


def test_each_command_has_its_own_variables(product: harness.Product) -> None:
    command = ("dataops", "status")
    forked(product, *command)
    for value in ("nonsense", "folly"):
        done = forked(product, *command, DATAOPS_NOW=value)
        assert done is not None
        assert value in done.stderr


def test_only_uv_starts_what_a_fork_could_not_be(product: harness.Product, tmp_path: Path) -> None:
    for name, value in {
        "PYTHONPATH": f"{product.environment['PYTHONPATH']}:{tmp_path}",
        "UV_NO_SYNC": "0",
        "PYTHONHASHSEED": "7",  # it would need a server of its own, which one command does not get
    }.items():
        assert forked(product, "dataops", "--version", **{name: value}) is None
    assert forked(product, "git", "status") is None
    assert forked(product, "--project", str(product.root), "dataops", "status") is None
