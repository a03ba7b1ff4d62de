"""What `start` says last, by who has typed it."""

from __future__ import annotations

from first_light.cli.output.start import next_steps
from first_light.commands.start import Started


def test_a_fresh_clone_is_led_to_a_branch_a_new_product_to_its_next_delivery() -> None:
    nothing_new = Started((), None, "", None)
    clone = "\n".join(next_steps(nothing_new, on_server=False, has_origin=True, is_clone=True))
    assert "docs/first-change.md" in clone
    assert "git switch -c" in clone
    assert "dataops release" not in clone
    started = Started((), None, "abc1234", None)
    made = next_steps(started, on_server=False, has_origin=False, is_clone=False)
    assert "raw/TABLE/" in made[2]
    assert "git remote add origin URL" in made[3]
    # A remote to which nothing was pushed yet has no product to change on a branch.
    pushed = next_steps(nothing_new, on_server=False, has_origin=True, is_clone=False)
    assert pushed[3] == "then  git push -u origin HEAD"
