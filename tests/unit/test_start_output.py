"""What `start` says last, by who has typed it."""

from __future__ import annotations

from first_light.cli.output.start import next_steps
from first_light.commands.start import Started


def test_a_fresh_clone_is_led_to_a_branch_a_new_product_to_its_next_delivery() -> None:
    clone = "\n".join(next_steps(Started((), None, "", None), on_server=False, has_origin=True))
    assert "docs/first-change.md" in clone
    assert "git switch -c" in clone
    assert "dataops release" not in clone
    made = next_steps(Started((), None, "abc1234", None), on_server=False, has_origin=False)
    assert "raw/TABLE/" in made[2]
    assert "git remote add origin URL" in made[3]
