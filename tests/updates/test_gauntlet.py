"""Every version, every answer profile, every life: after the update nothing is lost.

The quick cases run every life once, every profile once, every version once; every version with
every profile and every life is `gauntlet`, run by `make gauntlet` and before a release. So is every
life of companies, from every version with a profile that the seed chooses.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import copier.errors
import pytest

import harness
from first_light.project.product import Product
from gauntlet import run, versions
from gauntlet.company_lives import COMPANY_LIVES
from gauntlet.lives import LIVES
from gauntlet.quick import Renders, copier_is_quick

PROFILES = {**harness.PROFILES, "gitlab": {"ci": "gitlab", "warehouse": "postgres"}}
LAST_WITHOUT_TRUST = "v1.1.0"
LAST = versions.EVERY[-1]

QUICK = [
    *((versions.FIRST, LAST_WITHOUT_TRUST, "default", life) for life in LIVES),
    *((versions.FIRST, LAST_WITHOUT_TRUST, profile, "fresh") for profile in PROFILES),
    *((before, LAST, "default", "every_extension_point") for before in versions.EVERY[:-1]),
]
ALL = [
    (before, LAST, profile, life)
    for before, profile, life in product(versions.EVERY[:-1], PROFILES, LIVES)
]

# One choice in all workers, by the seed that the run prints.
_chance = random.Random(os.environ["TEST_SEED"])
OF_COMPANIES = [
    (before, LAST, _chance.choice(sorted(PROFILES)), life)
    for before, life in product(versions.EVERY[:-1], COMPANY_LIVES)
]


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with copier_is_quick():
        yield


@pytest.fixture(scope="module")
def renders(tmp_path_factory: pytest.TempPathFactory) -> Renders:
    return Renders(tmp_path_factory.mktemp("renders"))


def through(renders: Renders, template: Path, where: Path, case: tuple[str, str, str, str]) -> int:
    """One product's way; how many of its team's lines were found again."""
    before, after, profile, life = case
    answers: dict[str, object] = {"product_name": "Team product", **PROFILES[profile]}
    life_ = {**LIVES, **COMPANY_LIVES}[life]
    team = run.born(template, where / "product", before, answers, life_, render=renders.render)
    done = run.passage(team, after, trusted=versions.needs_trust(before, after))
    harness.git(template, "checkout", "-q", after)
    # What a second update meets is the same from wherever the first one came: managed files equal a
    # fresh render, the others what they were, and that was asserted just before.
    again = before == versions.FIRST
    return run.examine(done, template, after, where / "fresh", renders.render, again)


@pytest.mark.parametrize("case", sorted(set(QUICK)), ids="-".join)
def test_nothing_is_lost(
    template_history: Path, renders: Renders, tmp_path: Path, case: tuple[str, str, str, str]
) -> None:
    result = through(renders, template_history, tmp_path, case)
    if case[-1] not in ("fresh", "files_deleted", "answers_changed"):
        assert result > 2


@pytest.mark.gauntlet
@pytest.mark.parametrize("case", sorted(set(ALL) - set(QUICK)), ids="-".join)
def test_nothing_is_lost_in_any_case(
    template_history: Path, renders: Renders, tmp_path: Path, case: tuple[str, str, str, str]
) -> None:
    through(renders, template_history, tmp_path, case)


@pytest.mark.gauntlet
@pytest.mark.parametrize("case", OF_COMPANIES, ids="-".join)
def test_nothing_is_lost_in_a_company(
    template_history: Path, renders: Renders, tmp_path: Path, case: tuple[str, str, str, str]
) -> None:
    through(renders, template_history, tmp_path, case)


def to_the_working_tree(repository: Path, where: Path, before: str, life: str) -> None:
    team = run.born(repository, where / "product", before, {}, LIVES[life])
    done = run.passage(team, versions.NEXT, trusted=versions.crosses_a_migration(before))
    harness.git(repository, "checkout", "-q", versions.NEXT)
    run.examine(done, repository, versions.NEXT, where / "fresh")


@pytest.fixture(scope="session")
def real_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository with its tags, and the working tree as the release that would follow."""
    return versions.after_all_released(tmp_path_factory.mktemp("real") / "template")


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("before", versions.released())
def test_nothing_is_lost_from_any_real_release(
    real_history: Path, tmp_path: Path, before: str, life: str
) -> None:
    to_the_working_tree(real_history, tmp_path, before, life)


def test_real_releases_are_met_like_the_made_up_ones(
    template_history: Path, tmp_path: Path
) -> None:
    """Before there are any, the made-up ones stand in for them."""
    repository = versions.after_all_released(tmp_path / "template", template_history)
    assert versions.released(repository) == [*versions.EVERY, versions.NEXT]
    to_the_working_tree(repository, tmp_path, versions.FIRST, "every_extension_point")


def released_before_and_after(template: Path, root: Path, before: str, after: str) -> None:
    """A product that released, is updated, checks itself, and goes on with the store as it was."""
    team = run.born(template, root, before, {}, LIVES["fresh"])
    shared, lock = harness.shared_environment()
    shutil.copy(lock, root / "uv.lock")
    older, newer = (
        harness.product_environment(shared, versions.package(template, version, root.parent))
        for version in (before, after)
    )
    made = harness.Product(root, older)
    made.commit("locked")
    made.dataops("release")
    (first,) = made_of(made)
    run_of_first = str(first["run"])
    store = harness.tree(root, "store")

    run.update(team.root, after, trusted=versions.needs_trust(before, after))
    assert harness.tree(root, "store") == store
    made = harness.Product(root, newer)
    made.git("add", "-A")
    checked = made.dataops("check")
    assert "with warnings" not in checked.stdout
    assert "managed files" in checked.stdout
    made.commit("updated")
    assert run_of_first in made.dataops("status", code=None).stdout

    made.dataops("release")
    listed = made_of(made)
    assert [output["outcome"] for output in listed] == ["published", "published"]
    assert listed[1]["run"] == run_of_first
    made.dataops("rollback")
    assert run_of_first in made.dataops("status", code=None).stdout
    made.dataops("report")
    # To the letter what the older version wrote.
    record = f"store/history/runs/{run_of_first}.json"
    assert harness.tree(root, "store")[record] == store[record]
    if before == versions.FIRST:
        notes = "from first_light.history.log import History; from pathlib import Path; " + (
            "print([one.notes for one in History(Path('store/history')).newest()][-1])"
        )
        assert versions.READ_ANEW in made.uv_run("python", "-c", notes).stdout


@pytest.mark.gauntlet
@pytest.mark.parametrize("life", LIVES)
def test_no_check_of_a_product_turns_red(template_history: Path, tmp_path: Path, life: str) -> None:
    """What a team left red is its own; an update adds nothing to it."""
    root = tmp_path / "product"
    team = run.born(template_history, root, versions.FIRST, {}, LIVES[life])
    shared, lock = harness.shared_environment()
    shutil.copy(lock, root / "uv.lock")
    made = harness.Product(root, harness.product_environment(shared))
    team.commit("locked")
    before = verdicts(made)
    made.git("restore", ".")  # what hooks put right

    run.update(root, LAST_WITHOUT_TRUST, versions.needs_trust(versions.FIRST, LAST_WITHOUT_TRUST))
    made.git("add", "-A")
    after = verdicts(made)
    assert after["managed files"] == "passed"
    red = {step for step, verdict in after.items() if verdict == "failed"}
    assert red <= {step for step, verdict in before.items() if verdict == "failed"}
    if life in ("fresh", "answers_changed"):
        assert not red


def verdicts(product: harness.Product) -> dict[str, str]:
    """How each step of the product's own check ends."""
    report = product.root / "target" / "check" / "report.json"
    report.unlink(missing_ok=True)
    output = product.dataops("check", code=None)
    assert report.exists(), f"{output.stdout}{output.stderr}"
    steps = json.loads(report.read_text("utf-8"))["steps"]
    return {step["name"]: step["verdict"] for step in steps}


def made_of(product: harness.Product) -> list[dict[str, object]]:
    """The product's releases, newest first."""
    listed: list[dict[str, object]] = json.loads(product.dataops("releases", "--json").stdout)
    return listed


@pytest.mark.slow
def test_the_products_own_checks_are_green_and_it_releases_with_its_store_as_it_was(
    template_history: Path, tmp_path: Path
) -> None:
    released_before_and_after(
        template_history, tmp_path / "product", versions.FIRST, LAST_WITHOUT_TRUST
    )


@pytest.mark.gauntlet
@pytest.mark.parametrize("before", versions.EVERY[1:-2])
def test_a_release_of_any_version_is_followed_by_one_of_a_later(
    template_history: Path, tmp_path: Path, before: str
) -> None:
    """The last made-up version moves files that its code still looks for: it can't release."""
    released_before_and_after(template_history, tmp_path / "product", before, LAST_WITHOUT_TRUST)


@pytest.mark.slow
@pytest.mark.parametrize("before", versions.released())
def test_a_release_of_any_real_version_is_followed_by_one_of_the_working_tree(
    real_history: Path, tmp_path: Path, before: str
) -> None:
    released_before_and_after(real_history, tmp_path / "product", before, versions.NEXT)


def test_a_migration_asks_for_trust_and_without_it_nothing_happens(
    template_history: Path, tmp_path: Path
) -> None:
    team = run.born(template_history, tmp_path / "p", LAST_WITHOUT_TRUST, {}, LIVES["fresh"])
    with pytest.raises(copier.errors.UnsafeTemplateError, match="migrations"):
        run.update(team.root, LAST)
    assert harness.git(team.root, "status", "--porcelain") == ""


@pytest.mark.parametrize("life", ["every_extension_point", "files_deleted"])
def test_renovates_own_command_loses_nothing_either(
    template_history: Path, tmp_path: Path, life: str
) -> None:
    """The command that Renovate's copier manager runs, word for word."""
    team = run.born(template_history, tmp_path / "p", versions.FIRST, {}, LIVES[life])
    before, answers = harness.tree(team.root, "."), dict(Product(team.root).answers)
    subprocess.run(
        [sys.executable, "-m", "copier", "update", "--skip-answered", "--defaults"]
        + ["--answers-file", ".copier-answers.yml", "--vcs-ref", LAST_WITHOUT_TRUST],
        cwd=team.root,
        env=harness.clean_environment(),
        check=True,
        capture_output=True,
    )
    done = run.Passage(team, before, answers, harness.tree(team.root, "."))
    harness.git(template_history, "checkout", "-q", LAST_WITHOUT_TRUST)
    run.examine(done, template_history, LAST_WITHOUT_TRUST, tmp_path / "fresh")
