"""Charts: Vega-Lite specifications drawn as SVG that stands in an HTML page, offline."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from first_light.utils.chart_process import ChartError, library

# What XML can't hold: the library does not reject it, it ends the process.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Paths that are there and not seen: one point, or a rectangle without width or height.
_UNSEEN = re.compile(r"M[^a-zA-Z]*Z?|M[^a-zA-Z]*(h-?0v[^a-zA-Z]*|h[^a-zA-Z]*v-?0)h[^a-zA-Z]*Z")
_ID = re.compile(r"url\(#([^)]*)\)")
_URL = re.compile(r"url\s*\(|image\s*\(|image-set\s*\(", re.IGNORECASE)


def drawn(spec: Mapping[str, Any], kind: str, label: str) -> ElementTree.Element:
    """The specification as the element of an SVG, without namespaces.

    Args:
        spec: the specification with its data; nothing is loaded from anywhere else.
        kind: the picture's class in the page's style.
        label: what it shows, for those who don't see it.

    Raises:
        ChartError: the library can't be loaded or can't draw it.
    """
    svg = library.svg(compatible(spec))
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ChartError(" ".join(str(error).split())[:200]) from error
    own = hashlib.sha256(f"{kind}{svg}".encode()).hexdigest()[:8]  # ids are of the whole page
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # a namespace says nothing in HTML
        if label_ := element.attrib.pop("aria-label", None):
            title = ElementTree.Element("title")  # Vega tells it to screen readers alone
            title.text = label_
            element.insert(0, title)
        for name in ("role", "aria-roledescription"):  # the whole is one image, with one name
            element.attrib.pop(name, None)
        for name, value in list(element.attrib.items()):
            if name == "id":
                element.attrib[name] = f"{own}-{value}"
            elif _URL.search(value):  # a value of the data can be a colour, and a colour an address
                element.attrib[name] = _ID.sub(rf"url(#{own}-\1)", value)
                if not _ID.fullmatch(value):
                    del element.attrib[name]
    root.attrib |= {"class": f"chart {kind}", "role": "img", "aria-label": label}
    return root


def as_text(root: ElementTree.Element) -> str:
    """A drawn chart as text."""
    return ElementTree.tostring(root, encoding="unicode")


def has_marks(root: ElementTree.Element) -> bool:
    """Whether anything can be seen besides axes, legends and titles."""
    return any(
        element.tag not in ("g", "title")
        and (element.tag != "path" or not _UNSEEN.fullmatch(element.attrib.get("d") or "M"))
        for group in root.iter("g")
        if "role-mark" in group.attrib.get("class", "").split()
        for element in group.iter()
    )


def compatible(value: Any) -> Any:
    """The same with a sign in the place of each character that no picture can hold."""
    if isinstance(value, str):
        return _UNFIT.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {compatible(name): compatible(item) for name, item in value.items()}
    return [compatible(item) for item in value] if isinstance(value, list | tuple) else value


__all__ = ["ChartError", "as_text", "compatible", "drawn", "has_marks"]
