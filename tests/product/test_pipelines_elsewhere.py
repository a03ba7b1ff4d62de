"""Pipelines of products that are released elsewhere than they are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import bigquery_emulator
import harness
import planets
import runners
import snowflake_emulator
from first_light.project import managed
from first_light.project.product import Product
from runners import HostSettings, PipelineRun

pytestmark = [pytest.mark.slow, pytest.mark.gauntlet, snowflake_emulator.needs_emulator]


class Hosted:
    """A product in a bare repository, with a profile that leads to an emulator."""

    def __init__(self, home: Path, ci: str, warehouse: str, lead_here: Callable[[Path], None]):
        self.home, self.ci, self.runs = home, ci, 0
        self.bare = home / "shop.git"
        answers = {"ci": ci, "content": "empty", "warehouse": warehouse, "product_name": "shop"}
        root = harness.render(home / "shop", answers)
        planets.add(root)
        lead_here(root / "profiles.yml")
        profile = str(root / "profiles.yml")
        managed.opt_out(Product(root), profile, "an emulator has another address")
        harness.Product(root, harness.clean_environment()).run("uv", "lock", "--quiet")
        harness.git(root, "init", "-q", "-b", "main")
        harness.git(root, "add", "-A")
        harness.git(root, "commit", "-q", "--no-verify", "-m", "First light")
        harness.git(home, "clone", "-q", "--bare", str(root), str(self.bare))

    def run(
        self, installed: Path, jobs: tuple[str, ...], settings: Mapping[str, str]
    ) -> PipelineRun:
        """A push to main, with settings as the host keeps them for releases."""
        self.runs += 1
        work = self.home / f"run-{self.runs}"
        work.mkdir()
        if self.ci == "gitlab":
            return runners.run_gitlab(
                self.bare, work, "main", "push", installed, jobs,
                scoped={"dataops/release": settings},
            )  # fmt: skip
        text = "\n".join(f"{name}={value}" for name, value in settings.items())
        secrets = HostSettings(secrets={"DATAOPS_SECRETS": text})
        return runners.run_github(self.bare, work, "push", "release.yml", installed, hosted=secrets)


def test_github_releases_to_snowflake(tmp_path: Path, installed: Path) -> None:
    hosted = Hosted(tmp_path, "github", "snowflake", snowflake_emulator.lead_here)
    # Without an account the check passes, and the release says what is missing.
    missing = hosted.run(installed, (), {})
    assert missing.jobs["check"] == "success", missing.log
    assert missing.jobs["release"] == "failure"
    assert "SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER" in missing.log
    assert "uv run dataops docs snowflake" in missing.log
    with snowflake_emulator.server() as variables:
        for statement in ("database shop_next", "database shop_build"):
            snowflake_emulator.ask(variables, f"create {statement}")
        done = hosted.run(installed, (), {**variables, **snowflake_emulator.ACCOUNT})
        assert set(done.jobs.values()) == {"success"}, done.log
        rows = snowflake_emulator.ask(variables, "select planet_name from shop.marts.planets")
        assert rows == [("Mercury",)]
    assert "A rehearsal on the sample" in done.summary
    assert "load the landing data into the schema raw" in done.summary
    assert (done.site / "index.html").is_file()


def test_gitlab_releases_to_bigquery(tmp_path: Path, installed: Path) -> None:
    hosted = Hosted(tmp_path, "gitlab", "bigquery", bigquery_emulator.lead_here)
    with bigquery_emulator.server() as variables:
        settings = {**variables, "BIGQUERY_PROJECT": "emulated"}
        done = hosted.run(installed, ("check", "release", "pages"), settings)
        assert set(done.jobs.values()) == {"success"}, done.log
        rows = bigquery_emulator.ask(variables, "select planet_name from shop_marts.planets")
        assert rows == [("Mercury",)]
    assert "rehearsal" in done.log
    assert (done.site / "index.html").is_file()
