"""A branch beside the current release on PostgreSQL, in scratch schemas that are dropped after.

The branch reads what it does not change from the release's own schemas. What both sides hold of the
relations to compare is then copied into files, in which they are called alike.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from first_light.dbt.manifest import Manifest, Node, read_manifest
from first_light.project.product import Product
from first_light.warehouse.base import Relation
from first_light.warehouse.postgres.catalog import CANDIDATE, of_release
from first_light.warehouse.postgres.side import PostgresEngine, mirror, open_postgres_engine


@dataclass(frozen=True)
class PostgresCurrent:
    """The current release, and where a branch is built beside it.

    Attributes:
        product: whose.
        run: the release.
        manifest: its resources, as if they stood in the scratch schemas.
        state: a folder for dbt's `--state`, with its resources where they stand.
        database: the file that holds what was fetched of it.
    """

    product: Product
    run: str
    manifest: Manifest
    state: Path
    database: Path

    @classmethod
    def of(cls, product: Product, run: str, kept: Path, here: Path) -> PostgresCurrent:
        """Read the manifest that a release kept, which names a candidate's schemas."""
        text = kept.read_text(encoding="utf-8")
        built = {node.schema for node in read_manifest(kept, packages=True).nodes.values()}
        state = here / "current"
        state.mkdir()
        places: tuple[tuple[Path, Callable[[str], str]], ...] = (
            (state / "manifest.json", lambda schema: of_release(schema, run)),
            (state / "scratch.json", _of_scratch),
        )
        for path, name in places:
            path.write_text(_renamed(text, built, name), encoding="utf-8")
        manifest = read_manifest(state / "scratch.json", packages=True)
        return cls(product, run, manifest, state, state / "warehouse.duckdb")

    def environment(self) -> dict[str, str]:
        """The variables that lead dbt to the scratch schemas."""
        return {"DATAOPS_SCHEMA": scratch()}

    def dbt(
        self, here: Path, environment: dict[str, str], say: Callable[[str], None]
    ) -> PostgresEngine:
        """dbt for the branch; snapshots go on from what the release holds."""
        snapshots = (n for n in self.manifest.nodes.values() if n.kind == "snapshot")
        taken = tuple((self._stands(node), Relation(node.schema, node.alias)) for node in snapshots)
        return open_postgres_engine(self.product.root, "prod", here, environment, say, taken)

    def fetch(self, wanted: Iterable[str]) -> None:
        """Copy what the release holds of some models, by unique id, into the file."""
        only = {self._stands(self.manifest.nodes[name]) for name in wanted}
        prefix = of_release(CANDIDATE, self.run)
        mirror(self.product, prefix, self.database, only, scratch())

    def _stands(self, node: Node) -> Relation:
        schema = CANDIDATE + node.schema.removeprefix(scratch())
        return Relation(of_release(schema, self.run), node.alias)


def scratch() -> str:
    """What the scratch schemas' names begin with: nobody else's."""
    person = os.environ.get("USER") or os.environ.get("USERNAME") or "local"
    return f"beside_{os.environ.get('DATAOPS_CI_ID') or person}"


def _of_scratch(schema: str) -> str:
    return scratch() + schema.removeprefix(CANDIDATE)


def _renamed(text: str, built: Iterable[str], name: Callable[[str], str]) -> str:
    """A manifest's text with a candidate's schemas under other names, in compiled SQL too."""
    ours = sorted(s for s in built if s == CANDIDATE or s.startswith(f"{CANDIDATE}_"))
    if not ours:
        return text
    word = re.compile(rf"\b({'|'.join(map(re.escape, ours))})\b")
    return word.sub(lambda match: name(match[1]), text)
