"""Pictures of real pages for the documentation, each made by the commands of two products.

python -m tools.gallery DEMO SHOP PICTURES

DEMO is the product that tools/demo.py made. SHOP becomes an example product with a change on a
branch, in place of one that is there. Pages are drawn by a Chromium of this machine.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright

from tools.demo import rendered, step

_PROGRAMS = ("chromium", "google-chrome")
_WIDTH = 1100
_CHANGE = (
    "expr: net_amount",
    "expr: case when channel = 'web' then total_amount else net_amount end",
)
_SIGNS = {"❌": "✘", "✅": "✔", "⚠️": "▲"}
_COMMENT_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; color: #1f2328; margin: 24px; }
article { border: 1px solid #d1d9e0; border-radius: 6px; padding: 4px 20px 12px; }
pre { background: #f6f8fa; border-radius: 6px; padding: 12px; }
code { font-size: 12px; }
h2 { border-bottom: 1px solid #d1d9e0; padding-bottom: 6px; }
"""


@dataclass(frozen=True)
class Shot:
    """A page and how much of it is shown, in pixels."""

    name: str
    page: Path
    height: int


def shots(demo: Path, shop: Path) -> list[Shot]:
    """The pages of both products."""
    (board,) = sorted((demo / "boards").glob("*.md"))
    boards, check = demo / "store" / "current" / "boards", shop / "target" / "check"
    return [
        Shot("board", boards / f"{board.stem}.html", 1250),
        Shot("weekly-revenue", shop / "store" / "current" / "boards" / "weekly_revenue.html", 1250),
        Shot("impact", check / "impact.html", 640),
        Shot("boards-before-and-after", check / "boards.html", 700),
        Shot("comment", _comment(check), 680),
        Shot("report", shop / "target" / "report" / "index.html", 1100),
        Shot("catalog", demo / "store" / "current" / "catalog.html", 900),
    ]


def make_shop(folder: Path) -> None:
    """The example, started and released, with a change of a metric that nobody declared."""
    rendered(folder, {"product_name": "Shop"})
    step(["uv", "run", "dataops", "start"], folder)
    step(["git", "switch", "--quiet", "--create", "web-revenue"], folder)
    definition = folder / "models" / "marts" / "orders.yml"
    text = definition.read_text(encoding="utf-8")
    if _CHANGE[0] not in text:
        sys.exit(f"{definition} has no `{_CHANGE[0]}`: choose another change in {__file__}")
    definition.write_text(text.replace(*_CHANGE), encoding="utf-8")
    step(["git", "commit", "--quiet", "--all", "-m", "Count refunds in revenue of the web"], folder)
    step(["uv", "run", "dataops", "check"], folder, code=1)
    step(["uv", "run", "dataops", "report"], folder)


def _comment(check: Path) -> Path:
    """The comment on the change, as a forge shows it."""
    text = (check / "comment.md").read_text(encoding="utf-8")
    for emoji, sign in _SIGNS.items():  # few machines that draw pictures have a font for emoji
        text = text.replace(emoji, sign)
    body = MarkdownIt("commonmark").enable("table").render(text)
    page = check / "comment.html"
    page.write_text(
        f"<!doctype html><meta charset='utf-8'><style>{_COMMENT_STYLE}</style>"
        f"<article>{body}</article>",
        encoding="utf-8",
    )
    return page


def draw(pages: list[Shot], into: Path) -> None:
    """Draw each page as a picture; the folder has no others afterwards."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        sys.exit(f"no Chromium here, looked for {', '.join(_PROGRAMS)}: apt-get install chromium")
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for shot in pages:
            page = browser.new_page(viewport={"width": _WIDTH, "height": shot.height})
            page.goto(shot.page.as_uri())
            page.screenshot(path=into / f"{shot.name}.png")
            print(into / f"{shot.name}.png")
        browser.close()


def main() -> None:
    demo, shop, into = (Path(argument).resolve() for argument in sys.argv[1:4])
    make_shop(shop)
    draw(shots(demo, shop), into)


if __name__ == "__main__":
    main()
