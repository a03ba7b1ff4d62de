"""The report of a check as the one comment on its pull or merge request, renewed in place.

python -m first_light.commands.comment        in the pipelines, with target/check/comment.md

A job of its own runs it, so that the token that may write is never there while packages and models
run. Nothing else is installed there: keep to the standard library.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.error import HTTPError

from first_light.forge.pipeline import find_forge, request_number, run_url, target_environment
from first_light.project.git_folder import name_of, prefix_of
from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import open_regular
from first_light.utils.variables import variable
from first_light.utils.visible_text import inert, visible

MARKER = "<!-- dataops check -->"
REPORT = Path("target/check/comment.md")
# Where the job's own token may not write comments.
TOKEN = variable("comment_token")
# The least that a forge takes is 65,536 characters; counted in bytes, it is never more.
LONGEST = 65_000
_ENDED = "The check ended before it could report; the log of the run says why."
_LINKED = "The check's report is a link, which is not followed; the log of the run says more."
_LARGEST = 1 << 20  # bytes that are read; a comment holds less


def comment(
    report: Path, environment: Mapping[str, str], print_line: Callable[[str], None]
) -> None:
    """Write or renew the comment; say in one line what became of it, whatever that is.

    It judges nothing: without permission, as from a fork, the summary stands alone.
    """
    alone = "The report is in the run's summary and its artifact."
    number = request_number(environment)
    if not number:
        print_line(f"No pull or merge request here to comment on. {alone}")
        return
    body = _read(report)
    try:
        forge = find_forge(target_environment(environment), TOKEN)
        renewed = forge.comment(number, marker(Path.cwd()), clipped(body, run_url(environment)))
    except DataopsError as error:
        rejected = isinstance(error.__cause__, HTTPError) and error.__cause__.code in (
            401,
            403,
            404,
        )
        fork = " A fork's token may only read." if rejected else ""
        print_line(f"No comment: {error.message}{fork} {alone}")
        return
    print_line(f"{forge.name}: comment on {number} {'renewed' if renewed else 'written'}")


def marker(root: Path) -> str:
    """What identifies the comment: each product of a repository has its own."""
    folder = name_of(prefix_of(root))
    return f"<!-- dataops check of {folder} -->" if folder else MARKER


def _read(report: Path) -> str:
    """The report's text. It comes from a job that ran the change's code, so it is data.

    A link could lead to what only this job can read, such as the variables of its process; a
    mention or a command would be one of the token's owner.
    """
    if any(path.is_symlink() for path in (report, *report.parents[: len(REPORT.parents) - 1])):
        return f"## {_LINKED}\n"
    if not report.is_file():
        return f"## {_ENDED}\n"
    try:
        with open_regular(report, follow=False) as file:
            text = file.read(_LARGEST).decode("utf-8", errors="replace")
    except OSError:
        return f"## {_LINKED}\n"
    return inert(text.replace("\0", "\ufffd"))


def clipped(text: str, url: str) -> str:
    """A report that a comment can hold, cut at a line, with a note and a link to the whole."""
    run = f"[this run]({url})" if url else "the run"
    foot = f"\nThe page, with the lineage drawn: `impact.html` in the artifact `check` of {run}.\n"
    room = LONGEST - len(MARKER) - len(foot.encode())
    if len(text.encode()) <= room:
        return text + foot
    cut = "\n**Truncated: the comment is too long.**\n"
    lines_: list[str] = []
    room -= len(cut.encode()) + len("```\n</details>\n")
    for line in text.splitlines():
        room -= len(line.encode()) + 1
        if room < 0:
            break
        lines_.append(line)
    if sum(line.startswith("```") for line in lines_) % 2:
        lines_.append("```")
    if sum(line.count("<details>") - line.count("</details>") for line in lines_) > 0:
        lines_.append("</details>")
    return "\n".join(lines_) + "\n" + cut + foot


if __name__ == "__main__":
    comment(REPORT, os.environ, lambda line: print(visible(line), file=sys.stdout, flush=True))
