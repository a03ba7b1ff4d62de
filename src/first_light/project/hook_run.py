"""Run the pre-commit hooks on the files of a product."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from first_light.project.product import Product
from first_light.utils.errors import DataopsError

_RESULT = re.compile(r"^(?P<name>.+?)\.{3,}(?:\(.*\))?(?P<status>Passed|Failed|Skipped)$")
_DURATION = re.compile(r"^- duration: (?P<seconds>[0-9.]+)s$")
# The start of a name in a pattern, not the negation of a set of characters.
_START = re.compile(r"(?<![\\[])\^")
_HOOK_ID = re.compile(r"^- hook id: (?P<id>\S+)$")


STYLED = "target/check/styled"
CONFIG = ".pre-commit-config.yaml"
_MOST_NAMES = 10
# The configuration with the files that hooks do not get.
_LIMITED = "target/check/hooks.yaml"


@dataclass(frozen=True)
class HookResult:
    """The result of one hook.

    Attributes:
        id: its id in .pre-commit-config.yaml.
        name: its name there.
        status: Passed, Failed or Skipped.
        seconds: time it took.
        output: its output.
    """

    id: str
    name: str
    status: str
    seconds: float
    output: str


class HookRun:
    """The hooks, in a process of their own.

    They rewrite files, and lay drafts beside them: start them when nobody else reads the product.

    Args:
        root: the product.
        skip: ids of hooks that are run separately.
        only: the files to check; all if None.
        change: committed files of this change. Hooks may fix these and uncommitted files; other
            files are only checked.
        excluded: files that a hook, by its id, does not get.
    """

    def __init__(
        self,
        root: Path,
        skip: Sequence[str] = (),
        only: Collection[str] | None = None,
        change: Collection[str] = (),
        excluded: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._root, self._skip, self._only = root, skip, only
        self._change, self._excluded = change, excluded or {}
        self._new: dict[str, bytes] = {}
        self._older: dict[str, bytes] = {}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start them in the background, unless they are started already."""
        self._started()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is not None:
            return self._process
        root = self._root
        # New files are checked before they are added, too.
        all_files = files_in_git(root, "--cached", "--others")
        files = [name for name in all_files if self._only is None or name in self._only]
        # Without files pre-commit would check staged changes, and stash the others.
        files = files or [CONFIG]
        # sqlfluff fixes silently, and pre-commit detects that only in tracked files.
        new = [name for name in files_in_git(root, "--others") if name.endswith(".sql")]
        self._new = {name: _content(root / name) for name in new}
        older = _committed(root).difference(self._change)
        self._older = {name: (root / name).read_bytes() for name in files if name in older}
        self._process = subprocess.Popen(
            [*(sys.executable, "-m", "pre_commit", "run"), *("--color", "never", "--verbose")]
            + [
                "--config",
                _config(root, self._excluded, Product(root).prefix),
                "--files",
                *file_arguments(files),
            ],
            cwd=root,
            env=tool_environment({"SKIP": ",".join(self._skip)}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        return self._process

    def wait(self) -> tuple[HookResult, ...]:
        """The results of the hooks, in their order; they are started if nobody has.

        Raises:
            DataopsError: pre-commit itself could not run.
        """
        process = self._started()
        output, _ = process.communicate()
        results = read_output(output)
        reverted = self._revert_others()
        if process.returncode not in (0, 1) or not results:
            raise DataopsError("The hooks could not run.", where=output.strip()[-2000:])
        changed = [
            name
            for name, old_content in self._new.items()
            if _content(self._root / name) != old_content
        ]
        if changed and all(result.status != "Failed" for result in results):
            message = "rewritten in the right style, look at it: " + ", ".join(changed)
            results += (HookResult("", "style of new files", "Failed", 0.0, message),)
        if reverted:
            listed = ", ".join(reverted[:_MOST_NAMES])
            if (more := len(reverted) - _MOST_NAMES) > 0:
                listed += f" and {more} more"
            message = f"left as they were; in the right style they lie in {STYLED}: {listed}"
            results += (HookResult("", "files outside this change", "Failed", 0.0, message),)
        return results

    def stop(self) -> None:
        """Stop the running hooks."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
            self._revert_others()

    def _revert_others(self) -> list[str]:
        """Revert fixes outside the change; the fixed version is kept under `STYLED`."""
        rewritten = []
        for name, old_content in self._older.items():
            path = self._root / name
            if path.is_file() and (content := path.read_bytes()) != old_content:
                fixed_path = self._root / STYLED / name
                fixed_path.parent.mkdir(parents=True, exist_ok=True)
                fixed_path.write_bytes(content)
                path.write_bytes(old_content)
                rewritten.append(name)
        return rewritten


def hook_definitions(root: Path) -> dict[str, dict[str, Any]]:
    """The managed hooks as they are configured, by id."""
    loaded = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))
    return {hook["id"]: hook for repo in loaded["repos"] for hook in repo.get("hooks", ())}


def hook_command(hook: str) -> str:
    """The command that runs one hook on all files, also in a folder of a larger repository."""
    return f"uv run prek run {hook} --all-files"


def _config(root: Path, excluded: Mapping[str, Collection[str]], prefix: str) -> str:
    """The configuration to use, relative to the product: one of its own if something differs.

    Each hook leaves out what it did before and, in addition, its excluded files.
    """
    if not any(excluded.values()) and not prefix:
        return CONFIG
    loaded = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))
    for repo in loaded["repos"]:
        for hook in repo.get("hooks", ()):
            if names := sorted(excluded.get(hook["id"], ())):
                pattern = f"^(?:{'|'.join(re.escape(name) for name in names)})$"
                before = hook.get("exclude")
                hook["exclude"] = f"(?:{before})|{pattern}" if before else pattern
    return write_config(root, _LIMITED, loaded, prefix)


def write_config(root: Path, name: str, loaded: Mapping[str, Any], prefix: str) -> str:
    """Write a configuration as pre-commit needs it; returns its name, relative to the product."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(from_top(loaded, prefix), allow_unicode=True, width=1000)
    path.write_text(text, encoding="utf-8")
    return name


def from_top(loaded: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """A product's configuration of hooks, for pre-commit, which runs at the repository's top.

    Args:
        loaded: the configuration.
        prefix: the product's folder, such as services/sales/; empty at the top.

    Returns:
        The same hooks. Local ones run in the product's folder and get the names used there.
    """
    result = _patterns_from_top(loaded, prefix)
    result["repos"] = [
        {**repo, "hooks": [_hook_from_top(repo, hook, prefix) for hook in repo.get("hooks", ())]}
        for repo in loaded["repos"]
    ]
    return result


def _hook_from_top(repo: Mapping[str, Any], hook: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    result = _patterns_from_top(hook, prefix)
    if prefix and repo.get("repo") == "local" and "entry" in hook:
        strip = '"${@#' + prefix.replace("\\", "\\\\").replace('"', '\\"') + '}"'
        script = f"cd {shlex.quote(prefix)} && exec {hook['entry']} {strip}"
        result["entry"] = f"bash -c {shlex.quote(script)} --"
    return result


def _patterns_from_top(entry: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The entry with its patterns of file names below the prefix."""
    patterns = {
        key: _START.sub(lambda _: f"^{re.escape(prefix)}", str(entry[key]))
        for key in ("files", "exclude")
        if key in entry
    }
    return {**entry, **patterns}


def file_arguments(files: Iterable[str]) -> list[str]:
    """Names of files as arguments of pre-commit, which would read `--config=x` as an option."""
    return [f"./{name}" if name.startswith("-") else name for name in files]


def tool_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The environment for tools that call `uv run`: uv need not be on the PATH."""
    environment = dict(os.environ, **(extra or {}))
    places = [str(Path(sys.executable).parent)]
    if uv := environment.get("UV"):
        places.append(str(Path(uv).parent))
    environment["PATH"] = os.pathsep.join([*places, environment.get("PATH", "")])
    return environment


def read_output(output: str) -> tuple[HookResult, ...]:
    """The results in the output of `pre-commit run --verbose`."""
    results: list[HookResult] = []
    lines = output.splitlines()
    starts = [i for i, line in enumerate(lines) if _RESULT.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        head = _RESULT.match(lines[start])
        assert head is not None
        body = lines[start + 1 : end]
        seconds = next((float(m["seconds"]) for m in map(_DURATION.match, body) if m), 0.0)
        hook_id = next((m["id"] for m in map(_HOOK_ID.match, body) if m), "")
        printed = [line for line in body if not line.startswith(("- hook id:", "- duration:"))]
        results.append(
            HookResult(hook_id, head["name"], head["status"], seconds, "\n".join(printed).strip())
        )
    return tuple(results)


def _committed(root: Path) -> set[str]:
    """The files whose content is that of the last commit; none before the first one."""
    changed = subprocess.run(
        ["git", "diff", "--name-only", "--relative", "-z", "HEAD"], cwd=root, capture_output=True
    )
    if changed.returncode:
        return set()
    names = changed.stdout.decode("utf-8", "surrogateescape").split("\0")
    return set(files_in_git(root, "--cached")).difference(names)


def _content(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b""


def files_in_git(root: Path, *selection: str) -> list[str]:
    """The files that git tracks (--cached) or would add (--others)."""
    process = subprocess.run(
        ["git", "ls-files", "-z", "--exclude-standard", *selection],
        cwd=root,
        capture_output=True,
        check=True,
    )
    names = process.stdout.decode("utf-8", "surrogateescape").split("\0")
    return [name for name in names if name and (root / name).is_file()]
