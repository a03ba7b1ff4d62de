"""Build and run a product's image without a container engine.

buildah builds in a chroot, which needs neither a daemon nor a registry. The base image is made here
from Debian's packages and goes by the name that the Dockerfile says; this machine's way to the
package index is put into it, since a build sees nothing of the machine.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from filelock import FileLock

import runners
from harness import CACHE

TOOLS = ("buildah", "mmdebstrap")
MISSING = tuple(tool for tool in TOOLS if shutil.which(tool) is None)
_DEBIAN = "bookworm"
_LEFT_OUT = ("doc", "man", "locale")
_PATHS = re.compile(r"(?:file://)?(/[\w./-]+)")


def may_mount() -> bool:
    """Whether we may mount here, as every step of a build does; in most containers we may not."""
    return os.geteuid() == 0 and (
        subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0
    )


@dataclass(frozen=True)
class Image:
    """An image in a store of its own.

    Attributes:
        name: what it was tagged.
        home: the folder of the store.
    """

    name: str
    home: Path

    def inspect(self, template: str) -> str:
        """What the image says of itself, by a Go template."""
        return _buildah(self.home, "inspect", "--format", template, self.name).stdout.strip()

    @cached_property
    def container(self) -> str:
        """The one that commands run in, made at the first."""
        return _buildah(self.home, "from", "--pull-never", self.name).stdout.strip()

    def run(
        self, *command: str, volumes: Iterable[str] = (), code: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a container of the image, as the image's own user."""
        options = [f"--volume={volume}" for volume in volumes]
        options += ["--isolation=chroot", self.container, "--", *command]
        return _buildah(self.home, "run", *options, code=code)


def build(context: Path, name: str, base: str, home: Path, **arguments: str) -> Image:
    """Build a folder's Dockerfile.

    Args:
        context: the folder.
        name: what the image is tagged.
        base: the name of the base image, which is made here.
        home: an empty folder for all that the build leaves.
        arguments: build arguments.
    """
    mounted = _make_base(base, home)
    output = [f"--build-arg={key}={value}" for key, value in arguments.items()]
    output += [f"--volume={folder}:{folder}:ro" for folder in mounted]
    _buildah(
        home, "bud", "--isolation=chroot", "--pull-never", *output, "--tag", name, str(context)
    )
    return Image(name, home)


def _make_base(name: str, home: Path) -> tuple[str, ...]:
    """Debian with Python under the base image's name; returns the folders that a build must see."""
    container = _buildah(home, "from", "scratch").stdout.strip()
    _buildah(home, "add", container, str(debian("python3-venv")), "/")
    environment = runners.passed_on(os.environ)
    texts = [*environment.values()]
    for file, (_, place) in runners.index_settings().items():
        texts.append(file.read_text(encoding="utf-8"))
        _buildah(home, "copy", container, str(file), place)
    files = [value for value in environment.values() if value[:1] == "/" and Path(value).is_file()]
    for value in files:
        _buildah(home, "copy", container, value, value)
    settings = [f"--env={key}={value}" for key, value in environment.items()]
    _buildah(home, "config", *settings, container)
    _buildah(home, "commit", "--rm", container, f"localhost/{name}")
    result = {path for text in texts for path in _PATHS.findall(text) if Path(path).is_dir()}
    return tuple(sorted(path for path in result if not path.startswith(("/etc", "/usr"))))


def debian(*packages: str) -> Path:
    """A minimal Debian with these packages as a tar file, made at the first call."""
    file = CACHE / f"{_DEBIAN}-{'-'.join(packages)}.tar"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{file}.lock"):
        if not file.exists():
            left_out = [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in _LEFT_OUT]
            draft = file.with_suffix(".draft.tar")
            subprocess.run(
                ["mmdebstrap", "--variant=apt", f"--include={','.join(packages)}", *left_out]
                + [_DEBIAN, str(draft)],
                check=True,
                capture_output=True,
            )
            draft.rename(file)
    return file


def _buildah(
    home: Path, command: str, *arguments: str, code: int | None = 0
) -> subprocess.CompletedProcess[str]:
    done = _with(_driver(home), home, command, *arguments)
    assert code is None or done.returncode == code, f"{command}: {done.stdout}{done.stderr}"
    return done


@cache
def _driver(home: Path) -> str:
    """How layers are kept: stacked where this machine lets us, which is fast; else copied whole."""
    trial = home / "trial"
    trial.mkdir()
    container = _with("overlay", trial, "from", "scratch").stdout.strip()
    mounts = container and _with("overlay", trial, "mount", container).returncode == 0
    if mounts:
        _with("overlay", trial, "umount", container)
    return "overlay" if mounts else "vfs"


def _with(
    driver: str, home: Path, command: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["buildah", "--root", str(home / "images"), "--runroot", str(home / "running")]
        + ["--storage-driver", driver, command, *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)},
        capture_output=True,
        text=True,
    )
