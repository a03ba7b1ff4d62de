"""Builds of a branch beside the current release on PostgreSQL, in temporary schemas.

The branch reads unchanged models from the release's own schemas. The relations to compare are then
copied from both sides into files, under the same names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from first_light.dbt.folders import SEMANTIC_MANIFEST
from first_light.dbt.manifest import Manifest, Node, read_manifest
from first_light.project import settings
from first_light.project.product import Product
from first_light.utils.regular_files import read_regular
from first_light.warehouse.base import Relation
from first_light.warehouse.postgres.catalog import CANDIDATE, of_release
from first_light.warehouse.postgres.server import SESSION
from first_light.warehouse.postgres.side import PostgresEngine, mirror, open_postgres_engine


@dataclass(frozen=True)
class PostgresCurrent:
    """The current release, and where a branch is built beside it.

    Attributes:
        product: the product.
        run: the release.
        manifest: its resources, with the names of the scratch schemas.
        state: a folder for dbt's `--state`, with the names of the release's schemas.
        database: the file for the relations that were fetched.
    """

    product: Product
    run: str
    manifest: Manifest
    state: Path
    database: Path

    @classmethod
    def of(cls, product: Product, run: str, stored: Path, folder: Path) -> PostgresCurrent:
        """Read the manifest of a release, which contains the names of candidate schemas.

        The definitions of its metrics get the names of the scratch schemas, as the file has them.
        """
        text = read_regular(stored).decode()
        built = {node.schema for node in read_manifest(stored, packages=True).nodes.values()}
        state = folder / "current"
        state.mkdir()
        places: tuple[tuple[Path, Callable[[str], str]], ...] = (
            (state / "manifest.json", lambda schema: of_release(schema, run)),
            (state / "scratch.json", _of_scratch),
        )
        for path, name in places:
            path.write_text(_renamed(text, built, name), encoding="utf-8")
        semantics = stored.with_name(SEMANTIC_MANIFEST)
        if semantics.is_file():  # releases of earlier versions have none
            renamed = _renamed(read_regular(semantics).decode(), built, _of_scratch)
            (state / SEMANTIC_MANIFEST).write_text(renamed, encoding="utf-8")
        manifest = read_manifest(state / "scratch.json", packages=True)
        return cls(product, run, manifest, state, state / "warehouse.duckdb")

    def environment(self) -> dict[str, str]:
        """dbt's variables for the scratch schemas."""
        return {**SESSION, "DATAOPS_SCHEMA": scratch()}

    def dbt(
        self, target_path: Path, environment: dict[str, str], progress: Callable[[str], None]
    ) -> PostgresEngine:
        """dbt for the branch; snapshots go on from what the release holds."""
        snapshots = (n for n in self.manifest.nodes.values() if n.kind == "snapshot")
        initial_tables = tuple(
            (self._relation(node), Relation(node.schema, node.alias)) for node in snapshots
        )
        return open_postgres_engine(
            self.product.root, "prod", target_path, environment, progress, initial_tables
        )

    def fetch(self, unique_ids: Iterable[str]) -> None:
        """Copy models of the release, by unique id, into the file."""
        relations = {self._relation(self.manifest.nodes[name]) for name in unique_ids}
        prefix = of_release(CANDIDATE, self.run)
        mirror(self.product, prefix, self.database, relations, scratch())

    def _relation(self, node: Node) -> Relation:
        schema = CANDIDATE + node.schema.removeprefix(scratch())
        return Relation(of_release(schema, self.run), node.alias)


def scratch() -> str:
    """The prefix of the scratch schemas' names, unique to this user or job."""
    person = os.environ.get("USER") or os.environ.get("USERNAME") or "local"
    return f"beside_{settings.current().ci_id or person}"


def _of_scratch(schema: str) -> str:
    return scratch() + schema.removeprefix(CANDIDATE)


def _renamed(text: str, built: Iterable[str], name: Callable[[str], str]) -> str:
    """A manifest's text with a candidate's schemas under other names, in compiled SQL too."""
    schemas = sorted(s for s in built if s == CANDIDATE or s.startswith(f"{CANDIDATE}_"))
    if not schemas:
        return text
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, schemas))})\b")
    return pattern.sub(lambda match: name(match[1]), text)
