"""profiles.yml, rendered as dbt renders it, and the driver that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from first_light.dbt import driver
from first_light.dbt.profile import Profile, read_profile
from first_light.utils.errors import DataopsError

PROFILE = """
shop:
  outputs:
    ci:
      type: duckdb
      path: "{{ env_var('PLACE', 'target/shop.duckdb') }}"
      threads: "{{ env_var('THREADS', '4') | as_number }}"
      read_only: "{{ env_var('LOCKED', 'False') | as_bool }}"
      schema: "ci_{{ env_var('USER') }}"
      attach: "{{ ([{'path': env_var('STATE'), 'read_only': true}] if env_var('STATE', '') else []) | as_native }}"
      settings: {TimeZone: UTC}
"""  # noqa: E501


def project(root: Path) -> Path:
    (root / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (root / "profiles.yml").write_text(PROFILE)
    return root


def test_a_target_is_rendered_with_its_variables(tmp_path: Path) -> None:
    profile = read_profile(project(tmp_path), "ci", {"USER": "1", "STATE": "a b", "THREADS": "2"})
    assert profile == Profile(
        "duckdb",
        {
            "path": "target/shop.duckdb",
            "threads": 2,
            "read_only": False,
            "schema": "ci_1",
            "attach": [{"path": "a b", "read_only": True}],
            "settings": {"TimeZone": "UTC"},
        },
    )


@pytest.mark.parametrize(("target", "named"), [("ci", "USER"), ("nowhere", "shop has ci")])
def test_what_cannot_be_rendered_is_named(tmp_path: Path, target: str, named: str) -> None:
    with pytest.raises(DataopsError) as error:
        read_profile(project(tmp_path), target, {})
    assert named in error.value.where


def test_a_connection_has_what_the_profile_sets(tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    with driver.connect(Profile("duckdb", {"path": str(other)})) as queries:
        queries.run("create table other.orders as select 1 as order_id")
    values = {
        "path": ":memory:",
        "config_options": {"memory_limit": "1GB"},
        "attach": [{"path": str(other), "alias": "released", "read_only": True}],
        "settings": {"TimeZone": "Asia/Tokyo"},
    }
    with driver.connect(Profile("duckdb", values)) as queries:
        assert queries.run("select current_setting('TimeZone')").rows == [("Asia/Tokyo",)]
        assert queries.run("select order_id from released.orders").rows == [(1,)]
        with pytest.raises(DataopsError, match="query failed") as error:
            queries.run("select nothing_of_the_sort")
        assert "nothing_of_the_sort" in error.value.where
        assert len(error.value.where.splitlines()) == 1


def test_a_warehouse_without_a_driver_is_named() -> None:
    with pytest.raises(DataopsError, match="oracle"), driver.connect(Profile("oracle", {})):
        pass
