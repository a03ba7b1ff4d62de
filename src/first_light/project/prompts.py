"""Copier with questions whose default is selected: what somebody types replaces it.

    python -m first_light.project.prompts copy TEMPLATE FOLDER

Copier's own prompts append to the default.
"""

from __future__ import annotations

import functools
import runpy
from collections.abc import Callable
from typing import Any

_TEXT = ("text", "input")


def with_selected_default(ask: Callable[..., Any]) -> Callable[..., Any]:
    """A prompt of questionary whose default is selected when it appears."""

    @functools.wraps(ask)
    def prompt(*arguments: Any, **options: Any) -> Any:
        question = ask(*arguments, **options)
        application = question.application

        def select_default() -> None:
            buffer = application.current_buffer
            if buffer.text:
                buffer.cursor_position = 0
                buffer.start_selection()
                buffer.selection_state.enter_shift_mode()  # where typing replaces a selection
                buffer.cursor_position = len(buffer.text)

        application.pre_run_callables.append(select_default)
        return question

    return prompt


def main() -> None:
    """Run Copier's command line."""
    from questionary import prompts

    known: dict[str, Any] = prompts.AVAILABLE_PROMPTS
    known.update((name, with_selected_default(known[name])) for name in _TEXT)
    runpy.run_module("copier", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
