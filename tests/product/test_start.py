"""`dataops start` and `add`: from a fresh product, or a team's own files, to a first commit."""

from __future__ import annotations

import csv
import hashlib
import os
import re
from pathlib import Path

import pytest
from conftest import MakeProduct

import harness
from first_light.dbt.profile import missing_variables
from tools import demo

FIRST_NAMES = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Ken", "Lynn", "Tim")
LAST_NAMES = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Perlman", "Thompson")


@pytest.fixture
def shop_files(tmp_path: Path) -> Path:
    """A small shop's export, as an office would send it: semicolons, decimal commas, people."""
    folder = tmp_path / "export"
    folder.mkdir()
    with (folder / "Kunden.csv").open("w", newline="", encoding="latin-1") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(["Kunde Nr", "Vorname", "Nachname", "E-Mail", "Telefon", "Stadt", "Login"])
        for n in range(400):
            first, last = FIRST_NAMES[n % 10], LAST_NAMES[n % 8]
            mail = f"{first}.{last}{n}@mail.example.net".lower()
            phone, login = f"+49 30 {5550000 + n}", f"{first}{n}".lower()
            rows.writerow([1000 + n, first, last, mail, phone, "Köln", login])
    with (folder / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(["order_id", "kunde_nr", "ordered_at", "status", "amount"])
        for n in range(3000):
            day = f"2026-0{1 + n % 3}-{1 + n % 28:02d} 08:{n % 60:02d}:00"
            status = ("new", "paid", "sent")[n % 3]
            rows.writerow([n + 1, 1000 + (n * 7) % 400, day, status, f"{n % 90},{n % 100:02d}"])
    return folder


def fingerprint(folder: Path) -> dict[str, tuple[str, int]]:
    """Content and time of every file: what must not change in originals."""
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.iterdir())
        if path.is_file()
    }


def history(product: harness.Product) -> list[str]:
    return product.git("log", "--format=%s").splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("again", [False, pytest.param(True, marks=pytest.mark.gauntlet)])
def test_first_light_of_the_example_and_again(make_product: MakeProduct, again: bool) -> None:
    product = make_product()
    started = product.dataops("start")
    assert "check passed" in started.stdout
    assert "with warnings" not in started.stdout
    boards, catalog = re.findall(r"^  (?:open|    )  (/.+\.html)$", started.stdout, re.MULTILINE)
    assert Path(boards).read_text("utf-8").startswith("<!doctype html>")
    assert Path(catalog).name == "catalog.html"
    assert Path(catalog).is_file()
    assert "Open the boards" not in started.stdout  # nobody is asked without a terminal
    assert history(product) == ["First light"]
    assert product.git("status", "--porcelain") == ""
    assert (product.root / ".git" / "hooks" / "pre-commit").exists()
    assert any((product.root / "raw" / "orders").iterdir())
    assert not product.git("ls-files", "raw")
    before = harness.tree(product.root, "raw", "models", "sample")

    assert "git remote add origin URL" in started.stdout
    product.git("remote", "add", "origin", str(product.root.with_name("origin.git")))
    if again:
        repeated = product.dataops("start")
        assert "check passed" in repeated.stdout
        assert "then  git push" in repeated.stdout
        assert history(product) == ["First light"]
        assert product.git("status", "--porcelain") == ""
        assert harness.tree(product.root, "raw", "models", "sample") == before

    # All tests hold on raw as well, by the one switch and in prod.
    if again:
        product.dbt("build", "--select", "stg_orders", env={"DATAOPS_RAW": "raw"})
    product.dbt("build", "--target", "prod")

    # The hooks are there: a commit with bad style is rejected.
    model = product.root / "models" / "marts" / "orders.sql"
    model.write_text(model.read_text("utf-8").replace("select", "SELECT", 1), encoding="utf-8")
    product.git("add", "-A")
    rejected = product.uv_run("git", "commit", "-q", "-m", "bad style", code=1)
    assert "SQL style" in rejected.stdout + rejected.stderr


@pytest.mark.slow
@pytest.mark.engines  # an environment of its own; test_render.py has each answer in every run
@pytest.mark.parametrize("warehouse", ["snowflake", "bigquery", "spark"])
def test_only_releases_need_an_account(
    make_product: MakeProduct, shop_files: Path, warehouse: str
) -> None:
    product = make_product({"warehouse": warehouse, "content": "empty"})
    started = product.dataops("start", "--from", str(shop_files), "--yes")
    assert "check passed" in started.stdout
    assert "first release: not made, these are not set" in started.stdout
    assert f"uv run dataops docs {warehouse}" in started.stdout
    assert history(product) == ["First light"]
    source = next((product.root / "models/staging").rglob("raw_orders.yml"))
    assert "env_var('DATAOPS_RAW_SCHEMA'" in source.read_text("utf-8")
    refused = product.dataops("release", code=2)
    (variable, *_) = missing_variables(product.root, "prod")
    assert variable in refused.stderr
    assert f"uv run dataops docs {warehouse}" in refused.stderr
    assert "not available" in product.dataops("preview", code=2).stderr


@pytest.mark.slow
def test_real_flights_become_a_product(make_product: MakeProduct) -> None:
    originals = fingerprint(demo.real_input())
    product = make_product({"content": "empty", "product_name": "New York flights"})
    started = product.dataops("start", "--from", str(demo.real_input()))
    assert fingerprint(demo.real_input()) == originals
    assert "336,776" in started.stdout
    assert "check passed" in started.stdout
    assert history(product) == ["First light"]
    models = product.root / "models"
    staged = {path.stem for path in (models / "staging").glob("stg_*.sql")}
    assert staged == {"stg_airlines", "stg_airports", "stg_flights", "stg_planes", "stg_weather"}
    flights = (models / "staging" / "stg_flights.yml").read_text("utf-8")
    assert "ref('stg_airlines')" in flights  # a foreign key of the same name
    assert "ref('stg_airports')" in flights  # one of another name: origin → faa
    assert "ref('stg_planes')" not in flights  # many tail numbers have no plane: not asserted
    assert (product.root / "store" / "current").exists()  # built from raw, and all tests hold


def test_the_demo_asks_for_no_git_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    harness.git(tmp_path, "init", "-q")
    nobody = ["git", "-c", "user.useConfigOnly=true"]
    demo.step([*nobody, "commit", "-q", "--allow-empty", "-m", "x"], tmp_path)
    demo.step([*nobody, "log", "--format=%ae %ce"], tmp_path)
    assert "demo@example.com demo@example.com" in capfd.readouterr().out


@pytest.mark.slow
def test_personal_data_never_enters_git(make_product: MakeProduct, shop_files: Path) -> None:
    originals = fingerprint(shop_files)
    product = make_product({"content": "empty"})
    started = product.dataops("start", "--from", str(shop_files), code=1)
    assert fingerprint(shop_files) == originals
    assert "masked" in started.stdout
    assert "4 columns hold personal data, masked in the sample" in started.stdout
    assert "kunden.E-Mail: email (models/staging/raw_kunden.yml)" in started.stdout
    assert "Nothing was committed yet: 1 column may hold personal data" in started.stdout
    assert "kunden.Login: user_name (models/staging/raw_kunden.yml)" in started.stdout
    assert product.git("log", "--all", "--oneline") == ""
    assert product.git("ls-files", "--cached") == ""
    assert not (product.root / "store" / "current").exists()

    # To repeat the command answers nothing.
    again = product.dataops("start", code=1)
    assert "this goes on and commits: uv run dataops start --yes" in again.stdout
    assert product.git("log", "--all", "--oneline") == ""

    assert "check passed" in product.dataops("start", "--yes").stdout
    assert history(product) == ["First light"]
    assert (product.root / "store" / "current").exists()
    committed = product.git("log", "-p", "--all")
    for secret in ("@mail.example.net", "Lovelace", "Dijkstra", "+49 30 555"):
        assert secret not in committed, f"{secret} is in git"
    assert "pii: email" in committed
    product.dbt("build", "--target", "ci")

    # Repeating changes nothing.
    product.dataops("add", str(shop_files))
    assert product.git("status", "--porcelain") == ""

    # A file that the team edited stays; the draft lies beside it and is shown.
    staging = product.root / "models" / "staging"
    model = staging / "stg_orders.sql"
    edited = model.read_text("utf-8") + "\n-- ours\n"
    model.write_text(edited, encoding="utf-8")
    (staging / "raw_orders.yml").unlink()
    added = product.dataops("add", str(shop_files))
    assert model.read_text("utf-8") == edited
    assert model.with_name("stg_orders.sql.draft").exists()
    assert "is yours and stays" in added.stdout
    assert "-- ours" in added.stdout


@pytest.mark.slow
@pytest.mark.gauntlet  # `add` is in test_deliveries.py, what is drafted in test_inference.py
def test_one_more_source_later(make_product: MakeProduct, shop_files: Path, tmp_path: Path) -> None:
    product = make_product({"content": "empty"})
    product.dataops("start", "--from", str(shop_files / "Kunden.csv"), "--yes")
    product.dataops("add", str(shop_files / "orders.csv"))
    orders = (product.root / "models/staging/stg_orders.yml").read_text("utf-8")
    assert "relationships" in orders
    assert "check passed" in product.dataops("check").stdout


def test_own_files_come_beside_the_example_or_leave_no_draft(
    make_product: MakeProduct, shop_files: Path
) -> None:
    product = make_product()
    product.commit()
    added = product.dataops("add", str(shop_files / "Kunden.csv"))
    review = re.findall(r"^review the drafts: (.+)$", added.stdout, flags=re.MULTILINE)
    assert "stg_kunden.sql" in product.run("sh", "-c", review[0]).stdout
    assert (product.root / "models/staging/stg_kunden.sql").is_file()
    assert {"kunden", "customers", "orders"} <= {p.name for p in (product.root / "raw").iterdir()}
    assert (product.root / "sample/kunden").is_dir()

    # Where no sample can be cut, half a draft would fail every check from then on.
    before = harness.tree(product.root, "models", "sample", "tests")
    (shop_files / "towns.csv").write_text(f"town,map\nKöln,{'x' * 1_900_000}\n", encoding="utf-8")
    rejected = product.dataops("add", str(shop_files / "towns.csv"), code=2)
    assert "The sample does not fit" in rejected.stderr
    assert harness.tree(product.root, "models", "sample", "tests") == before


def test_start_says_what_is_wrong_and_leaves_no_trace(
    make_product: MakeProduct, tmp_path: Path
) -> None:
    product = make_product({"content": "empty"})
    before = harness.tree(product.root, ".")
    rejected = product.dataops("start", "--from", str(tmp_path / "nothing.csv"), code=2)
    assert "There is no such file or folder." in rejected.stderr
    assert str(tmp_path / "nothing.csv") in rejected.stderr
    assert harness.tree(product.root, ".") == before


def test_outside_a_product_every_verb_says_so(make_product: MakeProduct, tmp_path: Path) -> None:
    product = make_product({"content": "empty"})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    away = harness.Product(elsewhere, product.environment)
    for verb in (["start"], ["check"], ["sample"], ["add", "x.csv"]):
        rejected = away.uv_run("--project", str(product.root), "dataops", *verb, code=2)
        assert "not in a product" in rejected.stderr
