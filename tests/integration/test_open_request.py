"""The job with the token takes an update as data: what a hostile first job writes is rejected."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import harness
from first_light.commands import proposal as proposals
from first_light.commands.open_request import open_request
from first_light.commands.proposal import BRANCH, FOLDER, Patch, Proposal
from first_light.forge.base import Request
from first_light.forge.github import GitHub
from first_light.forge.pipeline import find_forge, forge_of
from first_light.project.managed_list import MANIFEST, digest
from first_light.utils.errors import DataopsError
from request_host import request_host

TITLE = "Update the template to v1.0.1"
CHECK = ".github/workflows/check.yml"
LIST = MANIFEST.as_posix()


@dataclass(frozen=True)
class Recorder(GitHub):
    """GitHub that only records."""

    opened: list[tuple[str, str, bool]] = field(default_factory=list)

    def of_branch(self, branch: str) -> list[Request]:
        return []

    def open(self, branch: str, target: str, title: str, text: str, draft: bool) -> int:
        self.opened.append((title, text, draft))
        return 1


@dataclass
class Job:
    """The second job: a clone, its forge, and a first job that writes what it likes."""

    root: Path
    forge: Recorder

    def git(self, *arguments: str, content: str = "", index: bool = True) -> str:
        own = {"GIT_INDEX_FILE": str(self.root / "target" / "index")} if index else {}
        return (
            subprocess.run(
                ["git", *arguments],
                cwd=self.root,
                env={**harness.clean_environment(), **own},
                input=content.encode(),
                capture_output=True,
                check=True,
            )
            .stdout.decode()
            .removesuffix("\n")
        )

    def propose(self, files: Mapping[str, tuple[str, str]], text: str = "the text") -> None:
        """Write a proposal that gives paths a mode and a content; a content of "" removes."""
        self.git("read-tree", "HEAD")
        for path, (mode, content) in files.items():
            hash_ = "1" * 40
            if mode != "160000":
                hash_ = self.git("hash-object", "-w", "--stdin", content=content)
            line = f"{mode} {hash_}\t{path}" if content else f"0 {'0' * 40}\t{path}"
            self.git("update-index", "--index-info", content=f"{line}\n")
        tree = self.git("write-tree")
        patch = self.git("diff-tree", "-r", "-p", "--binary", "--full-index", "HEAD", tree) + "\n"
        proposal = Proposal(TITLE, text, False, (Patch(patch.encode(), tree),))
        proposals.write(self.root / FOLDER, proposal)

    def open(self, is_left: bool = False) -> list[str]:
        lines: list[str] = []
        assert open_request(self.root, self.forge, lines.append) is not is_left
        return lines

    @property
    def pushed(self) -> str:
        return self.git("ls-remote", self.forge.push_url, f"refs/heads/{BRANCH}")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    for name, value in harness.clean_environment().items():
        if name.startswith("GIT_"):
            monkeypatch.setenv(name, value)
    remote, root = tmp_path / "remote.git", tmp_path / "clone"
    harness.git(tmp_path, "init", "-q", "--bare", "-b", "main", str(remote))
    harness.git(tmp_path, "init", "-q", "-b", "main", str(root))
    for path, text in {
        ".gitignore": "/target/\n",
        CHECK: "on: pull_request",
        LIST: f"{digest(b'on: pull_request')}  {CHECK}\n",
        "README.md": "The team's.\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    harness.git(root, "add", "-A")
    harness.git(root, "commit", "-q", "-m", "First")
    (root / "target").mkdir()
    return Job(root, Recorder("", str(remote), ""))


def test_an_update_is_pushed_as_it_was_made_and_never_checked_out(job: Job) -> None:
    job.propose({"README.md": ("100644", "The team's,\r\nand new\n"), "new.sh": ("100755", "x")})
    before = harness.tree(job.root, ".")
    assert job.open() == ["GitHub: request 1 opened"]
    assert job.forge.opened == [(TITLE, "the text", False)]
    assert harness.tree(job.root, ".") == before
    tip = job.pushed.split("\t")[0]
    trees = json.loads((job.root / FOLDER / "request.json").read_text())["trees"]
    assert job.git("rev-parse", f"{tip}^{{tree}}") == trees[0]
    assert job.git("log", "--format=%s", f"HEAD..{tip}") == TITLE


@pytest.mark.parametrize("variable", ["BUILD_REPOSITORY_URI", "BITBUCKET_GIT_HTTP_ORIGIN"])
def test_without_pull_requests_the_commit_carries_the_text(job: Job, variable: str) -> None:
    environment = {variable: Path(job.forge.push_url).as_uri()}
    with pytest.raises(DataopsError, match="no token"):
        find_forge(environment)
    forge = find_forge({**environment, "DATAOPS_UPDATE_TOKEN": "t"})
    folded = "<details><summary>Every file and why</summary>\n\n- `x`\n</details>\n"
    notes = f"## Fixed\n\na fix\n\n{folded}"
    job.propose({"README.md": ("100644", "new\n")}, notes)
    lines: list[str] = []
    assert open_request(job.root, forge, lines.append)
    assert lines == [f"git: pushed {BRANCH}; the commit says what changed"]
    harness.git(job.root, "fetch", "-q", job.forge.push_url, BRANCH)
    message = job.git("log", "-1", "--format=%B", "FETCH_HEAD").strip()
    assert message == f"{TITLE}\n\n## Fixed\n\na fix\n\nEvery file and why\n\n- `x`"
    # The next version is no commit by hand.
    job.propose({"README.md": ("100644", "newer\n")}, notes)
    assert open_request(job.root, forge, lines.append)


@pytest.mark.parametrize(
    ("url", "kind", "api", "pushed_to"),
    [
        ("git@github.com:a/b.git", "", "api.github.com/repos/a/b", "https://github.com/a/b.git"),
        ("https://github.acme.org/a/b", "", "github.acme.org/api/v3/repos/a/b", ""),
        ("ssh://git@acme.org:22/a/b.git", "github", "acme.org/api/v3/repos/a/b", ""),
        ("git@acme.org:g/h/b.git", "gitlab", "acme.org/api/v4/projects/g%2Fh%2Fb", ""),
        ("https://gitlab.local:80/g/b.git", "", "gitlab.local:80/api/v4/projects/g%2Fb", ""),
        ("https://gitea.acme.org/a/b.git", "", "gitea.acme.org/api/v1/repos/a/b", ""),
        ("https://codeberg.org/a/b", "", "codeberg.org/api/v1/repos/a/b", ""),
        (
            "git@acme.org:a/b.git",
            "forgejo",
            "acme.org/api/v1/repos/a/b",
            "https://acme.org/a/b.git",
        ),
        ("git@git.acme.org:g/b.git", "", "", "git@git.acme.org:g/b.git"),
        ("/srv/gitlab/b.git", "", "", "/srv/gitlab/b.git"),
        ("https://github.com/a/b.git", "git", "", "https://github.com/a/b.git"),
    ],
)
def test_the_forge_of_an_address(url: str, kind: str, api: str, pushed_to: str) -> None:
    forge = forge_of(url, {"DATAOPS_UPDATE_TOKEN": "t"}, kind)
    assert forge.api.removeprefix("https://") == api
    assert not pushed_to or forge.push_url == pushed_to
    if url.startswith(("git@", "ssh://")):  # without a token git's own access pushes a branch
        assert not forge_of(url, {}, kind).has_requests


def test_bitbucket_asks_for_its_own_user() -> None:
    token = {"DATAOPS_UPDATE_TOKEN": "t"}
    bitbucket = find_forge({**token, "BITBUCKET_GIT_HTTP_ORIGIN": "http://bitbucket.org/a/b"})
    azure = find_forge({**token, "BUILD_REPOSITORY_URI": "https://me@dev.azure.com/a/b/_git/c"})
    assert bitbucket.user == "x-token-auth"
    assert azure.push_url == "https://dev.azure.com/a/b/_git/c"


def test_a_merge_of_the_target_branch_is_no_manual_commit(job: Job) -> None:
    """What "Update branch" does; a merge with lines of somebody's own is one."""
    job.propose({"new.sh": ("100755", "x")})
    job.open()
    update = job.pushed.split("\t")[0]

    def merged(text: str) -> None:
        job.git("checkout", "-q", "--detach", update, index=False)
        job.git("merge", "-q", "--no-ff", "--no-commit", "main", index=False)
        (job.root / "README.md").write_text(text)
        job.git("commit", "-q", "-a", "-m", "Merge branch 'main'", index=False)
        job.git("push", "-q", "-f", job.forge.push_url, f"HEAD:refs/heads/{BRANCH}", index=False)
        job.git("checkout", "-q", "main", index=False)

    (job.root / "README.md").write_text("The team's, newer.\n")
    job.git("commit", "-q", "-a", "-m", "Newer", index=False)
    merged("The team's, newer.\n")
    job.propose({"new.sh": ("100755", "y")})
    assert job.open() == ["GitHub: request 1 opened"]

    # Squashed into the default branch while the forge keeps its own: the next update replaces it.
    merged("The team's, newer.\n")
    job.git("merge", "-q", "--squash", job.pushed.split("\t")[0], index=False)
    job.git("commit", "-q", "-m", f"{TITLE} (#1)", index=False)
    job.propose({"new.sh": ("100755", "z")})
    assert job.open() == ["GitHub: request 1 opened"]
    tip = job.pushed.split("\t")[0]
    assert job.git("log", "--format=%s", f"HEAD..{tip}") == TITLE
    assert job.git("show", f"{tip}:README.md") == "The team's, newer."
    merged("The team's, newer, and by hand.\n")
    assert job.open(is_left=True) == [
        f"{BRANCH} has manual commits, so it is not changed: Merge branch 'main'"
    ]


def test_without_a_proposal_nothing_happens(job: Job) -> None:
    assert job.open() == ["No update to propose."]
    assert job.pushed == ""


def test_a_managed_pipeline_may_change_and_is_named_first(job: Job) -> None:
    new = "on: [pull_request, push]"
    listed = f"{digest(new.encode())}  {CHECK}\n"
    job.propose({CHECK: ("100644", new), LIST: ("100644", listed)})
    job.open()
    ((_, text, _),) = job.forge.opened
    assert text.startswith("**This update changes pipelines")
    assert f"- `{CHECK}`" in text
    assert text.endswith("the text")


@pytest.mark.parametrize(
    ("mode", "path", "says"),
    [
        ("100644", ".github/workflows/mine.yml", "pipeline"),
        ("100644", CHECK, "pipeline"),
        ("100644", ".GitHub/workflows/mine.yml", "pipeline"),
        ("100644", ".github/actions/team/action.yml", "pipeline"),
        ("120000", "models/link", "plain file"),
        ("160000", "models/module", "plain file"),
        ("100644", ".gitmodules", "plain file"),
    ],
)
def test_what_no_update_brings_is_rejected(job: Job, mode: str, path: str, says: str) -> None:
    job.propose({path: (mode, "on: push")})
    with pytest.raises(DataopsError, match=says) as raised:
        job.open()
    assert path in raised.value.where
    assert (job.forge.opened, job.pushed) == ([], "")


@pytest.mark.parametrize(
    "path", ["../outside", "/tmp/outside", ".git/hooks/post-commit", "a/../../out", ".GIT/config"]
)
def test_a_patch_that_leaves_the_repository_is_rejected(job: Job, path: str) -> None:
    job.propose({"new.txt": ("100644", "x")})
    (job.root / FOLDER / "update.patch").write_text(
        f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n"
        "@@ -0,0 +1 @@\n+hostile\n"
    )
    before = harness.tree(job.root, ".")
    with pytest.raises(DataopsError, match="rejected the proposed update"):
        job.open()
    assert harness.tree(job.root, ".") == before
    assert (job.forge.opened, job.pushed) == ([], "")


def test_a_patch_that_leads_elsewhere_is_rejected(job: Job) -> None:
    job.propose({"new.txt": ("100644", "x")})
    patch = job.root / FOLDER / "update.patch"
    patch.write_text(patch.read_text().replace("+x", "+y"))
    with pytest.raises(DataopsError, match=r"other files|rejected"):
        job.open()
    assert job.pushed == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("request.json", "[]"),
        ("request.json", "{}"),
        ("request.json", "no JSON"),
        ("request.json", "[" * 20_000),
        ("request.json", json.dumps({"title": "Buy this", "draft": False, "trees": ["a" * 40]})),
        ("request.json", json.dumps({"title": TITLE, "draft": "no", "trees": ["a" * 40]})),
        ("request.json", json.dumps({"title": TITLE, "draft": False, "trees": ["HEAD"]})),
        ("request.json", json.dumps({"title": f"{TITLE}\n\nx", "draft": False, "trees": []})),
        *((name, None) for name in ("request.json", "pull_request.md", "update.patch")),
    ],
)
def test_a_damaged_or_linked_proposal_is_rejected(
    job: Job, tmp_path: Path, name: str, content: str | None
) -> None:
    job.propose({"new.txt": ("100644", "x")})
    (job.root / FOLDER / name).unlink()
    if content is None:
        (tmp_path / "private").write_text("{}")
        (job.root / FOLDER / name).symlink_to(tmp_path / "private")
    else:
        (job.root / FOLDER / name).write_text(content)
    with pytest.raises(DataopsError, match="not one that the first job writes"):
        job.open()
    assert (job.forge.opened, job.pushed) == ([], "")


def test_the_folder_of_the_proposal_may_not_be_a_link(job: Job, tmp_path: Path) -> None:
    job.propose({"new.txt": ("100644", "x")})
    (job.root / FOLDER).rename(tmp_path / "elsewhere")
    (job.root / FOLDER).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataopsError, match="not one that the first job writes"):
        job.open()


def test_a_long_text_is_cut_and_commands_nothing(job: Job) -> None:
    job.propose({"new.txt": ("100644", "x")}, text="/merge @team " + "y" * 70_000 + "\0")
    job.open()
    ((_, text, _),) = job.forge.opened
    assert len(text) < 65_000
    assert text.startswith("\u200b/merge @\u200bteam y")
    assert text.endswith("**Truncated: the text is too long.**\n")


def test_the_job_with_the_token_needs_the_standard_library_only() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import first_light.commands.open_request"],
        env={"PYTHONPATH": str(harness.TEMPLATE / "src")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_gitea_tells_a_draft_by_its_title(tmp_path: Path) -> None:
    """A conflict is a draft that nobody can merge; renewed it stays one, and the next is none."""
    with request_host("gitea", tmp_path / "team" / "product.git") as host:
        forge = find_forge({**host.environment, "DATAOPS_UPDATE_TOKEN": "t"})
        assert forge.of_branch(BRANCH) == []
        number = forge.open(BRANCH, "main", TITLE, "the text", draft=True)
        assert host.requests[0]["title"] == f"WIP: {TITLE}"
        (request,) = forge.of_branch(BRANCH)
        assert request == Request(number, f"Draft: {TITLE}", True, False)
        forge.renew(number, f"Draft: {TITLE}", "newer")
        assert (host.requests[0]["title"], host.body()) == (f"WIP: {TITLE}", "newer")
        forge.renew(number, TITLE, "clean")
        assert forge.of_branch(BRANCH) == [Request(number, TITLE, True, False)]
