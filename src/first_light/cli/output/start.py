"""What `start` says last: what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from first_light.commands.start import Page, Started


def next_steps(
    started: Started,
    pages: Sequence[Page],
    to_load: str,
    has_origin: bool,
    is_clone: bool,
    without_raw: bool = False,
    page: str = "",
) -> tuple[str, ...]:
    """What comes next, one line each.

    Args:
        started: what `start` did.
        pages: the pages of the current release.
        to_load: how raw is loaded, where it is tables in a warehouse; empty where it is files.
        has_origin: the repository has a remote.
        is_clone: the remote has the product already. Without a commit of `start` others made it.
        without_raw: there is no raw, since it builds from seeds or from tables that others load.
        page: the page of the warehouse, where releases need variables that are not set.
    """
    if is_clone and not started.commit:
        return (
            "read  docs/first-change.md",
            "try   uv run dbt build",
            "next  git switch -c my-change, and change a model",
            "then  uv run dataops check, commit, git push -u origin HEAD",
        )
    delivery = "put tomorrow's file into raw/TABLE/ under a new name: uv run dataops release"
    if to_load:
        delivery = f"{to_load}, then: uv run dataops release"
    if without_raw:
        delivery = "when its data has changed: uv run dataops release"
    push = "git push -u origin HEAD"
    places = [each.address for each in pages]
    places.append("target/report/index.html, the health report, after: uv run dataops report")
    return (
        *(f"{'open' if n == 0 else '':<4}  {place}" for n, place in enumerate(places)),
        "read  README.md" + (" and the drafts in models/" if started.added else ""),
        "try   uv run dbt build",
        *([f"next  set {', '.join(started.missing)}: uv run dataops docs {page}"] if page else []),
        f"{'then' if page else 'next'}  {delivery}",
        f"then  {push}" if has_origin else f"then  git remote add origin URL && {push}",
        "      each push to the default branch is then released: uv run dataops docs deploy",
    )
