"""`make release [VERSION=v1.2.3]`: the version by downstream effect, its note, its commit and tag.

Nothing is pushed. It stops with uncommitted changes, a broken contract, a stale list of managed
files, and a version that promises products less change than it brings.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from first_light.utils.addresses import without_credentials
from tools.release import contract, manifest
from tools.release.effect import (
    Effect,
    Snapshot,
    effect,
    next_version,
    note,
    profiles,
    snapshot,
    under_declared,
)
from tools.release.template import HERE

FIRST = "v1.0.0"
UNRELEASED = "## Unreleased\n"
_SSH = (
    re.compile(r"ssh://(?:[^\s/@]+@)?(?P<host>[\w.-]+)(?::\d+)?/(?P<path>\S+)"),
    re.compile(r"[\w.-]+@(?P<host>[\w.-]+):(?P<path>[^\s/]\S*)"),
)
_PAGES = ("README.md", "docs/get-started.md")
_MARK = "<!-- badges: the first release writes them -->"
_BADGES = ("test", "gauntlet")


class Rejected(Exception):
    """The release can't be made; the message says why, and what to do."""


def git(root: Path, *arguments: str) -> str:
    """What git answers.

    Raises:
        Rejected: git rejected.
    """
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise Rejected(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def last_release(root: Path) -> str:
    """The newest release that HEAD builds on; empty when there is none."""
    done = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0", "--match=v[0-9]*"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def effect_since(root: Path, last: str) -> Effect:
    """What the working tree does to products of the last release."""
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        old = Path(folder) / "template"
        git(root, "clone", "--quiet", "--local", "--branch", last, ".", str(old))
        answers = profiles(root)
        return effect(snapshot(old, last, answers), snapshot(root, "HEAD", answers))


def effect_of_the_first(root: Path) -> Effect:
    """What the first release is to products: everything is new."""
    first = snapshot(root, "HEAD", profiles(root))
    nothing = Snapshot({name: {} for name in first.renders}, {}, frozenset(), first.ownership)
    return effect(nothing, first)


def prepare(root: Path, wanted: str) -> tuple[str, str]:
    """The version to release, and its section of the changelog.

    Args:
        root: the template's repository.
        wanted: the version asked for; empty to take what the effect asks for.

    Raises:
        Rejected: the release can't be made.
    """
    if git(root, "status", "--porcelain"):
        raise Rejected("There are uncommitted changes: commit them first.")
    if result := contract.problems(root):
        raise Rejected("Products rely on what is gone:\n" + "\n".join(result))
    if (root / manifest.TEMPLATE_FILE).read_text("utf-8") != manifest.of_template(root):
        raise Rejected("The list of managed files is stale: make format, and commit.")
    written = (root / "CHANGELOG.md").read_text("utf-8")
    if UNRELEASED not in written:
        raise Rejected("CHANGELOG.md has no section `## Unreleased`: write what changed there.")
    output = written.split(UNRELEASED, 1)[1].split("\n## ", 1)[0].strip()
    if not output:
        raise Rejected("CHANGELOG.md says nothing under `## Unreleased`: write what changed.")
    last = last_release(root)
    if not last:
        return wanted or FIRST, f"{output}\n\n{note(effect_of_the_first(root))}"
    done = effect_since(root, last)
    version = wanted or next_version(last, done.level)
    if under_declared(last, version, done.level):
        raise Rejected(
            f"{version} promises too little: since {last} this is a {done.level} release.\n"
            f"{note(done)}make release VERSION={next_version(last, done.level)}"
        )
    return version, f"{output}\n\n{note(done)}"


def address_of(url: str) -> str:
    """The address that anybody clones a repository from, by that of its remote; empty if unknown.

    Without credentials, and by HTTPS: `git@HOST:PATH` is for those who have a key there.
    """
    for form in _SSH:
        if match := form.fullmatch(url):
            return f"https://{match['host']}/{match['path']}"
    return without_credentials(url) if url.startswith("https://") else ""


def badges(address: str) -> str:
    """The badges of the workflows, in Markdown; empty where the repository has none of them."""
    page = address.removesuffix(".git")
    if not page.startswith("https://github.com/"):
        return ""
    workflows = (f"{page}/actions/workflows/{name}.yml" for name in _BADGES)
    return " ".join(
        f"[![{name}]({workflow}/badge.svg)]({workflow})"
        for name, workflow in zip(_BADGES, workflows, strict=True)
    )


def fill_in(root: Path, address: str) -> list[str]:
    """Write the address in place of ADDRESS on the pages that begin with it, and badges in place of
    their comment; returns those pages."""
    pages = [page for page in _PAGES if address and (root / page).is_file()]
    for page in pages:
        text = (root / page).read_text(encoding="utf-8")
        text = re.sub(r"\bADDRESS\b", address, text).replace(_MARK, badges(address))
        (root / page).write_text(text, encoding="utf-8")
    return pages


def _fetched_from(root: Path) -> str:
    return git(root, "remote", "get-url", "origin") if "origin" in git(root, "remote") else ""


def publish(root: Path, version: str, section: str, today: date) -> None:
    """Write the note into the changelog and the address into the pages; commit and tag."""
    file = root / "CHANGELOG.md"
    head, rest = file.read_text("utf-8").split(UNRELEASED, 1)
    older = rest.split("\n## ", 1)[1] if "\n## " in rest else ""
    text = f"{head}{UNRELEASED}\n## {version} ({today.isoformat()})\n\n{section}"
    file.write_text(text + (f"\n## {older}" if older else ""), encoding="utf-8")
    pages = fill_in(root, address_of(_fetched_from(root)))
    git(root, "commit", "--quiet", "--message", f"Release {version}", "--", "CHANGELOG.md", *pages)
    git(root, "tag", "--annotate", version, "--message", f"{version}\n\n{section}")


def main() -> int:
    """Make the release; with --check only say which version it would be."""
    wanted = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    try:
        version, section = prepare(HERE, wanted)
        print(f"{version}\n\n{section}")
        if "--check" not in sys.argv:
            publish(HERE, version, section, date.today())
            print(f"tagged; publish it with: git push origin HEAD {version}")
    except Rejected as rejected:
        print(rejected, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
