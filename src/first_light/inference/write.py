"""Writing drafts into the product: the team's files are never touched."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from first_light.utils.whole_files import write_whole

SUFFIX = ".draft"
"""Put behind the name of a file that the team has changed; neither dbt nor a linter reads such."""


@dataclass(frozen=True)
class Written:
    """What writing did; paths are relative to the product.

    Attributes:
        new: files that were not there and are now.
        same: files that were there already, word for word.
        beside: files of the team that differ; the draft lies beside, with `SUFFIX`.
        diffs: for each of `beside` the unified diff from the team's file to the draft.
    """

    new: tuple[str, ...]
    same: tuple[str, ...]
    beside: tuple[str, ...]
    diffs: Mapping[str, str]


def write(files: Mapping[str, str], product: Path) -> Written:
    """Writes drafted files into a product; repeating it changes nothing.

    A file that is there and differs stays as it is. A draft that was laid beside it goes away once
    the file says the same.
    """
    new, same, beside = [], [], []
    diffs: dict[str, str] = {}
    for name, text in sorted(files.items()):
        path = product / name
        draft = path.with_name(path.name + SUFFIX)
        if not path.exists():
            write_whole(path, text.encode())
            new.append(name)
        elif (there := path.read_text(encoding="utf-8", errors="replace")) == text:
            same.append(name)
            if draft.exists() and draft.read_text(encoding="utf-8", errors="replace") == text:
                draft.unlink()
        else:
            if not draft.exists() or draft.read_bytes() != text.encode():
                write_whole(draft, text.encode())
            beside.append(name)
            diffs[name] = "".join(
                difflib.unified_diff(
                    there.splitlines(keepends=True),
                    text.splitlines(keepends=True),
                    name,
                    name + SUFFIX,
                )
            )
    return Written(tuple(new), tuple(same), tuple(beside), diffs)


def take_back(written: Written, product: Path) -> None:
    """Deletes the files that `write` made; drafts beside a file of the team, which nothing reads,
    stay to be looked at.
    """
    for name in written.new:
        (product / name).unlink(missing_ok=True)
