"""Whether a product can move to another warehouse: both build it, and all rows are compared."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from first_light.dbt.driver import load_kind
from first_light.dbt.manifest import Node
from first_light.dbt.personal_columns import personal_columns
from first_light.dbt.profile import read_type
from first_light.impact.classify import keys_of
from first_light.impact.tables import TableDiff
from first_light.move.columns import KNOWN_TYPES, Column, family, is_equal_in_meaning
from first_light.move.explain import ROWS, Explainer, parts_of
from first_light.move.failures import build_causes, said
from first_light.move.hypotheses import define_macros
from first_light.move.lines import places
from first_light.move.result import (
    DIFFERS,
    FAILED,
    SAME,
    SKIPPED,
    Cause,
    Difference,
    Model,
    Moved,
    Place,
)
from first_light.move.rows import Rows, open_rows
from first_light.move.side import build, raise_if_no_adapter
from first_light.move.switch import steps_to
from first_light.move.tree import copy_product
from first_light.move.values import causes_in_values
from first_light.project.product import Product, now
from first_light.project.restoring import interruptible
from first_light.utils.errors import DataopsError
from first_light.warehouse.kinds import CHECKS, RELEASES
from first_light.warehouse.scratch import EngineError

SAMPLE, RAW = "sample", "raw"


def move(
    product: Product, to: str, data: str, progress: Callable[[str], None], folder: Path
) -> Moved:
    """Build the product on its own warehouse and on another one, and compare all rows.

    Nothing of the product changes. What is built on servers is removed at the end, also when the
    command is stopped.

    Args:
        product: the product.
        to: the other kind of warehouse, by its name in dbt.
        data: `sample` or `raw`.
        progress: shows what is being done.
        folder: where artifacts are; emptied.

    Raises:
        DataopsError: it could not be tried.
    """
    before = _own_kind(product, to)
    kinds = {before: load_kind(before), to: load_kind(to)}
    for kind, provided in kinds.items():
        raise_if_no_adapter(kind, provided)
    files = product.raw if data == RAW else product.sample
    if not files.is_dir():
        raise DataopsError(
            f"There is no folder {files.name} to build from.",
            where=str(files),
            fix="uv run dataops sample" if data == SAMPLE else "set DATAOPS_RAW to it",
        )
    shutil.rmtree(folder, ignore_errors=True)
    clock = product.as_of if data == SAMPLE and product.as_of else now().isoformat()
    with interruptible():
        try:
            sides = []
            for kind, provided in kinds.items():
                place = folder / kind
                progress(f"{kind}: copy the product")
                copy = copy_product(product, kind, provided.setup, place / "product", files)
                sides.append(build(copy, place, clock, progress))
            progress("compare")
            with open_rows(sides[0], sides[1], folder / "spill") as rows:
                models, tests, differences = compared(rows, kinds[to].setup.null_order, progress)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    moved = Moved(
        before,
        to,
        product.git("rev-parse", "HEAD", check=False),
        bool(product.git("status", "--porcelain", *product.pathspec, check=False)),
        data,
        models,
        tests,
        differences,
    )
    return replace(moved, switch=steps_to(to, kinds[to].setup))


def _own_kind(product: Product, to: str) -> str:
    """The kind of warehouse on which the product is developed and checked.

    Raises:
        DataopsError: it is the other one.
    """
    try:
        kind = read_type(product.root, CHECKS)
    except DataopsError:  # a team may have other targets
        kind = read_type(product.root, RELEASES)
    if kind == to:
        raise DataopsError(
            f"The product is built on {to} already.",
            where=f"profiles.yml, target {CHECKS}",
            fix="uv run dataops warehouse verify",
        )
    return kind


def compared(
    rows: Rows, null_order: str, progress: Callable[[str], None]
) -> tuple[tuple[Model, ...], int, tuple[Difference, ...]]:
    """All models, how many tests have the same verdict, and those that have another.

    Args:
        rows: both sides.
        null_order: where the other warehouse sorts nulls, as `Setup` says it.
        progress: shows what is being done.
    """
    return _Comparison(rows, null_order, progress).run()


class _Comparison:
    """All models, in the order of the graph."""

    def __init__(self, rows: Rows, null_order: str, progress: Callable[[str], None]) -> None:
        self.rows, self.before, self.after = rows, rows.before, rows.after
        self.progress = progress
        self.explainer = Explainer(rows, null_order)
        self.retyped: dict[str, set[str]] = {}
        define_macros(rows.connection)
        self.hidden = personal_columns(
            self.before.manifest,
            lambda name: self.before.sql.get(name, ""),
            lambda node: [c.name for c in rows.columns(self.before, node.unique_id)],
        )

    @property
    def root(self) -> Path:
        return self.before.product.root

    def run(self) -> tuple[tuple[Model, ...], int, tuple[Difference, ...]]:
        nodes = self.before.nodes
        models = []
        for name in self.before.manifest.graph.in_order(only=nodes):
            self.progress(f"compare {nodes[name].name}")
            models.append(self._model(nodes[name]))
        tests, differences = self._tests({m.name: m for m in models})
        return tuple(models), tests, differences

    def _model(self, node: Node) -> Model:
        model = Model(node.name, node.path, SAME)
        for side in (self.before, self.after):
            result = side.results.get(node.unique_id)
            if result is None or result.status == "skipped":
                return replace(model, status=SKIPPED)
            if result.status != "success" or side.place(node.unique_id) is None:
                causes = build_causes(result, node, self.root, lambda name: name)
                summary = f"{side.kind} does not build it: {said(result)}"
                difference = Difference("build", "", summary, causes)
                return replace(model, status=FAILED, differences=(difference,))
        return self._compared(node, model)

    def _compared(self, node: Node, model: Model) -> Model:
        name = node.unique_id
        keys, hidden = keys_of(node, self.before.manifest), self.hidden.get(name, frozenset())
        try:
            diff = self.rows.compare(name, keys, hidden)
        except EngineError as error:
            summary = f"its rows cannot be compared: {str(error).splitlines()[0]}"
            return replace(model, status=DIFFERS, differences=(Difference("values", "", summary),))
        values = self._in_values(node, diff)
        causes = self.explainer.causes(node, diff, keys, hidden) if diff.rows_differ else {}
        causes = {**values, **causes}
        if diff.rows_differ:
            self.explainer.moved.append(name)
        types, normalised = self._types(node)
        differences = (
            *self._columns(node),
            *types,
            *self._row_differences(node, diff, causes),
            *self._value_differences(diff, causes),
        )
        return replace(
            model,
            status=DIFFERS if differences else SAME,
            rows_before=diff.rows_before,
            rows_after=diff.rows_after,
            key=diff.key,
            differences=differences,
            normalised=normalised,
        )

    def _in_values(self, node: Node, diff: TableDiff) -> dict[str, tuple[Cause, ...]]:
        """Causes that the values show; the views of the comparison are still there."""
        found = {}
        for part in parts_of(diff) - {ROWS}:
            (place, *_) = places(self.root, node.path, rf"\b{part}\b")
            if causes := causes_in_values(self.rows, node.unique_id, diff.key, part, place):
                found[part] = causes
        return found

    def _columns(self, node: Node) -> list[Difference]:
        """Columns that only one side has, and their order."""
        before, after = (
            [column.name.lower() for column in self.rows.columns(side, node.unique_id)]
            for side in (self.before, self.after)
        )
        differences = [
            Difference("column", name, f"only {kind} has this column")
            for names, others, kind in (
                (before, after, self.before.kind),
                (after, before, self.after.kind),
            )
            for name in names
            if name not in others
        ]
        common = [name for name in before if name in after]
        if common != [name for name in after if name in before]:
            cause = Cause(
                "order of columns",
                "the names are the same",
                "name the columns in the last select, not *",
                places(self.root, node.path, r"\bselect\b"),
            )
            differences.append(
                Difference("order of columns", "", "the columns have another order", (cause,))
            )
        return differences

    def _types(self, node: Node) -> tuple[list[Difference], tuple[str, ...]]:
        """Types that differ in meaning; and what was made equal to compare, in words."""
        differences, spelled, cased = [], 0, 0
        for before, after in self.rows.pairs(node.unique_id):
            cased += before.name != after.name
            if is_equal_in_meaning(before.type, after.type):
                spelled += before.type != after.type
                continue
            summary = f"{before.shown} on {self.before.kind}, {after.shown} on {self.after.kind}"
            causes = self._type_causes(node, before, after)
            differences.append(Difference("type", before.name, summary, causes))
        normalised = []
        if spelled:
            normalised.append(f"{spelled} types with the same meaning")
        if cased:
            normalised.append(f"{cased} names in another case")
        return differences, tuple(normalised)

    def _type_causes(self, node: Node, before: Column, after: Column) -> tuple[Cause, ...]:
        self.retyped.setdefault(node.unique_id, set()).add(before.name.lower())
        for parent in node.depends_on:
            if before.name.lower() in self.retyped.get(parent, ()):
                upstream = self.before.nodes[parent]
                evidence = f"{upstream.name}.{before.name} has these types already"
                place = (Place(upstream.path),)
                return (Cause("inputs", evidence, f"see {upstream.name}", place),)
        kinds = frozenset((family(before.type), family(after.type)))
        if kinds not in KNOWN_TYPES:
            return ()
        name, change = KNOWN_TYPES[kinds]
        lines = places(self.root, node.path, rf"\b{before.name}\b")
        return (Cause(name, "the types themselves", change, lines),)

    def _row_differences(
        self, node: Node, diff: TableDiff, causes: Mapping[str, tuple[Cause, ...]]
    ) -> list[Difference]:
        if not (diff.added or diff.removed):
            return []
        found = causes.get(ROWS, ())
        if not found and node.materialized == "incremental" and diff.rows_after > diff.rows_before:
            found = (
                Cause(
                    "incremental strategy",
                    f"its second build on {self.after.kind} has added rows again",
                    "choose a strategy that replaces rows: incremental_strategy='merge'",
                    places(self.root, node.path, r"\bincremental"),
                ),
            )
        summary = (
            f"{diff.removed} rows only on {self.before.kind}, "
            f"{diff.added} only on {self.after.kind}"
        )
        examples = tuple(
            (
                ", ".join(f"{name} {value}" for name, value in row.values[:3]),
                None if is_new else "there",
                "there" if is_new else None,
            )
            for is_new, listed in ((False, diff.removed_rows), (True, diff.added_rows))
            for row in listed[:2]
        )
        return [Difference("rows", "", summary, found, examples)]

    def _value_differences(
        self, diff: TableDiff, causes: Mapping[str, tuple[Cause, ...]]
    ) -> list[Difference]:
        differences = []
        for column in diff.columns:
            if not column.differs or (column.changed == 0 and (diff.added or diff.removed)):
                continue  # its figures differ since there are other rows
            if not diff.key and (diff.added or diff.removed) and not causes.get(column.name):
                continue  # whole rows were compared: the rows are the difference
            count = f"{column.changed} of {diff.matched} rows" if diff.key else "some rows"
            examples = tuple((e.key, e.before, e.after) for e in column.examples)
            differences.append(
                Difference(
                    "values", column.name, f"{count} differ", causes.get(column.name, ()), examples
                )
            )
        return differences

    def _tests(self, models: Mapping[str, Model]) -> tuple[int, tuple[Difference, ...]]:
        """Tests with another verdict than on the first side."""
        equal, differences = 0, []
        for name, result in sorted(self.before.tests.items()):
            other = self.after.tests.get(name)
            if other is not None and (
                other.status == result.status or "skipped" in (other.status, result.status)
            ):
                equal += 1
                continue
            node = self.before.manifest.nodes.get(name)
            parents = [
                self.before.nodes[parent].name
                for parent in (node.depends_on if node else ())
                if parent in self.before.nodes
            ]
            if any(models[parent].status in (FAILED, SKIPPED) for parent in parents):
                continue  # it could not run
            different = [parent for parent in parents if models[parent].status == DIFFERS]
            status = other.status if other else "not run"
            message = f": {said(other)}" if other and other.message else ""
            causes: tuple[Cause, ...] = ()
            if different and status in ("fail", "warn", "pass"):
                causes = (
                    Cause("inputs", "it reads models that differ", f"see {', '.join(different)}"),
                )
            elif other is not None and node is not None:
                causes = build_causes(other, node, self.root, lambda text: text)
            summary = f"{result.status} on {self.before.kind}, {status} on {self.after.kind}"
            differences.append(Difference("test", result.name, summary + message, causes))
        return equal, tuple(differences)
