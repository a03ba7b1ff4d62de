"""Every version is pinned once, and the newest of each is tried before anybody takes it."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

import harness
from first_light.commands import proposal as proposals
from first_light.commands.proposal import Patch, Proposal
from first_light.forge.base import Request
from first_light.forge.github import GitHub
from first_light.utils.errors import DataopsError
from pipeline_lint import lint_github
from tools.release import ahead, build_tools, newest, open_newest, pins
from tools.release.pins import Bump, PinError

WORKFLOWS = harness.TEMPLATE / ".github" / "workflows"


def change(root: Path, file: str, old: str, new: str) -> None:
    text = (root / file).read_text("utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_place_has_the_version_that_is_pinned() -> None:
    assert pins.problems() == [], "make format"


@pytest.mark.parametrize(
    ("file", "old", "new", "name"),
    [
        ("template/.github/workflows/update.yml", "checkout@", "checkout@0", "actions/checkout"),
        (".github/workflows/newest.yml", " # v", " # v0.", "actions/checkout"),
        ("template/.github/workflows/check.yml", 'version: "0.', 'version: "1.', "uv"),
        ("template/.gitlab-ci.yml", 'UV_VERSION: "0.', 'UV_VERSION: "1.', "uv"),
        ("template/.github/workflows/release.yml.jinja", 'version: "0.', 'version: "1.', "uv"),
        ("template/Dockerfile", "UV_VERSION=0.", "UV_VERSION=1.", "uv"),
        ("template/Dockerfile", "python:3.", "python:2.", "python"),
        ("template/.gitlab-ci.yml", "python:3.", "python:2.", "python"),
        ("pyproject.toml", "dbt-core>=1.12", "dbt-core>=1.11", "dbt-core"),
        ("pyproject.toml", "copier>=9", "copier>=8", "copier"),
        ("pyproject.toml", "hatchling==", "hatchling>=", "build"),
        ("copier.yml", '_min_copier_version: "9', '_min_copier_version: "8', "copier"),
    ],
)
def test_a_place_that_differs_is_named_and_written_anew(
    working_template: Path, file: str, old: str, new: str, name: str
) -> None:
    before = (working_template / file).read_text("utf-8")
    change(working_template, file, old, new)
    (output,) = pins.problems(working_template)
    assert output.startswith(f"{file} has {name} ")
    assert pins.spread(working_template) == [file]
    assert (working_template / file).read_text("utf-8") == before


def test_what_is_pinned_elsewhere_or_nowhere_is_named(working_template: Path) -> None:
    workflow = "template/.github/workflows/check.yml"
    checkout = "actions/checkout@"
    change(working_template, workflow, checkout, f"some/action@v1\n        uses: {checkout}")
    change(working_template, "pins.toml", "[tools]\n", '[tools]\nunused = "1"\n')
    assert pins.problems(working_template) == [
        f"{workflow} pins some/action, which pins.toml does not know: add it there",
        "pins.toml pins unused, which is used nowhere",
    ]


def test_a_bot_finds_every_pin() -> None:
    """What renovate.json matches, matched."""
    output = json.loads((harness.TEMPLATE / "renovate.json").read_text("utf-8"))
    (manager,) = output["customManagers"]
    (pattern,) = manager["matchStrings"]
    text = (harness.TEMPLATE / pins.PINS).read_text("utf-8")
    result = re.finditer(pattern.replace("(?<", "(?P<"), text)
    seen = {}
    for match in result:
        parts = match.group("currentDigest", "currentValue")
        seen[match["depName"]] = " ".join(part for part in parts if part)
    assert seen == pins.pinned()
    assert re.search(manager["managerFilePatterns"][0].strip("/"), pins.PINS)


@pytest.mark.parametrize(
    ("spec", "version", "wanted"),
    [
        (">=1.12,<1.13", "1.12.9", ">=1.12,<1.13"),
        (">=1.12,<1.13", "1.14.2", ">=1.14,<1.15"),
        (">=4.3,<5", "4.9.0", ">=4.3,<5"),
        (">=4.3,<5", "6.1.0", ">=6.1,<7"),
        (">=6,<7", "7", ">=7.0,<8"),
    ],
)
def test_a_range_moves_no_further_than_it_must(spec: str, version: str, wanted: str) -> None:
    assert pins.widened(spec, version) == wanted


def test_what_builds_the_package_is_exact_and_complete() -> None:
    """A product's lock does not reach into a build: no version is left for an index to choose."""
    pinned = pins.read()["build"]
    assert set(build_tools.ROOTS) < set(pinned)

    def resolved(names: Iterable[str]) -> dict[str, str]:
        return build_tools.resolve(wanted="\n".join(name + pinned[name] for name in names))

    assert all(version.startswith("==") for version in pinned.values())
    assert resolved(pinned) == pinned
    fewer = pinned.keys() - {"pathspec"}
    assert resolved(fewer).keys() > fewer, "one that is missing is noticed"


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[str]]]:
    """A package index of the test's own: versions by name, asked by the real pip."""
    packages: dict[str, list[str]] = {}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            name = self.path.strip("/").rsplit("/", 1)[-1]
            self.send_response(200 if name in packages else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            files = (f"{name.replace('-', '_')}-{item}.tar.gz" for item in packages.get(name, ()))
            self.wfile.write("".join(f'<a href="{file}">{file}</a>' for file in files).encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    yield packages
    server.shutdown()


def test_the_newest_package_is_the_newest_final_one(index: dict[str, list[str]]) -> None:
    index["a-tool"] = ["1.9.0", "1.10.0", "2.0.0rc1"]
    assert pins.newest_package("a-tool") == "1.10.0"
    with pytest.raises(PinError, match="no-tool"):
        pins.newest_package("no-tool")


def test_the_newest_tag_is_the_newest_whole_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "actions" / "checkout"
    repository.mkdir(parents=True)
    harness.git(repository, "init", "-q")
    for tag in ("v9.0.1", "v10.0.0", "v10", "v11.0.0-rc.1", "words"):
        harness.git(repository, "commit", "-q", "--allow-empty", "-m", tag)
        harness.git(repository, "tag", "-a", tag, "-m", tag)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{tmp_path.as_uri()}/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
    commit = harness.git(repository, "rev-parse", "v10.0.0^{commit}").strip()
    assert pins.newest_tag("actions/checkout") == ("v10.0.0", commit)
    with pytest.raises(PinError, match="nothing-there"):
        pins.newest_tag("actions/nothing-there")


def test_newer_versions_go_into_the_one_place_and_from_there_everywhere(
    working_template: Path,
) -> None:
    was = pins.pinned(working_template)
    packages = {"uv": "0.99.1", "dbt-core": "1.13.4", "duckdb": "1.9.0"}
    moved = pins.newest(
        working_template,
        lambda name: packages.get(name) or re.findall(r"[\d.]+", was[name])[0],
        lambda name: ("v3.14.1", "") if name == "python/cpython" else ("v99.0.0", "a" * 40),
        lambda: {**pins.read()["build"], "hatchling": "==99.1", "new-need": "==1"},
    )
    built = {"hatchling (build)", "new-need (build)"}
    actions = pins.read()["actions"]
    assert {bump.name for bump in moved} == {"uv", "dbt-core", "python", *actions, *built}
    pins.spread(working_template)
    assert pins.problems(working_template) == []
    product = (working_template / "pyproject.toml").read_text("utf-8")
    assert '"dbt-core>=1.13,<1.14",' in product
    assert '"duckdb>=1.5,<2",' in product
    assert '"hatchling==99.1",' in product
    assert '"new-need==1",' in product
    workflow = (working_template / "template/.github/workflows/check.yml").read_text("utf-8")
    assert f"actions/checkout@{'a' * 40} # v99.0.0" in workflow
    assert 'version: "0.99.1"' in workflow
    pipeline = (working_template / "template/.gitlab-ci.yml").read_text("utf-8")
    assert "PYTHON_IMAGE: python:3.14\n" in pipeline
    assert f"| uv | `{was['uv']}` | `0.99.1` |" in pins.table(moved)


class Requests(GitHub):
    """A forge that keeps its requests; its remote is a real bare repository."""

    kept: ClassVar[list[dict[str, object]]] = []

    def of_branch(self, branch: str) -> list[Request]:
        return [Request(1, str(output["title"]), True, False) for output in self.kept]

    def open(self, branch: str, target: str, title: str, text: str, draft: bool) -> int:
        output = {"branch": branch, "target": target, "title": title, "text": text, "draft": draft}
        self.kept.append(output)
        return 1

    def renew(self, number: int, title: str, text: str) -> None:
        self.kept[number - 1] |= {"text": text}


@pytest.fixture
def forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Requests:
    for name, value in harness.clean_environment().items():
        if name.startswith("GIT_"):
            monkeypatch.setenv(name, value)
    bare = tmp_path / "remote.git"
    harness.git(tmp_path, "init", "-q", "--bare", str(bare))
    monkeypatch.setattr(Requests, "kept", [])
    return Requests("", bare.as_uri(), "")


def test_the_newest_pins_are_one_request_with_the_gauntlets_result(
    working_template: Path, forge: Requests
) -> None:
    was = pins.pinned(working_template)

    def package(name: str) -> str:
        return "0.99.1" if name == "uv" else re.findall(r"[\d.]+", was[name])[0]

    def tag(name: str) -> tuple[str, str]:
        commit, version = was.get(name, " v3.13.1").split(" ")
        return version, commit

    def take(root: Path) -> list[Bump]:
        return pins.newest(root, package, tag, lambda: pins.read(root)["build"])

    def ending(code: int) -> tuple[str, ...]:
        return (
            sys.executable,
            "-c",
            f"print('95 passed, {code} failed'); raise SystemExit({code})",
        )

    output: list[str] = []
    good, bad = ending(0), ending(1)
    trials = newest.propose(working_template, output.append, take, [good, bad])
    assert [trial.passed for trial in trials] == [True, False]
    assert forge.kept == []  # it has no token
    harness.git(working_template, "checkout", "-q", ".")  # the other job has a clone of its own
    open_newest.open_newest(working_template, forge, output.append)
    (opened,) = forge.kept
    assert opened["draft"] is True
    assert opened["target"] == "main"
    assert f"| uv | `{was['uv']}` | `0.99.1` |" in str(opened["text"])
    assert "95 passed, 1 failed" in str(opened["text"])
    bare = Path(forge.push_url.removeprefix("file://"))
    assert 'uv = "0.99.1"' in harness.git(bare, "show", "newest-pins:pins.toml")
    assert '"0.99.1"' in harness.git(bare, "show", "newest-pins:template/.gitlab-ci.yml")

    # The next week: the same request, and nothing at all when nothing is newer.
    newest.propose(working_template, output.append, take, [good])
    harness.git(working_template, "checkout", "-q", ".")
    open_newest.open_newest(working_template, forge, output.append)
    assert "1 failed" not in str(forge.kept[0]["text"])
    assert newest.propose(working_template, output.append, lambda _: []) == []
    open_newest.open_newest(working_template, forge, output.append)
    assert output == [
        "target/newest: 1 newer, a draft",
        "request 1 opened",
        "target/newest: 1 newer, all passed",
        "request 1 renewed",
        "every pin is the newest",
        "every pin is the newest",
    ]
    assert len(forge.kept) == 1


def test_a_proposal_of_pins_that_adds_a_file_is_not_pushed(
    working_template: Path, forge: Requests
) -> None:
    (working_template / "sitecustomize.py").write_text("raise SystemExit\n")
    harness.git(working_template, "add", "sitecustomize.py")
    tree = harness.git(working_template, "write-tree").strip()
    patch = harness.git(working_template, "diff", "--cached", "--binary", "--full-index")
    harness.git(working_template, "reset", "-q", "--hard")
    made = Proposal(open_newest.TITLE, "text", False, [Patch(patch.encode(), tree)])
    proposals.write(working_template / open_newest.FOLDER, made)
    with pytest.raises(DataopsError, match="add or delete files") as raised:
        open_newest.open_newest(working_template, forge, print)
    assert raised.value.where == "sitecustomize.py"
    (working_template / open_newest.FOLDER / "request.json").write_text("[]")
    with pytest.raises(DataopsError, match="not one that the first job writes") as raised:
        open_newest.open_newest(working_template, forge, print)
    assert raised.value.fix.endswith("make newest")
    assert forge.kept == []


@pytest.mark.parametrize("name", sorted(pins.read()[pins.AHEAD]))
def test_what_comes_next_is_asked_for_by_a_fresh_product(tmp_path: Path, name: str) -> None:
    product = ahead.product_ahead(tmp_path / "p", name)
    text = (tmp_path / "p-template" / "pyproject.toml").read_text("utf-8")
    assert (product / "dbt_project.yml").is_file()
    assert f'"{name}{pins.read()[pins.AHEAD][name]}"' in text
    with pytest.raises(PinError, match="no such-tool"):
        ahead.product_ahead(tmp_path / "q", "such-tool")


def test_the_workflows_of_this_repository_are_sound_and_call_what_people_call() -> None:
    texts = {path.name: path.read_text("utf-8") for path in WORKFLOWS.iterdir()}
    for name in texts:
        assert lint_github(WORKFLOWS / name) == {}
    assert "run: .ci/run" in texts["test.yml"]
    assert "continue-on-error: true" in texts["test.yml"]
    assert "schedule:" in texts["newest.yml"]
    assert "run: make newest" in texts["newest.yml"]
    # What is new runs where no token may write.
    tried, _, requested = texts["newest.yml"].partition("  request:\n")
    open_it = "run: python3 -m tools.release.open_newest"
    assert "secrets." not in tried + requested.partition(open_it)[0]
    assert ": write" not in tried
    built, _, published = texts["publish.yml"].partition("  pages:\n")
    assert "run: make docs" in built
    assert ": write" not in built
    assert "run: make" not in published
    assert "schedule:" in texts["gauntlet.yml"]
    assert "tier: [gauntlet, thorough, engines]" in texts["gauntlet.yml"]
    assert 'run: make "$TIER"' in texts["gauntlet.yml"]
    makefile = (harness.TEMPLATE / "Makefile").read_text("utf-8")
    assert {"newest:", "ahead:"} <= set(re.findall(r"^\w+:", makefile, re.MULTILINE))
    ahead_of = re.search(r"pin: \[(.*)\]", texts["test.yml"])
    assert ahead_of
    assert sorted(ahead_of[1].split(", ")) == sorted(pins.read()[pins.AHEAD])
