"""`python -m bench.audit [--seed N] [--days N] [SHOP …]`: rejected, warned and missed, by kind.

With `--save` the results of each shop are kept in bench/audit/results/, and the table of the
documentation is written anew from all of them.

For each shop a product is drafted from its first deliveries, as a newcomer would do it. It lives
through clean days and then gets each fault in the place of the newest delivery. Nothing of what is
true of the shop reaches the product.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bench.audit.facts import FACTS
from bench.audit.faults import Injected, draw
from bench.audit.page import MISSED, REJECTED, WARNING, Outcome, Result, save, write_page
from bench.audit.shops import SHOPS
from bench.audit.shops.base import Day
from first_light.drill.plan import below, plan
from first_light.drill.replay import Replay
from first_light.drill.scratch import Detection
from first_light.history.facts import RawFile
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, WARNED

TEMPLATE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TEMPLATE / "tests" / "helpers"))

import harness  # noqa: E402

FAULTS, CLEAN_DAYS = 60, 60
_FIRST = date(2025, 8, 4)
_DRAFTED_FROM = 14  # deliveries


class Life(Replay):
    """A drafted product that lives through a shop's deliveries."""

    def judge(self, fault: Injected, newest: Day) -> tuple[Detection, ...]:
        """What the audit sees when a fault comes in the place of the newest delivery."""
        source = self._source(fault.source)
        own = set(self._came[-1][source])
        files = {name: text for name, text in fault.days[-1].items() if f"{fault.source}/" in name}
        saved = {name: (self.plan.raw / name).read_bytes() for name in own}
        for name in own:
            (self.plan.raw / name).unlink()
        listed = self._write(files)
        kept = [file for file in self._files if file.name not in own]
        earlier = [file for file in self._files if file.name not in newest]
        nodes = below(source, self.plan)
        try:
            audit = self.scratch.audit(
                self._at, self.past, read=source, files=sorted([*kept, *listed], key=_name),
                earlier_files=earlier, only=nodes, accepted=self._accepted,
            )  # fmt: skip
        finally:
            for name in files:
                (self.plan.raw / name).unlink()
            self._write(saved)
            self.scratch.rebuild(nodes)
        return audit.seen

    def names(self, seen: Sequence[Detection], table: str) -> bool:
        """Whether what is said first is about a table: its source, files, staging or a test of it.

        A test is about the node that it is attached to, not about those that its name holds.
        """
        if not seen:
            return False
        name = self.ordered(seen)[0].name
        manifest = self.plan.manifest
        test = next((test for test in self.plan.tests if test.name == name), None)
        if test:
            name = manifest.nodes[test.attached_to].name if test.attached_to else ""
        words = re.split(r"[./]", name)
        return bool({table, f"stg_{table}", f"raw_{table}"} & set(words))

    def ordered(self, seen: Sequence[Detection]) -> list[Detection]:
        """As a release says them: what rejects first, and of it what is wrong with what came, or
        did not come, before the checks of dbt that fail by it."""
        failed = {one.name for one in seen if one.rejects}
        above = self.plan.manifest.graph.ancestors(
            *(up for test in self.plan.tests if test.name in failed for up in test.depends_on)
        )
        missed = {
            f"{node.schema}.{node.name}"
            for node in (self.plan.manifest.nodes[source] for source in self.plan.sources)
            if node.unique_id in above
        }

        def rank(one: Detection) -> tuple[bool, bool]:
            echoes = one.by == "monitor delivery" and one.name in missed
            return not (one.rejects or echoes), not one.name.startswith("raw.")

        return sorted(seen, key=rank)

    def first(self, seen: Sequence[Detection]) -> str:
        """What is said first; empty where nothing is."""
        if not seen:
            return ""
        one = self.ordered(seen)[0]
        return f"{one.by} {one.name}: {one.message}"

    def _source(self, table: str) -> str:
        (source,) = (name for name in self.plan.sources if name.rpartition(".")[2].endswith(table))
        return source


def _name(file: RawFile) -> str:
    return file.name


def drafted(shop: str, days: Sequence[tuple[date, Day]], home: Path) -> harness.Product:
    """A product as `dataops start --from` drafts it from a shop's first deliveries."""
    inbox = home / "inbox"
    for _, files in days:
        for name, content in files.items():
            path = inbox / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    made = harness.product(home / shop, {"content": "empty"})
    made.dataops("start", "--from", str(inbox), "--yes")
    return made


def run(shop: str, seed: int, clean_days: int = CLEAN_DAYS, faults: int = FAULTS) -> Result:
    """Draft a product, let it live, and inject faults."""
    days = list(SHOPS[shop](_FIRST, _DRAFTED_FROM + clean_days + 10, seed))
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        home = Path(folder).resolve()
        made = drafted(shop, days[:_DRAFTED_FROM], home)
        raw = home / "raw"
        raw.mkdir()
        prepared = plan(Product(made.root), raw, home / "target")
        life = Life(prepared, made.root)
        given = [files for _, files in days[: _DRAFTED_FROM + clean_days]]
        audits = life.live(given[:-1], lambda line: print(f"  {shop}: {line}", file=sys.stderr))
        past = list(life.past)
        usual = life.go_on(given[-1])
        life.past = past
        drawn = draw(FACTS[shop], days[: len(given)], faults, seed)
        outcomes = [
            _judged(shop, life, fault, given[-1], usual.seen)
            for fault in drawn
            if len(fault.days) == 1
        ]
        outcomes += [  # these empty raw and begin anew, so they come last
            _lived(shop, Life(prepared, made.root), fault, given)
            for fault in drawn
            if len(fault.days) > 1
        ]
    firsts = [(audit.verdict, life.first(audit.seen)) for audit in [*audits, usual]]
    return Result(
        shop,
        len(firsts),
        tuple(first for verdict, first in firsts if verdict == FAILED),
        tuple(first for verdict, first in firsts if verdict == WARNED),
        tuple(outcomes),
    )


def _lived(shop: str, life: Life, fault: Injected, given: Sequence[Day]) -> Outcome:
    """A fault over several deliveries: each comes in turn, until one is rejected."""
    life.live(given[: -len(fault.days)], lambda _: None, tested=False)
    told = ""
    for day in fault.days:
        try:
            seen = life.go_on(day).seen
        except DataopsError as error:
            return Outcome(shop, fault, REJECTED, error.message, fault.source in str(error))
        first, right = life.first(seen), life.names(seen, fault.source)
        if any(one.rejects for one in seen):
            return Outcome(shop, fault, REJECTED, first, right)
        told = told or (first if right else "")
    return Outcome(shop, fault, WARNING if told else MISSED, told, bool(told))


def _judged(
    shop: str, life: Life, fault: Injected, newest: Day, usual: Sequence[Detection]
) -> Outcome:
    known = {(one.by, one.name) for one in usual}
    try:
        seen = [one for one in life.judge(fault, newest) if (one.by, one.name) not in known]
    except DataopsError as error:
        return Outcome(shop, fault, REJECTED, error.message, fault.source in str(error))
    verdict = REJECTED if any(one.rejects for one in seen) else WARNING if seen else MISSED
    return Outcome(shop, fault, verdict, life.first(seen), life.names(seen, fault.source))


def table(results: Sequence[Result]) -> str:
    """The page's table: one line a kind, over all shops."""
    kinds: dict[tuple[bool, str], list[Outcome]] = defaultdict(list)
    for result in results:
        for outcome in result.outcomes:
            kinds[not outcome.fault.harmful, outcome.fault.kind].append(outcome)
    lines = [
        "| fault | tried | rejected | warned | missed | right cause first |",
        "|---|---|---|---|---|---|",
    ]
    for (harmless, kind), outcomes in sorted(kinds.items()):
        counts = [
            sum(one.verdict == verdict for one in outcomes)
            for verdict in (REJECTED, WARNING, MISSED)
        ]
        right = sum(one.right for one in outcomes if one.verdict != MISSED)
        label = f"{kind} (harmless)" if harmless else kind
        lines.append(f"| {label} | {len(outcomes)} | {' | '.join(map(str, counts))} | {right} |")
    return "\n".join(lines)


def summary(result: Result) -> str:
    """One shop in a line, then each fault that was not rejected."""
    harmful = [one for one in result.outcomes if one.fault.harmful]
    harmless = [one for one in result.outcomes if not one.fault.harmful]
    rejected = sum(one.verdict == REJECTED for one in harmful)
    told = sum(one.verdict != MISSED and one.right for one in harmful)
    lines = [
        f"{result.shop}: of {len(harmful)} harmful faults {rejected} rejected, {told} rejected or "
        f"warned with the right table first; of {len(harmless)} harmless ones "
        f"{sum(one.verdict == REJECTED for one in harmless)} rejected; of {result.days} clean days "
        f"{len(result.false_rejections)} rejected, {len(result.false_warnings)} warned"
    ]
    lines += [f"  clean day rejected: {first}" for first in result.false_rejections]
    lines += [f"  clean day warned: {first}" for first in result.false_warnings]
    for one in result.outcomes:
        if one.verdict != REJECTED or not one.right or not one.fault.harmful:
            fault = one.fault
            name = f"{fault.kind} {fault.size} {fault.source}.{fault.column}".strip(" .")
            lines.append(f"  {one.verdict:<9}{name}: {one.first}")
    return "\n".join(lines)


def main() -> None:
    """Run the shops that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shops", nargs="*", help=f"default: {', '.join(SHOPS)}")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    parser.add_argument("--days", type=int, default=CLEAN_DAYS)
    parser.add_argument("--faults", type=int, default=FAULTS)
    parser.add_argument("--save", action="store_true", help="keep the results, write the page")
    options = parser.parse_args()
    if unknown := set(options.shops) - set(SHOPS):
        parser.error(f"no such shop: {', '.join(sorted(unknown))}")
    print(f"seed {options.seed}")
    results = []
    for shop in options.shops or SHOPS:
        results.append(run(shop, options.seed, options.days, options.faults))
        print(summary(results[-1]), flush=True)
        if options.save:
            save(results[-1], options.seed)
    print(table(results))
    if options.save:
        write_page()
