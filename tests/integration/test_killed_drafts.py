"""`add` and `sample` that are killed at any instant: git would take no half of what they write."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import harness
import release_worker as worker
from first_light.commands.add import Delivered, add
from first_light.commands.sample import sample
from first_light.project.product import Product

# Kills itself at the n-th change below the product; without a number it counts them.
WORKER = """
import os, signal, sys
from pathlib import Path
from first_light.commands.add import Delivered, add
from first_light.commands.sample import sample
from first_light.project.product import Product

root, verb, kill_at = sys.argv[1], sys.argv[2], int(sys.argv[3])
changes = {"os.rename", "os.mkdir", "os.remove", "os.link", "os.rmdir", "os.chmod"}
seen = 0

def step(event, arguments):
    global seen
    is_write = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if (event in changes or is_write) and str(arguments[0]).startswith(root):
        seen += 1
        if seen == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

product = Product(Path(root))
sys.addaudithook(step)
if verb == "add":
    add(product, [Delivered(Path(root).parent / "export")], lambda line: None)
else:
    sample(product, lambda line: None)
print(seen)
"""


def run(root: Path, verb: str, kill_at: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WORKER, str(root), verb, str(kill_at)]
    return subprocess.run(command, capture_output=True, text=True)


def taken(root: Path) -> dict[str, str]:
    """What `git add -A` would take, by file."""
    harness.git(root, "add", "-A")
    lines = harness.git(root, "ls-files", "-s").splitlines()
    harness.git(root, "reset", "-q")
    return {line.split("\t")[1]: line.split()[1] for line in lines}


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A product in git that has a table, and an export with another one."""
    root = worker.make_product(tmp_path / "prepared")
    for folder in ("raw", "sample"):
        shutil.rmtree(root / folder)
    shutil.copy(harness.TEMPLATE / "template" / ".gitignore", root)
    groups = root / "models" / "_groups.yml"
    groups.parent.mkdir()
    groups.write_text("groups: [{name: data, owner: {name: Data}}]\n", encoding="utf-8")
    (tmp_path / "export").mkdir()
    people = "".join(f"{n},p{n}@mail.example,{n % 7}\n" for n in range(60))
    (tmp_path / "people.csv").write_text(f"person_id,email,city\n{people}", encoding="utf-8")
    add(Product(root), [Delivered(tmp_path / "people.csv")], print)
    visits = "".join(f"{n},{n % 60},2026-01-{1 + n % 28:02d}\n" for n in range(300))
    (tmp_path / "export" / "visits.csv").write_text(f"visit_id,person_id,day\n{visits}", "utf-8")
    harness.git(root, "init", "-q")
    harness.git(root, "add", "-A")
    harness.git(root, "commit", "-q", "-m", "First")
    return root


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "again"),
    [
        ("add", lambda root: add(Product(root), [Delivered(root.parent / "export")], print)),
        ("sample", lambda root: sample(Product(root), print)),
    ],
)
def test_git_takes_no_half_file(
    prepared: Path, tmp_path: Path, verb: str, again: Callable[[Path], object]
) -> None:
    root = tmp_path / "product"

    def fresh() -> Path:
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(prepared, root)
        if verb == "sample":  # raw has grown
            more = "".join(f"{n},q{n}@mail.example,3\n" for n in range(60, 90))
            (root / "raw" / "people" / "more.csv").write_text(f"person_id,email,city\n{more}")
        return root

    before = taken(fresh())
    done = run(root, verb)
    assert done.returncode == 0, done.stderr
    after, count = taken(root), int(done.stdout.split()[-1])
    assert before != after
    for kill_at in sorted({1, *range(2, count, max(1, count // 6)), count - 2, count - 1, count}):
        run_ = run(fresh(), verb, kill_at)
        assert run_.returncode == -signal.SIGKILL, f"step {kill_at} of {count}: {run_.stderr}"
        now = taken(root)
        for name, content in now.items():
            assert content in (before.get(name), after.get(name)), f"{name} at step {kill_at}"
        again(root)
        assert taken(root) == after, f"after step {kill_at}"
        assert not [p for p in (root / "raw").iterdir() if p.name.startswith(".landing-")]
        assert os.listdir(root / "sample")
