"""`dataops mutate`: the product's own SQL with one place changed at a time, and what notices."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from first_light.dbt.manifest import Node
from first_light.dbt.unit_tests import UnitTest
from first_light.mutation import result
from first_light.mutation.draft import draft_unit_test, heading_of
from first_light.mutation.operators import Mutant, UnreadableSQLError, mutants, normalized
from first_light.mutation.plan import Plan, chosen_models, measurable_models, plan
from first_light.mutation.result import Judged, Stop, Strength
from first_light.mutation.scratch import Scratch, place
from first_light.project.product import Product
from first_light.warehouse.scratch import DIALECT, EngineError


def measure(
    product: Product,
    progress: Callable[[str], None],
    names: Collection[str] = (),
    most: int | None = None,
    draft: bool = False,
    only_measurable: bool = False,
) -> Strength:
    """Try mutants of the product's models on its sample.

    Args:
        product: its files are only read; artifacts go to target/mutate.
        progress: shows what is being done.
        names: models to change; all without any.
        most: how many mutants are tried at most, drawn evenly at random; always the same ones of
            the same code.
        draft: draft a unit test also for what only a declaration stops.
        only_measurable: leave out the named models whose SQL alone builds no table.

    Raises:
        DataopsError: the product cannot be compiled or built on its sample, or a model is unknown.
    """
    progress("compiling")
    prepared = plan(product)
    if only_measurable:
        models = measurable_models(prepared, names)
    else:
        models = chosen_models(prepared, names)
    progress("building on the sample")
    return _Measurement(prepared, Scratch(prepared), draft).run(models, most, progress)


class _Measurement:
    def __init__(self, prepared: Plan, scratch: Scratch, draft: bool) -> None:
        self._plan, self._scratch, self._draft = prepared, scratch, draft
        self._left_out = dict(prepared.left_out)
        rejecting = [t for t in prepared.tests if t.verdict and t.verdict.severity == "error"]
        self._tests, failing = self._passing(rejecting)
        self._unit_tests, failing_units = self._passing_unit_tests(prepared.unit_tests)
        self._failing = tuple(sorted([*failing, *failing_units]))

    def run(
        self, models: Sequence[Node], most: int | None, progress: Callable[[str], None]
    ) -> Strength:
        candidates: list[tuple[Node, Mutant]] = []
        for node in models:
            candidates += [(node, mutant) for mutant in self._mutants(node)]
        chosen = _drawn(candidates, most)
        judged: list[Judged] = []
        for number, (node, mutant) in enumerate(chosen):
            progress(f"{node.name}: change {number + 1} of {len(chosen)}")
            if judgement := self._judge(node, mutant):
                judged.append(judgement)
        return Strength(
            tuple(judged),
            len(chosen) - len(judged),
            len(candidates) - len(chosen),
            self._left_out,
            self._failing,
        )

    def _mutants(self, node: Node) -> list[Mutant]:
        """A model's mutants; none where its SQL cannot be parsed and written again unchanged."""
        sql = self._scratch.query(node)
        try:
            made = mutants(sql, DIALECT)
            table = self._scratch.build_mutant(normalized(sql, DIALECT))
        except UnreadableSQLError as error:
            self._left_out[node.name] = f"its SQL cannot be parsed: {error}"
            return []
        except EngineError:
            self._left_out[node.name] = "its SQL cannot be written again"
            return []
        if self._scratch.differs(place(node), table, self._unsteady(node)):
            self._left_out[node.name] = "its SQL cannot be written again unchanged"
            return []
        return made

    def _judge(self, node: Node, mutant: Mutant) -> Judged | None:
        """What stops a mutant; None where it changes nothing."""
        line = source_line(self._plan, node, mutant.line)
        judged = Judged(node.name, node.path, line, mutant, ())
        try:
            table = self._scratch.build_mutant(mutant.sql)
        except EngineError:
            return replace(judged, stops=(Stop(result.BUILD, node.name),))
        if not self._scratch.differs(place(node), table, self._unsteady(node)):
            return None
        if stops := self._stops(node, mutant, table):
            judged = replace(judged, stops=tuple(stops))
        if not judged.is_stopped or (self._draft and not judged.is_tested):
            heading = heading_of(node, mutant)
            manifest = self._plan.manifest
            draft = draft_unit_test(self._scratch, manifest, node, mutant.sql, heading)
            judged = replace(judged, draft=draft)
        return judged

    def _stops(self, node: Node, mutant: Mutant, table: str) -> list[Stop]:
        scratch = self._scratch
        types, before = scratch.columns(table), scratch.columns(f"({scratch.query(node)})")
        if node.contract and types != before:
            return [Stop(result.CONTRACT, node.name)]
        own = [test for test in self._unit_tests if test.model == node.unique_id]
        stops = [
            Stop(result.UNIT_TEST, name) for name in scratch.failing_unit_tests(own, mutant.sql)
        ]
        below = self._below(node)
        reached = {node.unique_id, *(below_.unique_id for below_ in below)}
        tests = [test for test in self._tests if reached.intersection(test.depends_on)]
        with scratch.changed(node, mutant.sql, below) as broken:
            if broken is not None:
                kind = result.CONTRACT if broken.contract else result.BUILD
                return [*stops, Stop(kind, broken.name)]
            try:
                failing = scratch.failing_tests(tests)
            except EngineError:
                failing = None
            moved = [] if failing is None else self._moved(node, below)
        if failing is None:
            failing, moved = self._one_by_one(node, mutant, below, tests), []
        stops += [Stop(result.DATA_TEST, name) for name in failing]
        return stops or [Stop(result.DECLARATION, other.name) for other in moved]

    def _moved(self, node: Node, below: Sequence[Node]) -> list[Node]:
        """Public models whose rows are others now: `check` asks for a declaration of these."""
        return [
            other
            for other in (node, *below)
            if other.access == "public"
            and self._scratch.differs(
                self._scratch.keep(other), place(other), self._unsteady(other)
            )
        ]

    def _one_by_one(
        self, node: Node, mutant: Mutant, below: Sequence[Node], tests: Sequence[Node]
    ) -> list[str]:
        """Failing tests where one of them cannot run on the changed product: that one fails too."""
        failing = []
        for test in tests:
            with self._scratch.changed(node, mutant.sql, below):
                try:
                    failing += self._scratch.failing_tests([test])
                except EngineError:
                    failing.append(test.name)
        return failing

    def _below(self, node: Node) -> list[Node]:
        reached = self._plan.manifest.graph.descendants(node.unique_id)
        return [other for other in self._plan.order if other.unique_id in reached]

    def _unsteady(self, node: Node) -> frozenset[str]:
        return self._scratch.unsteady.get(node.unique_id, frozenset())

    def _passing(self, tests: Sequence[Node]) -> tuple[list[Node], list[str]]:
        passing, failing = [], []
        for test in tests:
            try:
                is_failing = bool(self._scratch.failing_tests([test]))
            except EngineError:
                is_failing = True
            if is_failing:
                failing.append(test.name)
            else:
                passing.append(test)
        return passing, failing

    def _passing_unit_tests(self, tests: Sequence[UnitTest]) -> tuple[list[UnitTest], list[str]]:
        passing, failing = [], []
        for test in tests:
            node = self._plan.manifest.nodes[test.model]
            sql = self._scratch.query(node)
            if self._scratch.failing_unit_tests([test], sql):
                failing.append(test.name)
            else:
                passing.append(test)
        return passing, failing


def _drawn(candidates: list[tuple[Node, Mutant]], most: int | None) -> list[tuple[Node, Mutant]]:
    if most is None or len(candidates) <= most:
        return candidates
    places = sorted(random.Random(len(candidates)).sample(range(len(candidates)), most))
    return [candidates[place_] for place_ in places]


def source_line(prepared: Plan, node: Node, line: int) -> int:
    """The line of a model's file that a line of its compiled SQL comes from; 0 if that is unclear.

    Jinja moves lines; one whose text is not in the file was made by Jinja.
    """
    compiled = node.code.splitlines()
    source = (prepared.root / node.path).read_text(encoding="utf-8").splitlines()
    if not 0 < line <= len(compiled):
        return 0
    text = compiled[line - 1].strip()
    same = [number for number, other in enumerate(source, 1) if other.strip() == text]
    earlier = sum(other.strip() == text for other in compiled[: line - 1])
    return same[earlier] if earlier < len(same) else 0
