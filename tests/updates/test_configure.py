"""`dataops configure`: another team, contact or deadline."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

import harness
from first_light.commands import configure as configuring
from first_light.commands import renew_package as renewing
from first_light.commands import warehouse_answer
from first_light.commands.configure import configure, follow, replaced
from first_light.commands.disown import disown
from first_light.commands.template_text import merged
from first_light.commands.warehouse_answer import setup_of, sources
from first_light.dbt.profile import read_type
from first_light.forge import repository_files
from first_light.project import managed
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.steps import PASSED
from gauntlet.lives import LIVES
from gauntlet.run import born
from gauntlet.versions import FIRST


def quiet(_: str) -> None:
    """Nobody looks."""


@pytest.fixture
def product(
    template_history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> harness.Product:
    monkeypatch.setenv("DATAOPS_COPIER", f"{sys.executable} -m copier")
    team = born(template_history, tmp_path / "p", FIRST, {"team": "Shop"}, LIVES["fresh"])
    return harness.Product(team.root)


def test_every_place_follows_at_the_same_version(product: harness.Product) -> None:
    version = Product(product.root).answers["_commit"]
    wanted = {"team": "R&D \\1 north", "contact": "north@example.com", "deadline": "09:30"}
    changed = configure(Product(product.root), wanted, quiet).changed
    after = Product(product.root)
    assert {key: after.answers[key] for key in wanted} == wanted
    assert after.answers["_commit"] == version
    assert managed.step(after).verdict == PASSED, managed.step(after)
    release = (product.root / ".github/workflows/release.yml").read_text(encoding="utf-8")
    assert '"15 8 * * *" # UTC, before the deadline at 09:30' in release
    (group,) = yaml.safe_load((product.root / "models/_groups.yml").read_text())["groups"]
    assert group["owner"] == {"name": wanted["team"], "email": "north@example.com"}
    readme = (product.root / "README.md").read_text(encoding="utf-8")
    assert "Owned by R&D \\1 north, north@example.com" in readme
    assert "by 09:30 UTC" in readme
    assert "07:00" not in readme
    agents = (product.root / "AGENTS.md").read_text(encoding="utf-8")
    assert "owned by R&D \\1 north. Every change" in agents
    assert "north@example.com" in (product.root / "CODEOWNERS").read_text()
    assert {"CODEOWNERS", "README.md", ".copier-answers.yml"} < set(changed)
    assert "dataops/pyproject.toml" not in changed


def test_a_file_is_given_back_and_others_stay_the_teams(
    product: harness.Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(product.root)
    rendered = (product.root / ".sqlfluff").read_bytes()
    for name in (".sqlfluff", ".yamllint"):
        with (product.root / name).open("a", encoding="utf-8") as file:
            file.write("# ours\n")
        managed.opt_out(Product(product.root), name, "we like tabs")
    with pytest.raises(DataopsError, match="uncommitted"):
        disown(Product(product.root), ".sqlfluff", quiet)
    product.commit("Own both")
    (product.root / "models").mkdir(exist_ok=True)
    monkeypatch.chdir(product.root / "models")
    assert disown(Product(product.root), "../.sqlfluff", quiet) == ".sqlfluff"
    after = Product(product.root)
    assert (product.root / ".sqlfluff").read_bytes() == rendered
    assert after.answers["opt_outs"] == {".yamllint": "we like tabs"}
    assert (product.root / ".yamllint").read_text("utf-8").endswith("# ours\n")
    assert managed.step(after).verdict == PASSED, managed.step(after)
    changed = product.git("status", "--porcelain").split("\n")
    assert sorted(line[3:] for line in changed if line) == [".copier-answers.yml", ".sqlfluff"]
    with pytest.raises(DataopsError, match="keeps as its own") as error:
        disown(after, "../.sqlfluff", quiet)
    assert ".yamllint" in error.value.fix


def test_what_is_not_valid_changes_nothing(product: harness.Product) -> None:
    before = harness.tree(product.root, ".")
    for wanted in ({}, {"deadline": "9 o'clock"}, {"team": " "}, {"warehouse": "oracle"}):
        with pytest.raises(DataopsError):
            configure(Product(product.root), wanted, quiet)
        assert harness.tree(product.root, ".") == before


def test_uncommitted_work_is_not_mixed_in(product: harness.Product) -> None:
    (product.root / "README.md").write_text("mine")
    with pytest.raises(DataopsError, match="uncommitted"):
        configure(Product(product.root), {"deadline": "09:30"}, quiet)
    assert (product.root / "README.md").read_text() == "mine"


def test_a_file_that_is_not_utf_8_keeps_every_other_byte(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_bytes(b"caf\xe9, released by 07:00 UTC\r\n")
    follow(readme, {"deadline": ("07:00", "09:30")})
    assert readme.read_bytes() == b"caf\xe9, released by 09:30 UTC\r\n"


def test_only_what_the_template_wrote_is_replaced() -> None:
    text = "the shop sells\n  name: Shop\n  name: Shop two\nshop@x.org, myshop@x.org\n"
    changes = {"team": ("Shop", "North"), "contact": ("shop@x.org", "north@x.org")}
    expected = 'the shop sells\n  name: "North"\n  name: Shop two\nnorth@x.org, myshop@x.org\n'
    assert replaced(text, changes) == expected
    rule = "Work on a branch; `main` is released. The main table.\n"
    assert replaced(rule, {"branch": ("main", "trunk")}) == rule.replace("`main`", "`trunk`")


def test_another_warehouse_and_back(product: harness.Product) -> None:
    root = product.root
    prose = ("README.md", "AGENTS.md", "docs/first-change.md")
    (root / "models/raw_own.yml").write_text(OWN_SOURCE, "utf-8")
    readme = (root / "README.md").read_text("utf-8")
    (root / "README.md").write_text(f"{readme}\nOur own words.\n", "utf-8")
    product.commit("A source of our own")
    before = harness.tree(root, ".")
    answers = {"warehouse": "postgres", "ci": "gitlab"}
    result = configure(Product(root), answers, quiet)
    wanted = harness.render(
        root.parent / "wanted", {"product_name": "p", "team": "Shop", **answers}
    )
    for path in (*prose, "profiles.yml", ".sqlfluff", ".gitlab/postgres.yml"):
        assert (root / path).read_text("utf-8").removesuffix("\nOur own words.\n") == (
            (wanted / path).read_text("utf-8")
        ), path
    for file in root.glob("models/staging/shop/raw_*.yml"):
        assert "    schema: " in file.read_text("utf-8"), file
    assert (root / "README.md").read_text("utf-8").endswith("Our own words.\n")
    assert "first-light[postgres]" in (root / "dataops/pyproject.toml").read_text("utf-8")
    assert managed.step(Product(root)).verdict == PASSED, managed.step(Product(root))
    assert any("dataops sample --load" in line for line in result.remaining)
    product.commit("Move to PostgreSQL")
    configure(Product(root), {"warehouse": "duckdb", "ci": "github"}, quiet)
    assert harness.tree(root, ".") == before


@pytest.mark.parametrize(
    "warehouse",
    # One with two keys of sources, and one with lines in dbt_project.yml.
    ["snowflake", pytest.param("bigquery", marks=pytest.mark.gauntlet), "spark"],
)
def test_a_warehouse_for_releases_alone_and_back(product: harness.Product, warehouse: str) -> None:
    root = product.root
    (root / "models/raw_own.yml").write_text(OWN_SOURCE, "utf-8")
    project = root / "dbt_project.yml"
    project.write_text(f"{project.read_text('utf-8')}\nvars: {{own: 1}}  # ours\n", "utf-8")
    product.commit("A source of our own")
    before, version = harness.tree(root, "."), Product(root).answers["_commit"]
    result = configure(Product(root), {"warehouse": warehouse}, quiet)
    after = Product(root)
    assert after.answers["_commit"] == version
    assert managed.step(after).verdict == PASSED, managed.step(after)
    wanted = harness.render(
        root.parent / "wanted", {"product_name": "p", "team": "Shop", "warehouse": warehouse}
    )
    for path in ("README.md", "AGENTS.md", "profiles.yml", ".sqlfluff"):
        assert (root / path).read_text("utf-8") == (wanted / path).read_text("utf-8"), path
    own = f"{(wanted / 'dbt_project.yml').read_text('utf-8')}\nvars: {{own: 1}}  # ours\n"
    assert project.read_text("utf-8") == own
    name = "models/staging/shop/raw_orders.yml"
    (raw,), (fresh,) = (
        yaml.safe_load((top / name).read_text())["sources"] for top in (root, wanted)
    )
    assert raw == fresh
    assert f"first-light[{warehouse}]" in (root / "dataops/pyproject.toml").read_text("utf-8")
    assert {read_type(root, target) for target in ("dev", "ci")} == {"duckdb"}
    assert any(f"dataops move --to {warehouse}" in line for line in result.remaining)
    assert any(f"dataops docs {warehouse}" in line for line in result.remaining)
    product.commit("Move the releases")
    configure(Product(root), {"warehouse": "duckdb"}, quiet)
    assert harness.tree(root, ".") == before


def test_a_profile_of_ones_own_is_left_alone(
    product: harness.Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(product.root)
    managed.opt_out(Product(product.root), "profiles.yml", "releases are on Snowflake")
    profile = (product.root / "profiles.yml").read_text("utf-8")
    profile = profile[: profile.index("    prod:")] + SNOWFLAKE
    (product.root / "profiles.yml").write_text(profile, "utf-8")
    product.commit("Release on Snowflake")
    result = configure(Product(product.root), {"warehouse": "snowflake"}, quiet)
    assert (product.root / "profiles.yml").read_text("utf-8") == profile
    assert any(line.startswith("profiles.yml is your own") for line in result.remaining)
    assert managed.step(Product(product.root)).verdict == PASSED
    product.commit("Take the extra")
    disown(Product(product.root), "profiles.yml", quiet)
    assert "SNOWFLAKE_PRIVATE_KEY_PATH" in (product.root / "profiles.yml").read_text("utf-8")


SNOWFLAKE = """\
    prod:
      type: snowflake
      account: ours
      user: writer
      database: "{{ env_var('DATAOPS_DATABASE', 'ours') }}"
      schema: by_hand
"""


@pytest.mark.parametrize(
    "instant",
    [
        pytest.param("the lock", marks=pytest.mark.gauntlet),
        "the files of the team",
        pytest.param("the last file", marks=pytest.mark.gauntlet),
    ],
)
def test_a_change_that_is_interrupted_leaves_the_product_as_it_was(
    product: harness.Product, monkeypatch: pytest.MonkeyPatch, instant: str
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    target, name = {
        "the lock": (configuring, "renew_package"),
        "the files of the team": (warehouse_answer, "sources"),
        "the last file": (repository_files, "write"),
    }[instant]
    monkeypatch.setattr(target, name, interrupted)
    before = harness.tree(product.root, ".")
    with pytest.raises(KeyboardInterrupt):
        configure(Product(product.root), {"warehouse": "postgres", "deadline": "09:30"}, quiet)
    assert harness.tree(product.root, ".") == before
    assert product.git("status", "--porcelain") == ""
    assert len(product.git("worktree", "list").splitlines()) == 1


def test_the_lock_follows_the_warehouse_or_the_command_is_named(
    product: harness.Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    (product.root / "uv.lock").write_text("version = 1\n")
    product.commit("Lock")
    pins: list[str] = []

    def lock(copy: Product) -> str:
        """As uv does: from the pin of the copy."""
        pins.append((copy.root / "dataops/pyproject.toml").read_text("utf-8"))
        (copy.root / "uv.lock").write_text("version = 2\n")
        return ""

    monkeypatch.setattr(renewing, "lock", lock)
    result = configure(Product(product.root), {"warehouse": "postgres"}, quiet)
    assert "first-light[postgres]" in pins[0]
    assert "uv.lock" in result.changed
    assert (product.root / "uv.lock").read_text() == "version = 2\n"
    product.commit("Move to PostgreSQL")
    monkeypatch.setattr(renewing, "lock", lambda _: "no network")
    result = configure(Product(product.root), {"warehouse": "duckdb"}, quiet)
    assert result.remaining[0] == "the lockfile was not updated: uv lock"


@pytest.mark.gauntlet
def test_uv_itself_locks_the_driver_of_the_warehouse(product: harness.Product) -> None:
    product.run("uv", "lock", "--quiet", env=harness.clean_environment())
    product.commit("Lock")
    assert "dbt-postgres" not in (product.root / "uv.lock").read_text("utf-8")
    configure(Product(product.root), {"warehouse": "postgres"}, quiet)
    assert 'name = "dbt-postgres"' in (product.root / "uv.lock").read_text("utf-8")
    product.run("uv", "lock", "--check", "--quiet", env=harness.clean_environment())


POSTGRES, SNOWFLAKE_KEYS = (setup_of(name).source for name in ("postgres", "snowflake"))
OWN_SOURCE = """\
sources:
  - name: crm
    tables:
      - name: people  # from the CRM
        config: {meta: {external_location: "read_csv('raw/crm__people/*.csv')"}}
  - name: warehouse
    schema: team_tables
    tables:
      - name: theirs
"""


def test_sources_follow_the_warehouse_and_a_schema_of_the_team_stays() -> None:
    on_server = sources(OWN_SOURCE, {}, POSTGRES)
    added = [line for line in on_server.splitlines() if line not in OWN_SOURCE.splitlines()]
    assert [line.split(":")[0] for line in added] == ["    schema", "        identifier"]
    assert '        identifier: "crm__people"' in added
    assert sources(on_server, {}, POSTGRES) == on_server
    assert sources(on_server, POSTGRES, {}) == OWN_SOURCE
    # From one server to another: the schema is another one, the names of tables stay.
    elsewhere = sources(on_server, POSTGRES, SNOWFLAKE_KEYS)
    assert yaml.safe_load(elsewhere) == yaml.safe_load(sources(OWN_SOURCE, {}, SNOWFLAKE_KEYS))
    assert sources(elsewhere, SNOWFLAKE_KEYS, POSTGRES) == on_server
    one_line = "sources: [{name: raw, tables: [{name: a, meta: {external_location: x}}]}]"
    with pytest.raises(ValueError, match="line 1"):
        sources(one_line, {}, POSTGRES)


def test_a_passage_that_the_team_rewrote_stays_and_is_counted() -> None:
    old, new = b"a\nb\nc\nd\ne\nf\n", b"a\nB\nc\nd\ne\nF\n"
    assert merged(b"a\nmine\nc\nd\ne\nf\n", old, new) == (b"a\nmine\nc\nd\ne\nF\n", 1)
    assert merged(b"a\r\nb\r\nc\r\nd\r\ne\r\nf\r\n", old, new) == (new.replace(b"\n", b"\r\n"), 0)
