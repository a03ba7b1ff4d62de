"""Who owns which path: one list that Copier follows, and every path in one class."""

from __future__ import annotations

from pathlib import Path

import pytest

import harness
from release import template


@pytest.mark.parametrize("profile", harness.PROFILES)
def test_every_rendered_path_is_in_exactly_one_class(tmp_path: Path, profile: str) -> None:
    ownership = template.ownership()
    rendered = harness.tree(harness.render(tmp_path / "p", harness.PROFILES[profile]), ".")
    classes = {path: ownership.classes(path) for path in rendered}
    astray = {path: found for path, found in classes.items() if len(found) != 1}
    assert not astray, f"say in ownership.yml whose these are, once: {astray}"


def test_copiers_settings_follow_from_ownership() -> None:
    ownership, settings = template.ownership(), template.settings()
    owned = list(ownership.owned)
    assert settings["_skip_if_exists"] == owned
    excluded = settings["_exclude"]
    # Owned first, taken back for a copy, then what no render brings.
    assert excluded[: len(owned)] == owned
    assert excluded[len(owned)] == "{% if _copier_operation == 'copy' %}!*{% endif %}"
    assert set(ownership.tombstones) <= set(excluded[len(owned) + 1 :])


def test_the_lists_hold_no_jinja_and_overlap_nowhere() -> None:
    ownership = template.ownership()
    every = [*ownership.managed, *ownership.owned, *ownership.tombstones]
    assert all(path.startswith("/") and not set("{}*!?[]") & set(path) for path in every)
    assert len(set(every)) == len(every)
    for path in every:
        others = [other for other in every if other != path]
        assert not template.covers(others, path.lstrip("/")), path
