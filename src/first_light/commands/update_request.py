"""`dataops update --pull-request`: make and check the update as a pull request, without a token.

It leaves the pull request as files in target/update. Another job, with a token, opens it
(`open_request`): nothing that the update brought runs there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from first_light.commands import proposal, update_notes
from first_light.commands.proposal import BRANCH, FOLDER, FORMAT, Patch, Proposal
from first_light.commands.update import Update, update
from first_light.forge import job_summary
from first_light.forge.pipeline import write_tokens
from first_light.project import settings
from first_light.project.answers import SOURCE
from first_light.project.copier import numbers, released_versions, uv
from first_light.project.environment import TEMPLATE_TOKEN
from first_light.project.git_access import without_access
from first_light.project.git_folder import suffixed
from first_light.project.hook_run import tool_environment
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import read_regular


def prepare(
    product: Product,
    progress: Callable[[str], None],
    to: str | None = None,
    trust: bool = False,
    finish: bool = True,
    template: str = "",
) -> Update:
    """Update on a branch of its own, check it, and write its pull request to target/update.

    Two commits: the template's changes, then what the product's own formatters make of them. The
    working tree ends as it began.

    Args:
        product: the product, all committed, on its main branch.
        progress: shows what is being done right now.
        to: a version of the template; None for the newest.
        trust: let the versions' migrations run.
        finish: format and check as well, which runs what the update brought.
        template: the address of the template from now on; empty for the recorded one.

    Raises:
        DataopsError: it could not run, or the environment holds a token that may write.
    """
    if finish and (names := write_tokens(os.environ)):
        raise DataopsError(
            "This job runs what the update brings, so it must not have a token that may write.",
            where=", ".join(names),
            fix="give the token only to the job that opens the pull request: "
            "uv run dataops docs updates",
        )
    if not trust and (limit := settings.current().trusted_version):
        source = template or str(product.answers.get(SOURCE, ""))
        if trusted := trusted_target(limit, released_versions(source), to):
            to, trust = trusted, True
    proposal.clear(product.root / FOLDER)
    start = product.git("branch", "--show-current")
    back = [start] if start else ["--detach", product.git("rev-parse", "HEAD")]
    result = update(product, progress, to, trust, template=template)
    if not result.anything:
        return result
    try:
        _prepare(product, result, progress, finish)
    finally:
        # Only the update is not committed: all else was committed before it.
        product.git("reset", "--quiet", "--hard", "HEAD")
        product.git("clean", "--quiet", "-d", "--force")
        product.git("switch", "--quiet", *back)
    return result


def trusted_target(limit: str, released: Sequence[str], to: str | None) -> str:
    """The version to update to with its migrations; empty if an operator has not trusted it.

    Args:
        limit: the newest version whose migrations an operator has read.
        released: the versions of the template.
        to: the version that was asked for; None for the newest.
    """
    target = to or max(released, key=numbers, default="")
    if not numbers(limit) or target not in released or numbers(target) > numbers(limit):
        return ""
    return target


def _prepare(
    product: Product, result: Update, progress: Callable[[str], None], finish: bool
) -> None:
    title = update_notes.title(result)
    product.git("switch", "--quiet", "--force-create", suffixed(BRANCH, product.prefix))
    product.git("add", "--all")
    product.git("commit", "--quiet", "--no-verify", "--message", title)
    patches = [_patch(product)]
    checked = ""
    if finish and not result.conflicts:
        progress("formatting")
        if _format(product):
            patches.append(_patch(product))
        progress("dataops check")
        checked = _check(product)
    text = update_notes.markdown(result, checked)
    proposal.write(
        product.root / FOLDER, Proposal(title, text, bool(result.conflicts), tuple(patches))
    )


def _patch(product: Product) -> Patch:
    """The newest commit."""
    return proposal.patch_between(product.root, "HEAD~1", "HEAD")


def _format(product: Product) -> bool:
    """The second commit: what the hooks rewrite, now that their rules may be new."""
    subprocess.run(
        [str(Path(sys.executable).with_name("prek")), "run", "--all-files"],
        cwd=product.root,
        env=_without_tokens(),
        capture_output=True,
    )
    if not product.git("status", "--porcelain", "--untracked-files=no"):
        return False
    product.git("commit", "--quiet", "--no-verify", "--all", "--message", FORMAT)
    return True


def _without_tokens() -> dict[str, str]:
    """The environment of what the update brought: it does not read the template."""
    environment = without_access(tool_environment())
    environment.pop(TEMPLATE_TOKEN, None)
    return environment


def _check(product: Product) -> str:
    """What the updated product's own check says, run with its own code and tools."""
    environment = {**_without_tokens(), job_summary.VARIABLE: ""}
    process = subprocess.run(
        [uv(), "run", "dataops", "check"], cwd=product.root, env=environment, capture_output=True
    )
    report = product.target / "check" / "report.md"
    if report.is_file():
        return read_regular(report).decode()
    output = process.stderr.decode(errors="replace").strip()[-2000:]
    return f"`dataops check` could not run:\n\n```text\n{output}\n```"
