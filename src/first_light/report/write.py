"""`dataops report`: the static pages of a product's state and history."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from first_light.catalog.page import PAGE, without_boards
from first_light.project.product import Product
from first_light.report.charts import Chart, Picture, picture
from first_light.report.facts import Facts, collect
from first_light.report.page import page
from first_light.score.evaluate import badge, score
from first_light.status.current import open_ledger
from first_light.store.locate import open_store
from first_light.utils.regular_files import read_regular
from first_light.utils.timestamps import utc
from first_light.utils.vega import ChartError

__all__ = ["collect", "page", "report", "report_json"]


@dataclass(frozen=True)
class WrittenReport:
    """The site: its first page, the facts on it, and warnings about what could not be shown."""

    index: Path
    facts: Facts
    warnings: tuple[str, ...]


def report(product: Product, folder: Path) -> WrittenReport:
    """Write the site: index.html, report.json, badge.svg; and the catalog of the current release.
    A chart that can't be drawn leaves its sentence and a warning. It is all written from the store:
    a warehouse that can't be asked what readers see leaves that unknown, and a warning.

    Args:
        product: the product.
        folder: where to; made when it is not there.

    Raises:
        DataopsError: the store can't be read.
        OSError: the folder can't be written.
    """
    with open_ledger(product) as book:
        facts, questions = collect(product, book), score(product, book)
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "index.html"
    links = _current_release(product, folder)
    failed: list[str] = []

    def draw(chart: Chart) -> Picture:
        try:
            return picture(chart)
        except ChartError as error:
            failed.append(str(error))
            return Picture(chart.label, problem=str(error))

    index.write_text(page(facts, questions, links, draw), encoding="utf-8")
    (folder / "badge.svg").write_text(badge(questions), encoding="utf-8")
    (folder / "report.json").write_text(report_json(facts), encoding="utf-8")
    warnings = [f"{len(failed)} charts of the report are not drawn: {failed[0]}"] if failed else []
    if facts.status.readers.release is None:
        warnings.append(f"The report does not say what readers see: {facts.status.readers.problem}")
    return WrittenReport(index, facts, tuple(warnings))


def _current_release(product: Product, folder: Path) -> tuple[tuple[str, str], ...]:
    """Write the pages about the current release, and remove those of an earlier one.

    Returns:
        file and title of each page.
    """
    (folder / PAGE).unlink(missing_ok=True)
    store = open_store(product)
    stored = store.releases / (store.current() or "") / PAGE
    if not stored.is_file():
        return ()
    text = without_boards(read_regular(stored).decode())
    (folder / PAGE).write_text(text, encoding="utf-8")
    return ((PAGE, "Catalog: models, columns with their lineage, metrics, boards, owners"),)


def report_json(facts: Facts) -> str:
    """The same numbers, for machines."""
    return json.dumps(
        {
            "product": facts.product,
            "generated_at": utc(facts.at),
            "status": facts.status.to_dict(),
            "production_runs": facts.total,
            "figures": {
                figure.name: {
                    "value": figure.value,
                    "unit": figure.unit,
                    "part": figure.part,
                    "whole": figure.whole,
                    "absent": figure.absent,
                    "enough": figure.is_enough,
                    "definition": figure.definition,
                    "weeks": [figure_.value for figure_ in trend],
                }
                for figure, trend in facts.figures
            },
            "incidents": len(facts.incidents),
            "open_incidents": [incident.incident for incident in facts.incidents if incident.open],
            "coverage": {
                name: {"covered": covered, "total": whole}
                for name, covered, whole in facts.coverage
            },
            "test_strength": asdict(facts.strength) if facts.strength.changed else None,
        },
        indent=2,
        ensure_ascii=False,
    )
