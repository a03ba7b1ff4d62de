"""Managed files belong to the template: detect edits, and opt out."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from first_light.project.answers import write_answers
from first_light.project.managed_list import MANIFEST, digest, parse
from first_light.project.pin import PIN, is_edited, outdated_wheel
from first_light.project.product import ANSWERS, Product
from first_light.utils.addresses import source_without_credentials
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, PASSED, SKIPPED, WARNED, Step

OPT_OUTS = "opt_outs"
EDITED, DELETED = "edited", "deleted"
STEP = "managed files"

# The number of commits of a file that are searched for the template's content.
_COMMITS_SEARCHED = 50
# Where team settings belong instead, by the prefix of the managed path.
_EXTENSION_POINTS = {
    ".github/workflows/check.yml": "steps of your own in .github/actions/team/action.yml",
    ".github/": "a workflow file of your own beside it",
    ".gitlab": "jobs of your own in .gitlab/team.yml",
    ".pre-commit-config.yaml": "hooks of your own in .pre-commit-team.yaml",
    ".sqlfluff": "a .sqlfluff of your own in models/ or any folder below",
    ".gitignore": "a .gitignore of your own in any folder below",
    ".gitattributes": "a .gitattributes of your own in any folder below",
    ".editorconfig": "an .editorconfig of your own in any folder below",
    "dataops/macros/": "a macro of the same name in macros/, which dbt prefers",
    "dataops/pyproject.toml": "dependencies of your own in pyproject.toml",
    "dataops/": "settings under [tool.dataops] in pyproject.toml",
}


@dataclass(frozen=True)
class Drift:
    """A managed file that differs from the template.

    Attributes:
        path: relative to the product.
        state: edited or deleted.
    """

    path: str
    state: str


def manifest(root: Path) -> dict[str, str] | None:
    """The SHA-256 of each managed file by path; None if the product has no list.

    Raises:
        DataopsError: the list is damaged.
    """
    path = root / MANIFEST
    return parse(path.read_text(encoding="utf-8")) if path.is_file() else None


def drifted(root: Path, listed: Mapping[str, str]) -> tuple[Drift, ...]:
    """The managed files that differ from the list, in its order."""
    drifts_ = []
    for path, expected in listed.items():
        file = root / path
        if not file.is_file():
            drifts_.append(Drift(path, DELETED))
        elif digest(file.read_bytes()) != expected:
            drifts_.append(Drift(path, EDITED))
    return tuple(drifts_)


def drifts(product: Product, listed: Mapping[str, str]) -> tuple[Drift, ...]:
    """As `drifted`, and the pin, which has no line in the list."""
    pin = product.root / PIN
    state = EDITED if pin.is_file() else DELETED
    pin_drift = (Drift(PIN.as_posix(), state),) if is_edited(product) else ()
    return drifted(product.root, listed) + pin_drift


def opt_outs(product: Product) -> dict[str, str]:
    """The managed files that the team owns, with the reason."""
    declared = product.answers.get(OPT_OUTS) or {}
    if not isinstance(declared, dict):
        raise DataopsError(
            f"{OPT_OUTS} is not a mapping of paths to reasons.",
            where=ANSWERS,
            fix='write it as `opt_outs: {PATH: "the reason"}`, or remove it',
        )
    return {str(path).lstrip("/"): str(reason) for path, reason in declared.items()}


def step(product: Product) -> Step:
    """Compare the managed files with the template's list; nothing is fetched.

    Raises:
        DataopsError: the list of managed files is damaged.
    """
    started = time.monotonic()
    listed = manifest(product.root)
    if listed is None:
        return Step(STEP, SKIPPED, 0.0, f"no {MANIFEST.as_posix()} in this version")
    owned = opt_outs(product)
    missing = [key for key in ("_src_path", "_commit") if not product.answers.get(key)]
    # Without them the pin cannot be compared.
    all_drifts = drifted(product.root, listed) if missing else drifts(product, listed)
    edited = [drift for drift in all_drifts if drift.path not in owned]
    summary = f"{len(listed) + 1} files"
    if owned:
        summary += ", kept as your own: " + ", ".join(sorted(owned))
    seconds = time.monotonic() - started
    if edited:
        details = tuple(options(product, drift, listed.get(drift.path, "")) for drift in edited)
        names = ", ".join(f"{drift.path} {drift.state}" for drift in edited[:3])
        return Step(STEP, FAILED, seconds, names + (" …" if len(edited) > 3 else ""), details)
    if missing:
        message = (
            f"{ANSWERS} has no {' and no '.join(missing)}, so no update can run. Add the address "
            "of the template as _src_path, and as _commit the version that made the product"
        )
        return Step(STEP, WARNED, seconds, f"{summary}, template version unknown", (message,))
    if wheel := outdated_wheel(product.answers):
        message = (
            f"vendor/{wheel} is not of the template's version {product.answers.get('_commit')}; "
            "renew it: uv run dataops package vendored"
        )
        return Step(STEP, WARNED, seconds, summary, (message,))
    if stale := sorted(set(owned) - set(listed) - {PIN.as_posix()}):
        message = (
            f"{OPT_OUTS} in {ANSWERS} names what is not managed: {', '.join(stale)}; take it out: "
            f"uv run dataops disown {shlex.quote(stale[0])}"
        )
        return Step(STEP, WARNED, seconds, summary, (message,))
    return Step(STEP, PASSED, seconds, summary)


def options(product: Product, drift: Drift, expected: str) -> str:
    """The options for an edited or deleted managed file, as text."""
    hints = (hint for prefix, hint in _EXTENSION_POINTS.items() if drift.path.startswith(prefix))
    instead = next(hints, "")
    template = source_without_credentials(str(product.answers.get("_src_path", "the template")))
    commit = _commit_with(product, drift.path, expected) if expected else ""
    lines = [
        f"{drift.path} is {drift.state}. The template manages it: an update would conflict.",
        *([f"  configure instead:     {instead}"] if instead else []),
        f"  for every product:     propose it to {template}",
        f'  keep it as your own:   uv run dataops own {drift.path} --because "REASON"',
    ]
    if drift.path == PIN.as_posix():
        source = product.answers.get("package_source") or "git"
        lines.append(f"  restore it:            uv run dataops package {source}")
    elif commit:
        lines.append(f"  restore it:            git checkout {commit} -- {drift.path}")
    return "\n".join(lines)


def name_of(product: Product, path: str) -> str:
    """A file's path relative to the product; empty if it is outside."""
    absolute = (Path.cwd() / path).resolve()
    return absolute.relative_to(product.root).as_posix() if product.root in absolute.parents else ""


def opt_out(product: Product, path: str, reason: str) -> str:
    """Declare that the team owns a managed file; updates no longer change it.

    Returns:
        The file's path, relative to the product.

    Raises:
        DataopsError: the file is not managed, or the reason is missing.
    """
    name = name_of(product, path)
    if name not in {*(manifest(product.root) or {}), PIN.as_posix()}:
        raise DataopsError(
            "This is not a managed file; your team owns it already.",
            where=path,
            fix=f"{MANIFEST.as_posix()} lists the managed files",
        )
    if not reason.strip():
        raise DataopsError(
            "A reason is missing.",
            fix=f'uv run dataops own {path} --because "REASON"',
        )
    answers = {**product.answers, OPT_OUTS: {**opt_outs(product), name: reason.strip()}}
    write_answers(product.root, answers)
    return name


def _commit_with(product: Product, path: str, expected: str) -> str:
    """The newest commit with the template's version of the file; empty if there is none."""
    commits = product.git(
        "log", f"--max-count={_COMMITS_SEARCHED}", "--format=%h", "--", path, check=False
    )
    for commit in commits.split():
        process = subprocess.run(
            ["git", "show", f"{commit}:./{path}"], cwd=product.root, capture_output=True
        )
        if process.returncode == 0 and digest(process.stdout) == expected:
            return commit
    return ""
