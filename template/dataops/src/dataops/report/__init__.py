"""`dataops report`: one page where a team looks first, a static file that asks nobody anything."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from dataops.history_record import utc
from dataops.product import Product
from dataops.report.facts import Facts, look
from dataops.report.page import page
from dataops.score import badge, score
from dataops.store import open_store

__all__ = ["look", "page", "report", "report_json"]


def report(product: Product, folder: Path) -> tuple[Path, Facts]:
    """Write the site: index.html, report.json, badge.svg, and the current release's catalog.html.

    Args:
        product: the product.
        folder: where to; made when it is not there.

    Raises:
        DataopsError: the store can't be read.
        OSError: the folder can't be written.
    """
    facts, asked = look(product), score(product)
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "index.html"
    store = open_store(product)
    run = store.current()
    catalog = store.releases / run / "index.html" if run else None
    if catalog and catalog.is_file():
        shutil.copyfile(catalog, folder / "catalog.html")
    there = (folder / "catalog.html").is_file()
    index.write_text(page(facts, asked, catalog=there), encoding="utf-8")
    (folder / "badge.svg").write_text(badge(asked), encoding="utf-8")
    (folder / "report.json").write_text(report_json(facts), encoding="utf-8")
    return index, facts


def report_json(facts: Facts) -> str:
    """The same numbers, for machines."""
    return json.dumps(
        {
            "product": facts.product,
            "at": utc(facts.at),
            "status": facts.status.to_dict(),
            "production_runs": facts.total,
            "figures": {
                figure.name: {
                    "value": figure.value,
                    "unit": figure.unit,
                    "part": figure.part,
                    "whole": figure.whole,
                    "absent": figure.absent,
                    "definition": figure.definition,
                    "weeks": [one.value for one in trend],
                }
                for figure, trend in facts.figures
            },
            "incidents": len(facts.incidents),
            "open": [one.incident for one in facts.incidents if one.open],
            "coverage": {
                name: {"covered": covered, "of": whole} for name, covered, whole in facts.coverage
            },
        },
        indent=2,
        ensure_ascii=False,
    )
