"""`dataops docs`: the pages of the documentation, of the installed version."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from first_light.utils.errors import DataopsError

_PACKAGE = Path(__file__).resolve().parents[1]
# A wheel carries the pages; in an editable installation they are those of the repository.
_FOLDERS = (_PACKAGE / "docs", _PACKAGE.parents[1] / "docs")
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """One page of the documentation.

    Attributes:
        name: what `dataops docs` calls it: the file's name without its suffix.
        section: the folder it is in, such as guides; empty at the top.
        title: its first heading.
        text: Markdown, without comments.
    """

    name: str
    section: str
    title: str
    text: str


def pages() -> list[Page]:
    """All pages, by section and name.

    Raises:
        DataopsError: this installation has no pages.
    """
    folder = next((folder for folder in _FOLDERS if (folder / "index.md").is_file()), None)
    if folder is None:
        raise DataopsError(
            "This installation has no documentation.",
            where=str(_FOLDERS[0]),
            fix="uv sync --reinstall-package first-light",
        )
    return [_read(path, folder) for path in sorted(folder.rglob("*.md"))]


def page(name: str) -> Page:
    """The page of this name; its section may precede it, as in guides/deploy.

    Raises:
        DataopsError: there is no such page.
    """
    by_name = {page.name: page for page in pages()}
    page_name = name.strip().lower().removesuffix(".md").rpartition("/")[2]
    if page_name in by_name:
        return by_name[page_name]
    near = difflib.get_close_matches(page_name, by_name, n=3, cutoff=0.5)
    near += [name for name in by_name if page_name and page_name in name and name not in near]
    raise DataopsError(
        f"There is no page {name}.",
        where=f"similar pages: {', '.join(near)}" if near else "",
        fix=f"uv run dataops docs {near[0]}" if near else "uv run dataops docs",
    )


def _read(path: Path, folder: Path) -> Page:
    text = _COMMENT.sub("", path.read_text(encoding="utf-8")).strip() + "\n"
    section = path.relative_to(folder).parent.as_posix()
    title = next(line[2:] for line in text.splitlines() if line.startswith("# "))
    return Page(path.stem, "" if section == "." else section, title, text)
