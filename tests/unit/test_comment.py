"""The report of a check as one comment, on a forge of the tests' own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness
from comment_host import CommentHost, comment_host
from first_light.commands.comment import LONGEST, MARKER, REPORT, clipped, comment
from first_light.utils.steps import FAILED, PASSED, WARNED, Step, brief


@pytest.fixture
def host() -> Iterator[CommentHost]:
    with comment_host() as result:
        yield result


def pipeline(ci: str, host: CommentHost) -> dict[str, str]:
    """What the environment of a pipeline says; on GitLab it runs in a fork's project."""
    if ci == "github":
        return {
            "GITHUB_REPOSITORY": "team/product",
            "GITHUB_API_URL": host.url,
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_RUN_ID": "99",
            "GITHUB_TOKEN": "secret",
        }
    return {
        "CI_PROJECT_ID": "666",
        "CI_API_V4_URL": host.url,
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": "3",
        "CI_PIPELINE_URL": "https://forge/run/99",
        "DATAOPS_COMMENT_TOKEN": "secret",
    }


def tell(report: Path, environment: dict[str, str]) -> str:
    output: list[str] = []
    comment(report, environment, output.append)
    (line,) = output
    assert "secret" not in line
    return line


SOURCE = harness.TEMPLATE / "src"
NOTES = "/projects/3/merge_requests/7/notes"
PLACES = {"github": "/repos/team/product/issues/7/comments", "gitlab": NOTES}
ONE = {
    "github": "PATCH /repos/team/product/issues/comments/{}",
    "gitlab": f"PUT {NOTES}/{{}}",
}


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_one_comment_that_is_renewed_in_place(ci: str, host: CommentHost, tmp_path: Path) -> None:
    report = tmp_path / "comment.md"
    report.write_text("## First\n")
    # More than one page of talk, one of them about the marker.
    host.people_say(*(f"remark {n}" for n in range(130)), f"what is {MARKER}?")
    assert tell(report, pipeline(ci, host)).endswith("comment on 7 written")
    assert host.asked[-1] == f"POST {PLACES[ci]}"
    assert host.bodies[131].startswith(f"{MARKER}\n## First\n")
    assert "/99)" in host.bodies[131]
    report.write_text("## Second\n")
    host.people_say("and then?")
    assert tell(report, pipeline(ci, host)).endswith("comment on 7 renewed")
    assert host.asked[-1] == ONE[ci].format(132)
    assert [body for body in host.bodies if "##" in body] == [host.bodies[131]]
    assert "## Second" in host.bodies[131]
    assert host.tokens == {"Bearer secret"}


@pytest.mark.parametrize("ci", ["github", "gitlab"])
@pytest.mark.parametrize("said_before", [False, True])
def test_a_fork_may_only_read_and_one_line_says_so(
    ci: str, said_before: bool, host: CommentHost, tmp_path: Path
) -> None:
    host.read_only = True
    if said_before:
        host.people_say(f"{MARKER}\nearlier")
    line = tell(tmp_path / "comment.md", pipeline(ci, host))
    assert "(403). A fork's token may only read. The report is in the run" in line
    assert host.bodies == [f"{MARKER}\nearlier"] * said_before


def test_no_token_no_request_nobody_there(host: CommentHost, tmp_path: Path) -> None:
    report = tmp_path / "comment.md"
    assert "No pull or merge request here" in tell(report, {})
    environment = pipeline("github", host)
    assert "no token for GitHub" in tell(report, {**environment, "GITHUB_TOKEN": ""})
    away = {**environment, "GITHUB_API_URL": "http://127.0.0.1:9"}
    assert "could not be reached" in tell(report, away)
    assert host.comments == []


def test_a_check_that_ended_early_does_not_leave_an_old_verdict(
    host: CommentHost, tmp_path: Path
) -> None:
    host.people_say(f"{MARKER}\n## check passed")
    tell(tmp_path / "none.md", pipeline("github", host))
    assert "ended before it could report" in host.bodies[0]
    assert "passed" not in host.bodies[0]


@pytest.mark.parametrize("linked", ["target", "target/check", "target/check/comment.md"])
def test_a_link_is_not_followed(linked: str, host: CommentHost, tmp_path: Path) -> None:
    """`/proc/self/environ` holds the token of the job that comments."""
    private = tmp_path / "private"
    goal = private / REPORT.relative_to(linked)
    goal.parent.mkdir(parents=True, exist_ok=True)
    goal.write_text("TOKEN=hidden", encoding="utf-8")
    link = tmp_path / "job" / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(private if linked != str(REPORT) else goal)
    tell(tmp_path / "job" / REPORT, pipeline("github", host))
    assert "hidden" not in host.bodies[0]
    assert "is a link, which is not followed" in host.bodies[0]


@pytest.mark.parametrize(
    "content",
    [
        b"## Check \xff\x00 passed",
        b"## Check\n" + b"a\n" * 9_000_000,
        b"## Check of @everyone\n/approve\n",
    ],
)
def test_a_report_of_any_bytes_and_size_becomes_a_comment(
    content: bytes, host: CommentHost, tmp_path: Path
) -> None:
    report = tmp_path / "comment.md"
    report.write_bytes(content)
    assert tell(report, pipeline("github", host)).endswith("written")
    assert host.bodies[0].startswith(f"{MARKER}\n## Check")
    assert len(host.bodies[0].encode()) < 65_536
    assert not re.search(r"\0|@\w|^/", host.bodies[0], re.MULTILINE)


def test_what_is_too_long_is_cut_at_a_line_and_said_to_be() -> None:
    folded = "<details><summary>m</summary>\n\n```text\n" + "é — row\n" * 20_000
    text = clipped(f"## Report\n{folded}```\n</details>\n", "https://forge/run/1")
    assert len(text.encode()) + len(MARKER) < LONGEST < 65_536
    assert "**Truncated: the comment is too long.**" in text
    assert text.count("```") == 2
    assert text.count("<details>") == text.count("</details>")
    assert text.endswith("artifact `check` of [this run](https://forge/run/1).\n")
    short = clipped("## Report\n", "")
    assert "Cut here" not in short


def test_the_comment_names_steps_and_shows_none_of_their_rows() -> None:
    rows = ("unique_orders fails\norder_id | email\n1 | ada@example.com",)
    done = [
        Step("dbt parse", PASSED),
        Step("dbt build", FAILED, 1.0, "3 models\n| 2 tests", rows, "uv run dbt build"),
        Step("impact", WARNED, 0.0, "not known", ("why",)),
    ]
    text = brief("Check of Shop", done)
    assert text.startswith("## ❌ Check of Shop: failed\n")
    assert "- ❌ dbt build: 3 models \\| 2 tests · `uv run dbt build`" in text
    assert "- ⚠️ impact: not known" in text
    assert "ada" not in text
    assert "dbt parse" not in text


def test_it_runs_with_nothing_installed(host: CommentHost, tmp_path: Path) -> None:
    (tmp_path / REPORT).parent.mkdir(parents=True)
    (tmp_path / REPORT).write_text("## Report\n")
    done = subprocess.run(
        [sys.executable, "-S", "-m", "first_light.commands.comment"],
        cwd=tmp_path,
        env={**pipeline("github", host), "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "GitHub: comment on 7 written\n"
    assert "## Report" in host.bodies[0]


def test_the_job_with_the_token_needs_the_standard_library_only() -> None:
    """It installs the package without its dependencies: no other code runs beside the token."""
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import first_light.commands.comment"],
        env={"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
