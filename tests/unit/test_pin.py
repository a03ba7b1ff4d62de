"""The pin of the package: the template and the package write the same text."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import Environment, StrictUndefined

from first_light.project.pin import GIT, INDEX, VENDORED, Pin, pin_text, pinned_version

TEMPLATE = Path(__file__).parents[2] / "template" / "dataops" / "pyproject.toml.jinja"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("extras", ["", "[postgres]"])
@pytest.mark.parametrize(
    "pin",
    [
        Pin(GIT, address="https://git.example.com/t.git", commit=COMMIT),
        Pin(VENDORED, wheel="first_light-1.0.0+g0123456-py3-none-any.whl"),
        Pin(INDEX, index="https://packages.example.com/simple/", versions=">=1.0.0,<2"),
    ],
    ids=lambda pin: pin.source,
)
def test_the_template_renders_what_the_package_writes(pin: Pin, extras: str) -> None:
    pin = Pin(**{**vars(pin), "extras": extras})
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )
    rendered = template.render(
        warehouse="postgres" if extras else "duckdb",
        package_source=pin.source,
        package_wheel=pin.wheel,
        package_index=pin.index,
        package_versions=pin.versions,
        package_address=pin.address,
        _copier_conf={"vcs_ref_hash": pin.commit},
    )
    assert rendered == pin_text(pin)
    version = pin.commit[:10] or pin.versions or pin.wheel.split("-")[1]
    assert pinned_version(rendered) == version
