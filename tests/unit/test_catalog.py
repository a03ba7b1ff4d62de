"""The catalog: what it says of models, columns, metrics and readers, and what it never names."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from first_light.catalog.columns import Built, Place, all_columns
from first_light.catalog.facts import Catalog, Release, collect
from first_light.catalog.last_changes import last_changes
from first_light.catalog.page import catalog_page, without_boards
from first_light.dbt.manifest import CalledTest, Column, Manifest, Node
from first_light.history.measured import MetricFact
from first_light.history.record import FreshnessRun, NodeRun, Record
from first_light.metrics.definitions import Semantics
from first_light.project.product import Product
from page_reader import read

ORDERS = Node(
    "source.shop.raw.orders", "source", "orders", "models/raw.yml", schema="raw",
    columns=(Column("id", "Its id", "", ""), Column("mail", "", "", "email")),
    relation="read_csv('orders.csv')", fresh=(86_400.0, None), loader="the nightly export",
)  # fmt: skip
STAGED = Node(
    "model.shop.stg", "model", "stg", "models/stg.sql", schema="main", alias="stg",
    depends_on=(ORDERS.unique_id,), group="team", access="public", contract=True,
    code="select id as order_id, lower(mail) as address, mail as x from read_csv('orders.csv')",
    columns=(Column("order_id", "<The> order", "", ""), Column("address", "", "text", "")),
    description="One row per order.\n\nIn the shop's zone.", relation='"w"."main"."stg"',
)  # fmt: skip
ODD = Node(
    "model.shop.odd", "model", "odd", "models/odd.sql", schema="main", alias="odd",
    depends_on=(STAGED.unique_id,), code="this is no SQL",
)  # fmt: skip
UNIQUE = Node(
    "test.shop.u", "test", "u", "", attached_to=STAGED.unique_id,
    call=CalledTest("unique", "order_id", {}),
)  # fmt: skip
BOARD = Node(
    "exposure.shop.weekly", "exposure", "weekly", "models/_boards.yml", label="Weekly",
    depends_on=(STAGED.unique_id,), owner={"name": "Ada", "email": "ada@shop.example"},
)  # fmt: skip
SHEET = Node(
    "exposure.shop.sheet", "exposure", "sheet", "models/exposures.yml",
    depends_on=(STAGED.unique_id,), owner={"name": "Bo"}, url="https://bi.example/7",
)  # fmt: skip
MANIFEST = Manifest(
    {n.unique_id: n for n in (ORDERS, STAGED, ODD, UNIQUE, BOARD, SHEET)},
    {"team": {"name": "The team", "email": "team@shop.example"}},
)
# `x` is not described, and personal: its name may be a value.
BUILT = Built(
    columns={("main", "stg"): ("order_id", "address", "x"), ("main", "odd"): ("y",)},
    withheld={("main", "stg"): ("address", "x"), ("main", "odd"): ("y",)},
    types={STAGED.unique_id: {"order_id": "BIGINT"}},
    sql={},
)
SEMANTICS = Semantics(
    {
        "metrics": [
            {"name": "placed", "label": "Orders placed", "description": "How many.",
             "type_params": {"metric_aggregation_params": {"semantic_model": "orders"}}}
        ],
        "semantic_models": [
            {"name": "orders", "node_relation": {"schema_name": "main", "alias": "stg"}}
        ],
    }
)  # fmt: skip
RECORD = Record(
    "r", 1, "shop", "release", "manual", "published", "2026-03-01T06:00:00Z",
    nodes=(NodeRun(STAGED.unique_id, "model", "stg", "", "", "", (), "success", 1.0, rows=1234),),
    freshness=(FreshnessRun(ORDERS.unique_id, "orders", "pass", "2026-03-01T05:00:00Z", 3600.0),),
    metrics=(MetricFact("placed", value=1234.0),),
)  # fmt: skip


def product(root: Path) -> Product:
    root.mkdir(exist_ok=True)
    (root / "dbt_project.yml").write_text("name: shop\n")
    (root / ".copier-answers.yml").write_text("product_name: Shop\n")
    return Product(root)


def catalog(root: Path, record: Record | None = RECORD, built: Built = BUILT) -> Catalog:
    release = Release("Release 1", ("built 2026-03-01",), built, record)
    return collect(product(root), MANIFEST, SEMANTICS, release)


def test_every_column_says_where_it_comes_from_and_where_it_goes() -> None:
    nodes = [ORDERS, STAGED, ODD]
    relations = all_columns(MANIFEST, nodes, replace(BUILT, withheld={}))
    result = {c.place: c for relation in relations.values() for c in relation.columns}
    order_id = result[Place(STAGED.unique_id, "order_id")]
    address = result[Place(STAGED.unique_id, "address")]
    assert order_id.comes_from == ((ORDERS.unique_id, "id"),)
    assert (order_id.type, order_id.tests, order_id.personal) == ("BIGINT", ("unique",), False)
    assert (address.comes_from, address.personal) == (((ORDERS.unique_id, "mail"),), True)
    assert address.type == "text", "as declared, where nobody has measured it"
    assert Place(STAGED.unique_id, "address") in result[Place(ORDERS.unique_id, "mail")].goes_to
    assert not result[Place(ODD.unique_id, "y")].known


def test_a_column_that_readers_do_not_get_is_named_only_where_the_yaml_names_it(
    tmp_path: Path,
) -> None:
    relations = all_columns(MANIFEST, [ORDERS, STAGED, ODD], BUILT)
    staged = relations[STAGED.unique_id]
    assert [column.name for column in staged.columns] == ["order_id", "address"]
    assert [column.published for column in staged.columns] == [True, False]
    assert staged.unnamed == 1
    mail = relations[ORDERS.unique_id].columns[1]
    assert mail.goes_to == ((STAGED.unique_id, "address"),), "and not the column without a name"
    html = catalog_page(catalog(tmp_path / "shop"))
    assert "personal, not published" in html
    assert f'id="{STAGED.unique_id}.x"' not in html
    assert "And 1 that is not published and not described." in html


def test_the_page_says_what_the_release_holds(tmp_path: Path) -> None:
    html = catalog_page(catalog(tmp_path / "shop"))
    page = read(html)
    text = " ".join(" ".join(page.text).split())
    assert page.fetched == ["boards/weekly.html", "https://bi.example/7", "script"]
    for words in (
        "Release 1 · built 2026-03-01", "Public models 1", "One row per order.",
        "In the shop's zone.", "owner team", "contract enforced", "rows 1,234", "<The> order",
        "tested: unique", "pass: until 2026-03-01 05:00 UTC, 60.0 min old when built",
        "warns after 24.0 h", "loader the nightly export", "Orders placed", "How many.",
        "In this release: 1,234", "Owner: Ada <ada@shop.example>", "Owner: Bo",
        "The team <team@shop.example>", "last change unknown",
    ):  # fmt: skip
        assert words in text, words
    for anchor in (f"{ORDERS.unique_id}.id", "metric.placed", "exposure.shop.weekly"):
        assert f'href="#{anchor}"' in html
        assert f'id="{anchor}"' in html
    assert text.index("stg model") < text.index("odd model"), "public models come first"


def test_a_preview_knows_no_record(tmp_path: Path) -> None:
    shown = catalog(tmp_path / "shop", record=None)
    assert shown.metrics[0].value == ""
    assert "Orders placed" in catalog_page(shown)


def test_a_place_without_boards_gets_no_dead_links(tmp_path: Path) -> None:
    html = catalog_page(catalog(tmp_path / "shop"))
    assert 'href="boards/weekly.html"' in html
    assert read(without_boards(html)).fetched == ["https://bi.example/7", "script"]


def test_an_address_that_is_no_web_page_is_no_link(tmp_path: Path) -> None:
    shown = catalog(tmp_path / "shop")
    sheet = shown.exposures[0]
    hostile = replace(sheet, url="javascript:alert(1)")
    html = catalog_page(replace(shown, exposures=(hostile,)))
    assert 'href="javascript' not in html


def test_the_last_change_of_a_file_is_its_commit(tmp_path: Path) -> None:
    item = product(tmp_path / "shop")
    (item.root / "models").mkdir()
    (item.root / "models" / "a.sql").write_text("select 1")

    def git(*arguments: str, at: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        dates = {"GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at, "PATH": "/usr/bin:/bin"}
        subprocess.run(["git", *who, *arguments], cwd=item.root, env=dates, check=True)

    git("init", "-q", at="2026-01-01T00:00:00Z")
    git("add", "-A", at="2026-01-01T00:00:00Z")
    git("commit", "-qm", "first", at="2026-01-01T00:00:00Z")
    (item.root / "models" / "b.sql").write_text("select 2")
    git("add", "-A", at="2026-02-01T00:00:00Z")
    git("commit", "-qm", "second", at="2026-02-01T00:00:00Z")
    changes = last_changes(item, ["models/a.sql", "models/b.sql", "models/none.sql", ""])
    assert {name: change.date for name, change in changes.items()} == {
        "models/a.sql": "2026-01-01",
        "models/b.sql": "2026-02-01",
    }
    assert changes["models/b.sql"].commit == item.git("rev-parse", "HEAD")
    # A clone of the last commit alone does not know who added the other file, or when.
    clone = tmp_path / "clone"
    command = ["git", "clone", "-q", "--depth", "1", item.root.as_uri(), str(clone)]
    subprocess.run(command, check=True)
    assert last_changes(Product(clone), ["models/a.sql", "models/b.sql"]) == {}
