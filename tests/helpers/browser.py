"""One Chromium for the pages of a module: what it shows, and what axe finds wrong with a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

_PROGRAM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of this machine. Without one a test is skipped, and fails in CI."""
    if _PROGRAM is None:
        reason = "no Chromium here: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=_PROGRAM, args=["--no-sandbox"])
        yield program
        program.close()


def complaints(page: Page) -> Sequence[str]:
    """What axe finds: names, roles, order of headings, contrast; and a page wider than its window.

    Each with the rule, and the first element at fault.
    """
    violations = [
        f"{violation['id']}: {violation['nodes'][0]['html'][:200]}"
        for violation in Axe().run(page).response["violations"]
    ]
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [
        *violations,
        *([f"the page is {width} pixels wider than its window"] if width > 0 else []),
    ]


def show(
    page: Page, scheme: Literal["light", "dark"], width: int, medium: Literal["screen", "print"]
) -> None:
    """Another reader of the same page."""
    page.set_viewport_size({"width": width, "height": 1100})
    page.emulate_media(color_scheme=scheme, media=medium)
