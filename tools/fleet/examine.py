"""The state of every product, read from git: nothing is run.

Versions, managed files and findings of the baseline are those of its newest commit; the score,
open incidents and late data those of its store, if that is a branch of the repository.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from first_light.project import baseline, managed, managed_list
from first_light.project.git_access import git_access
from first_light.project.git_folder import suffixed
from first_light.project.pin import PIN, pinned_version
from first_light.project.product import ANSWERS
from first_light.status.current import late_deadlines
from first_light.store.branch import BRANCH
from first_light.store.folder import SCORE
from first_light.utils.errors import DataopsError
from first_light.utils.timestamps import moment
from tools.fleet import causes
from tools.fleet.config import Member

# git waits for disk and network: more at a time than there are cores, few enough to stay welcome.
AT_ONCE = 8
SECONDS = 120
"""How long git may take for one product."""
ENGLISH = {"LC_ALL": "C.UTF-8"}
"""git's messages in one language, which are read here."""
# Of a store only what is small: its databases may be large. No managed file is larger.
_SMALL = "256k"
_NEWEST, _STORE = "refs/heads/newest", "refs/store"


@dataclass(frozen=True)
class Summary:
    """What the last run of a product wrote beside its history.

    Attributes:
        score: how many of the twelve questions it answers with yes, as "9 of 12".
        open_incidents: how many there were; None if an older package wrote it.
        late: how many deadlines have passed since its last release; None likewise.
    """

    score: str
    open_incidents: int | None = None
    late: int | None = None


@dataclass(frozen=True)
class Seen:
    """Where one product stands.

    Attributes:
        member: the product.
        version: the template's version it is on; empty when that can't be told.
        drifted: managed files that are edited or deleted without a declaration.
        kept: managed files that the team declared its own.
        package: the version of the package: a commit, a version or a range.
        findings: how many findings its baseline accepts.
        summary: what its last run wrote; None when its store is no branch of the repository, or
            nothing was released yet.
        problem: why it could not be examined; empty when it could.
    """

    member: Member
    version: str = ""
    drifted: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    package: str = ""
    findings: int = 0
    summary: Summary | None = None
    problem: str = ""


def examine(members: Sequence[Member]) -> Iterator[Seen]:
    """Examine all, several at a time, in their order; no failure stops another."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(examine_one, members)


def examine_one(member: Member) -> Seen:
    """Examine one product in a clone of its newest commit alone, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        try:
            problem = _fetch(member, Path(folder))
        except subprocess.TimeoutExpired:
            problem = f"git took longer than {SECONDS} s"
        if problem:
            return Seen(member, problem=problem)
        try:
            return _read(member, Path(folder))
        except Exception as error:  # no product stops another
            return Seen(member, problem=causes.of_error(error))


def environment(member: Member) -> dict[str, str]:
    """The environment of git for one product: with its token, without questions."""
    access = git_access(member.token, member.url, os.environ)
    return {**os.environ, **access, **ENGLISH, "GIT_TERMINAL_PROMPT": "0"}


def _fetch(member: Member, repository: Path) -> str:
    """Fetch the newest commit, and of the store what is small, in one go; what git said against it.

    The star makes it no error when there is no such branch.
    """
    for name in ("objects", "refs"):
        (repository / name).mkdir()
    (repository / "HEAD").write_text(f"ref: {_NEWEST}\n", encoding="utf-8")
    (repository / "config").write_text(
        f"[core]\n\trepositoryformatversion = 1\n\tbare = true\n"
        f'[remote "origin"]\n\turl = {json.dumps(_shallow(member.url), ensure_ascii=False)}\n',
        encoding="utf-8",
    )
    fetch = ["git", "fetch", "--quiet", "--depth=1", f"--filter=blob:limit={_SMALL}", "origin"]
    refs = [f"+HEAD:{_NEWEST}", f"+refs/heads/{BRANCH}*:{_STORE}/{BRANCH}*"]
    done = subprocess.run(
        [*fetch, *refs],
        cwd=repository,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS,
        env=environment(member),
    )
    return causes.of_git(done.stderr) if done.returncode else ""


def _read(member: Member, repository: Path) -> Seen:
    """Read file by file; only hashes stay in memory."""
    newest = f"{_NEWEST}:{member.folder}/" if member.folder else f"{_NEWEST}:"
    with _Files(repository) as files:
        answers = causes.read_answers(files.content(f"{newest}{ANSWERS}"))
        listed = managed_list.parse(files.text(f"{newest}{managed_list.MANIFEST.as_posix()}"))
        opt_outs = answers.get(managed.OPT_OUTS) or {}
        if not isinstance(opt_outs, dict):
            raise DataopsError(
                f"{managed.OPT_OUTS} in {ANSWERS} is not a mapping of paths to reasons"
            )
        kept = tuple(sorted(map(str, opt_outs)))
        drifted = tuple(
            path
            for path, hash in listed.items()
            if path not in kept and managed_list.digest(files.content(f"{newest}{path}")) != hash
        )
        store = f"{_STORE}/{suffixed(BRANCH, member.folder)}"
        return Seen(
            member,
            str(answers["_commit"]),
            drifted,
            kept,
            pinned_version(files.text(f"{newest}{PIN.as_posix()}")),
            baseline.parse(files.text(f"{newest}{baseline.FILE}")).total,
            read_summary(
                files.text(f"{store}:{SCORE}"),
                str(answers.get("deadline") or ""),
                datetime.now(timezone.utc),
            ),
        )


class _Files:
    """Files of a repository's commits, by one git that answers as long as it is asked."""

    def __init__(self, repository: Path) -> None:
        self._git = subprocess.Popen(
            ["git", "cat-file", "--batch"],
            cwd=repository,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._git.stdin is not None
        self._git.stdin.close()
        self._git.wait()

    def content(self, name: str) -> bytes:
        """A file's content by `commit:path`; empty when there is none."""
        assert self._git.stdin is not None
        assert self._git.stdout is not None
        self._git.stdin.write(name.encode() + b"\n")
        self._git.stdin.flush()
        output = self._git.stdout.readline().split()
        if len(output) != 3 or output[1] != b"blob":
            return b""
        content = self._git.stdout.read(int(output[2]))
        self._git.stdout.read(1)
        return content

    def text(self, name: str) -> str:
        return self.content(name).decode(errors="replace")


def read_summary(text: str, deadline: str, at: datetime) -> Summary | None:
    """What the product's last run wrote beside its history; None if there is nothing to be read.

    Args:
        text: of the file.
        deadline: of the product, as its answers have it.
        at: now.
    """
    try:
        written = json.loads(text)
        score = f"{int(written['score'])} of {int(written['total'])}"
        if "open_incidents" not in written:
            return Summary(score)
        published = written["published_at"]
        late = len(late_deadlines(deadline, moment(published), at)) if published else None
        return Summary(score, int(written["open_incidents"]), late)
    except (ValueError, KeyError, TypeError, DataopsError):
        return None


def _shallow(url: str) -> str:
    """A local path as a URL: git ignores the depth of a clone by path."""
    return Path(url).resolve().as_uri() if Path(url).exists() else url
