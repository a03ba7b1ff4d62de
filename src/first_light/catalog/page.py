"""The catalog's page. Its one script is the search; a policy allows no other."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from markupsafe import Markup

from first_light.catalog.facts import Catalog
from first_light.utils.templates import render

PAGE = "catalog.html"
_SCRIPT = Path(__file__).parent / "templates" / "search.js"
_BOARD_LINK = 'href="boards/'


def catalog_page(catalog: Catalog) -> str:
    """The page. Every text of the project is escaped; nothing is loaded."""
    script = _SCRIPT.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return render(
        "catalog/templates/catalog.html.j2",
        catalog=catalog,
        script=Markup(script),
        script_hash=f"'sha256-{digest}'",
        sections=_sections(catalog),
    )


def without_boards(page: str) -> str:
    """The page for a place that has no boards beside it: they are named, and no links.

    Texts of the project cannot contain what is replaced: their quotation marks are escaped.
    """
    return page.replace(_BOARD_LINK, 'data-page="boards/')


def _sections(catalog: Catalog) -> list[tuple[str, str, list[object]]]:
    """Anchor, title and relations of each list of relations."""
    kinds: dict[tuple[str, str], list[object]] = {
        ("public", "Public models"): [],
        ("models", "Other models"): [],
        ("snapshots", "Snapshots and seeds"): [],
        ("sources", "Sources"): [],
    }
    keys = {key: (key, title) for key, title in kinds}
    for relation in catalog.relations:
        kind = relation.node.kind
        key = "sources" if kind == "source" else "models" if kind == "model" else "snapshots"
        kinds[keys["public" if relation.is_public else key]].append(relation)
    return [(key, title, relations) for (key, title), relations in kinds.items() if relations]
