"""A scratch place is dropped however its command ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from first_light.utils.errors import DataopsError
from first_light.warehouse.scratch_place import dropped_at_end


def creates(places: set[str], then: type[BaseException] | None) -> Callable[[], None]:
    """Create the place; an error that follows stands for a signal that came meanwhile."""

    def create() -> None:
        places.add("scratch")
        if then:
            raise then

    return create


def test_a_stop_while_it_is_created_leaves_nothing() -> None:
    places: set[str] = set()
    with (
        pytest.raises(KeyboardInterrupt),
        dropped_at_end(creates(places, KeyboardInterrupt), places.clear),
    ):
        pytest.fail("the command went on")
    assert not places


@pytest.mark.parametrize("end", [EOFError, KeyboardInterrupt])
def test_the_end_of_a_command_drops_it(end: type[BaseException]) -> None:
    places: set[str] = set()
    seen: list[set[str]] = []

    def command() -> None:
        with dropped_at_end(creates(places, None), places.clear):
            seen.append({*places})
            raise end

    with pytest.raises(end):
        command()
    assert seen == [{"scratch"}]
    assert not places


def test_a_place_of_another_command_is_not_dropped() -> None:
    places = {"another's"}

    def refuse() -> None:
        raise DataopsError("The place exists already.")

    with (
        pytest.raises(DataopsError, match="exists already"),
        dropped_at_end(refuse, places.clear),
    ):
        pytest.fail("the command went on")
    assert places == {"another's"}
