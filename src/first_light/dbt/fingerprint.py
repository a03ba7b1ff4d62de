"""What each node of the project is built from, as one text that changes when any of it does.

A fingerprint covers the node's own entry in dbt's manifest (code, configuration, contract,
columns), the macros that it reaches, the environment variables that they read, the state of its
data where it is a source or a seed, what all nodes depend on (dbt, its settings, packages, the
engine), and the fingerprints of what it reads. It is empty where the same inputs may give another
result: then the node, and what is downstream, is built every time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from first_light.dbt import determinism
from first_light.dbt.graph import Graph
from first_light.utils.errors import DataopsError

# Of an entry, what changes without a change of what is built, and what is hashed elsewhere.
_LEFT_OUT = frozenset(
    {
        *("build_path", "checksum", "compiled", "compiled_code", "compiled_path", "created_at"),
        *("config_call_dict", "depends_on", "doc_blocks", "docs", "extra_ctes"),
        *("extra_ctes_injected", "fqn", "package_path", "patch_path", "primary_key", "raw_sql"),
        *("root_path", "unrendered_config", "unrendered_database", "unrendered_schema"),
    }
)
_TEXT_FOR_PEOPLE = frozenset({"description", "meta", "source_description", "source_meta"})
_DATA = frozenset({"source", "seed"})  # built from files
_CERTAIN_KINDS = frozenset({"model", "snapshot", "seed", "source", "test", "unit_test"})
_CERTAIN_MATERIALIZATIONS = frozenset(
    {"table", "view", "incremental", "ephemeral", "seed", "snapshot", "test", "unit"}
)
_UNCERTAIN_NAMES = ("timestamp", "get_time")  # in the names of dbt's own macros
_PROJECT_FILES = (
    "dbt_project.yml",
    "profiles.yml",
    "vars.yml",
    "packages.yml",
    "dependencies.yml",
    "package-lock.yml",
    "dbt_packages/*/dbt_project.yml",
)


@dataclass(frozen=True)
class Project:
    """What dbt's manifest says, with the code that is not in it.

    Attributes:
        content: the manifest, as dbt wrote it.
        files: texts of the files that configure dbt, by name.
        seeds: hashes of the seeds' files, by unique id.
    """

    content: Mapping[str, Any]
    files: Mapping[str, str]
    seeds: Mapping[str, str]

    @cached_property
    def entries(self) -> dict[str, dict[str, Any]]:
        """Everything that can be built or read, by unique id."""
        kinds = ("nodes", "sources", "unit_tests")
        return {name: entry for kind in kinds for name, entry in self.content.get(kind, {}).items()}

    @property
    def obstacle(self) -> str:
        """Why nothing of this project can be carried over; empty if there is no reason."""
        if any(entry["resource_type"] == "operation" for entry in self.entries.values()):
            return "the project has on-run-start or on-run-end hooks"
        return "the project has functions of its own" if self.content.get("functions") else ""


@dataclass(frozen=True)
class Inputs:
    """What fingerprints depend on besides the project.

    Attributes:
        common: what all nodes depend on: versions by name.
        sources: the state of the data of each source, by unique id; where it is unknown none.
        environment: the variables with which dbt runs.
    """

    common: Mapping[str, str]
    sources: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)


def read_project(root: Path, manifest: Path) -> Project:
    """Read what fingerprints are made of.

    Raises:
        DataopsError: a file cannot be read.
    """
    try:
        content = msgspec.json.decode(manifest.read_bytes())
        files = {
            path.relative_to(root).as_posix(): path.read_text(encoding="utf-8", errors="replace")
            for pattern in _PROJECT_FILES
            for path in sorted(root.glob(pattern))
        }
        seeds = {
            name: hashlib.blake2b((root / _seed(entry)).read_bytes()).hexdigest()
            for name, entry in content.get("nodes", {}).items()
            if entry["resource_type"] == "seed"
        }
    except (OSError, msgspec.MsgspecError, KeyError, TypeError) as error:
        raise DataopsError(
            "What the project is built from could not be read.",
            where=str(error),
            fix="uv run dbt parse",
        ) from error
    return Project(content, files, seeds)


def fingerprints(
    project: Project, inputs: Inputs, uncertain: Collection[str] = ()
) -> dict[str, str]:
    """The fingerprint of each node, source and test, by unique id.

    Args:
        project: its code.
        inputs: what it is built from besides.
        uncertain: nodes whose compiled SQL may give another result from the same inputs.
    """
    macros = _Macros(project.content, inputs.environment)
    common = _digest([*sorted(inputs.common.items()), *_common(project, macros, inputs)])
    entries = project.entries
    parents = {name: tuple(sorted(_parents(entry))) for name, entry in entries.items()}
    states = {**inputs.sources, **project.seeds}
    result: dict[str, str] = {}
    for name in Graph(parents).in_order():
        entry = entries.get(name)
        own = "" if entry is None or name in uncertain else _own(entry, states, macros)
        above = [result[parent] for parent in parents.get(name, ())]
        result[name] = _digest([common, own, *above]) if own and all(above) else ""
    return result


def _own(entry: Mapping[str, Any], states: Mapping[str, str], macros: _Macros) -> str:
    """What of a node itself changes what is built; empty where it may differ from run to run."""
    kind, config = str(entry["resource_type"]), entry.get("config") or {}
    materialized = str(config.get("materialized") or "")
    if (
        kind not in _CERTAIN_KINDS
        or (materialized and materialized not in _CERTAIN_MATERIALIZATIONS)
        or entry.get("language") not in (None, "", "sql")
        or entry.get("functions")
        or any(config.get(hook) for hook in ("pre-hook", "post-hook", "pre_hook", "post_hook"))
        or config.get("incremental_strategy") == "microbatch"
    ):
        return ""
    state = ""
    if kind in _DATA and not (state := states.get(str(entry["unique_id"]), "")):
        return ""
    kept = {key: value for key, value in entry.items() if key not in _LEFT_OUT}
    reached = macros.reached(_macros(entry))
    values = (value for key, value in kept.items() if key not in _TEXT_FOR_PEOPLE)
    code = "\n".join(text for value in values for text in _texts(value))
    # The values of a seed are data, not code.
    is_certain = kind == "seed" or not determinism.is_uncertain(code)
    names = determinism.variables(_text(entry.get("raw_code") or ""))
    if reached is None or names is None or not is_certain:
        return ""
    return _digest([_text(kept), state, reached, *macros.values(names)])


@dataclass(frozen=True)
class _Macros:
    """The macros of a project and of its packages."""

    content: Mapping[str, Any]
    environment: Mapping[str, str]
    _known: dict[str, str | None] = field(default_factory=dict)

    @cached_property
    def entries(self) -> Mapping[str, dict[str, Any]]:
        entries: Mapping[str, dict[str, Any]] = self.content.get("macros") or {}
        return entries

    @cached_property
    def graph(self) -> Graph:
        return Graph({name: _macros(entry) for name, entry in self.entries.items()})

    @cached_property
    def of_dbt(self) -> frozenset[str]:
        """The names of the packages that dbt and its adapter bring along."""
        adapter = (self.content.get("metadata") or {}).get("adapter_type") or ""
        return frozenset({"dbt", f"dbt_{adapter}"})

    def reached(self, names: Iterable[str]) -> str | None:
        """What changes with these macros and those that they call; None where it is uncertain."""
        direct = set(names)
        parts = []
        for name in sorted(direct | self.graph.ancestors(*direct)):
            if name not in self._known:
                self._known[name] = self._own(name)
            if (part := self._known[name]) is None:
                return None
            parts.append(part)
        return _digest(parts)

    def values(self, names: Iterable[str]) -> list[str]:
        """Environment variables with their values."""
        return [f"{name}={self.environment.get(name)!r}" for name in sorted(names)]

    def overriding(self) -> list[str]:
        """The texts of macros that dbt may call although no node names them."""
        own = {name: entry for name, entry in self.entries.items() if not self._is_of_dbt(entry)}
        known = {str(e["name"]) for name, e in self.entries.items() if name not in own}
        return [
            f"{name}\n{entry.get('macro_sql') or ''}"
            for name, entry in sorted(own.items())
            if entry["name"] in known
            or entry["name"].partition("__")[2] in known
            or entry["name"].startswith("materialization_")
        ]

    def _own(self, name: str) -> str | None:
        entry = self.entries.get(name)
        if entry is None:
            return None
        if self._is_of_dbt(entry):  # its text changes with dbt's version
            return None if any(word in name for word in _UNCERTAIN_NAMES) else name
        code = str(entry.get("macro_sql") or "")
        names = determinism.variables(code)
        if names is None or determinism.is_uncertain(code):
            return None
        return _digest([name, code, *self.values(names)])

    def _is_of_dbt(self, entry: Mapping[str, Any]) -> bool:
        return entry.get("package_name") in self.of_dbt


def _common(project: Project, macros: _Macros, inputs: Inputs) -> list[str]:
    texts = [f"{name}\n{text}" for name, text in sorted(project.files.items())]
    names = determinism.variables(project.files.get("dbt_project.yml", "")) or frozenset()
    return [*texts, *macros.overriding(), *macros.values(names)]


def _seed(entry: Mapping[str, Any]) -> str:
    return str(Path(entry.get("root_path") or ".") / str(entry["original_file_path"]))


def _parents(entry: Mapping[str, Any]) -> Iterable[str]:
    return (entry.get("depends_on") or {}).get("nodes") or ()


def _macros(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple((entry.get("depends_on") or {}).get("macros") or ())


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value as they are written, with their line ends; names of keys are no code."""
    if isinstance(value, str):
        yield value
    elif value and isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def _digest(parts: Iterable[Any]) -> str:
    text = json.dumps([_text(part) for part in parts])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
