"""The fleet: all products at a glance, and all of them brought up to date."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

import harness
from fleet import config, report
from fleet.__main__ import main
from fleet.config import FleetError, Member
from fleet.examine import Seen, examine
from fleet.update import Outcome, update, update_one
from gauntlet import run, versions
from gauntlet.lives import LIVES, Team


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
    found = {name: remote(tmp_path / "remotes", team) for name, team in teams.items()}
    return {**found, "gone": str(tmp_path / "remotes" / "gone.git")}


def write(where: Path, products: dict[str, str]) -> Path:
    file = where / "fleet.toml"
    entries = (f'[[product]]\nurl = "{url}"\ngroup = "{name}"\n' for name, url in products.items())
    file.write_text("\n".join(entries), encoding="utf-8")
    return file


def test_all_products_at_a_glance(
    products: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = list(examine([Member(url) for url in products.values()]))
    states = {one.member.name: report.state(one, "v1.1.0") for one in seen}
    assert states == {
        **{"current": "good", "outdated": "outdated", "drifted": "drifted", "gone": "unknown"}
    }
    names = [one.member.name for one in report.ordered(seen, "v1.1.0")]
    assert names == ["gone", "outdated", "drifted", "current"]
    by_name = {one.member.name: one for one in seen}
    assert by_name["drifted"].drifted == (".sqlfluff",)
    assert by_name["outdated"].kept == (".gitignore",)

    page = tmp_path / "fleet.html"
    told = ["status", "--fleet", str(write(tmp_path, products)), "--to", "v1.1.0"]
    assert main([*told, "--page", str(page)]) == 1
    assert "outdated" in capsys.readouterr().out
    assert page.read_text("utf-8").count("<tr>") == 5
    assert main([*told, "--group", "current"]) == 0


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
def test_a_wrong_list_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
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
    said: list[str] = []
    update(members, "v2", journal, said.append, 0, one)
    assert asked == ["canary", "a", "b", "c"]
    # The same command again repeats only what failed; a newer version begins anew.
    asked.clear()
    update(members, "v2", journal, said.append, 0, one)
    assert asked == ["b"]
    asked.clear()
    bad["canary"] = "conflict"
    update(members, "v3", journal, said.append, 0, one)
    assert asked == ["canary"]
    assert "stopped after the canaries: canary" in said[-1]
    journal.write_text("{")
    with pytest.raises(FleetError, match="damaged"):
        update(members, "v3", journal, said.append, 0, one)


@pytest.mark.slow
def test_two_hundred_products_are_examined_within_a_minute(
    products: dict[str, str], tmp_path: Path
) -> None:
    kinds = [url for name, url in products.items() if name != "gone"]
    members = []
    for number in range(200):
        url = tmp_path / "many" / f"product_{number:03}.git"
        harness.git(tmp_path, "clone", "-q", "--bare", "--local", kinds[number % 3], str(url))
        members.append(Member(str(url)))
    begin = time.monotonic()
    seen = list(examine(members))
    assert time.monotonic() - begin < 60
    assert [one.problem for one in seen if one.problem] == []
    assert sum(bool(one.drifted) for one in seen) == 66
