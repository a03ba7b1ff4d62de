"""dbt's manifest as small typed objects; its raw JSON goes no further."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from first_light.dbt.driver import reads_files
from first_light.dbt.external_location import expand
from first_light.dbt.graph import Graph
from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import read_regular

NEW_FILES = "is_new_file"
"""The macro with which a model reads each file once."""


@dataclass(frozen=True)
class Column:
    """One described column, with its declared type and the kind of personal data it holds.

    `constraints` are the kinds that its contract names: not_null, primary_key, unique, …;
    `references` is the `table.column` that it leads to, as its meta says.
    """

    name: str
    description: str
    data_type: str
    pii: str
    constraints: tuple[str, ...] = ()
    references: str = ""


@dataclass(frozen=True)
class CalledTest:
    """A generic test as it is called: its name, its column (empty: the whole model), arguments."""

    name: str
    column: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class TestVerdict:
    """How a data test is judged.

    Attributes:
        failures: SQL over its rows, such as count(*).
        warn_if, error_if: SQL that follows it, such as != 0.
        severity: error or warn.
    """

    failures: str
    warn_if: str
    error_if: str
    severity: str


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
        depends_on: unique ids of its direct parents; in place of a metric the models behind it.
        metrics: of an exposure, the names of the metrics that it depends on directly.
        attached_to: the node that a data or unit test is about; empty for other kinds.
        meta: config.meta.
        schema: the schema it is built in; empty where it is not built.
        alias: its name there; empty where it is not built.
        relation: its whole name there, quoted; empty where it is not built.
        checksum: changes when its file changes.
        code: its compiled SQL; empty when it was not compiled.
        primary_key: the columns that dbt takes for its key, from constraints and tests.
        constraints: kinds and columns of its contract's model-level constraints.
        version: of a versioned model; empty for others.
        deprecated: the day after which it may go (ISO 8601); empty when none is set.
        on_schema_change: of an incremental model.
        macros: unique ids of the macros that it calls itself.
        call: of a generic test.
        loaded_at: SQL for the time at which a source's row was loaded; empty when none is named.
        fresh: of a source, its age in seconds that warns, and that rejects; None where not set.
        verdict: of a test, how its rows are judged.
        label, url: of an exposure, its name for people and where it is; empty when not given.
        loader: of a source, what loads it; empty when not given.
        updated_at: of a snapshot, the column whose time is that of its versions; empty if none.
        source_code: its SQL or Python as it is written, with Jinja.
        hooks: the SQL that is run before and after it is built, with Jinja.
        grants: whether its config grants privileges on it.
        filtered: of a test, whether it judges only a part of the rows.
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
    relation: str = ""
    checksum: str = ""
    code: str = ""
    primary_key: tuple[str, ...] = ()
    constraints: tuple[tuple[str, tuple[str, ...]], ...] = ()
    version: str = ""
    deprecated: str = ""
    on_schema_change: str = ""
    macros: tuple[str, ...] = ()
    call: CalledTest | None = None
    loaded_at: str = ""
    fresh: tuple[float | None, float | None] = (None, None)
    verdict: TestVerdict | None = None
    metrics: tuple[str, ...] = ()
    label: str = ""
    url: str = ""
    loader: str = ""
    updated_at: str = ""
    source_code: str = ""
    hooks: tuple[str, ...] = ()
    grants: bool = False
    filtered: bool = False

    @property
    def reads_new_files(self) -> bool:
        """Whether it is built from the files alone that the current release has not read."""
        return any(name.endswith(f".{NEW_FILES}") for name in self.macros)

    @property
    def record_loaded_at(self) -> str:
        """`loaded_at` in rows that are records, which meta says; totals may have no time there."""
        records = self.meta.get("records")
        return f"case when {records} then {self.loaded_at} end" if records else self.loaded_at


@dataclass(frozen=True)
class Manifest:
    """The project's own resources (not those of packages), by unique id.

    `macros` holds the text of every macro, those of packages too, and `macro_calls` which other
    macros it calls. `functions` are the names of dbt's functions, in lower case.
    """

    nodes: dict[str, Node]
    groups: dict[str, dict[str, str]]
    macros: dict[str, str] = field(default_factory=dict)
    macro_calls: dict[str, tuple[str, ...]] = field(default_factory=dict)
    functions: frozenset[str] = frozenset()

    @cached_property
    def graph(self) -> Graph:
        """All resources, tests included, and the resources of packages that they depend on."""
        return Graph({name: node.depends_on for name, node in self.nodes.items()})

    @cached_property
    def macro_graph(self) -> Graph:
        """All macros; the parents of a macro are those that it calls."""
        return Graph(self.macro_calls)

    @property
    def owners(self) -> frozenset[str]:
        """The names and addresses of all owners of groups and exposures."""
        owners = [*self.groups.values(), *(node.owner for node in self.nodes.values())]
        return frozenset(str(value) for owner in owners for value in owner.values())

    def of(self, kind: str) -> list[Node]:
        """All resources of one kind, in the order of their paths and names."""
        resources = [node for node in self.nodes.values() if node.kind == kind]
        return sorted(resources, key=lambda node: (node.path, node.name))

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
        raw = json.loads(read_regular(path))
        project = raw["metadata"]["project_name"]
        adapter = raw["metadata"].get("adapter_type")
        is_server = adapter is not None and not reads_files(adapter)
        kinds = ("nodes", "sources", "exposures", "unit_tests")
        nodes = {
            unique_id: _with_metrics(_node(entry, is_server), raw)
            for kind in kinds
            for unique_id, entry in raw.get(kind, {}).items()
            if packages or entry.get("package_name") == project
        }
        groups = {group["name"]: dict(group["owner"]) for group in raw.get("groups", {}).values()}
        macros = raw.get("macros") or {}
        macro_text = {name: entry.get("macro_sql") or "" for name, entry in macros.items()}
        macro_calls = {name: _macros_of(entry) for name, entry in macros.items()}
        functions = frozenset(
            str(entry.get("alias") or entry["name"]).lower()
            for entry in (raw.get("functions") or {}).values()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataopsError(
            "dbt's manifest could not be read.", where=f"{path}: {error}", fix="uv run dbt parse"
        ) from error
    return Manifest(nodes, groups, macro_text, macro_calls, functions)


def _node(entry: dict[str, Any], is_server: bool) -> Node:
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
        alias=entry.get("alias") or entry.get("identifier") or "",
        relation=str(entry.get("relation_name") or "") if is_server else _relation(entry),
        checksum=_checksum(entry.get("checksum")) or _checksum_of_text(entry),
        code=entry.get("compiled_code") or "",
        primary_key=tuple(entry.get("primary_key") or ()),
        constraints=tuple(
            (str(constraint.get("type")), tuple(constraint.get("columns") or ()))
            for constraint in entry.get("constraints") or ()
        ),
        version=str(entry.get("version") or ""),
        deprecated=str(entry.get("deprecation_date") or ""),
        on_schema_change=config.get("on_schema_change") or "",
        macros=_macros_of(entry),
        call=_test_call(entry),
        loaded_at=entry.get("loaded_at_field") or config.get("loaded_at_field") or "",
        fresh=_fresh(entry.get("freshness") or config.get("freshness")),
        verdict=_test_verdict(entry["resource_type"], config),
        label=entry.get("label") or "",
        url=entry.get("url") or "",
        loader=entry.get("loader") or "",
        updated_at=str(config.get("updated_at") or ""),
        source_code=entry.get("raw_code") or "",
        hooks=tuple(
            hook if isinstance(hook, str) else str(hook.get("sql") or "")
            for name in ("pre-hook", "post-hook", "pre_hook", "post_hook")
            for hook in _listed(config.get(name))
        ),
        grants=bool(config.get("grants")),
        filtered=bool(config.get("where")),
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _with_metrics(node: Node, raw: dict[str, Any]) -> Node:
    """An exposure with the models behind its metrics: metrics and semantic models are no nodes."""
    semantic = {**(raw.get("metrics") or {}), **(raw.get("semantic_models") or {})}
    if node.kind != "exposure" or not any(name in semantic for name in node.depends_on):
        return node
    parents: dict[str, None] = {}
    waiting = list(node.depends_on)
    visited: set[str] = set()
    while waiting:
        name = waiting.pop(0)
        if name not in semantic:
            parents[name] = None
        elif name not in visited:
            visited.add(name)
            waiting += (semantic[name].get("depends_on") or {}).get("nodes") or ()
    names = (name for name in node.depends_on if name in (raw.get("metrics") or {}))
    metrics = tuple(semantic[name]["name"] for name in names)
    return replace(node, depends_on=tuple(parents), metrics=metrics)


def _checksum(given: Any) -> str:
    """A unit test's is a text, every other node's says its algorithm too."""
    return str(given.get("checksum") or "") if isinstance(given, dict) else str(given or "")


def _checksum_of_text(entry: dict[str, Any]) -> str:
    """Of a test that is written out: dbt v2 gives none."""
    parts = ("raw_code",) if entry["resource_type"] == "test" else ("given", "expect", "overrides")
    texts = [] if entry.get("test_metadata") else [entry[part] for part in parts if part in entry]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest() if any(texts) else ""


def _relation(entry: dict[str, Any]) -> str:
    """Its name in a query; of a source that is files, what reads them, which dbt v2 leaves out."""
    name = str(entry.get("relation_name") or "")
    meta = {**(entry.get("meta") or {}), **((entry.get("config") or {}).get("meta") or {})}
    location = meta.get("external_location")
    if entry["resource_type"] != "source" or not isinstance(location, str):
        return name
    names = {key: entry.get(key) for key in ("name", "identifier", "schema", "database", "tags")}
    try:
        return expand(location, str(meta.get("formatter", "newstyle")), {**names, **meta})
    except ValueError:
        return name


def _macros_of(entry: dict[str, Any]) -> tuple[str, ...]:
    return tuple((entry.get("depends_on") or {}).get("macros") or ())


def _test_call(entry: dict[str, Any]) -> CalledTest | None:
    called = entry.get("test_metadata")
    if not called:
        return None
    arguments = {k: v for k, v in (called.get("kwargs") or {}).items() if k != "model"}
    return CalledTest(called["name"], str(entry.get("column_name") or ""), arguments)


_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86_400.0}


def _fresh(freshness: Any) -> tuple[float | None, float | None]:
    def after(name: str) -> float | None:
        limit = (freshness or {}).get(name) or {}
        count, period = limit.get("count"), limit.get("period")
        return count * _SECONDS[period] if count and period in _SECONDS else None

    return after("warn_after"), after("error_after")


def _test_verdict(kind: str, config: dict[str, Any]) -> TestVerdict | None:
    if kind != "test":
        return None
    return TestVerdict(
        config.get("fail_calc") or "count(*)",
        config.get("warn_if") or "!= 0",
        config.get("error_if") or "!= 0",
        str(config.get("severity") or "error").lower(),
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
        constraints=tuple(
            str(constraint.get("type")) for constraint in entry.get("constraints") or ()
        ),
        references=str(meta.get("references") or ""),
    )
