"""`dataops check --on current`: a branch beside the release that readers see, on real raw."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

import harness

SCENARIOS = Path(__file__).parents[1] / "helpers" / "impact_scenarios"
STAMPED = """\
{{ config(materialized='table') }}

select
    order_id,
    cast({{ current_timestamp() }} as timestamp) as seen_at
from {{ ref('int_orders_latest') }}
"""


@dataclass
class Released:
    """The example with a release, and how the command is run in it."""

    product: harness.Product
    clock: str

    @property
    def database(self) -> Path:
        return self.product.root / "store" / "current" / "warehouse.duckdb"

    def check(self, code: int) -> str:
        done = self.product.dataops("check", "--on", "current", code=code)
        return done.stdout + done.stderr

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.product.root / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    product = harness.product(tmp_path_factory.mktemp("current") / "shop")
    root = product.root
    shutil.copytree(SCENARIOS / "base", root, dirs_exist_ok=True)
    harness.without_boards(root)
    (root / "models/intermediate/int_stamped.sql").write_text(STAMPED)
    shutil.copytree(root / "sample", root / "raw")
    product.commit("Base")
    clock = (root / "sample/as_of.txt").read_text().strip()
    product.dataops("release", env={"DATAOPS_NOW": clock})
    return Released(product, clock)


def told(released: Released) -> tuple[dict[str, Any], str]:
    folder = released.product.root / "target" / "check"
    texts = [(folder / name).read_text("utf-8") for name in ("impact.md", "impact.html")]
    impact = (folder / "impact.json").read_text("utf-8")
    return json.loads(impact), "".join(texts) + impact


@pytest.mark.slow
def test_a_branch_beside_the_release_on_the_raw_that_it_was_built_from(released: Released) -> None:
    product, root = released.product, released.product.root
    # Raw goes on, and the release does not know of it yet.
    newest = sorted((root / "raw/orders").iterdir())[-1]
    lines = newest.read_text("utf-8").splitlines()
    later = root / "raw/orders/9999-12-31.csv"
    order = lines[1].split(",")[0]
    later.write_text(f"{lines[0]}\n{lines[1].replace(order, '777777', 1)}\n", "utf-8")
    before, raw = released.database.read_bytes(), harness.tree(root, "raw")

    product.git("switch", "-q", "-c", "work")
    released.edit("models/staging/shop/stg_orders.sql", "with ", "-- said anew\nwith ")
    released.edit("models/marts/customers.sql", "count(*) as", "count(*) + 1 as")
    released.edit("models/intermediate/int_contacts.sql", "upper(email)", "'x' || upper(email)")
    released.edit("models/intermediate/int_stamped.sql", ") as seen", ") + interval 1 hour as seen")
    released.edit("models/marts/_metrics.yml", "numerator: refunds", "numerator: revenue")
    product.commit("Count one more")
    output = released.check(1)
    impact, report = told(released)

    models = {model["name"]: model for model in impact["models"]}
    summaries = {name: model["summary"] for name, model in models.items()}
    changed = {name for name in models if summaries[name] != "no data change"}
    assert changed == {"customers", "int_contacts", "int_stamped"}, summaries
    # The new file is not the change's doing: what reads it says what it said.
    assert models["stg_orders"]["status"] == "modified"
    assert models["orders"]["diff"]["rows_before"] == models["orders"]["diff"]["rows_after"]
    assert "Ignored, because it was added to raw since the release: 1 file." in report
    assert "both on the raw that this release was built from" in report
    assert "order_count" in summaries["customers"]
    assert impact["undeclared"] == ["customers", "refund_rate"]
    assert "Data-Change: customers, refund_rate -- WHY" in output
    (rate,) = (metric for metric in impact["metrics"] if metric["name"] == "refund_rate")
    assert rate["not_computed_reason"] == ""
    assert rate["before"] < rate["after"]
    # What the clock decides is named as such.
    assert summaries["int_stamped"] == "changes whenever it is built"
    # Real raw is personal.
    assert "personal: not shown" in report
    for address in ("example.org", "EXAMPLE.ORG", "@example.net"):
        assert address not in report + output
    # Neither the release nor raw was touched.
    assert released.database.read_bytes() == before
    assert harness.tree(root, "raw") == raw
    later.unlink()


@pytest.mark.slow
def test_an_external_model_with_personal_columns_is_not_built(released: Released) -> None:
    product, root = released.product, released.product.root
    product.git("switch", "-q", "-c", "export", "main")
    exported = root / "exported.csv"
    model = "{{{{ config(materialized='external', location='{}') }}}}\nselect * from {{{{ {} }}}}\n"
    (root / "models/marts/contacts_file.sql").write_text(
        model.format(exported.as_posix(), "ref('stg_customers')")
    )
    product.commit("Export contacts")
    output = released.check(1)
    assert "the external model contacts_file would write personal columns" in output
    assert not exported.exists()
    product.git("switch", "-q", "main")


@pytest.mark.slow
def test_what_it_cannot_be_compared_with_is_said(released: Released, tmp_path: Path) -> None:
    product = released.product
    assert "current excludes --base" in (
        product.dataops("check", "--on", "current", "--base", "main", code=2).stderr
    )
    product.git("switch", "-q", "--orphan", "other")
    product.git("reset", "-q", "--hard", "main")
    product.git("commit", "-q", "--amend", "--no-verify", "-m", "Other")
    assert "does not contain the current release's commit" in released.check(2)
    product.git("switch", "-q", "main")
    empty = {"DATAOPS_STORE": str(tmp_path / "store")}
    done = product.dataops("check", "--on", "current", code=2, env=empty)
    assert "There is no release yet" in done.stderr
    assert "uv run dataops release" in done.stderr


def replace_release(database: Path, file: Path) -> None:
    """What somebody who can write to a store makes of a release: its code reads a file."""
    database.chmod(0o600)
    stolen = f"(select content from read_text('{file.as_posix()}'))"
    with duckdb.connect(str(database)) as connection:
        run = connection.execute
        for view, sql in run(
            "select view_name, sql from duckdb_views() where not internal"
        ).fetchall():
            columns = [
                f"{stolen} as {name}" if kind == "VARCHAR" else name
                for name, kind, *_ in run(f"describe intermediate.{view}").fetchall()
            ]
            query = f"select {', '.join(columns)} from ({sql.partition(' AS ')[2].rstrip(';')})"
            run(f"create or replace view intermediate.{view} as {query}")
        run("drop table dataops.release")
        run(f"create view dataops.release as select {stolen} as release_id")
        run(f"create macro upper(x) as {stolen}")
        run(f"create macro duckdb_columns() as table select {stolen} as column_name")
    database.chmod(0o444)


@pytest.mark.slow
def test_a_release_that_somebody_replaced_reads_no_file(released: Released, tmp_path: Path) -> None:
    product, root = released.product, released.product.root
    secret, store = tmp_path / "secret.txt", tmp_path / "store"
    secret.write_text("value-of-a-local-file")
    shutil.copytree(root / "store", store, symlinks=True)
    for database in store.glob("*/0*/warehouse.duckdb"):
        replace_release(database, secret)
    environment = {"DATAOPS_STORE": str(store), "DATAOPS_NOW": released.clock}

    product.git("switch", "-q", "-c", "replaced", "main")
    released.edit("models/marts/customers.sql", "count(*) as", "count(*) + 1 as")
    released.edit("models/intermediate/int_contacts.sql", "upper(email)", "'x' || upper(email)")
    released.edit(
        "models/intermediate/int_orders_latest.sql",
        "updated_at desc, exported_at desc",
        "exported_at desc, updated_at desc",
    )
    product.commit("Count one more")
    done = product.dataops("check", "--on", "current", code=1, env=environment)
    impact, report = told(released)
    assert "int_orders_latest: base: it reads files that are not of raw" in report
    models = {model["name"]: model for model in impact["models"]}
    assert "order_count" in models["customers"]["summary"]
    done_status = product.dataops("status", code=1, env=environment)
    assert "cannot open it" in done_status.stdout
    # A snapshot's state is taken from it, and no code.
    done_release = product.dataops("release", env=environment)
    output = "".join(done.stdout + done.stderr for done in (done, done_status, done_release))
    assert "value-of-a-local-file" not in output
    for folder in (store, root / "target"):
        for path in folder.rglob("*"):
            if path.is_file() and not path.match("store/*/000001-*/warehouse.duckdb"):
                assert b"value-of-a-local-file" not in path.read_bytes(), path
    product.git("switch", "-q", "main")
