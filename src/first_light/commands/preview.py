"""`dataops preview`: what this branch would publish, for its author to show; never published."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from first_light.catalog.columns import Built
from first_light.catalog.facts import Release, collect
from first_light.catalog.page import PAGE, catalog_page
from first_light.dbt.driver import reads_files
from first_light.dbt.engine import DbtRun, open_engine
from first_light.dbt.manifest import read_manifest
from first_light.history.raw_location import RawFolder
from first_light.metrics.definitions import read_semantics
from first_light.project.default_branch import recorded
from first_light.project.product import Product, now
from first_light.release.external import external_problem
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.utils.timestamps import utc
from first_light.warehouse.base import DATABASE_FILE, Relation
from first_light.warehouse.kinds import warehouse_type
from first_light.warehouse.readers_copy import read_columns, write_readers_copy
from first_light.warehouse.scratch import VIEWS, connect
from first_light.warehouse.withheld_columns import withheld_columns

DAYS = 14
_FACTS = "preview.json"


@dataclass(frozen=True)
class Preview:
    """One preview.

    Attributes:
        folder: target/preview/…, with the database and the pages.
        branch: what was built.
        released_branch: what a release builds.
        commit: in full.
        dirty: with work that is not committed.
        built_from: sample or raw.
        built_at: ISO 8601, UTC.
        pages: catalog.html, and impact.html where `dataops check` has looked at this very commit.
        failed: models and tests that failed; what is below a failed one is not there.
        pruned: older previews that were deleted.
    """

    folder: Path
    branch: str
    released_branch: str
    commit: str
    dirty: bool
    built_from: str
    built_at: str
    pages: tuple[str, ...]
    failed: tuple[str, ...]
    pruned: tuple[str, ...]

    @property
    def database(self) -> Path:
        return self.folder / DATABASE_FILE


def preview(product: Product, progress: Callable[[str], None], raw: bool = False) -> Preview:
    """Build this branch, as readers would see it, into a folder of its own under target/preview.

    The database has the schemas of a release and holds tables only: it can be copied anywhere.

    Args:
        product: the product.
        progress: shows what is being done right now.
        raw: build on raw, not on the sample.

    Raises:
        DataopsError: it could not be built at all.
    """
    kind = warehouse_type(product)
    if not reads_files(kind):  # it is built with the target of releases
        raise DataopsError(f"Previews are not available on {kind}.", fix="uv run dbt build")
    home = product.target / "preview"
    branch = product.git("branch", "--show-current", check=False) or "detached"
    commit = product.git("rev-parse", "HEAD", check=False)
    dirty = bool(product.git("status", "--porcelain", *product.pathspec, check=False))
    pruned = prune(home, time.time())
    name = f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', branch)}-{commit[:7] or 'nogit'}"
    folder = home / (name + "-raw" * raw)
    building = home / f".{folder.name}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True, mode=0o700)

    built, withheld = _build(product, building / DATABASE_FILE, raw, progress)
    built_from, built_at = "raw" if raw else "sample", utc(now())
    progress("catalog")
    at = f"built from {'raw' if raw else 'the sample'} {built_at[:16].replace('T', ' ')} UTC"
    state = f"{commit[:7] or 'no commit'}{' with uncommitted changes' * dirty}"
    _write_catalog(product, building, (f"Preview of {branch}", at, state), built, withheld)
    progress("views become tables")
    _compact(product, building / DATABASE_FILE, withheld)
    pages = (PAGE, *_impact_page(product, building, commit, dirty))
    preview_ = Preview(
        folder, branch, recorded(product), commit, dirty, built_from, built_at, pages,
        tuple(f"{node.kind} {node.name}" for node in built.failed), pruned,
    )  # fmt: skip
    (building / _FACTS).write_text(as_json(preview_), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    if not raw:
        building.chmod(home.stat().st_mode & 0o777)
    building.rename(folder)
    return preview_


def prune(home: Path, at: float) -> tuple[str, ...]:
    """Delete previews, and what a broken run has left, that are older than two weeks; their names.

    Args:
        home: target/preview.
        at: the machine's time, in seconds since 1970: what is old is a matter of the disk.
    """
    removed = []
    for folder in sorted(home.iterdir()) if home.is_dir() else ():
        if at - folder.stat().st_mtime > DAYS * 86_400:
            shutil.rmtree(folder)
            removed.append(folder.name)
    return tuple(removed)


def as_json(preview_: Preview) -> str:
    """The preview for machines."""
    content = {
        **asdict(preview_),
        "folder": str(preview_.folder),
        "database": str(preview_.database),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _build(
    product: Product, database: Path, raw: bool, progress: Callable[[str], None]
) -> tuple[DbtRun, dict[Relation, tuple[str, ...]]]:
    """The build, and the columns that readers would not get."""
    place = RawFolder(product.raw if raw else product.sample, product.root)
    if not place.root.is_dir():
        raise DataopsError(
            "There is no data to build from.", where=place.absolute, fix="uv run dataops add PATH"
        )
    environment = {"DATAOPS_DB": str(database), "DATAOPS_RAW": place.spelled}
    if not raw and product.as_of:
        environment["DATAOPS_NOW"] = product.as_of
    target_path = _target_path(product)
    dbt = open_engine(
        product.root, "prod", target_path, environment, lambda line: progress(f"dbt: {line}")
    )
    progress("dbt parse")
    parsed = dbt.parse(warnings_are_errors=False)
    if not parsed.ok:
        raise DataopsError(
            "dbt could not parse the project.", where=parsed.problem, fix="uv run dbt parse"
        )
    if raw:
        parsed_manifest = read_manifest(target_path / "manifest.json", packages=True)
        if problem := external_problem(parsed_manifest, dbt, target_path):
            raise DataopsError(
                "External models would write personal columns.",
                where=problem,
                fix="leave the columns out, or preview the sample: uv run dataops preview",
            )
    progress("dbt build")
    built = dbt.build()
    if not built.ok and not built.nodes:
        raise DataopsError(
            "dbt could not build the project.", where=built.problem, fix="uv run dbt build"
        )
    if not database.is_file():
        raise DataopsError(
            "The product has no models to build.", fix="uv run dataops start --from PATH"
        )
    return built, _withheld(target_path, database, built) if raw else {}


def _target_path(product: Product) -> Path:
    return product.target / "preview-dbt"


def _withheld(target_path: Path, database: Path, built: DbtRun) -> dict[Relation, tuple[str, ...]]:
    """The columns that a release would not publish, by relation."""
    manifest = read_manifest(target_path / "manifest.json", packages=True)
    columns = {(r.schema, r.name): names for r, names in read_columns(database).items()}
    sql = {node.unique_id: node.sql for node in built.nodes}
    withheld = withheld_columns(manifest, sql, columns)
    return {Relation(*place): names for place, names in withheld.items()}


def _write_catalog(
    product: Product,
    folder: Path,
    edition: tuple[str, ...],
    run: DbtRun,
    withheld: Mapping[Relation, tuple[str, ...]],
) -> None:
    target_path = _target_path(product)
    columns = read_columns(folder / DATABASE_FILE)
    built = Built(
        columns={(r.schema, r.name): names for r, names in columns.items()},
        withheld={(r.schema, r.name): names for r, names in withheld.items()},
        types={},
        sql={node.unique_id: node.sql for node in run.nodes},
    )
    manifest = read_manifest(target_path / "manifest.json", packages=True)
    release = Release(edition[0], edition[1:], built)
    catalog = collect(product, manifest, read_semantics(target_path), release)
    (folder / PAGE).write_text(catalog_page(catalog), encoding="utf-8")


def _compact(
    product: Product, database: Path, withheld: Mapping[Relation, tuple[str, ...]]
) -> None:
    """Make tables of views: they would ask for files that are not there where it is shown."""
    if withheld:
        whole = database.with_name("built") / database.name
        whole.parent.mkdir(mode=0o700)
        database.rename(whole)
        write_readers_copy(whole, database, withheld, product.root, tables_only=True)
        shutil.rmtree(whole.parent)
        return
    with connect(str(database)) as connection:
        run = connection.execute
        run(f"set file_search_path = '{str(product.root).replace(chr(39), chr(39) * 2)}'")
        run("set TimeZone = 'UTC'")
        views = run(
            f"select schema_name, view_name from {VIEWS} "
            "where database_name = current_database() and not internal"
        ).fetchall()
        places = [(f"{quoted(schema)}.", view) for schema, view in views]
        for schema, view in places:
            run(f"create table {schema}{quoted(view + '__table')} as from {schema}{quoted(view)}")
        for schema, view in places:
            run(f"drop view {schema}{quoted(view)}")
            run(f"alter table {schema}{quoted(view + '__table')} rename to {quoted(view)}")
        run("checkpoint")


def _impact_page(product: Product, folder: Path, commit: str, dirty: bool) -> tuple[str, ...]:
    """The page of the check of this very commit, if there is one."""
    check = product.target / "check"
    try:
        impact = json.loads((check / "impact.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    if dirty or (impact["commit"], impact["dirty"]) != (commit, False):
        return ()
    shutil.copy(check / "impact.html", folder / "impact.html")
    return ("impact.html",)
