"""Kinds of warehouse come from packages, by the type of dbt's profile."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from first_light.dbt import driver
from first_light.dbt.profile import Profile
from first_light.impact.elsewhere_step import unproven
from first_light.project.product import Product
from first_light.store.locate import store_of
from first_light.utils.errors import DataopsError
from first_light.utils.steps import SKIPPED
from first_light.warehouse.base import open_warehouse
from first_light.warehouse.dialect import dialect_of
from first_light.warehouse.kinds import how_to_load, is_server, warehouse_type
from shop_manifest import MANIFEST

ENGINE = """
import contextlib
import sqlite3

from first_light.dbt.driver import opening
from first_light.warehouse.dialect import Dialect


class Kind:
    reads_files = False
    server = None
    how_to_load = "insert the landing data"

    @contextlib.contextmanager
    def connect(self, values):
        with opening(sqlite3.Error):
            connection = sqlite3.connect(values["path"])
        with contextlib.closing(connection):
            yield connection.cursor(), sqlite3.Error

    def settle(self, values):
        pass

    def dialect(self):
        return Dialect("sqlite")

    def metric_sql(self):
        return None

    def open(self, product, store):
        return ("sqlite", product.root, store.root)


KIND = Kind()
"""


def install(folder: Path, package: str) -> None:
    """A package with an engine, as an installer leaves it in a folder of packages."""
    (folder / f"{package}.py").write_text(ENGINE)
    facts = folder / f"{package}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[{driver.GROUP}]\nsqlite = {package}:KIND\n")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packages that Python searches."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    driver.installed.cache_clear()
    yield folder
    for name in ("lite_engine", "other_engine"):
        sys.modules.pop(name, None)
    driver.installed.cache_clear()
    importlib.invalidate_caches()


@pytest.fixture
def product(tmp_path: Path) -> Product:
    root = tmp_path / "shop"
    root.mkdir()
    (root / ".copier-answers.yml").write_text("warehouse: duckdb\n")
    (root / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    profile = """shop: {outputs: {prod: {type: "{{ env_var('KIND', 'sqlite') }}", path: x.db}}}"""
    (root / "profiles.yml").write_text(profile)
    return Product(root)


def test_an_engine_of_another_package_is_used(packages: Path, product: Product) -> None:
    install(packages, "lite_engine")
    assert warehouse_type(product) == "sqlite", "the profile decides, not the answer"
    store = store_of(product)
    opened: Any = open_warehouse(product, store)
    assert opened == ("sqlite", product.root, store.root)
    with driver.connect(Profile("sqlite", {"path": ":memory:"})) as queries:
        assert queries.run("select 1 as n").rows == [(1,)]
        with pytest.raises(DataopsError, match="query failed"):
            queries.run("select nothing")
    assert dialect_of("sqlite").name == "sqlite"
    assert how_to_load("sqlite") == "insert the landing data"
    assert not is_server(product)
    assert not driver.reads_files("sqlite")


def test_an_engine_that_is_not_installed_is_named(packages: Path, product: Product) -> None:
    with pytest.raises(DataopsError, match="no driver for the warehouse sqlite") as error:
        open_warehouse(product, store_of(product))
    assert "bigquery, duckdb, postgres, snowflake, spark" in error.value.where


def test_two_packages_cannot_bring_the_same_engine(packages: Path, product: Product) -> None:
    install(packages, "lite_engine")
    install(packages, "other_engine")
    with pytest.raises(DataopsError, match="Two installed packages") as error:
        open_warehouse(product, store_of(product))
    assert error.value.where == "lite_engine, other_engine"


def test_a_product_without_a_profile_has_the_warehouse_of_its_answer(tmp_path: Path) -> None:
    for answers, name in (("{}", "duckdb"), ("warehouse: postgres", "postgres")):
        (tmp_path / ".copier-answers.yml").write_text(answers)
        assert warehouse_type(Product(tmp_path)) == name


def test_a_check_elsewhere_says_what_it_does_not_prove() -> None:
    assert unproven(MANIFEST, "duckdb", "duckdb") is None
    step = unproven(MANIFEST, "duckdb", "sqlite")
    assert step is not None
    assert step.verdict == SKIPPED
    models = len(MANIFEST.of("model"))
    expected = "built on duckdb; not proven on sqlite: the SQL, types and contracts of"
    assert step.summary.startswith(f"{expected} {models} models.")
