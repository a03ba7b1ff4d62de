"""`python -m tools.fleet status|update`: all products of fleet.toml, in this repository."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from rich.console import Console

from first_light.project.environment import TEMPLATE_TOKEN
from first_light.project.git_access import git_access
from first_light.project.pin import address_of
from tools.fleet import config, report
from tools.fleet.examine import examine
from tools.fleet.update import CLEAN, summary, update, update_one

HERE = Path(__file__).resolve().parents[2]


def newest() -> str:
    """The newest release of this template.

    Raises:
        FleetError: nothing was released yet.
    """
    listed = subprocess.run(
        ["git", "tag", "--list", "v[0-9]*"], cwd=HERE, capture_output=True, text=True, check=True
    ).stdout.split()
    if not listed:
        raise config.FleetError("There is no release of this template yet: make release")
    return max(listed, key=report.numbers)


def _let_git_read_template(moved_to: str) -> None:
    """Let git send the template's token to its new host, or to that of this clone's remote."""
    command = ["git", "remote", "get-url", "origin"]
    origin = subprocess.run(command, cwd=HERE, capture_output=True, text=True).stdout.strip()
    token = os.environ.get(TEMPLATE_TOKEN, "")
    os.environ.update(git_access(token, address_of(moved_to) if moved_to else origin, os.environ))


def main(arguments: list[str]) -> int:
    """Exit code 0: all is well. 1: something is outdated, drifted or failed. 2: could not run."""
    parser = argparse.ArgumentParser(prog="python -m tools.fleet", description=__doc__)
    parser.add_argument("verb", choices=["status", "update"])
    parser.add_argument(
        "--fleet", type=Path, default=Path("fleet.toml"), help="default: fleet.toml"
    )
    parser.add_argument("--group", help="only the products of this group")
    parser.add_argument("--to", help="a version of the template; default: its newest release")
    parser.add_argument("--page", type=Path, help="status: write a page as well")
    parser.add_argument(
        "--format", choices=["table", "json", "csv"], default="table", help="status: the output"
    )
    parser.add_argument("--pause", type=float, default=1.0, help="update: seconds between batches")
    parser.add_argument("--trust", action="store_true", help="update: let migrations run")
    parser.add_argument(
        "--template", default="", help="update: the template's address from now on, if it moved"
    )
    options = parser.parse_args(arguments)
    console = Console(soft_wrap=True, highlight=False)
    try:
        _let_git_read_template(options.template)
        members = config.read(options.fleet)
        members = tuple(m for m in members if options.group in (None, m.group))
        version = options.to or newest()
        if options.verb == "update":
            journal = options.fleet.with_suffix(".journal.json")
            one = partial(update_one, trust=options.trust, template=options.template)
            done = update(members, version, journal, console.print, options.pause, one)
            console.print(summary(done))
            return int(any(outcome.state != CLEAN for outcome in done.values()))
        seen = tuple(examine(members))
    except config.FleetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not seen:
        print(f"error: no product is in group {options.group}", file=sys.stderr)
        return 2
    if options.format == "table":
        console.print(report.table(seen, version))
        console.print(f"{len(seen)} products: {report.summary(seen, version)}")
    else:
        print(
            {"json": report.as_json, "csv": report.as_csv}[options.format](seen, version).rstrip()
        )
    if options.page:
        options.page.write_text(report.page(seen, version), encoding="utf-8")
    return int(any(report.state(item, version) != "good" for item in seen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
