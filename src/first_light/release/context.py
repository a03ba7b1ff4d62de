"""What every phase of a release works with: the same objects from its first phase to its last."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from first_light.history.log import History, record_in
from first_light.history.record import Record
from first_light.project.calendar import Calendar
from first_light.project.product import Product
from first_light.release.options import Options
from first_light.release.reporter import Reporter
from first_light.release.signals import Signals
from first_light.store.locate import FolderStore
from first_light.warehouse.base import Warehouse


@dataclass(frozen=True)
class Context:
    """What every phase works with.

    Attributes:
        product: what is built.
        options: how.
        store: where releases go; it is locked.
        history: the records of earlier runs.
        warehouse: where the candidate is built.
        signals: requests to stop.
        reporter: what the user sees.
        calendar: public holidays.
    """

    product: Product
    options: Options
    store: FolderStore
    history: History
    warehouse: Warehouse
    signals: Signals
    reporter: Reporter
    calendar: Calendar

    @property
    def target(self) -> Path:
        """Where dbt writes; the candidate gets copies of the files that a release keeps."""
        return self.product.target / "release"

    def published(self, run: str) -> Record | None:
        """The record of a release that the store holds; None when it is missing or damaged."""
        return record_in(self.store.releases / run)
