"""The metrics that a project defines, as dbt writes them into `semantic_manifest.json`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from first_light.dbt.folders import SEMANTIC_MANIFEST
from first_light.dbt.manifest import Manifest, Node
from first_light.utils.errors import DataopsError

FILE = SEMANTIC_MANIFEST
# What people read of a definition; it changes no number. Relations differ between environments.
_WORDS = frozenset({"description", "label", "metadata", "config", "node_relation", "defaults"})
_EMPTY: tuple[Any, ...] = ([], {}, "")
_NAME = re.compile(r'"[^"]*"|`[^`]*`|\[[^\]]*\]|[^.]+')
_COUNTS = frozenset({"count", "count_distinct"})


@dataclass(frozen=True)
class Dimension:
    """A property by which a metric can be split.

    Attributes:
        name: as MetricFlow calls it: the primary entity, two underscores, its own name.
        place: schema and name of the relation that has it.
        expression: SQL over the columns of that relation.
    """

    name: str
    place: tuple[str, str]
    expression: str

    @property
    def label(self) -> str:
        """Its name without the entity."""
        return self.name.rsplit("__", 1)[-1]


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: its name.
        label: its name for people.
        description: as written.
        places: schema and name of each relation that it reads.
        dimensions: the categories by which it can be split.
        expressions: SQL whose values it shows, over the columns of its relations; a count shows
            none.
        fingerprint: changes with its definition, and not with its words.
        period: what it is compared over, such as `month`, if it reads an earlier time too: it has a
            value for each period only. Empty for all others.
    """

    name: str
    label: str
    description: str
    places: tuple[tuple[str, str], ...]
    dimensions: tuple[Dimension, ...]
    expressions: tuple[str, ...]
    fingerprint: str
    period: str = ""

    def models(self, manifest: Manifest) -> tuple[Node, ...]:
        """The models that it reads, in the order of their names."""
        nodes = (node for node in manifest.nodes.values() if node.relation)
        read = [node for node in nodes if (node.schema, node.alias) in self.places]
        return tuple(sorted(read, key=lambda node: node.unique_id))


@dataclass(frozen=True)
class Semantics:
    """What dbt knows of the metrics of a project.

    Attributes:
        content: `semantic_manifest.json`, without fields that are null; empty without the file.
    """

    content: Mapping[str, Any]

    @property
    def is_known(self) -> bool:
        """Whether there is such a file; a project without metrics has one too."""
        return bool(self.content)

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """All metrics but the hidden ones, by name."""
        entries = {entry["name"]: entry for entry in self.content.get("metrics", ())}
        models = {entry["name"]: entry for entry in self.content.get("semantic_models", ())}
        configuration = self.content.get("project_configuration", {})
        spines = [_place(spine) for spine in configuration.get("time_spines", ())]
        older = configuration.get("time_spine_table_configurations", ())
        spines += [place for spine in older if (place := place_of(spine["location"]))]
        return tuple(
            _metric(entries[name], entries, models, spines)
            for name in sorted(entries)
            if not entries[name].get("type_params", {}).get("is_private")
        )


def read_semantics(folder: Path) -> Semantics:
    """The metrics of a project that dbt has parsed into a folder; unknown without the file.

    Raises:
        DataopsError: the file cannot be read.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Semantics({})
    try:
        semantics = Semantics(_without_null(json.loads(text)))
        _ = semantics.metrics
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataopsError(
            "The semantic models could not be read.", f"{path}: {error}", "uv run dbt parse"
        ) from error
    return semantics


def place_of(location: str) -> tuple[str, str] | None:
    """Schema and name of a relation as dbt writes it for the warehouse; None without a schema."""
    names = [name.strip('"`[]') for name in _NAME.findall(location)]
    return (names[-2], names[-1]) if len(names) > 1 else None


def metrics_to_compare(before: Semantics, after: Semantics) -> tuple[str, ...]:
    """The metrics of either side whose definition is new, removed or another."""
    old = {metric.name: metric.fingerprint for metric in before.metrics}
    new = {metric.name: metric.fingerprint for metric in after.metrics}
    return tuple(name for name in sorted({**old, **new}) if old.get(name) != new.get(name))


def _metric(
    entry: Mapping[str, Any],
    entries: Mapping[str, Mapping[str, Any]],
    models: Mapping[str, Mapping[str, Any]],
    spines: Iterable[tuple[str, str]],
) -> Metric:
    inputs = [entries[name] for name in _inputs(entry["name"], entries)]
    names = list(dict.fromkeys(name for one in inputs for name in _model_names(one, models)))
    read = [models[name] for name in names]
    split = [{dimension.name: dimension for dimension in _dimensions(model)} for model in read]
    common = [name for name in (split[0] if split else ()) if all(name in one for one in split)]
    content = json.dumps([_without_words(inputs), _without_words(read)], sort_keys=True)
    period = next((period for one in inputs for period in _periods(one)), "")
    places = [*map(_place, read), *(spines if period else ())]
    return Metric(
        name=entry["name"],
        label=entry.get("label") or entry["name"],
        description=entry.get("description") or "",
        places=tuple(dict.fromkeys(places)),
        dimensions=tuple(split[0][name] for name in common),
        expressions=tuple(expression for one in inputs for expression in _expressions(one, read)),
        fingerprint=hashlib.sha256(content.encode()).hexdigest()[:16],
        period=period,
    )


def _periods(entry: Mapping[str, Any]) -> Iterable[str]:
    """The periods by which a metric shifts its inputs in time."""
    for reference in entry.get("type_params", {}).get("metrics", ()):
        if window := reference.get("offset_window"):
            yield str(window["granularity"])
        if period := reference.get("offset_to_grain"):
            yield str(period)


def _inputs(name: str, entries: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The metric and all that it is computed from, itself first."""
    names, waiting = [], [name]
    while waiting:
        current = waiting.pop(0)
        if current in names or current not in entries:
            continue
        names.append(current)
        given = entries[current].get("type_params", {})
        cumulative = given.get("cumulative_type_params", {})
        conversion = given.get("conversion_type_params", {})
        references = [
            *(given.get(key) for key in ("numerator", "denominator")),
            *given.get("metrics", ()),
            cumulative.get("metric"),
            *(conversion.get(key) for key in ("base_metric", "conversion_metric")),
        ]
        waiting += [reference["name"] for reference in references if reference]
    return names


def _model_names(
    entry: Mapping[str, Any], models: Mapping[str, Mapping[str, Any]]
) -> Iterable[str]:
    """The semantic models that a metric names itself, by name or by a measure of theirs."""
    given = entry.get("type_params", {})
    name = given.get("metric_aggregation_params", {}).get("semantic_model")
    if name in models:
        yield name
    conversion = given.get("conversion_type_params", {})
    measures = [
        given.get("measure"),
        *given.get("input_measures", ()),
        *(conversion.get(key) for key in ("base_measure", "conversion_measure")),
    ]
    used = {measure["name"] for measure in measures if measure}
    for model_name, model in models.items():
        if used & {measure["name"] for measure in model.get("measures", ())}:
            yield model_name


def _expressions(entry: Mapping[str, Any], models: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    given = entry.get("type_params", {})
    expression = given.get("expr")
    if expression and given.get("metric_aggregation_params", {}).get("agg") not in _COUNTS:
        yield str(expression)
    used = {m["name"] for m in (given.get("measure"), *given.get("input_measures", ())) if m}
    for model in models:
        for measure in model.get("measures", ()):
            if measure["name"] in used and measure["agg"] not in _COUNTS:
                yield str(measure.get("expr") or measure["name"])


def _dimensions(model: Mapping[str, Any]) -> list[Dimension]:
    primary = [e["name"] for e in model.get("entities", ()) if e["type"] == "primary"]
    entity = next(iter(primary), model.get("primary_entity"))
    if not entity:
        return []
    return [
        Dimension(
            f"{entity}__{dimension['name']}".lower(),
            _place(model),
            str(dimension.get("expr") or dimension["name"]),
        )
        for dimension in model.get("dimensions", ())
        if dimension["type"] == "categorical"
    ]


def _place(model: Mapping[str, Any]) -> tuple[str, str]:
    relation = model["node_relation"]
    return relation["schema_name"], relation["alias"]


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(part) for key, part in value.items() if part is not None}
    return [_without_null(part) for part in value] if isinstance(value, list) else value


def _without_words(value: Any) -> Any:
    """A definition without what people read, and without what says the default: dbt 1.12 and v2
    write different defaults out."""
    if isinstance(value, list):
        return [_without_words(part) for part in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _without_words(part) for key, part in value.items() if key not in _WORDS}
    if "agg" in kept and "semantic_model" in kept:
        kept.pop("expr", None)  # the metric has it too
    if kept.get("expr") == kept.get("name"):
        kept.pop("expr", None)
    return {
        key: part for key, part in kept.items() if part is not False and part not in ([], {}, "")
    }
