"""Every command of a product, once.

None connects to a machine that the team did not configure, nor does a hook; and what each prints
with `--json` is one document that follows the published schema.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml

import connections
import harness
from first_light.cli.app import app
from first_light.cli.output.documents.index import WITHOUT

SCHEMA = json.loads(
    (harness.TEMPLATE / "docs/reference/output.schema.json").read_text(encoding="utf-8")
)

# Split, or the hook would report this file.
SLACK = "xox" + "b-34532454-e039d02840a0b9379c"

# Commands in an order in which each has something to do, with the exit code that it must have.
COMMANDS = (
    ("new {product} --from {export} --yes --template {template}", 0),
    ("start", 0),
    ("add {later}", 0),
    ("sample", 0),
    ("check", 0),
    ("preview --raw", 0),
    ("release --allow-dirty", 0),
    ("export --format xlsx", 0),
    ("move --to postgres", 2),  # products on DuckDB do not have the adapter
    ("rollback", 0),
    ("releases", 0),
    ("status", 1),  # its data is old
    ("incident report wrong", 0),
    ("incident list", 0),
    ("incident close {incident} --because test", 0),
    ("incident draft {incident}", 0),
    ("accept 000000 --because test", 2),
    ("report", 0),
    ("score", 0),
    ("drill --fault rows-twice", None),  # two deliveries are no past
    ("mutate", None),  # drafted tests stop some changes
    ("boards render", 1),  # dbt has built nothing yet
    ("docs", 0),
    ("mcp", 2),  # products do not have the package that it needs
    ("set-aside orders/orders_2026-02.csv --because test", 0),
    ("retype raw.orders.qty=decimal(18,2)", 0),
    ("own .yamllint --because test", 0),
    ("disown .yamllint", 0),
    ("baseline", 0),
    ("warehouse verify --releases 2 --readers 1 --rows 10", 0),
    ("package", 0),
    ("pipelines", 0),
    ("configure --contact data@example.com", 0),
    ("update", 0),
)

# It answers on this machine only, until somebody stops it; what it renders, `boards render` does.
ENDLESS = {"boards serve"}


def follows_the_schema(command: str, document: Any) -> None:
    """The document has the fields of the schema, and no others."""
    closed = {
        name: {**part, "additionalProperties": False} if "properties" in part else part
        for name, part in SCHEMA["$defs"].items()
    }
    kind = SCHEMA["x-commands"][command]
    if isinstance(document, dict) and "error" in document:  # it could not run
        kind = {"$ref": "#/$defs/Error"}
    jsonschema.validate(document, {**kind, "$defs": closed})


def orders(first: int) -> str:
    rows = (f"{n},{1 + n % 5},2026-01-{1 + n % 28:02d}\n" for n in range(first, first + 60))
    return "order_id,qty,ordered_on\n" + "".join(rows)


@pytest.mark.slow
def test_documents_and_connections_of_commands_and_hooks(tmp_path: Path) -> None:
    places = {name: tmp_path / name for name in ("export", "later", "recorder", "product")}
    for name in ("export", "later", "recorder"):
        places[name].mkdir()
    (places["export"] / "orders_2026-01.csv").write_text(orders(1), encoding="utf-8")
    (places["later"] / "orders_2026-02.csv").write_text(orders(61), encoding="utf-8")
    words = {"template": str(harness.template_repository())}
    words |= {name: str(place) for name, place in places.items()}
    shared, _ = harness.shared_environment()
    environment = harness.product_environment(shared)
    with connections.recorded(places["recorder"]) as record:
        environment |= record.environment
        environment["PYTHONPATH"] = os.pathsep.join(
            (str(places["recorder"]), str(harness.TEMPLATE / "src"))
        )
        # The index is what the team configured; its files are in uv's cache.
        environment["UV_OFFLINE"] = "1"
        product = harness.Product(tmp_path, environment)
        for command, code in COMMANDS:
            name = name_of(command)
            typed = shlex.split(command.format(**words))
            typed += [] if name in WITHOUT else ["--json"]
            done = product.run(str(shared / "bin" / "dataops"), *typed, code=code)
            assert record.seen() == [], command
            product.root = places["product"]
            if name not in WITHOUT:
                document = json.loads(done.stdout)
                assert ("error" in document) == (done.returncode == 2), command
                follows_the_schema(name, document)
            if name == "incident report":
                words["incident"] = document["incident"]
            if command.startswith(("own", "disown", "baseline", "retype", "configure")):
                product.commit()
        # Every hook, on files of each kind, with a secret that could be verified.
        (product.root / "secret.toml").write_text(f'slack = "{SLACK}"\n')
        config = product.root / ".pre-commit-config.yaml"
        config.write_text(config.read_text("utf-8").replace("fail_fast: true", ""), "utf-8")
        product.git("add", "-A")
        run = ("pre-commit", "run", "--all-files", "--verbose")
        report = product.uv_run(*run, code=1).stdout
        assert "Slack Token" in report
        assert record.seen() == []
    for repository in yaml.safe_load(config.read_text("utf-8"))["repos"]:
        for hook in repository["hooks"]:
            assert f"- hook id: {hook['id']}" in report


def names() -> set[str]:
    """All commands, as they are typed after `dataops`."""
    root: typer.core.TyperGroup = typer.main.get_command(app)  # type: ignore[assignment]
    return {
        f"{name} {sub}".strip()
        for name, command in root.commands.items()
        for sub in getattr(command, "commands", {"": None})
    }


def name_of(command: str) -> str:
    return next(name for name in names() if f"{command} ".startswith(f"{name} "))


def test_every_command_is_among_them() -> None:
    assert names() - ENDLESS == {name_of(command) for command, _ in COMMANDS}


def test_an_undescribed_field_is_seen() -> None:
    with pytest.raises(jsonschema.ValidationError, match="surplus"):
        follows_the_schema("configure", {"files": [], "surplus": 1})


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=0.01)",
        "import socket; socket.getaddrinfo('tracker.invalid', 443)",
        "import urllib.request; urllib.request.urlopen('http://tracker.invalid/')",
    ],
)
def test_the_recorders_see_a_connection(code: str, tmp_path: Path) -> None:
    with connections.recorded(tmp_path) as record:
        done = subprocess.run(
            [sys.executable, "-c", code], env=record.environment, capture_output=True
        )
        assert done.returncode != 0
        assert record.seen()
        before = record.seen()
        with socket.create_server(("127.0.0.1", 0)) as server:
            local = f"import socket; socket.create_connection({server.getsockname()!r})"
            subprocess.run([sys.executable, "-c", local], env=record.environment, check=True)
        assert record.seen() == before
