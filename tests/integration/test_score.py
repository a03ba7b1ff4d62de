"""Twelve questions: what each takes for a yes, a no, and for nobody can tell."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

import ops_history as ops
import release_worker as worker
from first_light.cli.output.documents import quality as documents
from first_light.cli.terminal import as_json
from first_light.dbt.manifest import Manifest, Node
from first_light.history.exercises import DrillFact, StrengthFact
from first_light.history.record import RawFacts, Record
from first_light.project.product import Product
from first_light.score import records as kept
from first_light.score import rules
from first_light.score.evaluate import answer_all, badge, score, show
from first_light.score.evidence import Evidence, Newcomer
from first_light.score.rules import NO, QUESTIONS, UNKNOWN, YES, Answer
from first_light.store.branch import BRANCH
from first_light.store.folder import SCORE
from first_light.utils.errors import DataopsError
from harness import git
from tools.fleet.config import Member
from tools.fleet.examine import examine_one

DAY = timedelta(days=1)
MANIFEST = Manifest(
    {
        "model.shop.orders": Node(
            "model.shop.orders", "model", "orders", "", access="public", group="data_team"
        ),
        "test.shop.orders": Node(
            "test.shop.orders", "test", "t", "", attached_to="model.shop.orders"
        ),
        ops.SOURCE: Node(
            ops.SOURCE, "source", "orders", "", meta={"external_location": "read_csv('raw/x.csv')"}
        ),
    },
    {},
)


def records() -> tuple[Record, ...]:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    for day in range(5):
        team.run(ops.START + day * DAY)
    team.rollback(ops.START + 5 * DAY)
    return tuple(reversed(team.records))


GOOD = Evidence(
    at=ops.START + 6 * DAY,
    in_git=True,
    ci=".gitlab-ci.yml",
    sample_files=5,
    manifest=MANIFEST,
    records=records(),
    kept=5,
    weeks_counted=4,
    newcomers=(Newcomer(ops.START, ops.START + DAY),),
    lock_changed=ops.START,
    lock_there=True,
    remote=True,
    detected_by_check=2,
    notifications=4,
    drilled_at=ops.START,
    drill=DrillFact(
        60, false_alarms=1, warned_days=2, replayed=40, detected=38, missed=("past in raw.orders",)
    ),
)


def answers(known: Evidence) -> dict[str, str]:
    return {item.name: item.answer.verdict for item in answer_all(known)}


def test_there_are_twelve_and_each_says_why_it_matters() -> None:
    result = answer_all(GOOD)
    assert len(result) == len(QUESTIONS) == 12
    assert all(item.question.endswith("?") and "\n" not in item.question for item in result)
    assert all(item.why.endswith((".", "?")) for item in result)
    assert {item.answer.verdict for item in result} == {YES}


def test_without_anything_nothing_is_a_yes_and_all_say_what_next() -> None:
    result = answer_all(Evidence(at=ops.START))
    assert not any(item.answer.verdict == YES for item in result)
    assert all(item.answer.next for item in result)


BY_HAND = tuple(replace(r, trigger="manual") for r in GOOD.records)
EDITED = tuple(replace(r, raw=RawFacts(modified=("a.csv",))) for r in GOOD.records)
UNTESTED = tuple(replace(r, nodes=()) for r in GOOD.records)
LATER = Newcomer(ops.START - 20 * DAY, ops.START)
REJECTED = tuple(replace(r, outcome="rejected") for r in GOOD.records)
NOT_FRESH = tuple(replace(r, freshness=()) for r in GOOD.records)
BARE = Manifest(
    {**MANIFEST.nodes, ops.SOURCE: replace(MANIFEST.nodes[ops.SOURCE], meta={})}, {}
)  # a warehouse's own tables


UNDESCRIBED = replace(
    MANIFEST,
    nodes={
        name: replace(node, description="TODO: what one row is.")
        if node.access == "public"
        else node
        for name, node in MANIFEST.nodes.items()
    },
)


@pytest.mark.parametrize(
    ("known", "name", "verdict"),
    [
        (replace(GOOD, in_git=False), "version_control", NO),
        (replace(GOOD, changed=("a",)), "version_control", NO),
        (replace(GOOD, records=REJECTED), "one_command", NO),
        (replace(GOOD, records=UNTESTED), "tests_in_production", NO),
        (replace(GOOD, manifest=Manifest({}, {})), "public_models", UNKNOWN),
        (
            replace(GOOD, manifest=Manifest({"m": replace(MANIFEST.of("model")[0])}, {})),
            "public_models",
            NO,
        ),
        (replace(GOOD, manifest=UNDESCRIBED), "public_models", NO),
        (replace(GOOD, ci=""), "tried_before_merge", NO),
        (replace(GOOD, sample_files=0), "tried_before_merge", NO),
        (replace(GOOD, remote=False), "tried_before_merge", UNKNOWN),
        (replace(GOOD, detected_by_person=1), "know_before_readers", NO),
        (replace(GOOD, notifications=0), "know_before_readers", NO),
        (replace(GOOD, notifications=0, detected_by_check=0), "know_before_readers", UNKNOWN),
        (replace(GOOD, drilled_at=None), "know_before_readers", UNKNOWN),
        (replace(GOOD, drilled_at=ops.START - 85 * DAY), "know_before_readers", UNKNOWN),
        (replace(GOOD, drill=replace(GOOD.drill, detected=37)), "know_before_readers", NO),
        (replace(GOOD, drill=replace(GOOD.drill, false_alarms=2)), "know_before_readers", NO),
        (replace(GOOD, drill=DrillFact(60)), "know_before_readers", NO),
        (
            replace(GOOD, drilled_at=None, manifest=BARE, channels=True, detected_by_check=0),
            "know_before_readers",
            UNKNOWN,
        ),
        (replace(GOOD, records=BY_HAND), "only_the_pipeline", NO),
        (replace(GOOD, records=GOOD.records[1:]), "rolled_back", NO),
        (replace(GOOD, records=(), kept=1), "rolled_back", UNKNOWN),
        (replace(GOOD, at=GOOD.at + 31 * DAY), "rolled_back", NO),
        (replace(GOOD, records=EDITED), "raw_is_immutable", NO),
        (replace(GOOD, records=NOT_FRESH), "know_before_readers", NO),
        (replace(GOOD, records=GOOD.records[-2:]), "know_before_readers", UNKNOWN),
        (replace(GOOD, weeks_counted=3), "errors_are_counted", UNKNOWN),
        (replace(GOOD, newcomers=(LATER,)), "newcomers_ship", NO),
        (replace(GOOD, newcomers=(Newcomer(ops.START, None),)), "newcomers_ship", UNKNOWN),
        (replace(GOOD, lock_there=False), "lock_is_current", NO),
        (replace(GOOD, lock_changed=None), "lock_is_current", UNKNOWN),
        (replace(GOOD, lock_changed=ops.START - 100 * DAY), "lock_is_current", NO),
    ],
)
def test_each_question_can_be_answered_otherwise(known: Evidence, name: str, verdict: str) -> None:
    result = {item.name: item.answer for item in answer_all(known)}
    assert result[name].verdict == verdict
    assert result[name].next


def test_a_channel_that_is_set_is_enough_where_nothing_failed() -> None:
    known = replace(GOOD, notifications=0, detected_by_check=0, channels=True)
    assert answers(known)["know_before_readers"] == YES


def test_what_tests_let_through_is_no_and_what_stops_the_rest_is_said() -> None:
    measured = StrengthFact(84, 84, 57)
    held = rules.tests_in_production(replace(GOOD, strength=measured))
    assert held.verdict == YES
    assert "57 of 84 changes" in held.evidence
    survivors = ("models/marts/orders.sql:24 boundary",)
    strength = replace(measured, stopped=83, survivors=survivors)
    through = rules.tests_in_production(replace(GOOD, strength=strength))
    assert through.verdict == NO
    assert f"let 1 through, such as {survivors[0]}" in through.evidence
    assert through.next.endswith("uv run dataops mutate")


def test_the_drill_is_said_and_what_it_missed_is_the_next_step() -> None:
    def answer(known: Evidence) -> Answer:
        return next(o.answer for o in answer_all(known) if o.name == "know_before_readers")

    assert "the drill of 2026-01-01 detected 38 of 40 faults and rejected clean days 1 time." in (
        answer(GOOD).evidence
    )
    bad = answer(replace(GOOD, drill=replace(GOOD.drill, detected=20)))
    assert "finds past in raw.orders" in bad.next
    assert "what rejects clean days" in answer(replace(GOOD, drill=DrillFact(9, 2, 0, 9, 9))).next
    assert answer(replace(GOOD, drilled_at=None)).next == "uv run dataops drill"
    tables = answer(replace(GOOD, drilled_at=None, manifest=BARE))  # nothing there can be drilled
    assert (tables.verdict, tables.evidence.endswith("all detected by a check.")) == (YES, True)


def test_terminal_json_and_badge_say_the_same() -> None:
    result = answer_all(replace(GOOD, ci="", weeks_counted=0))
    console = Console(record=True, width=120)
    show(console, result)
    text = console.export_text()
    assert "10 of 12" in text
    assert "next: release on a schedule" in text
    output = json.loads(as_json(documents.score(result, None)))
    assert (output["score"], output["total"]) == (10, 12)
    drawn = ElementTree.fromstring(badge(result))
    assert drawn.attrib["aria-label"] == "data ops: 10 of 12"


def test_a_young_product_scores_what_is_true_of_it(tmp_path: Path) -> None:
    root = worker.make_product(tmp_path / "product")
    assert worker.quick_release(root).exit_code == 0
    result = {item.name: item.answer.verdict for item in score(Product(root))}
    assert result["version_control"] == NO
    assert result["one_command"] == YES
    assert result["tried_before_merge"] == NO
    assert result["know_before_readers"] == UNKNOWN
    assert result["errors_are_counted"] == UNKNOWN
    assert result["only_the_pipeline"] == NO
    assert result["rolled_back"] == UNKNOWN
    assert result["lock_is_current"] == NO


def test_a_release_keeps_the_score_in_its_store_and_the_fleet_reads_it_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verdicts alone: whoever looks after many products reads them without running any."""
    root = worker.make_product(tmp_path / "product")
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "remote.git")
    git(root, "init", "-q", "-b", "main")
    git(root, "remote", "add", "origin", str(tmp_path / "remote.git"))
    (root / ".copier-answers.yml").write_text(
        '_commit: v1.0.0\nproduct_name: Shop\ndeadline: "07:00"\n', encoding="utf-8"
    )
    (root / ".gitignore").write_text("/store/\n/.dataops/\n/raw/\n/target/\n", encoding="utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    git(root, "push", "-q", "origin", "main")
    monkeypatch.setenv("DATAOPS_STORE", "branch")
    monkeypatch.setenv("DATAOPS_DATA_IN_GIT", "true")
    done = worker.quick_release(root)
    assert not [warning for warning in done.warnings if "score" in warning]

    output = json.loads(git(tmp_path / "remote.git", "show", f"{BRANCH}:{SCORE}"))
    asked = score(Product(root))
    assert output["answers"] == {item.name: item.answer.verdict for item in asked}
    assert output["total"] == 12
    assert output["score"] == sum(verdict == YES for verdict in output["answers"].values())
    seen = examine_one(Member(str(tmp_path / "remote.git")))
    assert (seen.problem, seen.version) == ("", "v1.0.0")
    assert seen.summary is not None
    assert seen.summary.score == f"{output['score']} of 12"
    assert (seen.summary.open_incidents, seen.summary.late) == (0, 0)
    assert output["package"]


def test_a_score_that_cannot_be_kept_changes_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reject(*_: object) -> None:
        raise DataopsError("No room.")

    monkeypatch.setattr(kept, "score", reject)
    done = worker.quick_release(worker.make_product(tmp_path / "product"))
    assert done.exit_code == 0
    assert [warning for warning in done.warnings if "score could not be saved: No room." in warning]
