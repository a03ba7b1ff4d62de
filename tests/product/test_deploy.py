"""Deploying by itself: when, by whose leave, and never backwards."""

from __future__ import annotations

import base64
import os
import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import harness
from first_light.commands.release import release as make_release
from first_light.history import facts
from first_light.project import environment
from first_light.project.git_access import git_access, repository_access, without_access
from first_light.project.product import Product
from first_light.project.settings import current
from first_light.release import pipeline
from first_light.release.options import Options
from first_light.release.superseded import is_superseded
from first_light.utils.errors import DataopsError

# ── When ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("deadline", "release", "late"),
    [
        ("07:00", "45 5 * * *", "15 7 * * *"),
        ("00:30", "15 23 * * *", "45 0 * * *"),
        ("23:59", "44 22 * * *", "14 0 * * *"),
    ],
)
def test_the_schedule_follows_from_the_deadline(
    tmp_path: Path, deadline: str, release: str, late: str
) -> None:
    product = harness.render(tmp_path / "p", {"deadline": deadline, "content": "empty"})
    for name, cron in (("release", release), ("deadline", late)):
        text = (product / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
        assert yaml.safe_load(text)[True]["schedule"] == [{"cron": cron}]


# ── Never backwards ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def line(tmp_path: Path) -> tuple[Product, list[str]]:
    """A product in a clone, with three commits on main of the remote; and these commits."""
    remote, root = tmp_path / "remote.git", tmp_path / "p"
    harness.git(tmp_path, "init", "-q", "--bare", "-b", "main", str(remote))
    harness.git(tmp_path, "clone", "-q", str(remote), str(root))
    commits = []
    for name in ("one", "two", "three"):
        (root / name).touch()
        harness.git(root, "add", "-A")
        harness.git(root, "commit", "-q", "-m", name)
        commits.append(harness.git(root, "rev-parse", "HEAD").strip())
    harness.git(root, "push", "-q", "origin", "HEAD:main")
    return Product(root), commits


def test_a_commit_gives_way_only_to_a_newer_one_of_its_line(
    line: tuple[Product, list[str]],
) -> None:
    product, (item, two, three) = line
    product.git("checkout", "-q", "--detach", two)
    assert is_superseded(product, three)
    assert not is_superseded(product, two)
    assert not is_superseded(product, item)
    assert not is_superseded(product, "")
    # A line of its own is nobody's past: a revert that was made elsewhere, a branch.
    product.git("checkout", "-q", "--orphan", "other")
    product.git("commit", "-q", "--allow-empty", "-m", "other")
    assert not is_superseded(product, three)


def test_a_commit_that_was_pushed_since_is_asked_for(
    line: tuple[Product, list[str]], tmp_path: Path
) -> None:
    product, commits = line
    harness.git(tmp_path, "clone", "-q", str(tmp_path / "remote.git"), "early")
    product.git("commit", "-q", "--allow-empty", "-m", "four")
    product.git("push", "-q", "origin", "HEAD:main")
    newest = product.git("rev-parse", "HEAD")
    early = Product(tmp_path / "early")
    assert not early.git("cat-file", "-t", newest, check=False)
    assert is_superseded(early, newest)
    assert not is_superseded(early, commits[0])


def test_who_moves_the_branch_back_means_it(line: tuple[Product, list[str]]) -> None:
    product, (_, two, three) = line
    product.git("checkout", "-q", "--detach", two)
    product.git("push", "-q", "--force", "origin", f"{two}:main")
    product.git("fetch", "-q", "--prune", "origin")
    assert not is_superseded(product, three)


@pytest.mark.parametrize(("concurrent", "runs"), [(0, 1), (1, 2), (9, 3)])
def test_a_release_that_loses_a_race_starts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, concurrent: int, runs: int
) -> None:
    calls: list[str] = []

    def attempt(*_: object) -> tuple[str, bool]:
        calls.append("attempt")
        return f"run {calls.count('attempt')}", calls.count("attempt") <= concurrent

    monkeypatch.setattr(pipeline, "_attempt", attempt)
    monkeypatch.setattr(pipeline, "defer_to_newer", lambda _: calls.append("defer"))
    monkeypatch.setenv("DATAOPS_STORE", str(tmp_path / "store"))
    product = Product(harness.render(tmp_path / "p", {"content": "empty"}))
    lines: list[str] = []
    done = make_release(product, Options(), lines.append, lambda _: None)
    assert str(done) == f"run {runs}"
    # Each attempt first checks whether the run that won is newer.
    assert calls == ["defer", "attempt"] * runs
    assert len(lines) == runs - 1


# ── By whose leave ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """An HTTP server that stands for a host of git: its address, and what it was shown."""
    shown: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(" and ".join(self.headers.get_all("Authorization") or []))
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", shown
    server.shutdown()


def test_git_shows_the_token_to_the_remote_and_to_no_other(
    asked: tuple[str, list[str]], tmp_path: Path
) -> None:
    place, shown = asked

    def ask(
        remote: str, url: str = f"{place}/team/product", given: dict[str, str] | None = None
    ) -> str:
        given = given or git_access("a-token", remote, {})
        harness.git(tmp_path, "init", "-q")
        subprocess.run(
            ["git", "ls-remote", url],
            cwd=tmp_path,
            env={**harness.clean_environment(), **given, "GIT_TERMINAL_PROMPT": "0"},
            capture_output=True,
        )
        return shown[-1]

    assert ask(f"{place}/team/product").startswith("Basic ")
    # A clone that another token was used for, as GitLab makes it, is shown ours as well.
    with_another = f"{place.replace('//', '//ci:another@')}/team/product"
    assert ask(with_another, with_another) == ask(f"{place}/team/product")
    assert ask("https://example.com/team/product") == ""
    # One repository of the host has a token of its own, and git sends no other with it.
    two = git_access("a-token", place, {})
    two |= repository_access("another", f"{place}/team/template.git", two)
    for path, token in {"product": "a-token", "template": "another"}.items():
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        for url in (f"{place}/team/{path}", f"{place}/team/{path}.git"):
            assert ask("", url, two) == f"Basic {basic}"
    assert git_access("", f"{place}/x", {}) == git_access("a-token", "/srv/product.git", {}) == {}
    second = git_access("a-token", place, {"GIT_CONFIG_COUNT": "2"})
    assert second["GIT_CONFIG_COUNT"] == "4"
    assert {"GIT_CONFIG_KEY_2", "GIT_CONFIG_KEY_3"} <= set(second)
    own = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "a"}
    assert without_access({**own, **git_access("a-token", place, own)}) == own


def test_settings_of_a_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = harness.render(tmp_path / "p", {"content": "empty"})
    output = {
        "DATAOPS_STORE": "",
        "DATAOPS_RAW": "",
        "DATAOPS_KEEP_RELEASES": "7",
        "DATAOPS_STORE_DEFAULT": "branch",
        environment.SECRETS: "# bucket\nAWS_SECRET_ACCESS_KEY=a=b\n\nDATAOPS_KEEP_RELEASES=3\n",
        environment.STORE_TOKEN: "a-token",
        "AWS_SECRET_ACCESS_KEY": "",
    }
    for name, value in output.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    environment.prepare(Product(root))
    assert current().store == "branch"
    assert "DATAOPS_RAW" not in os.environ
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "a=b"
    assert current().keep_releases == 7
    assert not {environment.SECRETS, environment.STORE_TOKEN} & set(os.environ)
    with pytest.raises(DataopsError) as raised:
        environment.unpack("A=1\nhunter2\n")
    assert raised.value.where == "line 2"
    assert "hunter2" not in str(raised.value)


# ── Without git: in an image ─────────────────────────────────────────────────────────────────────


def test_an_image_knows_its_commits(
    line: tuple[Product, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product, (item, two, three) = line
    log = tmp_path / "commits.txt"
    log.write_text(product.git("log", f"--format={facts.COMMIT_FORMAT}") + "\n", encoding="utf-8")
    folder = facts.git_facts(product, item)
    bare = Product(tmp_path / "image")
    bare.root.mkdir()
    monkeypatch.setenv("DATAOPS_COMMITS_FILE", str(log))
    monkeypatch.setenv("PATH", str(tmp_path))  # nor is git there
    result = facts.git_facts(bare, item)
    assert (result.commit, [c.commit for c in result.commits]) == (three, [three, two])
    assert (result.commits, result.commits_total) == (folder.commits, folder.commits_total)
    assert (result.authored_at, result.committed_at) == (folder.authored_at, folder.committed_at)
    assert not result.dirty
    # From before the list begins nobody can count.
    unknown = facts.git_facts(bare, "0" * 40)
    assert (unknown.commits, unknown.commits_total) == ((), None)
    log.unlink()
    with pytest.raises(DataopsError, match="cannot be read"):
        facts.git_facts(bare, "")


# ── The page about it ────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def page() -> str:
    return (harness.TEMPLATE / "docs" / "guides" / "deploy.md").read_text(encoding="utf-8")


def fenced(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def test_every_command_on_the_page_is_one(page: str) -> None:
    from first_light.cli.app import app

    verbs: Any = typer.main.get_command(app)
    commands = re.findall(r"uv run(?: --locked| --no-sync)? dataops ([a-z][^`\n|&]*)", page)
    commands += re.findall(r"@sha256:DIGEST ([a-z][^`\n]*)", page)
    assert len(commands) > 6
    for output in commands:
        verb, *arguments = shlex.split(output.strip().replace("…", "x"))
        verbs.commands[verb].make_context(verb, arguments)  # rejects what it does not know


def test_the_servers_lines_say_when(page: str) -> None:
    cron = fenced(page, "crontab")[0].splitlines()
    assert len(cron) == 2
    minute, hour = cron[0].split()[:2]
    assert f"OnCalendar=*-*-* {int(hour):02d}:{int(minute):02d}:00 UTC" in page
    assert " && ".join(cron[0].split(" && ")[1:]).startswith("git pull")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_takes_the_units(page: str, tmp_path: Path) -> None:
    service, timer = fenced(page, "ini")
    true = shutil.which("true")
    assert true
    folder = re.sub(r"(?<==)/usr/(local/)?bin/\w+", true, service)
    folder = re.sub(r"(?<=User=)\w+", "root", folder)
    for kind, text in (("service", folder), ("timer", timer)):
        (tmp_path / f"product.{kind}").write_text(text, encoding="utf-8")

    def verify() -> str:
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(tmp_path / "product.timer")],
            capture_output=True,
            text=True,
        )
        return "\n".join(line for line in done.stderr.splitlines() if str(tmp_path) in line)

    assert verify() == ""
    (tmp_path / "product.service").write_text(folder.replace("Type=", "Tpye="), encoding="utf-8")
    assert "Tpye" in verify()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_the_unit_is_hardened(page: str, tmp_path: Path) -> None:
    service, _ = fenced(page, "ini")
    unit = tmp_path / "product.service"

    def exposed(text: str) -> int:
        unit.write_text(text, encoding="utf-8")
        # From 0 (none) to 100 (a unit without any limit has 96).
        command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=20"]
        return subprocess.run([*command, str(unit)], capture_output=True).returncode

    assert exposed(service) == 0
    assert "UMask=0077\n" in service
    assert exposed(service.replace("CapabilityBoundingSet=\n", "")) != 0
