"""`dataops update --pull-request`: the update as one pull request, which a newer one takes over."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from first_light.commands import update_notes
from first_light.commands.update import Update, update
from first_light.forge import job_summary
from first_light.forge.base import Forge, Request
from first_light.forge.pipeline import default_branch, find_forge
from first_light.project.copier import uv
from first_light.project.hook_run import tool_environment
from first_light.project.product import Product
from first_light.utils.errors import DataopsError

BRANCH = "template-update"
FORMAT = "Format"


def request(
    product: Product,
    progress: Callable[[str], None],
    print_line: Callable[[str], None],
    to: str | None = None,
    trust: bool = False,
    forge: Forge | None = None,
    finish: bool = True,
) -> Update:
    """Update on a branch of its own, check it, push it, and open or renew the one pull request.

    Two commits: the template's changes, then what the product's own formatters make of them. A
    conflict makes it a draft. A version whose pull request was closed is not proposed again.

    Args:
        product: the product, all committed, on its main branch.
        progress: shows what is being done right now.
        print_line: prints a line that stays.
        to: a version of the template; None for the newest.
        trust: let the versions' migrations run.
        forge: where the repository is hosted; None for the one that this pipeline runs on.
        finish: format and check as well, which needs the product's environment.

    Raises:
        DataopsError: it could not run, or a token lacks a right.
    """
    forge = forge or find_forge()
    target = product.git("branch", "--show-current") or default_branch()
    result = update(product, progress, to, trust)
    if not result.anything:
        return result
    try:
        _request(product, forge, result, target, progress, print_line, finish)
    finally:
        # The working tree ends as it began, also when the forge rejects.
        _take_back(product)
        product.git("switch", "--quiet", target)
    return result


def _request(
    product: Product,
    forge: Forge,
    result: Update,
    target: str,
    progress: Callable[[str], None],
    print_line: Callable[[str], None],
    finish: bool,
) -> None:
    title = update_notes.title(result)
    earlier = forge.of_branch(BRANCH)
    if rejected(earlier, title):
        print_line(f"{title}: its pull request was closed, so it is not reopened")
        return
    _check_protected(result, forge)
    tip = _tip(product, forge)
    if hands := _commits_by_hand(product, forge, tip):
        print_line(f"{BRANCH} has manual commits, so it is not changed: {', '.join(hands)}")
        return

    product.git("switch", "--quiet", "--force-create", BRANCH)
    product.git("add", "--all")
    product.git("commit", "--quiet", "--no-verify", "--message", title)
    checked = ""
    if finish and not result.conflicts:
        progress("formatting")
        _format(product)
        progress("dataops check")
        checked = _check(product)
    text = update_notes.markdown(result, checked)
    (product.target / "update").mkdir(parents=True, exist_ok=True)
    (product.target / "update" / "pull_request.md").write_text(text, encoding="utf-8")

    progress("git push")
    _push(product, forge, tip)
    _open(forge, earlier, target, title, text, bool(result.conflicts), print_line)


def rejected(earlier: list[Request], title: str) -> bool:
    """Whether somebody closed the pull request of this very version without merging it."""
    return any(
        not request.open and not request.merged and request.title.removeprefix("Draft: ") == title
        for request in earlier
    )


def _open(
    forge: Forge,
    earlier: list[Request],
    target: str,
    title: str,
    text: str,
    draft: bool,
    print_line: Callable[[str], None],
) -> None:
    standing = [request for request in earlier if request.open]
    if standing:
        forge.renew(standing[0].number, f"Draft: {title}" if draft else title, text)
        print_line(f"{forge.name}: request {standing[0].number} renewed")
    else:
        print_line(f"{forge.name}: request {forge.open(BRANCH, target, title, text, draft)} opened")


def _take_back(product: Product) -> None:
    """Take back what is not committed: only the update can be, all else was committed before it."""
    product.git("reset", "--quiet", "--hard", "HEAD")
    product.git("clean", "--quiet", "-d", "--force")


def _tip(product: Product, forge: Forge) -> str:
    """The commit that the branch points to on the forge; empty when there is no such branch."""
    output = _git(product, forge, "ls-remote", forge.push_url, f"refs/heads/{BRANCH}")
    return output.split("\t")[0].strip()


def _commits_by_hand(product: Product, forge: Forge, tip: str) -> list[str]:
    """Commits on the branch that this command did not make: somebody fixes a conflict there."""
    if not tip:
        return []
    _git(product, forge, "fetch", "--quiet", forge.push_url, f"refs/heads/{BRANCH}")
    subjects = product.git("log", "--format=%s", f"HEAD..{tip}").splitlines()
    return [
        subject
        for subject in subjects
        if subject != FORMAT and not subject.startswith(update_notes.TITLE)
    ]


def _push(product: Product, forge: Forge, tip: str) -> None:
    """Push over what this command pushed before, and only over that."""
    lease = f"--force-with-lease=refs/heads/{BRANCH}:{tip}"
    _git(product, forge, "push", "--quiet", lease, forge.push_url, f"HEAD:refs/heads/{BRANCH}")


def _git(product: Product, forge: Forge, *arguments: str) -> str:
    """git, allowed to talk to the forge.

    Raises:
        DataopsError: the forge rejected.
    """
    process = subprocess.run(
        ["git", *arguments],
        cwd=product.root,
        env={**os.environ, **forge.push_environment(), "GIT_TERMINAL_PROMPT": "0"},
        capture_output=True,
        text=True,
        errors="replace",
    )
    if process.returncode:
        raise DataopsError(
            f"{forge.name} rejected git {arguments[0]}.",
            where=process.stderr.strip()[-500:],
            fix=forge.token_rights,
        )
    return process.stdout


def _check_protected(update_: Update, forge: Forge) -> None:
    """Report what the token may not push before the push fails.

    Raises:
        DataopsError: the update changes workflows, and the token is the pipeline's own.
    """
    folder = forge.protected_folder
    workflows = [path for path in _paths(update_) if folder and path.startswith(folder)]
    if workflows:
        raise DataopsError(
            "The update changes workflows, which the pipeline's default token must not push.",
            where=", ".join(workflows),
            fix=forge.token_rights,
        )


def _paths(update_: Update) -> list[str]:
    return [*(change.path for change in update_.changes), *update_.conflicts]


def _format(product: Product) -> None:
    """The second commit: what the hooks rewrite, now that their rules may be new."""
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files"],
        cwd=product.root,
        env=tool_environment(),
        capture_output=True,
    )
    if product.git("status", "--porcelain", "--untracked-files=no"):
        product.git("commit", "--quiet", "--no-verify", "--all", "--message", FORMAT)


def _check(product: Product) -> str:
    """What the updated product's own check says, run with its own code and tools."""
    environment = {**tool_environment(), job_summary.VARIABLE: ""}
    process = subprocess.run(
        [uv(), "run", "dataops", "check"], cwd=product.root, env=environment, capture_output=True
    )
    report = product.target / "check" / "report.md"
    if report.is_file():
        return report.read_text(encoding="utf-8")
    output = process.stderr.decode(errors="replace").strip()[-2000:]
    return f"`dataops check` could not run:\n\n```text\n{output}\n```"
