"""The other side of `check --on current`: the release that readers see, and the raw it came from.

Head is built on the files that the release read and at its clock, so that what differs is the
change's own. Raw is only ever added to: a folder of links holds just those files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from first_light.dbt.engine import Engine, open_engine
from first_light.dbt.manifest import Manifest, read_manifest
from first_light.dbt.state import as_built
from first_light.history import facts
from first_light.history.decoding import read_record
from first_light.history.raw_location import RawFolder
from first_light.history.record import REAL, Record
from first_light.impact.base import Built, buildable
from first_light.impact.change import Change, NoBase, change_since
from first_light.metrics.definitions import FILE as METRICS
from first_light.project.product import Product
from first_light.store.folder import RECORD
from first_light.store.locate import FolderStore, open_store
from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import read_regular
from first_light.utils.timestamps import moment
from first_light.warehouse.base import DATABASE_FILE
from first_light.warehouse.kinds import is_server, server_of

if TYPE_CHECKING:  # its driver is there only where it is the warehouse
    from first_light.warehouse.base import ServerRelease

# The second build, which finds what changes whenever it is built, runs this much later.
_LATER = timedelta(minutes=1)


@dataclass(frozen=True)
class CurrentSide:
    """The current release, as a side to compare with; only ever read.

    Attributes:
        run: its id.
        state: its folder in the store; dbt's `--state` reads the manifest there.
        manifest: its resources.
        tree: the folder that relative paths in its views mean.
        environment: the variables for dbt under which head is built like it.
        later: the same, a little later.
        remarks: what to know of the raw that it was built from, one sentence each.
        database: the file that holds it, or of it what is compared.
        server: the release in its server; None on DuckDB.
        said: how both sides come about, in words.
    """

    run: str
    state: Path
    manifest: Manifest
    tree: Path
    environment: dict[str, str]
    later: dict[str, str]
    remarks: tuple[str, ...]
    database: Path
    server: ServerRelease | None = None
    said: str = "on the raw that this release was built from"

    @property
    def deferred(self) -> tuple[str, ...]:
        """Arguments for dbt that let head read from the release itself what it does not build."""
        return ("--defer", "--state", str(self.state)) if self.server else ()

    def dbt(self, product: Product, folder: Path, progress: Callable[[str], None]) -> Engine:
        """dbt for head, as a release runs it."""
        if self.server:
            return self.server.dbt(folder, self.environment, progress)
        environment, tree = self.environment, self.tree
        return open_engine(product.root, "prod", folder, environment, progress, files=tree)

    @property
    def built(self) -> dict[str, Built]:
        """All that stands in it."""
        nodes = self.manifest.nodes
        return {name: Built(True, nodes[name].code) for name in buildable(self.manifest)}

    def build(self, requested: Sequence[str]) -> dict[str, Built]:
        """Nothing to do, it was released; from a server it is fetched."""
        if self.server:
            self.server.fetch(requested)
        return self.built


def open_current(product: Product, folder: Path) -> tuple[Change | NoBase, CurrentSide]:
    """What differs from the current release's commit, and the release.

    Args:
        product: head.
        folder: target/check, empty but for what dbt parsed.

    Raises:
        DataopsError: there is no such release, it cannot be compared with, or raw is not here.
    """
    store = open_store(product)
    store.check()
    run = store.current()
    if run is None:
        raise DataopsError(
            "There is no release yet.", where=str(store.root), fix="uv run dataops release"
        )
    store.fetch_release(run)
    state = store.releases / run
    try:
        record = read_record(read_regular(state / RECORD))
    except (OSError, ValueError) as error:
        raise DataopsError(
            "The current release has no record.", str(error), "uv run dataops release"
        ) from error
    if record.kind != REAL:
        raise DataopsError(
            "The current release was built from the sample, not from raw.",
            where=run,
            fix="compare on the sample: uv run dataops check",
        )
    change = _change(product, record)
    if is_server(product):
        side = _on_server(product, folder, state, record)
    else:
        side = _on_files(product, folder, state, record, _database(store, record))
    if record.git.dirty:
        message = "It was released with work that was not committed; git does not know that."
        side = replace(side, remarks=(*side.remarks, message))
    return change, side


def _on_server(product: Product, folder: Path, state: Path, record: Record) -> CurrentSide:
    server = server_of(product).current_release(
        product, record.run, state / "manifest.json", folder
    )
    rows = {file.name: file.hash for file in server_of(product).raw_tables(product)}
    hashes = {file.name: file.hash for file in facts.raw_from_json(state / facts.RAW_LIST)}
    remarks: tuple[str, ...] = ()
    if moved := sorted(name for name in {*rows} | {*hashes} if rows.get(name) != hashes.get(name)):
        remarks = (
            f"Raw went on since the release ({', '.join(moved[:3])}{' …' * (len(moved) > 3)}), and "
            "all of it was read: what differs may be its doing.",
        )
    environment, later = _clocks(record, {**_of_both(product, folder), **server.environment()})
    return CurrentSide(
        record.run, server.state, server.manifest, product.root, environment, later, remarks,
        server.database, server, "on raw" if moved else CurrentSide.said,
    )  # fmt: skip


def _database(store: FolderStore, record: Record) -> Path:
    """The file with all columns of a release, also those that readers do not get."""
    if private := store.private.file(record.run, DATABASE_FILE):
        return private
    if record.withheld:
        raise DataopsError(
            "The current release holds personal columns, and its private state is not here.",
            where=str(store.private.place or store.place),
            fix="compare on the sample: uv run dataops check",
        )
    return store.releases / record.run / DATABASE_FILE


def _on_files(
    product: Product, folder: Path, state: Path, record: Record, database: Path
) -> CurrentSide:
    _check_space(folder, database)
    old_files = facts.raw_from_json(state / facts.RAW_LIST)
    root = product.raw
    if not root.is_dir():
        raise DataopsError(
            "Raw is not available here.",
            where=str(root),
            fix="set DATAOPS_RAW to the folder of the landing data",
        )
    new_files = facts.read_raw(root, product.target / "raw-seen.json")
    tree, remarks = _lay_out(product, folder, old_files, new_files)
    environment, later = _clocks(record, _of_both(product, folder))
    compared = folder / "state"  # head reads raw, as the release did
    compared.mkdir(parents=True, exist_ok=True)
    written = compared / "manifest.json"
    written.write_bytes(as_built(read_regular(state / "manifest.json")))
    if (state / METRICS).is_file():  # releases of earlier versions have none
        (compared / METRICS).write_bytes(read_regular(state / METRICS))
    manifest = read_manifest(written, packages=True)
    return CurrentSide(record.run, compared, manifest, tree, environment, later, remarks, database)


def _of_both(product: Product, folder: Path) -> dict[str, str]:
    """dbt's environment on either warehouse, with the place of raw as a release has it."""
    raw = RawFolder(product.raw, product.root).spelled
    return {"DATAOPS_DB": str(folder / DATABASE_FILE), "DATAOPS_RAW": raw}


def _clocks(record: Record, environment: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The release's clock, and a little later."""
    clock = moment(record.started_at)
    times = (clock.isoformat(), (clock + _LATER).isoformat())
    first, second = ({**environment, "DATAOPS_NOW": time} for time in times)
    return first, second


def _change(product: Product, record: Record) -> Change | NoBase:
    commit = record.git.commit
    is_known = commit and product.git("rev-parse", "-q", "--verify", f"{commit}^0", check=False)
    if not is_known:
        raise DataopsError(
            "The current release's commit is not in this clone.",
            where=f"{record.run}: {commit or 'no commit'}",
            fix="git fetch origin; in a shallow clone: git fetch --unshallow",
        )
    if product.git("merge-base", "HEAD", commit, check=False) != commit:
        raise DataopsError(
            "This branch does not contain the current release's commit, so newer changes would "
            "appear as removed.",
            where=commit,
            fix=f"git merge {commit[:12]}",
        )
    return change_since(product, commit, f"release {record.run}") or NoBase(
        f"nothing differs from the current release, {record.run}"
    )


def _check_space(folder: Path, database: Path) -> None:
    """Head starts as a copy, and may be built a second time."""
    needed, free = 3 * database.stat().st_size, shutil.disk_usage(folder).free
    if free < needed:
        raise DataopsError(
            "There is not enough disk space for a copy of the current release.",
            where=f"{folder}: about {needed / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free",
            fix="free disk space, or compare on the sample: uv run dataops check",
        )


def _lay_out(
    product: Product,
    folder: Path,
    old_files: tuple[facts.RawFile, ...],
    new_files: tuple[facts.RawFile, ...],
) -> tuple[Path, tuple[str, ...]]:
    """The folder in which raw holds what the release read, and what of that cannot be had again."""
    hashes = {file.name: file.hash for file in new_files}
    missing_files = [file.name for file in old_files if hashes.get(file.name) != file.hash]
    added_count = len(hashes) - (len(old_files) - sum(name not in hashes for name in missing_files))
    remarks: list[str] = []
    if missing_files:
        remarks.append(
            f"Edited or removed in raw since the release, so differences may come from them: "
            f"{_files(len(missing_files))} ({', '.join(missing_files[:3])}"
            f"{' …' if len(missing_files) > 3 else ''})."
        )
    if not added_count:
        return product.root, tuple(remarks)
    if not product.raw.is_relative_to(product.root):
        remarks.append(
            f"Raw is outside the product, so what came to it since the release was read too, and "
            f"what differs may be its doing: {_files(added_count)}."
        )
        return product.root, tuple(remarks)
    tree = folder / "world"
    tree.mkdir()
    top = product.raw.relative_to(product.root).parts[0]
    for entry in os.scandir(product.root):
        if entry.name not in (top, "target", "store") and not entry.name.startswith("."):
            (tree / entry.name).symlink_to(entry.path)
    for file in old_files:
        if file.name in hashes:
            link = tree / product.raw.relative_to(product.root) / file.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(product.raw / file.name)
    remarks.append(
        f"Ignored, because it was added to raw since the release: {_files(added_count)}."
    )
    return tree, tuple(remarks)


def _files(count: int) -> str:
    return f"{count:,} file" + "s" * (count != 1)
