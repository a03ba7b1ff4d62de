"""dbt's manifest as small typed objects; its raw JSON goes no further."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataops.errors import DataopsError


@dataclass(frozen=True)
class Column:
    """One described column, with its declared type and the kind of personal data it holds."""

    name: str
    description: str
    data_type: str
    pii: str


@dataclass(frozen=True)
class Node:
    """One resource of the dbt project.

    Attributes:
        unique_id: dbt's id, e.g. `model.shop.orders`.
        kind: dbt's resource type: model, test, unit_test, snapshot, source, exposure, …
        name: its name.
        path: the file that defines it, relative to the product.
        patch_path: the YAML that describes it, relative to the product; empty when there is none.
        description: as written.
        columns: the described columns.
        group: the dbt group that owns it; empty when none does.
        access: private, protected or public; empty when it has no access.
        contract: whether its contract is enforced.
        materialized: table, view, incremental, snapshot, …; empty where it does not apply.
        unique_key: of a snapshot or an incremental model; empty when there is none.
        owner: name and e-mail, of an exposure.
        depends_on: unique ids of its direct parents.
        attached_to: the node that a data or unit test is about; empty for other kinds.
        meta: config.meta.
        schema: the schema it is built in; empty where it is not built.
        alias: its name there; empty where it is not built.
    """

    unique_id: str
    kind: str
    name: str
    path: str
    patch_path: str = ""
    description: str = ""
    columns: tuple[Column, ...] = ()
    group: str = ""
    access: str = ""
    contract: bool = False
    materialized: str = ""
    unique_key: str = ""
    owner: dict[str, str] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    attached_to: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    schema: str = ""
    alias: str = ""


@dataclass(frozen=True)
class Manifest:
    """The project's own resources (not those of packages), by unique id."""

    nodes: dict[str, Node]
    groups: dict[str, dict[str, str]]

    def of(self, kind: str) -> list[Node]:
        """All resources of one kind, in the order of their paths and names."""
        found = [node for node in self.nodes.values() if node.kind == kind]
        return sorted(found, key=lambda node: (node.path, node.name))

    def tests_of(self, unique_id: str) -> list[Node]:
        """The data tests and unit tests of one resource, singular tests that read it included."""
        return [
            node
            for node in self.nodes.values()
            if node.kind in ("test", "unit_test")
            and (node.attached_to == unique_id or unique_id in node.depends_on)
        ]


def read_manifest(path: Path, *, packages: bool = False) -> Manifest:
    """The manifest that dbt wrote.

    Args:
        path: the file.
        packages: with the resources of installed packages.

    Raises:
        DataopsError: there is none, or it is not a manifest.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        project = raw["metadata"]["project_name"]
        kinds = ("nodes", "sources", "exposures", "unit_tests")
        nodes = {
            unique_id: _node(entry)
            for kind in kinds
            for unique_id, entry in raw.get(kind, {}).items()
            if packages or entry.get("package_name") == project
        }
        groups = {group["name"]: dict(group["owner"]) for group in raw.get("groups", {}).values()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataopsError(
            "dbt's manifest could not be read.", where=f"{path}: {error}", mend="uv run dbt parse"
        ) from error
    return Manifest(nodes, groups)


def _node(entry: dict[str, Any]) -> Node:
    config = entry.get("config") or {}
    unique_key = config.get("unique_key") or ""
    return Node(
        unique_id=entry["unique_id"],
        kind=entry["resource_type"],
        name=entry["name"],
        path=entry["original_file_path"].replace("\\", "/"),
        patch_path=(entry.get("patch_path") or "").split("://")[-1].replace("\\", "/"),
        description=entry.get("description") or "",
        columns=tuple(_column(column) for column in (entry.get("columns") or {}).values()),
        group=entry.get("group") or config.get("group") or "",
        access=entry.get("access") or "",
        contract=bool((config.get("contract") or {}).get("enforced")),
        materialized=config.get("materialized") or "",
        unique_key=unique_key if isinstance(unique_key, str) else ", ".join(unique_key),
        owner={k: v for k, v in (entry.get("owner") or {}).items() if isinstance(v, str)},
        depends_on=tuple((entry.get("depends_on") or {}).get("nodes") or ()),
        attached_to=entry.get("attached_node") or _unit_test_model(entry),
        meta=dict(config.get("meta") or entry.get("meta") or {}),
        schema=entry.get("schema") or "",
        alias=entry.get("alias") or "",
    )


def _unit_test_model(entry: dict[str, Any]) -> str:
    if entry["resource_type"] != "unit_test":
        return ""
    return next(iter((entry.get("depends_on") or {}).get("nodes") or ()), "")


def _column(entry: dict[str, Any]) -> Column:
    meta = (entry.get("config") or {}).get("meta") or entry.get("meta") or {}
    return Column(
        name=entry["name"],
        description=entry.get("description") or "",
        data_type=entry.get("data_type") or "",
        pii=str(meta.get("pii") or ""),
    )
