"""README and "get started" in a bare Debian with python3, git and make: every line, in order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import harness
import images
import runners
from tools.demo import real_input

_PACKAGES = ("python3-venv", "git", "make", "ca-certificates")
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
_ENTER = (
    'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && '
    'for folder in $MOUNTED; do mkdir -p "$0$folder" && mount --rbind "$folder" "$0$folder"; done '
    '&& exec chroot "$0" "$@"'
)
_TEMPLATE, _FILES, _REMOTE = "/srv/template", "/srv/files", "/srv/remote.git"
_ELSEWHERE = {"make test": "CI runs it, for more than an hour"}
_PLACES = {
    "git+ADDRESS": f"git+file://{_TEMPLATE}",
    "--from PATH": f"--from {_FILES}",
    " URL": f" {_REMOTE}",
}
# What anybody who has committed before has done.
_IDENTITY = 'git config --global user.name "Ada" && git config --global user.email ada@example.com'

pytestmark = [
    pytest.mark.slow,
    pytest.mark.gauntlet,
    pytest.mark.skipif(
        not images.may_mount() or shutil.which("mmdebstrap") is None,
        reason="needs root, mounts and mmdebstrap (apt-get install mmdebstrap)",
    ),
]


def without_remark(line: str) -> str:
    """A line of a page as it is typed."""
    return line.partition("  #")[0].rstrip()


@dataclass
class BareSystem:
    """A Debian in a folder.

    Attributes:
        root: the folder.
        where: the working directory in it.
        path: the search path in it.
        seconds: wall time of each line that was run.
    """

    root: Path
    where: str = "/root"
    path: str = "/usr/local/bin:/usr/bin:/bin"
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, line: str) -> str:
        """Run a line as it is typed; a `cd` and an `export` last."""
        typed = without_remark(line)
        for name, place in _PLACES.items():
            typed = typed.replace(name, place)
        environment = {
            **runners.passed_on(os.environ),
            **{"HOME": "/root", "LANG": "C.UTF-8", "PATH": self.path},
            **{"UV_OVERRIDE": "/srv/overrides.txt", "UV_LINK_MODE": "copy"},
        }
        files = [value for value in environment.values() if Path(value).is_dir()]
        mounted = [folder for folder in files if folder.startswith("/opt")]
        script = f"cd {self.where}\n{typed}\necho; pwd; echo $PATH"
        began = time.monotonic()
        done = subprocess.run(
            ["unshare", "--mount", "--fork", "bash", "-c", _ENTER, str(self.root)]
            + ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in environment.items())]
            + ["bash", "-euo", "pipefail", "-c", script],
            env={"PATH": os.environ["PATH"], "MOUNTED": " ".join(mounted)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.seconds[line] = time.monotonic() - began
        print(f"{self.seconds[line]:6.1f} s  {line}", flush=True)
        assert done.returncode == 0, f"{line}: exit {done.returncode}\n{done.stdout}"
        *_, self.where, self.path = done.stdout.splitlines()
        return done.stdout


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> BareSystem:
    root = tmp_path_factory.mktemp("bare") / "debian"
    root.mkdir()
    command = ["tar", "-xf", str(images.debian(*_PACKAGES)), "-C", str(root), "--exclude=./dev/*"]
    subprocess.run(command, check=True)
    for name in ("resolv.conf", "hosts"):
        shutil.copyfile(Path("/etc", name), root / "etc" / name)
    for file, (_, place) in runners.index_settings().items():
        target = root / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    bundle = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
    (root / str(bundle).lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(bundle, root / str(bundle).lstrip("/"))
    work = root.parent / "template"
    harness.lay_working_tree(work)
    harness.git(work, "init", "-q", "-b", "main")
    harness.git(work, "add", "-A")
    harness.git(work, "commit", "-q", "-m", "First Light")
    harness.git(root.parent, "clone", "-q", str(work), str(root / _TEMPLATE.lstrip("/")))
    harness.git(root.parent, "init", "-q", "--bare", str(root / _REMOTE.lstrip("/")))
    (root / _FILES.lstrip("/")).mkdir()
    for name in ("airlines.csv", "planes.csv"):
        shutil.copy(real_input() / name, root / _FILES.lstrip("/"))
    # What dbt's own parser fetches from outside the index; see the guide on private templates.
    override = "dbt-core-experimental-parser; python_version < '3'\n"
    (root / "srv" / "overrides.txt").write_text(override, encoding="utf-8")
    return BareSystem(root)


def lines(page: str) -> list[list[str]]:
    """The lines of each block that a page shows."""
    blocks = _BLOCK.findall((harness.TEMPLATE / page).read_text(encoding="utf-8"))
    return [[line for line in block.splitlines() if line.strip()] for block in blocks]


def test_every_line_of_get_started_and_readme(system: BareSystem) -> None:
    new, install, update, work = lines("README.md")
    for line in (_IDENTITY, *install):
        system.run(line)
    for block in lines("docs/get-started.md"):
        for line in block:
            output = system.run(line)
            if line == "uv run dataops status":
                assert "published" in output
    for line in update:
        system.run(line)
    typed = set(map(without_remark, system.seconds))
    for line in new:
        if without_remark(line) not in typed:
            system.run("mkdir ~/files && cd ~/files")
            assert "my-product is ready" in system.run(line)
    system.run(f"cd ~ && git clone -q file://{_TEMPLATE} first-light && cd first-light")
    for line in work:
        if without_remark(line) not in _ELSEWHERE:
            system.run(line)
