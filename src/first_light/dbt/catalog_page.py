"""dbt's catalog page, made safe to publish: names and descriptions never run as script.

dbt writes the text of two JSON files into a script of the page without escaping it, so `</script>`
in a name would end that script. Descriptions may hold HTML. Here the text is escaped, and a content
security policy allows the page's own script, by its hash, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from first_light.dbt.engine import DbtRun

PAGE = "static_index.html"
_INLINED = ("manifest.json", "catalog.json")
_HEAD = "<head>"


def secured_run(run: DbtRun, target_path: Path, withheld: Mapping[str, Collection[str]]) -> DbtRun:
    """The result of making the catalog, once its page is safe to publish.

    Args:
        run: as it was.
        target_path: where the page and the JSON files in it are.
        withheld: columns to leave out of page and catalog, by node.
    """
    page = target_path / PAGE
    if not page.is_file():
        return run
    try:
        # With the line ends that are in the files: the page holds the same.
        texts = [(target_path / name).read_bytes().decode() for name in _INLINED]
        text = page.read_bytes().decode()
        if withheld:
            text, texts = without_columns(text, texts, withheld)
            (target_path / _INLINED[1]).write_bytes(texts[-1].encode())
        text = secured(text, texts)
    except (OSError, ValueError) as error:
        page.unlink()
        problem = f"The catalog page is not safe to publish: {error}"
        return replace(run, ok=False, problem=problem)
    page.write_bytes(text.encode())
    return run


def secured(page: str, inlined: Iterable[str]) -> str:
    """The page with its data escaped and with a content security policy.

    Args:
        page: as dbt wrote it.
        inlined: the JSON texts that dbt wrote into its script.

    Raises:
        ValueError: the page does not contain one of them, or has no head.
    """
    for text in inlined:
        if text not in page:
            raise ValueError("its data are not where dbt writes them")
        page = page.replace(text, text.replace("<", "\\u003c"))
    if _HEAD not in page:
        raise ValueError("it has no head")
    # What a browser hashes has no carriage returns.
    page = page.replace("\r\n", "\n").replace("\r", "\n")
    return page.replace(_HEAD, f"{_HEAD}{_policy(page)}", 1)


def without_columns(
    page: str, inlined: Iterable[str], withheld: Mapping[str, Collection[str]]
) -> tuple[str, list[str]]:
    """The page and the JSON texts in it, without some columns.

    Args:
        page: as dbt wrote it.
        inlined: the JSON texts that dbt wrote into its script.
        withheld: the columns, by node; a node without any other leaves the catalog.
    """
    texts = []
    for text in inlined:
        content = json.loads(text)
        for name, hidden in withheld.items():
            node = content["nodes"].get(name, {})
            folded = {column.lower() for column in hidden}
            columns = node.get("columns") or {}
            node["columns"] = {k: v for k, v in columns.items() if k.lower() not in folded}
            if columns and not node["columns"] and "stats" in node:
                del content["nodes"][name]
        texts.append(json.dumps(content, separators=(",", ":")))
        page = page.replace(text, texts[-1])
    return page, texts


def _policy(page: str) -> str:
    scripts = _Scripts()
    scripts.feed(page)
    hashes = " ".join(f"'sha256-{_hash(text)}'" for text in scripts.texts)
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class _Scripts(HTMLParser):
    """The texts of a page's scripts.

    Attributes:
        texts: one for each script.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.texts: list[str] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.texts.append("")
            self._is_inside = True

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.texts[-1] += data
