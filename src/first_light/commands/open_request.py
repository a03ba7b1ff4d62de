"""Open or renew the one pull request of an update that another job made and checked.

python -I -m first_light.commands.open_request     in the pipelines, with target/update

This job holds a token that may write. It runs git and calls the forge; nothing of the update runs
here, and the update is never checked out. Standard library only.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from first_light.commands import proposal as proposals
from first_light.commands.proposal import BRANCH, FOLDER, FORMAT, TITLE, Patch, Proposal
from first_light.forge.base import Forge, Request
from first_light.forge.pipeline import default_branch, find_forge
from first_light.project import managed_list
from first_light.project.git_folder import prefix_of, suffixed, top_of
from first_light.utils.errors import DataopsError
from first_light.utils.visible_text import visible

_FILES = ("100644", "100755")
_FOLD = re.compile(r"</?(?:details|summary)>")
_NONE = "000000"  # the mode of a file that is removed
_FIX = "look into target/update, then update by hand: uv run dataops update"


def open_request(root: Path, forge: Forge, print_line: Callable[[str], None]) -> bool:
    """Push the update's commits, and open or renew its pull request.

    A version whose pull request was closed is not proposed again, and a branch with commits of
    somebody else is left alone.

    Args:
        root: a clone of the product at the commit that the update was made for.
        forge: where the repository is hosted.
        print_line: prints a line that stays.

    Returns:
        False if a person decided otherwise and the branch was left alone.

    Raises:
        DataopsError: the proposal is not valid, or a token lacks a right.
    """
    proposal, prefix = proposals.read(root / FOLDER), prefix_of(root)
    branch, root = suffixed(BRANCH, prefix), top_of(root)
    if proposal is None:
        print_line("No update to propose.")
        return True
    earlier = forge.of_branch(branch)
    if rejected(earlier, proposal.title):
        print_line(f"{proposal.title}: its pull request was closed, so it is not reopened")
        return False
    # Without a pull request the text for the reviewer is in the commit.
    commit = apply(root, proposal, "" if forge.has_requests else plain(proposal.text))
    pipelines = _pipelines(root, prefix, forge, commit)
    _raise_if_protected(forge, pipelines)
    tip = remote_git(root, forge, "ls-remote", forge.push_url, f"refs/heads/{branch}").split("\t")[
        0
    ]
    if manual := _manual_commits(root, forge, branch, tip.strip()):
        print_line(f"{branch} has manual commits, so it is not changed: {', '.join(manual)}")
        return False
    lease = f"--force-with-lease=refs/heads/{branch}:{tip.strip()}"
    remote_git(
        root, forge, "push", "--quiet", lease, forge.push_url, f"{commit}:refs/heads/{branch}"
    )
    text = _warning(pipelines) + proposal.text
    draft = f"Draft: {proposal.title}" if proposal.draft else proposal.title
    for request in earlier:
        if request.open:
            forge.renew(request.number, draft, text)
            print_line(f"{forge.name}: request {request.number} renewed")
            return True
    if not forge.has_requests:
        print_line(f"{forge.name}: pushed {branch}; the commit says what changed")
        return True
    target = _local(root, "branch", "--show-current").strip() or default_branch()
    number = forge.open(branch, target, proposal.title, text, proposal.draft)
    print_line(f"{forge.name}: request {number} opened")
    return True


def rejected(earlier: Sequence[Request], title: str) -> bool:
    """Whether somebody closed the pull request of this very version without merging it."""
    return any(
        not request.open and not request.merged and request.title.removeprefix("Draft: ") == title
        for request in earlier
    )


def plain(text: str) -> str:
    """The text of a pull request for a commit message: without the tags of folded parts."""
    return _FOLD.sub("", text).strip()


def apply(root: Path, proposal: Proposal, text: str = "") -> str:
    """Make the proposal's commits on the present one, without a working tree; returns the newest.

    Args:
        root: the clone; its files and its index stay as they are.
        proposal: what the first job made.
        text: what the message of the first commit says below its subject.

    Raises:
        DataopsError: a patch does not apply, leads elsewhere than it says, or adds what is not a
            plain file inside the repository.
    """
    commit = _local(root, "rev-parse", "HEAD").strip()
    with tempfile.TemporaryDirectory(prefix="dataops-update-") as folder:
        title, *others = proposal.subjects
        messages = [f"{title}\n\n{text}".strip(), *others]
        for message, patch in zip(messages, proposal.patches):
            commit = _commit(root, Path(folder) / "index", commit, message, patch)
    return commit


def _commit(root: Path, index: Path, parent: str, message: str, patch: Patch) -> str:
    environment = {"GIT_INDEX_FILE": str(index)}
    _local(root, "read-tree", parent, environment=environment)
    # git itself refuses paths outside of the repository and inside .git.
    apply_ = ("apply", "--cached", "--whitespace=nowarn", "-")
    _local(root, *apply_, environment=environment, content=patch.content)
    changed = ("diff-index", "--cached", "--raw", "--no-renames", "-z", parent)
    for mode, path in _changes(_local(root, *changed, environment=environment)):
        if mode not in (*_FILES, _NONE) or path.casefold() == ".gitmodules":
            raise DataopsError(
                "The update adds what is not a plain file.", where=f"{path} ({mode})", fix=_FIX
            )
    tree = _local(root, "write-tree", environment=environment).strip()
    if tree != patch.tree:
        raise DataopsError(
            "The update's patch leads to other files than the first job had.",
            where=f"tree {tree}, not {patch.tree}",
            fix=_FIX,
        )
    command = ("commit-tree", tree, "-p", parent, "-F", "-")
    return _local(root, *command, content=message.encode()).strip()


def _changes(raw: str) -> list[tuple[str, str]]:
    """The new mode and the path of every change in `git diff --raw -z`."""
    fields = raw.split("\0")
    return [(entry.split(" ")[1], path) for entry, path in zip(fields[::2], fields[1::2])]


def _pipelines(root: Path, prefix: str, forge: Forge, commit: str) -> list[str]:
    """The files of pipelines that the update changes.

    Raises:
        DataopsError: one of them is not what the template's list of managed files says.
    """
    raw = _local(root, "diff-tree", "-r", "--raw", "--no-renames", "-z", "HEAD", commit)
    paths = [
        (mode, path)
        for mode, path in _changes(raw)
        if path.removeprefix(prefix).casefold().startswith(forge.pipeline_paths)
    ]
    if not paths:
        return []
    before, after = _managed(root, prefix, "HEAD"), _managed(root, prefix, commit)
    for mode, path in paths:
        name, at_top = path.removeprefix(prefix), not path.startswith(prefix)
        content = _blob(root, f"{'HEAD' if mode == _NONE else commit}:{path}")
        if at_top:  # written from the product's pipelines, which `check` compares
            expected = content.startswith(f"# Written from {prefix}".encode())
        elif mode == _NONE:
            expected = name in before
        else:
            expected = after.get(name) == managed_list.digest(content)
        if not expected:
            raise DataopsError(
                "The update changes a pipeline otherwise than the template does.",
                where=path,
                fix=_FIX,
            )
    return sorted(path for _, path in paths)


def _managed(root: Path, prefix: str, commit: str) -> dict[str, str]:
    listed = f"{commit}:{prefix}{managed_list.MANIFEST.as_posix()}"
    return managed_list.parse(_blob(root, listed).decode("utf-8", errors="replace"))


def _raise_if_protected(forge: Forge, pipelines: Sequence[str]) -> None:
    """Report what the token may not push before the push fails."""
    folder = forge.protected_folder
    if workflows := [path for path in pipelines if folder and path.startswith(folder)]:
        raise DataopsError(
            "The update changes workflows, which the pipeline's default token must not push.",
            where=", ".join(workflows),
            fix=forge.token_rights,
        )


def _warning(pipelines: Sequence[str]) -> str:
    if not pipelines:
        return ""
    names = "".join(f"- `{path}`\n" for path in pipelines)
    return (
        "**This update changes pipelines, which run with tokens of this repository. Review every "
        f"line of them:**\n\n{names}\n"
    )


def _manual_commits(root: Path, forge: Forge, branch: str, tip: str) -> list[str]:
    """The subjects of commits on the branch that this command did not make."""
    if not tip:
        return []
    remote_git(root, forge, "fetch", "--quiet", forge.push_url, f"refs/heads/{branch}")
    listed = _local(root, "log", "--format=%H %P%x09%s", f"HEAD..{tip}").splitlines()
    entries = [line.partition("\t") for line in listed]
    return [
        subject
        for commits, _, subject in entries
        if subject != FORMAT
        and not subject.startswith(TITLE)
        and not _is_plain_merge(root, commits.split())
    ]


def _is_plain_merge(root: Path, commits: Sequence[str]) -> bool:
    """Whether a commit, followed by its parents, only merges the target branch.

    That is what "Update branch" does. A merge with lines of somebody's own is a manual commit.
    """
    if len(commits) != 3:
        return False
    is_of_target = ("merge-base", "--is-ancestor", commits[2], "HEAD")
    if _run(root, is_of_target, {}).returncode:
        return False
    own_lines = ("show", "--remerge-diff", "--format=", "--name-only", commits[0])
    return not _local(root, *own_lines).strip()


def remote_git(root: Path, forge: Forge, *arguments: str) -> str:
    """git, with access to the forge.

    Raises:
        DataopsError: the forge rejected.
    """
    process = _run(root, arguments, {**forge.push_environment(), "GIT_TERMINAL_PROMPT": "0"})
    if process.returncode:
        raise DataopsError(
            f"{forge.name} rejected git {arguments[0]}.",
            where=process.stderr.decode("utf-8", errors="replace").strip()[-500:],
            fix=forge.token_rights,
        )
    return process.stdout.decode("utf-8", errors="replace")


def _local(
    root: Path,
    *arguments: str,
    environment: dict[str, str] | None = None,
    content: bytes | None = None,
) -> str:
    """git in the clone alone.

    Raises:
        DataopsError: it failed.
    """
    process = _run(root, arguments, environment or {}, content)
    if process.returncode:
        raise DataopsError(
            f"git {arguments[0]} rejected the proposed update.",
            where=process.stderr.decode("utf-8", errors="replace").strip()[-500:],
            fix=_FIX,
        )
    return process.stdout.decode("utf-8", errors="surrogateescape")


def _blob(root: Path, name: str) -> bytes:
    """A file's content in a commit; empty if it is not there."""
    return _run(root, ("cat-file", "blob", name), {}).stdout


def _run(
    root: Path,
    arguments: Sequence[str],
    environment: dict[str, str],
    content: bytes | None = None,
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["git", *arguments],
        cwd=root,
        env={**os.environ, **environment},
        input=content if content is not None else b"",
        capture_output=True,
    )


if __name__ == "__main__":
    try:
        open_request(Path.cwd(), find_forge(), lambda line: print(visible(line), flush=True))
    except DataopsError as problem:
        print(visible(str(problem)), file=sys.stderr)
        sys.exit(2)
