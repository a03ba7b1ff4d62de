"""The other side of a comparison: which commit, its files, and one build of it on head's sample.

A base is checked out and built under target/base/, in a folder named after its commit, the sample
and the tools: nothing is built twice. Only what a change reaches is built, and added later to what
stands.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from first_light.dbt.engine import Engine, open_engine
from first_light.dbt.engine import version as dbt_version
from first_light.dbt.manifest import Manifest, read_manifest
from first_light.dbt.packages import EMBEDDED
from first_light.dbt.versions import KEY
from first_light.impact.change import NoBase
from first_light.project.hook_run import tool_environment
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.steps import WARNED
from first_light.warehouse.base import DATABASE_FILE
from first_light.warehouse.kinds import is_server, server_of

_BASES_KEPT = 3
# Whoever installs other packages builds something else: these files decide it.
_PACKAGES = ("packages.yml", "dependencies.yml", "package-lock.yml")
# Where a side's database lies in its folder: dbt reads a whole project anew when this changes.
_DATABASE = Path(f"target/check/{DATABASE_FILE}")
NOT_TESTS = ("--exclude-resource-type", "test", "unit_test")


@dataclass(frozen=True)
class Built:
    """What a side has built of one node: whether it worked, its compiled SQL, dbt's message."""

    ok: bool
    sql: str
    message: str = ""


@dataclass
class BaseSide:
    """Base, checked out and parsed; `build` adds what is needed to its database.

    Attributes:
        folder: target/base/…: the checkout in tree/, with its database; dbt's files in dbt/.
        manifest: its resources.
        remarks: what to know of it, one sentence each.
        said: how both sides come about, in words.
    """

    folder: Path
    manifest: Manifest
    _dbt: Engine
    _parsed: bool
    remarks: tuple[str, ...] = ()
    said: str = "built on the same sample"

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    @property
    def database(self) -> Path:
        return self.tree / _DATABASE

    @property
    def environment(self) -> dict[str, str]:
        """The variables under which dbt runs on it."""
        return dict(self._dbt.environment)

    @property
    def keeps_builds(self) -> bool:
        """Whether what it has built stays and is its own, so that it can be built beside head."""
        return self._dbt.keeps_builds

    @property
    def state(self) -> Path:
        """The folder that dbt's `--state` reads."""
        return self.folder / "dbt"

    @property
    def built(self) -> dict[str, Built]:
        """What stands in the database, by unique id."""
        path = self.folder / "built.json"
        if not (path.is_file() and self.database.is_file()):
            return {}
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: Built(**entry) for name, entry in content.items()}

    def build(self, requested: Sequence[str]) -> dict[str, Built]:
        """Build the wanted nodes that do not stand yet; everything that now stands.

        Args:
            requested: unique ids of models, snapshots and seeds, their ancestors among them.

        Raises:
            DataopsError: dbt could not run at all.
        """
        built = self.built
        missing = [name for name in requested if name not in built]
        if not missing:
            return built
        if not self._parsed:
            parsed = self._dbt.parse(warnings_are_errors=False)
            self._parsed = parsed.ok
        if not self._dbt.keeps_builds:
            missing = list(requested)
        names = sorted(self.manifest.nodes[name].name for name in missing)
        is_complete = len(missing) == len(buildable(self.manifest))
        select = [] if is_complete else ["--select", *names]
        self.database.parent.mkdir(parents=True, exist_ok=True)
        run = self._dbt.build("--no-write-json", "--full-refresh", *NOT_TESTS, *select)
        if not run.nodes and not run.ok:
            raise DataopsError("The base commit could not be built.", where=run.problem)
        built |= {
            node.unique_id: Built(node.status == "success", node.sql, node.message)
            for node in run.nodes
        }
        text = json.dumps({name: vars(entry) for name, entry in built.items()})
        _write(self.folder / "built.json", text)
        return built


def buildable(manifest: Manifest) -> list[str]:
    """Everything that becomes a table or a view."""
    return [
        node.unique_id
        for node in manifest.nodes.values()
        if node.kind in ("model", "snapshot", "seed")
    ]


def prepare(
    product: Product, commit: str, parsed: Path, progress: Callable[[str], None]
) -> BaseSide | NoBase:
    """Check base out and parse it, unless that was done before.

    Args:
        product: head.
        commit: base.
        parsed: head's partial_parse.msgpack: base reads only the files that differ from head's.
        progress: shows what is being done.

    Raises:
        DataopsError: git failed.
    """
    environment = side_environment(product, _DATABASE)
    folder = product.target / "base" / f"{commit[:12]}-{_fingerprint(product, environment)}"
    tree = folder / "tree"
    dbt = open_side_engine(
        product, tree, folder / "dbt", environment, lambda line: progress(f"base: {line}")
    )
    ready = folder / "ready"
    if ready.is_file():
        os.utime(folder)
        return BaseSide(folder, base_manifest(folder), dbt, False)
    shutil.rmtree(folder, ignore_errors=True)
    _forget_old(folder.parent)
    progress(f"base: check out {commit[:7]}")
    _check_out(product, commit, folder / "tree")
    _lay_out_sample(product, folder / "tree")
    if problem := _packages(product, folder / "tree"):
        reason = f"the packages of base {commit[:7]} could not be installed: {problem}"
        return NoBase(reason, WARNED)
    if parsed.is_file():
        (folder / "dbt").mkdir(exist_ok=True)
        for file in (parsed, parsed.with_name(KEY)):
            if file.is_file():
                shutil.copy(file, folder / "dbt" / file.name)
    progress("base: dbt parse")
    run = dbt.parse(warnings_are_errors=False)
    if not run.ok:
        return NoBase(f"base {commit[:7]} cannot be parsed: {run.problem}", WARNED)
    _write(ready, "")
    return BaseSide(folder, base_manifest(folder), dbt, True)


def base_manifest(folder: Path) -> Manifest:
    """The resources of a base that was parsed in a folder of its own."""
    return read_manifest(folder / "dbt" / "manifest.json", packages=True)


def side_environment(product: Product, database: Path) -> dict[str, str]:
    """The variables under which both sides run: head's sample and head's clock.

    Both sides name their database alike, from their own folder: so base reads only the files that
    differ from what head has parsed.
    """
    environment = {"DATAOPS_DB": str(database), "DATAOPS_RAW": product.sample.name}
    if product.as_of:
        environment["DATAOPS_NOW"] = product.as_of
    if is_server(product):
        environment |= server_of(product).check_environment()
    return environment


def open_side_engine(
    product: Product,
    root: Path,
    target_path: Path,
    environment: dict[str, str],
    progress: Callable[[str], None],
) -> Engine:
    """dbt for a side, on the product's warehouse; a file holds what it has built."""
    if is_server(product):
        return server_of(product).open_check_engine(root, target_path, environment, progress)
    return open_engine(root, "ci", target_path, environment, progress)


def _fingerprint(product: Product, environment: dict[str, str]) -> str:
    """Changes with the sample, the clock and the tools: all that base's build depends on."""
    digest = hashlib.sha256(dbt_version().encode())
    for tool in EMBEDDED:
        digest.update(f"{tool} {version(tool)}\n".encode())
    variables = {k: v for k, v in os.environ.items() if k.startswith(("DBT_", "DATAOPS_CI"))}
    digest.update(repr(sorted({**variables, **environment}.items())).encode())
    for path in sorted(product.sample.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(product.sample).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _check_out(product: Product, commit: str, tree: Path) -> None:
    """The product's files in a commit, through an index of their own: git's state stays."""
    tree.mkdir(parents=True)
    index = tree.parent / "index"
    read = ["read-tree", f"{commit}:{product.prefix}"]
    for arguments in (read, ["checkout-index", "--all", f"--prefix={tree}/"]):
        process = subprocess.run(
            ["git", *arguments],
            cwd=product.repository,
            env=dict(os.environ, GIT_INDEX_FILE=str(index)),
            capture_output=True,
            text=True,
            errors="replace",
        )
        if process.returncode:
            raise DataopsError(f"git {arguments[0]} failed.", where=process.stderr.strip())
    index.unlink()


def _lay_out_sample(product: Product, tree: Path) -> None:
    """Head's sample, and base's own files of the raw tables that head no longer has."""
    sample = tree / product.sample.name
    for entry in product.sample.iterdir() if product.sample.is_dir() else ():
        target = sample / entry.name
        if target.is_dir():
            shutil.rmtree(target)
        if entry.is_dir():
            shutil.copytree(entry, target)
        else:
            sample.mkdir(exist_ok=True)
            shutil.copy(entry, target)


def _packages(product: Product, tree: Path) -> str:
    """Give base its dbt packages; why that failed, else empty."""
    if not any((tree / name).is_file() for name in _PACKAGES[:2]):
        return ""
    installed = product.root / "dbt_packages"
    same = all(_text(tree / name) == _text(product.root / name) for name in _PACKAGES)
    if installed.is_dir() and same and _copy_packages(product, installed, tree):
        return ""
    run = open_engine(tree, "ci", tree.parent / "dbt", tool_environment()).deps()
    return "" if run.ok else run.problem


def _copy_packages(product: Product, installed: Path, tree: Path) -> bool:
    """Copy installed packages; a package in the product's own folder is base's own, not head's.

    Returns whether that is all there is to do.
    """
    (tree / "dbt_packages").mkdir()
    for entry in installed.iterdir():
        place, goal = tree / "dbt_packages" / entry.name, entry.resolve()
        if not entry.is_dir():
            shutil.copy(entry, place)
        elif not entry.is_symlink() or not goal.is_relative_to(product.root.resolve()):
            shutil.copytree(entry, place)
        else:
            folder = tree / goal.relative_to(product.root.resolve())
            if not folder.is_dir():
                return False
            place.symlink_to(folder)
    return True


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _forget_old(bases: Path) -> None:
    """Keep the bases that were used last."""
    if not bases.is_dir():
        return
    folders = sorted(bases.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in folders[_BASES_KEPT - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
