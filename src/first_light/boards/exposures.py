"""The boards as dbt's exposures: `models/_boards.yml`, generated, so that dbt knows their lineage.

It lies among the models because dbt reads YAML nowhere else: so `dbt build`, its documentation and
`state:modified` know each board without a setting and without this package.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from first_light.boards.document import FOLDER, Board
from first_light.boards.sql import references
from first_light.dbt.manifest import Manifest, Node
from first_light.utils.errors import DataopsError
from first_light.utils.whole_files import write_whole

FILE = "models/_boards.yml"
COMMAND = "uv run dataops boards render"
_HEAD = f"# Generated from boards/ by `{COMMAND}`: edit the boards, not this file.\n"


def exposures_yaml(boards: Sequence[Board]) -> str:
    """The text of the file; empty where there is no board.

    Raises:
        DataopsError: a query of a board is not valid.
    """
    if not boards:
        return ""
    return f"{_HEAD}exposures:\n" + "".join(map(_exposure, boards))


def write_exposures(root: Path, boards: Sequence[Board]) -> bool:
    """Bring the file up to date; whether it changed.

    Raises:
        DataopsError: a query of a board is not valid.
    """
    path, text = root / FILE, exposures_yaml(boards)
    if _text(path) == text:
        return False
    if text:
        write_whole(path, text.encode())
    else:
        path.unlink()
    return True


def raise_if_outdated(root: Path, boards: Sequence[Board]) -> None:
    """Check that dbt knows the boards as they are.

    Raises:
        DataopsError: it does not, or a board is not valid.
    """
    if _text(root / FILE) != exposures_yaml(boards):
        raise DataopsError(f"{FILE} is not that of the boards.", where=FILE, fix=COMMAND)


def exposure_of(board: Board, manifest: Manifest) -> Node | None:
    """The board as a node of the project; None where dbt does not know it."""
    names = (node for node in manifest.of("exposure") if node.name == board.name)
    return next((node for node in names if node.path == FILE), None)


def edited_boards(
    manifest: Manifest, files: Collection[str], metrics: Collection[str]
) -> frozenset[str]:
    """The exposures, by unique id, of the boards among these files, or that show these metrics."""
    return frozenset(
        node.unique_id
        for node in manifest.of("exposure")
        if (node.path == FILE and f"{FOLDER}/{node.name}.md" in files)
        or not set(node.metrics).isdisjoint(metrics)
    )


def _exposure(board: Board) -> str:
    description = board.description or f"{board.title}, a board of this product."
    lines = [
        f"  - name: {board.name}",
        f"    label: {_quoted(board.title)}",
        f"    description: {_quoted(description)}",
        "    type: dashboard",
        "    owner:",
        f"      name: {_quoted(board.owner['name'])}",
        f"      email: {_quoted(board.owner['email'])}",
    ]
    read = references(board)
    if read.models or read.metrics:
        lines.append("    depends_on:")
        lines += [f"      - ref('{name}')" for name in read.models]
        lines += [f"      - metric('{name}')" for name in read.metrics]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Text in YAML; dbt renders Jinja in it, so braces are escaped."""
    return json.dumps(text, ensure_ascii=False).replace("{{", "{\\u007b").replace("{%", "{\\u0025")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
