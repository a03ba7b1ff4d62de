"""An impact as one self-contained page."""

from __future__ import annotations

from dataops.impact.findings import Impact
from dataops.impact.markdown import markdown


def page(impact: Impact) -> str:
    """The page."""
    return "<!doctype html><pre>" + markdown(impact).replace("<", "&lt;") + "</pre>"
