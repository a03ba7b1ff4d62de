"""Text that the template wrote once into files of the team, with other answers."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from first_light.project.render import rendered
from first_light.utils.whole_files import write_whole

# Files of prose whose passages depend on the CI system or the warehouse.
PROSE = ("AGENTS.md", "README.md", "docs/first-change.md")
PROJECT = "dbt_project.yml"


def follow(
    root: Path,
    before: Mapping[str, object],
    after: Mapping[str, object],
    owned: Collection[str],
) -> tuple[str, ...]:
    """Bring what other answers change in the template's prose into the team's files.

    Where the team has rewritten a passage, its own text stays.

    Args:
        root: the product, in which the files are written.
        before: every answer before the change.
        after: and after it.
        owned: managed files that the team keeps as its own; they stay as they are.

    Returns:
        The files in which text of the team stayed though the template's changed.

    Raises:
        DataopsError: Copier could not render the files.
    """
    paths = [path for path in PROSE if (root / path).is_file()]
    old, new = (rendered(answers, {*paths, *owned}) for answers in (before, after))
    kept = [path for path in sorted(owned) if old.get(path) != new.get(path)]
    return (*kept, *_merge(root, paths, old, new))


def follow_project(root: Path, before: Mapping[str, object], warehouse: str) -> tuple[str, ...]:
    """Bring what another warehouse changes in dbt_project.yml into it; other answers stay.

    Args:
        root: the product, in which the file is written.
        before: every answer before the change.
        warehouse: the new one.

    Returns:
        What is left to do.

    Raises:
        DataopsError: Copier could not render the file.
    """
    old, new = (
        rendered(answers, {PROJECT}) for answers in (before, {**before, "warehouse": warehouse})
    )
    return tuple(
        f"{path}: the template's lines changed where you have your own; see dataops docs "
        f"{warehouse}, or dataops docs warehouses"
        for path in _merge(root, [PROJECT], old, new)
    )


def _merge(
    root: Path, paths: Collection[str], old: Mapping[str, bytes], new: Mapping[str, bytes]
) -> list[str]:
    """Merge the template's change into files; returns those in which text of the team stayed."""
    kept = []
    for path in paths:
        text = (root / path).read_bytes()
        if old.get(path) == new.get(path) or path not in old or path not in new:
            continue
        result, conflicts = merged(text, old[path], new[path])
        if result != text:
            write_whole(root / path, result)
        if conflicts:
            kept.append(path)
    return kept


def merged(text: bytes, old: bytes, new: bytes) -> tuple[bytes, int]:
    """A text with the changes between two others, and in how many places its own lines stayed.

    Args:
        text: the team's, with its own line ends.
        old: the template's, before.
        new: and after.
    """
    if b"\r\n" in text:
        old, new = (side.replace(b"\n", b"\r\n") for side in (old, new))
    with tempfile.TemporaryDirectory(prefix="dataops-merge-") as folder:
        sides = [Path(folder) / name for name in ("text", "old", "new")]
        for side, content in zip(sides, (text, old, new), strict=True):
            side.write_bytes(content)
        command = ["git", "merge-file", "--stdout"]
        marked = subprocess.run([*command, *map(str, sides)], capture_output=True)
        if marked.returncode == 0:
            return marked.stdout, 0
        own = subprocess.run([*command, "--ours", *map(str, sides)], capture_output=True)
        own.check_returncode()
        return own.stdout, marked.returncode
