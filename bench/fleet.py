"""What looking after many products costs, beside the git operations that it can't do without."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import Cost, Figure, in_turn, run

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "tests" / "helpers"))

import harness  # noqa: E402
from gauntlet import versions  # noqa: E402
from gauntlet.lives import LIVES  # noqa: E402
from gauntlet.run import born  # noqa: E402

LIVED = ("fresh", "a_year_of_models", "every_extension_point", "files_deleted")
TO = "v1.1.0"
AT_ONCE = "8"


@contextmanager
def fleet(home: Path, size: int) -> Iterator[tuple[Path, str]]:
    """A fleet.toml of so many bare repositories, and their addresses, a line each."""
    template = versions.history(home / "template")
    kinds = []
    for life in LIVED:
        team = born(template, home / life, versions.FIRST, {}, LIVES[life])
        harness.git(home, "clone", "-q", "--bare", str(team.root), str(home / f"{life}.git"))
        kinds.append(home / f"{life}.git")
    urls = []
    for number in range(size):
        url = home / "many" / f"product_{number:03}.git"
        shutil.copytree(kinds[number % len(kinds)], url, copy_function=os.link)
        urls.append(url.as_uri())
    listed = home / "fleet.toml"
    listed.write_text("".join(f'[[product]]\nurl = "{url}"\n' for url in urls), encoding="utf-8")
    yield listed, "\n".join(urls)


def _fleet(verb: str, listed: Path, *more: str) -> list[str]:
    # Its exit code is 1 since products are outdated; its last line is the summary, if it ran.
    command = f"{sys.executable} -m tools.fleet {verb} --fleet {listed} --to {TO} {' '.join(more)}"
    return ["sh", "-c", f"{command} | tail -1 | grep -q ' products: '"]


def examine() -> Figure:
    """200 products examined, beside a clone of each by git alone, as many at a time."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        env = harness.clean_environment()
        with fleet(home, 200) as (listed, urls):
            few = home / "few.toml"
            few.write_text("\n".join(listed.read_text("utf-8").splitlines()[:40]), encoding="utf-8")
            least = run([_fleet("status", few)], TEMPLATE, env).megabytes

            def ours() -> Cost:
                return run([_fleet("status", listed)], TEMPLATE, env)

            def by_git() -> Cost:
                clones = home / "clones"
                (home / "urls").write_text(urls, encoding="utf-8")
                clone = f'git clone -q --bare --depth=1 "$1" "{clones}/$(basename "$1")"'
                each = f"xargs -P {AT_ONCE} -I URL sh -c '{clone}' - URL < urls"
                cost = run([["sh", "-c", each]], home, env)
                shutil.rmtree(clones)
                return cost

            name = f"200 products examined ÷ cloned by git alone; 20 took {least:.0f} MB"
            return in_turn(name, ours, by_git, pairs=2, warm=False)


def update(size: int = 16) -> Figure:
    """Products updated and pushed, beside clone, commit and push by git alone."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        env = harness.clean_environment()
        with fleet(home, size) as (listed, urls):
            (home / "urls").write_text(urls, encoding="utf-8")

            def ours() -> Cost:
                listed.with_suffix(".journal.json").unlink(missing_ok=True)
                return run([_fleet("update", listed, "--pause", "0")], TEMPLATE, env)

            def by_git() -> Cost:
                work = home / "work"
                work.mkdir()
                script = home / "by_git.sh"
                script.write_text(
                    f'set -e; d={work}/$(basename "$1"); git clone -q "$1" "$d"; cd "$d"\n'
                    "git switch -q -C by-git; echo x >> README.md; git commit -q -a -m x\n"
                    "git push -q -f origin HEAD:refs/heads/by-git\n",
                    encoding="utf-8",
                )
                each = f"xargs -P {AT_ONCE} -n 1 sh {script} < urls"
                cost = run([["sh", "-c", each]], home, env)
                shutil.rmtree(work)
                return cost

            name = f"{size} products updated and pushed ÷ cloned, committed, pushed by git alone"
            return in_turn(name, ours, by_git, pairs=2, warm=False)
