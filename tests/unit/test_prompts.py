"""Questions of `dataops new`: what somebody types replaces the default."""

from __future__ import annotations

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from questionary import text

from first_light.project.prompts import with_selected_default


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ("\r", "my-product"),
        ("Shop sales\r", "Shop sales"),
        ("\x7fShop\r", "Shop"),  # backspace removes the whole default
        ("\x1b[C 2\r", "my-product 2"),  # the right arrow keeps it
    ],
)
def test_typing_replaces_the_default_and_enter_keeps_it(keys: str, answer: str) -> None:
    with create_pipe_input() as typed:
        typed.send_text(keys)
        ask = with_selected_default(text)
        question = ask("Name?", default="my-product", input=typed, output=DummyOutput())
        assert question.unsafe_ask() == answer


def test_without_a_default_nothing_is_selected() -> None:
    with create_pipe_input() as typed:
        typed.send_text("Shop\r")
        question = with_selected_default(text)("Name?", input=typed, output=DummyOutput())
        assert question.unsafe_ask() == "Shop"
