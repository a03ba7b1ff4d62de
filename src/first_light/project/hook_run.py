"""The pre-commit hooks, run on every file of the product, and what each of them said."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from first_light.utils.errors import DataopsError

_RESULT = re.compile(r"^(?P<name>.+?)\.{3,}(?:\(.*\))?(?P<status>Passed|Failed|Skipped)$")
_DURATION = re.compile(r"^- duration: (?P<seconds>[0-9.]+)s$")
_HOOK_ID = re.compile(r"^- hook id: (?P<id>\S+)$")


STYLED = "target/check/styled"


@dataclass(frozen=True)
class HookResult:
    """What one hook said.

    Attributes:
        id: its id in .pre-commit-config.yaml.
        name: its name there.
        status: Passed, Failed or Skipped.
        seconds: time it took.
        output: what it printed.
    """

    id: str
    name: str
    status: str
    seconds: float
    output: str


class HookRun:
    """The hooks, started in the background.

    Args:
        root: the product.
        skip: ids of hooks that somebody else runs.
        only: the files to look at; all if None.
        change: files of this change that are committed already. These and what is not committed may
            be put right by a hook; all else is looked at and left as it is.
    """

    def __init__(
        self,
        root: Path,
        skip: Sequence[str] = (),
        only: Collection[str] | None = None,
        change: Collection[str] = (),
    ) -> None:
        # A new file is checked before it is added, too.
        every = _files(root, "--cached", "--others")
        files = every if only is None else [name for name in every if name in only]
        # Without a file pre-commit would look at what is staged, and stash the rest meanwhile.
        files = files or [".pre-commit-config.yaml"]
        # sqlfluff rewrites without a word, and pre-commit sees that only in files that git has.
        new = [name for name in _files(root, "--others") if name.endswith(".sql")]
        self._new = {name: _content(root / name) for name in new}
        self._root = root
        older = _committed(root).difference(change)
        self._older = {name: (root / name).read_bytes() for name in files if name in older}
        self._process = subprocess.Popen(
            [*(sys.executable, "-m", "pre_commit", "run"), *("--color", "never", "--verbose")]
            + ["--files", *files],
            cwd=root,
            env=tool_environment({"SKIP": ",".join(skip)}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    def wait(self) -> tuple[HookResult, ...]:
        """What the hooks said, in their order.

        Raises:
            DataopsError: pre-commit itself could not run.
        """
        output, _ = self._process.communicate()
        results = read_output(output)
        left = self._put_back()
        if self._process.returncode not in (0, 1) or not results:
            raise DataopsError("The hooks could not run.", where=output.strip()[-2000:])
        changed = [name for name, was in self._new.items() if _content(self._root / name) != was]
        if changed and all(result.status != "Failed" for result in results):
            said = "rewritten in the right style, look at it: " + ", ".join(changed)
            results += (HookResult("", "style of new files", "Failed", 0.0, said),)
        if left:
            said = f"left as they were; in the right style they lie in {STYLED}: {', '.join(left)}"
            results += (HookResult("", "files outside this change", "Failed", 0.0, said),)
        return results

    def stop(self) -> None:
        """End the hooks that still run."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
            self._put_back()

    def _put_back(self) -> list[str]:
        """Undo what hooks rewrote outside the change; their version is kept under `STYLED`."""
        rewritten = []
        for name, was in self._older.items():
            path = self._root / name
            if path.is_file() and (now := path.read_bytes()) != was:
                kept = self._root / STYLED / name
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(now)
                path.write_bytes(was)
                rewritten.append(name)
        return rewritten


def tool_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The environment for tools that call `uv run`: uv is found even when it is not on the PATH."""
    environment = dict(os.environ, **(extra or {}))
    places = [str(Path(sys.executable).parent)]
    if uv := environment.get("UV"):
        places.append(str(Path(uv).parent))
    environment["PATH"] = os.pathsep.join([*places, environment.get("PATH", "")])
    return environment


def read_output(output: str) -> tuple[HookResult, ...]:
    """The results in what `pre-commit run --verbose` printed."""
    results: list[HookResult] = []
    lines = output.splitlines()
    starts = [i for i, line in enumerate(lines) if _RESULT.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        head = _RESULT.match(lines[start])
        assert head is not None
        body = lines[start + 1 : end]
        seconds = next((float(m["seconds"]) for m in map(_DURATION.match, body) if m), 0.0)
        hook_id = next((m["id"] for m in map(_HOOK_ID.match, body) if m), "")
        said = [line for line in body if not line.startswith(("- hook id:", "- duration:"))]
        results.append(
            HookResult(hook_id, head["name"], head["status"], seconds, "\n".join(said).strip())
        )
    return tuple(results)


def _committed(root: Path) -> set[str]:
    """The files whose content is that of the last commit; none before the first one."""
    changed = subprocess.run(
        ["git", "diff", "--name-only", "-z", "HEAD"], cwd=root, capture_output=True
    )
    if changed.returncode:
        return set()
    names = changed.stdout.decode("utf-8", "surrogateescape").split("\0")
    return set(_files(root, "--cached")).difference(names)


def _content(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b""


def _files(root: Path, *which: str) -> list[str]:
    """The files that git tracks (--cached) or would add (--others)."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--exclude-standard", *which],
        cwd=root,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode("utf-8", "surrogateescape").split("\0")
    return [name for name in names if name and (root / name).is_file()]
