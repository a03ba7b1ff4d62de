"""How much the monitors may scan where the warehouse charges for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from first_light.dbt.manifest import Manifest
from first_light.history.record import FindingRun
from first_light.monitors.levels import WARN
from first_light.project import settings
from first_light.release.build import built_of
from first_light.release.draft import Draft

CHECK = "scan"
_FLOOR = 1_000_000_000
"""Bytes that are always allowed: a share of a small build would allow nothing."""


@dataclass(frozen=True)
class ScanLimit:
    """The limit of one release.

    Attributes:
        built: bytes that dbt's build and tests were charged for; 0 where nothing is charged.
        percent: the share of them that is allowed beyond.
    """

    built: int
    percent: int

    @classmethod
    def of(cls, draft: Draft) -> ScanLimit:
        """The limit of a release that has been built."""
        built = sum(result.scanned for result in built_of(draft).nodes)
        return cls(built, settings.current().monitor_scan_percent)

    @property
    def most(self) -> int:
        """Bytes that the monitors may scan."""
        return max(_FLOOR, self.built * self.percent // 100)

    def findings(self, refused: Iterable[str], manifest: Manifest) -> list[FindingRun]:
        """A warning for each relation that was not looked at.

        Args:
            refused: ids of relations.
            manifest: the product.
        """
        return [
            FindingRun(
                CHECK,
                unique_id,
                manifest.nodes[unique_id].name,
                "",
                WARN,
                f"{manifest.nodes[unique_id].name} was not profiled: the monitors would have "
                f"scanned more than {self.most / 1e9:,.1f} GB (monitor-scan-percent)",
            )
            for unique_id in refused
        ]
