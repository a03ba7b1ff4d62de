"""What `start` says last: what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from first_light.commands.start import Page, Started


def next_steps(
    started: Started,
    pages: Sequence[Page],
    on_server: bool,
    has_origin: bool,
    is_clone: bool,
    without_raw: bool = False,
) -> tuple[str, ...]:
    """What comes next, one line each.

    Args:
        started: what `start` did.
        pages: the pages of the current release.
        on_server: raw is tables in a database, not files.
        has_origin: the repository has a remote.
        is_clone: the remote has the product already. Without a commit of `start` others made it.
        without_raw: there is no raw, since it builds from seeds or from tables that others load.
    """
    if is_clone and not started.commit:
        return (
            "read  docs/first-change.md",
            "try   uv run dbt build",
            "next  git switch -c my-change, and change a model",
            "then  uv run dataops check, commit, git push -u origin HEAD",
        )
    delivery = "put tomorrow's file into raw/TABLE/ under a new name: uv run dataops release"
    if on_server:
        delivery = "load tomorrow's rows into the schema raw, then: uv run dataops release"
    if without_raw:
        delivery = "when its data has changed: uv run dataops release"
    push = "git push -u origin HEAD"
    places = [page.address for page in pages]
    places.append("target/report/index.html, the health report, after: uv run dataops report")
    return (
        *(f"{'open' if n == 0 else '':<4}  {place}" for n, place in enumerate(places)),
        "read  README.md" + (" and the drafts in models/" if started.added else ""),
        "try   uv run dbt build",
        f"next  {delivery}",
        f"then  {push}" if has_origin else f"then  git remote add origin URL && {push}",
        "      each push to the default branch is then released: uv run dataops docs deploy",
    )
