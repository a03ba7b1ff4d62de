"""The fleet: all products at a glance, and all of them brought up to date."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import resource
import shutil
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

import harness
from gauntlet import run, versions
from gauntlet.lives import LIVES, Team
from git_server import git_server
from tools.fleet import causes, config, report, tokens
from tools.fleet.__main__ import main
from tools.fleet.config import FleetError, Member
from tools.fleet.examine import Seen, Summary, examine, read_summary
from tools.fleet.update import Outcome, summary, update, update_one


def remote(where: Path, team: Team) -> str:
    """The product on a bare repository."""
    bare = where / f"{team.root.name}.git"
    harness.git(where, "clone", "-q", "--bare", str(team.root), str(bare))
    return str(bare)


@pytest.fixture
def products(template_history: Path, tmp_path: Path) -> dict[str, str]:
    """Products that stand differently, by name, with their URLs."""
    teams = {
        name: run.born(template_history, tmp_path / name, version, {}, LIVES[life])
        for name, version, life in (
            ("current", "v1.1.0", "fresh"),
            ("outdated", "v1.0.0", "every_extension_point"),
            ("drifted", "v1.1.0", "fresh"),
        )
    }
    versions.append(teams["drifted"].root / ".sqlfluff", "# our own line")
    teams["drifted"].commit("an edit of a managed file")
    (tmp_path / "remotes").mkdir()
    result = {name: remote(tmp_path / "remotes", team) for name, team in teams.items()}
    return {**result, "gone": str(tmp_path / "remotes" / "gone.git")}


def write(where: Path, products: dict[str, str]) -> Path:
    file = where / "fleet.toml"
    entries = (f'[[product]]\nurl = "{url}"\ngroup = "{name}"\n' for name, url in products.items())
    file.write_text("\n".join(entries), encoding="utf-8")
    return file


def test_all_products_at_a_glance(
    products: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = list(examine([Member(url) for url in products.values()]))
    states = {item.member.name: report.state(item, "v1.1.0") for item in seen}
    assert states == {
        **{"current": "good", "outdated": "outdated", "drifted": "drifted", "gone": "unknown"}
    }
    names = [item.member.name for item in report.ordered(seen, "v1.1.0")]
    assert names == ["gone", "outdated", "drifted", "current"]
    by_name = {item.member.name: item for item in seen}
    assert by_name["drifted"].drifted == (".sqlfluff",)
    assert by_name["outdated"].kept == (".gitignore",)

    page = tmp_path / "fleet.html"
    document = ["status", "--fleet", str(write(tmp_path, products)), "--to", "v1.1.0"]
    assert main([*document, "--page", str(page)]) == 1
    assert "outdated" in capsys.readouterr().out
    assert page.read_text("utf-8").count("<tr>") == 5
    assert main([*document, "--group", "current"]) == 0


ANSWERS = ".copier-answers.yml"
BROKEN = {
    "markers": (b"<<<<<<< before updating\n_commit: v1\n=======\n", "merge conflict markers"),
    "yaml": (b"_commit: v1\nteam: [\n", "not valid YAML at line"),
    "list": (b"- v1\n", "not a mapping of answers"),
    "latin": ("_commit: v1\nteam: Größe\n".encode("latin-1"), "not UTF-8"),
    "unversioned": (b"team: x\n", "no version of the template"),
    "opt_outs": (b"_commit: v1\nopt_outs: [3]\n", "not a mapping of paths"),
    "without": (b"", "no .copier-answers.yml"),
    "empty": (None, "the repository is empty"),
    "gone": (None, "does not appear to be a git repository"),
}


def broken_remotes(where: Path) -> list[Member]:
    members = []
    for name, (answers, _) in BROKEN.items():
        root = where / name
        members.append(Member(str(root)))
        if name == "gone":
            continue
        root.mkdir()
        harness.git(root, "init", "-q", "-b", "main")
        if answers is not None:
            (root / (ANSWERS if answers else "README.md")).write_bytes(answers or b"x")
            harness.git(root, "add", "-A")
            harness.git(root, "commit", "-q", "-m", name)
    return members


def test_no_broken_product_stops_another_and_each_has_a_cause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = broken_remotes(tmp_path)
    for item in examine(members):
        assert BROKEN[item.member.name][1] in item.problem, item
        assert "internal error" not in item.problem
    output: list[str] = []
    done = update(members, "v9", tmp_path / "journal.json", output.append, 0)
    for member in members[:8]:
        assert done[member.url].state == "failed"
        if member.name != "opt_outs":
            cause = "no .copier-answers.yml" if member.name == "empty" else BROKEN[member.name][1]
            assert cause in done[member.url].said
    assert "internal error" not in "".join(output)

    fleet = str(write(tmp_path, {member.name: member.url for member in members}))
    assert main(["status", "--fleet", fleet, "--to", "v9", "--format", "json"]) == 1
    products = json.loads(capsys.readouterr().out)["products"]
    assert {p["product"]: p["state"] for p in products} == dict.fromkeys(BROKEN, "unknown")
    assert all(p["problem"] for p in products)
    assert main(["status", "--fleet", fleet, "--to", "v9", "--format", "csv"]) == 1
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert len(rows) == len(BROKEN)
    assert main(["status", "--fleet", fleet, "--to", "v9"]) == 1
    assert "9 products: 9 unknown" in capsys.readouterr().out
    assert main(["status", "--fleet", fleet, "--to", "v9", "--group", "none"]) == 2


def test_an_unexpected_error_in_one_update_does_not_stop_the_others(tmp_path: Path) -> None:
    def one(member: Member, version: str) -> Outcome:
        if member.name == "bad":
            raise KeyError("https://me:hunter2@host/x")
        return Outcome("clean", version)

    members = [Member("bad"), Member("good")]
    output: list[str] = []
    done = update(members, "v2", tmp_path / "journal.json", output.append, 0, one)
    assert done["good"].state == "clean"
    assert done["bad"].said.startswith("internal error: KeyError")
    assert "hunter2" not in "".join(output)
    assert summary(done) == "2 products: 1 clean, 0 conflict, 0 left alone, 1 failed"


def test_the_first_line_of_git_is_the_cause_and_scp_like_addresses_have_names() -> None:
    message = "Cloning into 'x'...\nfatal: detected dubious ownership in repository at '/x'\nTo add"
    assert causes.of_git(message) == "fatal: detected dubious ownership in repository at '/x'"
    assert Member("git@host:sales.git").name == "sales"
    assert Member("git@host:group/sales.git/").name == "sales"


def test_incidents_late_data_and_the_baseline_are_on_the_page() -> None:
    text = json.dumps(
        {
            **{"score": 9, "total": 12, "open_incidents": 2},
            "published_at": "2026-11-26T06:00:00Z",
        }
    )
    at = datetime(2026, 11, 29, 12, tzinfo=timezone.utc)
    summary = read_summary(text, "07:00", at)
    assert summary == Summary("9 of 12", 2, 3)
    assert read_summary(text, "", at) == Summary("9 of 12", 2, 0)
    assert read_summary('{"score": 9, "total": 12}', "07:00", at) == Summary("9 of 12")
    assert read_summary('{"score": "many"}', "07:00", at) is None
    seen = [
        Seen(Member("sales"), "v1.0.0", package="1.0.0", findings=340, summary=summary),
        Seen(Member("stock"), "v1.0.0", summary=Summary("9 of 12", 0, 0)),
        Seen(Member("shop"), "v1.0.0"),
    ]
    assert report.summary(seen, "v1.0.0") == (
        "3 good; 1 with open incidents, 1 late, 1 with findings in the baseline"
    )
    page = report.page(seen, "v1.0.0")
    cells = "".join(f"<td>{cell}</td>" for cell in ("1.0.0", "good", "9 of 12", "2", "3", "340"))
    assert cells in page
    assert page.count("<td>unknown</td>") == 3
    (row,) = [r for r in json.loads(report.as_json(seen, "v1"))["products"] if r["baseline"]]
    assert (row["open_incidents"], row["missed_deadlines"]) == (2, 3)


def test_a_version_is_compared_by_its_numbers() -> None:
    assert report.state(Seen(Member("x"), "v1.9.0"), "v1.10.0") == "outdated"
    assert report.state(Seen(Member("x"), "v1.10.0"), "v1.9.0") == "good"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no product"),
        ("[[product]]\n", "no url"),
        ('[[product]]\nurl = "a"\ncanari = true\n', "canari"),
        ('[[product]]\nurl = "a"\n[[product]]\nurl = "a"\n', "twice"),
        ("[", "cannot be read"),
    ],
)
def test_a_wrong_list_is_rejected_in_words(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "fleet.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FleetError, match=words):
        config.read(tmp_path / "fleet.toml")


def test_one_product_is_updated_on_a_branch_of_its_own(
    products: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAOPS_COPIER", f"{sys.executable} -m copier")
    for name, value in harness.clean_environment().items():
        if name.startswith("GIT_"):
            monkeypatch.setenv(name, value)
    done = update_one(Member(products["outdated"]), "v1.1.0")
    assert done.state == "clean", done.said
    bare = Path(products["outdated"])
    assert harness.git(bare, "log", "-1", "--format=%s", "template-update").strip() == (
        "Update the template to v1.1.0"
    )
    message = harness.git(bare, "log", "-1", "--format=%b", "template-update")
    assert "From template v1.0.0 to v1.1.0." in message  # there is no pull request to say it
    assert "new question colour" in message
    assert "v1.0.0" in harness.git(bare, "show", "main:.copier-answers.yml")
    assert update_one(Member(products["current"]), "v1.1.0").said == "nothing newer than v1.1.0"
    assert update_one(Member(products["gone"]), "v1.1.0").state == "failed"


def test_canaries_go_first_no_failure_stops_another_and_a_run_is_resumed(tmp_path: Path) -> None:
    members = [Member("a"), Member("b"), Member("canary", canary=True), Member("c")]
    asked: list[str] = []
    bad = {"b": "failed"}

    def one(member: Member, version: str) -> Outcome:
        asked.append(member.name)
        return Outcome(bad.get(member.name, "clean"), version)

    journal = tmp_path / "fleet.journal.json"
    output: list[str] = []
    update(members, "v2", journal, output.append, 0, one)
    assert asked[0] == "canary"
    assert sorted(asked) == ["a", "b", "c", "canary"]
    # The same command again repeats only what failed; a newer version begins anew.
    asked.clear()
    update(members, "v2", journal, output.append, 0, one)
    assert asked == ["b"]
    asked.clear()
    bad["canary"] = "conflict"
    update(members, "v3", journal, output.append, 0, one)
    assert asked == ["canary"]
    assert "stopped after the canaries: canary" in output[-1]
    journal.write_text("{")
    with pytest.raises(FleetError, match="damaged"):
        update(members, "v3", journal, output.append, 0, one)


def test_batches_are_paced_and_one_in_which_nothing_works_is_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    members = [Member(f"{number:02}") for number in range(20)]
    at_once: list[int] = []
    working: set[str] = set()
    guard = threading.Lock()

    def one(member: Member, version: str) -> Outcome:
        with guard:
            working.add(member.url)
            at_once.append(len(working))
        threading.Event().wait(0.01)
        with guard:
            working.remove(member.url)
        return Outcome("failed" if version == "v3" else "clean", "")

    update(members, "v2", tmp_path / "journal", lambda _: None, 2.5, one)
    assert slept == [2.5, 2.5, 2.5]
    assert len(at_once) == 20
    assert 1 < max(at_once) <= 8

    at_once.clear()
    output: list[str] = []
    update(members, "v3", tmp_path / "journal", output.append, 0, one)
    assert len(at_once) == 8
    assert "nothing was clean" in output[-1]
    # Again, with the fault still there: first those that were not tried, and again only a batch.
    update(members, "v3", tmp_path / "journal", output.append, 0, one)
    assert len(at_once) == 16


def _worked() -> float:
    """Seconds of one core so far, git's too: on a busy machine the clock says nothing."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, who))


# Stands for Copier, which takes seconds: here it is the fleet that is tested. A product with a file
# FAIL can't be updated, one with a file CONFLICT has one.
QUICK_COPIER = """#!/bin/sh
test -e FAIL && { echo no such version >&2; exit 1; }
test -e CONFLICT && touch .sqlfluff.rej
sed -i 's/^_commit: .*/_commit: v1.1.0/' .copier-answers.yml
"""


@pytest.mark.slow
@pytest.mark.parametrize("count", [12, pytest.param(200, marks=pytest.mark.gauntlet)])
def test_many_products_are_examined_and_updated(
    products: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    kinds = dict(products)
    del kinds["gone"]
    for life in ("fail", "conflict", "store"):
        clone = tmp_path / life
        harness.git(tmp_path, "clone", "-q", products["outdated"], str(clone))
        if life == "store":
            harness.git(clone, "switch", "-q", "--orphan", "dataops-store")
            (clone / "score.json").write_text('{"score": 9, "total": 12}', encoding="utf-8")
            # What a store also holds, and nobody fetches for a score.
            (clone / "data.duckdb").write_bytes(random.Random(1).randbytes(1 << 20))
        else:
            (clone / life.upper()).touch()
        harness.git(clone, "add", "-A")
        harness.git(clone, "commit", "-q", "-m", life)
        if life == "store":
            harness.git(clone, "switch", "-q", "main")
        bare = tmp_path / "remotes" / f"{life}.git"
        harness.git(tmp_path, "clone", "-q", "--bare", str(clone), str(bare))
        harness.git(bare, "config", "uploadpack.allowFilter", "true")
        kinds[life] = str(bare)
    names = sorted(kinds)
    members = []
    for number in range(count):
        kind = names[number % len(names)]
        url = tmp_path / "many" / f"{kind}_{number:03}.git"
        shutil.copytree(kinds[kind], url, copy_function=os.link)
        members.append(Member(str(url), canary=number == names.index("outdated")))

    begin = _worked()
    seen = list(examine(members))
    seconds = _worked() - begin
    print(f"{count} examined by {seconds:.1f} s of one core")
    assert seconds < 0.3 * count
    assert [item.problem for item in seen if item.problem] == []
    by_kind = {item.member.name.split("_")[0]: item for item in seen}
    assert {name: bool(item.drifted) for name, item in by_kind.items()} == {
        name: name == "drifted" for name in names
    }
    assert {name: item.summary for name, item in by_kind.items()} == {
        name: Summary("9 of 12") if name == "store" else None for name in names
    }

    tool = tmp_path / "copier"
    tool.write_text(QUICK_COPIER, encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("DATAOPS_COPIER", str(tool))
    for name, value in harness.clean_environment().items():
        if name.startswith("GIT_"):
            monkeypatch.setenv(name, value)
    journal = tmp_path / "journal.json"
    output: list[str] = []

    def interrupt(line: str) -> None:
        output.append(line)
        if len(output) == count // 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        update(members, "v1.1.0", journal, interrupt, 0)
    assert "outdated" in output[0], "the canary was not the first"
    done = update(members, "v1.1.0", journal, output.append, 0)
    assert len(done) == count
    for member in members:
        kind = member.name.split("_")[0]
        wanted = {"fail": "failed", "conflict": "conflict"}.get(kind, "clean")
        assert done[member.url].state == wanted, (member.name, done[member.url])
        branches = harness.git(Path(member.url), "branch", "--list", "template-update")
        assert bool(branches) == (kind in ("outdated", "conflict", "store"))
    # Again: only what was not clean.
    output.clear()
    update(members, "v1.1.0", journal, output.append, 0, lambda *_: Outcome("clean", ""))
    assert {line.split()[1].split("_")[0] for line in output} == {"fail", "conflict"}


def test_products_in_folders_of_one_repository_are_told_apart(tmp_path: Path) -> None:
    harness.git(tmp_path, "init", "-q", "-b", "trunk")
    for name, version in {"sales": "v1.0.0", "stock": "v2.0.0"}.items():
        folder = tmp_path / "services" / name
        folder.mkdir(parents=True)
        (folder / ".copier-answers.yml").write_text(
            f"_src_path: https://example.com/template.git\n_commit: {version}\n"
        )
    harness.git(tmp_path, "add", "-A")
    harness.git(tmp_path, "commit", "-q", "-m", "Two products")
    listed = tmp_path / "fleet.toml"
    entry = f'[[product]]\nurl = "{tmp_path}"\nfolder = '
    listed.write_text(f'{entry}"services/sales"\n{entry}"services/stock/"\n')
    members = config.read(listed)
    assert [member.name for member in members] == ["services/sales", "services/stock"]
    assert [seen.version for seen in examine(members)] == ["v1.0.0", "v2.0.0"]
    listed.write_text(f'{entry}"services/sales"\n{entry}"services/sales/"\n')
    with pytest.raises(config.FleetError, match="twice"):
        config.read(listed)


TEAM_TOKEN, READER_TOKEN = "token-of-the-fleet", "token-of-the-template"


def test_the_token_of_each_host_goes_to_that_host_only() -> None:
    urls = ["https://github.com/acme/a.git", "https://git.acme.org:8443/b.git", "git@host:c.git"]
    hosts = {tokens.host_of(url) for url in urls} - {""}
    given = {"DATAOPS_UPDATE_TOKEN": "any", "DATAOPS_UPDATE_TOKEN_GIT_ACME_ORG": "own"}
    assert [tokens.token_for(url, hosts, given) for url in urls] == ["", "own", ""]
    assert tokens.token_for(urls[0], {"github.com"}, given) == "any"
    assert tokens.token_for("git@git.acme.org:a/b.git", hosts, given) == "own"
    assert tokens.token_for("ssh://git@github.com/a/b.git", {"github.com"}, given) == ""


@pytest.mark.slow
def test_private_products_of_a_private_template_are_read_and_updated_with_their_tokens(
    template_history: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Both git servers demand a password, and each gets its own token only."""
    monkeypatch.setenv("DATAOPS_COPIER", f"{sys.executable} -m copier")
    for name, value in harness.clean_environment().items():
        if name.startswith("GIT_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path))  # without a credential helper
    (tmp_path / "remotes").mkdir()
    with (
        git_server(template_history.parent, READER_TOKEN) as templates,
        git_server(tmp_path / "remotes", TEAM_TOKEN) as forge,
    ):
        template = f"git+{templates}/{template_history.name}"
        team = run.born(template_history, tmp_path / "sales", "v1.0.0", {}, LIVES["fresh"])
        answers = team.root / ".copier-answers.yml"
        text = re.sub("_src_path: .*", f"_src_path: {template}", answers.read_text("utf-8"))
        answers.write_text(text, "utf-8")
        team.commit("The template has an address")
        bare = Path(remote(tmp_path / "remotes", team))
        harness.git(bare, "config", "http.receivepack", "true")

        listed = write(tmp_path, {"private": f"{forge}/{bare.name}"})
        status = ["status", "--fleet", str(listed), "--to", "v1.1.0", "--format", "json"]
        assert main(status) == 1
        assert "could not read Username" in capsys.readouterr().out

        monkeypatch.setenv("DATAOPS_UPDATE_TOKEN", TEAM_TOKEN)
        assert main(status) == 1
        (product,) = json.loads(capsys.readouterr().out)["products"]
        assert (product["state"], product["version"]) == ("outdated", "v1.0.0")

        update_ = ["update", "--fleet", str(listed), "--to", "v1.1.0", "--pause", "0"]
        move = ["--template", template]
        assert main([*update_, *move]) == 1
        said = capsys.readouterr().out
        assert "The template's repository cannot be read" in said
        assert "DATAOPS_TEMPLATE_TOKEN" in said
        monkeypatch.setenv("DATAOPS_TEMPLATE_TOKEN", READER_TOKEN)
        assert main([*update_, *move]) == 0, capsys.readouterr().out
        assert "1 clean" in capsys.readouterr().out
    pushed = harness.git(bare, "show", "template-update:.copier-answers.yml")
    assert f"_src_path: {template}\n" in pushed
    assert "_commit: v1.1.0" in pushed
    written = harness.git(bare, "log", "--patch", "template-update")
    written += "".join(path.read_text() for path in tmp_path.glob("*.json"))
    assert READER_TOKEN not in said + written
    assert TEAM_TOKEN not in said + written
