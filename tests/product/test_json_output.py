"""What commands print with --json is one document that follows the published schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import MakeProduct

from first_light.cli import app
from first_light.cli.output.documents.index import DOCUMENTS

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs/reference/output.schema.json").read_text(encoding="utf-8")
)
Run = Callable[..., Any]


def follows_the_schema(command: str, document: Any) -> None:
    """The document has the fields of the schema, and no others."""
    closed = {
        name: {**part, "additionalProperties": False} if "properties" in part else part
        for name, part in SCHEMA["$defs"].items()
    }
    jsonschema.validate(document, {**SCHEMA["x-commands"][command], "$defs": closed})


@pytest.mark.slow
def test_the_life_of_a_product_in_documents(
    make_product: MakeProduct,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    people = "".join(f"{n},p{n}@example.org,called twice on day {n}\n" for n in range(1, 41))
    (files / "customers.csv").write_text("id,email,note\n" + people)
    orders = "".join(f"{n},{n % 40 + 1},{n}.50,2026-01-{n % 28 + 1:02d}\n" for n in range(1, 121))
    (files / "orders.csv").write_text("id,customer_id,amount,ordered_on\n" + orders)
    product = make_product({"content": "empty"})
    seen: set[str] = set()

    def document(command: str, text: str) -> Any:
        parsed = json.loads(text)
        follows_the_schema(command, parsed)
        seen.add(command)
        return parsed

    done = product.dataops("start", "--from", str(files), "--json", code=1)
    stopped = document("start", done.stdout)
    assert [each["column"] for each in stopped["open_questions"]]
    assert not stopped["ok"]
    assert {each["table"] for each in stopped["added"]["delivered"]} == {"customers", "orders"}
    started = document("start", product.dataops("start", "--yes", "--json").stdout)
    assert started["release"]["outcome"] == "published"
    assert started["next"]

    monkeypatch.chdir(product.root)
    for name, value in product.environment.items():
        monkeypatch.setenv(name, value)

    def run(command: str, *arguments: str, code: int = 0) -> Any:
        monkeypatch.setattr("sys.argv", ["dataops", *command.split(), *arguments, "--json"])
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            app.main()
        captured = capfd.readouterr()
        assert (end.value.code or 0) == code, captured
        return document(command, captured.out)

    assert run("status", code=1)["current"]["release"] == started["release"]["run"]
    assert [each["current"] for each in run("releases")] == [True]
    own = ".yamllint" if (product.root / ".yamllint").is_file() else ".sqlfluff"
    assert run("own", own, "--because", "ours")["managed"] is False
    product.commit("Own it")
    assert run("disown", own)["managed"] is True
    product.commit("Give it back")
    assert run("configure", "--team", "Night Shift")["files"]
    assert run("package")["changed"] is False
    assert run("pipelines")["files"] == []  # the product is at the top of its repository
    assert run("incident report", "numbers look odd")["incident"]
    (opened,) = run("incident list")
    assert run("incident close", opened["incident"], "--because", "they were right")["title"]
    assert run("score")["total"] == 12
    assert Path(run("report")["page"]).is_file()
    assert run("export", "--format", "csv")["files"]
    assert run("boards render", code=1)["index"]  # nothing was built for development
    product.commit("Night shift")

    product.git("switch", "-q", "-c", "change")
    model = product.root / "models" / "staging" / "stg_orders.sql"
    model.write_text(model.read_text(encoding="utf-8") + "LIMIT 5\n", encoding="utf-8")
    checked = run("check", code=1)
    assert checked["verdict"] == "failed"
    assert all(each["message"] and each["where"] for each in checked["problems"])
    styled = [p for p in checked["problems"] if p["where"].startswith("models/staging/stg_orders")]
    assert styled
    assert any("Data-Change: " in problem["fix"] for problem in checked["problems"])
    assert run("baseline")["findings"]
    (product.root / "baseline.yml").unlink()
    product.git("checkout", "-q", "models")

    more = files / "orders_2.csv"
    more.write_text("id,customer_id,amount,ordered_on\n121,1,9.50,2026-02-01\n")
    assert run("add", str(more))["delivered"][0]["is_known"]
    (delivered,) = (product.root / "raw" / "orders").glob("orders_2*")
    aside = run("set-aside", f"orders/{delivered.name}", "--because", "a test file")
    assert [each["file"] for each in aside["not_read"]] == [f"orders/{delivered.name}"]
    assert run("retype", "raw.orders.amount=decimal(12,4)")["files"]
    assert run("sample")["rows"]["orders"]
    product.commit("Retype")
    assert run("preview")["failed"] == []
    assert run("mutate", "--most", "2", "stg_orders")["changes"] == 0  # it only renames
    released = run("release")
    assert released["outcome"] == "published"
    assert run("rollback")["current"] == started["release"]["run"]

    left = {each.command for each in DOCUMENTS} - seen
    assert left == {"new", "update", "accept", "drill", "warehouse verify"}  # by the tests of these
