"""Every pin in one place: `python -m tools.release.pins` copies pins.toml to every use.

With --check it says which place differs; with --newest it first takes the newest version of each.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from tools.release import build_tools
from tools.release.template import HERE

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PINS = "pins.toml"
USED = ("python", "tools", "actions")
AHEAD = "ahead"
# Where pins are used. Text of other files that looks like one is none.
_SEARCHED = (".github/workflows", "copier.yml", "pyproject.toml", "src", "template")
_FORGE = "https://github.com"
_SECONDS = 120
# A package with a version range, as pyproject.toml and pip write it.
_PACKAGE = re.compile(
    r"(?<=[\"'])(?P<name>[A-Za-z][A-Za-z0-9._-]*)(?P<extra>\[[^\]]*\])?"
    r"(?P<value>(?:[<>=!~]=?[0-9][0-9a-z.*]*,?)+)(?=[\"';])"
)
_ACTION = re.compile(r"uses: (?P<name>[\w.-]+/[\w.-]+)(?P<extra>/[\w./-]+)?@(?P<value>[^\n]+)")
_MINIMUM = re.compile(r"_min_(?P<name>copier)_version: \"(?P<value>[^\"]+)\"")
# Each of the two, wherever a pipeline or an image says it.
_TOOLS = (
    re.compile(r"\b(?P<name>UV)_VERSION[:=] ?\"?(?P<value>\d[\d.]*)"),
    re.compile(r"\b(?P<name>uv)(?:==|:)(?P<value>\d[\d.]*)"),
    re.compile(
        r"(?<=setup-uv@)[^\n]*\n\s+with:\n(?:\s+#[^\n]*\n)*\s+version: \"(?P<value>\d[\d.]*)\""
    ),
    re.compile(r"\b(?P<name>python):(?P<value>\d[\d.]*)"),
)


class PinError(Exception):
    """Pins can't be read or asked for; the message says which, and why."""


@dataclass(frozen=True)
class Place:
    """One place where a version is used.

    Attributes:
        file: relative to the repository.
        span: where the version stands in the file's text.
        name: whose version it is.
        value: the version as it stands there.
        wanted: what pins.toml says in this place's own form; None when it does not know the name.
    """

    file: str
    span: tuple[int, int]
    name: str
    value: str
    wanted: str | None


@dataclass(frozen=True)
class Bump:
    """A pin that a newer version moves.

    Attributes:
        name: of the pin.
        was: as pins.toml had it.
        now: as it has it from now on.
    """

    name: str
    was: str
    now: str


def read(root: Path = HERE) -> dict[str, dict[str, str]]:
    """What pins.toml says: version by name, in the sections python, tools, actions and ahead."""
    loaded: dict[str, dict[str, str]] = tomllib.loads((root / PINS).read_text(encoding="utf-8"))
    return loaded


def pinned(root: Path = HERE) -> dict[str, str]:
    """Version by name, of all that products use; what is only tried ahead is left out."""
    sections = read(root)
    return {name: value for key in USED for name, value in sections[key].items()}


def places(root: Path = HERE) -> Iterator[Place]:
    """Every place of the repository where a pinned version is used."""
    pins = read(root)
    for file in _files(root):
        text = (root / file).read_text(encoding="utf-8")
        yield from _in_text(file, text, pins)


def problems(root: Path = HERE) -> list[str]:
    """Places that differ from pins.toml, what it does not know, and what is used nowhere."""
    result, used = [], set()
    for place in places(root):
        used.add(place.name)
        if place.wanted is None:
            result.append(
                f"{place.file} pins {place.name}, which {PINS} does not know: add it there"
            )
        elif place.value != place.wanted:
            result.append(f"{place.file} has {place.name} {place.value}, not {place.wanted}")
    unused = sorted(set(pinned(root)) - used)
    result += [f"{PINS} pins {name}, which is used nowhere" for name in unused]
    if build_tools.differs(root, read(root)[build_tools.SECTION]):
        result.append(f"{build_tools.PROJECT} has build tools other than those of {PINS}")
    return result


def spread(root: Path = HERE) -> list[str]:
    """Write the versions of pins.toml to every place; the files that changed."""
    by_file: dict[str, list[Place]] = {}
    for place in places(root):
        if place.wanted not in (None, place.value):
            by_file.setdefault(place.file, []).append(place)
    for file, stale in by_file.items():
        text = (root / file).read_text(encoding="utf-8")
        for place in sorted(stale, key=lambda place: place.span, reverse=True):
            text = text[: place.span[0]] + str(place.wanted) + text[place.span[1] :]
        (root / file).write_text(text, encoding="utf-8")
    build = read(root)[build_tools.SECTION]
    if build_tools.differs(root, build):
        build_tools.write(root, build)
        by_file.setdefault(build_tools.PROJECT, [])
    return sorted(by_file)


def newest(
    root: Path,
    package: Callable[[str], str] | None = None,
    tag: Callable[[str], tuple[str, str]] | None = None,
    build: Callable[[], dict[str, str]] = build_tools.resolve,
) -> list[Bump]:
    """Take the newest version of every pin into pins.toml, and say which moved.

    Args:
        root: the repository.
        package: asks for the newest version of a Python package.
        tag: asks for the newest version of an action, and its commit.
        build: asks for the newest tools that build the package.

    Raises:
        PinError: an index or a forge could not be asked.
    """
    package, tag = package or newest_package, tag or newest_tag
    pins = read(root)
    wanted = {name: widened(spec, package(name)) for name, spec in pins["python"].items()}
    wanted["uv"] = package("uv")
    wanted["python"] = ".".join(tag("python/cpython")[0].lstrip("v").split(".")[:2])
    for name in pins["actions"]:
        version, commit = tag(name)
        wanted[name] = f"{commit} {version}"
    was = pinned(root)
    moved = [Bump(name, was[name], now) for name, now in wanted.items() if was[name] != now]
    text = (root / PINS).read_text(encoding="utf-8")
    for bump in moved:
        line = re.compile(rf'(?m)^("?{re.escape(bump.name)}"? = )"{re.escape(bump.was)}"$')
        text = line.sub(rf'\g<1>"{bump.now}"', text)
    tools_before = pins[build_tools.SECTION]
    try:
        tools = build()
    except subprocess.CalledProcessError as error:
        raise PinError(f"uv did not resolve what builds the package: {error.stderr}") from error
    for name in sorted(tools_before.keys() | tools.keys()):
        old, new = tools_before.get(name, "none"), tools.get(name, "none")
        if old != new:
            moved.append(Bump(f"{name} (build)", old, new))
    (root / PINS).write_text(build_tools.replaced(text, tools), encoding="utf-8")
    return moved


def widened(spec: str, version: str) -> str:
    """A range that holds a version and is as narrow as the one before; the same if it held it.

    `>=1.12,<1.13` and 1.14.2 give `>=1.14,<1.15`; `>=4.3,<5` and 6.1.0 give `>=6.1,<7`.
    """
    if SpecifierSet(spec).contains(version):
        return spec
    upper = next(item.version for item in SpecifierSet(spec) if item.operator == "<")
    numbers = [*Version(version).release, 0]
    if "." in upper:
        return f">={numbers[0]}.{numbers[1]},<{numbers[0]}.{numbers[1] + 1}"
    return f">={numbers[0]}.{numbers[1]},<{numbers[0] + 1}"


def newest_package(name: str) -> str:
    """The newest final version of a Python package, asked of whatever index pip is told to use.

    Raises:
        PinError: the index could not be asked.
    """
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    output = _asked([*pip, "index", "versions", name])
    match = re.match(r"\S+ \(([^)]+)\)", output)
    if match is None:
        raise PinError(f"pip said nothing of {name}: {output[:200]}")
    return match[1]


def newest_tag(repository: str) -> tuple[str, str]:
    """The newest version among a repository's tags, and its commit.

    Raises:
        PinError: the forge could not be asked, or there is no version.
    """
    output = _asked(["git", "ls-remote", "--tags", f"{_FORGE}/{repository}"])
    commits: dict[str, str] = {}
    # An annotated tag comes twice; the second line names the commit and wins.
    for line in output.splitlines():
        commit, _, ref = line.partition("\t")
        commits[ref.removeprefix("refs/tags/").removesuffix("^{}")] = commit
    finals = {name: commit for name, commit in commits.items() if _final(name)}
    if not finals:
        raise PinError(f"{repository} has no tag that is a version")
    name = max(finals, key=Version)
    return name, finals[name]


def table(moved: list[Bump]) -> str:
    """What moved, as Markdown."""
    rows = "".join(f"| {bump.name} | `{bump.was}` | `{bump.now}` |\n" for bump in moved)
    return f"| pin | was | now |\n|---|---|---|\n{rows}"


def _final(tag: str) -> bool:
    """Whether a tag is a whole, final version; `v7` alone moves, so it is none."""
    try:
        version = Version(tag)
    except InvalidVersion:
        return False
    return not version.is_prerelease and len(version.release) == 3


def _asked(command: list[str]) -> str:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=_SECONDS
    )
    if done.returncode:
        raise PinError(f"{' '.join(command[-2:])}: {done.stderr.strip()[-300:]}")
    return done.stdout


def _files(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *_SEARCHED],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ends = (".toml", ".jinja", ".yml", ".yaml", "Dockerfile")
    return [
        name
        for name in listed.split("\0")
        if name.endswith(ends) and not name.endswith((".md.jinja", ".sha256.jinja"))
    ]


def _in_text(file: str, text: str, pins: Mapping[str, Mapping[str, str]]) -> Iterator[Place]:
    own = file == build_tools.PROJECT
    packages = build_tools.without_requires(text) if own else text
    for match in _PACKAGE.finditer(packages):
        name = match["name"].lower()
        # The tools of this repository's own tests are no pins of products.
        if name in pins["python"] or not own:
            yield _place(file, match, name, pins["python"].get(name))
    for match in _MINIMUM.finditer(text):
        lowest = re.search(r">=([0-9.]+)", pins["python"][match["name"]])
        yield _place(file, match, match["name"], lowest[1] if lowest else None)
    for match in _ACTION.finditer(text):
        output = pins["actions"].get(match["name"])
        wanted = "{} # {}".format(*output.split()) if output else None
        yield _place(file, match, match["name"], wanted)
    if file.removesuffix(".jinja").endswith((".yml", "Dockerfile")):
        for pattern in _TOOLS:
            for match in pattern.finditer(text):
                name = (match.groupdict().get("name") or "uv").lower()
                yield _place(file, match, name, pins["tools"].get(name))


def _place(file: str, match: re.Match[str], name: str, wanted: str | None) -> Place:
    return Place(file, match.span("value"), name, match["value"], wanted)


def main(arguments: list[str]) -> int:
    """Exit code 1: a place differs (--check), or a version can't be asked for (--newest)."""
    if "--newest" in arguments:
        try:
            print(table(newest(HERE)))
        except PinError as error:
            print(error, file=sys.stderr)
            return 1
    if "--check" not in arguments:
        for file in spread(HERE):
            print(f"{file} written")
    if result := problems(HERE):
        print("\n".join([*result, f"fix {PINS}, then: make format"]))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
